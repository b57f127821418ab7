//! Dropout: which inputs are dropped, how often, and what decides it.

// What is compared are bits.
#![allow(clippy::float_cmp)]

#[path = "gradients/probe.rs"]
#[allow(dead_code)]
mod probe;

use downhill::dropout::{MaskGenerator, Rate, Ratio};
use downhill::init::{Generator, He, Init, Random, TruncatedNormal, Uniform, Xavier};
use downhill::layer::Mode;
use downhill::pieces::Progress;
use downhill::tensor::Role;
use downhill::work::Whole;
use downhill::{
    Biased, ClipSample, Dense, Dropout, Frozen, Identity, Infer, Layer, RawError, Sgd, Sigmoid, SquaredError,
    StepError, Tanh, Trainer, Zero, digest,
};
use probe::parameters;

const X: [f64; 3] = [0.3, -0.4, 0.9];
const T: [f64; 2] = [0.9, 0.1];

/// A layer that some seed drew.
fn drawn<L: Layer<Scalar = f64> + Zero>(seed: u32) -> L {
    let mut layer = L::ZERO;
    layer.initialize(&mut Uniform(Generator::new(seed)));
    layer.tensors_mut(&mut |tensor| {
        if tensor.role == Role::Bias {
            tensor.data.fill(0.1);
        }
    });
    layer
}

type Forgetful = (Dense<3, 40, Tanh, Biased, f64>, Dropout<40, f64>, Dense<40, 2, Identity, Biased, f64>);

fn forgetful(rate: f64, seed: u32) -> Trainer<Forgetful, SquaredError, Sgd<f64>> {
    let network = (drawn(1), Dropout::new(rate), drawn(2));
    let mut trainer = Trainer::with_network(network, Sgd::new(0.01));
    trainer.seed(seed);
    trainer
}

/// Another seed gives other masks, the same gives the same; and a prediction knows nothing of them.
#[test]
fn masks_follow_the_seed() {
    let train = |seed| {
        let mut trainer = forgetful(0.5, seed);
        let losses = [(); 5].map(|()| trainer.step(&X, &T).unwrap());
        (losses, digest(&trainer.network))
    };
    assert_eq!(train(1), train(1));
    assert_ne!(train(1), train(2));

    let (mut with, mut without) = (forgetful(0.5, 1), forgetful(0.0, 2));
    assert_eq!(with.predict(&X), without.predict(&X));
    let (_, between) = (with.step(&X, &T), with.predict(&X).map(f64::to_bits));
    assert_eq!(with.predict(&X).map(f64::to_bits), between, "predictions draw no masks");
}

type Twice = (Dropout<64, f64>, Dropout<64, f64>, Dense<64, 1, Identity, Biased, f64>);
static FROZEN: (Dropout<64, f64>,) = (Dropout::new(0.5),);
const TWICE: Twice = (Dropout::new(0.5), Dropout::new(0.5), Dense::new([[1.0 / 64.0]; 64], [0.0]));

/// The mean of what comes through two layers of dropout of a half: a quarter of 64 ones, each times 4.
fn through_both(trainer: &mut Trainer<Twice, SquaredError, Sgd<f64>>) -> f64 {
    // With a target of 0, the loss is half the square of the output.
    (0..400).map(|_| (2.0 * trainer.step(&[1.0; 64], &[0.0]).unwrap()).sqrt()).sum::<f64>() / 400.0
}

/// Two layers of dropout get masks of their own.
#[test]
fn masks_differ_between_layers() {
    let mut trainer = Trainer::with_network(TWICE, Sgd::new(1e-9));
    trainer.seed(3);
    let mean = through_both(&mut trainer);
    // Equal masks would pass a half, each times 4, which makes a mean of 2.
    assert!((mean - 1.0).abs() < 0.05, "{mean}");
}

/// The rate is the part that is dropped, and what is left is scaled up, so that the mean stays.
#[test]
fn rate_and_scale() {
    for rate in [0.0, 0.1, 0.5, 0.9] {
        let dropout = Dropout::<1000, f64>::new(rate);
        let (mut before, mut random) = (Generator::ZERO, MaskGenerator::ZERO);
        <Dropout<1000, f64> as Layer>::seed(&mut random, &mut || 5);
        let (mut dropped, mut sum) = (0_u32, 0.0);
        for _ in 0..20 {
            let mut y = [[0.0; 1000]];
            dropout.forward::<_, 1>(&[[1.0; 1000]], &mut y, &mut before, &mut random, Mode::Train, &mut Whole);
            let [y] = y;
            assert!(y.iter().all(|&y| y == 0.0 || (y - 1.0 / (1.0 - rate)).abs() < 1e-12));
            dropped += y.iter().map(|&y| u32::from(y == 0.0)).sum::<u32>();
            sum += y.iter().sum::<f64>();
        }
        // Four standard deviations of 20,000 draws.
        let spread = 4.0 * (rate * (1.0 - rate) / 20_000.0).sqrt();
        assert!((f64::from(dropped) / 20_000.0 - rate).abs() <= spread, "{rate}: {dropped}");
        assert!((sum / 20_000.0 - 1.0).abs() <= spread / (1.0 - rate) + 1e-12, "{rate}: {sum}");
    }
}

