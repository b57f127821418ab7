//! Iris flowers, learnt by a 4-7-3 network by the rule `RawError`.

#![no_std]
#![no_main]

use avr::workloads::{IRIS_RAW_ERROR, IrisRawError, iris};
use avr::{flowers, train};
use downhill::Sgd;

avr::entry!(learn);

fn learn() {
    train(&IRIS_RAW_ERROR, &mut IrisRawError::new(), |trainer| iris(trainer, Sgd::new(0.4), flowers()));
}
