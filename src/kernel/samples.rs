//! The loops over several samples, for processors with vector registers: each load serves several samples or rows, and
//! sums stay in registers. As those of [`wide`], they are inlined into one function per layer.

use super::{plain, wide};
use crate::scalar::Scalar;
use crate::target::{AVX, AVX512};

/// How many samples share the load of a weight, and how many rows share the load of a delta.
const SHARERS: usize = 4;

/// The number of outputs whose sums, for [`SHARERS`] samples or rows, fit into the registers: two vectors of `f32`.
const BLOCK: usize = if AVX512 {
    32
} else if AVX {
    16
} else {
    8
};

type Sums<T> = [[T; BLOCK]; SHARERS];

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward_samples<T: Scalar>(
    weights: &[T],
    biases: &[T],
    x: &[T],
    z: &mut [T],
    (inputs, outputs): (usize, usize),
) {
    let (inputs, outputs) = (inputs.max(1), outputs.max(1));
    let (fours, mut z_fours) = (x.chunks_exact(SHARERS * inputs), z.chunks_exact_mut(SHARERS * outputs));
    let rest = fours.remainder();
    for (x, z) in fours.zip(&mut z_fours) {
        let whole = outputs - outputs % BLOCK;
        for start in (0..whole).step_by(BLOCK) {
            forward_block(weights, biases, x, z, (inputs, outputs), (start, BLOCK));
        }
        forward_block(weights, biases, x, z, (inputs, outputs), (whole, outputs % BLOCK));
    }
    for (x, z) in rest.chunks_exact(inputs).zip(z_fours.into_remainder().chunks_exact_mut(outputs)) {
        wide::forward(weights, biases, x, z);
    }
}

/// Four samples and one block of outputs. `block` is its first output and its length.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::many_single_char_names)]
fn forward_block<T: Scalar>(
    weights: &[T],
    biases: &[T],
    x: &[T],
    z: &mut [T],
    (inputs, outputs): (usize, usize),
    block: (usize, usize),
) {
    let mut sums = [[T::ZERO; BLOCK]; SHARERS];
    for (sums, z) in sums.iter_mut().zip(z.chunks_exact(outputs)) {
        for (sum, &start) in sums.iter_mut().zip(piece(if biases.is_empty() { z } else { biases }, block)) {
            *sum = start;
        }
    }
    let mut samples = x.chunks_exact(inputs);
    let [a, b, c, d] = [(); SHARERS].map(|()| samples.next().unwrap_or_default());
    for ((((row, &a), &b), &c), &d) in weights.chunks_exact(outputs).zip(a).zip(b).zip(c).zip(d) {
        add_products(&mut sums, &[a, b, c, d], piece(row, block));
    }
    for (z, sums) in z.chunks_exact_mut(outputs).zip(&sums) {
        for (z, &sum) in piece_mut(z, block).iter_mut().zip(sums) {
            *z = sum;
        }
    }
}

/// Four rows at a time.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn gradients<T: Scalar, S>(
    (weights, slots): (&mut [T], &mut [S]),
    (x, deltas): (&[T], &[T]),
    (inputs, outputs): (usize, usize),
    learn: impl Fn(&mut T, &mut S, T),
) {
    let outputs = outputs.max(1);
    let four = SHARERS * outputs;
    let (mut fours, mut slot_fours) = (weights.chunks_exact_mut(four), slots.chunks_exact_mut(four));
    let mut first = 0;
    for fours in fours.by_ref().zip(slot_fours.by_ref()) {
        let whole = outputs - outputs % BLOCK;
        for start in (0..whole).step_by(BLOCK) {
            gradient_block((fours.0, fours.1), (x, deltas), (inputs, outputs), first, (start, BLOCK), &learn);
        }
        gradient_block(fours, (x, deltas), (inputs, outputs), first, (whole, outputs % BLOCK), &learn);
        first += SHARERS;
    }
    let (rest, slot_rest) = (fours.into_remainder(), slot_fours.into_remainder());
    for row in rest.chunks_exact_mut(outputs).zip(slot_rest.chunks_exact_mut(outputs)) {
        plain::learn_row(row, &plain::column(x, inputs, first), (deltas, outputs), &learn);
        first += 1;
    }
}

/// The rows of four inputs, from input `first` on, and one block of outputs. `block` is its first output and its
/// length.
#[cfg_attr(not(unoptimized), inline(always))]
fn gradient_block<T: Scalar, S>(
    (rows, slots): (&mut [T], &mut [S]),
    (x, deltas): (&[T], &[T]),
    (inputs, outputs): (usize, usize),
    first: usize,
    block: (usize, usize),
    learn: &impl Fn(&mut T, &mut S, T),
) {
    let mut sums = [[T::ZERO; BLOCK]; SHARERS];
    for (x, deltas) in x.chunks_exact(inputs.max(1)).zip(deltas.chunks_exact(outputs)) {
        if let Some(x) = piece(x, (first, SHARERS)).first_chunk() {
            add_products(&mut sums, x, piece(deltas, block));
        }
    }
    let rows = rows.chunks_exact_mut(outputs).zip(slots.chunks_exact_mut(outputs));
    for ((row, slots), sums) in rows.zip(&sums) {
        let (row, slots) = (piece_mut(row, block), piece_mut(slots, block));
        for ((w, slot), &sum) in row.iter_mut().zip(slots).zip(sums) {
            learn(w, slot, sum);
        }
    }
}

/// Adds the values, times a factor for each sharer, to the sums of this sharer. In a loop over the sharers, the
/// compiler would make vectors across them with gather and scatter, which is ten times slower.
#[cfg_attr(not(unoptimized), inline(always))]
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

/// `len` values from place `start` on; none if there are fewer.
#[cfg_attr(not(unoptimized), inline(always))]
fn piece<T>(values: &[T], (start, len): (usize, usize)) -> &[T] {
    values.get(start..start + len).unwrap_or_default()
}

/// [`piece`], mutable.
#[cfg_attr(not(unoptimized), inline(always))]
fn piece_mut<T>(values: &mut [T], (start, len): (usize, usize)) -> &mut [T] {
    values.get_mut(start..start + len).unwrap_or_default()
}
