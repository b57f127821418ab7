//! Trainings that are interrupted, and go on from what the feature `serde` writes by postcard: without a heap, to the digest of the
//! host.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use firmware::data::IRIS_TRAIN;
use firmware::trainings::{Training, Visit, all};
use firmware::{entry, exit};

struct Chip;

impl Visit for Chip {
    // One after the other on the same stack.
    #[inline(never)]
    fn visit<T: Training>(&mut self) {
        let mut buffer = [0; 2048];
        let bytes = write::<T>(&mut buffer);
        let mut restored: T::Saved = postcard::from_bytes(bytes).expect("the bytes are right");
        assert!(T::steps(&mut restored, T::STEPS.0, T::STEPS.1, &IRIS_TRAIN));
        let digest = T::digest(&restored);
        assert_eq!(digest, T::GOLDEN, "{}", T::NAME);
        defmt::info!("postcard-{=str} digest {=u64:016x}", T::NAME, digest);
    }
}

/// What the training has written before its trainer is gone.
#[inline(never)]
fn write<T: Training>(buffer: &mut [u8]) -> &[u8] {
    let mut saved = T::empty();
    T::start(&mut saved);
    assert!(T::steps(&mut saved, 0, T::STEPS.0, &IRIS_TRAIN));
    postcard::to_slice(&saved, buffer).expect("there is room")
}

#[entry]
fn main() -> ! {
    all(&mut Chip);
    exit()
}
