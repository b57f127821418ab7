//! Trainings that are interrupted: the image of each is the host's, byte by byte, and a trainer that has it from the host ends with
//! the digest of the host.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use downhill::Checkpoint;
use firmware::data::{CHECKPOINTS, IRIS_TRAIN};
use firmware::trainings::{Training, Visit, all};
use firmware::{entry, exit};

struct Chip;

impl Visit for Chip {
    // One after the other on the same stack.
    #[inline(never)]
    fn visit<T: Training>(&mut self) {
        let (_, of_host) = CHECKPOINTS.iter().find(|(name, _)| *name == T::NAME).expect("the host has written one");
        let mut saved = T::empty();
        T::start(&mut saved);
        assert!(T::steps(&mut saved, 0, T::STEPS.0, &IRIS_TRAIN));

        // To the host: it would find what it has written itself.
        let mut rest = *of_host;
        saved.image(&mut |bytes| {
            let (expected, next) = rest.split_at_checked(bytes.len()).expect("not longer than the host's");
            assert_eq!(bytes, expected, "{}: the image is not the host's", T::NAME);
            rest = next;
        });
        assert!(rest.is_empty());

        assert!(T::steps(&mut saved, T::STEPS.0, T::STEPS.1, &IRIS_TRAIN));
        assert_eq!(T::digest(&saved), T::GOLDEN, "{}: not interrupted", T::NAME);

        // From the host.
        saved.restore(of_host).expect("the image is right");
        assert!(T::steps(&mut saved, T::STEPS.0, T::STEPS.1, &IRIS_TRAIN));
        let digest = T::digest(&saved);
        assert_eq!(digest, T::GOLDEN, "{}: interrupted", T::NAME);
        defmt::info!("resumed-{=str} digest {=u64:016x}", T::NAME, digest);
    }
}

#[entry]
fn main() -> ! {
    all(&mut Chip);
    exit()
}
