//! The store in flash through power cuts, on simulated flash of many geometries.

// Addresses, and numbers of saves, are small.
#![allow(clippy::cast_possible_truncation)]

use downhill::store::Store;

#[path = "store/asynchronous.rs"]
mod asynchronous;
#[path = "store/bytes.rs"]
mod bytes;
#[path = "store/cuts.rs"]
mod cuts;
#[path = "store/errors.rs"]
mod errors;
#[path = "store/flash.rs"]
mod flash;
#[path = "store/flips.rs"]
mod flips;
#[path = "store/image.rs"]
mod image;
#[path = "store/policy.rs"]
mod policy;
#[path = "store/shared.rs"]
mod shared;
#[path = "store/sizes.rs"]
mod sizes;
#[path = "store/training.rs"]
mod training;

use cuts::{Cuts, at_every_operation, in_a_row, open};
use flash::Flash;

const STM32F4: [u32; 9] = [0, 0x4000, 0x8000, 0xC000, 0x1_0000, 0x2_0000, 0x4_0000, 0x6_0000, 0x8_0000];

fn stm32f4() -> Flash<4, 0x2_0000> {
    Flash::with_borders(STM32F4.iter().map(|border| *border as usize).collect())
}

fn open_sectors(flash: &mut Flash<4, 0x2_0000>, image: usize) -> Store<&mut Flash<4, 0x2_0000>> {
    Store::with_sectors(flash, &STM32F4, image).unwrap()
}

/// Name, flash, word, page, block, image, how the store is opened, and how many of the third cuts: one in so many. The words
/// and pages are true; the images are small, so that there is time for many cuts.
macro_rules! geometries {
    ($run:ident) => {
        $run!("nRF52840", Flash::new(4), 4, 4096, 64, 16, open, 2);
        $run!("RP2040", Flash::new(4).programs_at_once(256), 1, 4096, 64, 100, open, 1);
        $run!("RP2040, 256 bytes written", Flash::new(3), 256, 4096, 256, 300, open, 1);
        $run!("STM32F1", Flash::new(3), 2, 1024, 64, 4, open, 1);
        $run!("STM32F4, unequal sectors", stm32f4(), 4, 0x2_0000, 64, 4, open_sectors, 3);
        $run!("STM32L4", Flash::new(4).with_ecc(), 8, 2048, 64, 40, open, 1);
        $run!("STM32U5", Flash::new(4).with_ecc(), 16, 8192, 64, 80, open, 1);
        $run!("STM32H7", Flash::new(3).with_ecc(), 32, 0x2_0000, 64, 150, open, 1);
        $run!("images of 3 pages, 11 pages", Flash::new(11), 32, 128, 64, 160, open, 1);
        $run!("images of 2 pages, 9 pages", Flash::new(9), 16, 128, 64, 60, open, 1);
    };
}

/// A line for each geometry, and what all of them have seen.
#[test]
fn power_cuts() {
    let mut all = Cuts::default();
    macro_rules! run {
        ($name:literal, $flash:expr, $word:literal, $page:literal, $block:literal, $image:literal, $open:ident, $third:literal) => {
            let mut cuts = at_every_operation::<$word, $page, $block, $image>(|| $flash, $open, $third, 3);
            cuts += in_a_row::<$word, $page, $block, $image>(|| $flash, $open, 90, 100);
            println!("{}: {cuts}", $name);
            all += cuts;
        };
    }
    geometries!(run);
    println!("all: {all}");
    assert_eq!((all.lost, all.corrupt, all.panics), (0, 0, 0));
    assert!(all.count >= 1_000_000, "{} cuts", all.count);
}

/// Room for two images: one cut, and a second one after it, lose nothing. `tests/store/model.rs` knows of a third one that may.
#[test]
fn power_cuts_with_two_images() {
    let mut cuts = at_every_operation::<4, 4096, 64, 16>(|| Flash::new(2), open, 1, 2);
    cuts += at_every_operation::<8, 2048, 64, 16>(|| Flash::new(2).with_ecc(), open, 1, 2);
    cuts += at_every_operation::<1, 512, 64, 500>(|| Flash::new(5).programs_at_once(256), open, 1, 2);
    println!("two images, up to two cuts in a row: {cuts}");
    assert_eq!((cuts.lost, cuts.corrupt, cuts.panics), (0, 0, 0));
    let more = in_a_row::<4, 4096, 64, 16>(|| Flash::new(2), open, 270, 100);
    println!("two images, up to 100 cuts in a row: {more}");
    assert_eq!((more.corrupt, more.panics), (0, 0));
}
