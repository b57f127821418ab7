//! The loops for chips. A block of outputs stays in registers while a loop runs over the inputs, so that a
//! multiplication costs one load of a weight and no store.
//!
//! A block is written as separate scalars, not as an array: every optimisation level then keeps them in registers.

use core::hint::black_box;

use super::magnitude::Magnitude;
#[cfg(not(vfp))]
use super::plain::column;
use super::plain::{self, dot, outputs, tree};
#[cfg(target_os = "none")]
pub(super) use super::plain::{add_product, gradient, product, sum};
use crate::hint::keep_rolled;
use crate::scalar::Scalar;
#[cfg(not(vfp))]
use crate::soft::Soft;
use crate::target::{FEW_REGISTERS, SMALL, SOFT_FLOAT};

/// Divides `$outputs` outputs into blocks and runs the code of each: as many of 16 as there are, then one of 8, 4, 2
/// and 1 each where needed; only blocks of 4 and 1 where [`SMALL`], only of 1 where [`SOFT_FLOAT`]. `$at` is the first
/// output of a block.
macro_rules! in_blocks {
    ($outputs:expr, |$at:ident| $b16:expr, $b8:expr, $b4:expr, $b2:expr, $b1:expr) => {
        let outputs = $outputs;
        let mut $at = 0;
        if !SMALL {
            while outputs - $at >= 16 {
                $b16;
                $at += 16;
            }
            if outputs & 8 != 0 {
                $b8;
                $at += 8;
            }
        }
        while !SOFT_FLOAT && outputs - $at >= 4 {
            $b4;
            $at += 4;
        }
        if !SMALL && outputs & 2 != 0 {
            $b2;
            $at += 2;
        }
        while outputs - $at >= 1 {
            $b1;
            $at += 1;
        }
    };
}

#[cfg(vfp)]
pub(super) use in_blocks;

/// Defines the loops for a block of `$size` outputs that begins at output `at`. `$s` are its scalars.
macro_rules! block {
    ($forward:ident, $descend:ident, $size:literal, $keep_rolled:block, $($s:ident)*) => {
        #[cfg_attr(not(unoptimized), inline(always))]
        fn $forward<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T], at: usize) {
            let outputs = outputs(z);
            let Some(z) = z.get_mut(at..).and_then(|z| z.first_chunk_mut::<$size>()) else { return };
            let biases = biases.get(at..).and_then(|biases| biases.first_chunk::<$size>());
            let [$(mut $s),*] = *biases.unwrap_or(z);
            for (row, &x) in weights.chunks_exact(outputs).zip(x) {
                if let Some(row) = row.get(at..).and_then(|row| row.first_chunk::<$size>()) {
                    let mut row = row.iter();
                    $(if let Some(&w) = row.next() { $s += x * w; })*
                }
                $keep_rolled
            }
            *z = [$($s),*];
        }

        #[cfg_attr(not(unoptimized), inline(always))]
        fn $descend<T: Scalar>(weights: &mut [T], biases: &mut [T], x: &[T], delta: &[T], rate: T, at: usize) {
            let outputs = outputs(delta);
            let Some(delta) = delta.get(at..).and_then(|d| d.first_chunk::<$size>()) else { return };
            let [$($s),*] = *delta;
            let [$($s),*] = [$(rate * $s),*];
            if let Some(biases) = biases.get_mut(at..at + $size) {
                let mut biases = biases.iter_mut();
                $(if let Some(b) = biases.next() { *b -= $s; })*
            }
            for (row, &x) in weights.chunks_exact_mut(outputs).zip(x) {
                if let Some(row) = row.get_mut(at..).and_then(|row| row.first_chunk_mut::<$size>()) {
                    let mut row = row.iter_mut();
                    $(if let Some(w) = row.next() { *w -= x * $s; })*
                }
                $keep_rolled
            }
        }
    };
}
// Only the loop of the largest block may be unrolled: there the speed is worth the code.
block!(forward16, descend16, 16, {}, a b c d e f g h i j k l m n o p);
block!(forward8, descend8, 8, { keep_rolled() }, a b c d e f g h);
block!(forward4, descend4, 4, { keep_rolled() }, a b c d);
block!(forward2, descend2, 2, { keep_rolled() }, a b);
block!(forward1, descend1, 1, { keep_rolled() }, a);

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T]) {
    if SOFT_FLOAT {
        return forward_by_rows(weights, biases, x, z);
    }
    in_blocks!(
        z.len(),
        |at| forward16(weights, biases, x, z, at),
        forward8(weights, biases, x, z, at),
        forward4(weights, biases, x, z, at),
        forward2(weights, biases, x, z, at),
        forward1(weights, biases, x, z, at)
    );
}

