//! Counts what a step and a prediction of the digits take in integers.

#![no_std]
#![no_main]

use avr::count::count;
use avr::digits;
use avr::integers::{Digits, Quarter};
use core::hint::black_box;
use downhill::init::Generator;
use downhill::integer::Rate;

avr::entry!(measure);

fn measure() {
    let mut trainer = Digits::new();
    trainer.start(Rate::power(5), &mut Quarter(Generator::new(4)));
    count(
        "integer-digits",
        &mut trainer,
        digits().map(|(pixels, class)| (pixels.map(u8::cast_signed), class)),
        |trainer, (x, _)| _ = black_box(trainer.class_of_integers(black_box(x), 4)),
        |trainer, (x, class)| _ = black_box(trainer.step_integers(black_box(x), 4, *class)),
    );
}
