//! A trainer without room for a single sample could never learn.
use downhill::{ChainRule, Dense, Sgd, SquaredError, Trainer};

static TRAINER: Trainer<Dense<2, 1>, SquaredError, Sgd, 0> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
