//! What comes out of a dropout is not a distribution.
use downhill::{CrossEntropy, Dense, Dropout, Sgd, Softmax, Trainer};

static TRAINER: Trainer<(Dense<2, 3, Softmax>, Dropout<3>), CrossEntropy, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
