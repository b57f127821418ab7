//! What a firmware holds that predicts, and learns unless by the feature `int8`, in integers, from weights that it has: its code is
//! measured, less that of the program `empty`.

#![no_std]
#![no_main]

use core::hint::black_box;

use downhill::Zero;
use figures::integers::{INPUTS, Learner, Output, Sample, learn, predict};
use figures::{Once, entry};
use panic_never as _;

static LEARNER: Once<Learner> = Once::new(Learner::ZERO);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "the static is taken once")]
    let learner = black_box(unsafe { LEARNER.take() });
    loop {
        let sample: Sample = black_box(([0; INPUTS], 0));
        let mut y = Output::ZERO;
        predict(learner, &sample, &mut y);
        black_box(y);
        black_box(learn(learner, &sample));
    }
}
