//! Multiplication and addition of `f32` in integers, for chips without floating point.
//!
//! Results have the bits of IEEE 754, rounded to nearest even, for all inputs; of a NaN only that it is one. What is rare
//! (infinities, NaN, subnormal numbers, factors below 2^-62 or from 2^63 on) is left to the compiler's operations.
//!
//! Three things make this shorter than the operations one by one. A factor that stays the same in a loop is taken apart
//! once. A product is not put together before it is added. And no bit that gets lost in a shift is looked at unless the bits
//! that are kept are those of a tie: rounding adds half of the last place, and only if all places below are 0 then, the
//! number was a tie, or something more.

use crate::target::FEW_REGISTERS;

const SIGN: u32 = 1 << 31;
/// The bit that normal numbers don't store.
const LEADING: u32 = 1 << 23;

/// The exponents of factors that are multiplied here. No product of two of them is subnormal or infinite.
const LEAST: u32 = 65;
const EXPONENTS: u32 = 125;

/// A factor that is multiplied with many.
#[derive(Clone, Copy)]
pub struct Factor {
    bits: u32,
    mantissa: u32,
    /// Of bits 16 to 23, 8 to 15 and 0 to 7.
    parts: [u32; 3],
    /// What the exponent of a product of less than 2 has beyond that of the other factor, less 1.
    exponent: u32,
}

/// A product, rounded.
#[derive(Clone, Copy)]
struct Product {
    /// 2^29 to 2^30, a multiple of 2^6.
    mantissa: u32,
    /// The exponent if the mantissa is less than 2^30, less 1.
    exponent: u32,
    /// In the highest bit; the others are arbitrary.
    sign: u32,
}

impl Factor {
    /// `None` if the factor is rare.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn new(factor: f32) -> Option<Self> {
        let bits = factor.to_bits();
        let exponent = exponent(bits);
        if exponent.wrapping_sub(LEAST) >= EXPONENTS {
            return None;
        }
        let mantissa = mantissa(bits);
        let parts = [mantissa >> 16, mantissa >> 8 & 0xff, mantissa & 0xff];
        Some(Self { bits, mantissa, parts, exponent: exponent.wrapping_sub(128) })
    }

    /// The product of the mantissas without the lowest 16 bits.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn times(&self, mantissa: u32) -> u32 {
        if FEW_REGISTERS {
            let [high, middle, low] = self.parts;
            let product = mantissa.wrapping_mul(low) >> 8;
            let product = mantissa.wrapping_mul(middle).wrapping_add(product) >> 8;
            mantissa.wrapping_mul(high).wrapping_add(product)
        } else {
            (u64::from(self.mantissa << 8) * u64::from(mantissa << 8) >> 32) as u32
        }
    }

    /// The product with a factor that is not rare.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn product(&self, other: u32) -> Product {
        let mantissa = mantissa(other);
        let product = self.times(mantissa);
        let is_tie = || mantissa.wrapping_mul(self.mantissa) << 16 == 0;
        let exponent = exponent(other).wrapping_add(self.exponent);
        let sign = self.bits ^ other;
        if product & SIGN != 0 {
            let mut rounded = product.wrapping_add(0x80);
            if rounded << 24 == 0 && is_tie() {
                rounded &= !0x100;
            }
            Product { mantissa: rounded >> 8 << 6, exponent: exponent.wrapping_add(1), sign }
        } else {
            let mut rounded = product.wrapping_add(0x40);
            if rounded << 25 == 0 && is_tie() {
                rounded &= !0x80;
            }
            Product { mantissa: rounded >> 7 << 6, exponent, sign }
        }
    }
}

impl Product {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn together(self) -> f32 {
        together(self.sign, self.exponent, self.mantissa >> 6)
    }
}

/// `sum + factor other`: the product is rounded, then the sum.
#[inline(never)]
pub fn add_product(sum: f32, factor: &Factor, other: f32) -> f32 {
    let bits = other.to_bits();
    if exponent(bits).wrapping_sub(LEAST) >= EXPONENTS {
        return rare_product(sum, f32::from_bits(factor.bits), other);
    }
    add_rounded(sum, factor.product(bits))
}

/// `sum + a b`: the product is rounded, then the sum.
#[inline(never)]
pub fn add_product_of(sum: f32, a: f32, b: f32) -> f32 {
    let bits = b.to_bits();
    match Factor::new(a) {
        Some(factor) if exponent(bits).wrapping_sub(LEAST) < EXPONENTS => add_rounded(sum, factor.product(bits)),
        _ => rare_product(sum, a, b),
    }
}

