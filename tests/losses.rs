//! Losses against references in another arithmetic, and the targets that they take.

use core::cell::Cell;
use core::ops::ControlFlow;

use downhill::fit::{Data, FitError, evaluate};
use downhill::init::{Generator, Random, Uniform};
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::rule::Rule;
use downhill::schedule::Constant;
use downhill::{
    BinaryCrossEntropy, ChainRule, CrossEntropy, Dense, Fit, Huber, Identity, OfProbabilities, Sgd, Softmax,
    SquaredError, StepError, Trainer, digest,
};

fn assert_close(value: f64, exact: f64, tolerance: f64, context: &str) {
    let error = (value - exact).abs();
    assert!(error <= tolerance * exact.abs(), "{context}: {value:e}, exact {exact:e}");
}

/// A loss near 0 keeps its digits. `f32` gave 0 for the first, 2.0982896e-5 for the last.
#[test]
#[allow(clippy::excessive_precision, clippy::unreadable_literal)]
fn small_losses() {
    // -ln(1 / (1 + e^-20)), -ln(1 / (1 + e^-40)), and with two and nine others.
    let cross = |z: &[f32], t: &[f32]| f64::from(CrossEntropy::linked_value(z, t));
    assert_close(cross(&[20.0, 0.0], &[1.0, 0.0]), 2.0611536181902037e-9, 2e-7, "20, 0");
    assert_close(cross(&[0.0, 20.0], &[0.0, 1.0]), 2.0611536181902037e-9, 2e-7, "0, 20");
    assert_close(cross(&[0.0, 20.0, 0.0], &[0.0, 1.0, 0.0]), 4.1223072278769e-9, 2e-7, "0, 20, 0");
    assert_close(cross(&[80.0, 0.0], &[1.0, 0.0]), 1.8048513878454153e-35, 2e-7, "80, 0");
    assert_close(CrossEntropy::linked_value(&[40.0, 0.0], &[1.0, 0.0]), 4.248354255291589e-18, 1e-15, "f64: 40, 0");
    assert_close(CrossEntropy::linked_value(&[700.0, 0.0], &[1.0, 0.0]), 9.859676543759770e-305, 1e-15, "f64: 700, 0");
    // Two that are the largest: ln 2, and ln 2 + e^-20 / 2.
    assert_close(cross(&[20.0, 20.0], &[1.0, 0.0]), core::f64::consts::LN_2, 1e-7, "20, 20");
    assert_close(cross(&[3.0, 3.0, 3.0], &[0.5, 0.25, 0.25]), 1.0986122886681098, 1e-7, "3, 3, 3");

    let binary = |z: f32, t: f32| f64::from(BinaryCrossEntropy::linked_value(&[z], &[t]));
    assert_close(binary(20.0, 1.0), 2.0611536181902037e-9, 2e-7, "1, 20");
    assert_close(binary(-20.0, 0.0), 2.0611536181902037e-9, 2e-7, "0, -20");
    assert_close(binary(20.0, 0.999_999), 2.0267640377253128e-5, 2e-7, "0.999999, 20");
}

/// The largest finite logits have a loss where it is finite; `f32` gave NaN.
#[test]
fn large_logits() {
    let certain = CrossEntropy::linked_value(&[3e38_f32, -3e38, 0.0], &[1.0, 0.0, 0.0]);
    assert_eq!(certain.to_bits(), 0.0_f32.to_bits());
    assert!(CrossEntropy::linked_value(&[3e38_f32, -3e38], &[0.0, 1.0]).is_infinite());
    assert!(CrossEntropy::linked_value(&[f32::NAN, 0.0], &[0.0, 1.0]).is_nan());
    assert!(CrossEntropy::linked_value(&[0.0, f32::NAN], &[1.0, 0.0]).is_nan());
    assert_eq!(BinaryCrossEntropy::linked_value(&[3e38_f32, -3e38], &[1.0, 0.0]).to_bits(), 0.0_f32.to_bits());
    assert!(BinaryCrossEntropy::linked_value(&[f32::NAN], &[1.0]).is_nan());
}

