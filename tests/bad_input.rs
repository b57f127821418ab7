//! Bad input is an error value, and the trainer keeps every bit: weights, and what the optimiser remembers.

use std::fmt::Debug;

use downhill::init::{Generator, Uniform};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::{NoShares, Rule};
use downhill::{
    Adam, AdamW, Batch, BinaryCrossEntropy, ChainRule, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense,
    ErrorShare, Identity, Momentum, Nesterov, OfProbabilities, Relu, RmsProp, Rprop, Sgd, Sigmoid, Softmax,
    SquaredError, StepError, Trainer, Unbiased, WeightDecay, Zero, digest,
};

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// A trainer that has learnt for a while, so that weights and velocities are of all sizes.
fn experienced<N, L, P, R, const B: usize>(mut trainer: Trainer<N, L, P, R, B>, optimizer: P) -> Trainer<N, L, P, R, B>
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

/// Steps with bad input are refused with `error`, and good steps after each lead where they would have led without.
fn refuses<N, L, P, R, const B: usize>(
    make: impl Fn() -> Trainer<N, L, P, R, B>,
    bad: impl Fn(&mut Trainer<N, L, P, R, B>) -> Result<f32, StepError>,
    error: StepError,
) where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]>,
    L: Loss,
    P: Optimizer<f32> + Debug,
    R: Rule,
{
    let (mut untouched, mut trainer) = (make(), make());
    assert_eq!(bad(&mut trainer), Err(error));
    assert_eq!(digest(&trainer.network), digest(&untouched.network), "{error}: the weights changed");
    assert_eq!(format!("{:?}", trainer.optimizer), format!("{:?}", untouched.optimizer));
    for _ in 0..4 {
        assert_eq!(trainer.step(&X, &T), untouched.step(&X, &T));
        assert_eq!(digest(&trainer.network), digest(&untouched.network), "{error}: a later step is another");
    }
}

/// A hyperparameter with a bad value is refused with `error`.
fn spoils<P, V>(good: P, values: impl IntoIterator<Item = V>, spoil: impl Fn(&mut P, V), error: StepError)
where
    P: Optimizer<f32> + Copy + Debug + Zero,
    V: Copy,
{
    let make = || -> Trainer<Net<Sigmoid>, SquaredError, P> { experienced(Trainer::ZERO, good) };
    for value in values {
        let step = |trainer: &mut Trainer<_, _, P>| {
            let good = trainer.optimizer;
            spoil(&mut trainer.optimizer, value);
            let spoilt = format!("{:?}", trainer.optimizer);
            let result = trainer.step(&X, &T);
            assert_eq!(trainer.flush().err(), result.err());
            assert_eq!(format!("{:?}", trainer.optimizer), spoilt);
            trainer.optimizer = good;
            result
        };
        refuses(make, step, error);
    }
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

const NOT_POSITIVE: [f32; 5] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.1];
/// Not from 0 to below 1.
const NO_FRACTION: [f32; 5] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0, -0.1];
const NEGATIVE: [f32; 4] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.1];

#[test]
fn hyperparameters_of_descent() {
    spoils(Sgd::new(0.1), NOT_POSITIVE, |p, bad| p.rate = bad, StepError::LearningRate);
    let momentum = Momentum::new(0.2, 0.9);
    spoils(momentum, NOT_POSITIVE, |p, bad| p.rate = bad, StepError::LearningRate);
    spoils(momentum, NO_FRACTION, |p, bad| p.momentum = bad, StepError::Momentum);
    let nesterov = Nesterov::new(0.2, 0.9);
    spoils(nesterov, NOT_POSITIVE, |p, bad| p.rate = bad, StepError::LearningRate);
    spoils(nesterov, NO_FRACTION, |p, bad| p.momentum = bad, StepError::Momentum);
}

