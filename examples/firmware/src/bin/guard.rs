//! A device whose labels are wrong for a while and whose sensor breaks now and then: what it serves is no worse.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use downhill::Zero;
use firmware::field::{GUARD, Guarded};
use firmware::{data, entry, exit, train};
use static_cell::ConstStaticCell;

static LEARNER: ConstStaticCell<Guarded> = ConstStaticCell::new(Guarded::ZERO);

#[entry]
fn main() -> ! {
    train(&GUARD, LEARNER.take(), &data::PHISHING);
    exit()
}
