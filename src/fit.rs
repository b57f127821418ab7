//! The loop around the steps: epochs in random order, a validation, the best weights, another start.
//!
//! On a chip, trainer and room for the best network are two `static`s, and of the samples one is in memory at a time:
//!
//! ```
//! use core::ops::ControlFlow;
//! use downhill::init::{Generator, Xavier};
//! use downhill::schedule::Cosine;
//! use downhill::fit::{Data, FitError};
//! use downhill::metrics::R2;
//! use downhill::{Best, Dense, Fit, Samples, Sgd, SquaredError, Trainer};
//!
//! type Net = (Dense<4, 8>, Dense<8, 1>);
//!
//! fn adapt(
//!     trainer: &mut Trainer<Net, SquaredError, Sgd>,
//!     best: &mut Best<Net>,
//!     flash: &impl Samples<Input = [f32; 4], Target = [f32; 1]>,
//! ) -> Result<(), FitError> {
//!     trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
//!     let flash = flash.every(100, || { /* watchdog.feed(); */ });
//!     let (train, validation) = flash.hold_out(flash.len() / 5, 1);
//!     let fit = Fit { patience: Some(10), ..Fit::new(100, Cosine::new(0.5, 100)).measured_by(R2) };
//!     fit.run(trainer, Data::new(&train).validated_on(&validation).keeping(best), |_, epoch| {
//!         // defmt::info!("{}", epoch);
//!         if epoch.decisive() < 1e-4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
//!     })?;
//!     Ok(()) // The trainer has the weights of the best epoch, and the rate from before.
//! }
//! # let samples: [_; 50] = core::array::from_fn(|i| ([i as f32 / 50.0, 0.1, 0.2, 0.3], [i as f32 / 50.0]));
//! # let (mut trainer, mut best) = (Trainer::ZERO, Best::ZERO);
//! # adapt(&mut trainer, &mut best, &samples).unwrap();
//! # assert!(best.get().unwrap().1 < 0.01);
//! ```
//!
//! And on the host, with the best of three starts:
//!
//! ```
//! use std::ops::ControlFlow;
//! use downhill::init::{Generator, TruncatedNormal};
//! use downhill::fit::Data;
//! use downhill::schedule::Constant;
//! use downhill::{Best, Dense, Fit, Sgd, SquaredError, Trainer};
//!
//! type Net = (Dense<2, 3>, Dense<3, 1>);
//!
//! let samples = vec![([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
//! let mut trainer = Trainer::<Net, SquaredError, Sgd>::ZERO;
//! let mut best = Best::ZERO;
//! let fit = Fit::new(5000, Constant(0.5));
//! let start = |trainer: &mut Trainer<_, _, _>, seed| {
//!     trainer.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(seed)));
//! };
//! let outcome = fit.restarts(3, &mut trainer, start, Data::new(&samples[..]).keeping(&mut best), |_, epoch| {
//!     if epoch.number % 1000 == 0 {
//!         println!("epoch {}: loss {:.4}", epoch.number, epoch.loss);
//!     }
//!     ControlFlow::Continue(())
//! })?;
//! println!("best: {:?}", outcome.best);
//! assert!(trainer.predict(&[0.0, 1.0])[0] > 0.9);
//! # Ok::<(), downhill::fit::FitError>(())
//! ```
//!
//! Samples without an order of their own come from [`Samples`]; those that arrive one after the other, as from a
//! sensor, are an iterator: [`Fit::stream`], or [`epoch`] for one pass. [`evaluate`] measures a network on a test set.
//! Weights by class or by sample belong to the samples ([`Samples::weighted`]), and so does a function that is called after
//! every `n` of them ([`Samples::every`]).
//!
//! Where the loss does not fall: `docs/when-it-does-not-learn.md` in the repository has the usual causes.

mod best;
mod data;
mod drive;
mod epoch;
mod measured;
mod report;

pub use best::Best;
pub use data::{Data, Keep, NoSamples, Validate};
pub use epoch::{Score, epoch, evaluate, shuffled_epoch};
pub use report::{End, Epoch, Outcome};

use core::ops::ControlFlow;

pub use crate::error::FitError;
use crate::learner::Learner;
use crate::metrics::{Argmax, Metric};
use crate::samples::{Sample, Samples};
use crate::schedule::Schedule;
use measured::Measured;

