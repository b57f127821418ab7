//! Measures of a network besides its loss: chosen by type, computed sample by sample in constant memory.

use crate::encode;
use crate::scalar::{Scalar, Zero, count};
use crate::shape::Shape;
use crate::sum::Sum;

/// A number that says how good outputs are, such as an accuracy. `T` is the scalar, and `Y` the type of outputs and
/// targets.
///
/// [`fit::evaluate`](crate::fit::evaluate) takes one by value, and a [`Fit`](crate::Fit) has one in its field `metric`.
/// One of your own, the largest error of all outputs:
///
/// ```
/// use downhill::fit;
/// use downhill::metrics::Metric;
/// # use downhill::{Dense, Identity, Sgd, SquaredError, Trainer};
///
/// struct LargestError;
///
/// impl<const O: usize> Metric<f32, [f32; O]> for LargestError {
///     type State = f32;
///
///     fn record(&self, state: &mut f32, target: &[f32; O], outputs: &[f32; O]) {
///         *state = target.iter().zip(outputs).fold(*state, |most, (target, y)| most.max((y - target).abs()));
///     }
///
///     fn value(&self, state: &f32) -> Option<f32> {
///         Some(*state)
///     }
/// }
/// # let network = Dense::<1, 1, Identity>::new([[1.0]], [0.0]);
/// # let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
/// # let samples = [([1.0], [1.5]), ([2.0], [0.0])];
/// let score = fit::evaluate(&mut trainer, &samples, LargestError)?;
/// # assert_eq!(score.and_then(|score| score.metric), Some(2.0));
/// # Ok::<(), fit::FitError>(())
/// ```
pub trait Metric<T: Scalar, Y> {
    /// What is kept from sample to sample; [`Zero`] before the first sample.
    type State: Zero;

    /// Records a sample.
    fn record(&self, state: &mut Self::State, target: &Y, outputs: &Y);

    /// The metric of the samples so far; `None` if it is not defined for them.
    fn value(&self, state: &Self::State) -> Option<T>;
}

/// Which class outputs mean. [`ConfusionMatrix::record_by`](super::ConfusionMatrix::record_by) takes one.
pub trait Decision<T: Scalar> {
    /// The class; `None` if the outputs mean none.
    fn class(&self, outputs: &[T]) -> Option<usize>;
}

/// The number of right decisions, and of all decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tally {
    right: usize,
    all: usize,
}

impl Zero for Tally {
    const ZERO: Self = Self { right: 0, all: 0 };
}

impl Tally {
    fn count(&mut self, right: bool) {
        self.right = self.right.saturating_add(right.into());
        self.all = self.all.saturating_add(1);
    }

    fn fraction<T: Scalar>(self) -> Option<T> {
        (self.all > 0).then(|| count::<T>(self.right) / count(self.all))
    }
}

/// The class of the largest output, [`encode::class`], for networks with an output per class. As a metric: the
/// accuracy, the fraction of samples whose largest output is where their largest target is; outputs with a NaN are
/// wrong. `None` for networks with one output: use [`Threshold`] or [`Sign`] for these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Argmax;

impl<T: Scalar> Decision<T> for Argmax {
    fn class(&self, outputs: &[T]) -> Option<usize> {
        encode::class(outputs)
    }
}

impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for Argmax {
    type State = Tally;

    fn record(&self, state: &mut Tally, target: &Y, outputs: &Y) {
        if let Some(actual) = encode::class(target.flat()) {
            state.count(encode::class(outputs.flat()) == Some(actual));
        }
    }

    fn value(&self, state: &Tally) -> Option<T> {
        state.fraction()
    }
}

/// Each output is a decision of its own: true above 1/2. For sigmoid outputs, a single one or one per label.
///
/// As a metric: the fraction of outputs on the side of their target, over all outputs of all samples. As a decision,
/// for a single output: class 1 above 1/2, otherwise class 0; `None` for several outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Threshold;