/// With the masks of a step, its gradient is that of the loss: central differences from the same seed.
#[test]
fn gradient_through_dropout() {
    type Net = (
        Dense<3, 6, Tanh, Biased, f64>,
        Dropout<6, f64>,
        Dense<6, 4, Sigmoid, Biased, f64>,
        Dropout<4, f64>,
        Dense<4, 2, Identity, Biased, f64>,
    );
    let network = |values: &[f64]| {
        let mut net: Net = probe::network(values);
        (net.1.rate, net.3.rate) = (0.4, 0.25);
        net
    };
    let loss = |values: &[f64], seed| {
        let mut trainer = Trainer::<Net, SquaredError, probe::Probe>::with_network(network(values), probe::Probe);
        trainer.seed(seed);
        (trainer.step(&X, &T).unwrap(), parameters(&trainer.network))
    };
    for seed in 0..20 {
        let first = parameters(&(
            drawn::<Dense<3, 6, Tanh, Biased, f64>>(7),
            drawn::<Dense<6, 4, Sigmoid, Biased, f64>>(8),
            drawn::<Dense<4, 2, Identity, Biased, f64>>(9),
        ));
        let (_, gradient) = loss(&first, seed);
        for (index, exact) in gradient.iter().enumerate() {
            let at = |offset| {
                let mut moved = first.clone();
                moved[index] += offset;
                loss(&moved, seed).0
            };
            let h = 1e-3;
            let numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            assert!((exact - numeric).abs() <= 1e-9 * numeric.abs().max(1e-2), "{seed} {index}: {exact} {numeric}");
        }
    }
}

/// Each sample of a slice has a mask of its own, and they are those that it would have one by one.
#[test]
fn masks_in_a_slice() {
    let network = (drawn::<Dense<3, 40, Tanh, Biased, f64>>(1), Dropout::new(0.5), drawn(2));
    let mut slice = Trainer::<Forgetful, SquaredError, Sgd<f64>, 4>::with_network(network, Sgd::new(1e-300));
    let mut single = Trainer::<Forgetful, SquaredError, Sgd<f64>>::with_network(network, Sgd::new(1e-300));
    slice.seed(9);
    single.seed(9);
    for samples in [4, 3, 1, 2] {
        let mean = slice.step_batch(&[X; 4][..samples], &[T; 4][..samples]).unwrap();
        #[allow(clippy::cast_precision_loss)]
        let one_by_one = (0..samples).map(|_| single.step(&X, &T).unwrap()).sum::<f64>() / samples as f64;
        assert!((mean - one_by_one).abs() < 1e-12);
    }
}

#[test]
fn rates_out_of_range() {
    for rate in [-0.1, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        let mut trainer = forgetful(rate, 1);
        let before = digest(&trainer.network);
        assert_eq!(trainer.step(&X, &T), Err(StepError::Dropout));
        assert_eq!(digest(&trainer.network), before);
    }
}

/// The tutorial's rule travels through dropout, too.
#[test]
fn raw_errors_pass() {
    let mut trainer = Trainer::<Forgetful, SquaredError, Sgd<f64>, 1, RawError>::with_network(
        (drawn(1), Dropout::new(0.3), drawn(2)),
        Sgd::new(0.01),
    );
    let first = trainer.step(&X, &T).unwrap();
    for _ in 0..300 {
        trainer.step(&X, &T).unwrap();
    }
    trainer.network.1.rate = 0.0;
    assert!(trainer.step(&X, &T).unwrap() < first);
}

