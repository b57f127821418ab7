//! The reference implementation of the contract, and the loops of tiny layers.

use super::magnitude::{Finite, Magnitude};
use crate::scalar::Scalar;
use crate::soft::Soft;

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T]) {
    let outputs = outputs(z);
    for (o, z) in z.iter_mut().enumerate() {
        let mut sum = biases.get(o).copied().unwrap_or(*z);
        for (row, &x) in weights.chunks_exact(outputs).zip(x) {
            if let Some(&w) = row.get(o) {
                sum += x * w;
            }
        }
        *z = sum;
    }
}

/// The sums of three outputs, and of a fourth that is not used: its weight is the number after each row, and its bias
/// the number before the biases. So four numbers at a time are contiguous in memory.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward_four<T: Scalar>(weights: &[T], biases: &[T; 3], x: &[T]) -> [T; 4] {
    let [a, b, c] = *biases;
    let mut sums = [a, b, c, weights.last().copied().unwrap_or(c)];
    for (i, &x) in x.iter().enumerate() {
        let row = weights.get(3 * i..).unwrap_or_default().iter().chain(biases);
        for (sum, &w) in sums.iter_mut().zip(row) {
            *sum += x * w;
        }
    }
    sums
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn send_back<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
    for (row, back) in weights.chunks_exact(outputs(delta)).zip(back) {
        *back = dot(row, delta);
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn descend<T: Scalar>(weights: &mut [T], biases: &mut [T], x: &[T], delta: &[T], rate: T) {
    for (b, &d) in biases.iter_mut().zip(delta) {
        *b -= rate * d;
    }
    for (row, &x) in weights.chunks_exact_mut(outputs(delta)).zip(x) {
        for (w, &d) in row.iter_mut().zip(delta) {
            *w -= x * (rate * d);
        }
    }
}

/// The values of one input in all samples.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn column<T: Scalar>(x: &[T], inputs: usize, input: usize) -> impl Iterator<Item = T> + Clone {
    x.chunks_exact(inputs.max(1)).filter_map(move |x| x.get(input)).copied()
}

/// The gradients of one row.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn learn_row<T: Scalar, S>(
    (parameters, slots): (&mut [T], &mut [S]),
    x: &(impl Iterator<Item = T> + Clone),
    (deltas, outputs): (&[T], usize),
    learn: impl Fn(&mut T, &mut S, T),
) {
    for (o, (parameter, slot)) in parameters.iter_mut().zip(slots).enumerate() {
        let mut sum = T::ZERO;
        for (x, deltas) in x.clone().zip(deltas.chunks_exact(outputs.max(1))) {
            if let Some(&d) = deltas.get(o) {
                sum = Soft(sum).plus(x, d).0;
            }
        }
        learn(parameter, slot, sum);
    }
}

/// The gradients of some outputs of a row, from output `first` on.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn sums<const N: usize, T: Scalar>(
    x: impl Iterator<Item = T>,
    (deltas, outputs): (&[T], usize),
    first: usize,
) -> [T; N] {
    let mut sums = [T::ZERO; N];
    for (x, deltas) in x.zip(deltas.chunks_exact(outputs.max(1))) {
        for (sum, &delta) in sums.iter_mut().zip(deltas.get(first..).unwrap_or_default()) {
            *sum = Soft(*sum).plus(x, delta).0;
        }
    }
    sums
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn finite<T: Scalar>(values: &[T]) -> T {
    let mut finite = Finite::new();
    for &value in values {
        finite.see(value);
    }
    finite.number()
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn magnitude<T: Scalar>(values: &[T]) -> T {
    let mut magnitude = Magnitude::none();
    for &value in values {
        magnitude.see(value);
    }
    magnitude.number()
}

/// One sum of [`send_back`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn dot<T: Scalar>(row: &[T], delta: &[T]) -> T {
    // Adding -0 changes nothing, not even the sign of a zero.
    let mut lanes = [-T::ZERO; 8];
    let (mut row, mut delta) = (row, delta);
    // Not by `chunks`, which divides by the length of a chunk: if the compiler does not know that it is 8, this could
    // panic.
    while let (Some((w, row_rest)), Some((d, delta_rest))) =
        (row.split_first_chunk::<8>(), delta.split_first_chunk::<8>())
    {
        for ((lane, &w), &d) in lanes.iter_mut().zip(w).zip(d) {
            *lane += d * w;
        }
        (row, delta) = (row_rest, delta_rest);
    }
    for ((lane, &w), &d) in lanes.iter_mut().zip(row).zip(delta) {
        *lane += d * w;
    }
    tree(lanes)
}

#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::many_single_char_names)]
pub(crate) fn tree<T: Scalar>([a, b, c, d, e, f, g, h]: [T; 8]) -> T {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn sum<T: Scalar>(a: T, b: T) -> T {
    a + b
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn product<T: Scalar>(a: T, b: T) -> T {
    a * b
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn add_product<T: Scalar>(sum: T, a: T, b: T) -> T {
    a * b + sum
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn gradient<T: Scalar>(x: T, d: T, scale: T) -> T {
    x * d * scale
}

/// The length of a row. It is never 0; the `max` shows the compiler that cutting into rows can't panic.
pub(super) fn outputs<T>(values: &[T]) -> usize {
    values.len().max(1)
}
