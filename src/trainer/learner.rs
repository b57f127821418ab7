//! A trainer is a learner.

use super::Trainer;
use crate::error::StepError;
use crate::layer::Layer;
use crate::learner::{Evaluate, Learner};
use crate::loss::Loss;
use crate::optimizer::Optimizer;
use crate::rule::Rule;

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, const B: usize, R: Rule> Evaluate for Trainer<N, L, P, B, R> {
    type Scalar = N::Scalar;
    type Input = N::Input;
    type Output = N::Output;

    fn evaluate(&mut self, x: &N::Input, target: &N::Output) -> Result<(N::Scalar, N::Output), StepError> {
        let loss = self.loss(x, target)?;
        Ok((loss, self.outputs[0]))
    }
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, const B: usize, R: Rule> Learner for Trainer<N, L, P, B, R> {
    type Network = N;

    fn step(&mut self, x: &N::Input, target: &N::Output, weight: Option<N::Scalar>) -> Result<N::Scalar, StepError> {
        match weight {
            None => self.step(x, target),
            Some(weight) => self.step_weighted(x, target, weight),
        }
    }

    fn flush(&mut self) -> Result<(), StepError> {
        self.flush()
    }

    fn discard(&mut self) {
        self.discard();
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn predict(&mut self, x: &N::Input) -> N::Output {
        self.predict(x)
    }

    fn seed(&mut self, seed: u32) {
        self.seed(seed);
    }

    fn rate(&self) -> Option<N::Scalar> {
        self.optimizer.rate()
    }

    fn set_rate(&mut self, rate: N::Scalar) {
        self.optimizer.set_rate(rate);
    }

    fn network(&self) -> &N {
        &self.network
    }

    fn network_mut(&mut self) -> &mut N {
        &mut self.network
    }
}
