//! A trainer is a learner.

use core::slice::{from_mut, from_ref};

use super::Trainer;
use crate::error::StepError;
use crate::layer::{Layer, Mode, copy};
use crate::learner::{Evaluate, Learner};
use crate::learnt;
use crate::loss::Loss;
use crate::optimizer::Optimizer;
use crate::predictor::evaluated;
use crate::rule::Rule;
use crate::scalar::Zero;
use crate::work::Whole;

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

    fn copy_network(&self, to: &mut N)
    where
        N: Copy,
    {
        copy(&self.network, to);
    }

    fn blend_network(&self, to: &mut N, rate: N::Scalar) {
        learnt::blend(&self.network, to, rate);
    }

    fn set_network(&mut self, from: &N) {
        learnt::copy(from, &mut self.network);
    }

    fn predict_with(&mut self, network: &N, x: &N::Input) -> N::Output {
        let mut y = N::Output::ZERO;
        let _ =
            network.outputs(from_ref(x), from_mut(&mut y), &mut self.tape, &mut self.state, Mode::Predict, &mut Whole);
        y
    }

    fn evaluate_with(
        &mut self,
        network: &N,
        x: &N::Input,
        target: &N::Output,
    ) -> Result<(N::Scalar, N::Output), StepError> {
        let mut y = N::Output::ZERO;
        let Self { tape, state, .. } = self;
        let loss = evaluated::<N, L, B>(network, x, target, from_mut(&mut y), tape, state)?;
        Ok((loss, y))
    }
}
