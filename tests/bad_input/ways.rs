//! Every way to hand samples to a trainer: single ones, weighted ones, slices, pieces, without learning.

use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::rule::{NoShares, Rule};
use downhill::{
    Adam, Batch, ChainRule, CrossEntropy, Dense, ErrorShare, Momentum, RawError, Relu, Sgd, Sigmoid, Softmax,
    SquaredError, StepError, Tanh, Trainer,
};

use super::{BAD, Cases, Twins, with};

/// Samples that fit into a slice.
const ROOM: usize = 3;

type Net<A, Z, const I: usize, const H: usize, const O: usize> = (Dense<I, H, A>, Dense<H, O, Z>);

pub fn all(cases: &mut Cases) {
    cases.group = "ways, Adam, 4-7-3";
    let mut twins: Twins<Net<Sigmoid, Sigmoid, 4, 7, 3>, SquaredError, Adam, ChainRule, ROOM, 4, 3> =
        Twins::experienced(Adam::new(0.01));
    ways(cases, &mut twins);
    cases.group = "ways, Momentum, raw error, 3-5-2";
    let mut twins: Twins<Net<Tanh, Softmax, 3, 5, 2>, CrossEntropy, Momentum, RawError, ROOM, 3, 2> =
        Twins::experienced(Momentum::new(0.01, 0.9));
    ways(cases, &mut twins);
    // From no to three samples wait when the bad one comes.
    cases.group = "ways, Batch<Sgd>, 3-5-2";
    let mut twins: Twins<Net<Relu, Sigmoid, 3, 5, 2>, SquaredError, Batch<Sgd>, ChainRule, ROOM, 3, 2> =
        Twins::experienced(Batch::new(4, Sgd::new(0.01)));
    ways(cases, &mut twins);
    cases.group = "ways, error share, 3-5-2";
    shares(cases);
    cases.group = "ways, never started";
    never_started(cases);
}

/// Bad samples, weights and numbers of samples.
#[inline(never)]
fn ways<N, L, P, R, const I: usize, const O: usize>(cases: &mut Cases, twins: &mut Twins<N, L, P, R, ROOM, I, O>)
where
    N: Layer<Scalar = f32, Input = [f32; I], Output = [f32; O]>,
    L: Loss,
    P: Optimizer<f32> + PartialEq,
    R: Rule,
{
    samples(cases, twins);
    let (x, target) = (twins.x, twins.target);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.1] {
        twins.refuse(cases, "a weight", StepError::Weight, &|trainer| weighted(trainer, &x, &target, bad));
        twins.refuse(cases, "a weight, in pieces", StepError::Weight, &|trainer| {
            pieces(trainer, &x, &target, Some(bad), 20)
        });
        let (spoilt, wrong) = (with(x, 1, bad / 0.0), with(target, 0, bad / 0.0));
        twins.refuse(cases, "a weight and an input", StepError::Input, &|trainer| {
            weighted(trainer, &spoilt, &target, bad)
        });
        twins.refuse(cases, "a weight and a target", StepError::Target, &|trainer| weighted(trainer, &x, &wrong, bad));
    }
    for (inputs, targets) in [(0, 0), (4, 4), (2, 3), (3, 2), (1, 0), (0, 1)] {
        twins.refuse(cases, "a number of samples", StepError::Batch, &|trainer| {
            slice(trainer, &[x; 4][..inputs], &[target; 4][..targets])
        });
    }
    twins.refuse(cases, "pieces after the end", StepError::Over, &|trainer| {
        let bad = with(x, 0, f32::NAN);
        let mut step = trainer.step_in_pieces(&bad, &target);
        while let Ok(Progress::More) = step.run(100) {}
        step.run(100).map(|_| 0.0)
    });
    twins.refuse(cases, "pieces without a target", StepError::Target, &|trainer| {
        let bad = with(target, 0, f32::NAN);
        let mut step = trainer.step_in_pieces(&x, &bad);
        while step.run(1)? == Progress::More {
            assert!(!step.is_writing(), "bad input is being written");
        }
        Ok(0.0)
    });
}

