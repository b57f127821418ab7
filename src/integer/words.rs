//! Products, shifts and widths. A chip of 8 bits has no instructions for numbers of 32 bits: it moves whole bytes, shifts by one place and
//! multiplies two bytes at a time, and its compiler has one function of 70 cycles for all products, and a loop for each shift.

use super::whole::{Exponent, Whole, exponent};
use crate::target::EIGHT_BITS;

/// `a b`, which a chip of 8 bits multiplies in one instruction if both have 8.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn product<A: Whole, B: Whole>(a: A, b: B) -> i32 {
    if EIGHT_BITS && A::BITS + B::BITS <= 14 {
        return (narrow(a) * narrow(b)).into();
    }
    a.into() * b.into()
}

#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::cast_possible_truncation)] // of 7 bits
fn narrow<A: Whole>(a: A) -> i16 {
    a.into() as i16
}

/// `a b` of two magnitudes of at most `bits` bits.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::cast_possible_truncation)] // of 8 bits
pub(super) fn unsigned(a: u32, b: u32, bits: Exponent) -> u32 {
    if EIGHT_BITS && bits <= 8 { (u16::from(a as u8) * u16::from(b as u8)).into() } else { a * b }
}

/// `value >> places`, of fewer than 32 places.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) const fn lower(value: i32, places: Exponent) -> i32 {
    if EIGHT_BITS { lower_by_bytes(value, places) } else { value >> (places & 31) }
}

/// How many bits a number takes.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn width(value: u32) -> Exponent {
    if EIGHT_BITS { width_by_bytes(value) } else { exponent(32 - value.leading_zeros()) }
}

#[inline(never)]
const fn lower_by_bytes(value: i32, places: Exponent) -> i32 {
    let [places, ..] = places.to_le_bytes();
    let value = match places >> 3 {
        0 => value,
        1 => value >> 8,
        2 => value >> 16,
        _ => value >> 24,
    };
    value >> (places & 7)
}

#[inline(never)]
fn width_by_bytes(value: u32) -> Exponent {
    let [a, b, c, d] = value.to_le_bytes();
    let (mut top, mut width) = match (d, c, b) {
        (1.., ..) => (d, 24_u8),
        (_, 1.., _) => (c, 16),
        (.., 1..) => (b, 8),
        _ => (a, 0),
    };
    while top != 0 {
        top >>= 1;
        width += 1;
    }
    width.into()
}

#[cfg(test)]
mod tests {
    use super::{lower_by_bytes, width_by_bytes};
    use crate::init::{Generator, Random};

    /// A host has not the way of a chip of 8 bits.
    #[test]
    fn bytes_have_the_bits_of_words() {
        let mut random = Generator::new(3);
        for _ in 0..1000 {
            for places in 0..32 {
                let value = random.next_u32() >> places;
                assert_eq!(lower_by_bytes(value.cast_signed(), places), value.cast_signed() >> places);
                assert_eq!(lower_by_bytes(-value.cast_signed(), places), -value.cast_signed() >> places);
                assert_eq!(width_by_bytes(value), (32 - value.leading_zeros()).try_into().unwrap());
            }
        }
    }
}
