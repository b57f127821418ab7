//! Bad input is an error value, and the trainer keeps every bit: weights, and what the optimiser remembers.
//! `examples/firmware/run` does the same on the chips.

#[path = "bad_input/cases.rs"]
mod cases;

use downhill::optimizer::Optimizer;
use downhill::rule::NoShares;
use downhill::{Batch, ClipNorm, ClipSample, Dense, ErrorShare, Identity, Sgd, SquaredError, StepError, Trainer};

/// Runs cases, reports those that fail, and returns how many there are.
type Cases = fn(&mut dyn FnMut(&cases::Failure)) -> u32;

fn check(cases: Cases, expected: u32) {
    let mut failures = Vec::new();
    let number = cases(&mut |failure| failures.push(failure.to_string()));
    println!("host bad-input cases {number}");
    assert!(failures.is_empty(), "{} of {number} cases:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(number, expected);
}

#[test]
fn networks() {
    check(cases::networks, cases::NETWORKS);
}

#[test]
fn steps() {
    check(cases::steps, cases::STEPS);
}

const X: [f32; 3] = [0.3, -0.4, 0.9];
const T: [f32; 2] = [0.9, 0.1];
const POSITIVE: Dense<3, 2, Identity> = Dense::new([[0.1, 0.2], [0.0, 0.1], [0.1, 0.3]], [0.4, 0.2]);
/// A gradient of 1e19, whose square is not within f32: it is limited like any other.
const STEEP: [f32; 2] = [1e19, 0.1];

#[test]
fn norms() {
    fn change<P: Optimizer<f32>>(optimizer: P) -> f32 {
        let mut trainer = Trainer::<_, SquaredError, P, 3>::with_network(POSITIVE, optimizer);
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
}

/// The first layer sends nothing back, so its columns may sum to zero.
#[test]
fn columns_of_the_first_layer() {
    let network = Dense::<3, 2>::new([[0.5, 0.0], [-0.5, 0.0], [0.0, 0.0]], [0.0, 0.0]);
    assert!(Trainer::<_, SquaredError, Sgd, 1, ErrorShare>::with_network(network, Sgd::new(0.5)).step(&X, &T).is_ok());
}

#[test]
fn errors_are_readable() {
    let message = StepError::NoShares(NoShares { output: 3 }).to_string();
    assert_eq!(message, "the weights into output 3 sum to zero or are not finite");
    assert_eq!(StepError::LearningRate.to_string(), "the learning rate is not positive and at most 2^26");
}
