//! Two digits after the other, which a network forgets without the images that it keeps: 60 in 1 KB, two bits a pixel.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use downhill::Zero;
use firmware::field::{FORGETTING, Forgetting};
use firmware::{data, entry, exit, train};
use static_cell::ConstStaticCell;

static LEARNER: ConstStaticCell<Forgetting> = ConstStaticCell::new(Forgetting::ZERO);

#[entry]
fn main() -> ! {
    train(&FORGETTING, LEARNER.take(), &data::DIGITS_TRAIN);
    exit()
}
