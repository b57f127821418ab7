//! An epoch of a fit, and what networks are compared by.

use super::Fit;
use super::best::{Best, below};
use super::data::{Train, Validate, Validation};
use super::epoch::Score;
use super::report::{End, Epoch, EpochOf};
use super::state::State;
use crate::error::{FitError, StepError};
use crate::init::Random;
use crate::learner::{Evaluate, Learner};
use crate::metrics::Metric;
use crate::scalar::{Scalar, Zero};
use crate::schedule::Schedule;

/// The scores on the validation samples, and on the training samples if they are measured.
type Scores<T, V> = (<V as Validate<T>>::Score, Option<Score<<T as Evaluate>::Scalar>>);

impl<S, M> Fit<S, M> {
    /// Why there is no epoch after those of `state`, if there is none.
    pub(super) fn over<T, V>(&self, state: &State<S, T, V>) -> Option<End> {
        if self.patience.is_some_and(|patience| state.waited > 0 && state.waited >= patience) {
            Some(End::Patience)
        } else if state.epochs >= self.epochs {
            Some(End::Completed)
        } else {
            None
        }
    }

    /// [`epoch`](Fit::epoch) with the parts of the data.
    pub(super) fn advance<T, D, V>(
        &self,
        state: &mut State<S, T::Scalar, V::Score>,
        learner: &mut T,
        train: &mut D,
        validation: &V,
        mut best: Option<&mut Best<T::Network>>,
    ) -> Result<Option<EpochOf<T, V>>, FitError>
    where
        T: Learner<Network: Copy>,
        D: Train<T>,
        V: Validate<T>,
        S: Schedule<T::Scalar>,
        M: Metric<T::Scalar, T::Output>,
    {
        if state.ended {
            return Ok(None);
        }
        if !state.begun {
            if let Some(best) = &mut best {
                best.clear();
            }
            validation.check()?;
            let entering = self.enter(learner, train, validation, best.as_deref_mut())?;
            state.begin(learner, entering);
        }
        let next = if self.over(state).is_some() {
            Ok(None)
        } else {
            self.next(state, learner, train, validation, best.as_deref_mut()).map(Some)
        };
        if !matches!(next, Ok(Some(_))) {
            state.end(learner, best.as_deref());
        }
        next
    }

    /// The next epoch of a state that has begun.
    fn next<T, D, V>(
        &self,
        state: &mut State<S, T::Scalar, V::Score>,
        learner: &mut T,
        train: &mut D,
        validation: &V,
        best: Option<&mut Best<T::Network>>,
    ) -> Result<EpochOf<T, V>, FitError>
    where
        T: Learner<Network: Copy>,
        D: Train<T>,
        V: Validate<T>,
        S: Schedule<T::Scalar>,
        M: Metric<T::Scalar, T::Output>,
    {
        let number = state.epochs + 1;
        let rate = state.schedule.rate(state.epochs, state.last);
        learner.set_rate(rate);
        if state.own_rate.is_some() && !(rate > T::Scalar::ZERO && rate <= T::Scalar::RATE_LIMIT) {
            return Err(FitError::Schedule(number));
        }
        state.current = false;
        let loss = train.learn(learner, state.epochs, state.orders.next_u32())?;
        let (validation, training) = self.scores(learner, train, validation, best.is_some())?;
        state.epochs = number;
        let mut epoch = Epoch { number, rate, loss, validation, training, best: false };
        let decisive = epoch.decisive();
        state.last = Some(decisive);
        epoch.best = below(decisive, state.lowest);
        if epoch.best {
            state.lowest = Some(decisive);
            state.best = Some(epoch);
            if let Some(best) = best {
                state.current = best.keep_by(decisive, |network| learner.copy_network(network));
            }
        }
        state.wait(decisive, T::Scalar::from_f32(self.min_delta));
        Ok(epoch)
    }

    /// What the network is compared by. Without validation samples, and if the best network is kept, it is measured on the
    /// training samples.
    fn scores<T, D, V>(&self, learner: &mut T, train: &D, validation: &V, keeps: bool) -> Result<Scores<T, V>, FitError>
    where
        T: Learner,
        D: Train<T>,
        V: Validate<T>,
        M: Metric<T::Scalar, T::Output>,
    {
        let measure = keeps && !<V::Score as Validation<T::Scalar>>::GIVEN;
        let validation = validation.score(learner, &self.metric)?;
        Ok((validation, if measure { train.score(learner, &self.metric)? } else { None }))
    }

    /// The loss of the network that enters, which `best` keeps; `None` if it is no candidate or has none, as a network whose
    /// outputs or mean loss overflow.
    pub(super) fn enter<T, D, V>(
        &self,
        learner: &mut T,
        train: &D,
        validation: &V,
        best: Option<&mut Best<T::Network>>,
    ) -> Result<Option<T::Scalar>, FitError>
    where
        T: Learner<Network: Copy>,
        D: Train<T>,
        V: Validate<T>,
        M: Metric<T::Scalar, T::Output>,
    {
        if !self.entering {
            return Ok(None);
        }
        let loss = match self.scores(learner, train, validation, best.is_some()) {
            Ok((validation, training)) => {
                validation.loss().or(training.map(|score| score.loss)).filter(|loss| loss.is_finite())
            }
            // The samples are what is wrong.
            Err(
                error @ (FitError::NoValidation
                | FitError::Unreadable(_)
                | FitError::Step(_, StepError::Input | StepError::Target | StepError::Weight)
                | FitError::Validation(_, StepError::Input | StepError::Target | StepError::Weight)),
            ) => return Err(error),
            Err(_) => None,
        };
        if let (Some(best), Some(loss)) = (best, loss) {
            best.keep_by(loss, |network| learner.copy_network(network));
        }
        Ok(loss)
    }
}
