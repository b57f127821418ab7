//! Multiplication and addition of `f32` in integers, for chips without floating point.
//!
//! Results have the bits of IEEE 754, rounded to nearest even, for all inputs; of a NaN only that it is one. What is rare
//! (infinities, NaN, subnormal numbers, factors below 2^-62 or from 2^63 on) is left to the compiler's operations.
//!
//! Three things make this shorter than the operations one by one. A factor that stays the same in a loop is taken apart
//! once. A product is not put together before it is added. And no bit that gets lost in a shift is looked at unless the bits
//! that are kept are those of a tie: rounding adds half of the last place, and only if all places below are 0 then, the
//! number was a tie, or something more.

mod number;

pub(crate) use number::Soft;

use crate::hint::keep_rolled;
use crate::target::{CHIP, FEW_REGISTERS, FOR_SIZE};

const INFINITY: u32 = f32::INFINITY.to_bits();

/// The exponents of factors that are multiplied here. No product of two of them is subnormal or infinite.
const LEAST: u32 = 65;
const EXPONENTS: u32 = 125;

/// A factor that is multiplied with many.
#[derive(Clone, Copy)]
struct Factor {
    mantissa: u32,
    /// Of bits 16 to 23, 8 to 15 and 0 to 7.
    parts: [u32; 3],
    /// The highest nine bits, sign and exponent, such that the sum with those of the other factor, less [`LEAST`], are those of a
    /// product of less than 2, less 2.
    head: u32,
}

/// A product, rounded.
#[derive(Clone, Copy)]
struct Product {
    /// 2^29 to 2^30, a multiple of 2^6.
    mantissa: u32,
    /// In the lowest nine bits, sign and exponent if the mantissa is less than 2^30, less 2; the others are arbitrary.
    head: u32,
}

impl Factor {
    /// `None` if the factor is rare.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn new(factor: f32) -> Option<Self> {
        let bits = factor.to_bits();
        usual(bits)?;
        let mantissa = mantissa(bits);
        let parts = [mantissa >> 16, mantissa >> 8 & 0xff, mantissa & 0xff];
        Some(Self { mantissa, parts, head: (bits >> 23).wrapping_sub(129) })
    }

    /// The product of the mantissas without the lowest 16 bits.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn times(&self, mantissa: u32) -> u32 {
        // The host does what is longer, for its tests.
        if FEW_REGISTERS || !CHIP {
            let [high, middle, low] = self.parts;
            let product = mantissa.wrapping_mul(low) >> 8;
            let product = mantissa.wrapping_mul(middle).wrapping_add(product) >> 8;
            mantissa.wrapping_mul(high).wrapping_add(product)
        } else {
            upper_of_product(self.mantissa, mantissa)
        }
    }

    /// The product with a factor, of which `head` is [`usual`].
    #[cfg_attr(not(unoptimized), inline(always))]
    fn product(&self, other: u32, head: u32) -> Product {
        let mantissa = mantissa(other);
        let product = self.times(mantissa);
        let is_tie = || mantissa.wrapping_mul(self.mantissa) << 16 == 0;
        let head = head.wrapping_add(self.head);
        if product >> 31 != 0 {
            let mut rounded = product.wrapping_add(0x80);
            if rounded << 24 == 0 && is_tie() {
                rounded &= !0x100;
            }
            Product { mantissa: rounded >> 8 << 6, head: head.wrapping_add(1) }
        } else {
            let mut rounded = product.wrapping_add(0x40);
            if rounded << 25 == 0 && is_tie() {
                rounded &= !0x80;
            }
            Product { mantissa: rounded >> 7 << 6, head }
        }
    }
}

impl Product {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn together(self) -> f32 {
        together(self.head.wrapping_add(1), self.mantissa >> 6)
    }
}

