//! A reference to a layer says that it is frozen.
use downhill::{Dense, Sgd, SquaredError, Trainer, Zero};

static FIRST: Dense<2, 3> = Dense::ZERO;
static TRAINER: Trainer<(&Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd> =
    Trainer::with_network((&FIRST, Dense::ZERO), Sgd::new(0.1));

fn main() {
    let _ = &TRAINER;
}
