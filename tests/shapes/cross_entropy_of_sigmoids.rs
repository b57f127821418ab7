//! Cross-entropy would drive all sigmoids to 1.
use downhill::{CrossEntropy, Dense, Sgd, Trainer};

static TRAINER: Trainer<(Dense<2, 3>, Dense<3, 2>), CrossEntropy, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
