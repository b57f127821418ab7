//! Numbers that are finite and too large, targets out of range, and weights that were set by hand.

use downhill::activation::Activation;
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::NoShares;
use downhill::{
    Adam, BinaryCrossEntropy, ChainRule, ClipNorm, CrossEntropy, Dense, ErrorShare, Identity, LeakyRelu, Momentum,
    OfProbabilities, Relu, Sgd, Sigmoid, Softmax, SquaredError, StepError, Tanh, Trainer, Unbiased,
};

use super::{Cases, Twins, good, with};

pub fn all(cases: &mut Cases) {
    losses(cases);
    deltas(cases);
    gradients(cases);
    targets(cases);
    cases.group = "weights by hand";
    let (loss, sum) = (StepError::Loss, StepError::Sum);
    weights::<Identity>(cases, loss, loss);
    weights::<Sigmoid>(cases, sum, sum);
    weights::<Tanh>(cases, sum, sum);
    weights::<Relu>(cases, loss, sum);
    weights::<LeakyRelu>(cases, loss, loss);
    weights::<Softmax>(cases, loss, sum);
}

type Linear<L, P, const B: usize = 1> = Twins<Dense<3, 2, Identity>, L, P, ChainRule, B, 3, 2>;

/// Both outputs lie between 0 and 1 for the good inputs.
const POSITIVE: Dense<3, 2, Identity> = Dense::new([[0.1, 0.2], [0.0, 0.1], [0.1, 0.3]], [0.4, 0.2]);

fn linear<L: Loss, P: Optimizer<f32> + Copy + PartialEq>(optimizer: P) -> Linear<L, P> {
    Twins::new(|| Trainer::with_network(POSITIVE, optimizer))
}

fn losses(cases: &mut Cases) {
    cases.group = "losses";
    let mut twins = linear::<SquaredError, _>(Sgd::new(0.01));
    let (x, target) = (twins.x, twins.target);
    twins.refuse(cases, "the square of an output", StepError::Loss, &|trainer| good(trainer, &[1e30; 3], &target));
    twins.refuse(cases, "the square of a target", StepError::Loss, &|trainer| good(trainer, &x, &[1e20, 0.0]));
    twins.refuse(cases, "a weight of a sample", StepError::Loss, &|trainer| {
        trainer.step_weighted(&x, &[1e15, 0.0], 1e20)
    });
    twins.refuse(cases, "the loss alone", StepError::Loss, &|trainer| trainer.loss(&[1e30; 3], &target));
    // A linear output may be negative, where the logarithm is not defined, or above 1, where that of the rest is not.
    let mut entropy = linear::<OfProbabilities<CrossEntropy>, _>(Sgd::new(0.01));
    let mut binary = linear::<OfProbabilities<BinaryCrossEntropy>, _>(Sgd::new(0.01));
    for x in [[-100.0, 100.0, -100.0], [100.0; 3]] {
        entropy.refuse(cases, "CrossEntropy", StepError::Loss, &|trainer| good(trainer, &x, &target));
        binary.refuse(cases, "BinaryCrossEntropy", StepError::Loss, &|trainer| good(trainer, &x, &target));
    }
}

type Steep = (Dense<3, 1, Identity>, Dense<1, 2, Identity, Unbiased, f32>);
type Single = Twins<Dense<1, 1, Identity>, SquaredError, Sgd, ChainRule, 1, 1, 1>;

