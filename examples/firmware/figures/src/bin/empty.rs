//! The runtime and nothing else: what is subtracted from the code of other programs.

#![no_std]
#![no_main]

use core::hint::black_box;

use figures::entry;
use panic_never as _;

#[entry]
fn main() -> ! {
    loop {
        black_box(());
    }
}
