//! Training in integers: it learns as well as in `f32`, along the same gradient, without an overflow, to the same bits.

mod common;

use std::ops::ControlFlow;

use downhill::checkpoint::Value;
use downhill::committee::{Committee, Vote};
use downhill::fit::{Best, Data};
use downhill::guard::{Guard, Settings};
use downhill::init::{Generator, He, Random, Xavier};
use downhill::integer::{self, Cost, Function, Layers, Nearest, Objective, Rate, Rounding, Stochastic, Whole};
use downhill::scaler::{Scaling, Standardizer};
use downhill::schedule::{Constant, Cosine};
use downhill::{
    BinaryCrossEntropy, Checkpoint, CrossEntropy, Dense, Evaluate, Fit, Identity, Infer, Layer, Learner, Loss,
    Predictor, Relu, Samples, Sgd, Sigmoid, Softmax, SquaredError, StepError, Storable, Tanh, Trainer, Zero, digest,
    encode,
};

type Digits<W = i16> = (integer::Dense<64, 32, Relu, W>, integer::Dense<32, 10, Softmax, W>);
type Flowers<W = i16> = (integer::Dense<4, 8, Relu, W>, integer::Dense<8, 3, Softmax, W>);

fn digits(part: &str) -> Vec<([f32; 64], usize)> {
    let mut samples: Vec<([f32; 64], usize)> = common::samples(&format!("digits/{part}.csv"));
    for (x, _) in &mut samples {
        *x = x.map(|pixel| pixel / 16.0);
    }
    samples
}

fn flowers(part: &str) -> Vec<([f32; 4], usize)> {
    let mut samples: Vec<([f32; 4], usize)> = common::samples(&format!("iris/{part}.csv"));
    for (x, mean) in samples.iter_mut().flat_map(|(x, _)| x.iter_mut().zip([6.0, 3.0, 4.0, 1.0])) {
        *x -= mean;
    }
    samples
}

/// The fraction of a test set that a learner gets right after some epochs.
fn learnt<T, const I: usize, const C: usize>(
    learner: &mut T,
    [train, test]: [&[([f32; I], usize)]; 2],
    epochs: u32,
    rate: f32,
) -> f64
where
    T: Learner<Scalar = f32, Input = [f32; I], Output = [f32; C], Network: Copy>,
{
    let samples = train.mapped(|x, &class| Some((*x, encode::one_hot(class)?)));
    let fit = Fit { seed: 1, ..Fit::new(epochs, Constant(rate)) };
    fit.run(learner, Data::new(&samples), |_, _| ControlFlow::Continue(())).expect("the fit succeeds");
    let hits = test.iter().filter(|(x, class)| encode::class(&learner.predict(x)) == Some(*class)).count();
    f64::from(u32::try_from(hits).unwrap()) / f64::from(u32::try_from(test.len()).unwrap())
}

fn start<N: Layers, L: Objective<N::Last>, R: Rounding, V: Whole>(rate: f32) -> integer::Trainer<N, L, R, V> {
    let mut trainer = integer::Trainer::new();
    trainer.start(Rate::new(rate), &mut He(Generator::new(1)));
    trainer
}

/// Means of five seeds. Over 40 seeds, with weights of 16 bits a training differs from that in `f32` by -0.0002 +- 0.0023 after 3 epochs, so
/// four standard errors of a mean are 0.004; with weights of 8 bits by -0.005 +- 0.008, so they are 0.014 more than 0.005.
#[test]
fn digits_are_learnt_as_in_floats() {
    fn mean(accuracy: impl Fn(u32) -> f64) -> f64 {
        (1..=5).map(accuracy).sum::<f64>() / 5.0
    }
    fn integers<W: Whole, R: Rounding, V: Whole>(data: [&[([f32; 64], usize)]; 2], seed: u32) -> f64 {
        let mut trainer = integer::Trainer::<Digits<W>, CrossEntropy, R, V>::new();
        trainer.start(Rate::new(0.02), &mut He(Generator::new(seed)));
        learnt(&mut trainer, data, 3, 0.02)
    }
    let (train, test) = (digits("train"), digits("test"));
    let data = [&train[..], &test[..]];
    let expected = mean(|seed| {
        let mut floats = Trainer::<(Dense<64, 32, Relu>, Dense<32, 10, Softmax>), CrossEntropy, Sgd>::new();
        floats.start(Sgd::new(0.02), &mut He(Generator::new(seed)));
        learnt(&mut floats, data, 3, 0.02)
    });
    assert!(expected > 0.93, "{expected}");
    let found = mean(|seed| integers::<i16, Nearest, i8>(data, seed));
    assert!((found - expected).abs() < 0.004, "{found} {expected}");
    let found = mean(|seed| integers::<i8, Stochastic, i8>(data, seed));
    assert!((-0.019..0.009).contains(&(found - expected)), "{found} {expected}");
    // Weights of 8 bits need the stochastic rounding.
    let lost = mean(|seed| integers::<i8, Nearest, i8>(data, seed));
    assert!(lost < found - 0.005, "{lost} {found}");
    // Of one seed, the standard deviations are 0.0037 and 0.0017.
    let mut floats = Trainer::<(Dense<64, 32, Relu>, Dense<32, 10, Softmax>), CrossEntropy, Sgd>::new();
    floats.start(Sgd::new(0.02), &mut He(Generator::new(1)));
    let expected = learnt(&mut floats, data, 3, 0.02);
    let (stochastic, wide) = (integers::<i16, Stochastic, i8>(data, 1), integers::<i16, Nearest, i16>(data, 1));
    assert!((stochastic - expected).abs() < 0.015, "{stochastic} {expected}");
    assert!((wide - expected).abs() < 0.007, "{wide} {expected}");
}

