//! The loop around the steps: epochs in random order, a validation, the best weights, another start.
//!
//! On a chip, trainer and room for the best network are two `static`s, and of the samples one is in memory at a time:
//!
//! ```
//! use core::ops::ControlFlow;
//! use downhill::init::{Generator, Xavier};
//! use downhill::schedule::Cosine;
//! use downhill::fit::FitError;
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
//!     let (train, validation) = flash.hold_out(flash.len() / 5, 1);
//!     let fit = Fit { patience: Some(10), ..Fit::new(100, Cosine::new(0.5, 100)) };
//!     fit.run(trainer, (&train, &validation), Some(best), |_, epoch| {
//!         // defmt::info!("{}", epoch); watchdog.feed();
//!         if epoch.decisive() < 1e-4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
//!     })?;
//!     Ok(()) // The trainer has the weights of the best epoch.
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
//! let outcome = fit.restarts(3, &mut trainer, start, (&samples[..], &[]), &mut best, |_, epoch| {
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

mod best;
mod epoch;
mod report;

use best::below;

pub use best::Best;
pub use epoch::{Score, epoch, evaluate, shuffled_epoch};
pub use report::{End, Epoch, FitError, Outcome};

use core::borrow::Borrow;
use core::ops::ControlFlow;

use crate::init::{Generator, Random};
use crate::layer::Layer;
use crate::loss::Loss;
use crate::optimizer::Optimizer;
use crate::rule::Rule;
use crate::samples::Samples;
use crate::schedule::Schedule;
use crate::trainer::Trainer;

/// How to train: the plan of a loop over epochs. `S` is the [`Schedule`], each run of which starts from the one here.
///
/// Each epoch sets the learning rate, learns once from each sample, ends the last batch, measures the network on the
/// validation samples, and then calls back, with the trainer and the [`Epoch`]; the callback ends the fit with
/// [`ControlFlow::Break`]. It may use the trainer, to predict for example, but what it changes is changed.
///
/// Epochs are compared by the loss on the validation samples or, if there are none (`&[]`), by the mean training loss.
/// A [`Best`], if given, keeps the weights of the best epoch. Whatever ends the fit, an error too, the trainer has
/// these weights then, or, if there is no best epoch or no [`Best`], those after the last step. What the optimiser
/// keeps is that of the last step.
///
/// The same seed gives the same bits. The order of the samples and the masks of [`Dropout`](crate::Dropout) depend on
/// it: a fit that goes on where another has ended needs another seed for other ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fit<S> {
    /// The largest number of epochs.
    pub epochs: u32,
    /// The fit ends after so many epochs in a row that are not better than the best before them ("early stopping"); 0
    /// counts as 1. `None` waits for ever.
    pub patience: Option<u32>,
    /// Decides the order of the samples, which is another in each epoch, and the masks of [`Dropout`](crate::Dropout).
    pub seed: u32,
    /// The learning rate of each epoch.
    pub schedule: S,
}

impl<S> Fit<S> {
    /// So many epochs at the rates of `schedule`, without early stopping, with the seed 1.
    pub const fn new(epochs: u32, schedule: S) -> Self {
        Self { epochs, patience: None, seed: 1, schedule }
    }

    /// Trains on samples in random order, `(train, validation)`.
    ///
    /// # Errors
    /// The first step that is refused, or sample that can't be read, ends the fit; see [`FitError`].
    pub fn run<N, L, P, R, const B: usize>(
        &self,
        trainer: &mut Trainer<N, L, P, R, B>,
        (train, validation): (
            &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
            &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
        ),
        mut best: Option<&mut Best<N>>,
        on_epoch: impl FnMut(&mut Trainer<N, L, P, R, B>, &Epoch<N::Scalar>) -> ControlFlow<()>,
    ) -> Result<Outcome<N::Scalar>, FitError>
    where
        N: Layer + Copy,
        L: Loss,
        P: Optimizer<N::Scalar>,
        R: Rule,
        S: Schedule<N::Scalar> + Clone,
    {
        if let Some(best) = &mut best {
            best.clear();
        }
        let learn = |trainer: &mut Trainer<N, L, P, R, B>, _, key| shuffled_epoch(trainer, train, key);
        self.drive(trainer, self.seed, learn, validation, best, on_epoch).result()
    }

    /// Trains on what comes, in the order in which it comes: `samples` gives an iterator for each epoch, the first of
    /// which is 0, over samples or references to samples, `(inputs, target)`.
    ///
    /// # Errors
    /// The first step that is refused ends the fit, and an epoch without samples does; see [`FitError`].
    pub fn stream<N, L, P, R, const B: usize, I>(
        &self,
        trainer: &mut Trainer<N, L, P, R, B>,
        (mut samples, validation): (
            impl FnMut(u32) -> I,
            &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
        ),
        mut best: Option<&mut Best<N>>,
        on_epoch: impl FnMut(&mut Trainer<N, L, P, R, B>, &Epoch<N::Scalar>) -> ControlFlow<()>,
    ) -> Result<Outcome<N::Scalar>, FitError>
    where
        N: Layer + Copy,
        L: Loss,
        P: Optimizer<N::Scalar>,
        R: Rule,
        S: Schedule<N::Scalar> + Clone,
        I: IntoIterator<Item: Borrow<(N::Input, N::Output)>>,
    {
        if let Some(best) = &mut best {
            best.clear();
        }
        let learn = |trainer: &mut Trainer<N, L, P, R, B>, number, _| epoch(trainer, samples(number));
        self.drive(trainer, self.seed, learn, validation, best, on_epoch).result()
    }

