//! What is kept of the inputs.

use core::fmt::Debug;
use core::marker::PhantomData;

use crate::scalar::{Scalar, Zero, count};
use crate::shape::Shape;
use crate::storable::Storable;

/// How a [`Buffer`](super::Buffer) keeps raw inputs: [`Raw`] or as [`Codes`].
pub trait Codec: Zero + Storable + Clone + Debug + PartialEq {
    /// The inputs of a sample.
    type Input: Shape;
    /// What is kept of them.
    type Row: Zero + Storable + Clone + Debug + PartialEq;

    /// Makes the range of the codes large enough for finite inputs. Returns the codec as it was if this changes what rows mean.
    fn widen(&mut self, x: &Self::Input) -> Option<Self>;

    /// The row of inputs.
    fn encode(&self, x: &Self::Input) -> Self::Row;

    /// The inputs of a row.
    fn decode(&self, row: &Self::Row) -> Self::Input;
}

/// Inputs as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Raw<X>(PhantomData<fn() -> X>);

impl<X> Zero for Raw<X> {
    const ZERO: Self = Self(PhantomData);
}

impl<X: Storable> Storable for Raw<X> {
    const SIZE: usize = 0;
    const LAYOUT: u64 = crate::storable::layout("raw", &[X::LAYOUT]);

    fn store(&self, _: &mut impl FnMut(&[u8])) {}

    fn load(&mut self, _: &mut impl FnMut(&mut [u8])) {}
}

impl<X: Shape + Storable + Debug + PartialEq> Codec for Raw<X> {
    type Input = X;
    type Row = X;

    fn widen(&mut self, _: &X) -> Option<Self> {
        None
    }

    fn encode(&self, x: &X) -> X {
        *x
    }

    fn decode(&self, row: &X) -> X {
        *row
    }
}

/// Inputs as codes of 8, 4, 2 or 1 bit over the running minimum and maximum of `F` features; input `i` belongs to feature `i % F`,
/// as in a [`Standardizer`](crate::scaler::Standardizer). `BYTES` is the number of inputs times `BITS`, divided by 8 and rounded up;
/// another number does not compile:
///
/// ```compile_fail
/// use downhill::Zero;
/// use downhill::replay::{Codec, Codes};
///
/// Codes::<[f32; 9], 4, 4>::ZERO.encode(&[0.0; 9]); // 36 bits take 5 bytes
/// ```
///
/// The `2^BITS` codes of a feature stand for numbers at equal distances, the first for the minimum, the last for the maximum, so that
/// the error is at most half a distance. (The middles of as many intervals were .5 to 2 points worse for pixels of 1 or 2 bits.)
///
/// When the range must grow, it grows by a quarter more, so that this is rare, and all rows are coded anew: all errors of a number
/// together stay below two and a half distances. The range never shrinks: one outlier makes the codes of all samples coarse.
///
/// Bytes: `8 F` for `f32`, and 4.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Codes<X: Shape, const BITS: usize, const BYTES: usize, const F: usize = 1> {
    least: [X::Scalar; F],
    most: [X::Scalar; F],
    begun: bool,
}

impl<X: Shape, const BITS: usize, const BYTES: usize, const F: usize> Storable for Codes<X, BITS, BYTES, F> {
    const SIZE: usize = 2 * <[X::Scalar; F]>::SIZE + 1;
    // The rows of a buffer are bytes: what they mean is said here.
    const LAYOUT: u64 = crate::storable::layout("codes", &[<[X::Scalar; F]>::LAYOUT, X::LENGTH as u64, BITS as u64]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.least.store(write);
        self.most.store(write);
        self.begun.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.least.load(read);
        self.most.load(read);
        self.begun.load(read);
    }
}

impl<X: Shape, const BITS: usize, const BYTES: usize, const F: usize> Zero for Codes<X, BITS, BYTES, F> {
    const ZERO: Self = Self { least: [X::Scalar::ZERO; F], most: [X::Scalar::ZERO; F], begun: false };
}

