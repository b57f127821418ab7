//! The functions in plain Rust.

/// By integers, one bit of the result after the other.
// The casts between signed and unsigned are meant.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn sqrt(x: f32) -> f32 {
    if x < 0.0 {
        return f32::NAN;
    }
    // Zeros of both signs, infinity and NaN. The bits of a positive number are at most those of infinity.
    if x == 0.0 || x.is_nan() || x == f32::INFINITY {
        return x;
    }
    // A subnormal number times 2^24 is normal.
    let (x, scale) = if x < f32::MIN_POSITIVE { (x * 16_777_216.0, 12) } else { (x, 0) };
    let bits = x.to_bits();
    let (exponent, fraction) = (bits >> 23, bits & 0x007F_FFFF | 1 << 23);
    // Even, so that the root's exponent is half of it: from 127, whose number is 1.
    let odd = (exponent + 1) & 1;
    // The square has 48 bits, of which the root has 24, and one more bit to round with.
    let square = u64::from(fraction) << (25 + odd);
    let root = square.isqrt();
    let (kept, half) = (root >> 1, root & 1);
    // No root lies in the middle of two numbers, so the last bit alone decides.
    let kept = (kept + half) as u32;
    let exponent = (exponent + 127 - odd) / 2 - scale;
    // A carry out of the fraction is added to the exponent.
    f32::from_bits((exponent << 23) + kept - (1 << 23))
}

#[cfg(test)]
mod tests;