#[test]
fn every_activation_learns_flowers() {
    type Net<A, Z> = (integer::Dense<4, 8, A>, integer::Dense<8, 3, Z>);

    let (train, test) = (flowers("train"), flowers("test"));
    let data = [&train[..], &test[..]];
    let found = [
        learnt(&mut start::<Net<Relu, Softmax>, CrossEntropy, Nearest, i8>(0.05), data, 40, 0.05),
        learnt(&mut start::<Net<Tanh, Softmax>, CrossEntropy, Nearest, i8>(0.05), data, 40, 0.05),
        learnt(&mut start::<Net<Sigmoid, Softmax>, CrossEntropy, Nearest, i8>(0.05), data, 40, 0.05),
        learnt(&mut start::<Net<Tanh, Sigmoid>, BinaryCrossEntropy, Nearest, i8>(0.05), data, 40, 0.05),
        learnt(&mut start::<Net<Tanh, Sigmoid>, SquaredError, Nearest, i8>(0.2), data, 40, 0.2),
        learnt(&mut start::<Net<Relu, Identity>, SquaredError, Nearest, i8>(0.02), data, 40, 0.02),
        learnt(&mut start::<Net<Sigmoid, Tanh>, SquaredError, Nearest, i16>(0.2), data, 40, 0.2),
    ];
    assert!(found.iter().all(|&found| found > 0.9), "{found:?}");
}

/// The parameters of a network.
fn parameters(network: &impl Infer<Scalar = f32>) -> Vec<f32> {
    let mut all = Vec::new();
    network.tensors(&mut |tensor| all.extend_from_slice(tensor.data));
    all
}

/// Compares the steps of a network of numbers and of integers, from the same weights.
fn compare<N, M, L, V>(least: f32, target: &N::Output)
where
    N: Layer<Scalar = f32, Input = [f32; 6]> + Copy + Zero,
    M: Layers<Input = [f32; 6], Output = N::Output>,
    L: Loss + Objective<M::Last>,
    V: Whole,
{
    let mut random = Generator::new(7);
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(3)));
    for _ in 0..20 {
        let x: [f32; 6] = core::array::from_fn(|_| random.signed_unit());
        let mut integers = integer::Trainer::<M, L, Nearest, V>::new();
        assert!(integers.network.take(&network));
        integers.rate = Rate::power(0);
        let mut floats = Trainer::<N, L, Sgd>::with_network(network, Sgd::new(1.0));
        let before = parameters(&integers.network);
        let losses = (floats.step(&x, target).unwrap(), integers.step(&x, target).unwrap());
        assert!((losses.0 - losses.1).abs() < 0.03 + 0.03 * losses.0, "{losses:?}");
        let changes =
            |after: &[f32], before: &[f32]| -> Vec<f32> { after.iter().zip(before).map(|(a, b)| a - b).collect() };
        let (a, b) = (
            changes(&parameters(&floats.network), &parameters(&network)),
            changes(&parameters(&integers.network), &before),
        );
        if a.iter().chain(&b).all(|&change| change == 0.0) {
            continue; // all outputs are 0
        }
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let cosine = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        let length = (dot(&b, &b) / dot(&a, &a)).sqrt();
        assert!(cosine > least && (length - 1.0).abs() < 0.05, "{} {cosine} {length}", core::any::type_name::<M>());
    }
}

#[test]
fn a_step_goes_along_the_gradient() {
    macro_rules! compare {
        ($least:literal $value:ty: $hidden:ty, $last:ty, $loss:ty, $target:expr) => {
            compare::<
                (Dense<6, 8, $hidden>, Dense<8, 5, $hidden>, Dense<5, 3, $last>),
                (integer::Dense<6, 8, $hidden>, integer::Dense<8, 5, $hidden>, integer::Dense<5, 3, $last>),
                $loss,
                $value,
            >($least, &$target)
        };
    }
    compare!(0.99 i8: Tanh, Softmax, CrossEntropy, [0.0, 1.0, 0.0]);
    compare!(0.99 i8: Sigmoid, Softmax, CrossEntropy, [0.2, 0.5, 0.3]);
    compare!(0.99 i8: Tanh, Sigmoid, BinaryCrossEntropy, [0.0, 1.0, 0.5]);
    compare!(0.99 i8: Tanh, Sigmoid, SquaredError, [0.1, 0.9, 0.9]);
    compare!(0.99 i8: Tanh, Tanh, SquaredError, [-0.9, 0.9, 0.1]);
    compare!(0.99 i8: Relu, Softmax, CrossEntropy, [0.0, 0.0, 1.0]);
    compare!(0.99 i8: Identity, Identity, SquaredError, [-4.0, 2.0, 0.5]);
    compare!(0.999 i16: Tanh, Softmax, CrossEntropy, [0.0, 1.0, 0.0]);
    compare!(0.999 i16: Identity, Identity, SquaredError, [-4.0, 2.0, 0.5]);
    compare!(0.99 i16: Relu, Relu, SquaredError, [1.0, 2.0, 0.5]);
}

/// Weights and biases start within 1. Those that are needed here are far larger, and each makes room for itself.
#[test]
fn parameters_grow_as_far_as_they_have_to() {
    type Line = (integer::Dense<1, 1, Identity>,);
    let mut trainer = start::<Line, SquaredError, Nearest, i16>(0.25);
    for _ in 0..200 {
        trainer.step(&[0.0], &[100.0]).unwrap(); // the bias alone
    }
    let y = trainer.predict(&[0.0])[0];
    assert!((y - 100.0).abs() < 0.1, "{y}");
    for _ in 0..200 {
        for x in [-1.0, 1.0] {
            trainer.step(&[x], &[100.0 + 30.0 * x]).unwrap();
        }
    }
    let (y, z) = (trainer.predict(&[1.0])[0], trainer.predict(&[-0.5])[0]);
    assert!((y - 130.0).abs() < 0.2 && (z - 85.0).abs() < 0.2, "{y} {z}");
}

