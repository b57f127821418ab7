//! Counts the instructions and the stack of a prediction and of a training step, and prints them with the trainer's
//! size.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::init::{Generator, Uniform};
use downhill::{Infer, Zero};
use figures::counter::Counter;
use figures::learner::{AT_ONCE, LEARNER, Learner, SLICE, optimizer, predict, step};
use figures::workload::{Input, Net, Output, draw};
use figures::{Once, entry, stack};
use semihosting::println;
use semihosting::process::ExitCode;

/// Steps of [`AT_ONCE`] samples.
const STEPS: usize = SLICE / AT_ONCE;
#[allow(clippy::cast_possible_truncation)]
const SAMPLES: u32 = SLICE as u32;
/// Small networks run more often, so that a tick of the timer is a small part of the sum.
#[allow(clippy::cast_possible_truncation)]
const ROUNDS: u32 = 1 + 20_000 / Net::PARAMETERS as u32;

static TRAINER: Once<Learner> = Once::new(LEARNER);
static DATA: Once<[([Input; AT_ONCE], [Output; AT_ONCE]); STEPS]> = Once::new(Zero::ZERO);
static OUTPUTS: Once<Output> = Once::new(Zero::ZERO);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (trainer, data, y) = unsafe { (TRAINER.take(), DATA.take(), OUTPUTS.take()) };
    let mut random = Generator::new(2);
    for (x, target) in data.iter_mut().flat_map(|(x, targets)| x.iter_mut().zip(targets)) {
        draw(&mut random, x, target);
    }
    trainer.start(optimizer(), &mut Uniform(Generator::new(1)));

    let mut counter = Counter::new();
    let forward = counter.instructions(ROUNDS * SAMPLES, || {
        for _ in 0..ROUNDS {
            for (x, _) in data.iter() {
                for x in x {
                    predict(trainer, x, black_box(y));
                }
            }
        }
    });
    let mut refused = 0;
    let step_ = counter.instructions(ROUNDS * SAMPLES, || {
        for _ in 0..ROUNDS {
            for (x, targets) in data.iter() {
                refused += u32::from(step(trainer, x, targets).is_err());
            }
        }
    });
    let [(x, targets), ..] = data;
    let predicting = stack::depth(|| {
        predict(trainer, &x[0], y);
    });
    let learning = stack::depth(|| {
        refused += u32::from(step(trainer, x, targets).is_err());
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
