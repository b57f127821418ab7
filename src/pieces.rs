//! A step or a prediction that can be interrupted: it does a bounded piece of work per call, so that a watchdog, a
//! radio or an executor stays alive during a long one.
//!
//! ```
//! use downhill::pieces::Progress;
//! # use downhill::init::{Generator, TruncatedNormal};
//! use downhill::{Dense, Sgd, SquaredError, Trainer};
//!
//! let mut trainer = Trainer::<(Dense<64, 32>, Dense<32, 10>), SquaredError, Sgd>::new();
//! # trainer.start(Sgd::new(0.3), &mut TruncatedNormal(Generator::new(1)));
//! # let (x, target, mut calls) = ([0.5; 64], [0.01; 10], 0);
//! # let mut feed_the_watchdog = || calls += 1;
//! let mut step = trainer.step_in_pieces(&x, &target);
//! let loss = loop {
//!     match step.run(1000)? { // at most 1000 MACs, then it returns
//!         Progress::More => feed_the_watchdog(), // or, in an async function, yield_now().await
//!         Progress::Done(loss) => break loss,
//!     }
//! };
//! # drop(step);
//! # assert!(loss > 0.0 && calls == 7, "{calls}");
//!
//! let mut prediction = trainer.predict_in_pieces(&x);
//! let outputs = loop {
//!     if let Progress::Done(outputs) = prediction.run(1000) { break outputs }
//! };
//! # assert!(outputs[0] > 0.0);
//! # Ok::<(), downhill::StepError>(())
//! ```
//!
//! A budget of 300 or 1000 is a good start. The results have the bits of [`Trainer::step`] and [`Trainer::predict`],
//! whatever the budget of each call: a piece continues where the last one stopped, after a row of weights or after an
//! element of the outputs, so that the order of sums is the same.
//!
//! # What is left of a step that is dropped
//!
//! First the outputs, the loss and the deltas are computed and checked, in memory of the trainer that is used for
//! nothing else. Only then the weights are written. A [`Step`] that is dropped before that leaves the weights, the
//! slots and the optimiser unchanged; only the generators of [`Dropout`](crate::Dropout) have advanced. A step that is
//! dropped later, when [`Step::is_writing`] is true, is finished by `drop` in one call; it can no longer fail. So the
//! weights are the old ones or the new ones, never a mixture, except after [`core::mem::forget`], which prevents the
//! drop.
//!
//! # What a MAC is
//!
//! The unit of work is one multiplication with its addition. Other work is counted in multiples of it, rounded up:
//! [`ACTIVATION`], [`DERIVATIVE`] and [`DROPOUT`] per element, [`Loss::MACS`] per output, [`Optimizer::MACS`] per
//! parameter.
//!
//! The time of a MAC depends on the chip and on the loop. A call of `run(1000)` on 64-32-10 with `Sgd` took at most
//! 3,900 instructions on an emulated Cortex-M4F at `opt-level = 3`, 7,400 at `s`, and 230,000 on a Cortex-M0, whose
//! floating point is software; on 784-100-10 at `s`, where sending back short rows is slow, 14,000. In addition, each
//! call takes about 370 instructions (600 at `s`) for two layers to find the place where the last call stopped: with
//! `run(300)`, a step of 64-32-10 takes 24 calls and 26,400 instructions, an uninterrupted step 17,500. So budgets of a
//! few hundred are sensible, and 1 is possible.
//!
//! Some pieces can't be split: a row of weights, a softmax, a loss, the norm of a gradient, all of
//! [`ErrorShare`](crate::ErrorShare)'s shares in a layer. [`Trainer::LARGEST_PIECE`] bounds them. A call does at most
//! as much as its budget, or one such piece.

mod prediction;

use core::slice::from_ref;

pub use prediction::Prediction;

