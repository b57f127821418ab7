//! Counts what a step and a prediction take in integers, with inputs that are integers.

#![no_std]
#![no_main]

use avr::count::count;
use avr::data;
use avr::integers::{Iris, Quarter, Xor};
use core::hint::black_box;
use downhill::init::Generator;
use downhill::integer::Rate;

avr::entry!(measure);

fn measure() {
    let mut xor = Xor::new();
    xor.start(Rate::power(1), &mut Quarter(Generator::new(1)));
    let samples = [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)];
    count(
        "integer-xor",
        &mut xor,
        samples.into_iter().chain(samples),
        |trainer, (x, _)| _ = black_box(trainer.class_of_integers(black_box(x), 6)),
        |trainer, (x, class)| _ = black_box(trainer.step_integers(black_box(x), 6, *class)),
    );
    let mut iris = Iris::new();
    iris.start(Rate::power(1), &mut Quarter(Generator::new(1)));
    count(
        "integer-iris",
        &mut iris,
        // Millimetres, of which 64 are 1.
        data::FLOWERS.iter().map(|[a, b, c, d, class]: [u8; 5]| ([a, b, c, d].map(u8::cast_signed), class.into())),
        |trainer, (x, _)| _ = black_box(trainer.class_of_integers(black_box(x), 6)),
        |trainer, (x, class)| _ = black_box(trainer.step_integers(black_box(x), 6, *class)),
    );
}
