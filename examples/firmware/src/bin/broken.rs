//! A program with one fault, chosen when it is built, to show that `run --self-test` refuses it.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use firmware::workloads::{Workload, XOR, Xor};
use firmware::{entry, exit, illegal_instruction, train};
use static_cell::ConstStaticCell;

static TRAINER: ConstStaticCell<Xor> = ConstStaticCell::new(Xor::ZERO);

const FAULT: Option<&str> = option_env!("FAULT");

#[entry]
fn main() -> ! {
    let trainer = TRAINER.take();
    match FAULT {
        Some("silent") => exit(),
        Some("wrong") => {
            let one_bit_off = Workload { train: |trainer, data| Ok((XOR.train)(trainer, data)? ^ 1), ..XOR };
            train(&one_bit_off, trainer, &());
        }
        _ => train(&XOR, trainer, &()),
    }
    // From here on the log is that of a good program.
    match FAULT {
        Some("panic") => panic!("on purpose"),
        Some("fault") => illegal_instruction(),
        Some("hang") => loop {
            core::hint::spin_loop();
        },
        _ => exit(),
    }
}