use crate::error::StepError;
use crate::kernel::{self, Magnitude};
use crate::layer::{Layer, Mode, Trace, first, first_mut, visit_slots};
use crate::loss::Loss;
use crate::optimizer::{Collect, Optimizer, Sum};
use crate::refuse::refuse;
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::trainer::Trainer;
use crate::trainer::gradient::{self, add_squares};
pub use crate::work::{ACTIVATION, DERIVATIVE, DROPOUT, Progress};
use crate::work::{Budget, SHARE, Work, max};

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize> Trainer<N, L, P, B, R> {
    /// A bound of the largest piece of a [`step_in_pieces`](Trainer::step_in_pieces) or
    /// [`predict_in_pieces`](Trainer::predict_in_pieces) that can't be split, in [MACs](crate::pieces#what-a-mac-is).
    pub const LARGEST_PIECE: usize = max(&[
        ACTIVATION,
        DROPOUT,
        N::SIZES.row,
        N::SIZES.learns * (P::MACS + N::SIZES.pairs - 1),
        N::SIZES.whole * ACTIVATION,
        if R::BY_ROW { 0 } else { N::SIZES.weights * SHARE },
        N::Output::LENGTH * L::MACS,
        Self::NORM,
    ]);

    /// The cost of the norm of a gradient, and of what depends on it.
    const NORM: usize = ACTIVATION + if P::NORMS { 2 * N::SIZES.vectors } else { 0 };

    /// [`step`](Trainer::step) in pieces: [`Step::run`] does them.
    pub fn step_in_pieces<'a>(&'a mut self, x: &'a N::Input, target: &'a N::Output) -> Step<'a, N, L, P, B, R> {
        self.seed_once();
        let (zero, one) = (N::Scalar::ZERO, N::Scalar::ONE);
        Step {
            trainer: self,
            x,
            target,
            weight: None,
            phase: Phase::Errors,
            loss: zero,
            finite: zero,
            magnitudes: [one, zero],
            norm: (zero, one),
            work: Work::NEW,
        }
    }

    /// [`predict`](Trainer::predict) in pieces: [`Prediction::run`] does them. Dropping the prediction does no harm.
    pub fn predict_in_pieces<'a>(&'a mut self, x: &'a N::Input) -> Prediction<'a, N, B> {
        let Self { network, tape, state, outputs, .. } = self;
        Prediction { network, tape, state, y: first_mut(outputs, 1), x, work: Work::NEW }
    }
}

/// A training step under way, from [`Trainer::step_in_pieces`].
#[must_use = "a step does nothing unless it is run"]
pub struct Step<'a, N: Layer, L: Loss, P: Optimizer<N::Scalar>, const B: usize, R: Rule> {
    trainer: &'a mut Trainer<N, L, P, B, R>,
    x: &'a N::Input,
    target: &'a N::Output,
    weight: Option<N::Scalar>,
    phase: Phase<N::Scalar>,
    loss: N::Scalar,
    /// 0 if all weighted sums are finite, so far.
    finite: N::Scalar,
    /// The [`Magnitude`] of the inputs of all layers, that of a bias included, and of their deltas, so far.
    magnitudes: [N::Scalar; 2],
    /// The squared norm of what was collected, so far, and what the values were multiplied by.
    norm: (N::Scalar, N::Scalar),
    work: Work,
}

/// The phase of a step.
#[derive(Clone, Copy)]
enum Phase<T> {
    /// Computes outputs, loss and deltas.
    Errors,
    /// Drops what another optimiser has collected.
    Discard,
    /// Begins the update of the optimiser.
    Begin,
    /// Updates the weights; the number is the factor that makes a sum of gradients the gradient.
    Update(T),
    /// Computes the norm of what was collected.
    Finish,
    /// Updates the weights from what was collected.
    Apply,
    /// The step has ended; true if it has succeeded.
    Over(bool),
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize> Step<'_, N, L, P, B, R> {
    /// Multiplies the loss and the gradient of the sample by `weight`, as [`Trainer::step_weighted`] does. Call it
    /// before the first [`run`](Step::run).
    pub fn weighted(mut self, weight: N::Scalar) -> Self {
        self.weight = Some(weight);
        self
    }

