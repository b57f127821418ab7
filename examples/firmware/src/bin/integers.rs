//! Exclusive or and Iris flowers, learnt in integers, and what was learnt in numbers, quantised on the chip.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use defmt::info;
use downhill::{Infer, Predictor, Zero, encode};
use firmware::integers::{self, INT8, IRIS, IRIS_BYTES, QUANTISED_DOUBLE, QUANTISED_SINGLE, XOR};
use firmware::{data, entry, exit, train, workloads::flower};
use static_cell::ConstStaticCell;

static XORS: ConstStaticCell<integers::Xor> = ConstStaticCell::new(integers::Xor::new());
static WORDS: ConstStaticCell<integers::Iris> = ConstStaticCell::new(integers::Iris::new());
static BYTES: ConstStaticCell<integers::IrisBytes> = ConstStaticCell::new(integers::IrisBytes::new());
static DIGITS: ConstStaticCell<integers::Digits> = ConstStaticCell::new(integers::Digits::new());
static SINGLE: ConstStaticCell<integers::QuantisedSingle> = ConstStaticCell::new(Zero::ZERO);
static DOUBLE: ConstStaticCell<integers::QuantisedDouble> = ConstStaticCell::new(Zero::ZERO);

#[entry]
fn main() -> ! {
    let xor = XORS.take();
    train(&XOR, xor, &());
    for (x, expected) in [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)] {
        assert_eq!(xor.class_of_integers(&x, 6), Some(expected));
    }
    let words = WORDS.take();
    train(&IRIS, words, &data::IRIS_TRAIN);
    knows(IRIS.name, &words.network, 44);
    let bytes = BYTES.take();
    train(&IRIS_BYTES, bytes, &data::IRIS_TRAIN);
    knows(IRIS_BYTES.name, &bytes.network, 42);
    let digits = DIGITS.take();
    train(&integers::DIGITS, digits, &data::DIGITS_TRAIN);
    let rest = data::DIGITS_TRAIN.iter().skip(integers::FEW).take(200);
    let known = rest.filter(|(x, class)| digits.class_of_integers(&x.map(u8::cast_signed), 4) == Some(*class)).count();
    info!("{} knows {} of 200 others", integers::DIGITS.name, known);
    assert!(known >= 160);
    train(&INT8, &mut integers::NETWORK.clone(), &data::IRIS_TRAIN);
    let single = SINGLE.take();
    train(&QUANTISED_SINGLE, single, &data::IRIS_TRAIN);
    knows(QUANTISED_SINGLE.name, &single.quantized, 42);
    let double = DOUBLE.take();
    train(&QUANTISED_DOUBLE, double, &data::IRIS_TRAIN);
    knows(QUANTISED_DOUBLE.name, &double.quantized, 42);
    exit()
}

/// Tests on flowers that were not trained with: at least so many of the 45 must be known.
fn knows(name: &str, network: &impl Infer<Scalar = f32, Input = [f32; 4], Output = [f32; 3]>, least: usize) {
    let mut predictor = Predictor::new(network);
    let known = data::IRIS_TEST
        .iter()
        .filter(|(x, class)| encode::class(&predictor.predict(&flower(x))) == Some(*class))
        .count();
    info!("{} knows {} of 45 flowers", name, known);
    assert!(known >= least, "{name}: learning has failed");
}
