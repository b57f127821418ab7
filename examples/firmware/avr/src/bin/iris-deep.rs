//! Iris flowers, learnt by a network of five layers.

#![no_std]
#![no_main]

use avr::workloads::{IRIS_DEEP, IrisDeep, iris};
use avr::{flowers, train};
use downhill::Sgd;

avr::entry!(learn);

fn learn() {
    train(&IRIS_DEEP, &mut IrisDeep::new(), |trainer| iris(trainer, Sgd::new(0.05), flowers()));
}
