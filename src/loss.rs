//! Losses: the value, and the gradient with respect to the outputs.
//!
//! Which loss goes with which activation in the last layer:
//!
//! | loss | last activation | targets |
//! |---|---|---|
//! | [`SquaredError`], [`Huber`] | any | any finite number that the activation can reach |
//! | [`BinaryCrossEntropy`] | [`Sigmoid`](crate::Sigmoid) | 0 to 1 |
//! | [`CrossEntropy`] | [`Softmax`](crate::Softmax), of two outputs or more | not negative; they usually sum to 1 |
//! | [`OfProbabilities`] of the last two | any whose outputs are from 0 to 1 | as above |
//! | [`Masked`] of the first four | as above | as above, or [`unknown`] |
//!
//! Any other pair does not compile. Targets outside of the range are refused as
//! [`StepError::Target`](crate::StepError::Target).

use core::marker::PhantomData;
use core::slice::from_ref;

use crate::activation::{Link, largest};
use crate::kernel::{in_place, sum_lanes};
use crate::scalar::Scalar;
use crate::target::SMALL;

/// The function that training minimises.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss",
    label = "not a loss",
    note = "the parameters of a trainer are network, loss and optimiser: `Trainer<Net, SquaredError, Sgd>`; the losses are \
            SquaredError, Huber, BinaryCrossEntropy, CrossEntropy and OfProbabilities"
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

fn each<T: Scalar>(y: &[T], t: &[T], error: &mut [T], gradient: impl Fn(T, T) -> T) {
    for ((error, &y), &t) in error.iter_mut().zip(y).zip(t) {
        *error = gradient(y, t);
    }
}

/// Sums up to 16 terms one after the other, and more terms in the lanes of the [kernels](crate::kernel), which don't
/// wait for each other.
#[cfg_attr(not(unoptimized), inline(always))]
fn sum<T: Scalar>(y: &[T], t: &[T], term: impl Fn(T, T) -> T) -> T {
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

/// The loss `L` of those outputs alone whose targets are known: a target that is [`unknown`] says nothing about its output, which
/// has no error then. For classes that came later than the network was trained, or that a device has not met yet:
/// a sample of the classes 0 to 3 leaves the logits of all others alone ("masked softmax").
///
/// With [`CrossEntropy`], the softmax is that of the known outputs: `p = y / sum of the known y`. With [`BinaryCrossEntropy`],
/// [`SquaredError`] and [`Huber`] each output stands for itself, so that labels may be missing.
///
/// ```
/// use downhill::{CrossEntropy, Dense, Masked, Sgd, Softmax, Trainer, encode};
///
/// type Net = (Dense<2, 8>, Dense<8, 4, Softmax>);
/// let mut trainer = Trainer::<Net, Masked<CrossEntropy>, Sgd>::new();
/// # trainer.start(Sgd::new(0.5), &mut downhill::init::Xavier(downhill::init::Generator::new(1)));
/// # let before = trainer.network.1.biases;
/// let known = [true, true, false, false];
/// trainer.step(&[0.1, 0.9], &encode::masked(1, known).expect("class 1 is known"))?;
/// # assert_eq!((trainer.network.1.biases[2], trainer.network.1.biases[3]), (before[2], before[3]));
/// # assert!(trainer.network.1.biases[1] > before[1]);
/// # Ok::<(), downhill::StepError>(())
/// ```
///
/// To predict among the classes that are known: [`encode::class_among`](crate::encode::class_among). A buffer of a
/// [`Rehearsal`](crate::learner::Learner) keeps the mask if its labels are the targets, `[f32; 4]`; the label `Class` forgets it.
///
/// A target without any that is known has the loss 0 and changes nothing that a gradient would.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Masked<L>(PhantomData<L>);

/// The target of an output that is not known, for [`Masked`]: the most negative finite number.
pub fn unknown<T: Scalar>() -> T {
    -T::MAX
}

/// Whether a target is not [`unknown`].
fn is_known<T: Scalar>(t: T) -> bool {
    t != unknown()
}

/// Known outputs with their targets, one by one.
fn known<'a, T: Scalar>(y: &'a [T], t: &'a [T]) -> impl Iterator<Item = (&'a T, &'a T)> + Clone {
    y.iter().zip(t).filter(|&(_, &t)| is_known(t))
}

