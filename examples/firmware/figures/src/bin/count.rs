//! Counts the instructions and the stack of a prediction and of a training step, and prints them with the trainer's size.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::init::{Generator, Uniform};
use downhill::{Layer, Sgd, Zero};
use figures::counter::Counter;
use figures::workload::{Input, Learner, Net, Output, draw, predict, step};
use figures::{Once, entry, stack};
use semihosting::println;
use semihosting::process::ExitCode;

const SAMPLES: u32 = 8;
/// Small networks run more often, so that a tick of the timer is a small part of the sum.
#[allow(clippy::cast_possible_truncation)]
const ROUNDS: u32 = 1 + 20_000 / Net::PARAMETERS as u32;

static TRAINER: Once<Learner> = Once::new(Learner::ZERO);
static DATA: Once<[(Input, Output); SAMPLES as usize]> = Once::new([(Input::ZERO, Output::ZERO); SAMPLES as usize]);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (trainer, data) = unsafe { (TRAINER.take(), DATA.take()) };
    let mut random = Generator::new(2);
    for (x, target) in data.iter_mut() {
        draw(&mut random, x, target);
    }
    trainer.start(Sgd::new(0.05), &mut Uniform(Generator::new(1)));

    let mut counter = Counter::new();
    let forward = counter.instructions(ROUNDS * SAMPLES, || {
        for _ in 0..ROUNDS {
            for (x, _) in data.iter() {
                black_box(predict(trainer, x));
            }
        }
    });
    let mut refused = 0;
    let step_ = counter.instructions(ROUNDS * SAMPLES, || {
        for _ in 0..ROUNDS {
            for (x, target) in data.iter() {
                refused += u32::from(step(trainer, x, target).is_err());
            }
        }
    });
    let [(x, target), ..] = data;
    let predicting = stack::depth(|| {
        black_box(predict(trainer, x));
    });
    let learning = stack::depth(|| {
        refused += u32::from(step(trainer, x, target).is_err());
    });
    assert_eq!(refused, 0, "steps were refused");
    println!("forward {forward} step {step_} ram {} stack {}", size_of::<Learner>(), predicting.max(learning));
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
