//! Exclusive or, learnt in integers.

#![no_std]
#![no_main]

use avr::integers::{XOR, Xor};
use avr::train;

avr::entry!(learn);

fn learn() {
    let mut trainer = Xor::new();
    train(&XOR, &mut trainer, |trainer| (XOR.train)(trainer, &()));
    for (x, expected) in [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)] {
        assert!(trainer.class_of_integers(&x, 6) == Some(expected));
    }
}
