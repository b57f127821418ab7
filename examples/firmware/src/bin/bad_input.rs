//! Every case of bad input gives the same error as on the host, and changes nothing.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

#[path = "../../../../tests/bad_input/cases.rs"]
mod cases;

use cases::CASES;
use defmt::info;
use firmware::{entry, exit};

#[entry]
fn main() -> ! {
    let cases = cases::run(&mut |failure| panic!("bad-input {failure}"));
    assert_eq!(cases, CASES);
    info!("bad-input cases {} as on the host", cases);
    exit()
}
