//! Once through all samples: to learn from them, or to see how good a network is.

use crate::error::{FitError, StepError};
use crate::learner::{Evaluate, Learner};
use crate::metrics::Metric;
use crate::permutation::Permutation;
use crate::samples::{Sample, Samples};
use crate::scalar::{Scalar, Zero};
use crate::storable::storable;
use crate::sum::Sum;

/// How good a network is on some samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Score<T = f32> {
    /// The mean of the samples' losses, each times the weight of its sample.
    pub loss: T,
    /// What the [`Metric`] says, such as the accuracy; `None` where it has nothing to say, as
    /// [`Argmax`](crate::metrics::Argmax) has not of a network with one output. It does not look at weights of samples.
    pub metric: Option<T>,
}

impl<T: Scalar> Zero for Score<T> {
    const ZERO: Self = Self { loss: T::ZERO, metric: None };
}

storable!("score": [T: Scalar] Score<T> { loss: T, metric: Option<T> });

/// Learns once from each of the items of an iterator, in its order, and ends the last [`Batch`](crate::Batch). Items
/// are `(inputs, target)`, `(inputs, target, weight)`, or references to such a [`Sample`]. Returns the mean of the
/// losses, each before its update. Its error is below 1e-6 of it for ten million samples.
///
/// ```
/// # use downhill::init::{Generator, Xavier};
/// # use downhill::{fit, Dense, Sgd, SquaredError, Trainer};
/// # let mut trainer = Trainer::<(Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd>::new();
/// # trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
/// # let mut sensor = || ([0.1, 0.2], [0.3]);
/// let loss = fit::epoch(&mut trainer, core::iter::repeat_with(|| sensor()).take(100))?;
/// # Ok::<(), fit::FitError>(())
/// ```
///
/// # Errors
/// The first step that is refused ends the epoch; see [`FitError`]. Samples count from 0 in the order of the iterator.
/// What waits for the end of its batch is [dropped](Learner::discard) then. [`FitError::NoSamples`] if the iterator has
/// none: nothing is changed.
pub fn epoch<T: Learner>(
    trainer: &mut T,
    samples: impl IntoIterator<Item: Sample<T::Input, T::Output>>,
) -> Result<T::Scalar, FitError> {
    let steps = samples.into_iter().enumerate().map(|(index, sample)| {
        move |trainer: &mut T| {
            let (x, target, weight) = sample.parts();
            (index, Some(step(trainer, x, target, weight)))
        }
    });
    all(trainer, steps)
}

/// [`epoch`] over samples in an order that follows from the seed, the one of [`Permutation`].
///
/// # Errors
/// The first step that is refused, or sample that can't be read, ends the epoch, as in [`epoch`]. Samples are named by
/// their index.
pub fn shuffled_epoch<T: Learner>(
    trainer: &mut T,
    samples: &(impl Samples<Input = T::Input, Target = T::Output> + ?Sized),
    seed: u32,
) -> Result<T::Scalar, FitError> {
    let order = Permutation::new(samples.len(), seed);
    let indices = (0..order.len()).filter_map(|position| order.get(position));
    let steps = indices.map(|index| {
        move |trainer: &mut T| (index, samples.with_weight(index, |x, target, weight| step(trainer, x, target, weight)))
    });
    all(trainer, steps)
}

/// One step after the other, each with the index of its sample and a loss, if the sample could be read; and the end of
/// the last batch.
fn all<T: Learner, F>(trainer: &mut T, steps: impl Iterator<Item = F>) -> Result<T::Scalar, FitError>
where
    F: FnOnce(&mut T) -> (usize, Option<Result<T::Scalar, StepError>>),
{
    let mut losses = Sum::ZERO;
    let learn = || {
        for take_step in steps {
            let (index, loss) = take_step(trainer);
            losses.add(loss.ok_or(FitError::Unreadable(index))?.map_err(|error| FitError::Step(index, error))?);
        }
        let mean = losses.mean();
        if mean.is_some() {
            trainer.flush().map_err(FitError::Batch)?;
        }
        Ok(mean)
    };
    let mean = learn();
    if mean.is_err() {
        trainer.discard();
    }
    mean?.ok_or(FitError::NoSamples)
}

fn step<T: Learner>(
    learner: &mut T,
    x: &T::Input,
    target: &T::Output,
    weight: Option<f32>,
) -> Result<T::Scalar, StepError> {
    learner.step(x, target, weight.map(T::Scalar::from_f32))
}

/// The score of a network on samples, in their order, with a [`Metric`] that is chosen by type; `None` if there are
/// none. Nothing is learnt.
///
/// ```
/// # use downhill::{Dense, Sgd, BinaryCrossEntropy, Trainer};
/// use downhill::fit;
/// use downhill::metrics::Threshold;
///
/// # let mut trainer = Trainer::<_, BinaryCrossEntropy, Sgd>::with_network(Dense::<1, 1>::new([[9.0]], [0.0]), Sgd::new(0.1));
/// # let test = [([1.0], [1.0]), ([-0.5], [1.0]), ([-2.0], [0.0])];
/// let score = fit::evaluate(&mut trainer, &test, Threshold)?; // One sigmoid output.
/// let accuracy = score.and_then(|score| score.metric);
/// # assert!(accuracy > Some(0.66) && accuracy < Some(0.67));
/// # Ok::<(), fit::FitError>(())
/// ```
///
/// # Errors
/// [`FitError::Validation`] if an input, a target or a loss is refused, as by [`Evaluate::loss`], or a weight is negative,
/// NaN or infinite; [`FitError::Unreadable`] if a sample can't be read.
// By value: what is chosen by type reads without `&`.
#[allow(clippy::needless_pass_by_value)]
pub fn evaluate<T: Evaluate>(
    evaluator: &mut T,
    samples: &(impl Samples<Input = T::Input, Target = T::Output> + ?Sized),
    metric: impl Metric<T::Scalar, T::Output>,
) -> Result<Option<Score<T::Scalar>>, FitError> {
    score(evaluator, samples, &metric)
}

/// [`evaluate`] with a metric that is borrowed.
pub(super) fn score<T: Evaluate, M>(
    evaluator: &mut T,
    samples: &(impl Samples<Input = T::Input, Target = T::Output> + ?Sized),
    metric: &M,
) -> Result<Option<Score<T::Scalar>>, FitError>
where
    M: Metric<T::Scalar, T::Output>,
{
    let mut losses = Sum::ZERO;
    let mut state = M::State::ZERO;
    for index in 0..samples.len() {
        let loss = samples.with_weight(index, |x, target, weight| {
            let (loss, y) = evaluator.evaluate(x, target)?;
            metric.record(&mut state, target, &y);
            weighted(loss, weight)
        });
        losses.add(loss.ok_or(FitError::Unreadable(index))?.map_err(|error| FitError::Validation(index, error))?);
    }
    Ok(losses.mean().map(|loss| Score { loss, metric: metric.value(&state) }))
}

/// What a step would return of this loss.
fn weighted<T: Scalar>(loss: T, weight: Option<f32>) -> Result<T, StepError> {
    let Some(weight) = weight else { return Ok(loss) };
    if !weight.is_finite() || weight < 0.0 {
        return Err(StepError::Weight);
    }
    let loss = loss * T::from_f32(weight);
    if loss.is_finite() { Ok(loss) } else { Err(StepError::Loss) }
}
