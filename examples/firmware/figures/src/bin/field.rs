//! Counts the instructions and the stack of what a learner in the field does with a sample when it arrives, and when its class is
//! known; prints them with the size of all that it keeps.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::Zero;
use downhill::guard::Settings;
use figures::counter::Counter;
use figures::field::{ANCHORS, Learner, Output, REHEARSED, STREAM, learn, predict, start};
use figures::{Once, entry, stack};
use semihosting::println;
use semihosting::process::ExitCode;

#[allow(clippy::cast_possible_truncation)]
const SAMPLES: u32 = STREAM.len() as u32;

static LEARNER: Once<Learner> = Once::new(Learner::ZERO);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "the static is taken once")]
    let learner = unsafe { LEARNER.take() };
    let factory = Settings::new(&ANCHORS[..], &REHEARSED[..]);
    let mut y = Output::ZERO;
    let y = black_box(&mut y);
    start(learner, &factory);
    let mut refused = 0;
    // A first round is not counted: the first step of all is another one.
    for (x, target) in &STREAM {
        predict(learner, x, y);
        refused += u32::from(!learn(learner, x, target, &factory));
    }

    let mut counter = Counter::new();
    let forward = counter.instructions(SAMPLES, || {
        for (x, _) in &STREAM {
            predict(learner, x, black_box(y));
        }
    });
    let step = counter.instructions(SAMPLES, || {
        for (x, target) in &STREAM {
            refused += u32::from(!learn(learner, x, target, &factory));
        }
    });
    let [(x, target), ..] = &STREAM;
    let predicting = stack::depth(|| predict(learner, x, y));
    // With a check of the guard.
    let learning = stack::depth(|| {
        for _ in 0..STREAM.len() {
            learn(learner, x, target, &factory);
        }
    });
    assert_eq!(refused, 0, "samples were refused");
    println!("forward {forward} step {step} ram {} stack {}", size_of::<Learner>(), predicting.max(learning));
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
