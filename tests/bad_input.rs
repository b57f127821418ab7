//! Bad input is an error value, and the trainer keeps every bit: weights, and what the optimiser remembers.

use downhill::init::{Generator, Uniform};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::{NoShares, Rule};
use downhill::{
    BinaryCrossEntropy, CrossEntropy, Dense, ErrorShare, Identity, Momentum, Relu, Sgd, Sigmoid, Softmax, SquaredError,
    StepError, Trainer, Unbiased, digest,
};

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// A trainer that has learnt for a while, so that weights and velocities are of all sizes.
fn experienced<N, L, P, R>(mut trainer: Trainer<N, L, P, R>, optimizer: P) -> Trainer<N, L, P, R>
where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]>,
    L: Loss,
    P: Optimizer<f32>,
    R: Rule,
{
    trainer.start(optimizer, &mut Uniform(Generator::new(7)));
    for _ in 0..10 {
        trainer.step(&X, &T).unwrap();
    }
    trainer
}

const X: [f32; 3] = [0.3, -0.4, 0.9];
const T: [f32; 2] = [0.9, 0.1];

type Net<A> = (Dense<3, 5, A>, Dense<5, 2, A>);

/// Steps with bad input are refused with `error`, and a good step after each leads where it would have led without.
fn refuses<N, L, P, R>(
    make: impl Fn() -> Trainer<N, L, P, R>,
    bad: impl Fn(&mut Trainer<N, L, P, R>) -> Result<f32, StepError>,
    error: StepError,
) where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]>,
    L: Loss,
    P: Optimizer<f32> + Clone,
    R: Rule,
{
    let (mut untouched, mut trainer) = (make(), make());
    let optimizer = trainer.optimizer.clone();
    assert_eq!(bad(&mut trainer), Err(error));
    assert_eq!(digest(&trainer.network), digest(&untouched.network), "{error}: the weights changed");
    trainer.optimizer = optimizer;
    assert_eq!(trainer.step(&X, &T), untouched.step(&X, &T));
    assert_eq!(digest(&trainer.network), digest(&untouched.network), "{error}: the next step is another");
}

fn momentum() -> Trainer<Net<Sigmoid>, SquaredError, Momentum> {
    experienced(Trainer::ZERO, Momentum::new(0.2, 0.9))
}

fn relu() -> Trainer<Net<Relu>, SquaredError, Sgd> {
    experienced(Trainer::ZERO, Sgd::new(0.1))
}

fn softmax() -> Trainer<(Dense<3, 5>, Dense<5, 2, Softmax>), CrossEntropy, Momentum> {
    experienced(Trainer::ZERO, Momentum::new(0.1, 0.5))
}

#[test]
fn inputs() {
    for bad in BAD {
        for i in 0..3 {
            let mut x = X;
            x[i] = bad;
            refuses(momentum, |trainer| trainer.step(&x, &T), StepError::Input);
            // ReLU and sigmoid make finite numbers of infinite ones.
            refuses(relu, |trainer| trainer.step(&x, &T), StepError::Input);
            refuses(softmax, |trainer| trainer.step(&x, &T), StepError::Input);
        }
    }
}

#[test]
fn targets() {
    for bad in BAD {
        for o in 0..2 {
            let mut t = T;
            t[o] = bad;
            refuses(momentum, |trainer| trainer.step(&X, &t), StepError::Target);
            refuses(relu, |trainer| trainer.step(&X, &t), StepError::Target);
            refuses(softmax, |trainer| trainer.step(&X, &t), StepError::Target);
        }
    }
}

#[test]
fn hyperparameters() {
    for bad in BAD.into_iter().chain([0.0, -0.1]) {
        let step = |trainer: &mut Trainer<Net<Sigmoid>, SquaredError, Momentum>| {
            trainer.optimizer.rate = bad;
            trainer.step(&X, &T)
        };
        refuses(momentum, step, StepError::LearningRate);
        let step = |trainer: &mut Trainer<Net<Relu>, SquaredError, Sgd>| {
            trainer.optimizer.rate = bad;
            trainer.step(&X, &T)
        };
        refuses(relu, step, StepError::LearningRate);
    }
    for bad in BAD.into_iter().chain([1.0, -0.1]) {
        let step = |trainer: &mut Trainer<Net<Sigmoid>, SquaredError, Momentum>| {
            trainer.optimizer.momentum = bad;
            trainer.step(&X, &T)
        };
        refuses(momentum, step, StepError::Momentum);
    }
}

