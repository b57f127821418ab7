//! Outputs whose targets are not known: their logits have no error, and the others learn as if they were alone.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, clippy::cast_possible_truncation)]

use downhill::init::{Generator, Random, Xavier};
use downhill::loss::{Loss, unknown};
use downhill::{
    BinaryCrossEntropy, CrossEntropy, Dense, Huber, Identity, Layer, Masked, OfProbabilities, Sgd, Sigmoid, Softmax,
    SquaredError, StepError, Trainer, Unbiased, Zero, encode,
};

type Net<const O: usize, A> = Dense<3, O, A, downhill::Biased, f64>;

/// The largest difference between the change of a parameter in a step and the central difference of the loss.
fn gradient_error<L: Loss, A: downhill::Activation>(targets: [f64; 4]) -> f64
where
    Net<4, A>: Layer<Scalar = f64, Input = [f64; 3], Output = [f64; 4]> + Zero + Copy,
{
    const RATE: f64 = 1.0 / 1024.0;
    let mut trainer = Trainer::<Net<4, A>, L, Sgd<f64>>::new();
    trainer.start(Sgd::new(RATE), &mut Xavier(Generator::new(7)));
    let x = [0.3, -1.2, 0.8];
    let before = trainer.network;
    trainer.step(&x, &targets).unwrap();
    let after = trainer.network;
    let mut worst: f64 = 0.0;
    for (i, o) in (0..3).flat_map(|i| (0..4).map(move |o| (i, o))) {
        let mut loss = |by: f64| {
            trainer.network = before;
            trainer.network.weights[i][o] += by;
            trainer.loss(&x, &targets).unwrap()
        };
        let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        let step = (before.weights[i][o] - after.weights[i][o]) / RATE;
        worst = worst.max((difference - step).abs());
    }
    worst
}

#[test]
fn the_gradient_is_that_of_the_known_outputs() {
    let u = unknown::<f64>();
    let certain = [0.0, u, 1.0, u];
    assert!(gradient_error::<Masked<CrossEntropy>, Softmax>(certain) < 1e-7);
    assert!(gradient_error::<Masked<CrossEntropy>, Softmax>([0.25, 0.5, u, 2.0]) < 1e-7);
    assert!(gradient_error::<OfProbabilities<Masked<CrossEntropy>>, Softmax>([0.25, 0.5, u, 0.25]) < 1e-7);
    assert!(gradient_error::<OfProbabilities<Masked<CrossEntropy>>, Sigmoid>([0.25, 0.5, u, 0.25]) < 1e-7);
    assert!(gradient_error::<Masked<BinaryCrossEntropy>, Sigmoid>(certain) < 1e-7);
    assert!(gradient_error::<OfProbabilities<Masked<BinaryCrossEntropy>>, Softmax>(certain) < 1e-7);
    assert!(gradient_error::<Masked<SquaredError>, Identity>([0.5, u, -3.0, u]) < 1e-7);
    assert!(gradient_error::<Masked<SquaredError>, Softmax>([0.5, u, 1.0, u]) < 1e-7);
    assert!(gradient_error::<Masked<Huber>, Identity>([0.5, u, -9.0, u]) < 1e-7);
}

/// With all outputs known, a masked loss is the plain one: the same bits where the targets sum to 1.
#[test]
fn all_known_is_the_plain_loss() {
    fn learnt<L: Loss>() -> [[f32; 3]; 2] {
        let mut trainer = Trainer::<Dense<2, 3, Softmax, Unbiased>, L, Sgd>::new();
        trainer.start(Sgd::new(0.1), &mut Xavier(Generator::new(3)));
        for class in 0..100 {
            trainer.step(&[0.5, class as f32 / 100.0], &encode::one_hot(class % 3).unwrap()).unwrap();
        }
        trainer.network.weights
    }
    for (masked, plain) in
        learnt::<Masked<CrossEntropy>>().iter().flatten().zip(learnt::<CrossEntropy>().iter().flatten())
    {
        assert!((masked - plain).abs() < 1e-5, "{masked} {plain}");
    }
}

#[test]
fn other_logits_keep_every_bit() {
    let mut trainer = Trainer::<Dense<3, 5, Softmax>, Masked<CrossEntropy>, Sgd>::new();
    trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(2)));
    let before = trainer.network;
    let mut random = Generator::new(4);
    for step in 0..500 {
        let x = core::array::from_fn(|_| random.signed_unit());
        let target = encode::masked(step % 2, [true, true, false, false, false]).unwrap();
        trainer.step(&x, &target).unwrap();
    }
    for (row, old) in trainer.network.weights.iter().zip(&before.weights) {
        assert_eq!(row[2..], old[2..]);
        assert_ne!(row[..2], old[..2]);
    }
    // Nothing known: nothing learnt, and no error.
    let now = trainer.network;
    assert_eq!(trainer.step(&[1.0, 2.0, 3.0], &[unknown(); 5]), Ok(0.0));
    assert_eq!(trainer.network, now);
}

#[test]
fn what_is_not_a_target_is_refused() {
    let mut trainer = Trainer::<Dense<1, 3, Softmax>, Masked<CrossEntropy>, Sgd>::new();
    trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(2)));
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.5] {
        assert_eq!(trainer.step(&[1.0], &[wrong, 1.0, unknown()]), Err(StepError::Target), "{wrong}");
    }
    assert_eq!(trainer.step(&[f32::NAN], &[0.0, 1.0, unknown()]), Err(StepError::Input));
    assert_eq!(encode::masked::<f32, 3>(2, [true, true, false]), None);
    assert_eq!(encode::masked::<f32, 3>(3, [true; 3]), None);
    assert_eq!(encode::masked(0, [true, true, false]), Some([1.0, 0.0, unknown::<f32>()]));
}

#[test]
fn the_largest_of_the_known_outputs() {
    let y = [0.1, 0.6, 0.2, 0.3];
    assert_eq!(encode::class_among(&y, [true; 4]), Some(1));
    assert_eq!(encode::class_among(&y, [true, false, true, true]), Some(3));
    assert_eq!(encode::class_among(&y, [true, false, false, false]), Some(0));
    assert_eq!(encode::class_among(&y, [false; 4]), None);
    assert_eq!(encode::class_among(&[0.5, 0.5], [true; 2]), Some(0));
    assert_eq!(encode::class_among(&[f32::NAN, 0.5], [true; 2]), None);
    assert_eq!(encode::class_among(&[0.5, f32::NAN], [true; 2]), None);
    assert_eq!(encode::class_among(&[f32::NAN], [true; 1]), None);
    assert_eq!(encode::class_among(&[f32::NAN, 0.5], [false, true]), Some(1));
}

/// An unknown output that is far larger than all known ones takes their probability, but not their errors.
#[test]
fn known_outputs_that_round_to_zero_still_learn() {
    let mut trainer = Trainer::<Dense<1, 3, Softmax>, Masked<CrossEntropy>, Sgd>::with_network(
        Dense::new([[0.0, 1.0, 500.0]], [0.0; 3]),
        Sgd::new(0.5),
    );
    let loss = trainer.step(&[1.0], &[1.0, 0.0, unknown()]).unwrap();
    assert!((loss - 1.313_261_7).abs() < 1e-6, "{loss}");
    let [first, second, third] = trainer.network.weights[0];
    assert!(first > 0.0 && second < 1.0);
    assert_eq!(third.to_bits(), 500_f32.to_bits());
}