/// How to train: the plan of a loop over epochs. `S` is the [`Schedule`], each run of which starts from the one here, and
/// `M` the [`Metric`] by which the network is measured beside the loss: set it with [`measured_by`](Fit::measured_by).
///
/// Each epoch sets the learning rate, learns once from each sample, ends the last batch, measures the network, and then
/// calls back, with the trainer and the [`Epoch`]; the callback ends the fit with [`ControlFlow::Break`]. It may use the
/// trainer, to predict for example, but what it changes is changed.
///
/// # What is kept
///
/// Epochs are compared by the loss on the validation samples. A [`Best`], if given, keeps the weights of the best epoch,
/// or those that entered the fit if no epoch was better than they are ([`entering`](Fit::entering)). Whatever ends the
/// fit, an error too, the trainer has these weights then, and what the optimiser kept for others is
/// [cleared](Learner::clear). Without a [`Best`] it has the weights after the last step. So with a [`Best`] a network
/// never leaves a fit with a higher loss on the validation samples than it came with.
///
/// Without validation samples (`&[]`), what decides is the loss on the training samples after the epoch, if there is a
/// [`Best`]: one more pass over them, about a third of an epoch's time. Without a [`Best`] nothing is measured, and the
/// mean of the training losses decides, each of which is that of other weights.
///
/// The optimiser has the learning rate from before the fit again: the schedule's is for the fit alone. Set another with
/// [`Learner::set_rate`].
///
/// The same seed gives the same bits. The order of the samples and the masks of [`Dropout`](crate::Dropout) depend on
/// it: a fit that goes on where another has ended needs another seed for other ones.
///
/// # Weights
///
/// Of [`weighted`](Samples::weighted) samples, loss and gradient are multiplied by their weight. Means are over the
/// number of samples, not over the sum of the weights: see [`Trainer::step_weighted`](crate::Trainer::step_weighted).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fit<S, M = Argmax> {
    /// The largest number of epochs.
    pub epochs: u32,
    /// The number of epochs in a row without a better loss after which the fit ends ("early stopping"); 0 counts as 1. With
    /// `None` all epochs are done.
    pub patience: Option<u32>,
    /// `patience` begins to count anew when a loss is lower by more than this than the last loss for which it did: 0 or
    /// more. What a [`Best`] keeps does not depend on it.
    pub min_delta: f32,
    /// Whether the network that enters the fit is measured before the first epoch, and is the best until an epoch is
    /// better. Where nothing is measured after the epochs either, it is not.
    pub entering: bool,
    /// Decides the order of the samples, which is another in each epoch, and the masks of [`Dropout`](crate::Dropout).
    pub seed: u32,
    /// The learning rate of each epoch. It goes before the optimiser's own, which
    /// [`OwnRate`](crate::schedule::OwnRate) keeps.
    pub schedule: S,
    /// What is computed beside the loss: [`Argmax`], [`Threshold`](crate::metrics::Threshold) and others of
    /// [`metrics`](crate::metrics).
    pub metric: M,
}

impl<S> Fit<S> {
    /// `epochs` epochs at the rates of `schedule`, without early stopping, with the seed 1. The network that enters is a
    /// candidate, and the metric is the accuracy of a classifier with an output per class.
    pub const fn new(epochs: u32, schedule: S) -> Self {
        Self { epochs, patience: None, min_delta: 0.0, entering: true, seed: 1, schedule, metric: Argmax }
    }
}

impl<S, M> Fit<S, M> {
    /// The same fit with another metric:
    ///
    /// ```
    /// # use downhill::schedule::Constant;
    /// use downhill::Fit;
    /// use downhill::metrics::Threshold;
    ///
    /// let fit = Fit { patience: Some(10), ..Fit::new(100, Constant(0.1)).measured_by(Threshold) };
    /// # assert_eq!(fit.metric, Threshold);
    /// ```
    pub fn measured_by<Other>(self, metric: Other) -> Fit<S, Other> {
        let Self { epochs, patience, min_delta, entering, seed, schedule, metric: _ } = self;
        Fit { epochs, patience, min_delta, entering, seed, schedule, metric }
    }

