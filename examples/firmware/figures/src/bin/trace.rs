//! One prediction and one training step and little else, for a log of every instruction.

#![no_std]
#![no_main]

use core::array::from_ref;
use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::Zero;
use downhill::init::{Generator, Random};
use figures::learner::{LEARNER, Learner, optimizer, predict, step};
use figures::workload::{Input, Output, draw};
use figures::{Once, entry};
use semihosting::process::ExitCode;

static TRAINER: Once<Learner> = Once::new(LEARNER);
static SAMPLE: Once<(Input, Output)> = Once::new((Input::ZERO, Output::ZERO));

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (trainer, (x, target)) = unsafe { (TRAINER.take(), SAMPLE.take()) };
    let mut random = Generator::new(1);
    draw(&mut random, x, target);
    trainer.optimizer = optimizer();
    // Small weights of both signs: drawing them properly would fill the log.
    let mut weights = |weights: &mut [f32]| weights.iter_mut().for_each(|w| *w = 0.1 * random.signed_unit());
    weights(trainer.network.0.weights.as_flattened_mut());
    weights(trainer.network.1.weights.as_flattened_mut());
    predict(trainer, x, black_box(&mut Output::ZERO));
    match step(trainer, from_ref(x), from_ref(target)) {
        Ok(_) => ExitCode::SUCCESS.exit_process(),
        Err(_) => ExitCode::FAILURE.exit_process(),
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    ExitCode::FAILURE.exit_process()
}
