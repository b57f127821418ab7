//! One prediction and one training step, of a slice where that is what learns, and little else, for a log of every instruction.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::Zero;
use downhill::init::{Generator, Random};
use figures::learner::{AT_ONCE, LEARNER, Learner, optimizer, predict, step};
use figures::workload::{Input, Output, draw};
use figures::{Once, entry};
use semihosting::process::ExitCode;

static TRAINER: Once<Learner> = Once::new(LEARNER);
static SAMPLES: Once<([Input; AT_ONCE], [Output; AT_ONCE])> = Once::new(Zero::ZERO);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (trainer, (x, targets)) = unsafe { (TRAINER.take(), SAMPLES.take()) };
    let mut random = Generator::new(1);
    for (x, target) in x.iter_mut().zip(targets.iter_mut()) {
        draw(&mut random, x, target);
    }
    trainer.optimizer = optimizer();
    // Small weights of both signs: drawing them properly would fill the log.
    let mut weights = |weights: &mut [f32]| weights.iter_mut().for_each(|w| *w = 0.1 * random.signed_unit());
    weights(trainer.network.0.weights.as_flattened_mut());
    weights(trainer.network.1.weights.as_flattened_mut());
    predict(trainer, &x[0], black_box(&mut Output::ZERO));
    match step(trainer, x, targets) {
        Ok(_) => ExitCode::SUCCESS.exit_process(),
        Err(_) => ExitCode::FAILURE.exit_process(),
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    ExitCode::FAILURE.exit_process()
}
