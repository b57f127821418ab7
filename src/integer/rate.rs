//! Learning rates as fractions with a shift.

use super::fixed::float;
use super::whole::{Exponent, Whole, exponent};
use super::words::unsigned;
use crate::scalar::Zero;
use crate::storable::storable;

/// A learning rate `factor / 2^shift`, with a factor of eight bits, from 128 to 255: within 0.4 % of any rate, and exact for powers of two.
/// All bits zero are no rate, which a step refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rate {
    factor: u8,
    shift: i16,
}

storable!("rate": [] Rate { factor: u8, shift: i16 });

impl Zero for Rate {
    const ZERO: Self = Self { factor: 0, shift: 0 };
}

impl Rate {
    /// The rate `2^-shift`: `Rate::power(6)` is 1/64. From 2^26, `power(-26)`, to 2^-126, the least normal number of `f32`; another one is
    /// refused by a step.
    pub const fn power(shift: i16) -> Self {
        Self::checked(128, shift.saturating_add(7))
    }

    /// The nearest rate, from the bits of the number alone. What is not positive and at most 2^26, or is below 2^-126, is refused by a step.
    pub const fn new(rate: f32) -> Self {
        let bits = rate.to_bits();
        let power = (bits >> 23 & 0xFF).cast_signed();
        // From 128 to 256.
        let factor = ((bits >> 16 & 0x7F) | 0x80) + (bits >> 15 & 1);
        let carries = factor > 255;
        if bits >> 31 != 0 || power == 0 || power == 255 {
            return Self::ZERO;
        }
        // The factor has the weight of 2^(power - 127) at its bit 7.
        let shift = 7 + 127 - power - carries as i32;
        #[allow(clippy::cast_possible_truncation)] // -121 to 134; a factor of 256 is 128 and a shift of one less
        Self::checked(if carries { 128 } else { factor as u8 }, shift as i16)
    }

    const fn checked(factor: u8, shift: i16) -> Self {
        // At most 2^26, and at least 2^-126, so that it is the same after `get` and `new`.
        let above = shift < -19 || shift == -19 && factor > 128;
        if above || shift > 133 { Self::ZERO } else { Self { factor, shift } }
    }

    /// Whether it is one that a step takes.
    pub const fn is_sound(self) -> bool {
        self.factor >= 128 && Self::checked(self.factor, self.shift).factor != 0
    }

    /// The rate as a number.
    pub fn get(self) -> f32 {
        float(self.factor.into(), Exponent::from(self.shift))
    }

    /// The rate of a sample that counts `weight` times as much, within 0.4 %; `None` if it does not count.
    pub(super) fn weighted(self, weight: f32) -> Option<Step> {
        let bits = weight.to_bits();
        let power = (bits >> 23 & 0xFF).cast_signed();
        // Of a factor from 2^7 and a mantissa from 2^23, the product is from 2^30 to below 2^32. Rounded to eight bits, it is at most 256.
        let product = u32::from(self.factor) * (bits & 0x007F_FFFF | 0x0080_0000);
        let extra = if product >= 1 << 31 { 24 } else { 23 };
        let factor = ((product >> (extra - 1)) + 1) >> 1;
        let shift = i32::from(self.shift) + 23 + 127 - power - extra;
        // From 128 to 256.
        let carries = factor > 255;
        #[allow(clippy::cast_possible_truncation)]
        let factor = if carries { 128 } else { factor as u8 };
        (power != 0).then_some(Step { factor, shift: (shift - i32::from(carries)) as Exponent })
    }

    pub(super) fn step(self) -> Step {
        Step { factor: self.factor, shift: Exponent::from(self.shift) }
    }
}

/// The rate of one step: `factor / 2^shift`, with a factor from 128 to 255.
#[derive(Clone, Copy)]
pub struct Step {
    factor: u8,
    pub(super) shift: Exponent,
}

impl Step {
    /// The delta times the factor.
    pub(super) fn scale<V: Whole>(self, delta: V) -> i32 {
        let delta: i32 = delta.into();
        let magnitude = unsigned(delta.unsigned_abs(), self.factor.into(), exponent(V::BITS.max(8))).cast_signed();
        if delta < 0 { -magnitude } else { magnitude }
    }
}
