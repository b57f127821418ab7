//! Tests that the functions round as they should, and that the loops keep the order of sums.

/// Numbers of all magnitudes, from a generator of 64 bits.
fn numbers() -> impl Iterator<Item = u32> {
    let mut state = 1_u64;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    })
}

extern crate std;

#[test]
fn roots_are_rounded_to_nearest() {
    let check = |bits: u32| {
        let (ours, exact) = (crate::sqrt(f32::from_bits(bits)), f32::from_bits(bits).sqrt());
        assert!(ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan(), "the root of {bits:08x}");
    };
    for near in 0..100_000 {
        check(near);
        check(0x7F80_0000 - near);
        check(0x3F80_0000 - 50_000 + near);
        check(0x8000_0000 + near);
    }
    numbers().take(1_000_000).for_each(check);
}
