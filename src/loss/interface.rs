//! What a loss is, and the loops that losses share.

use crate::activation::Link;
use crate::kernel::{in_place, sum_lanes};
use crate::scalar::Scalar;
use crate::target::SMALL;

/// The function that training minimises.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss",
    label = "not a loss",
    note = "the parameters of a trainer are network, loss and optimiser: `Trainer<Net, SquaredError, Sgd>`; the losses are \
            SquaredError, Huber, BinaryCrossEntropy, CrossEntropy, OfProbabilities and Masked"
)]
pub trait Loss {
    /// The activation that belongs to this loss: with it, the gradient with respect to the weighted sums is `y - t`.
    const LINK: Link;

    /// Whether the loss compiles only with a last activation that has the same link. With another activation, the
    /// network would not learn what it should.
    const ONLY_LINKED: bool = false;

    /// The cost of the value, or of the gradient, per output, at most, in [MACs](crate::pieces#what-a-mac-is).
    const MACS: usize = 64;

    /// Whether all targets are in the range of the loss; others are refused as
    /// [`StepError::Target`](crate::StepError::Target). False for NaN if there is a range; infinite targets are refused
    /// elsewhere. By default there is no range.
    fn accepts<T: Scalar>(_t: &[T]) -> bool {
        true
    }

    /// The loss of outputs `y` against targets `t`, both of the same length.
    fn value<T: Scalar>(y: &[T], t: &[T]) -> T;

    /// The loss, computed from the weighted sums `z` of the activation of the same link, so that it loses no digits
    /// where `y` rounds to 0 or 1. The weighted sums of the identity are the outputs.
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        Self::value(z, t)
    }

    /// Sets `error` to dE/dy.
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]);

    /// Sets `error` to dE/dz for the activation of the same link: `y - t`, the negative of the tutorial's `e = t - o`.
    fn linked_gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        each(y, t, error, |y, t| y - t);
    }
}

/// Whether `last`, the link of the last activation, is that of the loss `L`. Panics at compile time if it is not and
/// the loss allows no other.
pub(crate) const fn linked<L: Loss>(last: Link) -> bool {
    let linked = last.is(L::LINK);
    let allowed = linked || !L::ONLY_LINKED;
    assert!(
        allowed || !L::LINK.is(Link::Logit),
        "BinaryCrossEntropy needs Sigmoid as the activation of the last layer. With Softmax, use CrossEntropy; \
         with Identity, Tanh or a rectifier, SquaredError or Huber; with another activation from 0 to 1, \
         OfProbabilities<BinaryCrossEntropy>"
    );
    assert!(
        allowed || !L::LINK.is(Link::MultiLogit),
        "CrossEntropy needs Softmax as the activation of the last layer. With Sigmoid, use BinaryCrossEntropy; \
         with Identity, Tanh or a rectifier, SquaredError or Huber; with another activation from 0 to 1, \
         OfProbabilities<CrossEntropy>"
    );
    assert!(allowed, "this loss needs the activation of its link in the last layer");
    linked
}

/// [`Loss::gradient`] and [`Loss::value`]: one copy of the loops for all networks, except for those with few outputs.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn gradient_and_value<L: Loss, T: Scalar>(y: &[T], t: &[T], error: &mut [T]) -> T {
    #[inline(never)]
    fn shared<L: Loss, T: Scalar>(y: &[T], t: &[T], error: &mut [T]) -> T {
        L::gradient(y, t, error);
        L::value(y, t)
    }
    // Up to 16 outputs are unrolled: counting them would take more instructions than the work on one output.
    if in_place(y.len()) || y.len() <= 16 && !SMALL {
        // In this order, differences that both need are computed once, because nothing is written in between.
        let value = L::value(y, t);
        L::gradient(y, t, error);
        value
    } else {
        shared::<L, T>(y, t, error)
    }
}

pub(super) fn each<T: Scalar>(y: &[T], t: &[T], error: &mut [T], gradient: impl Fn(T, T) -> T) {
    for ((error, &y), &t) in error.iter_mut().zip(y).zip(t) {
        *error = gradient(y, t);
    }
}

/// Sums up to 16 terms one after the other, and more terms in the lanes of the [kernels](crate::kernel), which don't
/// wait for each other.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn sum<T: Scalar>(y: &[T], t: &[T], term: impl Fn(T, T) -> T) -> T {
    if y.len() <= 16 {
        return y.iter().zip(t).fold(T::ZERO, |sum, (&y, &t)| sum + term(y, t));
    }
    let mut lanes = [T::ZERO; 8];
    let ((eights, rest), (t_eights, t_rest)) = (y.as_chunks::<8>(), t.as_chunks::<8>());
    for (y, t) in eights.iter().zip(t_eights) {
        for ((lane, &y), &t) in lanes.iter_mut().zip(y).zip(t) {
            *lane += term(y, t);
        }
    }
    for ((lane, &y), &t) in lanes.iter_mut().zip(rest).zip(t_rest) {
        *lane += term(y, t);
    }
    sum_lanes(lanes)
}

/// `a ln b`; 0 if `a` is 0.
pub(super) fn times_ln<T: Scalar>(a: T, b: T) -> T {
    if a == T::ZERO { T::ZERO } else { a * b.ln() }
}
