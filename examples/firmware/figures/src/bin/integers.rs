//! Counts the instructions and the stack of a prediction and of a step in integers, and prints them with the size of the learner.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::Zero;
use downhill::init::{Generator, Random};
use figures::counter::Counter;
use figures::integers::{INPUTS, Learner, OUTPUTS, Output, Sample, learn, predict, start};
use figures::{Once, entry, stack};
use semihosting::println;
use semihosting::process::ExitCode;

const SAMPLES: usize = 8;
#[allow(clippy::cast_possible_truncation)]
const COUNTED: u32 = SAMPLES as u32;

static LEARNER: Once<Learner> = Once::new(Learner::ZERO);
static DATA: Once<[Sample; SAMPLES]> = Once::new([([0; INPUTS], 0); SAMPLES]);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (learner, data) = unsafe { (LEARNER.take(), DATA.take()) };
    let mut random = Generator::new(2);
    for (x, class) in &mut *data {
        x.fill_with(|| random.next_u32().to_le_bytes()[3].cast_signed() & 127);
        *class = random.below(OUTPUTS);
    }
    start(learner);
    let mut y = Output::ZERO;
    let y = black_box(&mut y);
    let mut refused = 0;

    let mut counter = Counter::new();
    let forward = counter.instructions(COUNTED, || {
        for sample in data.iter() {
            predict(learner, sample, black_box(y));
        }
    });
    let predicting = stack::depth(|| predict(learner, &data[0], y));
    if cfg!(feature = "int8") {
        println!("forward {forward} ram {} stack {predicting}", size_of::<Learner>());
        ExitCode::SUCCESS.exit_process()
    }
    let step = counter.instructions(COUNTED, || {
        for sample in data.iter() {
            refused += u32::from(!learn(learner, sample));
        }
    });
    let learning = stack::depth(|| refused += u32::from(!learn(learner, &data[0])));
    assert_eq!(refused, 0, "samples were refused");
    println!("forward {forward} step {step} ram {} stack {}", size_of::<Learner>(), predicting.max(learning));
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