#[test]
fn integers_are_the_inputs_that_floats_become() {
    let (mut floats, mut integers) =
        (start::<Flowers, CrossEntropy, Nearest, i8>(0.1), start::<Flowers, CrossEntropy, Nearest, i8>(0.1));
    let mut random = Generator::new(5);
    for _ in 0..1000 {
        let class = random.below(3);
        let x: [i8; 4] = core::array::from_fn(|_| random.next_u32().to_le_bytes()[0].cast_signed().max(-127));
        // Only if the largest has all bits is the exponent the same.
        let Some(exponent) = (x.iter().any(|x| x.unsigned_abs() > 63)).then_some(5) else { continue };
        let loss = floats.step(&x.map(|x| f32::from(x) / 32.0), &encode::one_hot(class).unwrap()).unwrap();
        let cost: Cost = integers.step_integers(&x, exponent, class).unwrap();
        assert_eq!(loss.to_bits(), cost.get().to_bits());
        assert_eq!(digest(&floats.network), digest(&integers.network));
        // Outputs that round to the same have sums that differ.
        let y = floats.predict(&x.map(|x| f32::from(x) / 32.0));
        let class = integers.class_of_integers(&x, exponent).unwrap();
        assert!(y.iter().all(|&other| other <= y[class]), "{y:?} {class}");
    }
}

#[test]
fn what_is_not_finite_is_refused_and_changes_nothing() {
    let mut trainer = start::<Flowers, CrossEntropy, Stochastic, i8>(0.1);
    let before = (digest(&trainer.network), trainer.rounding);
    let (x, target) = ([0.5; 4], [0.0, 1.0, 0.0]);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(trainer.step(&[0.5, bad, 0.5, 0.5], &target), Err(StepError::Input));
        assert_eq!(trainer.step(&x, &[0.0, bad, 0.0]), Err(StepError::Target));
        assert_eq!(trainer.step_weighted(&x, &target, bad), Err(StepError::Weight));
        assert_eq!(trainer.loss(&[0.5, bad, 0.5, 0.5], &target), Err(StepError::Input));
        assert!(trainer.predict(&[0.5, bad, 0.5, 0.5]).iter().all(|y| y.is_nan()));
    }
    assert_eq!(trainer.step(&x, &[0.0, 1.5, 0.0]), Err(StepError::Target));
    assert_eq!(trainer.step(&x, &[-0.1, 1.0, 0.0]), Err(StepError::Target));
    assert_eq!(trainer.step_weighted(&x, &target, -1.0), Err(StepError::Weight));
    assert_eq!(trainer.step_integers(&[1; 4], 7, 3), Err(StepError::Target));
    assert_eq!(trainer.step_integers(&[1; 4], 8, 0), Err(StepError::Input));
    for rate in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e9] {
        trainer.set_rate(rate);
        assert_eq!(trainer.step(&x, &target), Err(StepError::LearningRate), "{rate}");
    }
    assert_eq!((digest(&trainer.network), trainer.rounding), before);
    assert!(trainer.step_weighted(&x, &target, 0.0).is_err());
    trainer.set_rate(0.1);
    assert_eq!(trainer.step_weighted(&x, &target, 0.0), Ok(0.0));
    assert_eq!(digest(&trainer.network), before.0);
    assert!(trainer.step(&x, &[-0.0, 1.0, 0.0]).is_ok());
}

/// The probabilities of `O` outputs, of which one is 0 and the others are below it by as much, are as near as is stated.
#[test]
#[allow(clippy::cast_precision_loss)]
fn softmax_has_the_error_that_is_stated() {
    fn worst<const O: usize>() -> f32 {
        let mut worst = 0f32;
        for step in 0..600u16 {
            let below = f32::from(step) * 0.025;
            let mut sums = [-below; O];
            sums[0] = 0.0;
            let mut network = integer::Network::<(integer::Dense<1, O, Softmax>,)>::ZERO;
            assert!(network.take(&Dense::<1, O, Identity>::new([[0.0; O]], sums)));
            let y = Predictor::new(network).predict(&[0.0]);
            let total = 1.0 + (O - 1) as f32 * (-below).exp();
            worst = worst.max((y[0] - 1.0 / total).abs()).max((y[1] - (-below).exp() / total).abs());
        }
        let stated = 2e-4 + O as f32 * 2f32.powi(-15);
        assert!(worst < stated, "{O}: {worst} {stated}");
        worst
    }
    worst::<2>();
    worst::<10>();
    assert!(worst::<100>() > 0.002); // so that the figure is no better than it is
    worst::<1000>();
}

/// As a step refuses it, so do those who only look: a fit would take an infinite loss for one of validation.
#[test]
fn a_loss_above_the_range_is_no_loss() {
    let mut trainer = integer::Trainer::<(integer::Dense<1, 1, Identity>,), SquaredError>::new();
    trainer.rate = Rate::power(4);
    let network = trainer.network;
    assert_eq!(trainer.step(&[0.0], &[3e38]), Err(StepError::Loss));
    assert_eq!(trainer.loss(&[0.0], &[3e38]), Err(StepError::Loss));
    assert_eq!(trainer.evaluate(&[0.0], &[3e38]), Err(StepError::Loss));
    assert_eq!(trainer.evaluate_with(&network, &[0.0], &[3e38]), Err(StepError::Loss));
    assert_eq!(trainer.loss(&[0.0], &[2.0]), Ok(2.0));
}

