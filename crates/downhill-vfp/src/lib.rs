//! The loops over the weights of a layer that the crate `downhill` learns with: in assembly on Cortex-M4F, Cortex-M7 and
//! Cortex-M33, in plain Rust elsewhere. Both give the same bits; only those of a NaN may differ.
//!
//! Weights are input-major: `w[i * outputs + o]`. A product is rounded before it is added, and sums have one order:
//!
//! 1. [`forward`]: `z[o]` starts as the bias, or without biases as it is; then `z[o] += x[i] * w[i][o]` for rising `i`.
//! 2. [`send_back`]: lane `l` of eight sums `d[o] * w[i][o]` over the `o` with `o mod 8 = l`, rising, and starts with its
//!    first product. Then `lane[l] += lane[l + 4]`, `lane[l] += lane[l + 2]`, `lane[0] += lane[1]`; lanes without a
//!    product are left out.
//! 3. [`descend`]: `s[o] = rate * d[o]`; then `w[i][o] -= x[i] * s[o]` and `b[o] -= s[o]`.
//! 4. [`gradient`]: the sum starts as 0; then `x[i] * d[o]` is added, sample after sample.
//!
//! All functions are safe: lengths are checked, and slices that don't fit together are left as they are. They are inlined,
//! and call a loop for each size of block that a layer has, of up to 16 outputs: where the compiler knows how many outputs
//! there are, a program holds no others.

#![no_std]

#[cfg(any(test, not(vfp)))]
mod plain;
#[cfg(vfp)]
mod vfp;

#[cfg(not(vfp))]
use plain as loops;
#[cfg(vfp)]
use vfp as loops;

/// A running mean of a magnitude below this, 2^-100, counts as 0 in [`adam`] and [`rms_prop`].
pub const LEAST_MEAN: f32 = f32::from_bits((127 - 100) << 23);

/// `z = b + x W`, with as many biases as outputs; without biases `z += x W`.
#[inline(always)]
pub fn forward(weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32]) {
    if fit(weights, x, z) && (biases.is_empty() || biases.len() == z.len()) {
        loops::forward(weights, biases, x, z);
    }
}

/// [`forward`] for several samples. `size` is the number of inputs and of outputs of a sample.
#[inline(always)]
pub fn forward_samples(weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32], size: (usize, usize)) {
    let (mut x, mut z) = (x, z);
    // Not by a `zip` of chunks, which could divide by 0 where it is not inlined.
    while let (Some((inputs, x_rest)), Some((sums, z_rest))) =
        (x.split_at_checked(size.0), z.split_at_mut_checked(size.1))
    {
        if inputs.is_empty() || sums.is_empty() {
            return;
        }
        forward(weights, biases, inputs, sums);
        (x, z) = (x_rest, z_rest);
    }
}

/// `back = W d`.
#[inline(always)]
pub fn send_back(weights: &[f32], delta: &[f32], back: &mut [f32]) {
    if fit(weights, back, delta) {
        loops::send_back(weights, delta, back);
    }
}

/// `W -= x (rate d)`, `b -= rate d`, with as many biases as outputs or none.
#[inline(always)]
pub fn descend(weights: &mut [f32], biases: &mut [f32], x: &[f32], delta: &[f32], rate: f32) {
    if fit(weights, x, delta) && (biases.is_empty() || biases.len() == delta.len()) {
        loops::descend(weights, biases, x, delta, rate);
    }
}

/// Descent with momentum from one sample: `g = x[i] * d[o] * scale`, `v = momentum * v + g`, and `w -= rate * v`, or, if
/// `NESTEROV`, `w -= rate * (g + momentum * v)`. There is a velocity `v` for each weight. `factors`: scale, momentum, rate.
#[inline(always)]
pub fn momentum<const NESTEROV: bool>(
    weights: &mut [f32],
    velocities: &mut [f32],
    x: &[f32],
    delta: &[f32],
    factors: &[f32; 3],
) {
    if fit(weights, x, delta) && weights.len() == velocities.len() && !x.is_empty() {
        loops::momentum::<NESTEROV>(weights, velocities, x, delta, factors);
    }
}

