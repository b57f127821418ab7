//! Rates by layer: a [`ScaledRate`] is an optimiser of its own for the layers in it.

// What is compared are bits.
#![allow(clippy::float_cmp)]

use downhill::dropout;
use downhill::init::{Generator, Random, Uniform};
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::scaled_rate::Factor;
use downhill::{
    Adam, AdamW, Batch, BiasOnly, Biased, ClipNorm, ClipSample, ClipValue, Dense, Dropout, Frozen, Layer, LeakyRelu,
    Momentum, Nesterov, Ratio, RmsProp, Rprop, ScaledRate, Sgd, SquaredError, StepError, Tanh, Trainer, Unbiased,
    WeightDecay, Zero, digest,
};

type Lower = (Dense<3, 5, Tanh>, Dense<5, 4, LeakyRelu, Unbiased, f32>);
type Upper = Dense<4, 2>;
type Plain = (Lower, Upper);
type Scaled<Q> = (ScaledRate<Lower, Q>, Upper);
type Learner<N, P> = Trainer<N, SquaredError, P, 4>;

const RATE: f32 = 0.07;

fn drawn<L: Layer + Zero>() -> L {
    let mut layer = L::ZERO;
    layer.initialize(&mut Uniform(Generator::new(5)));
    layer
}

/// Samples that differ from call to call.
fn samples(count: usize) -> Vec<([f32; 3], [f32; 2])> {
    let mut random = Generator::new(9);
    let mut next = || random.signed_unit();
    (0..count).map(|_| ([next(), next(), next()], [next().abs(), next().abs()])).collect()
}

/// How a trainer learns: one by one, in pieces of a budget, or slices of so many.
#[derive(Clone, Copy, Debug)]
enum Way {
    Steps,
    Layer(usize),
    Slices(usize),
}

const WAYS: [Way; 5] = [Way::Steps, Way::Layer(10), Way::Layer(300), Way::Layer(usize::MAX), Way::Slices(3)];

fn learn<N, P>(trainer: &mut Learner<N, P>, part: &[([f32; 3], [f32; 2])], way: Way)
where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]>,
    P: Optimizer<f32>,
{
    if let Way::Slices(_) = way {
        let (x, targets): (Vec<_>, Vec<_>) = part.iter().copied().unzip();
        trainer.step_batch(&x, &targets).unwrap();
        return;
    }
    for (x, target) in part {
        match way {
            Way::Layer(budget) => {
                let mut step = trainer.step_in_pieces(x, target);
                while let Progress::More = step.run(budget).unwrap() {}
            }
            _ => drop(trainer.step(x, target).unwrap()),
        }
    }
}

/// The lower layers learn with `slow`, the last one with `fast`: by two trainers, of which each gives its layers to the
/// other after every step. `lower` tells the lower layers of the network that does the same with one.
fn two_groups<N, P>(name: &str, network: N, lower: impl Fn(&N) -> (Lower, Upper), factor: f32, make: impl Fn(f32) -> P)
where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]> + Copy,
    P: Optimizer<f32>,
{
    for way in WAYS {
        let size = if let Way::Slices(size) = way { size } else { 1 };
        let start = lower(&network);
        let mut one = Learner::with_network(network, make(RATE));
        let mut fast = Learner::with_network(start, make(RATE));
        let mut slow = Learner::with_network(start, make(RATE * factor));
        for (n, part) in samples(24 * size).chunks(size).enumerate() {
            if n == 12 {
                // As a schedule does.
                one.optimizer.set_rate(0.5 * RATE);
                fast.optimizer.set_rate(0.5 * RATE);
                slow.optimizer.set_rate(0.5 * RATE * factor);
            }
            learn(&mut one, part, way);
            let whole = if size > 1 { way } else { Way::Steps };
            learn(&mut fast, part, whole);
            learn(&mut slow, part, whole);
            (fast.network.0, slow.network.1) = (slow.network.0, fast.network.1);
            assert_eq!(lower(&one.network), fast.network, "{name}, {way:?}, step {n}");
        }
        for trainer in [&mut fast, &mut slow] {
            trainer.flush().unwrap();
        }
        one.flush().unwrap();
        assert_eq!(lower(&one.network), (slow.network.0, fast.network.1), "{name}, {way:?}, flush");
        assert_ne!(digest(&one.network), digest(&network), "{name} learns");
    }
}

