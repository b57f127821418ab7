//! Iris flowers, learnt by a 4-7-3 network by the rule `ErrorShare`.

#![no_std]
#![no_main]

use avr::workloads::{IRIS_ERROR_SHARE, IrisErrorShare, iris};
use avr::{flowers, train};
use downhill::Sgd;

avr::entry!(learn);

fn learn() {
    train(&IRIS_ERROR_SHARE, &mut IrisErrorShare::new(), |trainer| iris(trainer, Sgd::new(0.1), flowers()));
}
