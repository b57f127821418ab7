//! The integers that networks are made of, and the ranges in which no sum overflows.

use core::fmt::Debug;

use crate::scalar::Zero;
use crate::storable::Storable;

pub(super) mod sealed {
    pub trait Sealed {}
}

/// An exponent, a number of bits, or places by which is shifted: a few hundred at most, for which the word of every chip has room.
pub type Exponent = isize;

/// A small number as an exponent.
#[allow(clippy::cast_possible_wrap)]
pub(super) const fn exponent(small: u32) -> Exponent {
    small as Exponent
}

/// An exponent as a number of the same size on every chip.
#[allow(clippy::cast_possible_truncation)]
pub(super) const fn number(exponent: Exponent) -> i32 {
    exponent as i32
}

/// The type of weights, or of activations and deltas: `i8` or `i16`.
pub trait Whole: sealed::Sealed + Zero + Storable + Copy + Debug + PartialEq + Into<i32> + 'static {
    /// The bits of a magnitude.
    const BITS: u32;
    /// The name of the type.
    const NAME: &'static str;

    /// The number, which is in range.
    fn of(value: i32) -> Self;
}

macro_rules! whole {
    ($($t:ty),*) => {
        $(impl sealed::Sealed for $t {}

        impl Whole for $t {
            const BITS: u32 = <$t>::BITS - 1;
            const NAME: &'static str = stringify!($t);

            #[cfg_attr(not(unoptimized), inline(always))]
            #[allow(clippy::cast_possible_truncation)]
            fn of(value: i32) -> Self {
                value as $t
            }
        })*
    };
}
whole!(i8, i16);

/// The bits that an activation or a delta of a vector may take: 7, or, where the type has more, as many as leave sums of products with
/// 16-bit weights within 32 bits.
pub(super) const fn bits(most: u32, length: usize) -> Exponent {
    // 2^(31 - 15 - bits) >= length + 1: one more for the bias.
    let sum = usize::BITS - length.leading_zeros();
    let room = 16 - exponent(sum);
    if room < 7 {
        7
    } else if room < exponent(most) {
        room
    } else {
        exponent(most)
    }
}

/// The largest magnitude of the weights of a layer: that of the type, or less in a layer so wide that a sum might not fit into 32 bits.
///
/// With `m = 2^bits - 1`, the largest magnitude of an input, a weighted sum is at most `limit (I m + 2^bits)`, as a bias counts as a weight
/// of an input of `2^bits`; an error that is sent back is at most `limit O m`. Both are below 2^31.
pub(super) const fn limit(weight_bits: u32, inputs: usize, outputs: usize) -> i32 {
    let (x, d) = (bits(15, inputs), bits(15, outputs));
    let forward = (inputs as u64 * ((1 << x) - 1)).saturating_add(1 << x);
    let back = outputs as u64 * ((1 << d) - 1);
    let widest = if forward > back { forward } else { back };
    let fits = i32::MAX as u64 / if widest == 0 { 1 } else { widest };
    let own = (1u64 << weight_bits) - 1;
    let limit = if fits < own { fits } else { own };
    assert!(limit >= 127, "a layer of integers has at most 133,000 inputs and outputs: its sums have 32 bits");
    #[allow(clippy::cast_possible_truncation)] // at most 32767
    let limit = limit as i32;
    limit
}

/// The proof for each layer, which is evaluated when it is compiled.
pub(super) const fn prove(limit: i32, inputs: usize, outputs: usize, most: u32) {
    let (x, d) = (bits(most, inputs), bits(most, outputs));
    let forward = limit.unsigned_abs() as u128 * (inputs as u128 * ((1 << x) - 1) + (1 << x));
    let back = limit.unsigned_abs() as u128 * (outputs as u128 * ((1 << d) - 1));
    assert!(forward < 1 << 31, "a weighted sum fits into 32 bits");
    assert!(back < 1 << 31, "an error that is sent back fits into 32 bits");
}
