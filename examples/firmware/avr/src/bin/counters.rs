//! Counts beyond 65,535, which is the largest index of this chip.

#![no_std]
#![no_main]

use avr::counters::COUNTERS;
use avr::train;

avr::entry!(count);

fn count() {
    train(&COUNTERS, &mut (), |nothing| (COUNTERS.train)(nothing, &()));
}
