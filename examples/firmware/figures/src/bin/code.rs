//! What a firmware holds that predicts and learns: its code is measured, less that of the program `empty`.
//!
//! Weights are there already, unless the feature `start` adds drawing them. The feature `second` adds another network, and
//! `checkpoint` saving to a buffer and restoring; `store` does both in flash.

#![no_std]
#![no_main]

use core::hint::black_box;

use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{Infer, Layer, Trainer, Zero};
#[cfg(feature = "second")]
use downhill::{Sgd, SquaredError};
use figures::learner::{LEARNER, Learner, optimizer};
#[cfg(feature = "second")]
use figures::workload::W3;
use figures::workload::{Input, Output};
use figures::{Once, entry};
use panic_never as _;

static TRAINER: Once<Learner> = Once::new(LEARNER);
static SAMPLE: Once<(Input, Output)> = Once::new((Input::ZERO, Output::ZERO));
#[cfg(feature = "second")]
static SECOND: Once<Trainer<W3, SquaredError, Sgd>> = Once::new(Trainer::new());
#[cfg(feature = "second")]
static SAMPLE2: Once<(<W3 as Infer>::Input, <W3 as Infer>::Output)> = Once::new((Zero::ZERO, Zero::ZERO));

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "each static is taken once")]
    let trainer = black_box(unsafe { TRAINER.take() });
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (x, target) = unsafe { SAMPLE.take() };
    #[cfg(feature = "second")]
    #[expect(unsafe_code, reason = "each static is taken once")]
    let (second, (x2, target2)) = unsafe { (black_box(SECOND.take()), SAMPLE2.take()) };

    #[cfg(feature = "start")]
    trainer.start(optimizer(), &mut downhill::init::Uniform(downhill::init::Generator::new(1)));
    #[cfg(not(feature = "start"))]
    {
        trainer.optimizer = optimizer();
    }
    #[cfg(feature = "second")]
    {
        second.optimizer = Sgd::new(0.05);
    }
    loop {
        learn(trainer, x, target);
        #[cfg(feature = "second")]
        learn(second, x2, target2);
        #[cfg(feature = "checkpoint")]
        keep(trainer);
        #[cfg(feature = "store")]
        keep_in_flash(trainer);
    }
}

/// To an image and back.
#[cfg(feature = "checkpoint")]
#[inline(always)]
fn keep(trainer: &mut Learner) {
    use downhill::Checkpoint;

    static IMAGE: Once<[u8; Learner::IMAGE]> = Once::new([0; Learner::IMAGE]);
    #[expect(unsafe_code, reason = "nothing runs this program")]
    let image = black_box(unsafe { IMAGE.take() });
    black_box(trainer.save(image).is_ok());
    black_box(trainer.restore(image).is_ok());
}

/// To flash and back. The driver is counted, too: some 100 bytes.
#[cfg(feature = "store")]
#[inline(always)]
fn keep_in_flash(trainer: &mut Learner) {
    use downhill::Checkpoint;
    use downhill::store::Store;
    use figures::flash::Flash;

    if let Ok(mut store) = Store::<_>::new(Flash, 0..16 * 4096, Learner::IMAGE) {
        black_box(store.load(trainer).is_ok());
        black_box(store.save(trainer).is_ok());
    }
}

/// The sample may be anything.
#[inline(always)]
fn learn<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &mut N::Input,
    target: &mut N::Output,
) {
    let (x, target) = black_box((x, target));
    black_box(trainer.step(x, target).is_ok());
    trainer.predict_into(x, target);
}
