//! Counts the instructions of a training step in pieces of 1000 MACs: how many calls it takes, the longest of them, and
//! all together; and the stack.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

use downhill::Zero;
use downhill::init::{Generator, Uniform};
use downhill::pieces::Progress;
use figures::counter::Counter;
use figures::learner::{LEARNER, Learner, optimizer};
use figures::workload::{Input, Output, draw};
use figures::{Once, entry, stack};
use semihosting::println;
use semihosting::process::ExitCode;

const MACS: usize = 1000;

static TRAINER: Once<Learner> = Once::new(LEARNER);

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "the static is taken once")]
    let trainer = unsafe { TRAINER.take() };
    trainer.start(optimizer(), &mut Uniform(Generator::new(1)));
    let (mut x, mut target) = (Input::ZERO, Output::ZERO);
    draw(&mut Generator::new(2), &mut x, &mut target);

    let mut counter = Counter::new();
    let (mut calls, mut longest, mut all) = (0, 0, 0);
    let mut step = trainer.step_in_pieces(&x, &target);
    let mut more = true;
    while more {
        let instructions = counter.instructions(1, || {
            more = matches!(step.run(MACS).expect("the step succeeds"), Progress::More);
        });
        calls += 1;
        all += instructions;
        longest = longest.max(instructions);
    }
    drop(step);
    let stack = stack::depth(|| {
        let mut step = trainer.step_in_pieces(&x, &target);
        while matches!(step.run(MACS), Ok(Progress::More)) {}
    });
    println!("calls {calls} longest {longest} all {all} stack {stack}");
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
