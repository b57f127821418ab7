//! Once through all samples: to learn from them, or to see how good a network is.

use core::borrow::Borrow;

use super::FitError;
use crate::encode::class;
use crate::layer::Layer;
use crate::loss::Loss;
use crate::optimizer::{Optimizer, mean};
use crate::permutation::Permutation;
use crate::rule::Rule;
use crate::samples::Samples;
use crate::scalar::{Scalar, Zero};
use crate::trainer::{StepError, Trainer};

/// How good a network is on some samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Score<T = f32> {
    /// The mean of the samples' losses.
    pub loss: T,
    /// The fraction of samples whose class is predicted: the largest output is where the largest target is. With one
    /// output, both lie on the same side of 1/2. Only a classifier has such a number; of others, it means nothing.
    pub accuracy: f32,
}

/// Learns once from each of the items of an iterator, in its order, and ends the last [`Batch`](crate::Batch). Items
/// are samples or references to samples, `(inputs, target)`. Returns the mean of the losses, each before its update:
/// their sum in this order, times 1 / n.
///
/// ```
/// # use downhill::init::{Generator, Xavier};
/// # use downhill::{fit, Dense, Sgd, SquaredError, Trainer};
/// # let mut trainer = Trainer::<(Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd>::ZERO;
/// # trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
/// # let mut sensor = || ([0.1, 0.2], [0.3]);
/// let loss = fit::epoch(&mut trainer, core::iter::repeat_with(|| sensor()).take(100))?;
/// # Ok::<(), fit::FitError>(())
/// ```
///
/// # Errors
/// The first step that is refused ends the epoch; see [`FitError`]. Samples count from 0 in the order of the iterator.
pub fn epoch<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, R, B>,
    samples: impl IntoIterator<Item: Borrow<(N::Input, N::Output)>>,
) -> Result<N::Scalar, FitError> {
    let mut sum = Sum::new();
    for sample in samples {
        let (x, target) = sample.borrow();
        sum.add(sum.samples, trainer.step(x, target))?;
    }
    trainer.flush().map_err(FitError::Batch)?;
    sum.mean().ok_or(FitError::NoSamples)
}

/// [`epoch`] over samples in an order that follows from the seed, the one of [`Permutation`].
///
/// # Errors
/// The first step that is refused, or sample that can't be read, ends the epoch; see [`FitError`]. Samples are named by
/// their index.
pub fn shuffled_epoch<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, R, B>,
    samples: &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
    seed: u32,
) -> Result<N::Scalar, FitError> {
    let order = Permutation::new(samples.len(), seed);
    let mut sum = Sum::new();
    for index in (0..order.len()).filter_map(|position| order.get(position)) {
        let loss = samples.with(index, |x, target| trainer.step(x, target));
        sum.add(index, loss.ok_or(FitError::Unreadable(index))?)?;
    }
    trainer.flush().map_err(FitError::Batch)?;
    sum.mean().ok_or(FitError::NoSamples)
}

/// The score of a network on samples, in their order; `None` if there are none. Nothing is learnt.
///
/// # Errors
/// [`FitError::Validation`] if an input, a target or a loss is refused, as by [`Trainer::loss`];
/// [`FitError::Unreadable`] if a sample can't be read.
pub fn evaluate<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, R, B>,
    samples: &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
) -> Result<Option<Score<N::Scalar>>, FitError> {
    let mut sum = Sum::new();
    let mut correct = 0;
    for index in 0..samples.len() {
        let loss = samples.with(index, |x, target| {
            let (loss, y) = trainer.evaluate(x, target)?;
            correct += usize::from(agree(y.as_ref(), target.as_ref()));
            Ok(loss)
        });
        let loss = loss.ok_or(FitError::Unreadable(index))?;
        sum.add(index, Ok(loss.map_err(|error| FitError::Validation(index, error))?))?;
    }
    #[allow(clippy::cast_precision_loss)]
    let accuracy = correct as f32 / sum.samples as f32;
    Ok(sum.mean().map(|loss| Score { loss, accuracy }))
}

/// Whether output and target speak for the same class.
fn agree<T: Scalar>(y: &[T], target: &[T]) -> bool {
    if let (&[y], &[target]) = (y, target) {
        let half = T::from_f32(0.5);
        (y > half) == (target > half)
    } else {
        class(y) == class(target)
    }
}

/// The losses of some samples.
struct Sum<T> {
    loss: T,
    samples: usize,
}

impl<T: Scalar> Sum<T> {
    const fn new() -> Self {
        Self { loss: Zero::ZERO, samples: 0 }
    }

    fn add(&mut self, index: usize, loss: Result<T, StepError>) -> Result<(), FitError> {
        self.loss += loss.map_err(|error| FitError::Step(index, error))?;
        self.samples = self.samples.saturating_add(1);
        Ok(())
    }

    fn mean(&self) -> Option<T> {
        (self.samples > 0).then(|| self.loss * mean(self.samples))
    }
}