/// [`forward`] for software floating point: a load and a store are short beside the arithmetic, and fewer numbers have
/// to be kept on the stack meanwhile.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward_by_rows<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T]) {
    for (z, &b) in z.iter_mut().zip(biases) {
        *z = b;
        keep_rolled();
    }
    for (row, &x) in weights.chunks_exact(outputs(z)).zip(x) {
        for (z, &w) in z.iter_mut().zip(row) {
            *z += x * w;
            keep_rolled();
        }
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn descend<T: Scalar>(weights: &mut [T], biases: &mut [T], x: &[T], delta: &[T], rate: T) {
    in_blocks!(
        delta.len(),
        |at| descend16(weights, biases, x, delta, rate, at),
        descend8(weights, biases, x, delta, rate, at),
        descend4(weights, biases, x, delta, rate, at),
        descend2(weights, biases, x, delta, rate, at),
        descend1(weights, biases, x, delta, rate, at)
    );
}

/// Two rows at a time share the loads of the deltas. The first eight deltas are separate, because the compiler then
/// keeps them in registers where the size of the layer is constant. One row at a time where [`SMALL`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn send_back<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
    let outputs = outputs(delta);
    if SMALL {
        for (row, back) in weights.chunks_exact(outputs).zip(back) {
            *back = if FEW_REGISTERS { dot_in_turn(row, delta) } else { dot(row, delta) };
        }
        return;
    }
    let (first, rest) = delta.split_first_chunk::<8>().map_or((None, delta), |(first, rest)| (Some(first), rest));
    let (odd, back) = back.split_at_mut(back.len() % 2);
    let (row, weights) = weights.split_at_checked(odd.len() * outputs).unwrap_or((weights, &[]));
    if let [odd] = odd {
        *odd = dot_alone(row, delta);
    }
    let mut weights = weights;
    for back in back.chunks_exact_mut(2) {
        let Some((row0, others)) = weights.split_at_checked(outputs) else { return };
        let Some((row1, others)) = others.split_at_checked(outputs) else { return };
        weights = others;
        let (sum0, sum1) = dots(row0, row1, first, rest);
        if let [back0, back1] = back {
            *back0 = sum0;
            *back1 = sum1;
        }
        keep_rolled();
    }
}

/// [`dot`] of the first row if the number of rows is odd. In a separate function, so that the loop over pairs of rows
/// needs no more stack; not unrolled, because it is called once at most.
#[inline(never)]
fn dot_alone<T: Scalar>(row: &[T], delta: &[T]) -> T {
    let mut lanes = [-T::ZERO; 8];
    for (o, (&w, &d)) in row.iter().zip(delta).enumerate() {
        if let Some(lane) = lanes.get_mut(o % 8) {
            *lane += d * w;
        }
        keep_rolled();
    }
    tree(lanes)
}

/// [`dot`], one lane after the other in the order of the tree: 0, 4, 2, 6, 1, 5, 3, 7. So at most three sums are kept,
/// of one lane, of two and of four.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn dot_in_turn<T: Scalar>(row: &[T], delta: &[T]) -> T {
    // Keeps the branch: the compiler would otherwise add -0 instead, which is slow in software.
    let add = |a: T, b: T, there: bool| {
        if there {
            keep_rolled();
            a + b
        } else {
            a
        }
    };
    let outputs = delta.len();
    let [mut one, mut two, mut four] = [T::ZERO; 3];
    let mut o = 0;
    loop {
        let mut sum = -T::ZERO;
        while let (Some(&w), Some(&d)) = (row.get(o), delta.get(o)) {
            sum += d * w;
            o += 8;
            keep_rolled();
        }
        let lane = o % 8;
        if lane & 4 == 0 {
            one = sum;
            o = lane + 4;
            continue;
        }
        sum = add(one, sum, lane < outputs);
        if lane & 2 == 0 {
            two = sum;
            o = lane - 2;
            continue;
        }
        sum = add(two, sum, lane - 4 < outputs);
        if lane & 1 == 0 {
            four = sum;
            o = lane - 5;
            continue;
        }
        return add(four, sum, outputs > 1);
    }
}

