//! Handwritten digits, learnt online by a 64-32-10 network, one after the other straight from flash.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use defmt::info;
use downhill::encode;
use downhill::metrics::ConfusionMatrix;
use firmware::workloads::{self, Digits, DigitsMomentum};
use firmware::{data, entry, exit, test, train};
use static_cell::ConstStaticCell;

static SGD: ConstStaticCell<Digits> = ConstStaticCell::new(Digits::new());
static MOMENTUM: ConstStaticCell<DigitsMomentum> = ConstStaticCell::new(DigitsMomentum::new());

#[entry]
fn main() -> ! {
    let trainer = MOMENTUM.take();
    train(&workloads::DIGITS_MOMENTUM, trainer, &data::DIGITS_TRAIN);
    known("digits-momentum, one epoch of learning,", &test(trainer, &data::DIGITS_TEST, workloads::digit));

    let trainer = SGD.take();
    train(&workloads::DIGITS, trainer, &data::DIGITS_TRAIN);
    known("digits, on its way after one epoch of ten,", &test(trainer, &data::DIGITS_TEST, workloads::digit));
    go_on(trainer);
    exit()
}

/// Goes on learning as a device in use does: guesses every digit before it is told what it was.
fn go_on(trainer: &mut Digits) {
    info!("digits goes on: {}", trainer.optimizer);
    for _ in 0..9 {
        let mut right = 0;
        for (pixels, class) in &data::DIGITS_TRAIN {
            let x = workloads::digit(pixels);
            right += usize::from(encode::class(&trainer.predict(&x)) == Some(*class));
            let target = encode::targets(*class).expect("there are ten classes");
            trainer.step(&x, &target).expect("the data is finite");
        }
        info!("digits guessed {} of {}", right, data::DIGITS_TRAIN.len());
    }
    let matrix = test(trainer, &data::DIGITS_TEST, workloads::digit);
    known("digits, after all ten epochs,", &matrix);
    info!("digits {}", matrix);
    assert!(matrix.accuracy() > Some(0.9), "digits: learning has failed");
}

fn known(when: &str, matrix: &ConfusionMatrix<10>) {
    info!("{=str} knows {} of {} that it has never seen", when, matrix.correct(), matrix.total());
}
