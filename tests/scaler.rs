//! Running standardisation: against sums over all samples, on hostile streams, and folded into a network.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, clippy::cast_possible_truncation)]

use downhill::init::{Generator, Random, Xavier};
use downhill::scaler::{MinMax, Scaled, Scaler, Standardizer};
use downhill::{Dense, Infer, Predictor, Sgd, SquaredError, Storable, Tanh, Trainer, Zero};

/// Without forgetting, mean and variance are those of all samples.
#[test]
fn mean_and_variance_of_all_samples() {
    let mut scaler = Standardizer::<2, f64>::new(0);
    let mut random = Generator::new(1);
    let samples: Vec<[f64; 2]> =
        (0..5000).map(|_| [1e5 + f64::from(random.signed_unit()), 3.0 * f64::from(random.signed_unit())]).collect();
    for x in &samples {
        assert!(scaler.observe(x));
    }
    for feature in 0..2 {
        let mean = samples.iter().map(|x| x[feature]).sum::<f64>() / 5000.0;
        let variance = samples.iter().map(|x| (x[feature] - mean).powi(2)).sum::<f64>() / 5000.0;
        assert!((scaler.mean()[feature] - mean).abs() < 1e-9 * mean.abs().max(1.0));
        assert!((scaler.variance()[feature] / variance - 1.0).abs() < 1e-9);
    }
    assert_eq!(scaler.seen(), 5000);
}

/// With a memory of 100, a change is followed within some hundred samples; without one it is not.
#[test]
fn forgets_what_was_long_ago() {
    let mut random = Generator::new(2);
    let (mut forgets, mut remembers) = (Standardizer::<1>::new(100), Standardizer::<1>::new(0));
    for step in 0..3000 {
        let level = if step < 1000 { -50.0 } else { 20.0 };
        let x = [level + random.signed_unit()];
        forgets.observe(&x);
        remembers.observe(&x);
    }
    assert!((forgets.mean()[0] - 20.0).abs() < 0.5, "{}", forgets.mean()[0]);
    assert!((forgets.variance()[0] - 1.0 / 3.0).abs() < 0.15, "{}", forgets.variance()[0]);
    assert!((remembers.mean()[0] + 10.0 / 3.0).abs() < 0.5, "{}", remembers.mean()[0]);
}

#[test]
fn the_first_samples_and_constants_are_safe() {
    let mut scaler = Standardizer::<3>::new(1000);
    let first = [7.0, -3e4, 0.0];
    assert_eq!(scaler.scaled(&first), [0.0; 3], "before anything was seen");
    scaler.observe(&first);
    assert_eq!(scaler.scaled(&first), [0.0; 3], "the first sample");
    assert_eq!(scaler.scaled(&[1e9, 5.0, 1.0]), [0.0; 3], "nothing has varied");
    scaler.observe(&[8.0, -3e4, 0.0]);
    let [moved, constant, _] = scaler.scaled(&[8.0, -3e4, 0.0]);
    assert!((moved - 1.0).abs() < 1e-6 && constant == 0.0);
}

/// One sample in a thousand is unlike 0: its number stays within the limit.
#[test]
fn rare_features_are_bounded() {
    let mut scaler = Standardizer::<1>::new(1000);
    for step in 0..20_000 {
        let x = [if step % 1000 == 999 { 1.0 } else { 0.0 }];
        scaler.observe(&x);
        let [z] = scaler.scaled(&x);
        assert!((-4.0..=4.0).contains(&z), "{z}");
    }
    assert_eq!(scaler.scaled(&[1.0]), [4.0]);
}

/// Random streams with everything that a broken sensor gives: what is learnt is finite, numbers are within their limits, and
/// what is refused changes nothing.
#[test]
fn hostile_streams() {
    const HOSTILE: [f32; 10] =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, f32::MAX, f32::MIN_POSITIVE, 1e-45, 0.0, -0.0];
    for seed in 0..200 {
        let mut random = Generator::new(seed);
        let mut scaler = Standardizer::<4>::new([0, 1, 2, 50, 1000][seed as usize % 5]);
        let (mut shared, mut range) = (Standardizer::<1>::new(100), MinMax::<4>::new());
        for _ in 0..300 {
            let x: [f32; 4] = core::array::from_fn(|feature| match random.below(20) {
                0 => HOSTILE[random.below(HOSTILE.len())],
                1..8 if feature == 0 => 5.0,
                2 => 1e14 * random.signed_unit(),
                _ => random.signed_unit(),
            });
            let before = (scaler, shared, range);
            let good = x.iter().all(|x| x.abs() <= 1_125_899_906_842_624.0);
            let accepted = [scaler.observe(&x), shared.observe(&x), range.observe(&x)];
            assert_eq!(accepted, [good; 3], "{x:?}");
            if !good {
                assert_eq!((scaler, shared, range), before);
            }
            assert!(scaler.mean().iter().chain(scaler.variance()).all(|number| number.is_finite()));
            assert!(scaler.variance().iter().all(|&variance| variance >= 0.0));
            for (&x, z) in x.iter().zip(scaler.scaled(&x)) {
                assert!(if x.is_finite() { z.abs() <= 4.0 } else { z.is_nan() }, "{x} {z}");
            }
            for (&x, z) in x.iter().zip(range.scaled(&x)) {
                assert!(if x.is_finite() { z.abs() <= 1.0 } else { z.is_nan() }, "{x} {z}");
            }
        }
    }
}

