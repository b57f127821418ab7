//! A limit of single samples that is not outermost would not be seen.
use downhill::{Batch, ClipSample, Sgd};

static BATCH: Batch<ClipSample<Sgd>> = Batch::new(8, ClipSample::new(1.0, Sgd::new(0.1)));

fn main() {
    let _ = &BATCH;
}
