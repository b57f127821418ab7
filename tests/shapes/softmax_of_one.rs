//! A softmax of one output is always 1.
use downhill::{CrossEntropy, Dense, Sgd, Softmax, Trainer};

static TRAINER: Trainer<(Dense<2, 3>, Dense<3, 1, Softmax>), CrossEntropy, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
