//! The detector: its settings, and what it does with a sample.

use super::error::AnomalyError;
use super::state::State;
use crate::error::StepError;
use crate::learner::{Evaluate, Learner};
use crate::quantile::LIMIT;
use crate::scalar::{Scalar, smaller};

/// So many scores make a quantile that limits errors in the first half of a warm-up; in the second, that of the first does.
const FEW: u32 = 64;

/// Raises an alarm for samples that a learner reconstructs badly; see the [module](super).
///
/// These are the settings. The learner, which is any [`Learner`] whose targets are of the type of its inputs, and the [`State`]
/// are given to each call, so that they can be saved with each other: `(&mut trainer, &mut state)` is a
/// [`Checkpoint`](crate::Checkpoint).
///
/// The inputs should be scaled: the loss is a sum over all of them, and a constant part or a large one hides the others.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AnomalyDetector<T = f32> {
    /// The quantile of the scores that is the threshold, above 0 and below 1: of 0.99, one score in a hundred is above.
    pub quantile: T,
    /// How much a new error counts in the score, above 0 and at most 1: `score += fade (error - score)`. Lower values find
    /// anomalies that only some samples show, later.
    pub fade: T,
    /// The threshold is the quantile times this, positive. At 1, false alarms are as many as the quantile says.
    pub tolerance: T,
    /// The number of samples before the first alarm. The second half of them should have at least some `10 / (1 - quantile)`.
    pub warm_up: u32,
    /// The number of samples for which learning is stopped, because alarms are many, until a new warm-up begins. Never if 0.
    pub patience: u32,
    /// The number of scores in a block. The threshold is made of the last complete block, so that it follows a network that gets
    /// better. A block should have at least some `20 / (1 - quantile)`.
    pub block: u32,
}

/// What a detector tells of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Verdict<T = f32> {
    /// The loss of this sample alone.
    pub error: T,
    /// The faded error.
    pub score: T,
    /// What the score was compared with; `None` during a warm-up.
    pub threshold: Option<T>,
    /// Whether the score is above the threshold.
    pub alarm: bool,
    /// Whether the sample was learnt from.
    pub learnt: bool,
}

impl Default for AnomalyDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl AnomalyDetector {
    /// The 99 % quantile of scores with a fade of 1/4, as it is; a warm-up of 4000 samples, a patience of 20,000, blocks of
    /// 2000.
    pub const fn new() -> Self {
        Self { quantile: 0.99, fade: 0.25, tolerance: 1.0, warm_up: 4000, patience: 20_000, block: 2000 }
    }
}

impl<T: Scalar> AnomalyDetector<T> {
    /// Takes a sample: tells how unlike those before it is, and learns from it unless it should not; see the [module](super).
    ///
    /// Costs a prediction and, where it learns, a step.
    ///
    /// # Errors
    /// [`AnomalyError::Step`] if the learner refuses the sample, because it is not finite for instance; others if a setting is out
    /// of range. Neither the learner nor the state is changed then.
    pub fn step<L>(&self, learner: &mut L, state: &mut State<T>, x: &L::Input) -> Result<Verdict<T>, AnomalyError>
    where
        L: Learner<Scalar = T, Output = <L as Evaluate>::Input>,
    {
        let (next, verdict) = self.next(learner, state, x)?;
        if verdict.learnt {
            learner.step(x, x, None).map_err(AnomalyError::Step)?;
        }
        *state = next;
        Ok(verdict)
    }

    /// [`step`](AnomalyDetector::step) with a network that does not learn, in flash for example: a
    /// [`Predictor`](crate::Predictor::with_loss) with a loss. The threshold is learnt as there.
    ///
    /// # Errors
    /// As `step`.
    pub fn watch<E>(&self, network: &mut E, state: &mut State<T>, x: &E::Input) -> Result<Verdict<T>, AnomalyError>
    where
        E: Evaluate<Scalar = T, Output = <E as Evaluate>::Input>,
    {
        let (next, verdict) = self.next(network, state, x)?;
        *state = next;
        Ok(Verdict { learnt: false, ..verdict })
    }

    /// The state after the sample, and what is to be told of it, with [`Verdict::learnt`] for whether it should be learnt from.
    fn next<E>(&self, network: &mut E, state: &State<T>, x: &E::Input) -> Result<(State<T>, Verdict<T>), AnomalyError>
    where
        E: Evaluate<Scalar = T, Output = <E as Evaluate>::Input>,
    {
        self.check()?;
        let error = network.loss(x, x).map_err(AnomalyError::Step)?;
        let mut next = *state;
        next.block.aim(self.quantile);
        let warming = next.seen < self.warm_up;
        let known = next.served.or_else(|| next.block.value().filter(|_| next.block.count() >= FEW));
        let threshold = known.map(|quantile| smaller(quantile * self.tolerance, T::MAX));
        let score = next.fade(error, self.fade, threshold);
        if !score.is_finite() {
            return Err(AnomalyError::Step(StepError::Loss));
        }
        if warming {
            next.seen = next.seen.saturating_add(1);
            next.block.record(score);
            if next.seen == self.warm_up / 2 || next.seen == self.warm_up {
                next.end_block();
            }
            return Ok((next, Verdict { error, score, threshold: None, alarm: false, learnt: true }));
        }
        let alarm = threshold.is_some_and(|threshold| score > threshold);
        next.watch(alarm, score, T::ONE - self.quantile);
        let learnt = !alarm && !next.is_stopped();
        if learnt {
            next.block.record(score);
        }
        if next.block.count() >= self.block.clamp(1, LIMIT) {
            next.end_block();
        }
        if self.patience > 0 && next.stopped() >= self.patience {
            next.restart();
        }
        Ok((next, Verdict { error, score, threshold, alarm, learnt }))
    }

    fn check(&self) -> Result<(), AnomalyError> {
        if !(self.quantile > T::ZERO && self.quantile < T::ONE) {
            return Err(AnomalyError::Quantile);
        }
        if !(self.fade > T::ZERO && self.fade <= T::ONE) {
            return Err(AnomalyError::Fade);
        }
        if !(self.tolerance > T::ZERO && self.tolerance.is_finite()) {
            return Err(AnomalyError::Tolerance);
        }
        Ok(())
    }
}
