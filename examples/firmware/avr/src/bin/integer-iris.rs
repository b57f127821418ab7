//! Iris flowers, learnt in integers, with weights of 16 bits.

#![no_std]
#![no_main]

use avr::integers::{IRIS, Iris, iris};
use avr::{flowers, train};
use downhill::integer::Rate;

avr::entry!(learn);

fn learn() {
    train(&IRIS, &mut Iris::new(), |trainer| iris(trainer, Rate::power(4), flowers()));
}
