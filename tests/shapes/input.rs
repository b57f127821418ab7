//! A sample has as many inputs as the first layer.
use downhill::{Dense, Sgd, SquaredError, Trainer};

fn main() {
    let mut trainer = Trainer::<(Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd>::new();
    let _ = trainer.predict(&[0.0, 0.0, 0.0]);
}
