//! The loops for processors with vector registers. They are inlined into one function per layer, where the compiler
//! knows all lengths: it unrolls short loops, and keeps in registers what fits.

use core::hint::black_box;
use core::slice::ChunksExact;
use core::sync::atomic::{Ordering, compiler_fence};

pub(super) use super::plain::{add_product, gradient, magnitude, product, sum};
use super::plain::{outputs, tree};
use crate::scalar::Scalar;
use crate::target::AVX;

/// How many sums are kept in a separate array, not in `z`, while a loop runs over the inputs.
const BLOCK: usize = 128;

/// Vectors along the outputs, in a loop over the inputs.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T]) {
    let row = outputs(z);
    let (blocks, rest) = z.split_at_mut(z.len() - z.len() % BLOCK);
    let rest_start = blocks.len();
    for (n, z) in blocks.chunks_exact_mut(BLOCK).enumerate() {
        forward_block(weights.chunks_exact(row), biases, x, n * BLOCK, z);
    }
    if !rest.is_empty() {
        forward_block(weights.chunks_exact(row), biases, x, rest_start, rest);
    }
}

/// The outputs from `start` on. Their sums are in a local array, which nothing else can point to, so that the compiler
/// keeps them in registers.
#[cfg_attr(not(unoptimized), inline(always))]
fn forward_block<T: Scalar>(rows: ChunksExact<T>, biases: &[T], x: &[T], start: usize, z: &mut [T]) {
    let block = start..start + z.len();
    let mut sums = [T::ZERO; BLOCK];
    for (sum, &start) in sums.iter_mut().zip(biases.get(block.clone()).unwrap_or(z)) {
        *sum = start;
    }
    for (row, &x) in rows.zip(x) {
        for (sum, &w) in sums.iter_mut().zip(row.get(block.clone()).unwrap_or_default()) {
            *sum += x * w;
        }
    }
    for (z, &sum) in z.iter_mut().zip(&sums) {
        *z = sum;
    }
}

/// Emits nothing, but keeps the compiler from making vectors across rows with gather and scatter: ten times slower.
#[cfg_attr(not(unoptimized), inline(always))]
fn row_ends() {
    compiler_fence(Ordering::SeqCst);
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn descend<T: Scalar>(weights: &mut [T], biases: &mut [T], x: &[T], delta: &[T], rate: T) {
    for (b, &d) in biases.iter_mut().zip(delta) {
        *b -= rate * d;
    }
    for (row, &x) in weights.chunks_exact_mut(outputs(delta)).zip(x) {
        let (whole, rest) = row.split_at_mut(row.len() & !15);
        let (whole_delta, rest_delta) = delta.split_at(whole.len());
        subtract(whole, x, whole_delta, rate);
        // In pieces: of a rest as a whole the compiler makes masked stores, and the loads of the next row wait for
        // these.
        let (rest, rest_delta) = pieces::<T, 8>(rest, x, rest_delta, rate);
        let (rest, rest_delta) = pieces::<T, 4>(rest, x, rest_delta, rate);
        let (rest, rest_delta) = pieces::<T, 2>(rest, x, rest_delta, rate);
        subtract(rest, x, rest_delta, rate);
        row_ends();
    }
}

/// Updates a piece of `B` weights, if there are as many; returns the rest.
#[cfg_attr(not(unoptimized), inline(always))]
fn pieces<'a, T: Scalar, const B: usize>(row: &'a mut [T], x: T, delta: &'a [T], rate: T) -> (&'a mut [T], &'a [T]) {
    let (piece, rest) = row.split_at_mut(row.len() & B);
    let (piece_delta, rest_delta) = delta.split_at(piece.len());
    subtract(piece, x, piece_delta, rate);
    (rest, rest_delta)
}

