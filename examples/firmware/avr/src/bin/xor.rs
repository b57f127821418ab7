//! Exclusive or, learnt by a 2-3-1 network.

#![no_std]
#![no_main]

use avr::train;
use avr::workloads::{XOR, Xor};

avr::entry!(learn);

fn learn() {
    let mut trainer = Xor::new();
    train(&XOR, &mut trainer, |trainer| (XOR.train)(trainer, &()));
    for (x, expected) in [([0.0, 0.0], false), ([0.0, 1.0], true), ([1.0, 0.0], true), ([1.0, 1.0], false)] {
        let [y] = trainer.predict(&x);
        assert!((y > 0.5) == expected);
    }
    // A broken sensor does not spoil what was learnt.
    assert!(trainer.step(&[f32::NAN, 1.0], &[1.0]).is_err());
    assert!(downhill::digest(&trainer.network) == XOR.golden);
}
