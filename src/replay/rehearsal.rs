//! A learner that repeats what it has learnt.

use super::memory::Memory;
use crate::error::StepError;
use crate::init::{Generator, Random};
use crate::layer::Infer;
use crate::learner::{Evaluate, Learner};
use crate::permutation::Permutation;
use crate::scalar::{Zero, count};
use crate::scaler::{Scaled, Scaler, acceptable};
use crate::shape::Shape;
use crate::storable::{Storable, layout};

/// A learner that takes raw samples, scales them by `S`, and with each new sample repeats some from its memory `M`, a
/// [`Buffer`](super::Buffer). `L` is a [`Trainer`](crate::Trainer), for example, or one that is
/// [`Averaged`](crate::averaged::Averaged). With `()` as the memory it scales, and repeats nothing; with `()` as the scaler
/// inputs stay as they are.
///
/// To predict, then learn: [`observe`](Rehearsal::observe), `predict`, [`learn`](Rehearsal::learn). A
/// [`step`](Learner::step) observes and learns. A weight is that of the new sample alone; what is replayed counts once.
///
/// A sample that is refused changes nothing. One that is refused when it is replayed is passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rehearsal<L, M, S = ()> {
    /// What learns from scaled samples.
    pub learner: L,
    /// The raw samples.
    pub memory: M,
    /// What scales them.
    pub scaler: S,
    /// How many steps are repeated with each new sample.
    pub replays: u32,
    /// Whether samples are drawn, each with the same probability. Otherwise they are taken in turn, which needs no luck: .1
    /// to .3 points better on streams.
    pub drawn: bool,
    /// The sample whose turn is next.
    turn: u32,
    random: Generator,
}

impl<L: Zero, M: Zero, S: Zero> Zero for Rehearsal<L, M, S> {
    const ZERO: Self = Self::with_learner(L::ZERO, M::ZERO, S::ZERO, 0);
}

impl<L: Zero, M: Zero, S: Zero> Rehearsal<L, M, S> {
    /// All bits zero, to be started, but for the number of replayed steps. A `static` that is to lie in `.bss` is made with 0, and
    /// gets its `replays` later.
    pub const fn new(replays: u32) -> Self {
        const { Self::ZERO }.repeating(replays)
    }
}

impl<L, M, S> Rehearsal<L, M, S> {
    const fn repeating(mut self, replays: u32) -> Self {
        self.replays = replays;
        self
    }

    /// Repeats `replays` samples from a memory with each new one.
    pub const fn with_learner(learner: L, memory: M, scaler: S, replays: u32) -> Self {
        Self { learner, memory, scaler, replays, drawn: false, turn: 0, random: Generator::ZERO }
    }
}

impl<L: Learner, M: Memory<L::Input, L::Output>, S: Scaler<L::Input>> Rehearsal<L, M, S> {
    /// Shows the scaler a sample that arrives, before it is predicted. Returns false, and changes nothing, if it is not finite.
    pub fn observe(&mut self, x: &L::Input) -> bool {
        self.scaler.observe(x)
    }

    /// Learns from a sample that was observed, keeps it, and repeats steps. Returns the loss of the new sample before the update.
    ///
    /// # Errors
    /// Those of the learner, and [`StepError::Input`] if an input is above [`GRADIENT_LIMIT`](crate::Scalar::GRADIENT_LIMIT).
    pub fn learn(&mut self, x: &L::Input, target: &L::Output) -> Result<L::Scalar, StepError> {
        self.learn_weighted(x, target, None)
    }

    fn learn_weighted(
        &mut self,
        x: &L::Input,
        target: &L::Output,
        weight: Option<L::Scalar>,
    ) -> Result<L::Scalar, StepError> {
        if !acceptable(x.flat()) {
            return Err(StepError::Input);
        }
        let loss = self.learner.step(&self.scaler.scaled(x), target, weight)?;
        self.memory.insert(x, target);
        for _ in 0..self.replays {
            self.replay();
        }
        Ok(loss)
    }

    /// Repeats a step from the memory, now: where there is time. Returns its loss; `None` if there are no samples, or the step was
    /// refused.
    pub fn replay(&mut self) -> Option<L::Scalar> {
        let samples = self.memory.len();
        let index = if self.drawn {
            self.random.below(samples)
        } else {
            let index = usize::try_from(self.turn).ok().filter(|&turn| turn < samples).unwrap_or(0);
            self.turn = u32::try_from(index + 1).unwrap_or(0);
            index
        };
        self.repeat(index)
    }