/// `a b`.
#[inline(never)]
pub fn multiply(a: f32, b: f32) -> f32 {
    let bits = b.to_bits();
    match Factor::new(a) {
        Some(factor) if exponent(bits).wrapping_sub(LEAST) < EXPONENTS => factor.product(bits).together(),
        _ => a * b,
    }
}

/// `a + b`.
#[inline(never)]
pub fn add(a: f32, b: f32) -> f32 {
    let bits = b.to_bits();
    let exponent = exponent(bits);
    if exponent.wrapping_sub(2) >= 252 {
        return rare_sum(a, b);
    }
    add_rounded(a, Product { mantissa: mantissa(bits) << 6, exponent: exponent - 1, sign: bits })
}

#[cfg_attr(not(unoptimized), inline(always))]
fn add_rounded(a: f32, b: Product) -> f32 {
    let (number, a) = (a, a.to_bits());
    let exponent_a = exponent(a);
    if exponent_a.wrapping_sub(2) >= 252 {
        // The product is not 0.
        return if a << 1 == 0 { b.together() } else { rare_sum(number, b.together()) };
    }
    let exponent_a = exponent_a - 1;
    let mantissa_a = mantissa(a) << 6;
    // All ones if the signs differ.
    let differ = ((a ^ b.sign) as i32 >> 31) as u32;
    let distance = exponent_a.wrapping_sub(b.exponent) as i32;
    let (large, small, shift, exponent, sign);
    if distance >= 0 {
        if distance > 25 {
            return number;
        }
        (large, small) = (mantissa_a, (b.mantissa ^ differ).wrapping_sub(differ));
        (shift, exponent, sign) = (distance as u32, exponent_a, a);
    } else {
        if distance < -25 {
            return b.together();
        }
        (large, small) = (b.mantissa, (mantissa_a ^ differ).wrapping_sub(differ));
        (shift, exponent, sign) = (distance.unsigned_abs(), b.exponent, b.sign);
    }
    // Rounded down. What is lost is less than 1.
    let sum = large.wrapping_add((small as i32 >> shift) as u32) as i32;
    let is_tie = || small << 1 << (31 - shift) == 0;
    if sum >= 1 << 30 {
        let mut rounded = sum as u32 + 0x40;
        if rounded << 25 == 0 && is_tie() {
            rounded &= !0x80;
        }
        together(sign, exponent.wrapping_add(1), rounded >> 7)
    } else if sum >= 1 << 29 {
        let mut rounded = sum as u32 + 0x20;
        if rounded << 26 == 0 && is_tie() {
            rounded &= !0x40;
        }
        together(sign, exponent, rounded >> 6)
    } else if sum >= 1 << 28 {
        let mut rounded = sum as u32 + 0x10;
        if rounded << 27 == 0 && is_tie() {
            rounded &= !0x20;
        }
        together(sign, exponent.wrapping_sub(1), rounded >> 5)
    } else {
        cancelled(sum, exponent, sign)
    }
}

/// A number from its parts. The mantissa has the leading bit, which adds 1 to the exponent.
#[cfg_attr(not(unoptimized), inline(always))]
fn together(sign: u32, exponent: u32, mantissa: u32) -> f32 {
    f32::from_bits((sign & SIGN) | (exponent << 23).wrapping_add(mantissa))
}

#[cfg_attr(not(unoptimized), inline(always))]
fn exponent(bits: u32) -> u32 {
    bits << 1 >> 24
}

#[cfg_attr(not(unoptimized), inline(always))]
fn mantissa(bits: u32) -> u32 {
    (bits << 9 >> 9) | LEADING
}

/// Of numbers that nearly or wholly cancel each other, so that the difference is exact.
#[cold]
#[inline(never)]
fn cancelled(sum: i32, exponent: u32, sign: u32) -> f32 {
    if sum == 0 {
        return 0.0;
    }
    let sign = if sum < 0 { !sign } else { sign };
    let mut mantissa = sum.unsigned_abs();
    let mut exponent = exponent;
    // No more if it becomes subnormal.
    while mantissa >> 29 == 0 && exponent > 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    together(sign, exponent, mantissa >> 6)
}

/// `sum + a b` by the compiler's operations.
#[cold]
#[inline(never)]
pub fn rare_product(sum: f32, a: f32, b: f32) -> f32 {
    // The product is 0 or -0, which changes no other number.
    if b.to_bits() << 1 == 0 && sum.to_bits() << 1 != 0 && a.is_finite() {
        return sum;
    }
    sum + a * b
}

#[cold]
#[inline(never)]
fn rare_sum(a: f32, b: f32) -> f32 {
    a + b
}
