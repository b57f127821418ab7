//! Fixed-point arithmetic: multiplication by a real number below 2^30, in integers, with one rounding or with two.

use crate::storable::storable;
use crate::target::FEW_REGISTERS;
use crate::zero::Zero;

/// A positive real number, `mantissa 2^(shift - 31)`, with a mantissa from 2^30 to 2^31 - 1; or 0.
///
/// What layers multiply their sums by to get from the scale of the sums to that of the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Multiplier {
    /// The leading 31 bits: a number from 1/2 to 1 in Q31.
    pub mantissa: i32,
    /// The power of two, from -31 to 30.
    pub shift: i8,
}

impl Zero for Multiplier {
    const ZERO: Self = Self { mantissa: 0, shift: 0 };
}

storable!("multiplier": [] Multiplier { mantissa: i32, shift: i8 });

impl Multiplier {
    /// The nearest to `real`. What is below 2^-32, negative or NaN gives 0; what is 2^30 or more, the largest.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // all fields of the bits are cut to their widths
    pub const fn new(real: f64) -> Self {
        if real <= 0.0 || real.is_nan() {
            return Self::ZERO;
        }
        let bits = real.to_bits();
        // real = fraction 2^exponent with a fraction from 1/2 to 1, of which 31 of 53 bits are kept.
        let mut exponent = (bits >> 52) as i32 - 1022;
        let mut mantissa = ((bits & ((1 << 52) - 1) | 1 << 52) + (1 << 21)) >> 22;
        if mantissa == 1 << 31 {
            (mantissa, exponent) = (1 << 30, exponent + 1);
        }
        if exponent < -31 {
            Self::ZERO
        } else if exponent > 30 {
            Self { mantissa: i32::MAX, shift: 30 }
        } else {
            Self { mantissa: mantissa as i32, shift: exponent as i8 }
        }
    }
}

/// How a product with a [`Multiplier`] is rounded. The two differ in one output of some thousands, by 1.
pub trait Rounding: sealed::Sealed + 'static {
    /// Its name in [`Architecture`](crate::Architecture).
    const NAME: &'static str;

    /// The integer nearest to `x multiplier`, as it is rounded here. What is outside of 32 bits is the nearest inside.
    fn multiply(x: i32, multiplier: Multiplier) -> i32;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Single {}
    impl Sealed for super::Double {}
}

/// One rounding: the product of 64 bits, shifted once; halves go up. As the reference kernels of `LiteRT` (`TFLite`) do it.
///
/// Range: `|x mantissa| <= 2^62`, and what is added is at most 2^61, so that a sum is below 2^63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Single;

/// Two roundings: the upper half of the doubled product, where halves go up, then a division by a power of two, where halves go away
/// from 0. As CMSIS-NN and `TFLite` for microcontrollers do it unless told otherwise.
///
/// Range: `|x mantissa| <= 2^62`, and what is added is 2^30.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Double;

impl Rounding for Single {
    const NAME: &'static str = "single";

    #[cfg_attr(not(unoptimized), inline(always))]
    fn multiply(x: i32, Multiplier { mantissa, shift }: Multiplier) -> i32 {
        // One less than the upper half of the product is divided by as a power of two.
        let right = (-2 - i32::from(shift)).cast_unsigned();
        if right < 30 {
            // The lower half of the product does not matter: it is less than 1 of the upper half's last digit, before the division
            // and after it.
            ((upper(x, mantissa) >> right) + 1) >> 1
        } else {
            single(x, mantissa, shift)
        }
    }
}

impl Rounding for Double {
    const NAME: &'static str = "double";

    #[cfg_attr(not(unoptimized), inline(always))]
    fn multiply(x: i32, Multiplier { mantissa, shift }: Multiplier) -> i32 {
        let shift = i32::from(shift);
        if shift > 0 {
            doubled(shifted(x, shift), mantissa)
        } else {
            divided(doubled(x, mantissa), shift.max(-31).unsigned_abs())
        }
    }
}

/// [`Single`] of a multiplier of 1/4 or more.
#[cold]
#[inline(never)]
fn single(x: i32, mantissa: i32, shift: i8) -> i32 {
    // From 1 to 62, also for bytes that were never stored.
    let right = 31 - i32::from(shift).clamp(-31, 30);
    saturated((i64::from(x) * i64::from(mantissa) + (1 << (right - 1))) >> right)
}

/// What [`Double`] does first where the multiplier is 1 or more.
#[cold]
#[inline(never)]
fn shifted(x: i32, shift: i32) -> i32 {
    saturated(i64::from(x) << shift.min(30))
}

/// `a b / 2^31`, halves up: the product of two numbers in Q31. That of -1 and -1 is the largest number.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn doubled(a: i32, b: i32) -> i32 {
    saturated((i64::from(a) * i64::from(b) + (1 << 30)) >> 31)
}

/// `x / 2^exponent`, halves away from 0. The exponent is at most 31.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn divided(x: i32, exponent: u32) -> i32 {
    let exponent = exponent.min(31);
    #[allow(clippy::cast_possible_wrap)] // of at most 31 bits
    let mask = ((1_u32 << exponent) - 1) as i32;
    let threshold = (mask >> 1) + i32::from(x < 0);
    (x >> exponent) + i32::from(x & mask > threshold)
}

/// The upper half of the product of 64 bits.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::cast_possible_truncation)]
fn upper(a: i32, b: i32) -> i32 {
    if FEW_REGISTERS { upper_of_halves(a, b) } else { ((i64::from(a) * i64::from(b)) >> 32) as i32 }
}

/// [`upper`] by four products of 32 bits, for a Cortex-M0, which has no others.
///
/// Ranges: with a = 2^16 a1 + a0, where a1 is from -2^15 to 2^15 - 1 and a0 from 0 to 2^16 - 1, and b likewise, `first` and `second` are
/// from -2^31 + 2^15 to 2^31 - 2^15.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::cast_possible_wrap)]
fn upper_of_halves(a: i32, b: i32) -> i32 {
    let (a1, a0) = (a >> 16, a & 0xFFFF);
    let (b1, b0) = (b >> 16, b & 0xFFFF);
    let low = (a0.unsigned_abs() * b0.unsigned_abs()) >> 16;
    let first = a1 * b0 + low as i32;
    let second = a0 * b1 + (first & 0xFFFF);
    a1 * b1 + (first >> 16) + (second >> 16)
}

#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::cast_possible_truncation)]
pub(super) fn saturated(x: i64) -> i32 {
    x.max(i32::MIN.into()).min(i32::MAX.into()) as i32
}

#[cfg(test)]
mod tests {
    use super::upper_of_halves;
    use crate::init::{Generator, Random};

    /// A host has another way.
    #[test]
    fn the_upper_half_by_four_products_is_that_of_one() {
        let mut random = Generator::new(5);
        let mut number = || match random.next_u32() % 16 {
            0 => i32::MIN,
            1 => i32::MAX,
            n => random.next_u32().cast_signed() >> n,
        };
        for _ in 0..1_000_000 {
            let (a, b) = (number(), number());
            assert_eq!(i64::from(upper_of_halves(a, b)), (i64::from(a) * i64::from(b)) >> 32, "{a} {b}");
        }
    }
}
