//! Counts the cycles of a prediction and of a training step of W2, the network 64-32-10 of the figures, by the counter of the chip.

#![no_std]
#![no_main]

mod counter;

#[cfg(all(feature = "board", not(feature = "emulator")))]
use defmt_rtt as _;
#[cfg(feature = "emulator")]
use defmt_semihosting as _;
#[cfg(target_arch = "arm")]
use {cortex_m as _, cortex_m_rt::entry};
#[cfg(target_arch = "riscv32")]
use {riscv as _, riscv_rt::entry};

use core::hint::black_box;
use counter::Counter;
use defmt::{error, info};
use downhill::init::{Generator, Random, Uniform};
use downhill::integer::{self, Rate};
use downhill::math::{Backend, Fast, Libm};
use downhill::{Adam, Dense, Momentum, Optimizer, Sgd, Sigmoid, SquaredError, Trainer, Zero};

type Network<B> = (Dense<64, 32, Sigmoid<B>>, Dense<32, 10, Sigmoid<B>>);
type Learner<P, B> = Trainer<Network<B>, SquaredError, P>;
type Integers = integer::Trainer<
    (integer::Dense<64, 32, Sigmoid>, integer::Dense<32, 10, Sigmoid>),
    SquaredError,
    integer::Nearest,
>;

/// How often each is counted. The least is told, as the first call may have to fill a cache.
const TIMES: u32 = 5;

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { panic!("the counter is in use") };
    let counter = &mut counter;
    floats::<_, Libm>(counter, "Sgd, Libm", Sgd::new(0.05));
    floats::<_, Fast>(counter, "Sgd, Fast", Sgd::new(0.05));
    // The emulated Cortex-M0 has 16 KB of RAM.
    if cfg!(any(target_abi = "eabihf", target_arch = "riscv32")) {
        floats::<_, Libm>(counter, "Momentum, Libm", Momentum::new(0.05, 0.9));
        floats::<_, Libm>(counter, "Adam, Libm", Adam::new(0.001));
    }
    integers(counter);
    info!("done");
    end(true)
}

/// A learner on the stack, so that they take the same RAM one after the other.
#[inline(never)]
fn floats<P: Optimizer<f32> + Zero, B: Backend>(counter: &mut Counter, name: &str, optimizer: P) {
    let mut random = Generator::new(1);
    let mut learner = Learner::<P, B>::new();
    learner.start(optimizer, &mut Uniform(Generator::new(2)));
    let mut unit = || (random.signed_unit() + 1.0) * 0.5;
    let x: [f32; 64] = core::array::from_fn(|_| unit());
    let target: [f32; 10] = core::array::from_fn(|_| 0.1 + 0.8 * unit());
    let predict = least(counter, || _ = black_box(learner.predict(black_box(&x))));
    let step = least(counter, || assert!(learner.step(black_box(&x), black_box(&target)).is_ok()));
    tell(name, predict, step);
}

#[inline(never)]
fn integers(counter: &mut Counter) {
    let mut random = Generator::new(1);
    let mut learner = Integers::new();
    learner.start(Rate::power(5), &mut Uniform(Generator::new(2)));
    let x: [i8; 64] = core::array::from_fn(|_| (random.next_u32() >> 25).to_le_bytes()[0].cast_signed());
    let predict = least(counter, || _ = black_box(learner.class_of_integers(black_box(&x), 7)));
    let step = least(counter, || assert!(learner.step_integers(black_box(&x), 7, 3).is_ok()));
    tell("integers, 16 bits", predict, step);
}

fn least(counter: &mut Counter, mut run: impl FnMut()) -> Option<u32> {
    (0..TIMES).filter_map(|_| counter.cycles(&mut run)).min()
}

fn tell(name: &str, predict: Option<u32>, step: Option<u32>) {
    match (predict, step) {
        (Some(predict), Some(step)) => info!("W2 {=str} predict {=u32} step {=u32}", name, predict, step),
        _ => error!("{=str}: more cycles than the counter holds", name),
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    error!("{}", defmt::Display2Format(info));
    end(false)
}

/// Ends the emulator. A board stays here, with its log.
fn end(well: bool) -> ! {
    #[cfg(feature = "emulator")]
    {
        use semihosting::process::ExitCode;
        if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }.exit_process()
    }
    #[cfg(not(feature = "emulator"))]
    loop {
        core::hint::black_box(well);
    }
}
