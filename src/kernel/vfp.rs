//! The loops of `f32` in assembly. They are inlined, so that a program holds those for the sizes of its layers alone.

use super::blocks::{self, in_blocks};
use super::interface::{Kernel, SEAL, Seal};
use super::plain;
use crate::scalar::Scalar;
use crate::target::{SMALL, SOFT_FLOAT};

const _: () =
    assert!(f32::LEAST_MEAN.to_bits() == downhill_vfp::LEAST_MEAN.to_bits(), "a mean would count as 0 elsewhere");

/// As many rows of `outputs` weights as there are, but no more than inputs. The excess is ignored here as by other kernels; the
/// crate would refuse it. Where the compiler knows the lengths, nothing is left of this.
#[inline(always)]
fn rows(weights: usize, inputs: usize, outputs: usize) -> usize {
    (weights / outputs.max(1)).min(inputs)
}

/// So many of the first values.
#[inline(always)]
fn first(values: &[f32], n: usize) -> &[f32] {
    values.get(..n).unwrap_or(values)
}

/// [`first`], to be written.
#[inline(always)]
fn first_mut<T>(values: &mut [T], n: usize) -> &mut [T] {
    if n < values.len() { values.get_mut(..n).unwrap_or_default() } else { values }
}

impl Kernel for f32 {
    #[inline(always)]
    fn sum(_: Seal, a: f32, b: f32) -> f32 {
        plain::sum(a, b)
    }

    #[inline(always)]
    fn product(_: Seal, a: f32, b: f32) -> f32 {
        plain::product(a, b)
    }

    #[inline(always)]
    fn add_product(_: Seal, sum: f32, a: f32, b: f32) -> f32 {
        plain::add_product(sum, a, b)
    }

    #[inline(always)]
    fn gradient(_: Seal, x: f32, d: f32, scale: f32) -> f32 {
        plain::gradient(x, d, scale)
    }

    #[inline(always)]
    fn forward(_: Seal, weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32]) {
        let outputs = z.len();
        let rows = rows(weights.len(), x.len(), outputs);
        downhill_vfp::forward(first(weights, rows * outputs), first(biases, outputs), first(x, rows), z);
    }

    #[inline(always)]
    fn send_back(_: Seal, weights: &[f32], delta: &[f32], back: &mut [f32]) {
        let outputs = delta.len();
        let rows = rows(weights.len(), back.len(), outputs);
        downhill_vfp::send_back(first(weights, rows * outputs), delta, first_mut(back, rows));
    }

    #[inline(always)]
    fn descend(_: Seal, weights: &mut [f32], biases: &mut [f32], x: &[f32], delta: &[f32], rate: f32) {
        let outputs = delta.len();
        let rows = rows(weights.len(), x.len(), outputs);
        let (weights, biases) = (first_mut(weights, rows * outputs), first_mut(biases, outputs));
        downhill_vfp::descend(weights, biases, first(x, rows), delta, rate);
    }

    #[inline(always)]
    fn forward_samples(_: Seal, weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32], size: (usize, usize)) {
        downhill_vfp::forward_samples(weights, biases, x, z, size);
    }

    #[inline(never)]
    fn finite(_: Seal, values: &[f32]) -> f32 {
        plain::finite(values)
    }

    #[inline(never)]
    fn magnitude(_: Seal, values: &[f32]) -> f32 {
        if SMALL { blocks::magnitude(values) } else { downhill_vfp::sum_of_squares(values) }
    }

    #[inline(always)]
    fn momentum<const NESTEROV: bool>(
        _: Seal,
        weights: &mut [f32],
        velocities: &mut [f32],
        (x, deltas): (&[f32], &[f32]),
        factors: &[f32; 3],
    ) -> bool {
        let rows = rows(weights.len(), x.len(), deltas.len());
        let (weights, velocities) =
            (first_mut(weights, rows * deltas.len()), first_mut(velocities, rows * deltas.len()));
        downhill_vfp::momentum::<NESTEROV>(weights, velocities, first(x, rows), deltas, factors);
        true
    }

    #[inline(always)]
    fn adam<const DECAY: bool>(
        _: Seal,
        weights: &mut [f32],
        slots: &mut [[f32; 2]],
        (x, deltas): (&[f32], &[f32]),
        factors: &[f32; 9],
    ) -> bool {
        let rows = rows(weights.len(), x.len(), deltas.len());
        let (weights, slots) = (first_mut(weights, rows * deltas.len()), first_mut(slots, rows * deltas.len()));
        downhill_vfp::adam::<DECAY>(weights, slots.as_flattened_mut(), first(x, rows), deltas, factors);
        true
    }

    #[inline(always)]
    fn rms_prop(
        _: Seal,
        weights: &mut [f32],
        squares: &mut [f32],
        (x, deltas): (&[f32], &[f32]),
        factors: &[f32; 5],
    ) -> bool {
        let rows = rows(weights.len(), x.len(), deltas.len());
        let (weights, squares) = (first_mut(weights, rows * deltas.len()), first_mut(squares, rows * deltas.len()));
        downhill_vfp::rms_prop(weights, squares, first(x, rows), deltas, factors);
        true
    }

    #[inline(always)]
    fn descend_samples(
        _: Seal,
        weights: &mut [f32],
        samples: (&[f32], &[f32]),
        size: (usize, usize, usize),
        factors: [f32; 2],
    ) -> bool {
        downhill_vfp::descend_samples(weights, samples, size, factors);
        true
    }

    #[inline(always)]
    fn block_of_gradients<const N: usize>(
        _: Seal,
        samples: (&[f32], &[f32]),
        size: (usize, usize, usize),
        place: (usize, usize),
    ) -> Option<[f32; N]> {
        Some(downhill_vfp::gradient(samples, size, place))
    }
}