/// Calls `$test` with a name and a maker for every optimiser and modifier.
macro_rules! all_optimizers {
    ($test:ident $(, $argument:expr)*) => {
        $test("Sgd" $(, $argument)*, Sgd::new);
        $test("Momentum" $(, $argument)*, |rate| Momentum::new(rate, 0.9));
        $test("Nesterov" $(, $argument)*, |rate| Nesterov::new(rate, 0.9));
        $test("RmsProp" $(, $argument)*, RmsProp::new);
        $test("Adam" $(, $argument)*, Adam::new);
        $test("AdamW" $(, $argument)*, |rate| AdamW::new(rate, 0.1));
        $test("Batch<Sgd>" $(, $argument)*, |rate| Batch::new(3, Sgd::new(rate)));
        $test("Batch<Adam>" $(, $argument)*, |rate| Batch::new(7, Adam::new(rate)));
        $test("Batch<ClipNorm<AdamW>>" $(, $argument)*, |rate| Batch::new(7, ClipNorm::new(0.01, AdamW::new(rate, 0.1))));
        $test("ClipNorm<Momentum>" $(, $argument)*, |rate| ClipNorm::new(0.01, Momentum::new(rate, 0.9)));
        $test("ClipValue<RmsProp>" $(, $argument)*, |rate| ClipValue::new(0.01, RmsProp::new(rate)));
        $test("WeightDecay<Sgd>" $(, $argument)*, |rate| WeightDecay::new(0.1, Sgd::new(rate)));
        $test("ClipSample<Batch<Momentum>>" $(, $argument)*, |rate| {
            ClipSample::new(0.01, Batch::new(4, Momentum::new(rate, 0.9)))
        });
    };
}

/// Rprop whose steps meet both ends of their range, all `factor` times as large.
fn rprop(factor: f32) -> Rprop {
    Rprop { first: 0.01 * factor, range: [0.005 * factor, 0.02 * factor], ..Rprop::new() }
}

#[test]
fn a_ratio_is_an_optimizer_of_its_own() {
    let (lower, upper) = drawn::<Plain>();
    let network = (ScaledRate::new(Ratio::<3, 10>::ZERO, lower), upper);
    let parts = |network: &Scaled<Ratio<3, 10>>| (network.0.layer, network.1);
    all_optimizers!(two_groups, network, parts, 0.3);
    two_groups("Batch<Rprop>", network, parts, 0.3, |rate| Batch::new(2, rprop(if rate == RATE { 1.0 } else { 0.3 })));
}

#[test]
fn a_number_is_an_optimizer_of_its_own() {
    let (lower, upper) = drawn::<Plain>();
    let network = (ScaledRate::new(0.15_f32, lower), upper);
    let parts = |network: &Scaled<f32>| (network.0.layer, network.1);
    two_groups("Adam", network, parts, 0.15, Adam::new);
    two_groups("Batch<Nesterov>", network, parts, 0.15, |rate| Batch::new(7, Nesterov::new(rate, 0.9)));
}

