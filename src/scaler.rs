//! Inputs scaled as they arrive: a [`Standardizer`] or a [`MinMax`] learns from raw samples, one after the other, what a network
//! needs to see numbers around 0.
//!
//! A [`Rehearsal`](crate::replay::Rehearsal) has one inside and takes raw samples. By hand:
//!
//! ```
//! use downhill::scaler::{Scaler, Standardizer};
//!
//! let mut scaler = Standardizer::<2>::new(1000); // two features; forgets with 1/1000
//! # let mut last = [0.0; 2];
//! for x in [[20.1, 101_325.0], [20.3, 101_321.0], [19.9, 101_330.0]] {
//!     scaler.observe(&x);
//!     let z = scaler.scaled(&x);
//!     // trainer.step(&z, ..)
//! #   last = z;
//! }
//! # assert!(last[0] < -0.9 && last[1] > 0.9);
//! ```
//!
//! To deploy a network that no longer learns, [`Standardizer::fold`] moves the scaling into its first layer; [`Scaled`] is a network
//! and its scaler as one.

mod min_max;
mod scaled;
mod standardizer;

pub use min_max::MinMax;
pub use scaled::Scaled;
pub use standardizer::Standardizer;

use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::Storable;

/// What learns from raw inputs how to scale them. `()` leaves them as they are.
pub trait Scaler<X: Shape>: Zero + Storable + Clone {
    /// Learns from the inputs of a sample. Returns false, and learns nothing, if one of them is not finite or above
    /// [`GRADIENT_LIMIT`](Scalar::GRADIENT_LIMIT), whose square may not be finite.
    fn observe(&mut self, x: &X) -> bool;

    /// Scales the inputs in place. What is not finite stays so, for the step that refuses it.
    fn scale(&self, x: &mut X);

    /// The inputs, scaled.
    fn scaled(&self, x: &X) -> X {
        let mut z = *x;
        self.scale(&mut z);
        z
    }
}

impl<X: Shape> Scaler<X> for () {
    fn observe(&mut self, x: &X) -> bool {
        acceptable(x.flat())
    }

    fn scale(&self, _: &mut X) {}
}

/// Whether all numbers are finite, with squares that are finite, too.
fn acceptable<T: Scalar>(numbers: &[T]) -> bool {
    numbers.iter().all(|&x| x >= -T::GRADIENT_LIMIT && x <= T::GRADIENT_LIMIT)
}

/// The number within -`limit` and `limit`; NaN stays NaN.
fn clipped<T: Scalar>(z: T, limit: T) -> T {
    if z > limit {
        limit
    } else if z < -limit {
        -limit
    } else {
        z
    }
}