    /// [`run`](Fit::run)s several times, from new weights each time, and keeps the best network of all: gradient
    /// descent ends in the valley that it starts in.
    ///
    /// `start` makes the trainer ready for a run, and gets its seed, `self.seed` and those that follow. Returns the
    /// outcome of the run that the best network comes from. A callback that breaks ends all.
    ///
    /// A run that fails, as one that diverges does, counts as far as it came, and the next one begins.
    ///
    /// # Errors
    /// That of the last run that failed, if none has completed an epoch; [`FitError::NoSamples`] also if there are no
    /// runs.
    pub fn restarts<N, L, P, R, const B: usize>(
        &self,
        runs: u32,
        trainer: &mut Trainer<N, L, P, R, B>,
        mut start: impl FnMut(&mut Trainer<N, L, P, R, B>, u32),
        (train, validation): (
            &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
            &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
        ),
        best: &mut Best<N>,
        mut on_epoch: impl FnMut(&mut Trainer<N, L, P, R, B>, &Epoch<N::Scalar>) -> ControlFlow<()>,
    ) -> Result<Outcome<N::Scalar>, FitError>
    where
        N: Layer + Copy,
        L: Loss,
        P: Optimizer<N::Scalar>,
        R: Rule,
        S: Schedule<N::Scalar> + Clone,
    {
        best.clear();
        let mut won = Err(FitError::NoSamples);
        for run in 0..runs {
            let seed = self.seed.wrapping_add(run);
            let before = best.get().map(|(_, loss)| loss);
            start(trainer, seed);
            let learn = |trainer: &mut Trainer<N, L, P, R, B>, _, key| shuffled_epoch(trainer, train, key);
            let outcome = self.drive(trainer, seed, learn, validation, Some(best), &mut on_epoch);
            if best.get().map(|(_, loss)| loss) != before {
                won = Ok(outcome);
            } else if won.is_err() {
                won = outcome.result();
            }
            if outcome.end == End::Stopped {
                break;
            }
        }
        won
    }

    /// The loop itself. `learn` gets the number of the epoch, from 0, and a seed for its order.
    fn drive<N, L, P, R, const B: usize>(
        &self,
        trainer: &mut Trainer<N, L, P, R, B>,
        seed: u32,
        mut learn: impl FnMut(&mut Trainer<N, L, P, R, B>, u32, u32) -> Result<N::Scalar, FitError>,
        validation: &(impl Samples<Input = N::Input, Target = N::Output> + ?Sized),
        mut best: Option<&mut Best<N>>,
        mut on_epoch: impl FnMut(&mut Trainer<N, L, P, R, B>, &Epoch<N::Scalar>) -> ControlFlow<()>,
    ) -> Outcome<N::Scalar>
    where
        N: Layer + Copy,
        L: Loss,
        P: Optimizer<N::Scalar>,
        R: Rule,
        S: Schedule<N::Scalar> + Clone,
    {
        let mut schedule = self.schedule.clone();
        let mut orders = Generator::new(seed);
        // Not the numbers of the orders.
        trainer.seed(!seed);
        let mut outcome = Outcome { seed, epochs: 0, best: None, end: End::Completed };
        let mut last = None;
        let mut waited = 0;
        for number in 0..self.epochs {
            let rate = schedule.rate(number, last);
            trainer.optimizer.set_rate(rate);
            let result =
                learn(trainer, number, orders.next_u32()).and_then(|loss| Ok((loss, evaluate(trainer, validation)?)));
            let (loss, score) = match result {
                Ok(result) => result,
                Err(error) => {
                    outcome.end = End::Failed(error);
                    break;
                }
            };
            outcome.epochs = number + 1;
            let mut epoch = Epoch { number: outcome.epochs, rate, loss, validation: score, best: false };
            let decisive = epoch.decisive();
            last = Some(decisive);
            epoch.best = below(decisive, outcome.best.as_ref().map(Epoch::decisive));
            if epoch.best {
                waited = 0;
                outcome.best = Some(epoch);
                if let Some(best) = &mut best {
                    best.keep(&trainer.network, decisive);
                }
            } else {
                waited += 1;
            }
            if on_epoch(trainer, &epoch).is_break() {
                outcome.end = End::Stopped;
                break;
            }
            if !epoch.best && self.patience.is_some_and(|patience| waited >= patience) {
                outcome.end = End::Patience;
                break;
            }
        }
        if let Some(best) = best {
            best.restore(&mut trainer.network);
        }
        outcome
    }
}

impl<T> Outcome<T> {
    /// A failure as an error.
    fn result(self) -> Result<Self, FitError> {
        if let End::Failed(error) = self.end { Err(error) } else { Ok(self) }
    }
}
