//! What is wrong with a sample.

use crate::error::StepError;
use crate::kernel::largest;
use crate::loss::Loss;
use crate::scalar::Scalar;
use crate::shape::Shape;

/// Whether all targets are in the range of the loss. Constant for a loss without one.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn accepts<L: Loss, Y: Shape>(targets: &[Y]) -> bool {
    targets.iter().all(|target| L::accepts(target.flat()))
}

/// What is not finite or not in its range.
#[cold]
#[inline(never)]
pub(crate) fn refuse<L: Loss, X: Shape, Y: Shape<Scalar = X::Scalar>>(
    x: &[X],
    targets: &[Y],
    loss: X::Scalar,
) -> StepError {
    if !largest(X::numbers(x)).is_finite() {
        StepError::Input
    } else if !accepts::<L, _>(targets) || !largest(Y::numbers(targets)).is_finite() {
        StepError::Target
    } else if !loss.is_finite() {
        StepError::Loss
    } else {
        StepError::Sum
    }
}
