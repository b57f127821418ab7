//! A layer without outputs has nothing to say.
use downhill::{Dense, Sgd, SquaredError, Trainer};

static TRAINER: Trainer<(Dense<2, 3>, Dense<3, 0>), SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
