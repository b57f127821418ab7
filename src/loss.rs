//! Losses: the value and, under it, the gradient with respect to the outputs.

use crate::activation::{Link, largest};
use crate::kernel::{SMALL, in_place, sum_lanes};
use crate::scalar::Scalar;

/// What a network is trained to make small.
pub trait Loss {
    /// The activation that belongs to this loss: with it, the gradient with respect to the weighted sums is `y - t`.
    const LINK: Link;

    /// What an output's share of the value, or of the gradient, takes at most, in [MACs](crate::pieces#what-a-mac-is).
    const MACS: usize = 64;

    /// The loss of outputs `y` against targets `t`, both of the same length.
    fn value<T: Scalar>(y: &[T], t: &[T]) -> T;

    /// The loss from the weighted sums `z` of the activation of the same link: no rounding of `y` near 0 or 1 is felt.
    /// Those of the identity are the outputs.
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        Self::value(z, t)
    }

    /// `error` becomes dE/dy.
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]);

    /// `error` becomes dE/dz for the activation of the same link: `y - t`, the negative of the tutorial's `e = t - o`.
    fn linked_gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        each(y, t, error, |y, t| y - t);
    }
}

/// [`Loss::gradient`] and [`Loss::value`]: one copy of the loops for all networks, except for those with few outputs.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn gradient_and_value<L: Loss, T: Scalar>(y: &[T], t: &[T], error: &mut [T]) -> T {
    #[inline(never)]
    fn shared<L: Loss, T: Scalar>(y: &[T], t: &[T], error: &mut [T]) -> T {
        L::gradient(y, t, error);
        L::value(y, t)
    }
    // A loop over an output takes fewer instructions than its counting: so many are worth writing out.
    if in_place(y.len()) || y.len() <= 16 && !SMALL {
        L::gradient(y, t, error);
        L::value(y, t)
    } else {
        shared::<L, T>(y, t, error)
    }
}

fn each<T: Scalar>(y: &[T], t: &[T], error: &mut [T], gradient: impl Fn(T, T) -> T) {
    for ((error, &y), &t) in error.iter_mut().zip(y).zip(t) {
        *error = gradient(y, t);
    }
}

/// Up to 16 terms one after the other; more of them in the lanes of the [kernels](crate::kernel), which don't wait for
/// each other.
#[cfg_attr(not(unoptimized), inline(always))]
fn sum<T: Scalar>(y: &[T], t: &[T], term: impl Fn(T, T) -> T) -> T {
    if y.len() <= 16 {
        return y.iter().zip(t).fold(T::ZERO, |sum, (&y, &t)| sum + term(y, t));
    }
    let mut lanes = [T::ZERO; 8];
    let (eights, t_eights) = (y.chunks_exact(8), t.chunks_exact(8));
    let rest = eights.remainder().iter().zip(t_eights.remainder());
    for (y, t) in eights.zip(t_eights) {
        for ((lane, &y), &t) in lanes.iter_mut().zip(y).zip(t) {
            *lane += term(y, t);
        }
    }
    for (lane, (&y, &t)) in lanes.iter_mut().zip(rest) {
        *lane += term(y, t);
    }
    sum_lanes(lanes)
}

/// `E = sum over o of 1/2 (t - y)^2`, as in the tutorial.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SquaredError;

impl Loss for SquaredError {
    const LINK: Link = Link::Identity;
    const MACS: usize = 4;

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        sum(y, t, |y, t| (y - t) * (y - t)) * T::from_f32(0.5)
    }

    // dE/dy = y - t
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        Self::linked_gradient(y, t, error);
    }
}

/// `E = sum over o of 1/2 e^2` where `|e| <= d`, else `d (|e| - d/2)`, with the error `e = y - t` and the threshold
/// `d = NUMERATOR / DENOMINATOR`, 1 by default: squared near the target, but an outlier pulls no harder than `d`.
///
/// Peter Huber, "Robust Estimation of a Location Parameter", 1964. A denominator of 0, or a threshold of 0, does not
/// compile.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Huber<const NUMERATOR: u32 = 1, const DENOMINATOR: u32 = 1>;

