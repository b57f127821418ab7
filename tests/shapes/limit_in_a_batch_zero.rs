//! A limit of single samples inside of a batch would be passed over.
use downhill::{Batch, ClipSample, Dense, Sgd, SquaredError, Trainer};

static TRAINER: Trainer<Dense<2, 1>, SquaredError, Batch<ClipSample<Sgd>>> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
