//! A learner that repeats what it has learnt.

use super::memory::Memory;
use crate::error::StepError;
use crate::init::{Generator, Random};
use crate::learner::{Evaluate, Learner, by_learner};
use crate::permutation::Permutation;
use crate::scalar::{Zero, count};
use crate::storable::{Storable, storable};

/// A learner that repeats, with each new sample, some from its memory `M`, a [`Buffer`](super::Buffer). Around a
/// [`Scaling`](crate::scaler::Scaling) learner it keeps raw samples, which are scaled anew whenever they are repeated; around a
/// [`Trainer`](crate::Trainer) alone it keeps what the network takes.
///
/// A new sample is learnt from, kept, and followed by [`replays`](Rehearsal::replays) steps from the memory. A weight is that of the
/// new sample alone; what is repeated counts once. A sample that is refused changes nothing. One that is refused when it is
/// repeated is passed over. [`clear`](Learner::clear) leaves the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rehearsal<L, M> {
    /// What learns.
    pub learner: L,
    /// The samples.
    pub memory: M,
    /// How many steps are repeated with each new sample.
    pub replays: u32,
    /// Whether samples are drawn, each with the same probability. Otherwise they are taken in turn, which was .1 to .4 points
    /// better on streams.
    pub drawn: bool,
    /// The sample whose turn is next.
    turn: u32,
    random: Generator,
}

storable!("rehearsal": [L: Storable, M: Storable] Rehearsal<L, M> {
    learner: L, memory: M, replays: u32, drawn: bool, turn: u32, random: Generator
});

impl<L: Zero, M: Zero> Zero for Rehearsal<L, M> {
    const ZERO: Self = Self::with_learner(L::ZERO, M::ZERO, 0);
}

impl<L: Zero, M: Zero> Rehearsal<L, M> {
    /// All bits zero, to be started, but for the number of replayed steps. A `static` that is to lie in `.bss` is made with 0, and
    /// gets its `replays` later.
    pub const fn new(replays: u32) -> Self {
        const { Self::ZERO }.repeating(replays)
    }
}

impl<L, M> Rehearsal<L, M> {
    const fn repeating(mut self, replays: u32) -> Self {
        self.replays = replays;
        self
    }

    /// Repeats `replays` samples from a memory with each new one.
    pub const fn with_learner(learner: L, memory: M, replays: u32) -> Self {
        Self { learner, memory, replays, drawn: false, turn: 0, random: Generator::ZERO }
    }
}

impl<L: Learner, M: Memory<L::Input, L::Output>> Rehearsal<L, M> {
    /// Keeps a sample that was learnt from, and repeats others.
    fn keep(&mut self, x: &L::Input, target: &L::Output) {
        self.memory.insert(x, target);
        for _ in 0..self.replays {
            self.replay();
        }
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
        let (x, target) = self.memory.get(index)?;
        self.learner.rehearse(&x, &target, None).ok()
    }

    /// Repeats all samples of the memory `passes` times, each time in another random order: for the end of a task, or while a device
    /// charges. Returns the mean loss of the last pass; `None` if there are no samples, or all steps of it were refused.
    pub fn replay_all(&mut self, passes: u32) -> Option<L::Scalar> {
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

impl<L: Learner, M: Memory<L::Input, L::Output>> Evaluate for Rehearsal<L, M> {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;

    fn evaluate(&mut self, x: &L::Input, target: &L::Output) -> Result<(L::Scalar, L::Output), StepError> {
        self.learner.evaluate(x, target)
    }
}

impl<L: Learner<Network: Copy>, M: Memory<L::Input, L::Output>> Learner for Rehearsal<L, M> {
    type Network = L::Network;

    fn step(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let loss = self.learner.step(x, target, weight)?;
        self.keep(x, target);
        Ok(loss)
    }

    fn observe(&mut self, x: &L::Input) -> bool {
        self.learner.observe(x)
    }

    fn learn(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let loss = self.learner.learn(x, target, weight)?;
        self.keep(x, target);
        Ok(loss)
    }

    fn rehearse(
        &mut self,
        x: &L::Input,
        target: &L::Output,
        weight: Option<L::Scalar>,
    ) -> Result<L::Scalar, StepError> {
        self.learner.rehearse(x, target, weight)
    }

    by_learner!();

    fn predict(&mut self, x: &L::Input) -> L::Output {
        self.learner.predict(x)
    }

    fn seed(&mut self, seed: u32) {
        // Numbers of their own, for all that is within, too: a fit and two buffers that share a seed would draw alike.
        self.random = Generator::new(seed ^ 0x5EED_0F5A);
        self.memory.seed(self.random.next_u32());
        self.learner.seed(self.random.next_u32());
    }

    fn copy_network(&self, to: &mut L::Network) {
        self.learner.copy_network(to);
    }

    fn blend_network(&self, to: &mut L::Network, rate: L::Scalar) {
        self.learner.blend_network(to, rate);
    }

    fn set_network(&mut self, from: &L::Network) {
        self.learner.set_network(from);
    }

    fn predict_with(&mut self, network: &L::Network, x: &L::Input) -> L::Output {
        self.learner.predict_with(network, x)
    }

    fn evaluate_with(
        &mut self,
        network: &L::Network,
        x: &L::Input,
        target: &L::Output,
    ) -> Result<(L::Scalar, L::Output), StepError> {
        self.learner.evaluate_with(network, x, target)
    }
}