/// A factor of at least 128 is half a unit off at most: 1/256.
#[test]
fn rates_are_within_half_a_unit_of_eight_bits() {
    let mut random = Generator::new(1);
    for power in -30..26 {
        let exact = 2f32.powi(power);
        assert_eq!(Rate::new(exact).get().to_bits(), exact.to_bits());
        assert_eq!(Rate::power(i16::try_from(-power).unwrap()), Rate::new(exact));
        for part in [random.signed_unit().abs(), random.signed_unit().abs(), 0.999, 1.0 / 256.0] {
            let rate = exact * (1.0 + part);
            assert!((Rate::new(rate).get() / rate - 1.0).abs() <= 1.0 / 256.0, "{rate}");
        }
    }
    assert!(Rate::new(67_108_864.0).is_sound() && !Rate::new(68_000_000.0).is_sound() && !Rate::ZERO.is_sound());
    assert!(!Rate::power(-27).is_sound());
    // A fit sets a rate that it has read: each that is sound stays the same.
    for shift in [i16::MIN, i16::MAX].into_iter().chain(-200..200) {
        let rate = Rate::power(shift);
        assert_eq!(rate.is_sound(), (-26..=126).contains(&shift), "{shift}");
        assert!(!rate.is_sound() || Rate::new(rate.get()) == rate, "{shift}");
    }
}

/// A weight of 2 is a step at twice the rate.
#[test]
fn a_weight_is_a_factor_of_the_rate() {
    let (x, target) = ([0.5, -0.25, 1.0, 0.125], [0.0, 1.0, 0.0]);
    for (weight, rate) in [(2.0, 0.25), (0.5, 0.0625), (1.0, 0.125), (12.0, 1.5)] {
        let (mut a, mut b) =
            (start::<Flowers, CrossEntropy, Nearest, i8>(0.125), start::<Flowers, CrossEntropy, Nearest, i8>(rate));
        let loss = a.step_weighted(&x, &target, weight).unwrap();
        assert_eq!(loss.to_bits(), (b.step(&x, &target).unwrap() * weight).to_bits());
        assert_eq!(digest(&a.network), digest(&b.network), "{weight}");
    }
}

/// The factor of a rate and its product with a weight are rounded to eight bits, each with an error of at most 1/256.
#[test]
fn any_weight_is_a_factor_of_the_rate() {
    let mut random = Generator::new(11);
    for _ in 0..1000 {
        let (rate, weight) = (0.001 + random.signed_unit().abs(), (10.0 * random.signed_unit()).exp());
        // The bias of a single output that is 0: what it changes by is rate times weight times target.
        let mut trainer = start::<(integer::Dense<1, 1, Identity>,), SquaredError, Nearest, i16>(rate);
        trainer.step_weighted(&[0.0], &[1.0], weight).unwrap();
        let [_, bias] = parameters(&trainer.network)[..] else { unreachable!() };
        let (exact, unit) = (rate * weight, 2f32.powi(-23 + 16));
        assert!((bias / exact - 1.0).abs() < 2.1 / 256.0 + unit / exact, "{rate} {weight}: {bias}");
    }
}

/// Changes below and beyond the range, at any exponent, are those of `f32`: halving keeps biases, and ends at the limit.
#[test]
fn a_step_that_halves_weights_is_that_of_floats() {
    type Line = (integer::Dense<1, 1, Identity>,);
    for (rate, target) in [(0.25, 1.0), (0.5, 3.0), (1.0, 3.0), (1.0, 100.0), (4.0, 3e6)] {
        let mut floats = Trainer::<Dense<1, 1, Identity>, SquaredError, Sgd>::new();
        floats.optimizer = Sgd::new(rate);
        floats.network = Dense::new([[0.75]], [0.625]);
        let mut integers = integer::Trainer::<Line, SquaredError, Nearest, i16>::new();
        assert!(integers.network.take(&floats.network));
        integers.rate = Rate::new(rate);
        floats.step(&[1.0], &[target]).unwrap();
        integers.step(&[1.0], &[target]).unwrap();
        for (found, exact) in parameters(&integers.network).iter().zip(parameters(&floats.network)) {
            assert!((found / exact - 1.0).abs() < 0.001, "rate {rate} target {target}: {found} {exact}");
        }
    }
    // No room: the weight stays at its limit.
    for sign in [-1.0, 1.0] {
        let mut integers = integer::Trainer::<Line, SquaredError, Nearest, i16>::new();
        integers.rate = Rate::power(-26);
        integers.step(&[1.0], &[sign * 1e9]).unwrap();
        assert!(parameters(&integers.network).iter().all(|&w| (w / (sign * 32767.0 * 65536.0) - 1.0).abs() < 1e-3));
    }
}

/// How far weights may change before one is looked at again is forgotten when they become others.
#[test]
fn weights_that_come_from_elsewhere_have_their_own_room() {
    type T = integer::Trainer<(integer::Dense<1, 1, Identity>,), SquaredError, Nearest, i16>;
    let mut small = T::new();
    assert!(small.network.take(&Dense::<1, 1, Identity>::new([[0.1]], [0.0])));
    small.rate = Rate::new(0.25);
    small.step(&[1.0], &[0.1]).unwrap();
    let mut large = T::new();
    assert!(large.network.take(&Dense::<1, 1, Identity>::new([[0.999]], [0.0])));
    large.rate = Rate::new(0.25);
    let mut bytes = vec![0; T::SIZE];
    large.to_bytes(&mut bytes).unwrap();
    let mut loaded = small;
    loaded.from_bytes(&bytes).unwrap();
    let mut blended = small;
    large.blend_network(&mut blended.network, 1.0);
    large.step(&[1.0], &[2.0]).unwrap();
    for mut other in [loaded, blended] {
        other.step(&[1.0], &[2.0]).unwrap();
        assert_eq!(other.network, large.network);
    }
    assert!(parameters(&large.network)[0] > 1.2);
}