impl<X: Shape + Debug + PartialEq, const BITS: usize, const BYTES: usize, const F: usize> Codes<X, BITS, BYTES, F> {
    const CHECK: () = {
        assert!(matches!(BITS, 1 | 2 | 4 | 8), "a code has 1, 2, 4 or 8 bits");
        assert!(
            BYTES == (X::LENGTH * BITS).div_ceil(8),
            "`BYTES` of `Codes` is the number of inputs times the bits of a code, divided by 8 and rounded up"
        );
        assert!(F > 0 && X::LENGTH.is_multiple_of(F), "the number of inputs is a multiple of that of the features");
    };

    /// Least and most of each input, over and over.
    fn ranges(&self) -> impl Iterator<Item = (X::Scalar, X::Scalar)> {
        self.least.iter().copied().zip(self.most.iter().copied()).cycle()
    }
}

impl<X: Shape + Debug + PartialEq, const BITS: usize, const BYTES: usize, const F: usize> Codec
    for Codes<X, BITS, BYTES, F>
{
    type Input = X;
    type Row = [u8; BYTES];

    fn widen(&mut self, x: &X) -> Option<Self> {
        const { Self::CHECK };
        let before = *self;
        let mut wider = false;
        for (feature, (least, most)) in self.least.iter_mut().zip(&mut self.most).enumerate() {
            let numbers = x.flat().iter().skip(feature).step_by(F);
            let (mut low, mut high) = (*least, *most);
            for (index, &x) in numbers.enumerate() {
                let first = index == 0 && !self.begun;
                low = if first || x < low { x } else { low };
                high = if first || x > high { x } else { high };
            }
            if self.begun {
                let quarter = (high - low) * X::Scalar::from_f32(0.25);
                wider |= low < *least || high > *most;
                *least = if low < *least { low - quarter } else { low };
                *most = if high > *most { high + quarter } else { high };
            } else {
                (*least, *most) = (low, high);
            }
        }
        self.begun = true;
        wider.then_some(before)
    }

    fn encode(&self, x: &X) -> [u8; BYTES] {
        const { Self::CHECK };
        let mut row = [0; BYTES];
        let mut ranges = self.ranges();
        for (byte, numbers) in row.iter_mut().zip(x.flat().chunks(8 / BITS)) {
            for (place, (&x, (least, most))) in numbers.iter().zip(&mut ranges).enumerate() {
                *byte |= code::<_, BITS>(x, least, most) << (place * BITS);
            }
        }
        row
    }

    fn decode(&self, row: &[u8; BYTES]) -> X {
        const { Self::CHECK };
        let mut x = X::ZERO;
        let mut ranges = self.ranges();
        let last: X::Scalar = count((1 << BITS) - 1);
        for (byte, numbers) in row.iter().zip(x.flat_mut().chunks_mut(8 / BITS)) {
            for (place, (x, (least, most))) in numbers.iter_mut().zip(&mut ranges).enumerate() {
                let code = usize::from(byte >> (place * BITS)) & ((1 << BITS) - 1);
                *x = least + count::<X::Scalar>(code) / last * (most - least);
            }
        }
        x
    }
}

/// The nearest code; the first one of a range of one number.
fn code<T: Scalar, const BITS: usize>(x: T, least: T, most: T) -> u8 {
    let (codes, top) = (count::<T>(1 << BITS), count::<T>((1 << BITS) - 1));
    // From 0 to below 1: the code, rounded down, over the number of codes.
    let mut rest = ((x - least) / (most - least) * top + T::from_f32(0.5)) / codes;
    let mut code = 0;
    // Bit by bit. Doubling and subtracting 1 are exact.
    for _ in 0..BITS {
        rest = rest + rest;
        code <<= 1;
        if rest >= T::ONE {
            rest -= T::ONE;
            code |= 1;
        }
    }
    code
}