/// The [`dot`]s of two rows.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::many_single_char_names)]
fn dots<'a, T: Scalar>(mut row0: &'a [T], mut row1: &'a [T], first: Option<&[T; 8]>, delta: &'a [T]) -> (T, T) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = [-T::ZERO; 8];
    let [mut i, mut j, mut k, mut l, mut m, mut n, mut o, mut p] = [-T::ZERO; 8];
    if let (Some(first), Some((w0, rest0)), Some((w1, rest1))) =
        (first, row0.split_first_chunk::<8>(), row1.split_first_chunk::<8>())
    {
        let products = |w: &[T; 8]| {
            let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (*first, *w);
            [a * i, b * j, c * k, d * l, e * m, f * n, g * o, h * p]
        };
        [a, b, c, d, e, f, g, h] = products(w0);
        [i, j, k, l, m, n, o, p] = products(w1);
        (row0, row1) = (rest0, rest1);
    }
    let chunks = delta.chunks_exact(8).zip(row0.chunks_exact(8)).zip(row1.chunks_exact(8));
    macro_rules! lanes {
        ($chunk:expr) => {
            let ((delta, row0), row1) = $chunk;
            let mut terms = delta.iter().zip(row0).zip(row1);
            lanes!(terms: a i, b j, c k, d l, e m, f n, g o, h p);
        };
        ($terms:ident: $($lane0:ident $lane1:ident),*) => {
            $(if let Some(((&delta, &w0), &w1)) = $terms.next() {
                $lane0 += delta * w0;
                $lane1 += delta * w1;
            })*
        };
    }
    for chunk in chunks {
        lanes!(chunk);
        keep_rolled();
    }
    let rest = |values: &'a [T]| values.chunks_exact(8).remainder();
    let mut rest = rest(delta).iter().zip(rest(row0)).zip(rest(row1));
    'rest: {
        macro_rules! lane {
            ($lane0:ident $lane1:ident) => {
                let Some(((&delta, &w0), &w1)) = rest.next() else { break 'rest };
                $lane0 += delta * w0;
                $lane1 += delta * w1;
            };
        }
        lane!(a i);
        lane!(b j);
        lane!(c k);
        lane!(d l);
        lane!(e m);
        lane!(f n);
        lane!(g o);
    }
    (tree([a, b, c, d, e, f, g, h]), tree([i, j, k, l, m, n, o, p]))
}

/// Eight values at a time, because the loop overhead is large beside the work on a value; one where [`SMALL`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn magnitude<T: Scalar>(values: &[T]) -> T {
    let mut magnitude = Magnitude::none();
    // Hides the number of values: if it is constant, the compiler would unroll the whole loop.
    let mut values = black_box(values);
    if SMALL {
        return plain::magnitude(values);
    }
    while let Some((eight, rest)) = values.split_first_chunk::<8>() {
        for &value in eight {
            magnitude.see(value);
        }
        values = rest;
        keep_rolled();
    }
    for &value in black_box(values) {
        magnitude.see(value);
        keep_rolled();
    }
    magnitude.number()
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward_samples<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T], size: (usize, usize)) {
    for (x, z) in x.chunks_exact(size.0.max(1)).zip(z.chunks_exact_mut(size.1.max(1))) {
        forward(weights, biases, x, z);
    }
}

/// The sums of a block of outputs stay in registers while a loop runs over the samples.
#[cfg(not(vfp))]
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn gradients<T: Scalar, S>(
    (weights, slots): (&mut [T], &mut [S]),
    (x, deltas): (&[T], &[T]),
    (inputs, outputs): (usize, usize),
    learn: impl Fn(&mut T, &mut S, T),
) {
    let outputs = outputs.max(1);
    let rows = weights.chunks_exact_mut(outputs).zip(slots.chunks_exact_mut(outputs));
    for (input, (row, slots)) in rows.enumerate() {
        let x = column(x, inputs, input);
        in_blocks!(
            outputs,
            |at| gradient_block::<16, _, _>((row, slots), x.clone(), (deltas, outputs), at, &learn),
            gradient_block::<8, _, _>((row, slots), x.clone(), (deltas, outputs), at, &learn),
            gradient_block::<4, _, _>((row, slots), x.clone(), (deltas, outputs), at, &learn),
            gradient_block::<2, _, _>((row, slots), x.clone(), (deltas, outputs), at, &learn),
            gradient_block::<1, _, _>((row, slots), x.clone(), (deltas, outputs), at, &learn)
        );
    }
}

#[cfg(not(vfp))]
#[cfg_attr(not(unoptimized), inline(always))]
fn gradient_block<const N: usize, T: Scalar, S>(
    (row, slots): (&mut [T], &mut [S]),
    x: impl Iterator<Item = T>,
    (deltas, outputs): (&[T], usize),
    at: usize,
    learn: &impl Fn(&mut T, &mut S, T),
) {
    let mut sums = [T::ZERO; N];
    for (x, deltas) in x.zip(deltas.chunks_exact(outputs)) {
        if let Some(deltas) = deltas.get(at..).and_then(|deltas| deltas.first_chunk::<N>()) {
            for (sum, &d) in sums.iter_mut().zip(deltas) {
                *sum = Soft(*sum).plus(x, d).0;
            }
        }
        keep_rolled();
    }
    if let (Some(row), Some(slots)) = (row.get_mut(at..at + N), slots.get_mut(at..at + N)) {
        for ((w, slot), &sum) in row.iter_mut().zip(slots).zip(&sums) {
            learn(w, slot, sum);
        }
    }
}
