//! Iris flowers, learnt with the math of `micromath`.

#![no_std]
#![no_main]

use avr::workloads::{IRIS_MICROMATH, IrisBackend, iris};
use avr::{flowers, train};
use downhill::Sgd;

avr::entry!(learn);

fn learn() {
    train(&IRIS_MICROMATH, &mut IrisBackend::new(), |trainer| iris(trainer, Sgd::new(0.1), flowers()));
}
