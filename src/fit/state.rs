//! How far a fit has come.

use super::best::{Best, below};
use super::data::{Train, Validate, Validation};
use super::report::{End, Epoch, Outcome};
use super::{Fit, Score};
use crate::error::{FitError, StepError};
use crate::init::{Generator, Random};
use crate::learner::{Evaluate, Learner};
use crate::metrics::Metric;
use crate::scalar::{Scalar, Zero};
use crate::schedule::Schedule;
use crate::storable::{Storable, storable};

/// What a [`Fit`] knows between two epochs: [`Fit::epoch`] does one, and this is kept, with the trainer and the [`Best`], by who
/// wants to go on after a reset. `S` is the schedule, `V` what an epoch tells of the validation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct State<S, T = f32, V = ()> {
    begun: bool,
    seed: u32,
    schedule: S,
    orders: Generator,
    /// The trainer's rate, which it gets back.
    own_rate: Option<T>,
    epochs: u32,
    /// The decisive loss of the last epoch.
    last: Option<T>,
    /// The loss of the network that entered, and the lowest of it and all epochs.
    entering: Option<T>,
    lowest: Option<T>,
    best: Option<Epoch<T, V>>,
    /// Whether the trainer has the weights of the best.
    current: bool,
    /// The last loss for which patience began to count anew, and the number of epochs since.
    reference: Option<T>,
    waited: u32,
}

/// The scores on the validation samples, and on the training samples if they are measured.
type Scores<T, V> = (<V as Validate<T>>::Score, Option<Score<<T as Evaluate>::Scalar>>);

storable!([S: Storable, T: Scalar, V: Storable + Zero] State<S, T, V> {
    begun: bool, seed: u32, schedule: S, orders: Generator, own_rate: Option<T>, epochs: u32, last: Option<T>,
    entering: Option<T>, lowest: Option<T>, best: Option<Epoch<T, V>>, current: bool, reference: Option<T>, waited: u32
});

impl<S, T: Scalar, V> State<S, T, V> {
    pub(super) fn new(seed: u32, schedule: S) -> Self {
        Self {
            begun: false,
            seed,
            schedule,
            orders: Generator::ZERO,
            own_rate: None,
            epochs: 0,
            last: None,
            entering: None,
            lowest: None,
            best: None,
            current: false,
            reference: None,
            waited: 0,
        }
    }

    /// Whether the fit has begun.
    pub(super) const fn begun(&self) -> bool {
        self.begun
    }

    /// The number of epochs that are completed.
    pub const fn epochs(&self) -> u32 {
        self.epochs
    }

    /// The best of them, as in [`Outcome::best`].
    pub const fn best(&self) -> Option<&Epoch<T, V>> {
        self.best.as_ref()
    }

    /// Before the first epoch. `entering` is the loss of the network as it is, if it is a candidate.
    pub(super) fn begin(&mut self, learner: &mut impl Learner<Scalar = T>, entering: Option<T>)
    where
        S: Schedule<T>,
    {
        self.begun = true;
        self.own_rate = learner.rate();
        self.schedule.begin(self.own_rate);
        self.orders = Generator::new(self.seed);
        // Not the numbers of the orders.
        learner.seed(!self.seed);
        (self.entering, self.lowest, self.reference) = (entering, entering, entering);
        self.current = entering.is_some();
    }

    /// Gives the trainer the best network, if there is one, and its own rate.
    pub(super) fn end<L: Learner<Scalar = T, Network: Copy>>(
        &mut self,
        learner: &mut L,
        best: Option<&mut Best<L::Network>>,
    ) {
        if best.is_some_and(|best| best.restore(learner.network_mut())) && !self.current {
            learner.clear();
            self.current = true;
        }
        if let Some(rate) = self.own_rate {
            learner.set_rate(rate);
        }
    }

    /// How the fit went so far.
    pub(super) const fn outcome(&self, end: End) -> Outcome<T, V>
    where
        V: Copy,
    {
        let Self { seed, epochs, entering, best, .. } = *self;
        Outcome { seed, epochs, entering, best, end }
    }

    /// Counts the epochs in a row, this one included, whose loss was not lower by more than `least`.
    fn wait(&mut self, loss: T, least: T) {
        if loss.is_finite() && self.reference.is_none_or(|reference| loss < reference - least) {
            self.reference = Some(loss);
            self.waited = 0;
        } else {
            self.waited = self.waited.saturating_add(1);
        }
    }
}

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

    /// The next epoch of a state that has begun.
    pub(super) fn next<T, D, V>(
        &self,
        state: &mut State<S, T::Scalar, V::Score>,
        learner: &mut T,
        train: &mut D,
        validation: &V,
        best: Option<&mut Best<T::Network>>,
    ) -> Result<Epoch<T::Scalar, V::Score>, FitError>
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
                state.current = best.keep(learner.network(), decisive);
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
            best.keep(learner.network(), loss);
        }
        Ok(loss)
    }
}
