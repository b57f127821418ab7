//! Counts the instructions of a training step in pieces: of the longest call, and of all.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::init::{Generator, Uniform};
use downhill::pieces::Progress;
use downhill::{Sgd, Zero};
use figures::counter::Counter;
use figures::workload::{Input, Learner, Output, draw, step};
use figures::{Once, entry, stack};
use semihosting::println;
use semihosting::process::ExitCode;

static TRAINER: Once<Learner> = Once::new(Learner::ZERO);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "the static is taken once")]
    let trainer = unsafe { TRAINER.take() };
    trainer.start(Sgd::new(0.05), &mut Uniform(Generator::new(1)));
    let (mut x, mut target) = (Input::ZERO, Output::ZERO);
    draw(&mut Generator::new(2), &mut x, &mut target);

    let mut counter = Counter::new();
    let whole = counter.instructions(8, || {
        for _ in 0..8 {
            black_box(step(trainer, &x, &target)).expect("the step succeeds");
        }
    });
    println!("step {whole}, largest piece {} MACs", Learner::LARGEST_PIECE);
    for macs in [1, 100, 300, 1000, 3000, usize::MAX] {
        let (mut calls, mut longest, mut all, mut per_mac) = (0, 0, 0, 0);
        let mut step = trainer.step_in_pieces(&x, &target);
        let mut more = true;
        while more {
            let instructions = counter.instructions(1, || {
                more = matches!(step.run(macs).expect("the step succeeds"), Progress::More);
            });
            calls += 1;
            all += instructions;
            longest = longest.max(instructions);
            if macs >= 100 {
                per_mac = per_mac.max(instructions * 100 / step.spent() as u64);
            }
        }
        println!(
            "budget {macs}: {calls} calls, {all} instructions, {longest} in the longest, 100 MACs at most {per_mac}"
        );
    }
    let stack = stack::depth(|| {
        let mut step = trainer.step_in_pieces(&x, &target);
        while matches!(step.run(300), Ok(Progress::More)) {}
    });
    println!("stack {stack}");
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
