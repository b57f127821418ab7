//! Iris flowers, learnt by a 4-7-3 network with momentum.

#![no_std]
#![no_main]

use avr::workloads::{IRIS_MOMENTUM, IrisMomentum, iris};
use avr::{flowers, train};
use downhill::Momentum;

avr::entry!(learn);

fn learn() {
    train(&IRIS_MOMENTUM, &mut IrisMomentum::new(), |trainer| iris(trainer, Momentum::new(0.1, 0.9), flowers()));
}
