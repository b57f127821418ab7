//! Numbers in fixed point: a mantissa and an exponent, `mantissa / 2^exponent`.

use super::whole::{self, Exponent, number};
use super::words::{self, lower};

/// A shift that rounds to the nearest, halves up, and saturates at the largest magnitude: prepared once for many numbers.
#[derive(Clone, Copy)]
pub(super) struct Shift {
    /// To the right, or to the left if negative.
    places: i8,
}

impl Shift {
    /// By `places` to the right, or to the left if negative.
    pub(super) const fn new(places: Exponent) -> Self {
        // All bits are lost beyond these.
        #[allow(clippy::cast_possible_truncation)]
        let places = if places > 33 {
            33
        } else if places < -32 {
            -32
        } else {
            places as i8
        };
        Self { places }
    }

    /// The number divided by 2^places. `value >> (places - 1)` has room for the 1 that rounding adds.
    pub(super) const fn of(self, value: i32) -> i32 {
        let places = self.places.unsigned_abs();
        if self.places < 0 {
            self.left(value)
        } else if places == 0 {
            value
        } else if places <= 32 {
            let half = lower(value, places as Exponent - 1);
            (half >> 1) + (half & 1)
        } else {
            0
        }
    }

    const fn left(self, value: i32) -> i32 {
        let places = self.places.unsigned_abs() as u32;
        if value == 0 {
            0
        } else if value.unsigned_abs().leading_zeros() > places {
            value << places
        } else if value < 0 {
            -i32::MAX
        } else {
            i32::MAX
        }
    }
}

/// A single number, shifted.
pub(super) const fn shifted(value: i32, places: Exponent) -> i32 {
    Shift::new(places).of(value)
}

/// As [`Shift::of`], by a number of places that is constant where it is called, of a number with a bit to spare.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) const fn rounded(value: i32, places: Exponent) -> i32 {
    (value + ((1 << places) >> 1)) >> places
}

/// The bits that the largest magnitude takes.
pub(super) fn width(values: &[i32]) -> Exponent {
    // Of a magnitude and of one that is smaller, the bits together are as many as of the larger.
    words::width(values.iter().fold(0, |all, value| all | value.unsigned_abs()))
}

/// Shifts the values so that they take `bits` bits at most, and returns their exponent.
pub(super) fn narrow(values: &mut [i32], exponent: Exponent, bits: Exponent) -> Exponent {
    let shift = width(values) - bits;
    if shift <= 0 {
        return exponent;
    }
    let largest = (1 << bits) - 1;
    // Rounded up, the largest may take a bit more.
    let distance = Shift::new(shift);
    for value in values {
        *value = distance.of(*value).clamp(-largest, largest);
    }
    exponent - shift
}

/// `x 2^exponent` to the nearest, halves away from 0, saturated: from the bits alone, so that no chip needs floating point for it. `x` is
/// finite.
pub(super) const fn fixed(x: f32, exponent: Exponent) -> i32 {
    let bits = x.to_bits();
    let power = whole::exponent(bits >> 23 & 0xFF);
    let fraction = (bits & 0x007F_FFFF).cast_signed();
    let (mantissa, power) = if power == 0 { (fraction, 1) } else { (fraction | 0x0080_0000, power) };
    let magnitude = shifted(mantissa, 150 - power - exponent);
    if bits >> 31 == 0 { magnitude } else { -magnitude }
}

/// The bits of the largest magnitude, which order as magnitudes do; `None` if a number is not finite.
pub(super) fn largest(x: &[f32]) -> Option<u32> {
    let top = x.iter().fold(0, |top, x| (x.to_bits() & 0x7FFF_FFFF).max(top));
    (top < 0x7F80_0000).then_some(top)
}

/// 2 to the power of `exponent`, within the normal numbers of `f32`.
const fn power(exponent: i32) -> f32 {
    let exponent = if exponent < -126 {
        -126
    } else if exponent > 127 {
        127
    } else {
        exponent
    };
    f32::from_bits((exponent + 127).cast_unsigned() << 23)
}

/// The number `mantissa / 2^exponent`.
#[allow(clippy::cast_precision_loss)]
pub(super) fn float(mantissa: i32, exponent: Exponent) -> f32 {
    // In two steps, as one power of two has not the range.
    let exponent = -number(exponent);
    let half = exponent / 2;
    mantissa as f32 * power(half) * power(exponent - half)
}

/// `32768 2^(-k / 32)`.
const EXP2: [u16; 33] = [
    32768, 32066, 31379, 30706, 30048, 29405, 28774, 28158, 27554, 26964, 26386, 25821, 25268, 24726, 24196, 23678,
    23170, 22674, 22188, 21713, 21247, 20792, 20347, 19911, 19484, 19066, 18658, 18258, 17867, 17484, 17109, 16743,
    16384,
];

/// `32768 / (1 + e^(-k / 8))`.
const SIGMOID: [u16; 65] = [
    16384, 17407, 18421, 19420, 20397, 21344, 22255, 23127, 23955, 24737, 25471, 26155, 26790, 27377, 27917, 28411,
    28862, 29272, 29644, 29979, 30282, 30555, 30799, 31018, 31214, 31389, 31545, 31684, 31807, 31917, 32015, 32102,
    32179, 32247, 32307, 32361, 32408, 32450, 32487, 32520, 32549, 32574, 32597, 32617, 32635, 32650, 32664, 32676,
    32687, 32696, 32705, 32712, 32719, 32725, 32730, 32734, 32738, 32742, 32745, 32747, 32750, 32752, 32754, 32756,
    32757,
];

