//! Whether values are finite, and how large they are: a step checks both before it writes anything.

use crate::hint::keep_rolled;
use crate::scalar::Scalar;
use crate::target::{CHIP_WITH_FLOAT, SOFT_FLOAT};

/// Accumulates whether all values seen were finite.
pub(crate) struct Finite<T> {
    /// On a chip with floating point, the sum of the values times 0: NaN or infinity times 0 is NaN, and a sum with a
    /// NaN is never 0. One instruction per value.
    sum: T,
    /// Elsewhere, whether all were finite. Unlike a sum this has no order, so it can be computed in vectors.
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

    /// Includes the values of another accumulator, given by its [`number`](Finite::number).
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
/// On a chip with floating point it is the sum of their squares: one instruction per value. Elsewhere it is the largest
/// magnitude, found by comparing bits: in vectors on the host, and without floating point on the other chips. A NaN or
/// an infinity makes it NaN or infinite.
pub(crate) struct Magnitude<T>(T);

impl<T: Scalar> Magnitude<T> {
    /// Without values: -0, because adding -0 changes nothing. The compiler then leaves out this addition.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn none() -> Self {
        Self(-T::ZERO)
    }

    /// Continues from the [`number`](Magnitude::number) of another accumulator.
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

    /// Includes the values of another accumulator, given by its [`number`](Magnitude::number).
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn join(&mut self, number: T) {
        if CHIP_WITH_FLOAT {
            self.0 += number;
        } else {
            self.0 = self.0.larger(number);
        }
    }

    /// [`join`](Magnitude::join) with the addition of [`add_now`].
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn join_now(&mut self, number: T) {
        if CHIP_WITH_FLOAT {
            self.0 = add_now(self.0, number);
        } else {
            self.join(number);
        }
    }

    /// The bound so far, for [`join`](Magnitude::join) and [`new`](Magnitude::new).
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn number(&self) -> T {
        self.0
    }
}

/// `a + b`; on a chip with floating point in a separate function. Otherwise the compiler would keep each term of a sum
/// in a register until the last is known, and other values would go to the stack.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn add_now<T: Scalar>(a: T, b: T) -> T {
    #[inline(never)]
    fn now<T: Scalar>(a: T, b: T) -> T {
        a + b
    }
    if CHIP_WITH_FLOAT { now(a, b) } else { a + b }
}

/// The magnitude of values of this magnitude after each is multiplied by `factor`.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn times<T: Scalar>(magnitude: T, factor: T) -> T {
    if CHIP_WITH_FLOAT { magnitude * factor * factor } else { magnitude * factor }
}

/// A number and its limit. If the number is within its limit, every product of a value of magnitude `a` and a value of
/// magnitude `b` is within `limit`. If it is not, the values have to be checked one by one: see [`largest`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn product_and_limit<T: Scalar>(a: T, b: T, limit: T) -> (T, T) {
    // A product of sums of squares is compared with the square of `limit` / 2; the factor 1/2 leaves room for rounding.
    let half = limit * T::from_f32(0.5);
    (a * b, if CHIP_WITH_FLOAT { half * half } else { limit })
}

/// The largest magnitude of the values; 0 if there are none, NaN if one is NaN.
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

/// The larger of `product` and `count` times the largest input (at least 1, the input of a bias) times the largest
/// delta.
#[cold]
#[inline(never)]
pub(crate) fn larger_product<T: Scalar>(product: T, x: &[T], deltas: &[T], count: T) -> T {
    product.larger(largest(x).larger(T::ONE) * largest(deltas) * count)
}
