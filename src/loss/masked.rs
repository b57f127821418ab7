//! The loss of those outputs whose targets are known.

use core::marker::PhantomData;
use core::slice::from_ref;

use super::interface::{Loss, each, times_ln};
use super::kinds::{BinaryCrossEntropy, CrossEntropy, Huber, SquaredError};
use crate::activation::Link;
use crate::scalar::Scalar;

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
/// `Rehearsal` keeps the mask if its labels are the targets, `[f32; 4]`; the label `Class` forgets it.
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
