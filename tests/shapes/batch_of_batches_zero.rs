//! Nor does one that is all zeros.
use downhill::{Batch, Dense, Sgd, SquaredError, Trainer};

static TRAINER: Trainer<Dense<2, 1>, SquaredError, Batch<Batch<Sgd>>> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