fn deltas(cases: &mut Cases) {
    type Narrow = (Dense<1, 1, Relu>, Dense<1, 1, Relu>, Dense<1, 1, Identity>);
    cases.group = "deltas";
    // The loss is 1e36 / 2, but 1e18 times the weight 1e30 is beyond f32. The bad value is in the lower layer, when the
    // upper one has been through.
    let network: Steep = (Dense::new([[0.0]; 3], [0.0]), Dense::new([[1e30, 0.0]], []));
    let mut twins: Twins<Steep, SquaredError, Sgd, ChainRule, 1, 3, 2> =
        Twins::new(|| Trainer::with_network(network, Sgd::new(1e-38)));
    twins.target = [0.0; 2];
    let x = twins.x;
    let targets = [([1e18, 0.0], StepError::Delta), ([f32::NAN, 0.0], StepError::Target)];
    for (target, expected) in targets {
        twins.refuse(cases, "a delta", expected, &|trainer| good(trainer, &x, &target));
    }
    twins.refuse(cases, "a delta and an input", StepError::Input, &|trainer| {
        good(trainer, &[0.0, f32::NAN, 0.0], &[1e18, 0.0])
    });
    // The product of a finite input and a finite delta.
    let mut twins = Single::new(|| Trainer::with_network(Dense::new([[0.05]], [0.0]), Sgd::new(0.1)));
    twins.refuse(cases, "a product", StepError::Delta, &|trainer| good(trainer, &[3.6e20], &[0.0]));
    // The output of a hidden rectifier is too large; so the loss is.
    let narrow: Narrow = (Dense::new([[1e20]], [0.0]), Dense::new([[1e20]], [0.0]), Dense::new([[0.0]], [0.0]));
    let mut twins: Twins<Narrow, SquaredError, Sgd, ChainRule, 1, 1, 1> =
        Twins::new(|| Trainer::with_network(narrow, Sgd::new(0.1)));
    twins.x = [0.0];
    twins.refuse(cases, "a hidden output", StepError::Loss, &|trainer| good(trainer, &[1.0], &[0.0]));
    twins.refuse(cases, "a hidden output", StepError::Sum, &|trainer| trainer.try_predict(&[1.0]).map(|_| 0.0));
}

fn gradients(cases: &mut Cases) {
    type Shared = (Dense<3, 2, Identity>, Dense<2, 2, Identity>);
    cases.group = "gradients";
    let mut twins = linear::<SquaredError, _>(Adam::new(0.01));
    let target = twins.target;
    twins.refuse(cases, "a gradient", StepError::Gradient, &|trainer| good(trainer, &[1e10, 0.0, 0.0], &target));
    let x = twins.x;
    twins.refuse(cases, "a gradient of a bias", StepError::Gradient, &|trainer| good(trainer, &x, &[1e16, 0.0]));
    // A limit takes what is larger, up to another limit.
    let mut twins = linear::<SquaredError, _>(ClipNorm::new(0.1, Momentum::new(0.01, 0.9)));
    twins.refuse(cases, "a gradient for a limit", StepError::Gradient, &|trainer| {
        trainer.step_weighted(&[1e17, 0.0, 0.0], &[1e17, 0.0], 1e4)
    });
    twins.each(|trainer| trainer.network.weights = [[0.0; 2]; 3]);
    twins.refuse(cases, "a product for a limit", StepError::Delta, &|trainer| {
        good(trainer, &[1e30, 0.0, 0.0], &[1e10, 0.0])
    });
    // Nothing to share by is found first.
    let network: Shared = (POSITIVE, Dense::new([[0.5, 0.5], [0.5, -0.5]], [0.0; 2]));
    let mut twins: Twins<Shared, SquaredError, Sgd, ErrorShare, 1, 3, 2> =
        Twins::new(|| Trainer::with_network(network, Sgd::new(0.01)));
    twins.learn = false;
    for x in [x, [1e10, 0.0, 0.0]] {
        twins.refuse(cases, "a gradient, no sum", StepError::NoShares(NoShares { output: 1 }), &|trainer| {
            good(trainer, &x, &target)
        });
    }
}

