//! Five networks that learn from a stream, in 10 KB: they scale what arrives, rehearse the last 480 samples, and predict by averaged
//! weights.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use downhill::Zero;
use firmware::field::{STREAM, Stream};
use firmware::{data, entry, exit, train};
use static_cell::ConstStaticCell;

static LEARNER: ConstStaticCell<Stream> = ConstStaticCell::new(Stream::ZERO);

#[entry]
fn main() -> ! {
    train(&STREAM, LEARNER.take(), &data::PHISHING);
    exit()
}