#[test]
fn a_trainer_that_was_never_started() {
    let mut trainer = Trainer::<Net<Sigmoid>, SquaredError, Sgd>::ZERO;
    assert_eq!(trainer.step(&X, &T), Err(StepError::LearningRate));
}

#[test]
fn losses() {
    type Linear<L> = Trainer<Dense<3, 2, Identity>, L, Sgd>;
    // The square of the output is beyond f32.
    let squared = || -> Linear<SquaredError> { Trainer::new(POSITIVE, Sgd::new(0.01)) };
    refuses(squared, |trainer| trainer.step(&[1e30, 1e30, 1e30], &T), StepError::Loss);
    // A linear output may be negative, where the logarithm is not defined.
    let x = [-100.0, 100.0, -100.0];
    let entropy = || -> Linear<CrossEntropy> { Trainer::new(POSITIVE, Sgd::new(0.01)) };
    refuses(entropy, |trainer| trainer.step(&x, &T), StepError::Loss);
    let binary = || -> Linear<BinaryCrossEntropy> { Trainer::new(POSITIVE, Sgd::new(0.01)) };
    refuses(binary, |trainer| trainer.step(&x, &T), StepError::Loss);
}

/// Both outputs lie between 0 and 1 for `X`.
const POSITIVE: Dense<3, 2, Identity> = Dense::new([[0.1, 0.2], [0.0, 0.1], [0.1, 0.3]], [0.4, 0.2]);

#[test]
fn deltas() {
    // The loss is 1e36 / 2, but 1e18 times the weight 1e30 is beyond f32. The bad value is in the lower layer, when the
    // upper one has been through.
    type Steep = (Dense<3, 1, Identity>, Dense<1, 2, Identity, f32, Unbiased>);
    let steep = || {
        let lower = Dense::new([[0.0], [0.0], [0.0]], [0.0]);
        let network: Steep = (lower, Dense::new([[1e30, 0.0]], []));
        Trainer::<_, SquaredError, Sgd>::new(network, Sgd::new(1e-38))
    };
    refuses(steep, |trainer| trainer.step(&X, &[1e18, 0.0]), StepError::Delta);
}

#[test]
fn columns_without_a_sum() {
    type Trainer2 = Trainer<(Dense<3, 2>, Dense<2, 2>), SquaredError, Sgd, ErrorShare>;
    let make = |weights| move || Trainer2::new((LOWER, Dense::new(weights, [0.1, 0.2])), Sgd::new(0.5));
    for (weights, output) in [
        ([[0.5, 0.25], [0.5, -0.25]], 1),
        ([[0.5, 0.25], [-0.5, 0.25]], 0),
        ([[0.0, 0.0], [0.0, 0.0]], 0),
        ([[0.5, f32::MAX], [0.5, f32::MAX]], 1),
    ] {
        let mut trainer = make(weights)();
        let before = digest(&trainer.network);
        assert_eq!(trainer.step(&X, &T), Err(StepError::NoShares(NoShares { output })));
        assert_eq!(digest(&trainer.network), before);
    }
    // The first layer sends nothing back, so its columns may sum to zero.
    let network = Dense::<3, 2>::new([[0.5, 0.0], [-0.5, 0.0], [0.0, 0.0]], [0.0, 0.0]);
    assert!(Trainer::<_, SquaredError, Sgd, ErrorShare>::new(network, Sgd::new(0.5)).step(&X, &T).is_ok());
}

const LOWER: Dense<3, 2> = Dense::new([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [0.0, 0.0]);

#[test]
fn nan_among_the_weights_is_seen() {
    // Whatever activation it passes through.
    fn check<A: downhill::activation::Activation>() {
        let lower = Dense::<3, 1, A>::new([[f32::NAN], [0.0], [0.0]], [0.0]);
        let network = (lower, Dense::<1, 2, Identity>::new([[0.5, 0.5]], [0.0, 0.0]));
        assert_eq!(Trainer::<_, SquaredError, Sgd>::new(network, Sgd::new(0.1)).step(&X, &T), Err(StepError::Loss));
    }
    check::<Identity>();
    check::<Sigmoid>();
    check::<downhill::Tanh>();
    check::<Relu>();
    check::<downhill::LeakyRelu>();
    check::<Softmax>();
}

#[test]
fn errors_are_readable() {
    let message = StepError::NoShares(NoShares { output: 3 }).to_string();
    assert_eq!(message, "the weights into output 3 sum to zero or are not finite");
    assert_eq!(StepError::LearningRate.to_string(), "the learning rate is not finite and positive");
}