/// Against the formulas in `f64` with the functions of the standard library. The differences of logits up to 60 are
/// rounded by 2^-24 of 60, and the exponential is wrong by as much: 4e-6.
#[test]
fn losses_of_all_sizes() {
    fn exact_cross(z: &[f64], t: &[f64]) -> f64 {
        let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let at = z.iter().position(|&z| z >= top).unwrap();
        let others: f64 = z.iter().enumerate().filter(|&(o, _)| o != at).map(|(_, z)| (z - top).exp()).sum();
        z.iter().zip(t).map(|(z, t)| t * (others.ln_1p() + (top - z))).sum()
    }
    let exact_binary = |z: f64, t: f64| t * (-z).exp().ln_1p() + (1.0 - t) * z.exp().ln_1p();

    let mut random = Generator::new(1);
    let mut worst: [f64; 2] = [0.0; 2];
    for (round, classes) in (0..20_000).zip([2, 3, 10, 16, 17, 40].into_iter().cycle()) {
        let size = [0.1, 1.0, 10.0, 30.0][round % 4];
        let z: Vec<f32> = (0..classes).map(|_| size * random.signed_unit()).collect();
        let mut t = vec![0.0_f32; classes];
        match round % 3 {
            0 => t[round % classes] = 1.0,
            // All of it: a third of the rounds is right, and nearly certain.
            1 => t[z.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0] = 1.0,
            _ => t.fill_with(|| random.signed_unit().abs()),
        }
        let (z64, t64): (Vec<f64>, Vec<f64>) =
            (z.iter().map(|&z| z.into()).collect(), t.iter().map(|&t| t.into()).collect());
        let exact = exact_cross(&z64, &t64);
        worst[0] = worst[0].max((f64::from(CrossEntropy::linked_value(&z, &t)) - exact).abs() / exact);
        assert_close(CrossEntropy::linked_value(&z64, &t64), exact, 1e-14, "f64");
        for (&z, &t) in z.iter().zip(&t) {
            let exact = exact_binary(z.into(), t.into());
            worst[1] = worst[1].max((f64::from(BinaryCrossEntropy::linked_value(&[z], &[t])) - exact).abs() / exact);
        }
    }
    println!("worst relative error: cross-entropy {:.1e}, binary {:.1e}", worst[0], worst[1]);
    assert!(worst[0] < 4e-6 && worst[1] < 4e-7, "{worst:?}");
}

/// Outputs that are not from 0 to 1 are an error; `BinaryCrossEntropy` of a tanh of -0.76 gave -0.566 for the target 0.
#[test]
fn outputs_that_are_no_probabilities() {
    fn check<L: Loss>(y: f32, t: f32) -> Result<f32, StepError> {
        let network = Dense::<1, 1, Identity>::new([[y]], [0.0]);
        let mut trainer = Trainer::<_, L, Sgd>::with_network(network, Sgd::new(0.1));
        let before = digest(&trainer.network);
        let loss = trainer.loss(&[1.0], &[t]);
        let step = trainer.step(&[1.0], &[t]);
        assert_eq!(step, loss);
        if step.is_err() {
            assert_eq!(digest(&trainer.network), before);
        }
        step
    }
    type Binary = OfProbabilities<BinaryCrossEntropy>;
    type Cross = OfProbabilities<CrossEntropy>;
    for y in [-0.76, -1e-30, 1.000_001, 10.7, 3e38] {
        for t in [0.0, 0.5, 1.0] {
            assert_eq!(check::<Binary>(y, t), Err(StepError::Loss), "{y} {t}");
            assert_eq!(check::<Cross>(y, t), Err(StepError::Loss), "{y} {t}");
        }
    }
    for (y, t) in [(0.0, 1.0), (0.0, 0.5)] {
        assert_eq!(check::<Binary>(y, t), Err(StepError::Loss));
        assert_eq!(check::<Cross>(y, t), Err(StepError::Loss));
    }
    assert_eq!(check::<Binary>(1.0, 0.5), Err(StepError::Loss));
    for (y, t) in [(0.0, 0.0), (1.0, 1.0)] {
        assert_eq!(check::<Binary>(y, t), Ok(0.0));
        assert_eq!(check::<Cross>(y, t), Ok(0.0));
    }
    assert_eq!(check::<Binary>(0.25, 2.0), Err(StepError::Target));
    assert_eq!(check::<Cross>(0.25, -1.0), Err(StepError::Target));
    // Its work is that of the loss within.
    assert_eq!(<OfProbabilities<SquaredError> as Loss>::MACS, SquaredError::MACS);
}

type Out<A> = (Dense<1, 4>, Dense<4, 3, A>);

