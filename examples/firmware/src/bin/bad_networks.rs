//! Bad numbers at each place of inputs and targets give the same error as on the host, and change nothing.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use firmware::bad_input::{NETWORKS, networks};
use firmware::{entry, exit, refuse};

#[entry]
fn main() -> ! {
    refuse("networks", networks, NETWORKS);
    exit()
}
