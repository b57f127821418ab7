//! A modifier around a batch would not see its end.
use downhill::{Batch, ClipNorm, Sgd};

static NORM: ClipNorm<Batch<Sgd>> = ClipNorm::new(1.0, Batch::new(8, Sgd::new(0.1)));

fn main() {
    let _ = &NORM;
}
