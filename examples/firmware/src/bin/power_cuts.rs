//! A device whose power is cut at many places, while it boots, trains and saves: it ends with the weights of one that was left alone.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use firmware::device::{Learner, live};
use firmware::workloads::XOR;
use firmware::{entry, exit, lab};
use static_cell::ConstStaticCell;

static LEARNER: ConstStaticCell<Learner> = ConstStaticCell::new(Learner::new());

/// How many cuts there are, and after how many instructions at most.
const CUTS: u32 = 400;
const LONGEST: u32 = 400_000;

#[entry]
fn main() -> ! {
    let learner = LEARNER.take();
    let flash = lab::begin(CUTS, LONGEST);
    let digest = live(flash, learner, lab::doing).expect("the flash is large enough, and does not fail");
    let [booting, training, saving] = lab::end();
    defmt::info!(
        "power cuts {} while booting {} training {} saving {}",
        booting + training + saving,
        booting,
        training,
        saving
    );
    assert_eq!(booting + training + saving, CUTS, "the training was at its end before");
    assert!(training + saving >= 200, "too few cuts in the midst of training and saving");
    assert_eq!(digest, XOR.golden);
    defmt::info!("resume digest {=u64:016x}", digest);
    exit()
}