impl<const NUMERATOR: u32, const DENOMINATOR: u32> Huber<NUMERATOR, DENOMINATOR> {
    /// Both are exact in `f32` up to 2^24.
    #[allow(clippy::cast_precision_loss)]
    fn threshold<T: Scalar>() -> T {
        const { assert!(NUMERATOR > 0 && DENOMINATOR > 0, "the threshold is a positive number") };
        T::from_f32(NUMERATOR as f32) / T::from_f32(DENOMINATOR as f32)
    }
}

impl<const NUMERATOR: u32, const DENOMINATOR: u32> Loss for Huber<NUMERATOR, DENOMINATOR> {
    const LINK: Link = Link::None;

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        let threshold = Self::threshold::<T>();
        let half = T::from_f32(0.5);
        sum(y, t, |y, t| {
            let error = if y < t { t - y } else { y - t };
            if error > threshold { threshold * (error - half * threshold) } else { half * error * error }
        })
    }

    // dE/dy = y - t, within +-d
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        let threshold = Self::threshold::<T>();
        each(y, t, error, |y, t| {
            let error = y - t;
            if error > threshold {
                threshold
            } else if error < -threshold {
                -threshold
            } else {
                error
            }
        });
    }
}

/// `E = -sum over o of (t ln y + (1 - t) ln(1 - y))`: each output is a probability of its own.
///
/// Outputs lie between 0 and 1, which [`Sigmoid`](crate::Sigmoid) ensures; others make the loss NaN or infinite, an
/// error of the step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BinaryCrossEntropy;

impl Loss for BinaryCrossEntropy {
    const LINK: Link = Link::Logit;

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        sum(y, t, |y, t| -(times_ln(t, y) + times_ln(T::ONE - t, T::ONE - y)))
    }

    // ln(1 + e^z) - t z, where the exponent is never positive
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        sum(z, t, |z, t| {
            let (positive, magnitude) = if z > T::ZERO { (z, z) } else { (T::ZERO, -z) };
            positive - t * z + (-magnitude).exp().ln_1p()
        })
    }

    // dE/dy = (y - t) / (y (1 - y)), where certain targets cancel one factor: that of a y that may be 0 or 1
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        each(y, t, error, |y, t| {
            if t == T::ZERO {
                T::ONE / (T::ONE - y)
            } else if t == T::ONE {
                -T::ONE / y
            } else {
                (y - t) / (y * (T::ONE - y))
            }
        });
    }
}

/// `E = -sum over o of t ln y`: the outputs together are one distribution.
///
/// The targets usually sum to 1. Activations other than [`Softmax`](crate::Softmax) must keep `y` positive wherever `t`
/// is not 0; where they don't, the loss is NaN or infinite, an error of the step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CrossEntropy;

impl Loss for CrossEntropy {
    const LINK: Link = Link::MultiLogit;

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        sum(y, t, |y, t| -times_ln(t, y))
    }

    // sum over o of t (ln sum over k of e^z[k] - z)
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        let top = largest(z);
        let total = z.iter().fold(T::ZERO, |total, &z| total + (z - top).exp()).ln();
        sum(z, t, |z, t| t * (total - (z - top)))
    }

    // dE/dy = -t / y
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        each(y, t, error, |y, t| if t == T::ZERO { T::ZERO } else { -t / y });
    }

    // dE/dz = y sum over k of t[k] - t, which is y - t where the targets sum to 1
    fn linked_gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        let total = t.iter().fold(T::ZERO, |total, &t| total + t);
        each(y, t, error, |y, t| y * total - t);
    }
}

/// `a ln b`, which is 0 where `a` is.
fn times_ln<T: Scalar>(a: T, b: T) -> T {
    if a == T::ZERO { T::ZERO } else { a * b.ln() }
}