    fn repeat(&mut self, index: usize) -> Option<L::Scalar> {
        let (mut x, target) = self.memory.get(index)?;
        self.scaler.scale(&mut x);
        self.learner.step(&x, &target, None).ok()
    }

    /// Repeats all samples of the memory `passes` times, each time in another random order: for the end of a task, or while a device
    /// charges. Returns the mean loss of the last pass; `None` if there are no samples, or all steps of it were refused.
    pub fn rehearse(&mut self, passes: u32) -> Option<L::Scalar> {
        let mut mean = None;
        for _ in 0..passes {
            let order = Permutation::new(self.memory.len(), self.random.next_u32());
            let (mut sum, mut steps) = (L::Scalar::ZERO, 0);
            for index in (0..order.len()).filter_map(|position| order.get(position)) {
                if let Some(loss) = self.repeat(index) {
                    sum += loss;
                    steps += 1;
                }
            }
            mean = (steps > 0).then(|| sum / count(steps));
        }
        mean
    }
}

impl<L: Learner, M: Memory<L::Input, L::Output>, S: Scaler<L::Input>> Evaluate for Rehearsal<L, M, S> {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;

    fn evaluate(&mut self, x: &L::Input, target: &L::Output) -> Result<(L::Scalar, L::Output), StepError> {
        self.learner.evaluate(&self.scaler.scaled(x), target)
    }
}

impl<L: Learner<Network: Infer>, M: Memory<L::Input, L::Output>, S: Scaler<L::Input>> Learner for Rehearsal<L, M, S> {
    type Network = Scaled<L::Network, S>;

    /// Observes and learns.
    fn step(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let before = self.scaler.clone();
        if !self.scaler.observe(x) {
            return Err(StepError::Input);
        }
        let result = self.learn_weighted(x, target, weight);
        if result.is_err() {
            self.scaler = before;
        }
        result
    }

    fn flush(&mut self) -> Result<(), StepError> {
        self.learner.flush()
    }

    fn discard(&mut self) {
        self.learner.discard();
    }

    /// What the learner keeps; the samples stay.
    fn clear(&mut self) {
        self.learner.clear();
    }

    fn predict(&mut self, x: &L::Input) -> L::Output {
        self.learner.predict(&self.scaler.scaled(x))
    }

    fn seed(&mut self, seed: u32) {
        self.learner.seed(seed);
        // Numbers of their own: the sequences of two seeds overlap only where one is the other's continuation.
        self.random = Generator::new(!seed);
        self.memory.seed(self.random.next_u32());
    }

    fn rate(&self) -> Option<L::Scalar> {
        self.learner.rate()
    }

    fn set_rate(&mut self, rate: L::Scalar) {
        self.learner.set_rate(rate);
    }

    fn copy_network(&self, to: &mut Self::Network) {
        self.learner.copy_network(&mut to.network);
        to.scaler.clone_from(&self.scaler);
    }

    /// The scaler is copied.
    fn blend_network(&self, to: &mut Self::Network, rate: L::Scalar) {
        self.learner.blend_network(&mut to.network, rate);
        to.scaler.clone_from(&self.scaler);
    }

    fn set_network(&mut self, from: &Self::Network) {
        self.learner.set_network(&from.network);
        self.scaler.clone_from(&from.scaler);
    }

    fn predict_with(&mut self, network: &Self::Network, x: &L::Input) -> L::Output {
        self.learner.predict_with(&network.network, &network.scaler.scaled(x))
    }

    fn evaluate_with(
        &mut self,
        network: &Self::Network,
        x: &L::Input,
        target: &L::Output,
    ) -> Result<(L::Scalar, L::Output), StepError> {
        self.learner.evaluate_with(&network.network, &network.scaler.scaled(x), target)
    }
}

impl<L: Storable, M: Storable, S: Storable> Storable for Rehearsal<L, M, S> {
    const SIZE: usize = L::SIZE + M::SIZE + S::SIZE + 4 + 1 + 4 + Generator::SIZE;
    const LAYOUT: u64 = layout("rehearsal", &[L::LAYOUT, M::LAYOUT, S::LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.learner.store(write);
        self.memory.store(write);
        self.scaler.store(write);
        self.replays.store(write);
        self.drawn.store(write);
        self.turn.store(write);
        self.random.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.learner.load(read);
        self.memory.load(read);
        self.scaler.load(read);
        self.replays.load(read);
        self.drawn.load(read);
        self.turn.load(read);
        self.random.load(read);
    }
}