#[test]
fn minimum_and_maximum() {
    let mut range = MinMax::<2>::new();
    assert_eq!(range.scaled(&[3.0, 4.0]), [0.0; 2]);
    for x in [[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]] {
        range.observe(&x);
    }
    assert_eq!(range.scaled(&[1.5, 5.0]), [-0.5, 0.0]);
    assert_eq!(range.scaled(&[9.0, 9.0]), [1.0, 0.0]);
    assert_eq!((range.least(), range.most()), (&[1.0, 5.0], &[3.0, 5.0]));
}

/// Channels of a window share their statistics over its steps, and all inputs one pair if `F` is 1.
#[test]
fn one_per_channel_or_for_all() {
    let window = [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]];
    let mut channels = Standardizer::<2>::new(0);
    channels.observe(&window);
    assert_eq!(channels.mean(), &[2.0, 20.0]);
    let mut one = Standardizer::<1>::new(0);
    one.observe(&window);
    assert_eq!(one.mean(), &[11.0]);
    assert_eq!((channels.seen(), one.seen()), (3, 6));
    // The memory is one of samples: it is full after two windows.
    let mut short = Standardizer::<2>::new(2);
    (0..9).for_each(|_| assert!(short.observe(&window)));
    assert_eq!(short.seen(), 6);
    let z = channels.scaled(&window);
    assert!((z[0][0] - z[0][1]).abs() < 1e-6 && z[1] == [0.0, 0.0]);
}

/// A folded network takes raw inputs, and gives what the scaled one does.
#[test]
fn folds_into_the_first_layer() {
    type Net = (Dense<3, 8, Tanh>, Dense<8, 2>);
    let mut random = Generator::new(5);
    let mut scaler = Standardizer::<3>::new(1000);
    let mut sample = || [100.0 + 10.0 * random.signed_unit(), 0.01 * random.signed_unit(), 6.0];
    for _ in 0..500 {
        scaler.observe(&sample());
    }
    let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
    trainer.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
    let mut folded = trainer.network;
    assert!(scaler.fold(&mut folded.0));
    let takes_raw = Scaled { network: trainer.network, scaler };
    let (mut by_scaling, mut by_folding) = (Predictor::new(&takes_raw), Predictor::new(&folded));
    for _ in 0..500 {
        let x = sample();
        for (a, b) in by_scaling.predict(&x).iter().zip(by_folding.predict(&x)) {
            assert!((a - b).abs() < 2e-5, "{a} {b}");
        }
        assert_eq!(trainer.predict(&scaler.scaled(&x)), by_scaling.predict(&x));
    }
    assert_eq!(folded.0.weights[2], [0.0; 8], "a constant feature");

    let mut huge = trainer.network.0;
    huge.weights[1][0] = f32::MAX;
    let before = huge;
    assert!(!scaler.fold(&mut huge), "a weight overflows");
    assert_eq!(huge, before);
}

#[test]
fn is_saved_and_goes_on() {
    let mut random = Generator::new(9);
    let mut scaler = Standardizer::<2>::new(50);
    for _ in 0..70 {
        scaler.observe(&[random.signed_unit(), random.signed_unit()]);
    }
    let mut bytes = [0; Standardizer::<2>::SIZE];
    scaler.to_bytes(&mut bytes).unwrap();
    let mut other = Standardizer::<2>::ZERO;
    other.from_bytes(&bytes).unwrap();
    assert_eq!(other, scaler);
    assert_eq!(size_of::<Standardizer<2>>(), 24);
}

const _: () = assert!(<Scaled<Dense<2, 3>, Standardizer<2>> as Infer>::PARAMETERS == 9);