fn targets(cases: &mut Cases) {
    cases.group = "targets out of range";
    let mut twins: Twins<Dense<3, 2>, BinaryCrossEntropy, Sgd, ChainRule, 1, 3, 2> = Twins::experienced(Sgd::new(0.1));
    out_of_range(cases, &mut twins, &[2.0, 255.0, -0.1, 1.000_000_1]);
    let mut twins: Twins<Dense<3, 2, Softmax>, CrossEntropy, Sgd, ChainRule, 1, 3, 2> =
        Twins::experienced(Sgd::new(0.1));
    out_of_range(cases, &mut twins, &[-1.0, -1e-30]);
    let mut twins = linear::<OfProbabilities<CrossEntropy>, _>(Sgd::new(1e-3));
    out_of_range(cases, &mut twins, &[-1.0]);
    let mut twins = linear::<OfProbabilities<BinaryCrossEntropy>, _>(Sgd::new(1e-3));
    out_of_range(cases, &mut twins, &[2.0, -0.1]);
}

#[inline(never)]
fn out_of_range<N, L: Loss>(cases: &mut Cases, twins: &mut Twins<N, L, Sgd, ChainRule, 1, 3, 2>, values: &[f32])
where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]>,
{
    let (x, target) = (twins.x, twins.target);
    for &value in values {
        for output in 0..2 {
            let target = with(target, output, value);
            twins.refuse(cases, "a target", StepError::Target, &|trainer| good(trainer, &x, &target));
            twins.refuse(cases, "the loss of a target", StepError::Target, &|trainer| trainer.loss(&x, &target));
            twins.refuse(cases, "a target and an input", StepError::Input, &|trainer| {
                good(trainer, &with(x, 0, f32::NAN), &target)
            });
        }
    }
}

/// A weight or a bias that is not finite is seen, whatever activation it passes through, though this may make a finite
/// output of infinity, or of its negative.
#[inline(never)]
fn weights<A: Activation + Copy>(cases: &mut Cases, infinite: StepError, negative: StepError) {
    type Net<A> = (Dense<3, 2, A>, Dense<2, 2, Identity>);
    let network: Net<A> =
        (Dense::new([[0.3, 0.1], [0.2, 0.1], [0.4, 0.1]], [0.0; 2]), Dense::new([[0.5, 0.5], [0.1, 0.1]], [0.0; 2]));
    let mut twins: Twins<Net<A>, SquaredError, Sgd, ChainRule, 1, 3, 2> =
        Twins::new(|| Trainer::with_network(network, Sgd::new(0.1)));
    let (x, target) = (twins.x, twins.target);
    for (bad, expected) in [(f32::NAN, StepError::Loss), (f32::INFINITY, infinite), (f32::NEG_INFINITY, negative)] {
        twins.refuse(cases, "a weight", expected, &|trainer| {
            set(trainer, [bad, 0.0], |trainer| good(trainer, &x, &target))
        });
        twins.refuse(cases, "a bias", expected, &|trainer| {
            set(trainer, [0.0, bad], |trainer| good(trainer, &x, &target))
        });
        twins.refuse(cases, "a weight, predicting", StepError::Sum, &|trainer| {
            set(trainer, [bad, 0.0], |trainer| trainer.try_predict(&x).map(|_| 0.0))
        });
        twins.refuse(cases, "a weight and an input", StepError::Input, &|trainer| {
            set(trainer, [bad, 0.0], |trainer| good(trainer, &with(x, 0, f32::NAN), &target))
        });
    }
}

/// Adds to a weight and a bias for the time of a step.
#[inline(never)]
fn set<A: Activation + Copy>(
    trainer: &mut Trainer<(Dense<3, 2, A>, Dense<2, 2, Identity>), SquaredError, Sgd>,
    [weight, bias]: [f32; 2],
    step: impl Fn(&mut Trainer<(Dense<3, 2, A>, Dense<2, 2, Identity>), SquaredError, Sgd>) -> Result<f32, StepError>,
) -> Result<f32, StepError> {
    let before = trainer.network;
    trainer.network.0.weights[0][0] += weight;
    trainer.network.0.biases[0] += bias;
    let result = step(trainer);
    trainer.network = before;
    result
}
