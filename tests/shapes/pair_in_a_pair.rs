//! A checkpoint has one addition to a learner: a pair in a pair would lose one.
use downhill::{Checkpoint, Dense, Sgd, SquaredError, Trainer};

type Learning = Trainer<Dense<2, 1>, SquaredError, Sgd>;

const IMAGE: usize = <((Learning, u32), u64)>::IMAGE;

fn main() {
    let _ = [0; IMAGE];
}