/// Masks that nobody seeded differ, too: from the first step of a whole one or of one in pieces.
#[test]
fn masks_differ_without_a_seed() {
    let mut trainer = Trainer::with_network(TWICE, Sgd::new(1e-9));
    let mean = through_both(&mut trainer);
    assert!((mean - 1.0).abs() < 0.05, "{mean}");

    let mut whole = Trainer::<Twice, SquaredError, Sgd<f64>>::with_network(TWICE, Sgd::new(1e-9));
    let mut pieces = Trainer::<Twice, SquaredError, Sgd<f64>>::with_network(TWICE, Sgd::new(1e-9));
    for _ in 0..3 {
        let mut step = pieces.step_in_pieces(&[1.0; 64], &[0.0]);
        let loss = loop {
            if let Progress::Done(loss) = step.run(10).unwrap() {
                break loss;
            }
        };
        assert_eq!(whole.step(&[1.0; 64], &[0.0]), Ok(loss));
    }
    // It is what the seed 0 gives, and a seed of one's own stays.
    let mut seeded = Trainer::<Twice, SquaredError, Sgd<f64>>::with_network(TWICE, Sgd::new(1e-9));
    seeded.seed(0);
    through_both(&mut seeded);
    assert_eq!(digest(&seeded.network), digest(&trainer.network));
    seeded.seed(1);
    assert!((through_both(&mut seeded) - mean).abs() > 1e-6);
}

/// Frozen layers of dropout are seeded as well.
#[test]
fn frozen_masks_differ() {
    type Net = (Frozen<&'static (Dropout<64, f64>,)>, Dropout<64, f64>, Dense<64, 1, Identity, Biased, f64>);
    let mut trainer =
        Trainer::<Net, SquaredError, Sgd<f64>>::with_network((Frozen(&FROZEN), TWICE.1, TWICE.2), Sgd::new(1e-9));
    let mean = (0..400).map(|_| (2.0 * trainer.step(&[1.0; 64], &[0.0]).unwrap()).sqrt()).sum::<f64>() / 400.0;
    assert!((mean - 1.0).abs() < 0.05, "{mean}");
}

/// The seed of the weights decides the masks, whatever was before; and weights are those of a network without dropout.
#[test]
fn start_seeds_the_masks() {
    type With = (Dense<3, 40, Tanh, Biased, f64>, Dropout<40, Ratio<1, 2, f64>>, Dense<40, 2, Identity, Biased, f64>);
    type Without = (Dense<3, 40, Tanh, Biased, f64>, Dense<40, 2, Identity, Biased, f64>);
    let mut trainer = Trainer::<With, SquaredError, Sgd<f64>>::new();
    let mut train = |seed, trainings| {
        let mut weights = Uniform(Generator::new(seed));
        trainer.start(Sgd::new(0.1), &mut weights);
        let start = trainer.network;
        for _ in 0..trainings {
            trainer.step(&X, &T).unwrap();
        }
        (start, digest(&trainer.network))
    };
    let (start, first) = train(1, 5);
    train(2, 3);
    assert_eq!(train(1, 5).1, first);
    let mut plain = Without::ZERO;
    plain.initialize(&mut Uniform(Generator::new(1)));
    assert_eq!((plain.0, plain.1), (start.0, start.2));

    // Without dropout, nothing is drawn after the weights.
    let mut counted = 0;
    let mut weights = Uniform(|| {
        counted += 1;
        1 << 20
    });
    let mut without = Trainer::<Without, SquaredError, Sgd<f64>>::new();
    without.start(Sgd::new(0.1), &mut weights);
    assert_eq!(counted, 3 * 40 + 40 * 2);
}

/// An initialiser that knows of no seed gives one that follows from its next weight.
#[test]
fn any_initialiser_seeds() {
    struct Counting(f32);
    impl Init for Counting {
        fn weight<T: downhill::Scalar>(&mut self, _: usize, _: usize) -> T {
            self.0 += 1.0;
            T::from_f32(self.0)
        }
    }
    assert_ne!(Counting(0.0).seed(), Counting(1.0).seed());
    assert_eq!(Counting(0.0).seed(), Counting(0.0).seed());
    let next = Generator::new(3).next_u32();
    let own = [
        Uniform(Generator::new(3)).seed(),
        TruncatedNormal(Generator::new(3)).seed(),
        Xavier(Generator::new(3)).seed(),
        He(Generator::new(3)).seed(),
    ];
    assert_eq!(own, [next; 4]);
}

/// A rate in the type is that rate, needs no memory, and leaves nothing to be set after the start.
#[test]
fn a_rate_in_the_type() {
    type Fixed = (Dense<3, 40, Tanh, Biased, f64>, Dropout<40, Ratio<3, 10, f64>>, Dense<40, 2, Identity, Biased, f64>);
    let mut number = forgetful(0.3, 4);
    let network: Fixed = (number.network.0, Dropout::ZERO, number.network.2);
    assert_eq!(size_of_val(&network.1), 0);
    let mut fixed = Trainer::<Fixed, SquaredError, Sgd<f64>>::with_network(network, Sgd::new(0.01));
    fixed.seed(4);
    for _ in 0..20 {
        assert_eq!(fixed.step(&X, &T), number.step(&X, &T));
    }
    assert_eq!(fixed.network.2, number.network.2);
    // The largest rate below 1, and none.
    assert_eq!(Ratio::<0, 1>::ZERO.probability(), 0.0);
    assert_eq!(Ratio::<999, 1000>::ZERO.probability(), 0.999);
}

/// What is not finite is an input that is not, also where dropout comes first, and may drop it.
#[test]
fn bad_inputs_of_dropout() {
    type First = (Dropout<3, f64>, Dense<3, 2, Tanh, Biased, f64>);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for rate in [0.0, 0.9] {
            let network = (Dropout::new(rate), drawn(1));
            let mut trainer = Trainer::<First, SquaredError, Sgd<f64>>::with_network(network, Sgd::new(0.1));
            let before = digest(&trainer.network);
            for place in 0..3 {
                let mut x = X;
                x[place] = bad;
                for _ in 0..10 {
                    assert_eq!(trainer.step(&x, &T), Err(StepError::Input));
                    assert_eq!(trainer.step_in_pieces(&x, &T).run(usize::MAX), Err(StepError::Input));
                    assert_eq!(trainer.loss(&x, &T), Err(StepError::Input));
                }
            }
            assert_eq!(digest(&trainer.network), before);
        }
    }
}

