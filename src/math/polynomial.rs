//! The exponential of `f32` as a power of two times a polynomial, without branches.
//!
//! e^x = 2^n e^f, where n is the integer nearest to x / ln 2, and f = x - n ln 2 lies within +-ln 2 / 2. The
//! polynomials are the minimax polynomials of the Cephes library (Stephen Moshier).

// The constants have all digits of their source.
#![allow(clippy::excessive_precision)]

use crate::soft::Soft;
use crate::target::CHIP;

/// 1.5 * 2^23. Adding it to a small number and subtracting it again rounds to the nearest integer; the low bits of the
/// sum are this integer.
const ROUND: f32 = 12_582_912.0;

/// `e^x` for |x| up to 88.3, with an error of up to 2 ulp.
#[cfg_attr(not(unoptimized), inline(always))]
fn power(x: f32) -> f32 {
    let x = Soft(x);
    let r = x * core::f32::consts::LOG2_E + ROUND;
    let n = r - ROUND;
    // ln 2 in two parts: the first has few bits, so that the product is exact.
    let f = (x - n * 0.693_359_375) + n * 2.121_944_4e-4;
    let square = f * f;
    let high = f * 8.312_517e-3 + 4.189_021_9e-2;
    let low = f * 0.166_671_14 + 0.499_992_3;
    let scale = f32::from_bits((r.0.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    (((high * square + low) * square + (f + 1.0)) * scale).0
}

/// `e^x` for x up to 0.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn exp(x: f32) -> f32 {
    let y = power(x);
    // Below this, the result would be subnormal.
    if x < -87.336_54 { 0.0 } else { y }
}

/// `1 / (1 + e^-z)`
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn sigmoid(z: f32, see: impl FnOnce(f32)) -> f32 {
    if !CHIP {
        see(z);
        // A minimum is shorter than a selection; at `FAR`, the sigmoid is 1 already.
        let z = if z > FAR { FAR } else { z };
        let y = 1.0 / (1.0 + power(-z));
        return if z < -FAR { 0.0 } else { y };
    }
    // A chip branches, the host selects. NaN takes the far branch, too.
    if z.abs() <= FAR {
        return 1.0 / (1.0 + power(-z));
    }
    see(z);
    far_sigmoid(z)
}

/// Farther from zero, the power of two leaves its range, and a sigmoid is 0 or 1.
const FAR: f32 = 88.0;

#[cold]
#[inline(never)]
fn far_sigmoid(z: f32) -> f32 {
    if z > 0.0 {
        1.0
    } else if z < 0.0 {
        0.0
    } else {
        z
    }
}

/// `z + z^3 P(z^2)` near zero, where the exponential would lose digits; else `1 - 2 / (e^2|z| + 1)` with the sign of z.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn tanh(z: f32) -> f32 {
    let square = z * z;
    let p = -5.704_988_7e-3 * square + 2.063_908_9e-2;
    let p = p * square - 5.373_971_6e-2;
    let p = p * square + 0.133_314_42;
    let p = p * square - 0.333_332_82;
    let near = p * square * z + z;
    let far = 1.0 - 2.0 / (power(z.abs() + z.abs()) + 1.0);
    // From here on, the result rounds to 1.
    let far = if z.abs() > 9.01 { 1.0 } else { far };
    if z.abs() < 0.625 { near } else { far.copysign(z) }
}
