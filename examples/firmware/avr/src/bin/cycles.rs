//! Counts what a step and a prediction take. `simavr` counts cycles as the chip does; `qemu` does not.

#![no_std]
#![no_main]

use avr::workloads::{Iris, Xor, flower};
use avr::{flowers, serial, stack, timer};
use core::hint::black_box;
use downhill::init::{Generator, TruncatedNormal};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::{Sgd, Trainer, encode};

avr::entry!(measure);

fn measure() {
    let samples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
    count("xor", &mut Xor::new(), samples.into_iter());
    let flowers = flowers().map(|(lengths, class)| (flower(&lengths), encode::one_hot(class).unwrap_or_default()));
    count("iris", &mut Iris::new(), flowers);
}

/// The means over all samples, trained with once before.
#[inline(never)]
fn count<N: Layer<Scalar = f32>, L: Loss>(
    name: &str,
    trainer: &mut Trainer<N, L, Sgd>,
    samples: impl Iterator<Item = (N::Input, N::Output)> + Clone,
) {
    trainer.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));
    let (mut all, mut predict, mut step, mut deepest) = (0, 0, 0, 0);
    for (x, target) in samples.clone().chain(samples) {
        predict += timer::cycles(|| _ = black_box(trainer.predict(black_box(&x))));
        step += timer::cycles(|| _ = black_box(trainer.step(black_box(&x), &target)));
        deepest = deepest.max(stack::depth(|| _ = black_box(trainer.step(black_box(&x), &target))));
        all += 1;
    }
    serial::write(&[name, " cycles predict "]);
    serial::write_number(predict / all);
    serial::write(&[" step "]);
    serial::write_number(step / all);
    serial::write(&[" bytes trainer "]);
    serial::write_number(size_of_val(trainer) as u32);
    serial::write(&[" stack "]);
    serial::write_number(deepest.into());
    serial::write(&["\n"]);
}
