//! A frozen layer that ends a network counts with its activation.
use downhill::{BinaryCrossEntropy, Dense, Frozen, Sgd, Softmax, Trainer, Zero};

static LAST: Dense<3, 2, Softmax> = Dense::ZERO;
static TRAINER: Trainer<(Dense<2, 3>, Frozen<&Dense<3, 2, Softmax>>), BinaryCrossEntropy, Sgd> =
    Trainer::with_network((Dense::ZERO, Frozen(&LAST)), Sgd::new(0.1));

fn main() {
    let _ = &TRAINER;
}