/// Factors within each other multiply, around the network too.
#[test]
fn nested() {
    let (lower, upper) = drawn::<Plain>();
    let network = (ScaledRate::new(0.5_f32, ScaledRate::new(Ratio::<1, 5>::ZERO, lower)), upper);
    let parts = |network: &(ScaledRate<ScaledRate<Lower, Ratio<1, 5>>>, Upper)| (network.0.layer.layer, network.1);
    two_groups("Adam", network, parts, 0.1, Adam::new);
    two_groups("Batch<AdamW>", network, parts, 0.1, |rate| Batch::new(7, AdamW::new(rate, 0.1)));

    let around = ScaledRate::new(0.5_f32, (ScaledRate::new(0.2_f32, lower), upper));
    let mut around = Learner::with_network(around, Batch::new(3, Adam::new(2.0 * RATE)));
    let mut within = Learner::with_network((ScaledRate::new(0.2_f32, lower), upper), Batch::new(3, Adam::new(RATE)));
    for (x, target) in samples(30) {
        assert_eq!(around.step(&x, &target), within.step(&x, &target));
        assert_eq!(around.network.layer, within.network);
    }
}

/// Trains with a factor of 1 and without a wrapper.
fn one_is_none<P: Optimizer<f32>>(name: &str, make: impl Fn(f32) -> P) {
    let (lower, upper) = drawn::<Plain>();
    for way in WAYS {
        let size = if let Way::Slices(size) = way { size } else { 1 };
        let mut plain = Learner::with_network((lower, upper), make(RATE));
        let mut number = Learner::with_network((ScaledRate::new(1.0_f32, lower), upper), make(RATE));
        let mut ratio = Learner::with_network(ScaledRate::new(Ratio::<5, 5>::ZERO, (lower, upper)), make(RATE));
        for part in samples(30 * size).chunks(size) {
            learn(&mut plain, part, way);
            learn(&mut number, part, way);
            learn(&mut ratio, part, way);
            assert_eq!((number.network.0.layer, number.network.1), plain.network, "{name}, {way:?}");
            assert_eq!(ratio.network.layer, plain.network, "{name}, {way:?}");
        }
        // Of the layers alone.
        assert_eq!(digest(&number.network), digest(&plain.network));
    }
}

#[test]
fn a_factor_of_one_changes_no_bit() {
    all_optimizers!(one_is_none);
    one_is_none("Rprop", |_| Rprop::new());
}

