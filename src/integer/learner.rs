//! A trainer in integers is a learner.

use super::layers::Layers;
use super::network::Network;
use super::objective::Objective;
use super::rate::Rate;
use super::rounding::Rounding;
use super::trainer::Trainer;
use super::whole::Whole;
use crate::error::StepError;
use crate::layer::copy;
use crate::learner::{Evaluate, Learner};

impl<N: Layers, L: Objective<N::Last>, R: Rounding, V: Whole> Evaluate for Trainer<N, L, R, V> {
    type Scalar = f32;
    type Input = N::Input;
    type Output = N::Output;

    fn evaluate(&mut self, x: &N::Input, target: &N::Output) -> Result<(f32, N::Output), StepError> {
        self.evaluate_by(None, x, target)
    }

    fn loss(&mut self, x: &N::Input, target: &N::Output) -> Result<f32, StepError> {
        self.loss(x, target)
    }
}

/// There are no batches, and nothing is kept besides the parameters: `flush`, `discard` and `clear` do nothing.
impl<N: Layers, L: Objective<N::Last>, R: Rounding, V: Whole> Learner for Trainer<N, L, R, V> {
    type Network = Network<N, V>;

    fn step(&mut self, x: &N::Input, target: &N::Output, weight: Option<f32>) -> Result<f32, StepError> {
        match weight {
            None => self.step(x, target),
            Some(weight) => self.step_weighted(x, target, weight),
        }
    }

    fn flush(&mut self) -> Result<(), StepError> {
        Ok(())
    }

    fn discard(&mut self) {}

    fn clear(&mut self) {}

    fn predict(&mut self, x: &N::Input) -> N::Output {
        self.predict(x)
    }

    fn seed(&mut self, seed: u32) {
        self.rounding.seed(seed);
    }

    fn rate(&self) -> Option<f32> {
        Some(self.rate.get())
    }

    fn set_rate(&mut self, rate: f32) {
        self.rate = Rate::new(rate);
    }

    fn copy_network(&self, to: &mut Self::Network) {
        copy(&self.network, to);
    }

    /// To the nearest unit of the weights, so that at a rate `r` a weight that is nearer than `1 / (2 r)` units stays.
    fn blend_network(&self, to: &mut Self::Network, rate: f32) {
        self.network.layers.blend(&mut to.layers, rate);
    }

    fn set_network(&mut self, from: &Self::Network) {
        copy(from, &mut self.network);
    }

    fn predict_with(&mut self, network: &Self::Network, x: &N::Input) -> N::Output {
        self.predict_by(network, x)
    }

    fn evaluate_with(
        &mut self,
        network: &Self::Network,
        x: &N::Input,
        target: &N::Output,
    ) -> Result<(f32, N::Output), StepError> {
        self.evaluate_by(Some(network), x, target)
    }
}