fn trainer<A, L, R>() -> Trainer<Out<A>, L, Sgd, 3, R>
where
    A: downhill::activation::Activation,
    L: Loss,
    R: Rule,
{
    let mut trainer = Trainer::new();
    trainer.start(Sgd::new(0.5), &mut Uniform(Generator::new(3)));
    trainer
}

const X: [f32; 1] = [0.5];
const GOOD: [f32; 3] = [0.0, 1.0, 0.0];

/// Every way to use targets, each of which takes one that is good.
fn uses<N, L, P, R>(trainer: &mut Trainer<N, L, P, 3, R>, t: [f32; 3]) -> Vec<(&'static str, Result<(), StepError>)>
where
    N: downhill::Layer<Scalar = f32, Input = [f32; 1], Output = [f32; 3]> + Copy,
    L: Loss,
    P: Optimizer<f32>,
    R: Rule,
{
    let none = |result: Result<f32, StepError>| result.map(|_| ());
    let of_fit = |error| match error {
        FitError::Step(1, error) | FitError::Validation(1, error) => error,
        error => panic!("{error}"),
    };
    let samples = [(X, GOOD), (X, t)];
    let mut results = vec![
        ("step", none(trainer.step(&X, &t))),
        ("step_weighted", none(trainer.step_weighted(&X, &t, 0.5))),
        ("step_batch, first", none(trainer.step_batch(&[X; 3], &[t, GOOD, GOOD]))),
        ("step_batch, last", none(trainer.step_batch(&[X; 3], &[GOOD, GOOD, t]))),
        ("step_batch of one", none(trainer.step_batch(&[X], &[t]))),
        ("loss", none(trainer.loss(&X, &t))),
        ("evaluate", evaluate(trainer, &samples, downhill::metrics::Argmax).map(|_| ()).map_err(of_fit)),
    ];
    for macs in [1, 10, 10_000] {
        let mut step = trainer.step_in_pieces(&X, &t);
        results.push((
            "pieces",
            loop {
                match step.run(macs) {
                    Ok(Progress::More) => {}
                    Ok(Progress::Done(_)) => break Ok(()),
                    Err(error) => break Err(error),
                }
            },
        ));
    }
    results
}

fn refused<A, L, R>(targets: &[[f32; 3]])
where
    A: downhill::activation::Activation + Copy,
    L: Loss,
    R: Rule,
{
    for &t in targets {
        let mut trainer = trainer::<A, L, R>();
        let before = digest(&trainer.network);
        for (name, result) in uses(&mut trainer, t) {
            assert_eq!(result, Err(StepError::Target), "{name} {t:?}");
        }
        assert_eq!(digest(&trainer.network), before);
        // Settings, inputs, targets, loss: the first that is wrong is named.
        assert_eq!(trainer.step(&[f32::NAN], &t), Err(StepError::Input));
        assert_eq!(trainer.step_in_pieces(&[f32::INFINITY], &t).run(usize::MAX), Err(StepError::Input));
        assert_eq!(trainer.loss(&[f32::NAN], &t), Err(StepError::Input));
        assert_eq!(trainer.step_weighted(&X, &t, -1.0), Err(StepError::Target));
        trainer.network.1.biases = [f32::NAN; 3];
        assert_eq!(trainer.step(&X, &t), Err(StepError::Target));
        assert_eq!(trainer.step_in_pieces(&X, &t).run(usize::MAX), Err(StepError::Target));
        assert_eq!(trainer.loss(&X, &t), Err(StepError::Target));
        trainer.optimizer.rate = 0.0;
        assert_eq!(trainer.step(&X, &t), Err(StepError::LearningRate));
    }
}

fn taken<A, L, R>(targets: &[[f32; 3]])
where
    A: downhill::activation::Activation + Copy,
    L: Loss,
    R: Rule,
{
    for &t in targets {
        for (name, result) in uses(&mut trainer::<A, L, R>(), t) {
            assert_eq!(result, Ok(()), "{name} {t:?}");
        }
    }
}

const NOT_FINITE: [[f32; 3]; 3] = [[0.0, f32::NAN, 1.0], [f32::INFINITY, 0.0, 0.0], [0.0, 0.0, f32::NEG_INFINITY]];
const NEGATIVE: [[f32; 3]; 3] = [[-1.0, 1.0, 1.0], [1.0, 0.0, -1e-30], [0.0, -f32::MAX, 0.0]];
const ABOVE_1: [[f32; 3]; 3] = [[2.0, 0.0, 0.0], [0.0, 255.0, 0.0], [0.0, 0.0, 1.000_000_1]];
const SIGNED: [[f32; 3]; 3] = [[-1.0, 1.0, 1.0], [1.0, 0.0, -1e-30], [0.0, -1e10, 0.0]];
const ANY: [[f32; 3]; 3] = [[0.0; 3], [1.0, 1.0, 0.0], [0.5, -0.0, 0.25]];

/// Before, `BinaryCrossEntropy` gave a loss of -1000 for the target 2 and fell on; `CrossEntropy` took [-1, 1, 1].
#[test]
fn targets_outside_of_the_range() {
    use downhill::{RawError, Sigmoid, Tanh};
    for targets in [&NOT_FINITE, &NEGATIVE, &ABOVE_1] {
        refused::<Sigmoid, BinaryCrossEntropy, ChainRule>(targets);
        refused::<Sigmoid, BinaryCrossEntropy, RawError>(targets);
        refused::<Softmax, OfProbabilities<BinaryCrossEntropy>, ChainRule>(targets);
    }
    for targets in [&NOT_FINITE, &NEGATIVE] {
        refused::<Softmax, CrossEntropy, ChainRule>(targets);
        refused::<Sigmoid, OfProbabilities<CrossEntropy>, ChainRule>(targets);
    }
    refused::<Sigmoid, SquaredError, ChainRule>(&NOT_FINITE);
    refused::<Identity, Huber, ChainRule>(&NOT_FINITE);

    taken::<Sigmoid, BinaryCrossEntropy, ChainRule>(&ANY);
    taken::<Softmax, CrossEntropy, ChainRule>(&ANY);
    taken::<Softmax, CrossEntropy, ChainRule>(&ABOVE_1);
    for targets in [&ANY, &ABOVE_1, &SIGNED] {
        taken::<Identity, SquaredError, ChainRule>(targets);
        taken::<Tanh, Huber, ChainRule>(targets);
    }
}

/// With the sum s, the loss is that of the distribution t / s, times s: here the powers of two make it exact.
#[test]
fn the_sum_of_the_targets() {
    let (x, t) = (X, [0.25, 0.5, 0.25]);
    let step = |t: [f32; 3], rate| {
        let mut trainer = trainer::<Softmax, CrossEntropy, ChainRule>();
        trainer.optimizer.rate = rate;
        (trainer.step(&x, &t).unwrap(), digest(&trainer.network))
    };
    let ((loss, weights), (four_times, four_weights)) = (step(t, 0.5), step(t.map(|t| 4.0 * t), 0.125));
    assert_eq!((4.0 * loss).to_bits(), four_times.to_bits());
    assert_eq!(weights, four_weights);
}

/// Labels of 0 and 255 in place of 0 and 1: a fit with patience ran to its end with losses down to -3.2e8, and called
/// each epoch the best.
#[test]
fn a_fit_on_labels_that_were_not_scaled() {
    let samples: [([f32; 1], [f32; 1]); 8] =
        [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0].map(|x| ([x / 8.0], [if x < 4.0 { 0.0 } else { 255.0 }]));
    let mut trainer = Trainer::<(Dense<1, 3>, Dense<3, 1>), BinaryCrossEntropy, Sgd>::new();
    trainer.start(Sgd::new(0.5), &mut Uniform(Generator::new(1)));
    let before = digest(&trainer.network);
    let fit = Fit { patience: Some(2), ..Fit::new(50, Constant(0.5)) };
    let epochs = Cell::new(0);
    let on = |_: &mut Trainer<_, _, _>| {
        epochs.set(epochs.get() + 1);
        ControlFlow::Continue(())
    };
    let result = fit.run(&mut trainer, Data::new(&samples[4..]), |trainer, _| on(trainer));
    assert!(matches!(result, Err(FitError::Step(_, StepError::Target))));
    assert_eq!(digest(&trainer.network), before);
    let result = fit.run(&mut trainer, Data::new(&samples[..4]).validated_on(&samples), |trainer, _| on(trainer));
    assert_eq!(result.err(), Some(FitError::Validation(4, StepError::Target)));
    assert_eq!(epochs.get(), 0);
}