/// A change by a quarter of a unit changes one weight of four by a unit, in every row of every step, and never the same.
#[test]
fn stochastic_rounding_is_even_within_a_layer() {
    type Wide = (integer::Dense<64, 8, Identity, i8>,);
    let changed = |seed| {
        let mut trainer = integer::Trainer::<Wide, SquaredError, Stochastic>::new();
        assert!(trainer.network.take(&Dense::<64, 8, Identity>::new([[0.5; 8]; 64], [0.0; 8])));
        trainer.rate = Rate::power(9);
        trainer.rounding.seed(seed);
        // The outputs are 32: with an error of 1, a change is 2^-9 of a weight in units of 2^-7.
        trainer.step(&[1.0; 64], &[31.0; 8]).unwrap();
        trainer.network.layers.0.weights().map(|row| row.map(|weight| weight < 64))
    };
    let mut all = Vec::new();
    for seed in 1..=20 {
        let rows = changed(seed);
        assert!(rows.iter().all(|row| (12..=20).contains(&row.iter().filter(|&&changed| changed).count())), "{seed}");
        assert!(!all.contains(&rows));
        all.push(rows);
    }
}

/// However small an update is, the mean of many is exact: no step is lost because it is far below a unit.
#[test]
#[allow(clippy::cast_precision_loss)]
fn the_mean_of_small_updates_is_exact() {
    fn compare<W: Whole, V: Whole>(rates: core::ops::Range<i16>) {
        let mut trainer = integer::Trainer::<(integer::Dense<1, 1, Identity, W>,), SquaredError, Stochastic, V>::new();
        assert!(trainer.network.take(&Dense::<1, 1, Identity>::new([[0.5]], [0.0])));
        trainer.rounding.seed(5);
        let start = trainer.network;
        let before: i32 = start.layers.0.weights()[0][0].into();
        for power in rates {
            trainer.rate = Rate::power(power);
            let (steps, mut sum) = (100_000, 0);
            for _ in 0..steps {
                trainer.network = start;
                trainer.step(&[0.75], &[1.375]).unwrap(); // an error of -1
                sum += trainer.network.layers.0.weights()[0][0].into() - before;
            }
            let expected = 0.75 * ((1 << W::BITS) as f32) * 2f32.powi(-i32::from(power));
            let found = sum as f32 / steps as f32;
            let deviation = (expected.min(1.0) / steps as f32).sqrt();
            assert!((found - expected).abs() < 4.0 * deviation, "{power}: {found} {expected}");
        }
    }
    compare::<i16, i16>(14..28);
    compare::<i16, i8>(14..28);
    compare::<i8, i16>(6..20);
    compare::<i8, i8>(6..20);
}

/// A fit seeds the rounding: what was drawn before makes no difference.
#[test]
fn a_seed_is_that_of_the_rounding() {
    let train = flowers("train");
    let data = [&train[..], &train[..]];
    let mut a = start::<Flowers<i8>, CrossEntropy, Stochastic, i8>(0.05);
    let mut b = a;
    a.rounding.seed(77);
    for learner in [&mut a, &mut b] {
        learnt(learner, data, 2, 0.05);
    }
    assert_eq!((a.network, a.rounding), (b.network, b.rounding));
}

#[test]
fn the_first_of_equal_outputs_is_the_class() {
    let mut trainer = integer::Trainer::<Flowers, CrossEntropy>::new();
    assert_eq!(trainer.class_of_integers(&[1, 2, 3, 4], 5), Some(0));
}

/// Saved and loaded after every step, or never: the same bits. So what is not saved decides nothing.
#[test]
fn a_resumed_training_goes_on_with_the_same_bits() {
    type T = integer::Trainer<Flowers<i8>, CrossEntropy, Stochastic>;
    let mut whole: T = start(0.1);
    let mut resumed = whole;
    let train = flowers("train");
    for (x, class) in train.iter().chain(&train) {
        let target = encode::one_hot(*class).unwrap();
        whole.step(x, &target).unwrap();
        resumed.step(x, &target).unwrap();
        let mut image = [0; Value::<T>::IMAGE];
        Value(&mut resumed).save(&mut image).unwrap();
        resumed = T::new();
        Value(&mut resumed).restore(&image).unwrap();
        // Byte by byte, as from a stream.
        let mut bytes = vec![0; T::SIZE];
        resumed.to_bytes(&mut bytes).unwrap();
        let mut other = T::new();
        other.from_bytes(&bytes).unwrap();
        assert_eq!((other.network, other.rounding, other.rate), (whole.network, whole.rounding, whole.rate));
    }
}

/// A trainer that makes wild steps, and whether all of its weights have stayed in range.
fn wild<N: Layers, L: Objective<N::Last>, R: Rounding, V: Whole>(steps: u32, seed: u32, check: impl Fn(&N) -> bool)
where
    N::Input: AsMut<[f32]>,
    N::Output: AsMut<[f32]>,
{
    let mut random = Generator::new(seed);
    let mut trainer = start::<N, L, R, V>(0.1);
    // What a wild step leaves is soon as large as weights can be: begin anew from time to time, and be wild at different rates.
    let mut extreme = 4;
    for step in 0..steps {
        if step % 500 == 0 {
            extreme = [4, 40, 4000][random.below(3)];
            trainer.start(Rate::power(5), &mut He(Generator::new(step)));
        }
        let (mut x, mut target) = (N::Input::ZERO, N::Output::ZERO);
        // Of any magnitude, or of the largest; mostly of one that the weights can follow.
        let scale = match random.below(extreme) {
            0 => f32::MAX,
            1 => f32::from_bits(random.next_u32() >> 1 & 0x7F7F_FFFF),
            _ => 2f32.powi(i32::try_from(random.below(9)).unwrap() - 4),
        };
        let same = random.below(3) == 0;
        x.as_mut().fill_with(|| if same { scale } else { random.signed_unit() * scale });
        let wide = if L::FRACTIONS { 1.0 } else { scale };
        target.as_mut().fill_with(|| if random.below(2) == 0 { 0.0 } else { wide });
        let power = i16::try_from(random.below(46)).unwrap() - 20;
        trainer.rate = if random.below(extreme) < 2 { Rate::power(power) } else { Rate::power(5) };
        match trainer.step(&x, &target) {
            Ok(loss) => assert!(loss >= 0.0 && loss.is_finite(), "{loss}"),
            Err(error) => assert_eq!(error, StepError::Loss),
        }
        assert!(trainer.predict(&x).as_mut().iter().all(|y| !y.is_nan()));
        if step % 64 == 0 {
            assert!(check(&trainer.network.layers), "step {step} seed {seed}");
        }
    }
    assert!(check(&trainer.network.layers));
}

