//! A last layer that learns its biases alone counts with its activation.
use downhill::{BiasOnly, BinaryCrossEntropy, Dense, Sgd, Tanh, Trainer, Zero};

static LAST: Dense<3, 2, Tanh> = Dense::ZERO;
static TRAINER: Trainer<(Dense<2, 3>, BiasOnly<&Dense<3, 2, Tanh>>), BinaryCrossEntropy, Sgd> =
    Trainer::with_network((Dense::ZERO, BiasOnly::new(&LAST)), Sgd::new(0.1));

fn main() {
    let _ = &TRAINER;
}
