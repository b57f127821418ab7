//! Errors of a regression.

use super::metric::{Metric, metric};
use super::streaming::{Mean, Streaming};
use crate::scalar::{Scalar, Zero, count};
use crate::shape::Shape;
use crate::storable::storable;
use crate::sum::Sum;

/// The mean of `|y - target|` over all outputs of all samples, for regression. `None` without samples, or if it is not
/// finite. In a stream, samples with a number that is NaN, or larger than [`Scalar::GRADIENT_LIMIT`] (1e15 in `f32`), are
/// not counted; in a window 4 bytes per sample, in `f32`, however many outputs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MeanAbsoluteError;

/// The mean of `(y - target)^2` over all outputs of all samples; otherwise as [`MeanAbsoluteError`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MeanSquaredError;

/// The square root of [`MeanSquaredError`], in the unit of the targets. Of several outputs it is the root of the mean of
/// all, where scikit-learn's `root_mean_squared_error` is the mean of each output's root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RootMeanSquaredError;

fn absolute<T: Scalar>(target: T, y: T) -> T {
    if y < target { target - y } else { y - target }
}

fn squared<T: Scalar>(target: T, y: T) -> T {
    (y - target) * (y - target)
}

/// Whether sums of millions of squares of the differences of these numbers are finite.
fn within<T: Scalar>(numbers: &[T]) -> bool {
    numbers.iter().all(|number| number.larger(T::ZERO).at_most(T::GRADIENT_LIMIT))
}

macro_rules! error {
    ($metric:ident, $name:literal, $error:expr, $of_mean:expr) => {
        impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for $metric {
            type State = Sum<T>;

            fn record(&self, state: &mut Sum<T>, target: &Y, outputs: &Y) {
                for (&target, &y) in target.flat().iter().zip(outputs.flat()) {
                    state.add($error(target, y));
                }
            }

            fn value(&self, state: &Sum<T>) -> Option<T> {
                state.mean().filter(|mean| mean.is_finite()).map($of_mean)
            }
        }

        impl<T: Scalar, Y: Shape<Scalar = T>> Streaming<Y> for $metric {
            /// The mean of the outputs of a sample.
            type Entry = T;
            type Faded = Mean<T>;

            fn entry(&self, target: &Y, outputs: &Y) -> Option<T> {
                let (target, outputs) = (target.flat(), outputs.flat());
                let errors = target.iter().zip(outputs).map(|(&target, &y)| $error(target, y));
                let counts = Y::LENGTH > 0 && within(target) && within(outputs);
                counts.then(|| errors.fold(T::ZERO, |sum, error| sum + error) / count(Y::LENGTH))
            }

            fn add(&self, state: &mut Sum<T>, &error: &T) {
                state.add(error);
            }

            fn fade(&self, faded: &mut Mean<T>, factor: T, &error: &T) {
                faded.fade(factor, error, T::ONE);
            }

            fn faded_value(&self, faded: &Mean<T>) -> Option<T> {
                faded.value().map($of_mean)
            }
        }

        metric!($metric, $name);
    };
}
error!(MeanAbsoluteError, "mean absolute error", absolute, |mean| mean);
error!(MeanSquaredError, "mean squared error", squared, |mean| mean);
error!(RootMeanSquaredError, "root mean squared error", squared, T::sqrt);

/// The coefficient of determination, for regression: `1 - sum (y - target)^2 / sum (target - mean target)^2`, for each
/// output; the mean over the outputs is returned. 1 is perfect; 0 is as good as always the mean of the targets.
///
/// As scikit-learn's `r2_score` with its defaults: an output whose targets are all equal has 1 if it is always right,
/// otherwise 0. `None` for fewer than two samples, or if the sums are not finite.
///
/// In a stream, samples with a number that is NaN, or larger than [`Scalar::GRADIENT_LIMIT`] (1e15 in `f32`), are not
/// counted. In a window, in `f32`, 8 bytes per sample and output; where the past fades, 16 bytes per output in all.
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

storable!("moments": [T: Scalar] Moments<T> { targets: Sum<T>, variation: Sum<T>, errors: Sum<T> });

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
            sum.add(determination(errors, variation));
        }
        sum.mean()
    }
}

fn determination<T: Scalar>(errors: T, variation: T) -> T {
    if variation > T::ZERO {
        T::ONE - errors / variation
    } else if errors > T::ZERO {
        T::ZERO
    } else {
        T::ONE
    }
}

/// What [`R2`] keeps for an output where the past fades.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FadedMoments<T> {
    weight: T,
    mean: T,
    variation: T,
    errors: T,
}

impl<T: Scalar> Zero for FadedMoments<T> {
    const ZERO: Self = Self { weight: T::ZERO, mean: T::ZERO, variation: T::ZERO, errors: T::ZERO };
}

storable!("faded moments": [T: Scalar] FadedMoments<T> { weight: T, mean: T, variation: T, errors: T });

impl<T: Scalar, const O: usize> Streaming<[T; O]> for R2 {
    /// Target and outputs.
    type Entry = [[T; O]; 2];
    type Faded = [FadedMoments<T>; O];

    fn entry(&self, target: &[T; O], outputs: &[T; O]) -> Option<[[T; O]; 2]> {
        (within(target) && within(outputs)).then_some([*target, *outputs])
    }

    fn add(&self, state: &mut [Moments<T>; O], [target, outputs]: &[[T; O]; 2]) {
        self.record(state, target, outputs);
    }

    // D. H. D. West, "Updating mean and variance estimates: an improved method", 1979.
    fn fade(&self, faded: &mut [FadedMoments<T>; O], factor: T, [target, outputs]: &[[T; O]; 2]) {
        for ((faded, &target), &y) in faded.iter_mut().zip(target).zip(outputs) {
            let before = faded.mean;
            faded.weight = faded.weight * factor + T::ONE;
            faded.mean = before + (target - before) / faded.weight;
            faded.variation = (faded.variation * factor).flushed() + (target - before) * (target - faded.mean);
            faded.errors = (faded.errors * factor).flushed() + squared(target, y);
        }
    }

    /// `None` while the weight is not above 1, that of one sample.
    fn faded_value(&self, faded: &[FadedMoments<T>; O]) -> Option<T> {
        let mut sum = Sum::ZERO;
        for faded in faded {
            if faded.weight > T::ONE {
                sum.add(determination(faded.errors, faded.variation));
            } else {
                return None;
            }
        }
        sum.mean()
    }
}

metric!(R2, "r2");