/// A loss that is a sum over outputs.
macro_rules! masked {
    ([$($generics:tt)*] $loss:ty) => {
        impl<$($generics)*> Loss for Masked<$loss> {
            const LINK: Link = <$loss as Loss>::LINK;
            const ONLY_LINKED: bool = <$loss as Loss>::ONLY_LINKED;
            const MACS: usize = <$loss as Loss>::MACS;

            fn accepts<T: Scalar>(t: &[T]) -> bool {
                t.iter().all(|t| !is_known(*t) || <$loss>::accepts(from_ref(t)))
            }

            fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
                known(y, t).fold(T::ZERO, |sum, (y, t)| sum + <$loss>::value(from_ref(y), from_ref(t)))
            }

            fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
                known(z, t).fold(T::ZERO, |sum, (z, t)| sum + <$loss>::linked_value(from_ref(z), from_ref(t)))
            }

            fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
                <$loss>::gradient(y, t, error);
                each_unknown(t, error);
            }

            fn linked_gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
                <$loss>::linked_gradient(y, t, error);
                each_unknown(t, error);
            }
        }
    };
}
masked!([] SquaredError);
masked!([const NUMERATOR: u32, const DENOMINATOR: u32] Huber<NUMERATOR, DENOMINATOR>);
masked!([] BinaryCrossEntropy);

/// Unknown outputs have no error.
fn each_unknown<T: Scalar>(t: &[T], error: &mut [T]) {
    for (error, &t) in error.iter_mut().zip(t) {
        if !is_known(t) {
            *error = T::ZERO;
        }
    }
}

impl Loss for Masked<CrossEntropy> {
    const LINK: Link = Link::MultiLogit;
    const ONLY_LINKED: bool = true;

    fn accepts<T: Scalar>(t: &[T]) -> bool {
        t.iter().all(|&t| !is_known(t) || t >= T::ZERO)
    }

    fn value<T: Scalar>(y: &[T], t: &[T]) -> T {
        let outputs = Known::of(y, t).outputs;
        known(y, t).fold(T::ZERO, |sum, (&y, &t)| sum - times_ln(t, y / outputs))
    }

    // As that of CrossEntropy, over the known outputs
    fn linked_value<T: Scalar>(z: &[T], t: &[T]) -> T {
        let mut top = -T::MAX;
        for (&z, _) in known(z, t) {
            // A NaN is kept.
            top = if z <= top { top } else { z };
        }
        let (mut others, mut met) = (T::ZERO, false);
        for (&z, _) in known(z, t) {
            if z == top && !met {
                met = true;
            } else {
                others += (z - top).exp();
            }
        }
        let total = others.ln_1p();
        known(z, t).fold(T::ZERO, |sum, (&z, &t)| if t == T::ZERO { sum } else { sum + t * (total + (top - z)) })
    }

    // dE/dy = sum over k of t[k] / sum over the known k of y[k] - t / y
    fn gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        let Known { outputs, total, .. } = Known::of(y, t);
        each(y, t, error, |y, t| total / outputs - if t == T::ZERO { T::ZERO } else { t / y });
        each_unknown(t, error);
    }

    // dE/dz = p sum over k of t[k] - t, with p = y / sum over the known k of y[k]
    fn linked_gradient<T: Scalar>(y: &[T], t: &[T], error: &mut [T]) {
        let Known { outputs, total, number } = Known::of(y, t);
        // Where all known outputs have rounded to 0, beside unknown ones that are far larger, each counts the same.
        let p = |y| if outputs > T::ZERO { y / outputs } else { T::ONE / number };
        each(y, t, error, |y, t| p(y) * total - t);
        each_unknown(t, error);
    }
}

/// The sums of the known outputs and of their targets, and how many there are.
struct Known<T> {
    outputs: T,
    total: T,
    number: T,
}

impl<T: Scalar> Known<T> {
    fn of(y: &[T], t: &[T]) -> Self {
        let none = Self { outputs: T::ZERO, total: T::ZERO, number: T::ZERO };
        known(y, t).fold(none, |sums, (&y, &t)| Self {
            outputs: sums.outputs + y,
            total: sums.total + t,
            number: sums.number + T::ONE,
        })
    }
}

/// `a ln b`; 0 if `a` is 0.
fn times_ln<T: Scalar>(a: T, b: T) -> T {
    if a == T::ZERO { T::ZERO } else { a * b.ln() }
}
