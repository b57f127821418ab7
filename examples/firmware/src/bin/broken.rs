//! A program with one fault, named by its argument, to show that `run --self-test` refuses it.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use firmware::workloads::{Workload, XOR, Xor};
use firmware::{entry, exit, illegal_instruction, train};
use semihosting::experimental::env::args;
use static_cell::ConstStaticCell;

static TRAINER: ConstStaticCell<Xor> = ConstStaticCell::new(Xor::new());

#[entry]
fn main() -> ! {
    let trainer = TRAINER.take();
    // The first argument is the program.
    let arguments = args::<1024>().expect("room for the arguments");
    let fault = (&arguments).nth(1).expect("a fault").expect("UTF-8");
    match fault {
        "silent" => exit(),
        "wrong" => {
            let one_bit_off = Workload { train: |trainer, data| Ok((XOR.train)(trainer, data)? ^ 1), ..XOR };
            train(&one_bit_off, trainer, &());
        }
        _ => train(&XOR, trainer, &()),
    }
    // From here on the log is that of a good program.
    match fault {
        "none" => exit(),
        "panic" => panic!("on purpose"),
        "fault" => illegal_instruction(),
        "hang" => loop {
            core::hint::spin_loop();
        },
        _ => panic!("no fault is called so"),
    }
}
