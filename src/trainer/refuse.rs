//! What is wrong with a sample.

use crate::error::StepError;
use crate::kernel::largest;
use crate::loss::Loss;
use crate::scalar::Scalar;

/// Whether all targets are in the range of the loss. Constant for a loss without one.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn accepts<L: Loss, Y: AsRef<[T]>, T: Scalar>(targets: &[Y]) -> bool {
    targets.iter().all(|target| L::accepts(target.as_ref()))
}

/// What is not finite or not in its range.
#[cold]
#[inline(never)]
pub(crate) fn refuse<L: Loss, X: AsRef<[T]>, Y: AsRef<[T]>, T: Scalar>(x: &[X], targets: &[Y], loss: T) -> StepError {
    if !x.iter().all(|x| largest(x.as_ref()).is_finite()) {
        StepError::Input
    } else if !accepts::<L, _, _>(targets) || !targets.iter().all(|target| largest(target.as_ref()).is_finite()) {
        StepError::Target
    } else if !loss.is_finite() {
        StepError::Loss
    } else {
        StepError::Sum
    }
}