    /// Does at most `macs` more [MACs](crate::pieces#what-a-mac-is), or one piece that is larger. Returns the loss
    /// before the update when all is done.
    ///
    /// # Errors
    /// Those of [`Trainer::step`], in the call that finds the fault, which ends the step. [`StepError::Over`] if the
    /// step had ended before. The weights are unchanged.
    pub fn run(&mut self, macs: usize) -> Result<Progress<N::Scalar>, StepError> {
        self.work.resume(macs);
        loop {
            let next = match self.phase {
                Phase::Errors => self.errors(),
                // Only an optimiser that collects reaches these three.
                Phase::Discard | Phase::Finish | Phase::Apply if !P::Sum::COLLECTS => Ok(Phase::Over(true)),
                Phase::Discard => Ok(self.discard()),
                Phase::Begin => Ok(self.begin()),
                Phase::Update(scale) => Ok(self.update(scale)),
                Phase::Finish => Ok(self.finish()),
                Phase::Apply => Ok(self.apply()),
                Phase::Over(_) => Err(StepError::Over),
            };
            match next {
                Err(error) => {
                    let ended = core::mem::replace(&mut self.phase, Phase::Over(false));
                    let Trainer { network, optimizer, .. } = &*self.trainer;
                    // A step that is refused for its hyperparameters has drawn no random numbers.
                    let drawn = matches!(ended, Phase::Errors) && network.check().is_ok() && optimizer.check().is_ok();
                    return Err(if drawn { self.trainer.refused(error) } else { error });
                }
                // The next phase is not entered while work is paused.
                Ok(_) if self.work.paused => return Ok(Progress::More),
                Ok(phase) => {
                    self.phase = phase;
                    self.work.restart();
                }
            }
            if let Phase::Over(true) = self.phase {
                return Ok(Progress::Done(self.loss));
            }
        }
    }

    /// Whether the weights are being written, so that dropping the step would finish it.
    pub fn is_writing(&self) -> bool {
        !matches!(self.phase, Phase::Errors | Phase::Over(_))
    }

    /// The network, for a prediction between two calls of [`run`](Step::run), with a
    /// [`Workspace`](crate::predictor::Workspace): the outputs of the trainer belong to the step.
    ///
    /// Until [`is_writing`](Step::is_writing), its weights are those from before the step. From then on until
    /// [`Progress::Done`] they are a mixture: some layers have new weights, others old ones, and one layer may have
    /// rows of both. (A [`Batch`](crate::Batch) does not change them until its last sample.) Outputs of a mixture are
    /// those of no trained network: predict before the writing begins, or after the step has ended.
    pub fn network(&self) -> &N {
        &self.trainer.network
    }

    /// What the last call of [`run`](Step::run) has done, in [MACs](crate::pieces#what-a-mac-is).
    pub fn spent(&self) -> usize {
        self.work.spent
    }

    fn errors(&mut self) -> Result<Phase<N::Scalar>, StepError> {
        let Trainer { network, optimizer, tape, state, outputs, errors, .. } = &mut *self.trainer;
        let (x, y, errors) = (from_ref(self.x), first_mut(outputs, 1), first_mut(errors, 1));
        let work = &mut self.work;
        let linked = Trainer::<N, L, P, B, R>::LINKED;
        let value = N::Output::LENGTH * L::MACS;
        if work.one(ACTIVATION) {
            network.check()?;
            optimizer.check()?;
        }

        self.finite += network.forward(x, y, tape, state, Mode::Train, work);
        let target = self.target.flat();
        if linked && work.one(value) {
            self.loss = L::linked_value(N::Output::numbers(y), target);
        }
        self.finite += N::activate(y, work);
        if !linked && work.one(value) {
            self.loss = L::value(N::Output::numbers(y), target);
        }
        if work.one(value) {
            let gradient = if linked { L::linked_gradient } else { L::gradient };
            gradient(N::Output::numbers(y), target, N::Output::numbers_mut(errors));
        }
        if work.one(N::Output::LENGTH) {
            if !self.finite.is_finite() || !self.loss.is_finite() || !L::accepts(target) {
                return Err(refuse::<L, _, _>(x, from_ref(self.target), self.loss));
            }
            if let Some(weight) = self.weight {
                self.loss = self.trainer.weigh(self.loss, weight)?;
            }
        }

        let Trainer { network, tape, outputs, deltas, errors, .. } = &mut *self.trainer;
        let (y, errors) = (first(outputs, 1), first_mut(errors, 1));
        let [inputs_magnitude, deltas_magnitude] = self.magnitudes.each_mut();
        let now = gradient::deltas::<N, R, _, B>(network, linked, x, y, errors, tape, deltas, work)?;
        join(deltas_magnitude, now);
        N::gradient(Trace { x, y, errors, tape }, deltas, false, &mut |pairs| {
            if let Some(range) = if pairs.bounded { None } else { work.take(pairs.x.len(), 1) } {
                let magnitude = kernel::magnitude(Work::part(pairs.x, range));
                join(inputs_magnitude, gradient::sum_of(&pairs, magnitude));
            }
            if pairs.count > 1 && work.one(1) {
                join(inputs_magnitude, gradient::sum_of(&pairs, N::Scalar::ONE));
            }
        });
        if work.one(ACTIVATION) && !gradient::is_small(*inputs_magnitude, *deltas_magnitude, -N::Scalar::ZERO) {
            self.trainer.examine(x)?;
        }
        if let Some(limit) = self.trainer.optimizer.sample_limit() {
            if work.one(Trainer::<N, L, P, B, R>::NORM) {
                self.trainer.limit(from_ref(self.x), limit);
            }
        }
        Ok(if P::Sum::COLLECTS && self.trainer.optimizer.is_new() { Phase::Discard } else { Phase::Begin })
    }