#[test]
fn hyperparameters_of_adaptive_steps() {
    let rmsprop = RmsProp::new(0.01);
    spoils(rmsprop, NOT_POSITIVE, |p, bad| p.rate = bad, StepError::LearningRate);
    spoils(rmsprop, NO_FRACTION, |p, bad| p.decay = bad, StepError::Decay);
    spoils(rmsprop, NOT_POSITIVE, |p, bad| p.epsilon = bad, StepError::Epsilon);
    let adam = Adam::new(0.01);
    spoils(adam, NOT_POSITIVE, |p, bad| p.rate = bad, StepError::LearningRate);
    spoils(adam, NO_FRACTION, |p, bad| p.mean_decay = bad, StepError::Decay);
    spoils(adam, NO_FRACTION, |p, bad| p.square_decay = bad, StepError::Decay);
    spoils(adam, NOT_POSITIVE, |p, bad| p.epsilon = bad, StepError::Epsilon);
    let adamw = AdamW::new(0.01, 0.1);
    spoils(adamw, NOT_POSITIVE, |p, bad| p.adam.rate = bad, StepError::LearningRate);
    spoils(adamw, NEGATIVE, |p, bad| p.weight_decay = bad, StepError::WeightDecay);
    let rprop = Rprop::new();
    spoils(rprop, NOT_POSITIVE, |p, bad| p.first = bad, StepError::LearningRate);
    spoils(rprop, [f32::NAN, 0.0, -0.1, 1.0], |p, bad| p.shrink = bad, StepError::Range);
    spoils(rprop, [f32::NAN, f32::INFINITY, 0.9], |p, bad| p.grow = bad, StepError::Range);
    spoils(rprop, NOT_POSITIVE, |p, bad| p.range[0] = bad, StepError::Range);
    spoils(rprop, NOT_POSITIVE, |p, bad| p.range[1] = bad, StepError::Range);
    spoils(rprop, [[0.2, 0.1]], |p, bad| p.range = bad, StepError::Range);
}

#[test]
fn hyperparameters_of_modifiers() {
    let sgd = Sgd::new(0.1);
    let decay = WeightDecay::new(0.01, sgd);
    spoils(decay, NEGATIVE, |p, bad| p.decay = bad, StepError::WeightDecay);
    spoils(decay, NOT_POSITIVE, |p, bad| p.inner.rate = bad, StepError::LearningRate);
    let value = ClipValue::new(0.1, sgd);
    spoils(value, NOT_POSITIVE, |p, bad| p.limit = bad, StepError::Limit);
    spoils(value, NOT_POSITIVE, |p, bad| p.inner.rate = bad, StepError::LearningRate);
    let norm = ClipNorm::new(0.1, sgd);
    spoils(norm, NOT_POSITIVE, |p, bad| p.limit = bad, StepError::Limit);
    spoils(norm, NOT_POSITIVE, |p, bad| p.inner.rate = bad, StepError::LearningRate);
    let sample = ClipSample::new(0.1, sgd);
    spoils(sample, NOT_POSITIVE, |p, bad| p.limit = bad, StepError::Limit);
    spoils(sample, NOT_POSITIVE, |p, bad| p.inner.rate = bad, StepError::LearningRate);
}

/// Two of four samples wait when the bad one comes.
#[test]
fn hyperparameters_of_batches() {
    let batch = Batch::new(4, Adam::new(0.01));
    spoils(batch, [0], |p, bad| p.size = bad, StepError::Batch);
    spoils(batch, NOT_POSITIVE, |p, bad| p.inner.rate = bad, StepError::LearningRate);
    let batch = ClipSample::new(0.1, Batch::new(4, ClipNorm::new(0.1, Momentum::new(0.1, 0.9))));
    spoils(batch, NOT_POSITIVE, |p, bad| p.inner.inner.limit = bad, StepError::Limit);
    spoils(batch, NO_FRACTION, |p, bad| p.inner.inner.inner.momentum = bad, StepError::Momentum);
}

#[test]
fn weights_of_samples() {
    for bad in NEGATIVE {
        refuses(momentum, |trainer| trainer.step_weighted(&X, &T, bad), StepError::Weight);
        refuses(softmax, |trainer| trainer.step_weighted(&X, &T, bad), StepError::Weight);
        refuses(waiting, |trainer| trainer.step_weighted(&X, &T, bad), StepError::Weight);
    }
    // A loss that is finite by itself.
    let linear = || Trainer::<_, SquaredError, Sgd>::new(POSITIVE, Sgd::new(0.01));
    refuses(linear, |trainer| trainer.step_weighted(&X, &[1e15, 0.0], 1e20), StepError::Loss);
}

/// Two of four samples wait.
fn waiting() -> Trainer<Net<Sigmoid>, SquaredError, Batch<Adam>> {
    let trainer = experienced(Trainer::ZERO, Batch::new(4, Adam::new(0.01)));
    assert_eq!(trainer.optimizer.waiting(), 2);
    trainer
}

/// What was collected stays, and the batch ends as if the bad sample had never come.
#[test]
fn a_sample_of_a_batch() {
    for bad in BAD {
        refuses(waiting, |trainer| trainer.step(&[0.1, 0.2, bad], &T), StepError::Input);
        refuses(waiting, |trainer| trainer.step(&X, &[bad, 0.5]), StepError::Target);
    }
}

/// Adam with room for three samples.
fn slices() -> Trainer<Net<Sigmoid>, SquaredError, Adam, ChainRule, 3> {
    experienced(Trainer::ZERO, Adam::new(0.01))
}

