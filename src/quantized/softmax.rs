//! Softmax in integers.

use super::fixed::{Multiplier, divided, doubled};
use super::layer::Layer;
use super::values::{Quantization, clamped};
use crate::architecture::Architecture;
use crate::storable::storable;
use crate::zero::Zero;

/// `y[o] = e^x[o] / sum over k of e^x[k]` of `N` values, in integers of 32 bits; the outputs are [`Quantization::UNIT`].
///
/// The exponentials are in Q31: e to the power of what the exponent lacks to a multiple of 1/4 by a polynomial of degree 4, times one
/// constant for each of its bits above. The sum is in Q19, so up to 511 values have room; more do not compile. One Newton division for
/// all. This is the arithmetic of `TFLite`'s reference
/// kernel, bit for bit.
///
/// ```
/// use downhill::quantized::{Layer, Quantization, Softmax};
///
/// let softmax = Softmax::<3>::new(Quantization::new(0.1, 0));
/// assert_eq!(softmax.predict(&[10, 20, 0]), [-65, 42, -105]); // 63, 170 and 23 of 256
/// ```
/// ```compile_fail
/// # use downhill::{Zero, quantized::Softmax};
/// static TOO_WIDE: Softmax<512> = Zero::ZERO; // 511 compile
/// # let _ = &TOO_WIDE;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Softmax<const N: usize> {
    /// From steps of the inputs to Q26.
    scale: Multiplier,
    /// Differences from the largest below this count as minus infinity: Q26 has no more than -31.
    least: i32,
}

impl<const N: usize> Softmax<N> {
    /// The sum has room. Every softmax begins with [`new`](Self::new) or [`Zero`], which check it.
    const SIZE_FITS: () = {
        assert!(N > 1, "softmax of one output is always 1: use two outputs, or a sigmoid");
        assert!(N < 512, "the sum of 512 exponentials or more does not fit into 32 bits");
    };

    /// For inputs quantised as `x`; their zero point does not matter.
    #[must_use]
    pub const fn new(x: Quantization) -> Self {
        const { Self::SIZE_FITS };
        let most = i32::MAX as f64;
        let real = x.scale() as f64 * (1 << 26) as f64;
        let scale = Multiplier::new(if real < most { real } else { most });
        // A scale is at least 2^-29; of one that small, differences are cut to 0 in Q26.
        let shift = if scale.shift < 0 { 0 } else { scale.shift };
        Self { scale: Multiplier { shift, ..scale }, least: -((31 << 26) >> shift) }
    }

    /// e to the power of a difference from the largest, in Q31; `None` for what counts as 0.
    fn power(&self, difference: i32) -> Option<i32> {
        let shifted = difference.wrapping_shl(self.scale.shift.unsigned_abs().into());
        (difference >= self.least.min(0)).then(|| exp(doubled(shifted, self.scale.mantissa)))
    }
}

/// e to the power of `x`, which is in Q26 and from -32 to 0; the result is in Q31.
fn exp(x: i32) -> i32 {
    const QUARTER: i32 = 1 << 24;
    if x == 0 {
        return i32::MAX;
    }
    // x = part - rest, with part from -1/4 to 0, and rest a multiple of 1/4.
    let part = (x & (QUARTER - 1)) - QUARTER;
    // For bytes that were never stored x may be positive: then this wraps, and the result has no meaning.
    let rest = part.wrapping_sub(x);
    let mut power = exp_of_part(part << 5);
    let mut bit = QUARTER;
    for factor in FACTORS {
        if rest & bit != 0 {
            power = doubled(power, factor);
        }
        bit <<= 1;
    }
    power
}

/// e^-1/4, e^-1/2, e^-1, ..., e^-16 in Q31.
const FACTORS: [i32; 7] = [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242];

