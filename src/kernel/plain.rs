//! The contract in code, and the loops of tiny layers.

use super::Finite;
use crate::scalar::Scalar;

#[inline(always)]
pub(super) fn forward<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T]) {
    let outputs = outputs(z);
    for (o, z) in z.iter_mut().enumerate() {
        let mut sum = biases.get(o).copied().unwrap_or(T::ZERO);
        for (row, &x) in weights.chunks_exact(outputs).zip(x) {
            if let Some(&w) = row.get(o) {
                sum += x * w;
            }
        }
        *z = sum;
    }
}

#[inline(always)]
pub(super) fn send_back<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
    for (row, back) in weights.chunks_exact(outputs(delta)).zip(back) {
        *back = dot(row, delta);
    }
}

#[inline(always)]
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

#[inline(always)]
pub(super) fn finite<T: Scalar>(values: &[T]) -> T {
    let mut finite = Finite::new();
    for &value in values {
        finite.see(value);
    }
    finite.number()
}

/// One sum of [`send_back`].
#[inline(always)]
pub(super) fn dot<T: Scalar>(row: &[T], delta: &[T]) -> T {
    // -0 is the number that changes nothing when it is added, the sign of a zero included.
    let mut lanes = [-T::ZERO; 8];
    for (row, delta) in row.chunks(8).zip(delta.chunks(8)) {
        for ((lane, &w), &d) in lanes.iter_mut().zip(row).zip(delta) {
            *lane += d * w;
        }
    }
    tree(lanes)
}

#[inline(always)]
#[allow(clippy::many_single_char_names)]
pub(super) fn tree<T: Scalar>([a, b, c, d, e, f, g, h]: [T; 8]) -> T {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The length of a row. No layer is without outputs; the `max` shows the compiler that cutting by it can't panic.
pub(super) fn outputs<T>(values: &[T]) -> usize {
    values.len().max(1)
}
