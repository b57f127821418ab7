//! Every bit of an image in flash, flipped.

use downhill::Checkpoint;
use downhill::store::StoreError;

use super::cuts::open;
use super::flash::{Flash, TORN};
use super::image::Numbered;

const N: usize = 16;
const IMAGE: usize = <Numbered<N> as Checkpoint>::IMAGE;
/// `src/store/layout.rs` has these.
const HEADER: usize = 20;
const COMMIT: usize = 8;

fn loaded<const W: usize, const E: usize, const B: usize>(flash: &mut Flash<W, E>) -> Option<u32> {
    let mut into = Numbered::<N>::nothing();
    match open::<W, E, B>(flash, IMAGE).load(&mut into) {
        Ok(_) => Some(into.number().expect("a mixture was loaded")),
        Err(error) => {
            assert_eq!(error, StoreError::Empty);
            assert_eq!(into, Numbered::nothing(), "something was changed");
            None
        }
    }
}

/// Flips each bit of a page whose image has this number; `older` is that of the image before. Returns how many bits matter, and
/// of how many the flip was refused.
fn each<const W: usize, const E: usize, const B: usize>(
    flash: &Flash<W, E>,
    page: usize,
    newer: u32,
    older: Option<u32>,
) -> (u32, u32) {
    let commit = HEADER.next_multiple_of(W);
    let mark = commit + COMMIT.next_multiple_of(W);
    let payload = (mark + W).next_multiple_of(B);
    let matters = |at: usize| {
        (0..HEADER).contains(&at) || (commit..commit + COMMIT).contains(&at) || (payload..payload + IMAGE).contains(&at)
    };
    let (mut flips, mut refused) = (0, 0);
    for at in 0..(payload + IMAGE).next_multiple_of(W) + W {
        for bit in 0..8 {
            let mut flash = flash.clone();
            flash.flip(page * E + at, bit);
            let found = loaded::<W, E, B>(&mut flash);
            if matters(at) {
                flips += 1;
                refused += u32::from(found == older);
            } else {
                // The mark, what fills words and blocks up, and what follows.
                assert_eq!(found, Some(newer), "byte {at} bit {bit}");
            }
            assert!(found == older || found == Some(newer), "byte {at} bit {bit}: {found:?}");
            // The next save is none the worse for it.
            let next = Numbered::<N>::new(newer + 1);
            open::<W, E, B>(&mut flash, IMAGE).save(&next).unwrap();
            assert_eq!(loaded::<W, E, B>(&mut flash), Some(newer + 1), "byte {at} bit {bit}");
        }
    }
    (flips, refused)
}

/// With an older image, with none, and with an image whose save was cut before its mark.
fn all<const W: usize, const E: usize, const B: usize>() {
    let mut flash = Flash::<W, E>::new(3);
    open::<W, E, B>(&mut flash, IMAGE).save(&Numbered::<N>::new(1)).unwrap();
    let first = each::<W, E, B>(&flash, 0, 1, None);
    let mut unmarked = flash.clone();
    let before = flash.operations;
    open::<W, E, B>(&mut flash, IMAGE).save(&Numbered::<N>::new(2)).unwrap();
    let second = each::<W, E, B>(&flash, 1, 2, Some(1));
    // The mark is the last operation.
    unmarked.cut_after(flash.operations - before - 1, TORN[0]);
    open::<W, E, B>(&mut unmarked, IMAGE).save(&Numbered::<N>::new(2)).unwrap_err();
    unmarked.boot(1);
    let third = each::<W, E, B>(&unmarked, 1, 2, Some(1));
    let (flips, refused) = (first.0 + second.0 + third.0, first.1 + second.1 + third.1);
    println!("words of {W}: bit flips {flips} refused {refused}");
    assert_eq!(flips, refused);
    assert_eq!(flips as usize, 3 * 8 * (HEADER + COMMIT + IMAGE));
    // Flips in the older one change nothing.
    for bit in 0..(E * 8) as u32 {
        let mut flash = flash.clone();
        flash.flip(bit as usize / 8, bit % 8);
        assert_eq!(loaded::<W, E, B>(&mut flash), Some(2), "bit {bit}");
    }
}

#[test]
fn a_flipped_bit_is_never_another_image() {
    all::<1, 256, 64>();
    all::<4, 256, 64>();
    all::<8, 256, 64>();
    all::<16, 256, 64>();
    all::<32, 256, 64>();
    all::<256, 4096, 256>();
}
