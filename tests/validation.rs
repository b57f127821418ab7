//! A loss without learning: the same as that of a step, and without a trace.

#[path = "fit/watch.rs"]
mod watch;

use downhill::dropout::MaskGenerator;
use downhill::fit::evaluate;
use downhill::init::Generator;
use downhill::layer::Mode;
use downhill::loss::Loss;
use downhill::metrics::{Argmax, Threshold};
use downhill::schedule::Constant;
use downhill::work::Whole;
use downhill::{
    CrossEntropy, Dense, Dropout, Fit, Identity, Infer, Layer, Sgd, Softmax, SquaredError, StepError, Trainer, Zero,
    digest,
};
use watch::{NONE, Seen, forgetful, iris, plain, train, trainer, watch};

/// With masks, running means and a generator in the trainer, a validation leaves no trace.
#[test]
fn a_validation_changes_nothing() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    let fit = Fit::new(5, Constant(0.01));
    let with = watch(&fit, &mut forgetful(2), &train, &validation, None);
    let without = watch(&fit, &mut forgetful(2), &train, NONE, None);
    assert_eq!(with.digests, without.digests);
    let losses = |seen: &Seen| seen.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect::<Vec<u32>>();
    assert_eq!(losses(&with), losses(&without));
    assert!(with.epochs.iter().all(|epoch| epoch.validation.0.is_some()));
    assert!(without.epochs.iter().all(|epoch| epoch.validation.0.is_none()));
}

#[test]
fn a_loss_is_that_of_the_step() {
    let train = train();
    // Linked, not linked, and with a layer that drops.
    let mut linked = trainer::<(Dense<4, 5>, Dense<5, 3, Softmax>), CrossEntropy, Sgd>(Sgd::new(0.1), 1);
    let mut regression = trainer::<(Dense<4, 5>, Dense<5, 3, Identity>), SquaredError, Sgd>(Sgd::new(0.1), 1);
    let (mut other, mut dropping) = (plain(1), forgetful(1));
    let mut differ = 0;
    for (x, target) in &train {
        assert_eq!(linked.loss(x, target), linked.step(x, target));
        assert_eq!(regression.loss(x, target), regression.step(x, target));
        assert_eq!(other.loss(x, target), other.step(x, target));
        let loss = dropping.loss(x, target).unwrap();
        assert_eq!(dropping.loss(x, target), Ok(loss), "a validation drops");
        let y = dropping.predict(x);
        assert!((CrossEntropy::value(&y, target) - loss).abs() < 1e-5);
        differ += u32::from(dropping.step(x, target) != Ok(loss));
    }
    assert!(differ > 80, "the steps don't drop");

    let before = digest(&other.network);
    assert_eq!(other.loss(&[f32::NAN; 4], &train[0].1), Err(StepError::Input));
    assert_eq!(other.loss(&train[0].0, &[f32::INFINITY; 3]), Err(StepError::Target));
    assert_eq!(digest(&other.network), before);
    other.network.1.biases = [f32::NAN; 3];
    assert_eq!(other.loss(&train[0].0, &train[0].1), Err(StepError::Loss));
}

/// The layer's own word for it: in the mode for predictions nothing is dropped.
#[test]
fn dropout_passes_everything_in_a_validation() {
    let layer = Dropout::<4>::new(0.9);
    let (mut y, mut before, mut random) = ([[0.0; 4]], Generator::ZERO, MaskGenerator::ZERO);
    <Dropout<4> as Layer>::seed(&mut random, &mut || 1);
    layer.forward::<_, 1>(&[[1.0, 2.0, 3.0, 4.0]], &mut y, &mut before, &mut random, Mode::Predict, &mut Whole);
    assert_eq!(y, [[1.0, 2.0, 3.0, 4.0]]);
}

#[test]
fn accuracy_of_one_output() {
    let mut trainer =
        Trainer::<Dense<1, 1, Identity>, SquaredError, Sgd>::with_network(Dense::new([[1.0]], [0.0]), Sgd::new(0.1));
    let samples = [([0.9], [1.0]), ([0.6], [0.0]), ([0.2], [0.0]), ([0.4], [1.0])];
    let score = evaluate(&mut trainer, &samples, Threshold).unwrap().unwrap();
    assert_eq!(score.metric, Some(0.5));
    assert!((score.loss - (0.01 + 0.36 + 0.04 + 0.36) / 8.0).abs() < 1e-6);
    assert_eq!(evaluate(&mut trainer, &samples[..0], Threshold), Ok(None));
    // None is the largest of one.
    assert_eq!(evaluate(&mut trainer, &samples, Argmax).unwrap().unwrap().metric, None);
}
