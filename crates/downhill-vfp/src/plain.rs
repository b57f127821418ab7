//! The functions in plain Rust, for slices that fit together.

use crate::LEAST_MEAN;

pub(crate) fn forward(weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32]) {
    for (z, &b) in z.iter_mut().zip(biases) {
        *z = b;
    }
    for (row, &x) in weights.chunks_exact(z.len().max(1)).zip(x) {
        for (z, &w) in z.iter_mut().zip(row) {
            *z += x * w;
        }
    }
}

pub(crate) fn send_back(weights: &[f32], delta: &[f32], back: &mut [f32]) {
    for (row, back) in weights.chunks_exact(delta.len().max(1)).zip(back) {
        // Adding -0 changes nothing, not even the sign of a zero.
        let mut lanes = [-0.0; 8];
        for (w, d) in row.chunks(8).zip(delta.chunks(8)) {
            for ((lane, &w), &d) in lanes.iter_mut().zip(w).zip(d) {
                *lane += d * w;
            }
        }
        let [even, odd] = [0, 1].map(|l| (lanes[l] + lanes[l + 4]) + (lanes[l + 2] + lanes[l + 6]));
        *back = even + odd;
    }
}

pub(crate) fn descend(weights: &mut [f32], biases: &mut [f32], x: &[f32], delta: &[f32], rate: f32) {
    for (b, &d) in biases.iter_mut().zip(delta) {
        *b -= rate * d;
    }
    for (row, &x) in weights.chunks_exact_mut(delta.len().max(1)).zip(x) {
        for (w, &d) in row.iter_mut().zip(delta) {
            *w -= x * (rate * d);
        }
    }
}

pub(crate) fn momentum<const NESTEROV: bool>(
    weights: &mut [f32],
    velocities: &mut [f32],
    x: &[f32],
    delta: &[f32],
    &[scale, momentum, rate]: &[f32; 3],
) {
    for ((w, v), product) in weights.iter_mut().zip(velocities).zip(products(x, delta)) {
        let gradient = product * scale;
        *v = momentum * *v + gradient;
        *w -= if NESTEROV { rate * (gradient + momentum * *v) } else { rate * *v };
    }
}

pub(crate) fn adam<const DECAY: bool>(
    weights: &mut [f32],
    slots: &mut [f32],
    x: &[f32],
    delta: &[f32],
    factors: &[f32; 9],
) {
    let &[scale, mean_stays, mean_new, square_stays, square_new, rate, factor, epsilon, decay] = factors;
    let (slots, _) = slots.as_chunks_mut();
    for ((w, [mean, square]), product) in weights.iter_mut().zip(slots).zip(products(x, delta)) {
        let gradient = product * scale;
        *mean = flushed(mean_stays * *mean + mean_new * gradient);
        *square = flushed(square_stays * *square + square_new * (gradient * gradient));
        if DECAY {
            *w -= decay * *w;
        }
        *w -= rate * *mean / (sqrt(*square) * factor + epsilon);
    }
}

pub(crate) fn rms_prop(weights: &mut [f32], squares: &mut [f32], x: &[f32], delta: &[f32], factors: &[f32; 5]) {
    let &[scale, stays, new, rate, epsilon] = factors;
    for ((w, square), product) in weights.iter_mut().zip(squares).zip(products(x, delta)) {
        let gradient = product * scale;
        *square = flushed(stays * *square + new * (gradient * gradient));
        *w -= rate * gradient / (sqrt(*square) + epsilon);
    }
}

pub(crate) fn gradient<const N: usize>(
    (x, deltas): (&[f32], &[f32]),
    (inputs, outputs, samples): (usize, usize, usize),
    (input, at): (usize, usize),
) -> [f32; N] {
    let mut sums = [0.0; N];
    for (x, deltas) in x.chunks_exact(inputs).zip(deltas.chunks_exact(outputs)).take(samples) {
        for (sum, &d) in sums.iter_mut().zip(&deltas[at..]) {
            *sum += x[input] * d;
        }
    }
    sums
}

pub(crate) fn descend_samples(
    weights: &mut [f32],
    samples: (&[f32], &[f32]),
    size: (usize, usize, usize),
    [scale, rate]: [f32; 2],
) {
    for (input, row) in weights.chunks_exact_mut(size.1).enumerate() {
        for (output, w) in row.iter_mut().enumerate() {
            let [sum] = gradient(samples, size, (input, output));
            *w -= rate * (sum * scale);
        }
    }
}

pub(crate) fn sum_of_squares(values: &[f32]) -> f32 {
    values.iter().fold(-0.0, |sum, value| sum + value * value)
}

/// `x[i] * d[o]`, in the order of the weights.
fn products(x: &[f32], delta: &[f32]) -> impl Iterator<Item = f32> {
    x.iter().flat_map(move |&x| delta.iter().map(move |&d| x * d))
}

/// 0 in place of a number of a magnitude below [`LEAST_MEAN`].
fn flushed(mean: f32) -> f32 {
    let magnitude = mean.to_bits() & (u32::MAX >> 1);
    if magnitude < LEAST_MEAN.to_bits() { 0.0 } else { mean }
}

/// By integers.
pub(crate) fn sqrt(x: f32) -> f32 {
    if x < 0.0 {
        return f32::NAN;
    }
    if x == 0.0 || x.is_nan() || x == f32::INFINITY {
        return x;
    }
    // A subnormal number times 2^24 is normal.
    let (x, halved) = if x < f32::MIN_POSITIVE { (x * 16_777_216.0, 12) } else { (x, 0) };
    let (exponent, fraction) = (x.to_bits() >> 23, x.to_bits() & 0x007F_FFFF | 1 << 23);
    // What remains of the exponent is even: the root's is half of it.
    let odd = (exponent + 1) & 1;
    // The root has the 24 bits of a fraction, and one more to round with. It never lies in the middle of two numbers.
    let root = (u64::from(fraction) << (25 + odd)).isqrt();
    #[allow(clippy::cast_possible_truncation, reason = "25 bits")]
    let fraction = (root / 2 + root % 2) as u32;
    let exponent = (exponent + 127 - odd) / 2 - halved;
    // A carry out of the fraction is added to the exponent.
    f32::from_bits((exponent << 23) + fraction - (1 << 23))
}