/// With overflow checks: `cargo test --test integer`, in debug; or in release with `RUSTFLAGS=-Coverflow-checks` and `INTEGER_STEPS=9000000`, which
/// takes 10 million steps.
#[test]
fn nothing_overflows() {
    fn steps() -> u32 {
        std::env::var("INTEGER_STEPS").map_or(2_000, |steps| steps.parse().expect("a number of steps"))
    }
    fn sound<const I: usize, const O: usize, A: Function, W: Whole>(layer: &integer::Dense<I, O, A, W>) -> bool {
        let limit = integer::Dense::<I, O, A, W>::LIMIT;
        layer.weights().as_flattened().iter().all(|&weight| weight.into().abs() <= limit)
            && layer.biases().iter().all(|bias| bias.abs() <= limit << 8)
    }
    macro_rules! wild {
        ($part:literal $loss:ty, $rounding:ty, $value:ty: $i:literal $hidden:literal $o:literal $a:ty, $z:ty, $w:ty) => {
            wild::<(integer::Dense<$i, $hidden, $a, $w>, integer::Dense<$hidden, $o, $z, $w>), $loss, $rounding, $value>(
                steps() / $part,
                $part,
                |layers| sound(&layers.0) && sound(&layers.1),
            );
        };
    }
    wild!(4 CrossEntropy, Nearest, i8: 3 5 2 Relu, Softmax, i16);
    wild!(5 CrossEntropy, Stochastic, i8: 3 5 2 Tanh, Softmax, i8);
    wild!(6 SquaredError, Stochastic, i16: 4 8 3 Relu, Identity, i16);
    wild!(7 BinaryCrossEntropy, Stochastic, i16: 4 8 3 Sigmoid, Sigmoid, i8);
    wild!(8 SquaredError, Nearest, i8: 4 8 3 Identity, Relu, i16);
    wild!(9 SquaredError, Stochastic, i8: 4 8 3 Identity, Tanh, i8);
    wild!(10 SquaredError, Nearest, i16: 4 8 3 Tanh, Sigmoid, i16);
    wild!(40 CrossEntropy, Nearest, i8: 515 4 2 Relu, Softmax, i16);
    wild!(50 CrossEntropy, Nearest, i8: 784 6 10 Relu, Softmax, i16);
    wild!(60 SquaredError, Nearest, i16: 2 700 2 Identity, Identity, i16);
    wild!(70 SquaredError, Stochastic, i8: 2 2 1000 Identity, Identity, i16);
}

/// A single output has the targets 0 and 1 for its two classes.
#[test]
fn a_single_output_tells_two_classes() {
    type Xor = integer::Trainer<(integer::Dense<2, 3, Tanh>, integer::Dense<3, 1, Sigmoid>), SquaredError>;

    let mut classes = start::<_, _, _, _>(0.5) as Xor;
    let mut values = classes;
    let samples = [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)];
    for (x, class) in samples.iter().cycle().take(8000) {
        let loss = classes.step_integers(x, 6, *class).unwrap().get();
        let (x, y) = (x.map(|x| f32::from(x) / 64.0), [if *class == 1 { 1.0 } else { 0.0 }]);
        assert_eq!(values.step(&x, &y), Ok(loss));
    }
    assert_eq!(classes.network, values.network);
    assert!(samples.iter().all(|(x, class)| classes.class_of_integers(x, 6) == Some(*class)));
    assert_eq!(classes.step_integers(&[0, 0], 6, 2), Err(StepError::Target));
}

/// No bytes make a network whose sums overflow, and what a trainer has stored keeps every bit.
#[test]
fn any_bytes_can_be_loaded_and_run() {
    type Wide<W> =
        integer::Trainer<(integer::Dense<784, 3, Relu, W>, integer::Dense<3, 600, Identity, W>), SquaredError>;

    fn run<W: Whole>() {
        let mut random = Generator::new(5);
        let mut bytes = vec![0; Wide::<W>::SIZE];
        let mut trainer = Wide::<W>::new();
        for fill in [None, Some(0x7F), Some(0x80), Some(0xFF)].into_iter().cycle().take(40) {
            bytes.fill_with(|| fill.unwrap_or((random.next_u32() >> 24) as u8));
            trainer.from_bytes(&bytes).unwrap();
            for x in [1.99, -1.99] {
                // a mantissa of 127
                assert!(trainer.predict(&[x; 784]).iter().all(|y| !y.is_nan()));
            }
            trainer.rate = Rate::power(3);
            let step = trainer.step(&[1.99; 784], &[1.0; 600]);
            assert!(step.is_ok() || step == Err(StepError::Loss), "{step:?}");
            let mut again = Wide::<W>::new();
            trainer.to_bytes(&mut bytes).unwrap();
            again.from_bytes(&bytes).unwrap();
            assert_eq!(again.network, trainer.network);
        }
    }
    run::<i8>();
    run::<i16>();
}

