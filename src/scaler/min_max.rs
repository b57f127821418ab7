//! Running minimum and maximum.

use super::interface::{Scaler, acceptable, clipped};
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::storable;

/// Scales features by their running minimum and maximum to -1 to 1: for codes, angles, and what else has an end. A feature that
/// was constant so far gives 0. `F` is as in a [`Standardizer`](super::Standardizer). It never forgets: one outlier shrinks all
/// numbers after it.
///
/// Bytes: `8 F` for `f32`, and 4.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MinMax<const F: usize, T: Scalar = f32> {
    least: [T; F],
    most: [T; F],
    begun: bool,
}

storable!("min max": [const F: usize, T: Scalar] MinMax<F, T> { least: [T; F], most: [T; F], begun: bool });

impl<const F: usize, T: Scalar> Zero for MinMax<F, T> {
    const ZERO: Self = Self::new();
}

impl<const F: usize, T: Scalar> Default for MinMax<F, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const F: usize, T: Scalar> MinMax<F, T> {
    /// Has seen nothing.
    pub const fn new() -> Self {
        const { assert!(F > 0, "there is at least one feature") };
        Self { least: [T::ZERO; F], most: [T::ZERO; F], begun: false }
    }

    /// The least number of each feature so far.
    pub const fn least(&self) -> &[T; F] {
        &self.least
    }

    /// The largest number of each feature so far.
    pub const fn most(&self) -> &[T; F] {
        &self.most
    }
}

impl<const F: usize, T: Scalar, X: Shape<Scalar = T>> Scaler<X> for MinMax<F, T> {
    fn observe(&mut self, x: &X) -> bool {
        const { assert!(X::LENGTH.is_multiple_of(F), "the number of inputs is a multiple of that of the features") };
        if !acceptable(x.flat()) {
            return false;
        }
        for chunk in x.flat().chunks_exact(F) {
            for ((&x, least), most) in chunk.iter().zip(&mut self.least).zip(&mut self.most) {
                if !self.begun || x < *least {
                    *least = x;
                }
                if !self.begun || x > *most {
                    *most = x;
                }
            }
            self.begun = true;
        }
        true
    }

    fn scale(&self, x: &mut X) {
        let ranges = self.least.iter().zip(&self.most).cycle();
        for (x, (&least, &most)) in x.flat_mut().iter_mut().zip(ranges) {
            // 0 for every finite number, NaN for others: infinity must not be clipped.
            let (from_least, zero) = (*x - least, *x * T::ZERO);
            *x = if most > least {
                clipped((from_least + from_least) / (most - least) - T::ONE, T::ONE) + zero
            } else {
                zero
            };
        }
    }
}
