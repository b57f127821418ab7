//! A program with one fault, named by the line it reads, to show that `run --self-test` refuses it.

#![no_std]
#![no_main]

use avr::workloads::{Workload, XOR, Xor};
use avr::{serial, train};

avr::entry!(fail);

fn fail() {
    // The first letter is enough.
    let fault = serial::read_byte();
    let one_bit_off = Workload { golden: XOR.golden ^ 1, ..XOR };
    match fault {
        b's' => return,
        b'w' => train(&one_bit_off, &mut Xor::new(), |trainer| (XOR.train)(trainer, &())),
        _ => train(&XOR, &mut Xor::new(), |trainer| (XOR.train)(trainer, &())),
    }
    // From here on the log is that of a good program.
    match fault {
        b'n' => {}
        b'p' => panic!("on purpose"),
        b'h' => loop {
            core::hint::spin_loop();
        },
        _ => panic!("no fault is called so"),
    }
}