    fn discard(&mut self) -> Phase<N::Scalar> {
        let Trainer { network, sums, .. } = &mut *self.trainer;
        visit_slots(network, sums, &mut |layer| {
            for sums in [layer.weight_slots, layer.bias_slots] {
                if let Some(range) = self.work.take(sums.len(), 1) {
                    Work::part_mut(sums, range).fill_with(|| Zero::ZERO);
                }
            }
        });
        Phase::Begin
    }

    fn begin(&mut self) -> Phase<N::Scalar> {
        let Trainer { optimizer, tape, outputs, deltas, errors, .. } = &mut *self.trainer;
        if !self.work.one(Trainer::<N, L, P, B, R>::NORM) {
            return Phase::Begin;
        }
        let trace = Trace { x: from_ref(self.x), y: first(outputs, 1), errors: first(errors, 1), tape };
        Phase::Update(optimizer.begin(1, || gradient::norm::<N, B>(trace, deltas, None)))
    }

    fn update(&mut self, scale: N::Scalar) -> Phase<N::Scalar> {
        let Trainer { network, optimizer, slots, sums, tape, outputs, deltas, errors, .. } = &mut *self.trainer;
        let trace = Trace { x: from_ref(self.x), y: first(outputs, 1), errors: first(errors, 1), tape };
        if P::Sum::COLLECTS {
            network.update(trace, deltas, sums, &Collect::NEW, scale, &mut self.work);
        } else {
            network.update(trace, deltas, slots, optimizer, scale, &mut self.work);
        }
        if P::Sum::COLLECTS && optimizer.due() { Phase::Finish } else { Phase::Over(true) }
    }

    fn finish(&mut self) -> Phase<N::Scalar> {
        let Trainer { network, optimizer, sums, .. } = &mut *self.trainer;
        let ((square, scale), work) = (&mut self.norm, &mut self.work);
        if P::NORMS {
            visit_slots(network, sums, &mut |layer| {
                for sums in [layer.weight_slots, layer.bias_slots] {
                    if let Some(range) = work.take(sums.len(), 1) {
                        add_squares(square, P::Sum::values(Work::part_mut(sums, range)), *scale);
                    }
                }
            });
        }
        if !work.one(ACTIVATION) {
            return Phase::Finish;
        }
        let mut again = None;
        let norm =
            if P::NORMS { gradient::root(*square, *scale, |scale| again = Some(scale)) } else { N::Scalar::ZERO };
        if let Some(scale) = again {
            self.norm = (N::Scalar::ZERO, scale);
            return Phase::Finish;
        }
        optimizer.finish(|| norm);
        Phase::Apply
    }

    fn apply(&mut self) -> Phase<N::Scalar> {
        let Trainer { network, optimizer, slots, sums, .. } = &mut *self.trainer;
        network.apply(slots, sums, optimizer, &mut self.work);
        Phase::Over(true)
    }
}

/// Finishes a step that is writing, so that no weights are left half written.
impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize> Drop for Step<'_, N, L, P, B, R> {
    fn drop(&mut self) {
        if self.is_writing() {
            // A budget may be used up: with 16-bit addresses, it is 65,535 MACs at most.
            while matches!(self.run(usize::MAX), Ok(Progress::More)) {}
        }
    }
}

/// Includes `now` in a magnitude.
fn join<T: Scalar>(magnitude: &mut T, now: T) {
    let mut both = Magnitude::new(*magnitude);
    both.join(now);
    *magnitude = both.number();
}
