//! A number that is part of a type.

use core::marker::PhantomData;

use crate::scalar::{Scalar, Zero, count};
use crate::storable::storable;

/// A ratio that is part of a network's type, where a layer needs a number: the rate of
/// [`Dropout<16, Ratio<1, 5>>`](crate::Dropout), the factor of [`ScaledRate<_, Ratio<1, 10>>`](crate::ScaledRate). It
/// takes no memory, and is set already in [`Trainer::new`](crate::Trainer::new). `T` is the number type of the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ratio<const NUMERATOR: usize, const DENOMINATOR: usize, T = f32>(PhantomData<T>);

storable!("ratio": [const NUMERATOR: usize, const DENOMINATOR: usize, T] Ratio<NUMERATOR, DENOMINATOR, T> {});

impl<const NUMERATOR: usize, const DENOMINATOR: usize, T> Zero for Ratio<NUMERATOR, DENOMINATOR, T> {
    const ZERO: Self = Self(PhantomData);
}

impl<const NUMERATOR: usize, const DENOMINATOR: usize, T: Scalar> Ratio<NUMERATOR, DENOMINATOR, T> {
    /// The ratio, rounded once if both numbers are at most 2^24.
    pub(crate) fn number() -> T {
        count::<T>(NUMERATOR) / count(DENOMINATOR)
    }
}
