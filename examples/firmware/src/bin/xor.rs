//! Exclusive or, learnt by a 2-3-1 network.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use defmt::info;
use downhill::{StepError, digest};
use firmware::workloads::{XOR, Xor};
use firmware::{entry, exit, train};
use static_cell::ConstStaticCell;

static TRAINER: ConstStaticCell<Xor> = ConstStaticCell::new(Xor::new());

#[entry]
fn main() -> ! {
    let trainer = TRAINER.take();
    train(&XOR, trainer, &());
    for (x, expected) in [([0.0, 0.0], false), ([0.0, 1.0], true), ([1.0, 0.0], true), ([1.0, 1.0], false)] {
        let [y] = trainer.predict(&x);
        info!("xor of {} is {}", x, y);
        assert_eq!(y > 0.5, expected);
    }

    // A broken sensor does not spoil what was learnt.
    let refused = trainer.step(&[f32::NAN, 1.0], &[1.0]);
    info!("xor of NaN: {}", refused);
    assert_eq!(refused, Err(StepError::Input));
    assert_eq!(digest(&trainer.network), XOR.golden);
    info!("xor is {}", trainer);
    exit()
}
