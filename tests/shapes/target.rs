//! A sample has as many targets as the last layer has outputs.
use downhill::{Dense, Sgd, SquaredError, Trainer};

fn main() {
    let mut trainer = Trainer::<(Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd>::new();
    let _ = trainer.step(&[0.0, 0.0], &[0.0, 0.0]);
}
