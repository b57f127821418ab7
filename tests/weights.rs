//! Weights by class and by sample, and calls between samples, in a fit.

use std::cell::Cell;
use std::ops::ControlFlow::Continue;

use downhill::fit::{Data, FitError, epoch, evaluate};
use downhill::init::{Generator, Random};
use downhill::metrics::Threshold;
use downhill::schedule::Constant;
use downhill::{
    Batch, BinaryCrossEntropy, Dense, Fit, Identity, Samples, Sgd, SquaredError, StepError, Trainer, Zero, encode,
};

type Point = ([f32; 2], [f32; 1]);
type Learner = Trainer<Dense<2, 1>, BinaryCrossEntropy, Sgd>;

/// 400 points right and left of a line.
fn halves() -> Vec<Point> {
    let mut random = Generator::new(5);
    let mut point = || {
        let (x, y) = (random.signed_unit(), random.signed_unit());
        ([x, y], encode::one_hot(usize::from(x + 0.3 * y > 0.2)).unwrap())
    };
    (0..400).map(|_| point()).collect()
}

fn weight([target]: [f32; 1]) -> f32 {
    if target > 0.5 { 1.7 } else { 0.6 }
}

fn new() -> Learner {
    Trainer::with_network(Dense::ZERO, Sgd::new(0.1))
}

/// Whether a mean over 400 samples is that of this sum.
fn is_mean(loss: f32, sum: f64) -> bool {
    (f64::from(loss) * 400.0 / sum - 1.0).abs() < 1e-6
}

#[test]
fn a_stream_has_weights() {
    let samples = halves();
    let mut by_hand = new();
    let mut losses = 0.0;
    for (x, target) in &samples {
        losses += f64::from(by_hand.step_weighted(x, target, weight(*target)).unwrap());
    }
    let mut owned = new();
    let loss = epoch(&mut owned, samples.iter().map(|(x, target)| (*x, *target, weight(*target)))).unwrap();
    assert_eq!(owned.network, by_hand.network);
    assert!(is_mean(loss, losses));
    let stored: Vec<_> = samples.iter().map(|(x, target)| (*x, *target, weight(*target))).collect();
    let mut borrowed = new();
    epoch(&mut borrowed, &stored).unwrap();
    assert_eq!(borrowed.network, by_hand.network);
    let mut bad = stored;
    bad[3].2 = -1.0;
    assert_eq!(epoch(&mut new(), &bad), Err(FitError::Step(3, StepError::Weight)));
}

fn fitted(samples: &impl Samples<Input = [f32; 2], Target = [f32; 1]>) -> Dense<2, 1> {
    let mut trainer = new();
    Fit::new(2, Constant(0.05)).run(&mut trainer, Data::new(samples), |_, _| Continue(())).unwrap();
    trainer.network
}

/// By class, by sample, through a part, in another form, with calls: the same training.
#[test]
fn samples_have_weights() {
    let samples: [Point; 400] = halves().try_into().unwrap();
    let by_class = samples.weighted(|_, _, target| weight(*target));
    let expected = fitted(&by_class);
    assert_ne!(fitted(&samples), expected);
    let weights = samples.map(|(_, target)| weight(target));
    assert_eq!(fitted(&samples.weighted(|index, _, _| weights[index])), expected);
    assert_eq!(fitted(&by_class.mapped(|x, target| Some((*x, *target)))), expected);
    assert_eq!(fitted(&by_class.every(7, || ())), expected);
    assert_eq!(fitted(&&by_class), expected);
    assert_eq!(fitted(&by_class.weighted(|_, _, _| 9.0).weighted(|index, _, _| weights[index])), expected);

    let (part, rest) = by_class.hold_out(100, 3);
    assert_eq!((part.len(), rest.len(), by_class.len(), by_class.every(7, || ()).len()), (300, 100, 400, 400));
    for index in 0..100 {
        assert_eq!(rest.with_weight(index, |_, target, given| given == Some(weight(*target))), Some(true));
    }
    assert_eq!(by_class.with_weight(400, |_, _, _| ()), None);
    assert_eq!(by_class.with(5, |x, _| *x), Some(samples[5].0));
    assert_eq!(samples.with_weight(5, |_, _, weight| weight), Some(None));
    let holes = by_class.mapped(|x, target| (x[0] > 0.0).then_some((*x, *target)));
    let readable = (0..400).filter(|&index| holes.with_weight(index, |_, _, _| ()).is_some()).count();
    assert_eq!(readable, samples.iter().filter(|(x, _)| x[0] > 0.0).count());
}

