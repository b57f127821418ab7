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
//! # let (mut trainer, mut best) = (Trainer::new(), Best::new());
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
//! let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
//! let mut best = Best::new();
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
//! sensor, are an iterator: [`Data::stream`], or [`epoch`] for one pass. [`evaluate`] measures a network on a test set.
//! Weights by class or by sample belong to the samples ([`Samples::weighted`]), and so does a function that is called after
//! every `n` of them ([`Samples::every`]).
//!
//! Where the loss does not fall: `docs/when-it-does-not-learn.md` in the repository has the usual causes.

mod best;
mod data;
mod drive;
mod epoch;
mod report;
mod state;

pub use best::Best;
pub use data::{Data, Keep, Stream, Train, Validate, Validation};
pub use epoch::{Score, epoch, evaluate, shuffled_epoch};
pub use report::{End, Epoch, EpochOf, Outcome};
pub use state::State;

use core::ops::ControlFlow;

pub use crate::error::FitError;
use crate::learner::Learner;
use crate::metrics::{Argmax, Metric};
use crate::samples::Samples;
use crate::scalar::Scalar;
use crate::schedule::Schedule;

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
/// Without validation samples, what decides is the loss on the training samples after the epoch, if there is a
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
    /// Decides the order of the samples, which is another in each epoch, and the masks of [`Dropout`](crate::Dropout). It may be
    /// the seed that the first weights were drawn from.
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

    /// Trains on samples in random order, or on a [stream](Data::stream) in its own.
    ///
    /// Samples that wait in a [`Batch`](crate::Batch) when the fit begins belong to its first batch, unless they are
    /// [discarded](Learner::discard) before.
    ///
    /// # Errors
    /// The first step that is refused, or sample that can't be read, ends the fit; see [`FitError`].
    pub fn run<'a, T, D, V>(
        &self,
        learner: &mut T,
        data: Data<D, V, impl Keep<'a, T::Network>>,
        mut on_epoch: impl FnMut(&mut T, &EpochOf<T, V>) -> ControlFlow<()>,
    ) -> Result<Outcome<T::Scalar, V::Score>, FitError>
    where
        T: Learner<Network: Copy + 'a>,
        D: Train<T>,
        V: Validate<T>,
        S: Schedule<T::Scalar> + Clone,
        M: Metric<T::Scalar, T::Output>,
    {
        let mut state = self.state();
        let (mut train, validation, mut best) = data.parts();
        while let Some(epoch) = self.advance(&mut state, learner, &mut train, &validation, best.as_deref_mut())? {
            if on_epoch(learner, &epoch).is_break() {
                state.end(learner, best.as_deref());
                return Ok(state.outcome(End::Stopped));
            }
        }
        Ok(state.outcome(self.over(&state).unwrap_or(End::Stopped)))
    }

    /// The state of a fit of which no epoch is done, for [`epoch`](Fit::epoch).
    pub fn state<T: Scalar, V>(&self) -> State<S, T, V>
    where
        S: Clone,
    {
        State::new(self.seed, self.schedule.clone())
    }

    /// Does the next epoch of a fit, the first of which also begins it; `None` if there is none, because all are done or
    /// patience is at its end. Then the trainer has the best network, and its own learning rate, as after
    /// [`run`](Fit::run); to end the fit earlier, call [`end`](Fit::end).
    ///
    /// Between two epochs, a fit is what the state, the trainer and the [`Best`] hold. All are [`Storable`](crate::Storable):
    /// kept where a reset does not reach them, and read back, they go on with the same bits. The plan, this `Fit`, is to be the
    /// same. What is [`Frozen`](crate::Frozen) is not among the bytes: read into trainer and best that have it.
    ///
    /// ```
    /// # use downhill::init::{Generator, Xavier};
    /// # use downhill::schedule::Cosine;
    /// use downhill::fit::Data;
    /// use downhill::{Best, Dense, Fit, Sgd, SquaredError, Storable, Trainer};
    ///
    /// # type Net = (Dense<2, 3>, Dense<3, 1>);
    /// # let train = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
    /// # let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
    /// # trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
    /// # let mut best = Best::new();
    /// let fit = Fit::new(20, Cosine::new(0.5, 20));
    /// let data = Data::new(&train).validated_on(&train);
    /// let mut state = fit.state();
    /// while let Some(epoch) = fit.epoch(&mut state, &mut trainer, data.keeping(&mut best))? {
    ///     println!("epoch {}: loss {:.4}", epoch.number, epoch.validation.loss);
    ///     let kept = (bytes(&trainer), bytes(&best), bytes(&state)); // to flash
    ///
    ///     // After a reset:
    ///     (trainer, best, state) = (Trainer::new(), Best::new(), fit.state());
    ///     trainer.from_bytes(&kept.0)?;
    ///     best.from_bytes(&kept.1)?;
    ///     state.from_bytes(&kept.2)?;
    /// }
    ///
    /// fn bytes<S: Storable>(value: &S) -> Vec<u8> {
    ///     let mut bytes = vec![0; S::SIZE];
    ///     value.to_bytes(&mut bytes).expect("the size is that of the value");
    ///     bytes
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Fit::run). An epoch that fails ends the fit, as [`end`](Fit::end) does: those after it are `None`.
    pub fn epoch<'a, T, D, V>(
        &self,
        state: &mut State<S, T::Scalar, V::Score>,
        learner: &mut T,
        data: Data<D, V, impl Keep<'a, T::Network>>,
    ) -> Result<Option<EpochOf<T, V>>, FitError>
    where
        T: Learner<Network: Copy + 'a>,
        D: Train<T>,
        V: Validate<T>,
        S: Schedule<T::Scalar>,
        M: Metric<T::Scalar, T::Output>,
    {
        let (mut train, validation, best) = data.parts();
        self.advance(state, learner, &mut train, &validation, best)
    }

    /// Ends a fit before its time: the trainer gets the best network, and its own learning rate. Does nothing if the fit has not
    /// begun, or is at its end.
    pub fn end<'a, T, V: Copy>(
        &self,
        state: &mut State<S, T::Scalar, V>,
        learner: &mut T,
        best: impl Keep<'a, T::Network>,
    ) -> Outcome<T::Scalar, V>
    where
        T: Learner<Network: Copy + 'a>,
    {
        state.end(learner, best.best().as_deref());
        state.outcome(self.over(state).unwrap_or(End::Stopped))
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
    pub fn restarts<'a, T, D, V>(
        &self,
        runs: u32,
        learner: &mut T,
        mut start: impl FnMut(&mut T, u32),
        data: Data<&D, V, &'a mut Best<T::Network>>,
        mut on_epoch: impl FnMut(&mut T, &EpochOf<T, V>) -> ControlFlow<()>,
    ) -> Result<Outcome<T::Scalar, V::Score>, FitError>
    where
        T: Learner<Network: Copy + 'a>,
        D: Samples<Input = T::Input, Target = T::Output> + ?Sized,
        V: Validate<T>,
        S: Schedule<T::Scalar> + Clone,
        M: Metric<T::Scalar, T::Output>,
    {
        let Data { mut train, validation, best } = data;
        best.clear();
        validation.check()?;
        let entering = self.enter(learner, &train, &validation, Some(best))?;
        let mut won = Err(FitError::NoSamples);
        for run in 0..runs {
            let seed = self.seed.wrapping_add(run);
            let before = best.get().map(|(_, loss)| loss);
            start(learner, seed);
            let mut state = State::new(seed, self.schedule.clone());
            state.begin(learner, None);
            let end = loop {
                match self.advance(&mut state, learner, &mut train, &validation, Some(best)) {
                    Err(error) => break End::Failed(error),
                    Ok(None) => break self.over(&state).unwrap_or(End::Stopped),
                    Ok(Some(epoch)) if on_epoch(learner, &epoch).is_break() => {
                        state.end(learner, Some(best));
                        break End::Stopped;
                    }
                    Ok(Some(_)) => {}
                }
            };
            let outcome = Outcome { entering, ..state.outcome(end) };
            if best.get().map(|(_, loss)| loss) != before {
                won = Ok(outcome);
            } else if won.is_err() {
                won = Outcome { best: None, ..outcome }.result();
            }
            if end == End::Stopped {
                break;
            }
        }
        won
    }
}

impl<T, V> Outcome<T, V> {
    /// A failure as an error.
    fn result(self) -> Result<Self, FitError> {
        if let End::Failed(error) = self.end { Err(error) } else { Ok(self) }
    }
}
