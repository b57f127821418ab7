//! The firmware: learns, predicts, and feeds the watchdog between the pieces of a step.

#![no_std]
#![no_main]

mod emulator;

// Your chip's runtime, and the critical section of its crate.
#[cfg(target_arch = "arm")]
use {cortex_m as _, cortex_m_rt::entry};
#[cfg(target_arch = "riscv32")]
use {riscv as _, riscv_rt::entry};

use defmt::{info, warn};
use downhill::digest;
use emulator::Watchdog;
use learning::{Learner, ROUNDS, learn, predict, samples, start};
use static_cell::ConstStaticCell;

/// In .bss: takes no flash, and is never on the stack.
static LEARNER: ConstStaticCell<Learner> = ConstStaticCell::new(Learner::new());

#[entry]
fn main() -> ! {
    let mut watchdog = Watchdog::start();
    let learner = LEARNER.take();
    start(learner);

    for round in 1..=ROUNDS {
        let mut losses = 0.0;
        for (centimetres, species) in &samples::TRAIN {
            match learn(learner, centimetres, *species, || watchdog.feed()) {
                Ok(loss) => losses += loss,
                // The device has lost nothing, and goes on with the next sample.
                Err(error) => warn!("not learnt from {}: {}", centimetres, error),
            }
        }
        if round % 20 == 0 {
            info!("round {}: sum of losses {}", round, losses);
        }
    }

    let mut known = 0;
    for (centimetres, species) in &samples::TEST {
        let predicted = predict(learner, centimetres);
        known += usize::from(predicted == Some(*species));
        info!("{} cm: predicted {}, is {}", centimetres, predicted, species);
    }
    info!("knows {} of {} flowers", known, samples::TEST.len());
    info!("fed the watchdog {} times", watchdog.fed);
    // A test on your computer expects the same.
    info!("digest {=u64:016x}", digest(&learner.network));

    // On a board, here follows: loop { read the sensor; predict or learn; feed the watchdog }.
    emulator::exit()
}
