//! A layer without inputs has nothing to learn from. A static, because a local that is never instantiated is not checked.
use downhill::{Dense, Zero};

static LAYER: Dense<0, 1> = Dense::ZERO;

fn main() {
    let _ = &LAYER;
}
