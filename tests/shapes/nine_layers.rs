//! A tuple is a network up to eight layers.
use downhill::{Dense, Sgd, SquaredError, Trainer};

type D = Dense<1, 1>;

static TRAINER: Trainer<(D, D, D, D, D, D, D, D, D), SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
