//! A seed is a promise: the same numbers everywhere, forever.

use downhill::init::{Generator, Random, Uniform};
use downhill::{Dense, Layer, Zero};

#[test]
fn the_generator_is_pinned() {
    let mut generator = Generator::new(0);
    let first: [u32; 4] = core::array::from_fn(|_| generator.next_u32());
    assert_eq!(first, [0x92CA_2F0E, 0x3CD6_E3F3, 0x1B14_7DCC, 0x4C08_1DBF], "got {first:08X?}");
}

#[test]
fn signed_units_fill_their_range() {
    let mut extremes = [0, u32::MAX].into_iter();
    let mut random = || extremes.next().unwrap();
    assert_eq!(random.signed_unit().to_bits(), (-1.0_f32).to_bits());
    assert_eq!(random.signed_unit().to_bits(), (1.0 - f32::EPSILON).to_bits());
}

#[test]
fn a_closure_draws_the_same_weights_as_its_generator() {
    let mut generator = Generator::new(5);
    let (mut own, mut closure) = (Dense::<3, 4>::ZERO, Dense::<3, 4>::ZERO);
    own.initialize(&mut Uniform(generator));
    closure.initialize(&mut Uniform(|| generator.next_u32()));
    assert_eq!(own, closure);
    assert_ne!(own, Dense::ZERO);
}

#[cfg(feature = "rand_core")]
#[test]
fn rand_core_sees_the_same_numbers() {
    use rand_core::{Rng, SeedableRng};

    let mut theirs = Generator::from_seed([7, 0, 0, 0]);
    let mut ours = Generator::new(7);
    let mut ours = || Random::next_u32(&mut ours);
    assert_eq!(Rng::next_u32(&mut theirs), ours());
    let (low, high) = (u64::from(ours()), u64::from(ours()));
    assert_eq!(theirs.next_u64(), high << 32 | low);
}
