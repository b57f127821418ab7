//! The loops over a batch of samples, for processors with vector registers: what is loaded once serves several samples
//! or rows, and sums stay in registers, so that the gradient needs no memory.
//!
//! 1. Forward: every sample in the order of a single one.
//! 2. Descent: `g[i][o]` sums `x[i] * d[o]` over the samples, rising, from the first product; then
//!    `w[i][o] -= rate * g[i][o]`. Likewise `b[o] -= rate * h[o]`, where `h[o]` sums `d[o]`.
//!
//! Each function stands once for each layer, and knows its size.

use super::wide;
use crate::scalar::Scalar;

/// How many samples share the load of a weight, and how many rows that of a delta.
const SHARERS: usize = 4;

/// How many outputs of so many sharers have sums that fit into the registers: two vectors of `f32`.
const BLOCK: usize = if cfg!(target_feature = "avx512f") {
    32
} else if cfg!(target_feature = "avx") {
    16
} else {
    8
};

type Sums<T> = [[T; BLOCK]; SHARERS];

/// `z = b + x W` for every sample. There are as many biases as outputs, or none.
#[inline(never)]
pub fn forward_samples<T: Scalar, const I: usize, const O: usize>(
    weights: &[[T; O]; I],
    biases: &[T],
    x: &[[T; I]],
    z: &mut [[T; O]],
) {
    let (x, mut z) = (x.chunks_exact(SHARERS), z.chunks_exact_mut(SHARERS));
    let rest = x.remainder();
    for (x, z) in x.zip(&mut z) {
        if let (Some(x), Some(z)) = (x.first_chunk(), z.first_chunk_mut()) {
            for start in (0..O - O % BLOCK).step_by(BLOCK) {
                forward_block(weights, biases, x, z, start, BLOCK);
            }
            forward_block(weights, biases, x, z, O - O % BLOCK, O % BLOCK);
        }
    }
    for (x, z) in rest.iter().zip(z.into_remainder()) {
        wide::forward(weights.as_flattened(), biases, x, z);
    }
}

/// `len` outputs from `start` on.
#[inline(always)]
#[allow(clippy::many_single_char_names)]
fn forward_block<T: Scalar, const I: usize, const O: usize>(
    weights: &[[T; O]; I],
    biases: &[T],
    [a, b, c, d]: &[[T; I]; SHARERS],
    z: &mut [[T; O]; SHARERS],
    start: usize,
    len: usize,
) {
    let mut sums = [[T::ZERO; BLOCK]; SHARERS];
    for sums in &mut sums {
        for (sum, &b) in sums.iter_mut().zip(piece(biases, start, len)) {
            *sum = b;
        }
    }
    for ((((row, &a), &b), &c), &d) in weights.iter().zip(a).zip(b).zip(c).zip(d) {
        add_products(&mut sums, &[a, b, c, d], piece(row, start, len));
    }
    for (z, sums) in z.iter_mut().zip(&sums) {
        for (z, &sum) in z.iter_mut().skip(start).take(len).zip(sums) {
            *z = sum;
        }
    }
}

/// `W -= rate g`, `b -= rate h`, with sums over all samples.
#[inline(never)]
pub fn descend_samples<T: Scalar, const I: usize, const O: usize>(
    weights: &mut [[T; O]; I],
    biases: &mut [T],
    x: &[[T; I]],
    delta: &[[T; O]],
    rate: T,
) {
    // -0 is the number that changes nothing when it is added.
    let mut sums = [-T::ZERO; O];
    for delta in delta {
        for (sum, &d) in sums.iter_mut().zip(delta) {
            *sum += d;
        }
    }
    for (b, &sum) in biases.iter_mut().zip(&sums) {
        *b -= rate * sum;
    }

    let mut rows = weights.chunks_exact_mut(SHARERS);
    for (n, rows) in rows.by_ref().enumerate() {
        if let Some(rows) = rows.first_chunk_mut() {
            for start in (0..O - O % BLOCK).step_by(BLOCK) {
                descend_block(rows, x, n * SHARERS, delta, rate, start, BLOCK);
            }
            descend_block(rows, x, n * SHARERS, delta, rate, O - O % BLOCK, O % BLOCK);
        }
    }
    for (n, row) in rows.into_remainder().iter_mut().enumerate() {
        let mut sums = [-T::ZERO; O];
        for (x, delta) in x.iter().zip(delta) {
            let x = x.get(I - I % SHARERS + n).copied().unwrap_or(T::ZERO);
            for (sum, &d) in sums.iter_mut().zip(delta) {
                *sum += x * d;
            }
        }
        for (w, &sum) in row.iter_mut().zip(&sums) {
            *w -= rate * sum;
        }
    }
}

