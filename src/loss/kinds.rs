//! The losses of outputs whose targets are all known.

use core::marker::PhantomData;

use super::interface::{Loss, each, sum, times_ln};
use crate::activation::{Link, largest};
use crate::scalar::Scalar;

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
/// `d = NUMERATOR / DENOMINATOR`, 1 by default: squared near the target, but the gradient of an outlier is at most `d`.
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

/// `E = -sum over o of (t ln y + (1 - t) ln(1 - y))`: each output is a separate probability.
///
/// The last activation is [`Sigmoid`](crate::Sigmoid); others compile only with [`OfProbabilities`]. Targets are from 0
/// to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BinaryCrossEntropy;

impl Loss for BinaryCrossEntropy {
    const LINK: Link = Link::Logit;
    const ONLY_LINKED: bool = true;

    fn accepts<T: Scalar>(t: &[T]) -> bool {
        t.iter().all(|&t| t >= T::ZERO && t <= T::ONE)
    }

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        sum(y, t, |y, t| -(times_ln(t, y) + times_ln(T::ONE - t, T::ONE - y)))
    }

    // ln(1 + e^z) - t z, computed as ln(1 + e^-|z|) + |z| (1 - t) for a positive z, else as ln(1 + e^-|z|) + |z| t: the
    // exponent is never positive, and both terms are never negative, so that they can't cancel
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        sum(z, t, |z, t| {
            let (wrong, magnitude) = if z > T::ZERO { (T::ONE - t, z) } else { (t, -z) };
            magnitude * wrong + (-magnitude).exp().ln_1p()
        })
    }

    // dE/dy = (y - t) / (y (1 - y)). A target of 0 or 1 cancels one factor: the one that may be 0
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

/// `E = -sum over o of t ln y`: all outputs together are one distribution.
///
/// The last activation is [`Softmax`](crate::Softmax); others compile only with [`OfProbabilities`]. Targets are not
/// negative. They usually sum to 1; if the sum is s, loss and gradient are those of the distribution t / s, times s.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CrossEntropy;

impl Loss for CrossEntropy {
    const LINK: Link = Link::MultiLogit;
    const ONLY_LINKED: bool = true;

    fn accepts<T: Scalar>(t: &[T]) -> bool {
        t.iter().all(|&t| t >= T::ZERO)
    }

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        sum(y, t, |y, t| -times_ln(t, y))
    }

    // sum over o of t (ln sum over k of e^z[k] - z). Relative to the largest z, `top`, the bracket is ln(1 + the
    // others) + (top - z); neither part is negative, so that they can't cancel
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        let top = largest(z);
        let (mut others, mut met) = (T::ZERO, false);
        for &z in z {
            // If several are the largest, only the first is left out: it is the 1.
            if z == top && !met {
                met = true;
            } else {
                others += (z - top).exp();
            }
        }
        let total = others.ln_1p();
        // If the target is 0, the term is 0, even if the difference overflows.
        sum(z, t, |z, t| if t == T::ZERO { T::ZERO } else { t * (total + (top - z)) })
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

/// The loss `L` for outputs that are probabilities, but of another activation than its own: [`BinaryCrossEntropy`] of a
/// [`Softmax`](crate::Softmax), [`CrossEntropy`] of [`Sigmoid`](crate::Sigmoid)s, either of an activation of your own.
///
/// It is computed from the outputs, so that it is only as exact as they are, and infinite where an output of exactly 0
/// or 1 is wrong. The step returns [`StepError::Loss`](crate::StepError::Loss) if an output is outside of 0 to 1, if it
/// is 0 although its target is above 0, or, with [`BinaryCrossEntropy`], if it is 1 although its target is below 1.
///
/// [`CrossEntropy`] uses only the outputs whose target is not 0, and assumes that the others fall when these rise.
/// Outputs that do not depend on one another, such as those of sigmoids, do not fall: all of them become 1. Train such
/// outputs with [`BinaryCrossEntropy`].
///
/// ```
/// use downhill::{BinaryCrossEntropy, Dense, OfProbabilities, Sgd, Softmax, Trainer};
///
/// type Net = (Dense<4, 8>, Dense<8, 3, Softmax>);
/// let trainer = Trainer::<Net, OfProbabilities<BinaryCrossEntropy>, Sgd>::new();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OfProbabilities<L>(PhantomData<L>);

impl<L: Loss> Loss for OfProbabilities<L> {
    const LINK: Link = Link::None;
    const MACS: usize = L::MACS;

    fn accepts<T: Scalar>(t: &[T]) -> bool {
        L::accepts(t)
    }

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        // Written so that NaN counts as outside.
        let inside = y.iter().all(|&y| y >= T::ZERO && y <= T::ONE);
        if inside { L::value(y, t) } else { T::MAX + T::MAX }
    }

    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        L::gradient(y, t, error);
    }
}
