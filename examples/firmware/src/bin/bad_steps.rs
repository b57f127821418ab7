//! Bad hyperparameters, weights, numbers of samples and values that are too large give the same error as on the host, and
//! change nothing, in every way to take a step.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use firmware::bad_input::{STEPS, steps};
use firmware::{entry, exit, refuse};

#[entry]
fn main() -> ! {
    refuse("steps", steps, STEPS);
    exit()
}
