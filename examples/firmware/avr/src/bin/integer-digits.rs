//! Handwritten digits, learnt in integers by a 64-16-10 network: all that a chip of 2 KB can hold.

#![no_std]
#![no_main]

use avr::integers::{DIGITS, Digits};
use avr::{digits, integers, train};

avr::entry!(learn);

fn learn() {
    train(&DIGITS, &mut Digits::new(), |trainer| integers::digits(trainer, digits()));
}
