//! A seed is a promise: the same numbers everywhere, forever.

use downhill::init::{Generator, He, Init, Random, TruncatedNormal, Uniform, Xavier};
use downhill::{Dense, Layer, Zero};

#[test]
fn the_generator_is_pinned() {
    let mut generator = Generator::new(0);
    let first: [u32; 4] = core::array::from_fn(|_| generator.next_u32());
    assert_eq!(first, [0x92CA_2F0E, 0x3CD6_E3F3, 0x1B14_7DCC, 0x4C08_1DBF], "got {first:08X?}");
}

/// A seed is a place in one sequence: the docs say where.
#[test]
fn seeds_are_places() {
    let (mut a, mut b) = (Generator::new(0), Generator::new(0x9E37_79B9));
    a.next_u32();
    assert!((0..100).all(|_| a.next_u32() == b.next_u32()));
    // How many numbers lie between two seeds: their difference divided by the golden ratio, modulo 2^32.
    let inverse = (0..5)
        .fold(1_u32, |inverse, _| inverse.wrapping_mul(2_u32.wrapping_sub(0x9E37_79B9_u32.wrapping_mul(inverse))));
    assert_eq!(inverse.wrapping_mul(0x9E37_79B9), 1);
    let apart = (1..=1000_u32).map(|difference| difference.wrapping_mul(inverse)).map(|n| n.min(n.wrapping_neg()));
    assert_eq!(apart.min(), Some(732_539));
}

/// Numbers of inputs and outputs that add up to more than there is, or to nothing.
#[test]
fn extreme_fans() {
    fn bounded(mut init: impl Init, bound: f32) {
        for (fan_in, fan_out) in [(usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX), (0, 0), (0, 3)] {
            for _ in 0..100 {
                let weight: f32 = init.weight(fan_in, fan_out);
                assert!(weight.abs() <= bound, "{weight} for {fan_in} and {fan_out}");
            }
        }
    }
    let mut zero = || 1 << 31; // The middle: 0 / 0 would be NaN.
    bounded(Uniform(&mut zero), 0.0);
    bounded(Uniform(Generator::new(1)), 1.0);
    bounded(TruncatedNormal(Generator::new(1)), 1.0);
    bounded(Xavier(Generator::new(1)), 2.45);
    bounded(He(Generator::new(1)), 2.45);
}

/// Parts of a length, as the random number is a part of 2^32, or two are of 2^64.
#[test]
fn numbers_below_a_length() {
    let draw = |numbers: &[u32], length| {
        let mut numbers = numbers.iter();
        let drawn = (|| *numbers.next().unwrap()).below(length);
        (drawn, numbers.len())
    };
    assert_eq!([0, 1, u32::MAX].map(|number| draw(&[number], 0)), [(0, 0); 3]);
    assert_eq!([0, 1, u32::MAX].map(|number| draw(&[number], 1)), [(0, 0); 3]);
    let thirds = [0, 0x5555_5555, 0x5555_5556, 0xAAAA_AAAA, 0xAAAA_AAAB, u32::MAX];
    assert_eq!(thirds.map(|number| draw(&[number, 7], 3)), [(0, 1), (0, 1), (1, 1), (1, 1), (2, 1), (2, 1)]);
    #[cfg(target_pointer_width = "64")]
    {
        assert_eq!(draw(&[0x8000_0001, 7], 1 << 32), (0x8000_0001, 1));
        assert_eq!(draw(&[0x8000_0001, 0x8000_0000], 1 << 40), (0x80_0000_0180, 0));
        assert_eq!(draw(&[u32::MAX, u32::MAX], usize::MAX), (usize::MAX - 1, 0));
        assert_eq!(draw(&[u32::MAX, 0], (1 << 32) + 1), (0xFFFF_FFFF, 0));
        assert_eq!(draw(&[u32::MAX, u32::MAX], (1 << 32) + 1), (1 << 32, 0));
    }
}

/// More items than 2^32, and nothing to move. The first draws tell.
#[cfg(target_pointer_width = "64")]
#[test]
fn shuffle_of_many() {
    let mut draws = 0;
    let mut random = || {
        draws += 1;
        // Until all would be done, a year would pass.
        if draws > 100 {
            std::panic::resume_unwind(Box::new("enough"));
        }
        u32::MAX
    };
    let shuffle = std::panic::AssertUnwindSafe(|| random.shuffle(&mut [(); 1 << 40]));
    let end = std::panic::catch_unwind(shuffle).unwrap_err();
    assert_eq!(end.downcast_ref(), Some(&"enough"));
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
