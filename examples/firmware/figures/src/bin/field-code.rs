//! What a firmware holds that learns in the field, from weights that it has: its code is measured, less that of the program
//! `empty`. The guard's samples in flash are not counted.

#![no_std]
#![no_main]

use core::hint::black_box;

use downhill::Zero;
use downhill::guard::Settings;
use figures::field::{Factory, Input, Learner, Output, learn, predict};
use figures::{Once, entry};
use panic_never as _;

static LEARNER: Once<Learner> = Once::new(Learner::ZERO);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "the static is taken once")]
    let learner = black_box(unsafe { LEARNER.take() });
    let factory: Factory = black_box(Settings::new(&[], &[]));
    loop {
        let (x, mut y) = black_box((Input::ZERO, Output::ZERO));
        predict(learner, &x, &mut y);
        black_box(learn(learner, &x, &y, &factory));
    }
}