// w[i][o] -= x[i] (rate d[o]); the product in brackets stays in a register from row to row.
#[cfg_attr(not(unoptimized), inline(always))]
fn subtract<T: Scalar>(row: &mut [T], x: T, delta: &[T], rate: T) {
    for (w, &d) in row.iter_mut().zip(delta) {
        *w -= x * (rate * d);
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn send_back<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
    let outputs = outputs(delta);
    let (back, rest) = back.split_at_mut(if outputs >= LONG { back.len() - back.len() % ROWS } else { 0 });
    let (weights, rest_weights) = weights.split_at(back.len() * outputs);
    let mut sums = [[T::ZERO; 4]; GROUP];
    for (rows, back) in weights.chunks(GROUP * outputs).zip(back.chunks_mut(GROUP)) {
        for (rows, sums) in rows.chunks_exact(ROWS * outputs).zip(sums.chunks_exact_mut(ROWS)) {
            for (sums, &lanes) in sums.iter_mut().zip(&lanes_of_rows::<T, ROWS>(rows, delta)) {
                *sums = four_of_eight(lanes);
                row_ends();
            }
        }
        for (back, &sums) in back.iter_mut().zip(&sums) {
            *back = one_of_four(sums);
        }
    }
    for (row, back) in rest_weights.chunks_exact(outputs).zip(rest) {
        let [lanes] = lanes_of_rows(row, delta);
        *back = tree(lanes);
        row_ends();
    }
}

/// The first additions of the [`tree`]. `black_box` hides them from the loop that fills the lanes: otherwise the
/// compiler would choose the vectors of this loop to suit the additions, pairs of lanes or lanes of several rows.
/// Without AVX, a vector is half of the lanes anyway.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::many_single_char_names)]
fn four_of_eight<T: Scalar>(lanes: [T; 8]) -> [T; 4] {
    let [a, b, c, d, e, f, g, h] = if AVX { black_box(lanes) } else { lanes };
    [a + e, b + f, c + g, d + h]
}

/// The other additions of the [`tree`].
#[cfg_attr(not(unoptimized), inline(always))]
fn one_of_four<T: Scalar>([a, b, c, d]: [T; 4]) -> T {
    (a + c) + (b + d)
}

/// The [`tree`] of lanes that a loop has filled.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn sum_lanes<T: Scalar>(lanes: [T; 8]) -> T {
    one_of_four(black_box(four_of_eight(lanes)))
}

/// How many long rows are summed at the same time, so that an addition need not wait for the one before it.
const ROWS: usize = if AVX { 8 } else { 4 };

/// How many rows do their last additions together, in vectors. Otherwise sums would be loaded as a vector soon after
/// each was stored separately, which stalls.
const GROUP: usize = 32;

/// The smallest number of outputs of a long row: in shorter rows, few additions wait for each other.
const LONG: usize = 32;

/// For each of `R` rows, lane `l` sums `d[o] * w[o]` over the `o` with `o mod 8 = l`. It starts at -0, which changes
/// nothing when it is added. A last group of fewer than eight is filled up with products of -0 and 0, which are -0.
#[cfg_attr(not(unoptimized), inline(always))]
fn lanes_of_rows<T: Scalar, const R: usize>(rows: &[T], delta: &[T]) -> [[T; 8]; R] {
    let mut sums = [[-T::ZERO; 8]; R];
    let rows = || rows.chunks_exact(outputs(delta));
    let deltas = delta.chunks_exact(8);
    let rest = deltas.remainder();
    for (n, delta) in deltas.enumerate() {
        for (lanes, row) in sums.iter_mut().zip(rows()) {
            add_products(lanes, row.get(8 * n..8 * n + 8).unwrap_or_default(), delta);
        }
    }
    if !rest.is_empty() {
        let delta = fill(rest, -T::ZERO);
        for (lanes, row) in sums.iter_mut().zip(rows()) {
            add_products(lanes, &fill(row.chunks_exact(8).remainder(), T::ZERO), &delta);
        }
    }
    sums
}

#[cfg_attr(not(unoptimized), inline(always))]
fn add_products<T: Scalar>(lanes: &mut [T; 8], row: &[T], delta: &[T]) {
    for ((lane, &w), &d) in lanes.iter_mut().zip(row).zip(delta) {
        *lane += d * w;
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
fn fill<T: Scalar>(values: &[T], missing: T) -> [T; 8] {
    let mut filled = [missing; 8];
    for (filled, &value) in filled.iter_mut().zip(values) {
        *filled = value;
    }
    filled
}
