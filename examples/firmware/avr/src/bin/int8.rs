//! A network of 8 bits that is written down.

#![no_std]
#![no_main]

use avr::integers::{INT8, Int8, NETWORK, infer};
use avr::{flowers, train};

avr::entry!(predict);

fn predict() {
    static INT8_NETWORK: Int8 = NETWORK;
    train(&INT8, &mut INT8_NETWORK.clone(), |network| Ok(infer(network, flowers())));
}