#[inline(never)]
fn samples<N, L, P, R, const I: usize, const O: usize>(cases: &mut Cases, twins: &mut Twins<N, L, P, R, ROOM, I, O>)
where
    N: Layer<Scalar = f32, Input = [f32; I], Output = [f32; O]>,
    L: Loss,
    P: Optimizer<f32> + PartialEq,
    R: Rule,
{
    let (x, target) = (twins.x, twins.target);
    for bad in BAD {
        for (spoilt, wrong, expected) in [
            (with(x, I - 1, bad), target, StepError::Input),
            (x, with(target, O - 1, bad), StepError::Target),
            (with(x, 0, bad), with(target, 0, bad), StepError::Input),
        ] {
            twins.refuse(cases, "step_weighted", expected, &|trainer| weighted(trainer, &spoilt, &wrong, 1.0));
            twins.refuse(cases, "step_in_pieces", expected, &|trainer| pieces(trainer, &spoilt, &wrong, None, 1));
            twins.refuse(cases, "step_in_pieces", expected, &|trainer| pieces(trainer, &spoilt, &wrong, Some(1.0), 99));
            twins.refuse(cases, "loss", expected, &|trainer| loss(trainer, &spoilt, &wrong));
            for sample in 0..ROOM {
                let (mut inputs, mut targets) = ([x; ROOM], [target; ROOM]);
                (inputs[sample], targets[sample]) = (spoilt, wrong);
                twins.refuse(cases, "step_batch", expected, &|trainer| slice(trainer, &inputs, &targets));
            }
            if expected == StepError::Input {
                twins.refuse(cases, "try_predict", expected, &|trainer| predict(trainer, &spoilt));
            }
        }
        // An input is looked at before the target of an earlier sample.
        let (inputs, targets) = ([x, x, with(x, 0, bad)], [with(target, 0, bad), target, target]);
        twins.refuse(cases, "step_batch, two samples", StepError::Input, &|trainer| slice(trainer, &inputs, &targets));
    }
}

/// Columns without a sum: in every way, and behind bad samples in every way.
fn shares(cases: &mut Cases) {
    let mut twins: Twins<Net<Sigmoid, Sigmoid, 3, 5, 2>, SquaredError, Sgd, ErrorShare, ROOM, 3, 2> =
        Twins::experienced(Sgd::new(1e-3));
    samples(cases, &mut twins);
    twins.learn = false;
    // The last one's sum is infinite, the outputs are not.
    for (columns, output) in [([0.5, 0.0], 1), ([0.0, 0.5], 0), ([0.0, 0.0], 0), ([0.5, 0.25 * f32::MAX], 1)] {
        twins.each(|trainer| trainer.network.1.weights = [columns; 5]);
        let (expected, x, target) = (StepError::NoShares(NoShares { output }), twins.x, twins.target);
        twins.refuse(cases, "step, no sum", expected, &|trainer| super::good(trainer, &x, &target));
        twins.refuse(cases, "step_weighted, no sum", expected, &|trainer| weighted(trainer, &x, &target, 2.0));
        twins.refuse(cases, "step_batch, no sum", expected, &|trainer| slice(trainer, &[x; 2], &[target; 2]));
        twins.refuse(cases, "step_in_pieces, no sum", expected, &|trainer| pieces(trainer, &x, &target, None, 7));
        if columns[1] <= 1.0 {
            samples(cases, &mut twins);
        }
    }
}

fn never_started(cases: &mut Cases) {
    type Never = Twins<(Dense<3, 5>, Dense<5, 2>), SquaredError, Sgd, ChainRule, ROOM, 3, 2>;
    let mut twins = Never::new(Trainer::new);
    twins.learn = false;
    let (x, target) = (twins.x, twins.target);
    for x in [x, with(x, 0, f32::NAN)] {
        let expected = StepError::LearningRate;
        twins.refuse(cases, "step", expected, &|trainer| super::good(trainer, &x, &target));
        twins.refuse(cases, "step_weighted", expected, &|trainer| weighted(trainer, &x, &target, 2.0));
        twins.refuse(cases, "step_batch", expected, &|trainer| slice(trainer, &[x; 2], &[target; 2]));
        twins.refuse(cases, "step_in_pieces", expected, &|trainer| pieces(trainer, &x, &target, None, 7));
        twins.refuse(cases, "flush", expected, &|trainer| trainer.flush().map(|()| 0.0));
    }
}

// Each way is compiled once for a trainer.

#[inline(never)]
fn weighted<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &N::Input,
    target: &N::Output,
    weight: N::Scalar,
) -> Result<N::Scalar, StepError> {
    trainer.step_weighted(x, target, weight)
}

#[inline(never)]
fn slice<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &[N::Input],
    targets: &[N::Output],
) -> Result<N::Scalar, StepError> {
    trainer.step_batch(x, targets)
}

#[inline(never)]
fn loss<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &N::Input,
    target: &N::Output,
) -> Result<N::Scalar, StepError> {
    trainer.loss(x, target)
}

#[inline(never)]
fn predict<N: Layer<Scalar = f32>, L: Loss, P: Optimizer<f32>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &N::Input,
) -> Result<f32, StepError> {
    trainer.try_predict(x).map(|_| 0.0)
}

#[inline(never)]
fn pieces<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &N::Input,
    target: &N::Output,
    weight: Option<N::Scalar>,
    macs: usize,
) -> Result<N::Scalar, StepError> {
    let mut step = trainer.step_in_pieces(x, target);
    if let Some(weight) = weight {
        step = step.weighted(weight);
    }
    loop {
        if let Progress::Done(loss) = step.run(macs)? {
            return Ok(loss);
        }
    }
}