/// As [`blocks`] has it, with the sums from [`Kernel::block_of_gradients`].
#[inline(always)]
pub(super) fn gradients<T: Scalar, S>(
    (weights, slots): (&mut [T], &mut [S]),
    (x, deltas): (&[T], &[T]),
    (inputs, outputs): (usize, usize),
    learn: impl Fn(&mut T, &mut S, T),
) {
    let outputs = outputs.max(1);
    let size = (inputs, outputs, x.len() / inputs.max(1));
    let rows = weights.chunks_exact_mut(outputs).zip(slots.chunks_exact_mut(outputs));
    for (input, (row, slots)) in rows.enumerate() {
        in_blocks!(
            outputs,
            |at| gradient_block::<16, _, _>((row, slots), (x, deltas), size, (input, at), &learn),
            gradient_block::<8, _, _>((row, slots), (x, deltas), size, (input, at), &learn),
            gradient_block::<4, _, _>((row, slots), (x, deltas), size, (input, at), &learn),
            gradient_block::<2, _, _>((row, slots), (x, deltas), size, (input, at), &learn),
            gradient_block::<1, _, _>((row, slots), (x, deltas), size, (input, at), &learn)
        );
    }
}

#[inline(always)]
fn gradient_block<const N: usize, T: Scalar, S>(
    (row, slots): (&mut [T], &mut [S]),
    (x, deltas): (&[T], &[T]),
    (inputs, outputs, samples): (usize, usize, usize),
    (input, at): (usize, usize),
    learn: &impl Fn(&mut T, &mut S, T),
) {
    let sums: [T; N] = T::block_of_gradients(SEAL, (x, deltas), (inputs, outputs, samples), (input, at))
        .unwrap_or_else(|| plain::sums(plain::column(x, inputs, input), (deltas, outputs), at));
    if let (Some(row), Some(slots)) = (row.get_mut(at..at + N), slots.get_mut(at..at + N)) {
        for ((w, slot), &sum) in row.iter_mut().zip(slots).zip(&sums) {
            learn(w, slot, sum);
        }
    }
}