/// The rows of the inputs from `first` on, `len` outputs from `start` on.
#[inline(always)]
fn descend_block<T: Scalar, const I: usize, const O: usize>(
    rows: &mut [[T; O]; SHARERS],
    x: &[[T; I]],
    first: usize,
    delta: &[[T; O]],
    rate: T,
    start: usize,
    len: usize,
) {
    let mut sums = [[-T::ZERO; BLOCK]; SHARERS];
    for (x, delta) in x.iter().zip(delta) {
        if let Some(x) = piece(x, first, SHARERS).first_chunk() {
            add_products(&mut sums, x, piece(delta, start, len));
        }
    }
    for (row, sums) in rows.iter_mut().zip(&sums) {
        for (w, &sum) in row.iter_mut().skip(start).take(len).zip(sums) {
            *w -= rate * sum;
        }
    }
}

/// Adds the values, times its factor, to the sums of each sharer. In a loop over the sharers, the compiler would make
/// vectors across them, and gather and scatter: ten times slower.
#[inline(always)]
#[allow(clippy::many_single_char_names)]
fn add_products<T: Scalar>([a, b, c, d]: &mut Sums<T>, [p, q, r, s]: &[T; SHARERS], values: &[T]) {
    let add = |sums: &mut [T; BLOCK], factor: T| {
        for (sum, &value) in sums.iter_mut().zip(values) {
            *sum += factor * value;
        }
    };
    add(a, *p);
    add(b, *q);
    add(c, *r);
    add(d, *s);
}

/// `len` values from `start` on; none if there are not as many.
#[inline(always)]
fn piece<T>(values: &[T], start: usize, len: usize) -> &[T] {
    values.get(start..start + len).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::many_single_char_names)]
mod tests {
    use super::{descend_samples, forward_samples};
    use crate::init::{Generator, Random};
    use crate::scalar::Scalar;

    /// Against loops that follow the order word for word.
    fn compare<T: Scalar, const I: usize, const O: usize>(samples: usize) {
        let mut random = Generator::new(3);
        // Every eighth number is a zero of either sign: whether sums start at +0 shows only there.
        let mut draw = || {
            let unit = random.signed_unit();
            T::from_f32(if random.next_u32().is_multiple_of(8) { 0.0_f32.copysign(unit) } else { unit })
        };
        let mut weights = [[T::ZERO; O]; I];
        weights.as_flattened_mut().fill_with(&mut draw);
        let (mut x, mut delta) = ([[T::ZERO; I]; 40], [[T::ZERO; O]; 40]);
        x.as_flattened_mut().fill_with(&mut draw);
        delta.as_flattened_mut().fill_with(&mut draw);
        let (x, delta) = (&x[..samples], &delta[..samples]);
        let mut biases = [T::ZERO; O];
        biases.fill_with(&mut draw);
        let rate = T::from_f32(0.3);

        for biases in [&biases[..], &[]] {
            let mut z = [[T::ONE; O]; 40];
            forward_samples(&weights, biases, x, &mut z[..samples]);
            for s in 0..samples {
                for o in 0..O {
                    let mut sum = biases.get(o).copied().unwrap_or(T::ZERO);
                    for i in 0..I {
                        sum += x[s][i] * weights[i][o];
                    }
                    assert_eq!(z[s][o].bits(), sum.bits(), "{I} {O} {samples}");
                }
            }

            let mut learned = (weights, [T::ZERO; O]);
            learned.1[..biases.len()].copy_from_slice(biases);
            descend_samples(&mut learned.0, &mut learned.1[..biases.len()], x, delta, rate);
            for o in 0..O {
                for i in 0..I {
                    let mut g = x[0][i] * delta[0][o];
                    for s in 1..samples {
                        g += x[s][i] * delta[s][o];
                    }
                    assert_eq!(learned.0[i][o].bits(), (weights[i][o] - rate * g).bits(), "{I} {O} {samples}");
                }
                if let Some(&b) = biases.get(o) {
                    let mut h = delta[0][o];
                    for delta in &delta[1..] {
                        h += delta[o];
                    }
                    assert_eq!(learned.1[o].bits(), (b - rate * h).bits(), "{I} {O} {samples}");
                }
            }
        }
    }

    #[test]
    fn batches_keep_the_order() {
        for samples in [1, 2, 3, 4, 5, 8, 31, 32, 39] {
            compare::<f32, 1, 1>(samples);
            compare::<f32, 2, 3>(samples);
            compare::<f32, 4, 7>(samples);
            compare::<f32, 7, 8>(samples);
            compare::<f32, 9, 10>(samples);
            compare::<f32, 5, 17>(samples);
            compare::<f32, 8, 32>(samples);
            compare::<f32, 6, 33>(samples);
            compare::<f32, 11, 100>(samples);
            compare::<f64, 3, 5>(samples);
            compare::<f64, 9, 36>(samples);
        }
    }
}
