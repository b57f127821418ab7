//! What stands in the place of the loss is named.
use downhill::{Dense, Sgd, Sigmoid, Trainer};

static TRAINER: Trainer<Dense<2, 3>, Sigmoid, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
