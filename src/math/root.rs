//! The square root of `f32` in integers, for chips: some have an instruction for it, but it can't be used without
//! `unsafe`. A third fewer instructions than libm's, and the same bits, for all 2^32 numbers (`tests/math.rs`).
//!
//! x is m times a power of 4, with m from 1 to below 4. A straight line gives 1 / sqrt(m) with an error of 2^-13.9; m
//! times that is the root with an error of 2^-13.6. After one step of Newton's method, the root is at most 1.09 units
//! of the last bit too small, or 0.002 too large. The exact difference between x and its square then decides the last
//! bit.

/// The lines, for 32 intervals of m from 2 to 4, then 32 from 1 to 2. An entry is the value at the lower end of the
/// interval, with 31 fractional bits; its low 16 bits are also the fall in a 1024th of the interval.
static LINES: [u32; 64] = {
    let mut lines = [0; 64];
    let mut interval = 0;
    while interval < lines.len() {
        lines[interval] = if interval < 32 { line(4 * (32 + interval), 4) } else { line(2 * interval, 2) };
        interval += 1;
    }
    lines
};

/// The line from `m / 64` to `(m + width) / 64`: as far above the curve in the middle as below it at the ends.
#[allow(clippy::cast_possible_truncation)]
const fn line(m: usize, width: usize) -> u32 {
    let (left, middle, right) = (reciprocal(m), reciprocal(m + width / 2), reciprocal(m + width));
    let fall = (left - right) >> 10;
    let above = (left.midpoint(right) - middle) / 2;
    // The nearest number whose low 16 bits are the fall.
    (((left - above - fall + (1 << 15)) & !0xFFFF) + fall) as u32
}

/// 1 / sqrt(m / 64), with 31 fractional bits.
#[allow(clippy::cast_possible_truncation)]
const fn reciprocal(m: usize) -> u64 {
    ((1 << 68) / m as u128).isqrt() as u64
}

/// The square root, rounded to nearest; NaN for negative numbers.
#[inline]
pub(crate) fn sqrt(x: f32) -> f32 {
    let bits = x.to_bits();
    // Positive, and normal.
    if bits.wrapping_sub(1 << 23) < 0x7F00_0000 { root(bits) } else { special(x) }
}

// The casts between signed and unsigned are meant.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]
#[cfg_attr(not(unoptimized), inline(always))]
fn root(bits: u32) -> f32 {
    // 30 fractional bits.
    let m = (bits << 8 | 1 << 31) >> (bits >> 23 & 1);
    let line = LINES.get((bits >> 18 & 63) as usize).copied().unwrap_or(0);
    let reciprocal = line - (line & 0xFFFF) * (bits >> 8 & 0x3FF);
    // 15 fractional bits, so that the square has as many as m.
    let coarse = ((u64::from(m) * u64::from(reciprocal)) >> 46) as u32;
    let rest = m.wrapping_sub(coarse.wrapping_mul(coarse)) as i32;
    let change = ((i64::from(rest) * i64::from(reciprocal as i32)) >> 39) as i32;
    // 23 fractional bits.
    let root = (coarse << 8).wrapping_add(change as u32);
    let rest = (m << 16).wrapping_sub(root.wrapping_mul(root)) as i32;
    // (root + 1/2)^2 = root^2 + root + 1/4
    let nearest = root + u32::from(rest > root as i32);
    // The leading 1 of the root is added to the exponent.
    f32::from_bits(((bits + (125 << 23)) >> 1 & 0x7F80_0000) + nearest)
}

#[cold]
#[inline(never)]
fn special(x: f32) -> f32 {
    if x > 0.0 && x < f32::INFINITY {
        // Subnormal: multiplied by 2^24, it is normal.
        root((x * 16_777_216.0).to_bits()) * (1.0 / 4096.0)
    } else if x < 0.0 {
        f32::NAN
    } else {
        x
    }
}

/// [`sqrt`] in `f64`, for a host that is compiled for AVX. There libm's root is an SSE instruction, which between AVX
/// instructions costs more than a hundred cycles: a step of W4 with 32 samples and Adam took 320 us per sample, and
/// takes 18.
///
/// The first guess of 1 / sqrt(x) has an error of 3.5 %, three steps of Newton's method reduce it to 4e-11, and the
/// last one to 2^-52.4 of the root. The root of an `f32` differs by at least 2^-51 of itself from each number at which
/// its rounding changes.
#[inline]
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn sqrt_in_double(x: f32) -> f32 {
    let wide = f64::from(x);
    let half = 0.5 * wide;
    let mut reciprocal = f64::from_bits(0x5FE6_EB50_C7B5_37A9_u64.wrapping_sub(wide.to_bits() >> 1));
    for _ in 0..3 {
        reciprocal *= 1.5 - half * reciprocal * reciprocal;
    }
    let root = wide * reciprocal;
    let root = (root + 0.5 * reciprocal * (wide - root * root)) as f32;
    let special = if x == 0.0 || x == f32::INFINITY { x } else { f32::NAN };
    if x > 0.0 && x < f32::INFINITY { root } else { special }
}