/// `sum + factor other` for each sum and its other factor: the product is rounded, then the sum.
#[inline(never)]
pub fn add_products(sums: &mut [f32], step: usize, factor: f32, others: &[f32]) {
    let mut at = 0;
    let Some(taken_apart) = Factor::new(factor) else {
        for &other in others {
            if let Some(sum) = sums.get_mut(at) {
                *sum = rare_product(sum.to_bits(), other.to_bits(), factor.to_bits());
            }
            at += step;
            keep_rolled();
        }
        return;
    };
    for &other in others {
        if let Some(sum) = sums.get_mut(at) {
            *sum = match usual(other.to_bits()) {
                Some(head) => add_rounded(*sum, taken_apart.product(other.to_bits(), head)),
                None => rare_product(sum.to_bits(), factor.to_bits(), other.to_bits()),
            };
        }
        at += step;
        keep_rolled();
    }
}

/// `sum + a b`: the product is rounded, then the sum.
#[inline(never)]
pub fn add_product(sum: f32, a: f32, b: f32) -> f32 {
    match (Factor::new(a), usual(b.to_bits())) {
        (Some(factor), Some(head)) => add_rounded(sum, factor.product(b.to_bits(), head)),
        _ => rare_product(sum.to_bits(), a.to_bits(), b.to_bits()),
    }
}

/// `a b`.
#[inline(never)]
pub fn multiply(a: f32, b: f32) -> f32 {
    match (Factor::new(a), usual(b.to_bits())) {
        (Some(factor), Some(head)) => factor.product(b.to_bits(), head).together(),
        _ => a * b,
    }
}

/// `x d scale`. A multiplication by 1, the scale of a single sample, is left out.
#[inline(never)]
pub fn gradient(x: f32, d: f32, scale: f32) -> f32 {
    let product = multiply(x, d);
    if scale.to_bits() == 1.0_f32.to_bits() { product } else { multiply(product, scale) }
}

/// `a + b`.
#[inline(never)]
pub fn add(a: f32, b: f32) -> f32 {
    let bits = b.to_bits();
    if (bits >> 23 & 0xff).wrapping_sub(2) >= 252 {
        return rare_sum(a.to_bits(), bits);
    }
    add_rounded(a, Product { mantissa: mantissa(bits) << 6, head: (bits >> 23).wrapping_sub(2) })
}

/// `a + b`, where `b` is not 0. With few registers, a loop has none left for it beside the multiplication.
#[cfg_attr(not(unoptimized), inline(always))]
fn add_rounded(a: f32, b: Product) -> f32 {
    #[inline(never)]
    fn shared(a: f32, mantissa: u32, head: u32) -> f32 {
        add_in_place(a, Product { mantissa, head })
    }
    if FEW_REGISTERS || FOR_SIZE { shared(a, b.mantissa, b.head) } else { add_in_place(a, b) }
}

#[cfg_attr(not(unoptimized), inline(always))]
fn add_in_place(a: f32, b: Product) -> f32 {
    let bits = a.to_bits();
    let head_a = bits >> 23;
    let exponent = (head_a & 0xff).wrapping_sub(2);
    if exponent >= 252 {
        return rare_sum(bits, b.together().to_bits());
    }
    let mantissa_a = mantissa(bits) << 6;
    // All ones if the signs differ.
    let differ = (((head_a ^ b.head) << 23).cast_signed() >> 31).cast_unsigned();
    let distance = exponent.wrapping_sub(b.head & 0xff).cast_signed();
    let (large, small, shift, head);
    if distance >= 0 {
        if distance > 25 {
            return a;
        }
        (large, small) = (mantissa_a, (b.mantissa ^ differ).wrapping_sub(differ));
        (shift, head) = (distance.cast_unsigned(), head_a.wrapping_sub(1));
    } else {
        if distance < -25 {
            return b.together();
        }
        (large, small) = (b.mantissa, (mantissa_a ^ differ).wrapping_sub(differ));
        (shift, head) = (distance.unsigned_abs(), b.head.wrapping_add(1));
    }
    // Rounded down. What is lost is less than 1.
    let sum = large.wrapping_add((small.cast_signed() >> shift).cast_unsigned());
    let is_tie = || small << 1 << (31 - shift) == 0;
    match sum >> 29 {
        1 => {
            let mut rounded = sum + 0x20;
            if rounded << 26 == 0 && is_tie() {
                rounded &= !0x40;
            }
            together(head, rounded >> 6)
        }
        2 | 3 => {
            let mut rounded = sum + 0x40;
            if rounded << 25 == 0 && is_tie() {
                rounded &= !0x80;
            }
            together(head.wrapping_add(1), rounded >> 7)
        }
        _ if sum >> 28 == 1 => {
            let mut rounded = sum + 0x10;
            if rounded << 27 == 0 && is_tie() {
                rounded &= !0x20;
            }
            together(head.wrapping_sub(1), rounded >> 5)
        }
        _ => cancelled(sum.cast_signed(), head),
    }
}

