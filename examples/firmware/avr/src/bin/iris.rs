//! Iris flowers, learnt by a 4-7-3 network with plain descent.

#![no_std]
#![no_main]

use avr::workloads::{IRIS, Iris, iris};
use avr::{flowers, train};
use downhill::Sgd;

avr::entry!(learn);

fn learn() {
    train(&IRIS, &mut Iris::new(), |trainer| iris(trainer, Sgd::new(1.0), flowers()));
}
