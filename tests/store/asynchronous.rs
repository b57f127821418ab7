//! Asynchronous flash has the same bytes as blocking one.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use downhill::Checkpoint;
use downhill::store::{AsyncStore, Loaded, Store, StoreError};
use embassy_futures::block_on;

use super::flash::{Awaited, Flash, TORN};
use super::image::Numbered;

fn image<const N: usize>() -> usize {
    <Numbered<N> as Checkpoint>::IMAGE
}

/// Cuts a save at each operation, on both; then compares what is there and what is loaded.
fn same<const W: usize, const E: usize, const B: usize, const N: usize>(pages: usize) {
    let end = (pages * E) as u32;
    let (mut blocking, mut awaited) = (Flash::<W, E>::new(pages), Awaited(Flash::<W, E>::new(pages)));
    let image = image::<N>();
    for number in 1..60 {
        // Every third save is not cut.
        for flash in [&mut blocking, &mut awaited.0] {
            flash.boot(u64::from(number));
            if number % 3 != 0 {
                flash.cut_after(number, TORN[number as usize % 4]);
            }
        }
        let saved = Numbered::<N>::new(number);
        let expected = Store::<_, B>::new(&mut blocking, 0..end, image).unwrap().save(&saved);
        let mut store = AsyncStore::<_, B>::new(awaited, 0..end, image).unwrap();
        assert_eq!(block_on(store.save(&saved)), expected, "save {number}");
        awaited = store.into_flash();
        assert_eq!(awaited.0.bytes(), blocking.bytes(), "save {number}");
        assert_eq!(awaited.0.erases(), blocking.erases());

        for flash in [&mut blocking, &mut awaited.0] {
            flash.boot(99 + u64::from(number));
        }
        let (mut one, mut other) = (Numbered::<N>::nothing(), Numbered::<N>::nothing());
        let expected = Store::<_, B>::new(&mut blocking, 0..end, image).unwrap().load(&mut one);
        let mut store = AsyncStore::<_, B>::new(awaited, 0..end, image).unwrap();
        let found = block_on(store.load(&mut other));
        awaited = store.into_flash();
        assert_eq!(found.ok(), expected.ok(), "load {number}");
        assert_eq!(one, other, "load {number}");
    }
}

#[test]
fn asynchronous_flash_has_the_same_bytes() {
    same::<4, 4096, 64, 16>(4);
    same::<1, 256, 64, 100>(6);
    same::<16, 512, 128, 700>(8);
    same::<256, 4096, 1024, 5000>(6);
}

#[test]
fn asynchronous_flash_refuses_the_same() {
    const IMAGE: usize = <Numbered<16> as Checkpoint>::IMAGE;
    let mut store = AsyncStore::<_>::new(Awaited(Flash::<4, 256>::new(3)), 0..768, IMAGE).unwrap();
    let mut into = Numbered::<16>::nothing();
    assert_eq!(block_on(store.load(&mut into)), Err(StoreError::Empty));
    assert_eq!(block_on(store.load_or(&mut into, |into| *into = Numbered::new(7))), Loaded::Factory(StoreError::Empty));
    assert_eq!(into.number(), Some(7));
    assert_eq!(block_on(store.save(&into)), Ok(1));
    assert_eq!(block_on(store.load_or(&mut into, |_| panic!("there is an image"))), Loaded::Image(1));
    let mut other = Numbered::<20>::nothing();
    assert!(matches!(block_on(store.load(&mut other)), Err(StoreError::Refused(_))));
    assert_eq!(other, Numbered::nothing());
}

/// A future that is dropped before its end is a cut of the power, of a program that goes on with the same store.
#[test]
fn a_dropped_future_loses_nothing() {
    const IMAGE: usize = <Numbered<100> as Checkpoint>::IMAGE;
    let mut store = AsyncStore::<_>::new(Awaited(Flash::<4, 512>::new(3)), 0..3 * 512, IMAGE).unwrap();
    block_on(store.save(&Numbered::<100>::new(1))).unwrap();
    let mut last = 1;
    for polls in 0.. {
        let saved = Numbered::<100>::new(last + 1);
        let done = {
            let mut future = pin!(store.save(&saved));
            let mut context = Context::from_waker(Waker::noop());
            (0..polls).any(|_| matches!(future.as_mut().poll(&mut context), Poll::Ready(result) if result.is_ok()))
        };
        let mut into = Numbered::<100>::nothing();
        block_on(store.load(&mut into)).unwrap();
        let number = into.number().expect("a mixture was loaded");
        assert!(number == last || number == last + 1, "{polls} polls: {number} after {last}");
        if done {
            assert_eq!(number, last + 1);
            assert!(polls > 10);
            break;
        }
        last = number;
    }
}