/// Each output is a decision of its own: true above 0. For tanh outputs, or others whose targets lie around 0;
/// otherwise as [`Threshold`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sign;

/// Whether `output` is above `level`; `None` for NaN.
fn above<T: Scalar>(output: T, level: T) -> Option<bool> {
    Some(output.partial_cmp(&level)?.is_gt())
}

macro_rules! by_level {
    ($metric:ty, $level:expr) => {
        impl<T: Scalar> Decision<T> for $metric {
            fn class(&self, outputs: &[T]) -> Option<usize> {
                if let &[output] = outputs { above(output, T::from_f32($level)).map(usize::from) } else { None }
            }
        }

        impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for $metric {
            type State = Tally;

            fn record(&self, state: &mut Tally, target: &Y, outputs: &Y) {
                let level = T::from_f32($level);
                for (&target, &y) in target.flat().iter().zip(outputs.flat()) {
                    if let Some(actual) = above(target, level) {
                        state.count(above(y, level) == Some(actual));
                    }
                }
            }

            fn value(&self, state: &Tally) -> Option<T> {
                state.fraction()
            }
        }
    };
}
by_level!(Threshold, 0.5);
by_level!(Sign, 0.0);

/// The mean of `|y - target|` over all outputs of all samples, for regression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MeanAbsoluteError;

impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for MeanAbsoluteError {
    type State = Sum<T>;

    fn record(&self, state: &mut Sum<T>, target: &Y, outputs: &Y) {
        for (&target, &y) in target.flat().iter().zip(outputs.flat()) {
            state.add(if y < target { target - y } else { y - target });
        }
    }

    fn value(&self, state: &Sum<T>) -> Option<T> {
        state.mean()
    }
}

/// The coefficient of determination, for regression: `1 - sum (y - target)^2 / sum (target - mean target)^2`, for each
/// output; the mean over the outputs is returned. 1 is perfect; 0 is as good as always the mean of the targets.
///
/// As scikit-learn's `r2_score` with its defaults: an output whose targets are all equal has 1 if it is always right,
/// otherwise 0. `None` for fewer than two samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct R2;

/// What [`R2`] keeps for an output.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Moments<T> {
    targets: Sum<T>,
    /// The sum of the targets' squared distances from their mean.
    variation: Sum<T>,
    errors: Sum<T>,
}

impl<T: Scalar> Zero for Moments<T> {
    const ZERO: Self = Self { targets: Sum::ZERO, variation: Sum::ZERO, errors: Sum::ZERO };
}

impl<T: Scalar, const O: usize> Metric<T, [T; O]> for R2 {
    type State = [Moments<T>; O];

    // B. P. Welford, "Note on a method for calculating corrected sums of squares and products", 1962.
    fn record(&self, state: &mut [Moments<T>; O], target: &[T; O], outputs: &[T; O]) {
        for ((state, &target), &y) in state.iter_mut().zip(target).zip(outputs) {
            let before = state.targets.mean().unwrap_or(target);
            state.targets.add(target);
            let after = state.targets.mean().unwrap_or(target);
            let change = (target - before) * (target - after);
            // Where the square of a difference underflows to 0, the variation counts as infinite, and there is no
            // result.
            state.variation.add(if change == T::ZERO && target != after { T::MAX + T::MAX } else { change });
            state.errors.add((y - target) * (y - target));
        }
    }

    fn value(&self, state: &[Moments<T>; O]) -> Option<T> {
        let mut sum = Sum::ZERO;
        for Moments { targets, variation, errors } in state {
            if targets.terms() < 2 {
                return None;
            }
            let (errors, variation) = (errors.total(), variation.total());
            if !errors.is_finite() || !variation.is_finite() {
                return None;
            }
            sum.add(if variation > T::ZERO {
                T::ONE - errors / variation
            } else if errors > T::ZERO {
                T::ZERO
            } else {
                T::ONE
            });
        }
        sum.mean()
    }
}
