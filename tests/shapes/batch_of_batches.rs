//! A batch of batches would not see the end of the inner one.
use downhill::{Batch, Sgd};

static BATCH: Batch<Batch<Sgd>> = Batch::new(2, Batch::new(8, Sgd::new(0.1)));

fn main() {
    let _ = &BATCH;
}