/// The limit of a sample's gradient is that of what learns: the norm of the step is the limit.
#[test]
fn clipped_through_dropout() {
    let start = (drawn(1), Dropout::new(0.5), drawn(2));
    let mut trainer = Trainer::<Forgetful, SquaredError, ClipSample<Sgd<f64>, f64>>::with_network(
        start,
        ClipSample::new(0.01, Sgd::new(1.0)),
    );
    for seed in 0..5 {
        trainer.network = start;
        trainer.seed(seed);
        trainer.step(&X, &[9.0, -9.0]).unwrap();
        let moved: f64 =
            parameters(&start).iter().zip(parameters(&trainer.network)).map(|(a, b)| (a - b).powi(2)).sum();
        assert!((moved.sqrt() - 0.01).abs() < 1e-9, "{}", moved.sqrt());
    }
}

/// A rate of 0 drops nothing, not even at the smallest number, which this seed gives first.
#[test]
fn nothing_is_dropped_at_rate_0() {
    let seed = 0_u32.wrapping_sub(0x9E37_79B9);
    assert_eq!(Generator::new(seed).next_u32(), 0);
    for (rate, first) in [(0.0, 1.0), (1e-6, 0.0)] {
        let (mut before, mut random) = (Generator::ZERO, MaskGenerator::ZERO);
        <Dropout<1, f64> as Layer>::seed(&mut random, &mut || seed);
        let (layer, mut y) = (Dropout::<1, f64>::new(rate), [[0.0]]);
        layer.forward::<_, 1>(&[[1.0]], &mut y, &mut before, &mut random, Mode::Train, &mut Whole);
        assert_eq!(y, [[first]]);
    }
}

/// A refused step leaves the generators as they were, whether it is taken whole or in pieces.
#[test]
fn a_refused_step_draws_nothing() {
    type Masked = (Dense<1, 8, Tanh>, Dropout<8, Ratio<1, 2>>, Dense<8, 1>);
    let after = |refused: &dyn Fn(&mut Trainer<Masked, SquaredError, Sgd>)| {
        let mut trainer = Trainer::<Masked, SquaredError, Sgd>::new();
        trainer.start(Sgd::new(0.1), &mut Uniform(Generator::new(1)));
        trainer.step(&[0.5], &[0.2]).unwrap();
        refused(&mut trainer);
        for _ in 0..5 {
            trainer.step(&[0.5], &[0.2]).unwrap();
        }
        digest(&trainer.network)
    };
    let expected = after(&|_| {});
    assert_eq!(after(&|trainer| assert!(trainer.step(&[f32::NAN], &[0.2]).is_err())), expected);
    assert_eq!(
        after(&|trainer| assert!(trainer.step_in_pieces(&[f32::NAN], &[0.2]).run(usize::MAX).is_err())),
        expected
    );
    let no_rate = |trainer: &mut Trainer<Masked, SquaredError, Sgd>| {
        trainer.optimizer.rate = 0.0;
        assert!(trainer.step(&[0.5], &[0.2]).is_err());
        assert!(trainer.step_in_pieces(&[0.5], &[0.2]).run(usize::MAX).is_err());
        trainer.optimizer.rate = 0.1;
    };
    assert_eq!(after(&no_rate), expected);
}
