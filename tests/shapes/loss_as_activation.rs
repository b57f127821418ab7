//! A loss belongs to the trainer, not to a layer.
use downhill::{Dense, Sgd, SquaredError, Trainer};

static TRAINER: Trainer<Dense<2, 3, SquaredError>, SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