/// Whatever the bytes are, a layer is within what is stated of it.
#[test]
fn what_is_loaded_is_in_range() {
    type Wide<W> = integer::Dense<784, 3, Relu, W>;

    fn check<W: Whole>() {
        let mut layer = Wide::<W>::ZERO;
        for fill in [0x7F, 0x80, 0x81, 0xFF, 0x40] {
            layer.from_bytes(&vec![fill; Wide::<W>::SIZE]).unwrap();
            let limit = Wide::<W>::LIMIT;
            assert!(layer.weights().as_flattened().iter().all(|&weight| weight.into().abs() <= limit), "{fill}");
            assert!(layer.biases().iter().all(|bias| bias.abs() <= limit << 8), "{fill}");
            assert!((-16..=W::BITS.cast_signed()).contains(&layer.exponent()), "{fill}");
        }
    }
    check::<i8>();
    check::<i16>();
}

/// The sums of the widest inputs have 32 bits only if each has the bits that are stated.
#[test]
fn integers_of_more_bits_are_cut() {
    type T<V> = integer::Trainer<(integer::Dense<784, 1, Identity>,), SquaredError, Nearest, V>;

    fn check<V: Whole>(least: V, cut: V) {
        let mut trainer = T::<V>::new();
        assert!(trainer.network.take(&Dense::<784, 1, Identity>::new([[1e9]; 784], [0.0])));
        trainer.rate = Rate::power(100);
        let mut other = trainer;
        assert_eq!(trainer.step_integers(&[least; 784], 7, 1), other.step_integers(&[cut; 784], 7, 1));
        assert_eq!(trainer.class_of_integers(&[least; 784], 7), Some(0));
    }
    check::<i8>(-128, -127);
    check::<i16>(i16::MIN, -127);
}

#[test]
fn exponents_of_integers_have_a_range() {
    let mut trainer = start::<Flowers, CrossEntropy, Nearest, i8>(0.1);
    for exponent in [i32::MIN, -101, 8, i32::MAX] {
        assert_eq!(trainer.step_integers(&[1; 4], exponent, 0), Err(StepError::Input));
        assert_eq!(trainer.class_of_integers(&[1; 4], exponent), None);
    }
    for exponent in [-100, 7] {
        assert!(trainer.step_integers(&[1; 4], exponent, 0).is_ok());
    }
}

/// Of a single output, a half or more is class 1, whatever the exponent of the output.
#[test]
fn a_single_output_is_a_class_from_a_half_on() {
    fn check<A>(biases: [(f32, usize); 4])
    where
        A: Function + downhill::Activation,
        SquaredError: Objective<A>,
        (integer::Dense<1, 1, A>,): Layers<Inputs<i8> = [i8; 1], Input = [f32; 1], Output = [f32; 1], Last = A>,
    {
        for (bias, class) in biases {
            let mut trainer = integer::Trainer::<(integer::Dense<1, 1, A>,), SquaredError>::new();
            assert!(trainer.network.take(&Dense::<1, 1, Identity>::new([[0.0]], [bias])));
            assert_eq!(trainer.class_of_integers(&[0], 7), Some(class), "{bias}");
            assert_eq!(usize::from(trainer.predict(&[0.0])[0] >= 0.5), class, "{bias}");
        }
    }
    check::<Sigmoid>([(-0.01, 0), (0.0, 1), (0.01, 1), (-9.0, 0)]);
    check::<Identity>([(0.499, 0), (0.5, 1), (1e6, 1), (-1e6, 0)]);
    check::<Tanh>([(0.54, 0), (0.56, 1), (9.0, 1), (-9.0, 0)]);
}

#[test]
fn limits_are_those_of_the_width() {
    assert_eq!(integer::Dense::<515, 516>::LIMIT, 32767);
    assert_eq!(integer::Dense::<784, 100>::LIMIT, 21540);
    assert_eq!(integer::Dense::<784, 100, Relu, i8>::LIMIT, 127);
    assert_eq!(integer::Trainer::<Flowers, CrossEntropy, Nearest, i8>::INPUT_BITS, 7);
    assert_eq!(integer::Trainer::<Flowers, CrossEntropy, Nearest, i16>::INPUT_BITS, 13);
    assert_eq!(integer::Trainer::<Digits, CrossEntropy, Nearest, i16>::INPUT_BITS, 9);
}

#[test]
fn a_guard_watches_integers() {
    type Learning = Scaling<integer::Trainer<Flowers, CrossEntropy>, Standardizer<4>>;
    let train: Vec<_> = common::samples::<f32, usize, 4>("iris/train.csv");
    let mut factory = Learning { scaler: Standardizer::new(1000), learner: start(0.02) };
    for _ in 0..20 {
        for (x, class) in &train {
            factory.step(x, &encode::one_hot(*class).unwrap(), None).unwrap();
        }
    }
    let samples = train.mapped(|x, &class| Some((*x, encode::one_hot(class)?)));
    let settings = Settings::new(&samples, &samples);
    let mut guard = Guard::<Learning, 4>::new();
    guard.live = factory;
    guard.start(&settings);
    let before = digest(&guard.good().network);
    for (x, class) in train.iter().cycle().take(600) {
        // The next class is wrong.
        guard.step(x, &encode::one_hot((class + 1) % 3).unwrap(), &settings);
    }
    assert!(guard.counts().lost_anchors + guard.counts().lost_stream > 0);
    assert_eq!(digest(&guard.good().network), before);
}

