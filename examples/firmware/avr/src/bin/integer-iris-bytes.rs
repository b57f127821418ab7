//! Iris flowers, learnt in integers, with weights of 8 bits.

#![no_std]
#![no_main]

use avr::integers::{IRIS_BYTES, IrisBytes, iris};
use avr::{flowers, train};
use downhill::integer::Rate;

avr::entry!(learn);

fn learn() {
    train(&IRIS_BYTES, &mut IrisBytes::new(), |trainer| iris(trainer, Rate::new(0.1), flowers()));
}
