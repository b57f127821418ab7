//! The memory of a trainer is its type's size, and the README tells it.

#![allow(clippy::cast_precision_loss)]

use downhill::{Dense, Layer, Momentum, Sgd, SquaredError, Trainer};

fn row<N: Layer<Scalar = f32>>(name: &str) -> String {
    let sgd = size_of::<Trainer<N, SquaredError, Sgd>>();
    let momentum = size_of::<Trainer<N, SquaredError, Momentum>>();
    format!("| {name} | {} B | {sgd} B | {momentum} B |", 4 * N::PARAMETERS)
}

#[test]
fn readme_table() {
    let readme = include_str!("../README.md");
    for row in [
        row::<(Dense<2, 3>, Dense<3, 1>)>("exclusive or, 2-3-1"),
        row::<(Dense<4, 7>, Dense<7, 3>)>("Iris, 4-7-3"),
        row::<(Dense<64, 32>, Dense<32, 10>)>("digits, 64-32-10"),
    ] {
        assert!(readme.contains(&row), "the README should have the row\n{row}");
    }
}

/// Outputs, deltas and the learning rate: at most 5 % more than the weights alone.
#[test]
fn little_more_than_the_weights() {
    fn overhead<N: Layer<Scalar = f32>>() -> f64 {
        type Plain<N> = Trainer<N, SquaredError, Sgd>;
        assert_eq!(Plain::<N>::BYTES, size_of::<Plain<N>>());
        Plain::<N>::BYTES as f64 / (4 * N::PARAMETERS) as f64 - 1.0
    }
    assert!(overhead::<(Dense<64, 32>, Dense<32, 10>)>() <= 0.036);
    assert!(overhead::<(Dense<128, 32>, Dense<32, 8>, Dense<8, 32>, Dense<32, 128>)>() <= 0.046);
    assert!(overhead::<(Dense<784, 100>, Dense<100, 10>)>() <= 0.003);
}

/// A static trainer costs no flash only as long as all its bits are zero.
#[test]
fn zero_is_all_zero_bits() {
    let trainer = Trainer::<(Dense<2, 3>, Dense<3, 1>), SquaredError, Momentum>::ZERO;
    trainer.network.visit(&mut |parameters| assert!(parameters.iter().all(|p| p.to_bits() == 0)));
    assert_eq!((trainer.optimizer.rate.to_bits(), trainer.optimizer.momentum.to_bits()), (0, 0));
}
