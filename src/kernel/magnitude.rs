//! Whether values are finite, and how large they are: what a step has to know before it writes anything.

use crate::hint::keep_rolled;
use crate::scalar::Scalar;
use crate::target::{CHIP_WITH_FLOAT, SOFT_FLOAT};

/// Accumulates whether all values seen were finite.
pub(crate) struct Finite<T> {
    /// On a chip with floating point: NaN times 0 is NaN, and so is infinity times 0, and no sum with a NaN is 0. One
    /// instruction a number.
    sum: T,
    /// Elsewhere, because a sum has an order, which keeps it from being computed in vectors.
    all: bool,
}

impl<T: Scalar> Finite<T> {
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn new() -> Self {
        Self { sum: -T::ZERO, all: true }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn see(&mut self, value: T) {
        if CHIP_WITH_FLOAT {
            self.sum += value * T::ZERO;
        } else {
            self.all &= value.is_finite();
        }
    }

    /// Takes in what others have seen: their [`number`](Finite::number).
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn join(&mut self, number: T) {
        if CHIP_WITH_FLOAT {
            self.sum += number;
        } else if SOFT_FLOAT {
            self.sum = self.sum.either(number);
        } else {
            self.all &= number.is_finite();
        }
    }

    /// 0 if all were finite, otherwise NaN or infinity.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn number(&self) -> T {
        if self.all { self.sum } else { T::MAX + T::MAX }
    }

    /// Whether all were finite.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn all(&self) -> bool {
        self.all && if SOFT_FLOAT { self.sum.either(T::ZERO).at_most(T::ZERO) } else { self.sum == T::ZERO }
    }
}

/// Accumulates a bound of the magnitude of the values seen.
///
/// On a chip with floating point it is the sum of their squares: one instruction a value. Elsewhere it is the largest
/// magnitude, found by comparing bits: in vectors on the host, and without floating point on the other chips. A NaN or an
/// infinity makes it NaN or infinite.
pub(crate) struct Magnitude<T>(T);

impl<T: Scalar> Magnitude<T> {
    /// Of no values. -0 is the number that changes nothing when it is added, which the compiler then leaves out.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn none() -> Self {
        Self(-T::ZERO)
    }

    /// Goes on from the [`number`](Magnitude::number) of others.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn new(of_others: T) -> Self {
        Self(of_others)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn see(&mut self, value: T) {
        if CHIP_WITH_FLOAT {
            self.0 += value * value;
        } else {
            self.0 = self.0.larger(value);
        }
    }

    /// Takes in what others have seen: their [`number`](Magnitude::number).
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn join(&mut self, number: T) {
        if CHIP_WITH_FLOAT {
            self.0 += number;
        } else {
            self.0 = self.0.larger(number);
        }
    }

    /// [`join`](Magnitude::join), as [`add_now`].
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn join_now(&mut self, number: T) {
        if CHIP_WITH_FLOAT {
            self.0 = add_now(self.0, number);
        } else {
            self.join(number);
        }
    }

    /// What other functions pass on.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn number(&self) -> T {
        self.0
    }
}

/// `a + b`, on a chip with floating point in a function of its own: otherwise the compiler would keep the terms of a sum in
/// a register each until the last is known, which the stack pays for.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn add_now<T: Scalar>(a: T, b: T) -> T {
    #[inline(never)]
    fn now<T: Scalar>(a: T, b: T) -> T {
        a + b
    }
    if CHIP_WITH_FLOAT { now(a, b) } else { a + b }
}

/// The magnitude of `factor` times the values of this magnitude.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn times<T: Scalar>(magnitude: T, factor: T) -> T {
    if CHIP_WITH_FLOAT { magnitude * factor * factor } else { magnitude * factor }
}

/// A number, and a limit for it: if the number is within, so is, within `limit`, every product of two values of the
/// magnitudes `a` and `b`. If it is not, the values have to be looked at one by one: see [`largest`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn product_and_limit<T: Scalar>(a: T, b: T, limit: T) -> (T, T) {
    // Of squares, the factor 1/2 leaves room for the roundings.
    let half = limit * T::from_f32(0.5);
    (a * b, if CHIP_WITH_FLOAT { half * half } else { limit })
}

/// The largest magnitude of the values, 0 if there are none; NaN if there is one.
#[cold]
#[inline(never)]
pub(crate) fn largest<T: Scalar>(values: &[T]) -> T {
    let mut largest = T::ZERO;
    for &value in values {
        largest = largest.larger(value);
        keep_rolled();
    }
    largest
}

/// The larger of `product` and `count` times the largest product of an input, or the 1 of a bias, and a delta.
#[cold]
#[inline(never)]
pub(crate) fn larger_product<T: Scalar>(product: T, x: &[T], deltas: &[T], count: T) -> T {
    product.larger(largest(x).larger(T::ONE) * largest(deltas) * count)
}