/// Adam from one sample: `g = x[i] * d[o] * scale`; of the two slots of a weight, the first becomes
/// `m = a * m + (1 - a) * g`, the second `s = b * s + (1 - b) * (g * g)`, each 0 where it is below [`LEAST_MEAN`]. Then
/// `w -= decay * w` if `DECAY`, and `w -= rate * m / (sqrt(s) * factor + epsilon)`.
/// `factors`: scale, a, 1 - a, b, 1 - b, rate, factor, epsilon, decay.
#[inline(always)]
pub fn adam<const DECAY: bool>(weights: &mut [f32], slots: &mut [f32], x: &[f32], delta: &[f32], factors: &[f32; 9]) {
    let two_each = slots.len().is_multiple_of(2) && slots.len() / 2 == weights.len();
    if fit(weights, x, delta) && two_each && !x.is_empty() {
        loops::adam::<DECAY>(weights, slots, x, delta, factors);
    }
}

/// `RmsProp` from one sample: `g = x[i] * d[o] * scale`, `s = decay * s + (1 - decay) * (g * g)`, which is 0 where it is
/// below [`LEAST_MEAN`], and `w -= rate * g / (sqrt(s) + epsilon)`. There is an `s` for each weight.
/// `factors`: scale, decay, 1 - decay, rate, epsilon.
#[inline(always)]
pub fn rms_prop(weights: &mut [f32], squares: &mut [f32], x: &[f32], delta: &[f32], factors: &[f32; 5]) {
    if fit(weights, x, delta) && weights.len() == squares.len() && !x.is_empty() {
        loops::rms_prop(weights, squares, x, delta, factors);
    }
}

/// The gradients of `N` weights, at most 16, over all samples: those from input `place.0` to the outputs from `place.1`
/// on. `size`: inputs, outputs, samples. Zeros if there are no such weights, no samples, or fewer than `size` says.
#[must_use]
#[inline(always)]
pub fn gradient<const N: usize>(
    (x, deltas): (&[f32], &[f32]),
    (inputs, outputs, samples): (usize, usize, usize),
    (input, at): (usize, usize),
) -> [f32; N] {
    const { assert!(N > 0 && N <= 16, "a block has up to 16 outputs") };
    let within = |values: &[f32], row: usize| samples.checked_mul(row).is_some_and(|all| all <= values.len());
    let exists = input < inputs && at < outputs && outputs - at >= N;
    if exists && samples > 0 && within(x, inputs) && within(deltas, outputs) {
        loops::gradient((x, deltas), (inputs, outputs, samples), (input, at))
    } else {
        [0.0; N]
    }
}

/// Descent from several samples: `w[i][o] -= rate * (g * scale)`, where `g` is the [`gradient`]. `size`: inputs, outputs,
/// samples. `factors`: scale, rate.
#[inline(always)]
pub fn descend_samples(
    weights: &mut [f32],
    (x, deltas): (&[f32], &[f32]),
    (inputs, outputs, samples): (usize, usize, usize),
    factors: [f32; 2],
) {
    let all = |values: &[f32], row: usize| samples.checked_mul(row) == Some(values.len());
    let fits = inputs.checked_mul(outputs) == Some(weights.len()) && all(x, inputs) && all(deltas, outputs);
    if fits && samples > 0 && !weights.is_empty() {
        loops::descend_samples(weights, (x, deltas), (inputs, outputs, samples), factors);
    }
}

/// The sum of the squares, one after the other added to -0.
#[must_use]
#[inline(always)]
pub fn sum_of_squares(values: &[f32]) -> f32 {
    loops::sum_of_squares(values)
}

/// The square root, rounded to nearest; NaN for negative numbers.
#[must_use]
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    loops::sqrt(x)
}

/// Whether there is an output, and a row of weights for every input.
#[inline(always)]
fn fit(weights: &[f32], inputs: &[f32], outputs: &[f32]) -> bool {
    !outputs.is_empty() && inputs.len().checked_mul(outputs.len()) == Some(weights.len())
}

#[cfg(test)]
mod tests;