/// e to the power of `x`, in Q31 from -1/4 to 0: Taylor's polynomial around -1/8.
fn exp_of_part(x: i32) -> i32 {
    const MIDDLE: i32 = 1_895_147_668; // e^-1/8
    const THIRD: i32 = 715_827_883;
    // From -1/8 to 1/8, so that all sums are below 1/4 and the last below 1.
    let x = x + (1 << 28);
    let square = doubled(x, x);
    let (cube, fourth) = (doubled(square, x), doubled(square, square));
    // x^2/2 + x^3/6 + x^4/24 = (((x^4/4 + x^3) / 3) + x^2) / 2
    let higher = divided(doubled(divided(fourth, 2) + cube, THIRD) + square, 1);
    MIDDLE.saturating_add(doubled(MIDDLE, x + higher))
}

/// 1 / (1 + x) of `x` in Q31 from 0 to 1, by three of Newton's steps; the result is in Q31.
fn reciprocal(x: i32) -> i32 {
    // From 1/2 to 1 in Q31. The sum is below 2^32, and unsigned.
    #[allow(clippy::cast_possible_wrap)] // below 2^31
    let half = (x.unsigned_abs() + i32::MAX.unsigned_abs()).div_ceil(2) as i32;
    // In Q29: 48/17 - 32/17 half. All values are from 0 to 2.
    let mut y = 1_515_870_810 + doubled(half, -1_010_580_540);
    for _ in 0..3 {
        let error = (1 << 29) - doubled(half, y);
        // The product is in Q27.
        y = y.saturating_add(doubled(y, error).saturating_mul(4));
    }
    y.saturating_mul(2)
}

impl<const N: usize> Layer for Softmax<N> {
    type Input = [i8; N];
    type Output = [i8; N];
    type Tape = ();

    const PARAMETERS: usize = 0;
    const ARCHITECTURE: Architecture = Architecture::layer(&["quantized softmax"], &[N]);

    fn forward(&self, x: &[i8; N], y: &mut [i8; N], (): &mut ()) {
        let top = x.iter().fold(i8::MIN, |top, &x| top.max(x));
        let difference = |x: i8| i32::from(x) - i32::from(top);
        // Q19: at most 2^19 for each of 511, and exactly that for the largest.
        let sum: i32 = x.iter().filter_map(|&x| self.power(difference(x))).map(|power| divided(power, 12)).sum();
        let zeros = sum.leading_zeros().min(12);
        // The sum, shifted to the top, less its first bit.
        let fraction = (sum << zeros) & i32::MAX;
        let inverse = reciprocal(fraction);
        for (y, &x) in y.iter_mut().zip(x) {
            *y = self
                .power(difference(x))
                .map_or(i8::MIN, |power| clamped(divided(doubled(inverse, power), 35 - zeros) + i32::from(i8::MIN)));
        }
    }
}

impl<const N: usize> Zero for Softmax<N> {
    const ZERO: Self = {
        const { Self::SIZE_FITS };
        Self { scale: Multiplier::ZERO, least: 0 }
    };
}

storable!("quantized softmax": [const N: usize] Softmax<N> { scale: Multiplier, least: i32 });

#[cfg(test)]
mod tests {
    use super::{FACTORS, exp, reciprocal};
    use crate::math::functions::Math;

    const ONE: f64 = 2_147_483_648.0;

    #[test]
    fn constants_are_the_nearest() {
        let mut exponent = -0.25_f64;
        for factor in FACTORS {
            assert!((Math::exp(exponent) * ONE - f64::from(factor)).abs() <= 0.5, "{exponent}");
            exponent *= 2.0;
        }
    }

    #[test]
    fn functions_are_near_the_exact_ones() {
        for n in 0..200_000 {
            let x = -n * 10_737;
            let exact = Math::exp(f64::from(x) / f64::from(1 << 26)) * ONE;
            assert!((f64::from(exp(x)) - exact).abs() <= 500.0, "{x}"); // 488.5
            let x = n * 10_737;
            let exact = ONE / (1.0 + f64::from(x) / ONE);
            assert!((f64::from(reciprocal(x)) - exact).abs() <= 7.0, "{x}"); // 6.6
        }
    }
}
