//! Linear outputs are no probabilities. A network that has its weights already is checked, too.
use downhill::{CrossEntropy, Dense, Identity, Sgd, Trainer};

static TRAINER: Trainer<Dense<1, 2, Identity>, CrossEntropy, Sgd> =
    Trainer::with_network(Dense::new([[0.5, 0.1]], [0.0, 0.0]), Sgd::new(0.1));

fn main() {
    let _ = &TRAINER;
}
