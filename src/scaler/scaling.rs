//! A learner of raw inputs.

use super::interface::{Scaler, acceptable};
use super::scaled::Scaled;
use crate::error::StepError;
use crate::learner::{Evaluate, Learner, by_learner};
use crate::scalar::Zero;
use crate::shape::Shape;
use crate::storable::{Storable, storable};

/// A learner that takes raw inputs: each step shows them to the scaler first, and hands them on scaled. What predicts, its
/// [`Network`](Learner::Network), is [`Scaled`]: network and scaler together, so that both are copied, kept and taken back as one.
///
/// ```
/// use downhill::scaler::{Scaler, Scaling, Standardizer};
/// # use downhill::init::{Generator, Xavier};
/// use downhill::{CrossEntropy, Dense, Learner, Sgd, Softmax, Tanh, Trainer};
///
/// type Net = (Dense<2, 8, Tanh>, Dense<8, 2, Softmax>);
/// let mut learner = Scaling::<Trainer<Net, CrossEntropy, Sgd>, Standardizer<2>>::new();
/// learner.scaler = Standardizer::new(1000);
/// learner.learner.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
/// learner.step(&[20.1, 101_325.0], &[0.0, 1.0], None)?;
/// learner.step(&[23.7, 101_200.0], &[1.0, 0.0], None)?;
/// let y = learner.predict(&[22.0, 101_300.0]);
/// # assert!(y[0] + y[1] > 0.999);
/// # Ok::<(), downhill::StepError>(())
/// ```
///
/// A step that is refused leaves the scaler as it was, too: it takes a copy of it on the stack. [`blend_network`](Learner::blend_network)
/// copies the scaler. To save it, `(&mut scaling.learner, &mut scaling.scaler)` is a [`Checkpoint`](crate::Checkpoint).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scaling<L, S> {
    /// What learns from scaled inputs.
    pub learner: L,
    /// What its inputs are scaled by.
    pub scaler: S,
}

storable!("scaling": [L: Storable, S: Storable] Scaling<L, S> { learner: L, scaler: S });

impl<L: Zero, S: Zero> Zero for Scaling<L, S> {
    const ZERO: Self = Self { learner: L::ZERO, scaler: S::ZERO };
}

impl<L: Zero, S: Zero> Scaling<L, S> {
    /// With all bits zero: the learner is to be started, and the scaler to be set.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl<L: Zero, S: Zero> Default for Scaling<L, S> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<L: Learner, S: Scaler<L::Input>> Scaling<L, S> {
    fn scaled(&self, x: &L::Input) -> Result<L::Input, StepError> {
        // Infinity would be clipped.
        if acceptable(x.flat()) { Ok(self.scaler.scaled(x)) } else { Err(StepError::Input) }
    }
}

impl<L: Learner, S: Scaler<L::Input>> Evaluate for Scaling<L, S> {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;

    fn evaluate(&mut self, x: &L::Input, target: &L::Output) -> Result<(L::Scalar, L::Output), StepError> {
        let z = self.scaled(x)?;
        self.learner.evaluate(&z, target)
    }
}

impl<L: Learner<Network: Copy>, S: Scaler<L::Input>> Learner for Scaling<L, S> {
    type Network = Scaled<L::Network, S>;

    fn step(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let before = self.scaler;
        let _ = self.scaler.observe(x); // what it does not take is refused below
        let result = self.scaled(x).and_then(|z| self.learner.step(&z, target, weight));
        if result.is_err() {
            self.scaler = before;
        }
        result
    }

    /// Shows raw inputs to the scaler.
    fn observe(&mut self, x: &L::Input) -> bool {
        self.scaler.observe(x) && self.learner.observe(&self.scaler.scaled(x))
    }

    fn learn(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        let z = self.scaled(x)?;
        self.learner.learn(&z, target, weight)
    }

    fn rehearse(
        &mut self,
        x: &L::Input,
        target: &L::Output,
        weight: Option<L::Scalar>,
    ) -> Result<L::Scalar, StepError> {
        let z = self.scaled(x)?;
        self.learner.rehearse(&z, target, weight)
    }

    by_learner!();

    fn predict(&mut self, x: &L::Input) -> L::Output {
        self.learner.predict(&self.scaler.scaled(x))
    }

    fn seed(&mut self, seed: u32) {
        self.learner.seed(seed);
    }

    fn copy_network(&self, to: &mut Self::Network) {
        self.learner.copy_network(&mut to.network);
        to.scaler = self.scaler;
    }

    fn blend_network(&self, to: &mut Self::Network, rate: L::Scalar) {
        self.learner.blend_network(&mut to.network, rate);
        to.scaler = self.scaler;
    }

    fn set_network(&mut self, from: &Self::Network) {
        self.learner.set_network(&from.network);
        self.scaler = from.scaler;
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
        if !acceptable(x.flat()) {
            return Err(StepError::Input);
        }
        self.learner.evaluate_with(&network.network, &network.scaler.scaled(x), target)
    }
}
