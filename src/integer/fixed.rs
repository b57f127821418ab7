//! Numbers in fixed point: a mantissa and an exponent, `mantissa / 2^exponent`.

/// `value / 2^shift`, to the nearest, halves up; 0 for a shift above 32. `value >> (shift - 1)` has room for the 1 that rounding adds.
pub(super) const fn right(value: i32, shift: u32) -> i32 {
    match shift {
        0 => value,
        1..=32 => {
            let half = value >> (shift - 1);
            (half >> 1) + (half & 1)
        }
        _ => 0,
    }
}

/// `value / 2^shift`, or `value 2^-shift` for a negative shift, which saturates at the largest magnitude.
pub(super) const fn shifted(value: i32, shift: i32) -> i32 {
    let distance = shift.unsigned_abs();
    if shift >= 0 {
        right(value, distance)
    } else if value == 0 {
        0
    } else if value.unsigned_abs().leading_zeros() > distance {
        value << distance
    } else if value < 0 {
        -i32::MAX
    } else {
        i32::MAX
    }
}

/// The bits that the largest magnitude takes.
pub(super) fn width(values: &[i32]) -> u32 {
    // Of a magnitude and of one that is smaller, the bits together are as many as of the larger.
    32 - values.iter().fold(0, |all, value| all | value.unsigned_abs()).leading_zeros()
}

/// Shifts the values so that they take `bits` bits at most, and returns their exponent.
pub(super) fn narrow(values: &mut [i32], exponent: i32, bits: u32) -> i32 {
    let shift = width(values).saturating_sub(bits);
    if shift == 0 {
        return exponent;
    }
    let largest = (1 << bits) - 1;
    // Rounded up, the largest may take a bit more.
    for value in values {
        *value = right(*value, shift).clamp(-largest, largest);
    }
    exponent - shift.cast_signed()
}

/// `x 2^exponent` to the nearest, halves away from 0, saturated: from the bits alone, so that no chip needs floating point for it. `x` is
/// finite.
pub(super) const fn fixed(x: f32, exponent: i32) -> i32 {
    let bits = x.to_bits();
    let power = (bits >> 23 & 0xFF).cast_signed();
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
pub(super) fn float(mantissa: i32, exponent: i32) -> f32 {
    // In two steps, as one power of two has not the range.
    let half = -exponent / 2;
    mantissa as f32 * power(half) * power(-exponent - half)
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
fn between(table: &[u16], index: u32, rest: u32, bits: u32) -> i32 {
    let at = |index: u32| {
        usize::try_from(index).ok().and_then(|index| table.get(index)).or(table.last()).copied().unwrap_or(0).into()
    };
    let (a, b): (i32, i32) = (at(index), at(index + 1));
    a + right((b - a) * rest.cast_signed(), bits)
}

/// `2^(-z / 4096)` in units of 2^-15, for `z` from 0 up to 2^17. The error is 2^-14 of the value and 2^-15.
pub(super) fn exp2(z: u32) -> u32 {
    let fraction = between(&EXP2, z >> 7 & 31, z & 127, 7).cast_unsigned();
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

/// A number in units of 1/4096, of magnitude 2^20 of them at most.
pub(super) fn twelve(mantissa: i32, exponent: i32) -> i32 {
    shifted(mantissa, exponent - 12).clamp(-(1 << 20), 1 << 20)
}

/// The sigmoid of `z / 4096`, in units of 2^-15. The error is below 3.4e-4, most of it beyond 8, where it is that of 8.
pub(super) fn sigmoid(z: i32) -> i32 {
    let magnitude = z.unsigned_abs().min(8 << 12);
    let y = between(&SIGMOID, magnitude >> 9, magnitude & 511, 9);
    if z < 0 { 32768 - y } else { y }
}

/// The hyperbolic tangent of `z / 4096`, in units of 2^-15. The error is below 6.8e-4.
pub(super) fn tanh(z: i32) -> i32 {
    2 * sigmoid(2 * z) - 32768
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact numbers
mod tests {
    use libm::{exp, exp2 as power, exp2f, floor, log2 as logarithm, tanh as tangent};

    use super::{exp2, fixed, float, log2, narrow, right, shifted, sigmoid, tanh};

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
            worst = worst.max((f64::from(sigmoid(z)) / 32768.0 - 1.0 / (1.0 + exp(-x))).abs());
            worst_tanh = worst_tanh.max((f64::from(tanh(z)) / 32768.0 - tangent(x)).abs());
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
                let exact = floor(f64::from(value) / power(f64::from(shift)) + 0.5);
                assert_eq!(f64::from(right(value, shift)), exact, "{value} {shift}");
                let larger = f64::from(value) * power(f64::from(shift));
                let limit = f64::from(i32::MAX);
                let expected = if shift == 0 { larger } else { larger.clamp(-limit, limit) };
                assert_eq!(f64::from(shifted(value, -shift.cast_signed())), expected, "{value} {shift}");
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