/// Collects slices: two of four samples wait.
fn slices_waiting() -> Trainer<Net<Relu>, SquaredError, Batch<Sgd>, ChainRule, 3> {
    experienced(Trainer::ZERO, Batch::new(4, Sgd::new(0.01)))
}

#[test]
fn a_sample_of_a_slice() {
    for bad in BAD {
        for sample in 0..3 {
            let mut x = [X; 3];
            x[sample][2] = bad;
            refuses(slices, |trainer| trainer.step_batch(&x, &[T; 3]), StepError::Input);
            refuses(slices_waiting, |trainer| trainer.step_batch(&x, &[T; 3]), StepError::Input);
            let mut targets = [T; 3];
            targets[sample][1] = bad;
            refuses(slices, |trainer| trainer.step_batch(&[X; 3], &targets), StepError::Target);
            refuses(slices_waiting, |trainer| trainer.step_batch(&[X; 3], &targets), StepError::Target);
        }
    }
}

#[test]
fn the_number_of_samples() {
    for (x, targets) in [(0, 0), (4, 4), (2, 3), (3, 2), (1, 0), (0, 1)] {
        let (x, targets) = (&[X; 4][..x], &[T; 4][..targets]);
        refuses(slices, |trainer| trainer.step_batch(x, targets), StepError::Batch);
        refuses(slices_waiting, |trainer| trainer.step_batch(x, targets), StepError::Batch);
    }
    let one = || -> Trainer<Net<Sigmoid>, SquaredError, Sgd> { experienced(Trainer::ZERO, Sgd::new(0.1)) };
    refuses(one, |trainer| trainer.step_batch(&[X; 2], &[T; 2]), StepError::Batch);
}

/// A gradient of 1e19, whose square is not within f32: it is limited like any other.
const STEEP: [f32; 2] = [1e19, 0.1];

#[test]
fn norms() {
    fn change<P: Optimizer<f32>>(optimizer: P) -> f32 {
        let mut trainer = Trainer::<_, SquaredError, P, ChainRule, 3>::new(POSITIVE, optimizer);
        trainer.step_batch(&[X; 3], &[T, STEEP, T]).unwrap();
        trainer.flush().unwrap();
        let change = |new: &[f32], old: &[f32]| new.iter().zip(old).map(|(new, old)| (new - old).powi(2)).sum::<f32>();
        let network = &trainer.network;
        (change(network.weights.as_flattened(), POSITIVE.weights.as_flattened())
            + change(&network.biases, &POSITIVE.biases))
        .sqrt()
    }
    for change in
        [change(ClipNorm::new(0.25, Sgd::new(1.0))), change(Batch::new(4, ClipNorm::new(0.25, Sgd::new(1.0))))]
    {
        assert!((change - 0.25).abs() < 1e-5, "{change}");
    }
    // A third of a vector of this length, and what the other two samples add.
    let change = change(ClipSample::new(1e-3, Sgd::new(1.0)));
    assert!(change > 1e-4 && change < 1e-3 + 1e-5, "{change}");
    // What no limit would make small enough for the number type.
    let far = || Trainer::<_, SquaredError, _>::new(POSITIVE, ClipNorm::new(0.1, Adam::new(0.01)));
    let heavy = |trainer: &mut Trainer<_, SquaredError, ClipNorm<Adam>>| {
        trainer.step_weighted(&[1e17, 0.0, 0.0], &[1e17, 0.0], 1e4)
    };
    refuses(far, heavy, StepError::Gradient);
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
    // A linear output may be negative, where the logarithm is not defined, or above 1, where that of the rest is not.
    let entropy = || -> Linear<OfProbabilities<CrossEntropy>> { Trainer::new(POSITIVE, Sgd::new(0.01)) };
    let binary = || -> Linear<OfProbabilities<BinaryCrossEntropy>> { Trainer::new(POSITIVE, Sgd::new(0.01)) };
    for x in [[-100.0, 100.0, -100.0], [100.0, 100.0, 100.0]] {
        refuses(entropy, |trainer| trainer.step(&x, &T), StepError::Loss);
        refuses(binary, |trainer| trainer.step(&x, &T), StepError::Loss);
    }
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
        // The sum of the column is infinite, the outputs are not.
        ([[0.5, 0.7 * f32::MAX], [0.5, 0.7 * f32::MAX]], 1),
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
        let lower = Dense::<3, 2, A>::new([[f32::NAN, 0.1], [0.0, 0.1], [0.0, 0.1]], [0.0; 2]);
        let network = (lower, Dense::<2, 2, Identity>::new([[0.5, 0.5], [0.1, 0.1]], [0.0, 0.0]));
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
    assert_eq!(StepError::LearningRate.to_string(), "the learning rate is not positive and at most 2^26");
}
