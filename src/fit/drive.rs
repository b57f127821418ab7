//! The loop over the epochs.

use core::ops::ControlFlow;

use super::Fit;
use super::best::{Best, below};
use super::measured::Measured;
use super::report::{End, Epoch, Outcome};
use crate::error::FitError;
use crate::init::{Generator, Random};
use crate::learner::Learner;
use crate::metrics::Metric;
use crate::samples::Samples;
use crate::scalar::{Scalar, Zero};
use crate::schedule::Schedule;

impl<S, M> Fit<S, M> {
    /// The loop itself. `learn` gets the number of the epoch, from 0, and a seed for its order. `entering` is the loss
    /// of the network as it is, if it is a candidate; `best` has it already.
    pub(super) fn drive<T, V, D>(
        &self,
        trainer: &mut T,
        (seed, entering): (u32, Option<T::Scalar>),
        mut learn: impl FnMut(&mut T, u32, u32) -> Result<T::Scalar, FitError>,
        measured: &Measured<V, D>,
        mut best: Option<&mut Best<T::Network>>,
        mut on_epoch: impl FnMut(&mut T, &Epoch<T::Scalar>) -> ControlFlow<()>,
    ) -> Outcome<T::Scalar>
    where
        T: Learner<Network: Copy>,
        S: Schedule<T::Scalar> + Clone,
        M: Metric<T::Scalar, T::Output>,
        V: Samples<Input = T::Input, Target = T::Output> + ?Sized,
        D: Samples<Input = T::Input, Target = T::Output> + ?Sized,
    {
        let rate_before = trainer.rate();
        let mut schedule = self.schedule.clone();
        schedule.begin(rate_before);
        let mut orders = Generator::new(seed);
        // Not the numbers of the orders.
        trainer.seed(!seed);
        let mut outcome = Outcome { seed, epochs: 0, entering, best: None, end: End::Completed };
        let (mut last, mut lowest) = (None, entering);
        let mut patience = Patience { least: T::Scalar::from_f32(self.min_delta), reference: entering, waited: 0 };
        // Whether `best` has the weights of the last step.
        let mut current = entering.is_some();
        for number in 0..self.epochs {
            let rate = schedule.rate(number, last);
            trainer.set_rate(rate);
            if rate_before.is_some() && !(rate > T::Scalar::ZERO && rate <= T::Scalar::RATE_LIMIT) {
                outcome.end = End::Failed(FitError::Schedule(number + 1));
                break;
            }
            current = false;
            let result = learn(trainer, number, orders.next_u32())
                .and_then(|loss| Ok((loss, measured.scores(trainer, &self.metric)?)));
            let (loss, [validation, training]) = match result {
                Ok(result) => result,
                Err(error) => {
                    outcome.end = End::Failed(error);
                    break;
                }
            };
            outcome.epochs = number + 1;
            let mut epoch = Epoch { number: outcome.epochs, rate, loss, validation, training, best: false };
            let decisive = epoch.decisive();
            last = Some(decisive);
            epoch.best = below(decisive, lowest);
            if epoch.best {
                lowest = Some(decisive);
                outcome.best = Some(epoch);
                if let Some(best) = &mut best {
                    current = best.keep(trainer.network(), decisive);
                }
            }
            let waited = patience.wait(decisive);
            if on_epoch(trainer, &epoch).is_break() {
                outcome.end = End::Stopped;
                break;
            }
            if self.patience.is_some_and(|patience| waited > 0 && waited >= patience) {
                outcome.end = End::Patience;
                break;
            }
        }
        if best.is_some_and(|best| best.restore(trainer.network_mut())) && !current {
            trainer.clear();
        }
        if let Some(rate) = rate_before {
            trainer.set_rate(rate);
        }
        outcome
    }
}

/// How long there was no loss that is lower by more than a least difference.
struct Patience<T> {
    least: T,
    reference: Option<T>,
    waited: u32,
}

impl<T: Scalar> Patience<T> {
    /// Returns how many epochs in a row, this one included, were no better; 0 if this one was.
    fn wait(&mut self, loss: T) -> u32 {
        if loss.is_finite() && self.reference.is_none_or(|reference| loss < reference - self.least) {
            self.reference = Some(loss);
            self.waited = 0;
        } else {
            self.waited = self.waited.saturating_add(1);
        }
        self.waited
    }
}