/// Around and beside layers that don't learn, or only in part, or drop.
#[test]
fn other_layers() {
    type Kept = Dense<3, 3, Tanh>;
    type Biases = Dense<5, 2>;
    type Half = Dropout<5, dropout::Ratio<1, 2>>;
    type Inner<D> = (Frozen<&'static Kept>, Dense<3, 5, Tanh>, D, BiasOnly<&'static Biases>);
    let kept: &'static Kept = Box::leak(Box::new(drawn()));
    let biases: &'static Biases = Box::leak(Box::new(drawn()));
    let inner: Inner<Half> = (Frozen(kept), drawn(), Half::ZERO, BiasOnly::new(biases));

    for way in WAYS {
        let size = if let Way::Slices(size) = way { size } else { 1 };
        let mut scaled =
            Learner::with_network(ScaledRate::new(Ratio::<1, 10>::ZERO, inner), Batch::new(6, Adam::new(RATE)));
        let mut plain = Learner::with_network(inner, Batch::new(6, Adam::new(RATE * 0.1)));
        scaled.seed(3);
        plain.seed(3);
        for part in samples(30 * size).chunks(size) {
            learn(&mut scaled, part, way);
            learn(&mut plain, part, way);
        }
        assert_eq!(digest(&scaled.network), digest(&plain.network), "{way:?}");
        assert_ne!(digest(&scaled.network), digest(&inner));
    }

    // Nothing is asked of a wrapper around what does not learn.
    const { assert!(!<ScaledRate<Frozen<&'static Kept>, Ratio<1, 2>>>::LEARNS) };
    let network = (ScaledRate::new(0.5_f32, Frozen(kept)), drawn::<Dense<3, 2>>());
    let mut trainer = Learner::with_network(network, Sgd::new(RATE));
    learn(&mut trainer, &samples(3), Way::Steps);
    assert_eq!(trainer.network.0.layer.0, kept);
}

/// A factor that is none is refused before anything is written.
#[test]
fn factors_out_of_range() {
    let network = || (ScaledRate::new(1.0_f32, drawn::<Lower>()), drawn::<Upper>());
    let [(x, target)] = samples(1)[..] else { unreachable!() };
    for bad in [0.0, -0.5, 1.000_001, f32::INFINITY, f32::NAN] {
        let mut trainer = Learner::with_network(network(), Adam::new(RATE));
        trainer.network.0.factor = bad;
        assert_eq!(trainer.step(&x, &target), Err(StepError::RateFactor), "{bad}");
        assert_eq!(trainer.step_batch(&[x, x], &[target, target]), Err(StepError::RateFactor), "{bad}");
        for budget in [1, usize::MAX] {
            let mut step = trainer.step_in_pieces(&x, &target);
            assert_eq!(step.run(budget), Err(StepError::RateFactor), "{bad}");
        }
        assert_eq!(digest(&trainer.network), digest(&network()));
        trainer.network.0.factor = 1.0;
        trainer.step(&x, &target).unwrap();
    }
    // The first factors of a static.
    let mut trainer = Learner::<Scaled<f32>, Sgd>::new();
    trainer.start(Sgd::new(RATE), &mut Uniform(Generator::new(1)));
    assert_eq!(trainer.step(&x, &target), Err(StepError::RateFactor));
    let mut trainer = Learner::<Scaled<Ratio<1, 10>>, Sgd>::new();
    trainer.start(Sgd::new(RATE), &mut Uniform(Generator::new(1)));
    trainer.step(&x, &target).unwrap();
}

/// The smallest numbers, as rates and factors, leave all finite.
#[test]
fn underflow() {
    fn tiny<P: Optimizer<f32>>(name: &str, make: impl Fn(f32) -> P) {
        let network = (ScaledRate::new(f32::from_bits(1), drawn::<Lower>()), drawn::<Upper>());
        let mut trainer = Learner::with_network(network, make(1e-7));
        learn(&mut trainer, &samples(40), Way::Steps);
        assert!(trainer.is_finite(), "{name}");
        assert_eq!(trainer.network.0, network.0, "{name}");
        assert_ne!(trainer.network.1, network.1, "{name}");
    }
    all_optimizers!(tiny);
}

/// A ratio takes no memory; both types of numbers have them.
#[test]
fn ratios() {
    type Double = (ScaledRate<Dense<3, 4, Tanh, Biased, f64>, Ratio<1, 4, f64>>, Dense<4, 2, Tanh, Biased, f64>);
    assert_eq!(size_of::<Scaled<Ratio<1, 10>>>(), size_of::<Plain>());
    assert_eq!(Ratio::<1, 10>::ZERO.factor().to_bits(), 0.1_f32.to_bits());
    assert_eq!(Ratio::<1, 10, f64>::ZERO.factor().to_bits(), 0.1_f64.to_bits());
    let mut trainer = Trainer::<Double, SquaredError, Sgd<f64>>::new();
    trainer.start(Sgd::new(0.5), &mut Uniform(Generator::new(1)));
    trainer.step(&[0.1, 0.2, 0.3], &[0.4, 0.5]).unwrap();
}

/// A flush looks at the factors, too.
#[test]
fn a_flush_with_a_bad_factor() {
    type Scaled = ScaledRate<Dense<1, 1, downhill::Identity>>;
    let network = ScaledRate::new(1.0, Dense::new([[0.5]], [0.0]));
    let mut trainer = Trainer::<Scaled, SquaredError, _>::with_network(network, Batch::new(2, Sgd::new(0.1)));
    trainer.step(&[1.0], &[0.0]).unwrap();
    for factor in [f32::NAN, f32::INFINITY, -1.0] {
        trainer.network.factor = factor;
        assert_eq!(trainer.flush(), Err(StepError::RateFactor));
    }
    assert_eq!(trainer.optimizer.waiting(), 1);
    assert_eq!(trainer.network.layer.weights[0][0].to_bits(), 0.5_f32.to_bits());
}
