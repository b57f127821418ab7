//! Images of all sizes, what is read and erased for them, and how the pages wear.

use downhill::Checkpoint;
use downhill::store::Store;

use super::cuts::open;
use super::flash::{Flash, TORN};
use super::image::Numbered;
use super::shared::Shared;

/// The bytes before a page's commit, and those before the payload; see `docs/checkpoint.md`.
fn layout(unit: usize, block: usize) -> (usize, usize) {
    let commit = 20_usize.next_multiple_of(unit);
    (commit, (commit + 8_usize.next_multiple_of(unit) + unit).next_multiple_of(block))
}

/// Saves and loads images of this size in room for three of them, and holds what is read and erased against the documentation.
fn size<const W: usize, const E: usize, const R: usize, const B: usize, const N: usize>() {
    let image = <Numbered<N> as Checkpoint>::IMAGE;
    let (commit, payload) = layout(W.max(R), B);
    let each = (payload + image).div_ceil(E);
    let pages = 3 * each + 1;
    let flash = Shared::<W, E, R>::new(Flash::new(pages));
    let new = || Store::<_, B>::new(flash.clone(), 0..(pages * E) as u32, image).unwrap();
    let count = |run: &mut dyn FnMut()| {
        let (before, erases) = (flash.bytes_read.get(), flash.flash.borrow().erases().iter().sum::<u32>());
        run();
        (flash.bytes_read.get() - before, (flash.flash.borrow().erases().iter().sum::<u32>() - erases) as usize)
    };
    let (scan, whole) = (pages * commit, image.next_multiple_of(B));
    let (mut store, mut into) = (new(), Numbered::<N>::nothing());
    assert_eq!(store.images() as usize, pages / each);
    for number in 1..6 {
        let saved = Numbered::<N>::new(number);
        // The first save after a boot, and one of a session.
        let (read, erased) = count(&mut || assert_eq!(store.save(&saved), Ok(number)));
        assert_eq!(erased, each, "one erase of each page that the image takes");
        let bound = if number % 2 == 1 { 3 * scan + 2 * whole } else { whole } + commit + 4 * W.max(R).max(8);
        assert!(read <= bound, "save {number}: {read} bytes were read, {bound} expected");
        // A boot.
        let (read, _) = count(&mut || assert_eq!(new().load(&mut into), Ok(number)));
        assert_eq!(into, saved);
        assert_eq!(read, scan + 8_usize.next_multiple_of(W.max(R)) + whole + 2 * image.next_multiple_of(64));
        if number % 2 == 0 {
            store = new();
        }
    }
}

macro_rules! sizes {
    ($($name:ident $word:literal $page:literal $read:literal $block:literal)*) => {
        $(#[test]
        fn $name() {
            size::<$word, $page, $read, $block, 1024>();
            size::<$word, $page, $read, $block, 10_240>();
            size::<$word, $page, $read, $block, 102_400>();
            size::<$word, $page, $read, $block, 307_200>();
        })*
    };
}
sizes! {
    words_of_1 1 4096 1 64
    words_of_2 2 1024 1 64
    words_of_4 4 4096 1 64
    words_of_8 8 2048 1 64
    words_of_16 16 8192 1 64
    words_of_32 32 0x2_0000 1 64
    words_of_256 256 4096 1 256
    words_of_1_in_large_blocks 1 4096 1 4096
    words_of_4_to_read 1 4096 4 64
}

/// What a boot and the save after it read, after a cut at any operation.
#[test]
fn reads_after_a_cut() {
    const N: usize = 300;
    const END: u32 = 5 * 512;
    let image = <Numbered<N> as Checkpoint>::IMAGE;
    let (scan, whole, words) = (5 * 20, image.next_multiple_of(64), 8 * 4);
    let mut most = (0, 0);
    for after in 0.. {
        let flash = Shared::<4, 512>::new(Flash::new(5));
        let new = || Store::<_>::new(flash.clone(), 0..END, image).unwrap();
        for number in 1..8 {
            new().save(&Numbered::<N>::new(number)).unwrap();
        }
        flash.flash.borrow_mut().cut_after(after, TORN[after as usize % 4]);
        if new().save(&Numbered::<N>::new(8)).is_ok() {
            assert!(after > 90);
            break;
        }
        flash.flash.borrow_mut().boot(u64::from(after));
        let count = |run: &mut dyn FnMut()| {
            let before = flash.bytes_read.get();
            run();
            flash.bytes_read.get() - before
        };
        let mut into = Numbered::<N>::nothing();
        let load = count(&mut || assert!(new().load(&mut into).is_ok()));
        let save = count(&mut || assert!(new().save(&Numbered::<N>::new(9)).is_ok()));
        assert!(load <= 2 * scan + 4 * whole + words, "{after}: {load} bytes");
        assert!(save <= 5 * scan + 4 * whole + words, "{after}: {save} bytes");
        most = (most.0.max(load), most.1.max(save));
    }
    println!(
        "after a cut, of images of {image} bytes on 5 pages: a load reads up to {}, a save {} bytes",
        most.0, most.1
    );
}

/// All pages are erased equally often, but for two times: a page of an old image that by chance begins nearly as a header does is
/// taken for one that was erased in part, and erased with the first save after a boot.
fn wear<const W: usize, const E: usize, const B: usize, const N: usize>(pages: usize, saves: u32, session: u32) {
    let image = <Numbered<N> as Checkpoint>::IMAGE;
    let each = (layout(W, B).1 + image).div_ceil(E);
    let mut flash = Flash::<W, E>::new(pages);
    let mut number = 0;
    while number < saves {
        let mut store = open::<W, E, B>(&mut flash, image);
        for _ in 0..session {
            number += 1;
            store.save(&Numbered::<N>::new(number)).unwrap();
        }
        // So many saves wear a page out that can be erased so often.
        assert_eq!(store.saves(1000), (pages * 1000 / each) as u32);
    }
    let erases = flash.erases();
    let (least, most) = (*erases.iter().min().unwrap(), *erases.iter().max().unwrap());
    println!("{pages} pages, images of {each}: {number} saves, {least} to {most} erases of a page");
    assert!(most - least <= 2, "{erases:?}");
    let (all, needed) = (erases.iter().sum::<u32>(), number * each as u32);
    assert!((needed..=needed + needed / 100).contains(&all), "{all} erases, {needed} needed");
}

#[test]
fn pages_wear_alike() {
    wear::<4, 4096, 64, 16>(4, 1000, 1);
    wear::<4, 4096, 64, 16>(3, 1000, 7);
    wear::<4, 4096, 64, 16>(2, 1000, 1);
    wear::<16, 128, 64, 60>(9, 1000, 1);
    wear::<32, 128, 64, 160>(11, 1000, 3);
}
