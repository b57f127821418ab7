//! Predictions by the running mean of the weights.

use crate::error::StepError;
use crate::layer::{Layer, copy};
use crate::learner::{Evaluate, Learner, by_learner};
use crate::learnt::{self, Learnt};
use crate::scalar::{Scalar, Zero, count_u32};
use crate::storable::{Storable, layout};

/// A learner that predicts by the mean of the weights that it had after its steps: steps from single samples make weights jump,
/// and their mean lies closer to the minimum. `L` is a [`Trainer`](crate::Trainer), for example.
///
/// After step `n`: `mean += max(1 / n, 1 / memory) (weights - mean)`. With `memory` 0 this is the plain mean of all steps
/// (Boris Polyak and Anatoli Juditsky, 1992), for samples whose source stays as it is; otherwise an exponential one, which follows
/// where it changes. Takes the memory of the network once more, and 8 bytes.
///
/// ```
/// use downhill::averaged::Averaged;
/// # use downhill::init::{Generator, Xavier};
/// use downhill::{CrossEntropy, Dense, Learner, Sgd, Softmax, Tanh, Trainer};
///
/// type Net = (Dense<2, 8, Tanh>, Dense<8, 2, Softmax>);
/// let mut learner = Averaged::<Trainer<Net, CrossEntropy, Sgd>>::new(250);
/// learner.learner.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
/// learner.step(&[0.5, -1.0], &[0.0, 1.0], None)?;
/// let y = learner.predict(&[0.5, -1.0]);
/// # assert!(y[0] + y[1] > 0.999);
/// # Ok::<(), downhill::StepError>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Averaged<L: Learner> {
    /// What learns.
    pub learner: L,
    mean: L::Network,
    /// The steps so far, up to `memory`.
    steps: u32,
    memory: u32,
}

impl<L: Learner<Network: Zero> + Zero> Zero for Averaged<L> {
    const ZERO: Self = Self::new(0);
}

impl<L: Learner<Network: Zero> + Zero> Averaged<L> {
    /// The mean of about the last `memory` steps; 0 stands for all. A network that owns [`Frozen`](crate::Frozen) layers needs
    /// [`with_learner`](Averaged::with_learner) to be read from bytes.
    pub const fn new(memory: u32) -> Self {
        const { Self { learner: L::ZERO, mean: Zero::ZERO, steps: 0, memory: 0 } }.remembering(memory)
    }
}

impl<L: Learner> Averaged<L> {
    const fn remembering(mut self, memory: u32) -> Self {
        self.memory = memory;
        self
    }

    /// The mean of about the last `memory` steps of a learner; 0 stands for all. `room` may be any network; to be
    /// read from bytes, one with the same [`Frozen`](crate::Frozen) layers, which are not among them.
    pub const fn with_learner(learner: L, room: L::Network, memory: u32) -> Self {
        Self { learner, mean: room, steps: 0, memory }
    }

    /// Sets the memory, in place.
    pub const fn set_memory(&mut self, memory: u32) {
        self.memory = memory;
    }

    /// The mean of the weights; `None` before the first step.
    pub fn mean(&self) -> Option<&L::Network> {
        (self.steps > 0).then_some(&self.mean)
    }
}

impl<L: Learner<Network: Layer + Copy>> Averaged<L> {
    /// Takes the weights after a step into the mean.
    fn take(&mut self) {
        let next = self.steps.saturating_add(1);
        self.steps = if self.memory == 0 { next } else { next.min(self.memory) };
        if self.steps == 1 {
            self.learner.copy_network(&mut self.mean);
        } else {
            self.learner.blend_network(&mut self.mean, L::Scalar::ONE / count_u32(self.steps));
        }
    }
}

impl<L: Learner> Evaluate for Averaged<L> {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;

    fn evaluate(&mut self, x: &L::Input, target: &L::Output) -> Result<(L::Scalar, L::Output), StepError> {
        if self.steps > 0 {
            self.learner.evaluate_with(&self.mean, x, target)
        } else {
            self.learner.evaluate(x, target)
        }
    }
}

impl<L: Learner<Network: Layer + Copy>> Learner for Averaged<L> {
    type Network = L::Network;

    fn step(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let loss = self.learner.step(x, target, weight)?;
        self.take();
        Ok(loss)
    }

    fn observe(&mut self, x: &L::Input) -> bool {
        self.learner.observe(x)
    }

    fn learn(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let loss = self.learner.learn(x, target, weight)?;
        self.take();
        Ok(loss)
    }

    fn rehearse(
        &mut self,
        x: &L::Input,
        target: &L::Output,
        weight: Option<L::Scalar>,
    ) -> Result<L::Scalar, StepError> {
        let loss = self.learner.rehearse(x, target, weight)?;
        self.take();
        Ok(loss)
    }

    by_learner!();

    fn predict(&mut self, x: &L::Input) -> L::Output {
        if self.steps > 0 { self.learner.predict_with(&self.mean, x) } else { self.learner.predict(x) }
    }

    fn seed(&mut self, seed: u32) {
        self.learner.seed(seed);
    }

    /// The mean.
    fn copy_network(&self, to: &mut L::Network) {
        match self.mean() {
            Some(mean) => copy(mean, to),
            None => self.learner.copy_network(to),
        }
    }

    /// Towards the mean.
    fn blend_network(&self, to: &mut L::Network, rate: L::Scalar) {
        match self.mean() {
            Some(mean) => learnt::blend(mean, to, rate),
            None => self.learner.blend_network(to, rate),
        }
    }

    /// The mean begins anew.
    fn set_network(&mut self, from: &L::Network) {
        self.learner.set_network(from);
        self.steps = 0;
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

impl<L: Learner<Network: Learnt> + Storable> Storable for Averaged<L> {
    const SIZE: usize = L::SIZE + L::Network::BYTES + 8;
    const LAYOUT: u64 = {
        let [parameters, rest] = L::Network::LAYOUTS;
        layout("averaged", &[L::LAYOUT, parameters, rest])
    };

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.learner.store(write);
        self.mean.store_learnt(write);
        self.steps.store(write);
        self.memory.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.learner.load(read);
        self.mean.load_learnt(read);
        self.steps.load(read);
        self.memory.load(read);
    }
}