/// The rates of a schedule reach the trainer, the best epoch is kept, and the rate from before comes back.
#[test]
fn a_fit_keeps_the_best_epoch() {
    let (train, test) = (flowers("train"), flowers("test"));
    let [samples, validation] = [&train, &test]
        .map(|set| set.mapped(|x: &[f32; 4], &class: &usize| Some((*x, encode::one_hot::<f32, 3>(class)?))));
    let mut trainer = start::<Flowers, CrossEntropy, Nearest, i8>(0.05);
    let mut best = Best::<integer::Network<Flowers>>::new();
    let mut epochs = Vec::new();
    let fit = Fit { patience: Some(4), ..Fit::new(60, Cosine::new(1.0, 60)) };
    let outcome = fit
        .run(&mut trainer, Data::new(&samples).validated_on(&validation).keeping(&mut best), |trainer, epoch| {
            assert_eq!(trainer.rate, Rate::new(epoch.rate));
            epochs.push((epoch.decisive().to_bits(), trainer.network));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(trainer.rate, Rate::new(0.05));
    let (_, expected) = epochs.iter().min_by_key(|(loss, _)| *loss).unwrap();
    assert_eq!(trainer.network, *expected);
    assert!(outcome.epochs < 60 && *expected != epochs.last().unwrap().1, "{}", outcome.epochs);
}

#[test]
fn a_committee_of_integers_votes() {
    type Member = integer::Trainer<Flowers<i8>, CrossEntropy, Stochastic>;
    let (train, test) = (flowers("train"), flowers("test"));
    let mut committee = Committee::<Member, 3, Vote>::new();
    let mut init = He(Generator::new(1));
    committee.members.iter_mut().for_each(|member| member.start(Rate::new(0.05), &mut init));
    assert!(learnt(&mut committee, [&train, &test], 10, 0.05) > 0.9);
    let [a, b, c] = committee.members;
    assert!(a.network != b.network && b.network != c.network);
}

#[test]
fn networks_blend() {
    let mut a: integer::Trainer<Flowers, CrossEntropy> = start(0.1);
    let mut to = a.network;
    for (x, class) in flowers("train") {
        a.step(&x, &encode::one_hot(class).unwrap()).unwrap();
    }
    let (from, before) = (parameters(&a.network), parameters(&to));
    a.blend_network(&mut to, 0.25);
    for ((after, from), before) in parameters(&to).iter().zip(from).zip(before) {
        assert!((after - (before + 0.25 * (from - before))).abs() < 1e-4);
    }
    // To the nearest: a single unit is no distance for a rate below a half, and all of it from there on.
    for (rate, unit) in [(0.49, 0), (0.5, 1)] {
        let one = |weight: f32| Dense::<4, 8, Identity>::new([[weight; 8]; 4], [0.0; 8]);
        let mut unit_more = integer::Network::<(integer::Dense<4, 8, Identity>,)>::ZERO;
        let mut to = unit_more;
        assert!(unit_more.take(&one(2f32.powi(-15))) && to.take(&one(0.0)));
        let mut learner = integer::Trainer::<(integer::Dense<4, 8, Identity>,), SquaredError>::new();
        learner.network = unit_more;
        learner.blend_network(&mut to, rate);
        assert!(to.layers.0.weights().as_flattened().iter().all(|&weight| weight == unit), "{rate}");
    }
    a.blend_network(&mut to, 1.0);
    assert_eq!(to, a.network);
}

/// The same on every chip.
#[test]
fn digests() {
    fn trained<N, R, V: Whole, const I: usize, const C: usize>(samples: &[([f32; I], usize)], rate: i16) -> u64
    where
        N: Layers<Input = [f32; I], Output = [f32; C]>,
        R: Rounding,
        CrossEntropy: Objective<N::Last>,
    {
        let mut trainer = start::<N, CrossEntropy, R, V>(1.0);
        trainer.rate = Rate::power(rate);
        for (x, class) in samples {
            trainer.step(x, &encode::one_hot(*class).unwrap()).unwrap();
        }
        digest(&trainer.network)
    }
    let (digits, flowers) = (digits("train"), flowers("train"));
    let found = [
        trained::<Digits, Nearest, i8, 64, 10>(&digits, 6),
        trained::<Digits<i8>, Stochastic, i8, 64, 10>(&digits, 6),
        trained::<Flowers, Nearest, i16, 4, 3>(&flowers, 4),
        trained::<(integer::Dense<4, 7, Tanh, i8>, integer::Dense<7, 3, Softmax, i8>), Stochastic, i16, 4, 3>(
            &flowers, 4,
        ),
    ];
    let golden = [0x528d_8f7f_c777_297a, 0x7371_6823_14c8_fbfd, 0xac87_4b37_226b_ff4d, 0xa739_5b29_2da7_7ee4];
    assert_eq!(found, golden, "{found:x?}");
}

/// Of classes that come one after the other, more is remembered with a buffer.
#[cfg(feature = "heapless")]
#[test]
fn a_rehearsal_replays_to_integers() {
    use downhill::replay::{Balanced, Buffer, Class, Raw, Rehearsal};

    type Kept = Buffer<Raw<[f32; 4]>, Class, Balanced<3>, 30>;
    let mut train = flowers("train");
    train.sort_by_key(|(_, class)| *class);
    let test = flowers("test");
    let learnt = |replays| {
        let mut learner = Rehearsal::<integer::Trainer<Flowers, CrossEntropy>, Kept>::new(replays);
        learner.learner = start(0.05);
        for (x, class) in &train {
            learner.step(x, &encode::one_hot(*class).unwrap(), None).unwrap();
        }
        test.iter().filter(|(x, class)| encode::class(&learner.predict(x)) == Some(*class)).count()
    };
    let (with, without) = (learnt(4), learnt(0));
    assert!(with >= without + 5, "{with} {without}");
}