    /// Trains on samples in random order.
    ///
    /// Samples that wait in a [`Batch`](crate::Batch) when the fit begins belong to its first batch, unless they are
    /// [discarded](Learner::discard) before.
    ///
    /// # Errors
    /// The first step that is refused, or sample that can't be read, ends the fit; see [`FitError`].
    pub fn run<'a, T>(
        &self,
        trainer: &mut T,
        data: Data<
            &(impl Samples<Input = T::Input, Target = T::Output> + ?Sized),
            impl Validate<T::Input, T::Output>,
            impl Keep<'a, T::Network>,
        >,
        on_epoch: impl FnMut(&mut T, &Epoch<T::Scalar>) -> ControlFlow<()>,
    ) -> Result<Outcome<T::Scalar>, FitError>
    where
        T: Learner<Network: Copy + 'a>,
        S: Schedule<T::Scalar> + Clone,
        M: Metric<T::Scalar, T::Output>,
    {
        let Data { train, validation, best } = data;
        let validation = validation.samples();
        let mut best = best.best();
        if let Some(best) = &mut best {
            best.clear();
        }
        let measured = Measured { validation: &validation, training: best.is_some().then_some(train) };
        let entering = if self.entering { measured.enter(trainer, &self.metric, best.as_deref_mut())? } else { None };
        let learn = |trainer: &mut T, _, key| shuffled_epoch(trainer, train, key);
        self.drive(trainer, (self.seed, entering), learn, &measured, best, on_epoch).result()
    }

    /// Trains on samples in the order in which they arrive, [`Data::stream`]: each epoch is an iterator over
    /// `(inputs, target)`, `(inputs, target, weight)`, or references to such a [`Sample`].
    ///
    /// These samples cannot be read a second time, so the network can't be measured on them: a [`Best`] needs validation
    /// samples.
    ///
    /// # Errors
    /// The first step that is refused ends the fit, and an epoch without samples does; see [`FitError`].
    /// [`FitError::NoValidation`] if there is a [`Best`], and no validation sample.
    pub fn stream<'a, T, I>(
        &self,
        trainer: &mut T,
        data: Data<impl FnMut(u32) -> I, impl Validate<T::Input, T::Output>, impl Keep<'a, T::Network>>,
        on_epoch: impl FnMut(&mut T, &Epoch<T::Scalar>) -> ControlFlow<()>,
    ) -> Result<Outcome<T::Scalar>, FitError>
    where
        T: Learner<Network: Copy + 'a>,
        S: Schedule<T::Scalar> + Clone,
        M: Metric<T::Scalar, T::Output>,
        I: IntoIterator<Item: Sample<T::Input, T::Output>>,
    {
        let Data { train: mut samples, validation, best } = data;
        let validation = validation.samples();
        let mut best = best.best();
        if let Some(best) = &mut best {
            best.clear();
            if validation.is_empty() {
                return Err(FitError::NoValidation);
            }
        }
        let measured = Measured { validation: &validation, training: None::<&[(T::Input, T::Output)]> };
        let entering = if self.entering { measured.enter(trainer, &self.metric, best.as_deref_mut())? } else { None };
        let learn = |trainer: &mut T, number, _| epoch(trainer, samples(number));
        self.drive(trainer, (self.seed, entering), learn, &measured, best, on_epoch).result()
    }

    /// [`run`](Fit::run)s several times, from new weights each time, and keeps the best network of all: gradient
    /// descent ends in the valley that it starts in.
    ///
    /// `start` makes the trainer ready for a run, and gets its seed, `self.seed` and those that follow. Returns the
    /// outcome of the run that the best network comes from. A callback that breaks ends all.
    ///
    /// The network that enters, before the first `start`, is a candidate ([`entering`](Fit::entering)), and those that
    /// `start` makes are not. If it is better than all epochs of all runs, the outcome is that of the first run that
    /// has not failed, and has no best epoch; [`Epoch::best`], which compares the epochs of a run, may have been true. The
    /// optimiser is in each case the one of the last `start`, with its rate.
    ///
    /// A run that fails, as one that diverges does, counts as far as it came, and the next one begins.
    ///
    /// # Errors
    /// That of the last run that failed, if none has completed an epoch; [`FitError::NoSamples`] also if there are no
    /// runs.
    pub fn restarts<'a, T>(
        &self,
        runs: u32,
        trainer: &mut T,
        mut start: impl FnMut(&mut T, u32),
        data: Data<
            &(impl Samples<Input = T::Input, Target = T::Output> + ?Sized),
            impl Validate<T::Input, T::Output>,
            &'a mut Best<T::Network>,
        >,
        mut on_epoch: impl FnMut(&mut T, &Epoch<T::Scalar>) -> ControlFlow<()>,
    ) -> Result<Outcome<T::Scalar>, FitError>
    where
        T: Learner<Network: Copy + 'a>,
        S: Schedule<T::Scalar> + Clone,
        M: Metric<T::Scalar, T::Output>,
    {
        let Data { train, validation, best } = data;
        let validation = validation.samples();
        best.clear();
        let measured = Measured { validation: &validation, training: Some(train) };
        let entering = if self.entering { measured.enter(trainer, &self.metric, Some(&mut *best))? } else { None };
        let mut won = Err(FitError::NoSamples);
        for run in 0..runs {
            let seed = self.seed.wrapping_add(run);
            let before = best.get().map(|(_, loss)| loss);
            start(trainer, seed);
            let learn = |trainer: &mut T, _, key| shuffled_epoch(trainer, train, key);
            let outcome = self.drive(trainer, (seed, None), learn, &measured, Some(best), &mut on_epoch);
            let outcome = Outcome { entering, ..outcome };
            if best.get().map(|(_, loss)| loss) != before {
                won = Ok(outcome);
            } else if won.is_err() {
                won = Outcome { best: None, ..outcome }.result();
            }
            if outcome.end == End::Stopped {
                break;
            }
        }
        won
    }
}

impl<T> Outcome<T> {
    /// A failure as an error.
    fn result(self) -> Result<Self, FitError> {
        if let End::Failed(error) = self.end { Err(error) } else { Ok(self) }
    }
}
