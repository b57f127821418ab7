//! How far a fit has come.

use super::best::Best;
use super::report::{End, Epoch, Outcome};
use crate::init::Generator;
use crate::learner::Learner;
use crate::scalar::{Scalar, Zero};
use crate::schedule::Schedule;
use crate::storable::{Storable, storable};

/// What a [`Fit`](crate::Fit) knows between two epochs. [`Fit::epoch`](crate::Fit::epoch) does one of them. Who wants to go on after a
/// reset keeps this, the trainer and the [`Best`]. `S` is the schedule, `V` what an epoch tells of the validation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct State<S, T = f32, V = ()> {
    pub(super) begun: bool,
    /// Whether the trainer has the best network and its own rate again: nothing is done any more.
    pub(super) ended: bool,
    pub(super) seed: u32,
    pub(super) schedule: S,
    pub(super) orders: Generator,
    /// The trainer's rate, which it gets back.
    pub(super) own_rate: Option<T>,
    pub(super) epochs: u32,
    /// The decisive loss of the last epoch.
    pub(super) last: Option<T>,
    /// The loss of the network that entered, and the lowest of it and all epochs.
    pub(super) entering: Option<T>,
    pub(super) lowest: Option<T>,
    pub(super) best: Option<Epoch<T, V>>,
    /// Whether the trainer has the weights of the best.
    pub(super) current: bool,
    /// The last loss for which patience began to count anew, and the number of epochs since.
    pub(super) reference: Option<T>,
    pub(super) waited: u32,
}

storable!("fit state": [S: Storable, T: Scalar, V: Storable + Zero] State<S, T, V> {
    begun: bool, ended: bool, seed: u32, schedule: S, orders: Generator, own_rate: Option<T>, epochs: u32, last: Option<T>,
    entering: Option<T>, lowest: Option<T>, best: Option<Epoch<T, V>>, current: bool, reference: Option<T>, waited: u32
});

impl<S, T: Scalar, V> State<S, T, V> {
    pub(super) fn new(seed: u32, schedule: S) -> Self {
        Self {
            begun: false,
            ended: false,
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
    pub(super) fn end<L: Learner<Scalar = T>>(&mut self, learner: &mut L, best: Option<&Best<L::Network>>) {
        if !self.begun || self.ended {
            return;
        }
        self.ended = true;
        if let Some((network, _)) = best.and_then(Best::get) {
            // What a learner keeps beside its network belongs to it if it is the best already.
            if !self.current {
                learner.set_network(network);
                learner.clear();
                self.current = true;
            }
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
    pub(super) fn wait(&mut self, loss: T, least: T) {
        if loss.is_finite() && self.reference.is_none_or(|reference| loss < reference - least) {
            self.reference = Some(loss);
            self.waited = 0;
        } else {
            self.waited = self.waited.saturating_add(1);
        }
    }
}