/// The loss that is measured is that which is learnt.
#[test]
fn a_measured_loss_has_weights() {
    let samples = halves();
    let mut trainer = new();
    trainer.network = Dense::new([[1.5], [0.4]], [-0.3]);
    let losses: f64 = samples
        .iter()
        .map(|(x, target)| f64::from(weight(*target)) * f64::from(trainer.loss(x, target).unwrap()))
        .sum();
    let by_class = samples.weighted(|_, _, target| weight(*target));
    let score = evaluate(&mut trainer, &by_class, Threshold).unwrap().unwrap();
    assert!(is_mean(score.loss, losses));
    assert_eq!(score.metric, evaluate(&mut trainer, &samples[..], Threshold).unwrap().unwrap().metric);
    for (weight, error) in [
        (-1.0, StepError::Weight),
        (f32::NAN, StepError::Weight),
        (f32::INFINITY, StepError::Weight),
        (f32::MAX, StepError::Loss),
    ] {
        trainer.network = Dense::new([[40.0], [-10.0]], [-30.0]);
        let result = evaluate(&mut trainer, &samples.weighted(|_, _, _| weight), Threshold);
        let Err(FitError::Validation(_, found)) = result else { panic!("{weight}: {result:?}") };
        assert_eq!(found, error);
    }
    let zero = samples.weighted(|_, _, _| 0.0);
    assert_eq!(evaluate(&mut trainer, &zero, Threshold).unwrap().unwrap().loss.to_bits(), 0);
}

/// A batch divides by the number of its samples, whatever they weigh: a weight is a factor of loss and gradient, and
/// `Batch` of one sample is the same as no batch. (The mean of `PyTorch` divides by the sum of the weights.)
#[test]
fn a_batch_divides_by_the_number_of_samples() {
    let learnt = |size, samples: &[([f32; 1], [f32; 1], f32)]| {
        let optimizer = Batch::new(size, Sgd::new(0.1));
        let mut trainer =
            Trainer::<Dense<1, 1, Identity>, SquaredError, Batch<Sgd>>::with_network(Dense::ZERO, optimizer);
        let loss = epoch(&mut trainer, samples).unwrap();
        (trainer.network.weights[0][0], loss)
    };
    let close = |(weight, loss): (f32, f32), expected: (f32, f32)| {
        assert!((weight - expected.0).abs() < 1e-6 && (loss - expected.1).abs() < 1e-6, "{weight} {loss}");
    };
    // (2 * 0.5 + 0.4) / 2, and not / 3.
    close(learnt(9, &[([1.0], [0.5], 2.0), ([1.0], [0.4], 1.0)]), (0.07, 0.165));
    close(learnt(9, &[([1.0], [0.5], 1.0), ([1.0], [0.5], 1.0), ([1.0], [0.4], 1.0)]), (0.14 / 3.0, 0.11));
    // One sample: as without a batch.
    close(learnt(1, &[([1.0], [0.5], 2.0)]), (0.1, 0.25));
    let mut plain = Trainer::<Dense<1, 1, Identity>, SquaredError, Sgd>::with_network(Dense::ZERO, Sgd::new(0.1));
    let loss = epoch(&mut plain, [([1.0], [0.5], 2.0)]).unwrap();
    close((plain.network.weights[0][0], loss), (0.1, 0.25));
}

/// A watchdog is fed within an epoch, in the training and in the validation.
#[test]
fn a_call_after_every_so_many_samples() {
    let samples = halves();
    let calls = |period, epochs| {
        let fed = Cell::new(0);
        let watched = samples.every(period, || fed.set(fed.get() + 1));
        let (train, validation) = watched.hold_out(100, 1);
        let fit = Fit { entering: false, ..Fit::new(epochs, Constant(0.1)) };
        fit.run(&mut new(), Data::new(&train).validated_on(&validation), |_, _| Continue(())).unwrap();
        fed.get()
    };
    assert_eq!(calls(1, 1), 400);
    assert_eq!(calls(0, 1), 400);
    assert_eq!(calls(7, 1), 57);
    assert_eq!(calls(7, 2), 114);
    assert_eq!(calls(400, 3), 3);
    assert_eq!(calls(401, 1), 0);
    assert_eq!(calls(usize::MAX, 1), 0);
    // With what a sample is there before, and after the call.
    let asked = Cell::new(0);
    let inner = samples.every(1, || asked.set(asked.get() + 1));
    let seen = Cell::new(Vec::new());
    let outer = inner.every(3, || {
        let mut numbers = seen.take();
        numbers.push(asked.get());
        seen.set(numbers);
    });
    for (index, (expected, _)) in samples.iter().enumerate().take(9) {
        assert_eq!(outer.with(index, |x, _| *x), Some(*expected));
        assert_eq!(outer.with_weight(index, |x, _, _| *x), Some(*expected));
    }
    assert_eq!(seen.take(), [2, 5, 8, 11, 14, 17]);
}

/// 100 samples in four classes, one of which has none.
#[test]
fn balanced_classes() {
    let weights = encode::balanced::<f64, 4>(&[10, 40, 0, 50]);
    let expected = [2.5, 0.625, 0.0, 0.5];
    assert!(weights.iter().zip(expected).all(|(weight, expected)| (weight - expected).abs() < 1e-15), "{weights:?}");
}