/// The exponent of a factor that is multiplied here, less [`LEAST`], with the sign; otherwise `None`.
#[cfg_attr(not(unoptimized), inline(always))]
fn usual(bits: u32) -> Option<u32> {
    let head = bits >> 23;
    ((head & 0xff).wrapping_sub(LEAST) < EXPONENTS).then_some(head)
}

/// A number from its parts: the lowest nine bits of the head, and the mantissa with its leading bit, which adds 1 to the
/// exponent.
#[cfg_attr(not(unoptimized), inline(always))]
fn together(head: u32, mantissa: u32) -> f32 {
    f32::from_bits((head << 23).wrapping_add(mantissa))
}

#[cfg_attr(not(unoptimized), inline(always))]
fn mantissa(bits: u32) -> u32 {
    (bits << 9 >> 9) | (1 << 23)
}

/// The product of mantissas without the lowest 16 bits.
#[cfg_attr(not(unoptimized), inline(always))]
fn upper_of_product(a: u32, b: u32) -> u32 {
    ((u64::from(a << 8) * u64::from(b << 8)) >> 32) as u32
}

/// Of numbers that nearly or wholly cancel each other, so that the difference is exact.
#[cold]
#[inline(never)]
fn cancelled(sum: i32, head: u32) -> f32 {
    if sum == 0 {
        return 0.0;
    }
    let mut head = if sum < 0 { head ^ 0x100 } else { head };
    let mut mantissa = sum.unsigned_abs();
    // No more if it becomes subnormal.
    while mantissa >> 29 == 0 && head & 0xff != 0 {
        mantissa <<= 1;
        head -= 1;
    }
    together(head, mantissa >> 6)
}

/// `sum + a b` by the compiler's operations, unless `b` is 0.
///
/// As integers: in a number, the compiler would make the search for a zero a comparison of floating point.
#[cold]
#[inline(never)]
fn rare_product(sum: u32, a: u32, b: u32) -> f32 {
    let [sum_number, a_number, b_number] = [sum, a, b].map(f32::from_bits);
    // The product is 0 or -0, which changes no other number.
    if b << 1 == 0 && sum << 1 != 0 && a << 1 < INFINITY << 1 {
        return sum_number;
    }
    // Not in advance.
    keep_rolled();
    sum_number + a_number * b_number
}

/// `a + b` by the compiler's operation, unless `a` is 0.
#[cold]
#[inline(never)]
fn rare_sum(a: u32, b: u32) -> f32 {
    let [a_number, b_number] = [a, b].map(f32::from_bits);
    if a << 1 == 0 && b << 1 != 0 {
        return b_number;
    }
    keep_rolled();
    a_number + b_number
}

#[cfg(test)]
mod tests {
    use super::{Factor, upper_of_product};
    use crate::init::{Generator, Random};

    #[test]
    fn both_products_are_the_same() {
        let mut random = Generator::new(1);
        let mut mantissa = |n: u32| match n % 8 {
            0 => 1 << 23,
            1 => (1 << 24) - 1,
            _ => 1 << 23 | random.next_u32() >> 9,
        };
        for n in 0..10_000 {
            let (a, b) = (mantissa(n), mantissa(n / 8));
            let factor = Factor::new(f32::from_bits(127 << 23 | a << 9 >> 9)).unwrap();
            assert_eq!(factor.times(b), upper_of_product(a, b), "{a:#x} {b:#x}");
        }
    }
}
