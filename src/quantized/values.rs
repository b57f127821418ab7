//! What quantised layers take and give: integers of 8 bits, and what they stand for.

use super::fixed::Multiplier;
use crate::scalar::{greater, smaller};
use crate::shape::Shape;
use crate::storable::storable;
use crate::zero::Zero;

/// An `i8`, or an array of values: `[i8; N]`, `[[i8; C]; L]`, `[[[i8; C]; W]; H]`.
pub trait Values: Zero + Copy + 'static {
    /// The same shape of real numbers: `[f32; N]` for `[i8; N]`.
    type Real: Shape<Scalar = f32>;

    /// All of them, in the order of memory.
    fn all(values: &[Self]) -> &[i8];

    /// [`all`](Values::all), mutable.
    fn all_mut(values: &mut [Self]) -> &mut [i8];
}

impl Values for i8 {
    type Real = f32;

    fn all(values: &[i8]) -> &[i8] {
        values
    }

    fn all_mut(values: &mut [i8]) -> &mut [i8] {
        values
    }
}

impl<V: Values, const N: usize> Values for [V; N] {
    type Real = [V::Real; N];

    fn all(values: &[[V; N]]) -> &[i8] {
        V::all(values.as_flattened())
    }

    fn all_mut(values: &mut [[V; N]]) -> &mut [i8] {
        V::all_mut(values.as_flattened_mut())
    }
}

/// Which real number an `i8` stands for: `scale (q - zero_point)`.
///
/// ```
/// use downhill::quantized::Quantization;
///
/// let percent = Quantization::new(0.5, -128);
/// assert_eq!(percent.quantized(30.2), -68);
/// assert_eq!(percent.real(-68), 30.0);
/// assert_eq!(percent.quantized(1e30), 127); // the nearest that there is
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quantization {
    scale: f32,
    /// 1 / scale.
    inverse: Multiplier,
    zero_point: i8,
}

/// Everything stands for 0.
impl Zero for Quantization {
    const ZERO: Self = Self { scale: 0.0, inverse: Multiplier::ZERO, zero_point: 0 };
}

storable!("quantization": [] Quantization { scale: f32, inverse: Multiplier, zero_point: i8 });

impl Quantization {
    /// The outputs of a sigmoid or a softmax: 0 to 255/256.
    pub const UNIT: Self = Self::new(1.0 / 256.0, -128);
    /// The outputs of a hyperbolic tangent: -1 to 127/128.
    pub const SIGNED_UNIT: Self = Self::new(1.0 / 128.0, 0);

    /// With a scale from 2^-29 to 2^31; what is outside counts as the nearest of these, and NaN as the least.
    #[must_use]
    pub const fn new(scale: f32, zero_point: i8) -> Self {
        const LEAST: f32 = 1.0 / 536_870_912.0;
        const MOST: f32 = 2_147_483_648.0;
        let scale = if scale > MOST {
            MOST
        } else if scale > LEAST {
            scale
        } else {
            LEAST
        };
        Self { scale, inverse: Multiplier::new(1.0 / scale as f64), zero_point }
    }

    /// For numbers from `low` to `high`, both moved so far that 0 is among them, and is an integer: a padding or a rectified
    /// number is exactly 0. What is beyond 1e11 is cut, and a step is 2^-29 at least.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // to the nearest f32
    pub fn of_range(low: f32, high: f32) -> Self {
        // Of larger ones, there were no scale.
        const LIMIT: f32 = 1e11;
        let low = if low < 0.0 { greater(low, -LIMIT) } else { 0.0 };
        let high = if high > 0.0 { smaller(high, LIMIT) } else { 0.0 };
        let scale = ((f64::from(high) - f64::from(low)) / 255.0) as f32;
        let without = Self::new(scale, 0);
        // low / scale is from -255 to 0.
        let zero_point = -128.0 - f64::from(low) / f64::from(without.scale);
        Self { zero_point: clamped(rounded(zero_point)), ..without }
    }

    /// The step from one integer to the next.
    #[must_use]
    pub const fn scale(self) -> f32 {
        self.scale
    }

    /// What stands for 0.
    #[must_use]
    pub const fn zero_point(self) -> i8 {
        self.zero_point
    }

    /// The real number.
    #[must_use]
    #[cfg_attr(not(unoptimized), inline(always))]
    #[allow(clippy::cast_precision_loss)] // at most 255
    pub fn real(self, q: i8) -> f32 {
        (i32::from(q) - i32::from(self.zero_point)) as f32 * self.scale
    }

    /// The nearest integer; what is within 2^-23 of a half goes to either side, and what is outside to the ends. NaN gives one of the ends.
    ///
    /// In integers, so that a Cortex-M0 takes some 70 instructions, and not 500.
    #[must_use]
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn quantized(self, x: f32) -> i8 {
        // |x| = m 2^(e - 150), 1 / scale = mantissa 2^(shift - 31): the quotient is their product / 2^right, and the product is
        // from 2^53 to 2^55.
        let bits = x.to_bits();
        let (m, e) = (bits & 0x007F_FFFF | 0x0080_0000, bits >> 23 & 0xFF);
        let right = 181_u32.saturating_add_signed(-i32::from(self.inverse.shift)).saturating_sub(e);
        let product = u64::from(m) * u64::from(self.inverse.mantissa.unsigned_abs());
        #[allow(clippy::cast_possible_truncation)]
        let upper = (product >> 32) as i32;
        let steps = match right {
            0..=44 => 512,
            // The lower half does not matter, as in a multiplication with one rounding.
            45..=56 => (upper + (1 << (right - 33))) >> (right - 32),
            _ => 0,
        };
        let steps = if bits >> 31 == 0 { steps } else { -steps };
        clamped(steps + i32::from(self.zero_point))
    }
}

/// The nearest `i8`.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::cast_possible_truncation)]
pub(super) fn clamped(x: i32) -> i8 {
    x.max(i8::MIN.into()).min(i8::MAX.into()) as i8
}

/// The nearest integer, halves away from 0; 0 for NaN.
pub(super) fn rounded(x: f64) -> i32 {
    // What is outside of 32 bits is cut to them.
    #[allow(clippy::cast_possible_truncation)]
    let whole = x as i32;
    let rest = x - f64::from(whole);
    whole.saturating_add(i32::from(rest >= 0.5) - i32::from(rest <= -0.5))
}
