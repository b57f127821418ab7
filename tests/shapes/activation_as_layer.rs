//! An activation belongs into a layer.
use downhill::{Dense, Relu, Sgd, SquaredError, Trainer};

static TRAINER: Trainer<(Dense<2, 3>, Relu, Dense<3, 1>), SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
