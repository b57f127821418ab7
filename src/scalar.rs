//! The numbers a network is made of: `f32` and `f64`.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::kernel::interface::Kernel;
use crate::math::functions::Math;
use crate::optimizer::usual::Usual;
use crate::storable::Storable;
use crate::target::{CHIP, CHIP_WITH_FLOAT};
pub use crate::zero::Zero;

/// The type of weights, inputs and outputs: `f32` or `f64`.
///
/// Arithmetic comes from the operators, functions such as `exp` from [`Math`], and the loops over whole layers from
/// this crate's kernels, which is why the trait can't be implemented elsewhere.
pub trait Scalar:
    Zero
    + Math
    + Kernel
    + Usual
    + Storable
    + Copy
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    /// The name of the type.
    const NAME: &'static str;

    /// The number 1.
    const ONE: Self;

    /// The largest finite number.
    const MAX: Self;

    /// The largest gradient of a parameter that a step takes: 2^50 in `f32`, 2^400 in `f64`. So large gradients come of
    /// broken sensors and diverging trainings only, and what optimisers make of smaller ones is finite: their squares, sums
    /// of millions of them, and steps at every rate up to [`RATE_LIMIT`](Scalar::RATE_LIMIT).
    const GRADIENT_LIMIT: Self;

    /// What an optimiser's running mean that gets smaller counts as 0: 2^-100 in `f32`, 2^-800 in `f64`. A mean of gradients
    /// that are 0 would shrink to subnormal numbers and stay there, each of which costs a host more than a hundred cycles.
    const LEAST_MEAN: Self;

    /// The distance from 1 to the next larger number.
    const SPACING: Self;

    /// The largest learning rate: 2^26.
    const RATE_LIMIT: Self;

    /// The number nearest to `value`; exact for both types.
    fn from_f32(value: f32) -> Self;

    /// Whether the number is neither NaN nor infinite.
    fn is_finite(self) -> bool;

    /// The larger of both magnitudes; NaN if one is NaN. By the bits, which order as magnitudes do.
    #[must_use]
    fn larger(self, other: Self) -> Self;

    /// 0 if both are, otherwise NaN or infinity if one of them is: all bits of both, without the sign.
    #[must_use]
    fn either(self, other: Self) -> Self;

    /// Whether this is at most `limit`, both of which are magnitudes: not negative, or NaN. NaN is not.
    fn at_most(self, limit: Self) -> bool;

    /// The number, or 0 if its magnitude is below [`LEAST_MEAN`](Scalar::LEAST_MEAN).
    #[must_use]
    fn flushed(self) -> Self;

    /// The IEEE 754 bits, in the low bits of the result.
    fn bits(self) -> u64;
}

/// A number of inputs, classes or samples; exact up to 2^24.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn count<T: Scalar>(n: usize) -> T {
    T::from_f32(n as f32)
}

/// [`count`] of a counter, which has 32 bits on every machine.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn count_u32<T: Scalar>(n: u32) -> T {
    T::from_f32(n as f32)
}

/// The smaller number; `a` if one is NaN.
pub(crate) fn smaller<T: Scalar>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

/// The greater number; `a` if one is NaN.
pub(crate) fn greater<T: Scalar>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// 2 to the power of `$exponent`, which is not negative.
macro_rules! power_of_two {
    ($t:ty, $bits:ty, $exponent:literal) => {
        <$t>::from_bits((1.0 as $t).to_bits() + ($exponent << (<$t>::MANTISSA_DIGITS - 1)))
    };
}

macro_rules! scalar {
    ($t:ty, $bits:ty, $gradient_exponent:literal) => {
        impl Scalar for $t {
            const NAME: &'static str = stringify!($t);
            const ONE: Self = 1.0;
            const MAX: Self = <$t>::MAX;
            const SPACING: Self = <$t>::EPSILON;
            const GRADIENT_LIMIT: Self = power_of_two!($t, $bits, $gradient_exponent);
            const LEAST_MEAN: Self = 1.0 / (Self::GRADIENT_LIMIT * Self::GRADIENT_LIMIT);
            const RATE_LIMIT: Self = power_of_two!($t, $bits, 26);

            fn from_f32(value: f32) -> Self {
                value.into()
            }

            fn is_finite(self) -> bool {
                if CHIP_WITH_FLOAT {
                    // Shorter there than a look at the exponent: infinity less infinity is NaN.
                    self - self == 0.0
                } else {
                    self.is_finite()
                }
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn larger(self, other: Self) -> Self {
                let magnitude = |value: Self| value.to_bits() & (<$bits>::MAX >> 1);
                Self::from_bits(magnitude(self).max(magnitude(other)))
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn either(self, other: Self) -> Self {
                Self::from_bits((self.to_bits() | other.to_bits()) & (<$bits>::MAX >> 1))
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn at_most(self, limit: Self) -> bool {
                // A comparison of bits is shorter where floating point is software; they order as magnitudes do.
                if CHIP_WITH_FLOAT || !CHIP { self <= limit } else { self.to_bits() <= limit.to_bits() }
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn flushed(self) -> Self {
                // By the bits, as in `larger`. A NaN is kept.
                let magnitude = self.to_bits() & (<$bits>::MAX >> 1);
                if magnitude < Self::LEAST_MEAN.to_bits() { 0.0 } else { self }
            }

            fn bits(self) -> u64 {
                self.to_bits().into()
            }
        }

        impl Zero for $t {
            const ZERO: Self = 0.0;
        }
    };
}
scalar!(f32, u32, 50);
scalar!(f64, u64, 400);
