//! Iris flowers, learnt with the math of polynomials.

#![no_std]
#![no_main]

use avr::workloads::{IRIS_FAST, IrisBackend, iris};
use avr::{flowers, train};
use downhill::Sgd;

avr::entry!(learn);

fn learn() {
    train(&IRIS_FAST, &mut IrisBackend::new(), |trainer| iris(trainer, Sgd::new(0.1), flowers()));
}
