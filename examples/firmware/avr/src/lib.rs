//! What the programs share: the chip, and the trainings that the host does as well.

#![no_std]
#![feature(asm_experimental_arch)]

mod chip;
pub mod count;
#[path = "../../../../tests/digests/counters.rs"]
pub mod counters;
mod flash;
#[path = "../../../../tests/digests/integers.rs"]
pub mod integers;
pub mod serial;
pub mod stack;
pub mod timer;
#[path = "../../../../tests/digests/workloads.rs"]
pub mod workloads;

pub use chip::exit;

use downhill::StepError;
use workloads::{Digit, Flower, Workload};

/// The samples of `tests/data` that are trained with. As numbers, the flowers alone would take 1,890 of the 2,048 bytes of RAM.
pub mod data {
    use crate::flash::flash;

    include!(concat!(env!("OUT_DIR"), "/data.rs"));
}

/// Makes a function the one that the program starts with, and ends well after.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        #[expect(unsafe_code, reason = "the runtime calls it by its symbol")]
        extern "C" fn main() -> ! {
            $main();
            $crate::exit()
        }
    };
}

/// All flowers, one at a time.
pub fn flowers() -> impl Iterator<Item = Flower> + Clone {
    data::FLOWERS.iter().map(|[a, b, c, d, class]| ([a, b, c, d].map(|tenths| f32::from(tenths) / 10.0), class.into()))
}

/// The first digits, one at a time.
pub fn digits() -> impl Iterator<Item = Digit> + Clone {
    data::DIGITS.iter().map(|sample: [u8; 65]| {
        let [pixels @ .., class] = sample;
        (pixels, class.into())
    })
}

/// Trains, makes sure that the weights are the host's to the last bit, and writes the line that `run` requires.
///
/// # Panics
/// If they are not, or a step is refused.
pub fn train<T, D: ?Sized>(
    workload: &Workload<T, D>,
    trainer: &mut T,
    train: impl FnOnce(&mut T) -> Result<u64, StepError>,
) {
    match train(trainer) {
        Ok(digest) if digest == workload.golden => {}
        Ok(digest) => {
            serial::write(&[workload.name, " got another digest: "]);
            serial::write_hex(digest);
            panic!();
        }
        Err(_) => panic!(),
    }
    serial::write(&[workload.name, " digest "]);
    serial::write_hex(workload.golden);
    serial::write(&["\n"]);
}
