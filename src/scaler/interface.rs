//! What scales inputs.

use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::Storable;

/// What learns from raw inputs how to scale them. `()` leaves them as they are.
pub trait Scaler<X: Shape>: Zero + Storable + Copy {
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
pub(crate) fn acceptable<T: Scalar>(numbers: &[T]) -> bool {
    numbers.iter().all(|&x| x >= -T::GRADIENT_LIMIT && x <= T::GRADIENT_LIMIT)
}

/// The number within -`limit` and `limit`; NaN stays NaN.
pub(super) fn clipped<T: Scalar>(z: T, limit: T) -> T {
    if z > limit {
        limit
    } else if z < -limit {
        -limit
    } else {
        z
    }
}
