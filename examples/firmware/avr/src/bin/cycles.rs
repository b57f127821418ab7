//! Counts what a step and a prediction take. `simavr` counts cycles as the chip does; `qemu` does not.

#![no_std]
#![no_main]

use avr::count::count;
use avr::flowers;
use avr::workloads::{Iris, Xor, flower};
use core::hint::black_box;
use downhill::init::{Generator, TruncatedNormal};
use downhill::{Sgd, encode};

avr::entry!(measure);

fn measure() {
    let mut xor = Xor::new();
    xor.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));
    let samples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
    count(
        "xor",
        &mut xor,
        samples.into_iter().chain(samples),
        |trainer, (x, _)| _ = black_box(trainer.predict(black_box(x))),
        |trainer, (x, target)| _ = black_box(trainer.step(black_box(x), target)),
    );
    let mut iris = Iris::new();
    iris.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));
    count(
        "iris",
        &mut iris,
        flowers().map(|(lengths, class)| (flower(&lengths), encode::one_hot(class).unwrap_or_default())),
        |trainer, (x, _)| _ = black_box(trainer.predict(black_box(x))),
        |trainer, (x, target)| _ = black_box(trainer.step(black_box(x), target)),
    );
}