/// Between two entries of a table.
fn between(table: &[u16], index: u16, rest: u16, bits: Exponent) -> i32 {
    let at = |index: u16| table.get(usize::from(index)).copied().unwrap_or(0).into();
    let (a, b): (i32, i32) = (at(index), at(index + 1));
    a + rounded((b - a) * i32::from(rest), bits)
}

/// `2^(-z / 4096)` in units of 2^-15, for `z` from 0 up to 2^17. The error is 2^-14 of the value and 2^-15.
pub(super) fn exp2(z: u32) -> u32 {
    let fraction = between(&EXP2, (z >> 7 & 31) as u16, (z & 127) as u16, 7).cast_unsigned();
    fraction.checked_shr(z >> 12).unwrap_or(0)
}

/// The logarithm to base 2 of `value`, in units of 1/4096; that of 0 is 0. The error is below 0.0015.
pub(super) fn log2(value: u32) -> u32 {
    let Some(whole) = value.checked_ilog2() else { return 0 };
    let f = value << (31 - whole) >> 19 & 4095;
    // f + f (1 - f) (0.4248 - 0.1611 f), which fits log2(1 + f).
    let curve = (f * (4096 - f)) >> 12;
    (whole << 12) + f + ((curve * (1740 - ((660 * f) >> 12))) >> 12)
}

/// A number in units of 1/4096, of magnitude 8 at most.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn twelve(mantissa: i32, exponent: Exponent) -> i16 {
    shifted(mantissa, exponent - 12).clamp(-32767, 32767) as i16
}

/// The sigmoid of `z / 4096`, in units of 2^-15. The error is below 3.4e-4, most of it beyond 8, where it is that of 8.
pub(super) fn sigmoid(z: i16) -> i32 {
    let magnitude = z.unsigned_abs();
    let y = between(&SIGMOID, magnitude >> 9, magnitude & 511, 9);
    if z < 0 { 32768 - y } else { y }
}

/// The hyperbolic tangent of `z / 4096`, in units of 2^-15. The error is below 6.8e-4.
pub(super) fn tanh(z: i16) -> i32 {
    2 * sigmoid(z.clamp(-16383, 16383) * 2) - 32768
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact numbers
mod tests {
    use libm::{exp, exp2 as power, exp2f, floor, log2 as logarithm, tanh as tangent};

    use super::{exp2, fixed, float, log2, narrow, shifted, sigmoid, tanh, twelve};

    #[test]
    fn functions_have_the_errors_that_are_stated() {
        for z in 0..1 << 17 {
            let x = f64::from(z) / 4096.0;
            let exact = 32768.0 * power(-x);
            assert!((f64::from(exp2(z)) - exact).abs() <= exact / 16384.0 + 1.0, "{z}");
        }
        let (mut worst, mut worst_tanh) = (0f64, 0f64);
        for z in -(1 << 17)..1 << 17 {
            let x = f64::from(z) / 4096.0;
            worst = worst.max((f64::from(sigmoid(twelve(z, 12))) / 32768.0 - 1.0 / (1.0 + exp(-x))).abs());
            worst_tanh = worst_tanh.max((f64::from(tanh(twelve(z, 12))) / 32768.0 - tangent(x)).abs());
        }
        assert!(worst < 3.4e-4 && worst_tanh < 6.8e-4, "{worst} {worst_tanh}");
        let mut worst = 0f64;
        for value in (1..1 << 20).chain((1..4096).map(|n: u32| n << 20)) {
            worst = worst.max((f64::from(log2(value)) / 4096.0 - logarithm(f64::from(value))).abs());
        }
        assert!(worst < 0.0015, "{worst}");
    }

    #[test]
    fn shifts_round_to_the_nearest_and_saturate() {
        for value in [0, 1, -1, 5, -5, 6, -6, 1 << 20, i32::MAX, i32::MIN, -i32::MAX] {
            for shift in 0..40 {
                let exact = floor(f64::from(value) / power(f64::from(i32::try_from(shift).unwrap())) + 0.5);
                assert_eq!(f64::from(shifted(value, shift)), exact, "{value} {shift}");
                let larger = f64::from(value) * power(f64::from(i32::try_from(shift).unwrap()));
                let limit = f64::from(i32::MAX);
                let expected = if shift == 0 { larger } else { larger.clamp(-limit, limit) };
                assert_eq!(f64::from(shifted(value, -shift)), expected, "{value} {shift}");
            }
        }
    }

    #[test]
    fn what_is_narrowed_has_the_bits() {
        let mut values = [i32::MAX, -i32::MAX, 3];
        assert_eq!(narrow(&mut values, 20, 14), 3);
        assert_eq!(values, [16383, -16383, 0]);
    }

    #[test]
    fn floats_are_read_and_written_exactly() {
        for (x, exponent, mantissa) in
            [(1.0, 7, 128), (-0.5, 0, -1), (0.3, 0, 0), (1e-40, 7, 0), (3e38, 7, i32::MAX), (-3e38, -120, -226)]
        {
            assert_eq!(fixed(x, exponent), mantissa, "{x}");
        }
        assert_eq!(float(3, 1), 1.5);
        assert_eq!(float(-1, -100), -exp2f(100.0));
        assert_eq!(float(1 << 20, 149), exp2f(-129.0));
    }
}
