//! The arithmetic for chips without floating point against the operations of the host.

use downhill::soft::{add, add_product, add_products, multiply};

/// Fails unless all operations on these numbers have the bits of the host's.
fn check(sum: f32, a: f32, b: f32) {
    let same = |ours: f32, theirs: f32, name: &str| {
        assert!(
            ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
            "{name} {:#x} {:#x} {:#x}: {:#x}, not {:#x}",
            sum.to_bits(),
            a.to_bits(),
            b.to_bits(),
            ours.to_bits(),
            theirs.to_bits()
        );
    };
    same(multiply(a, b), a * b, "multiply");
    same(add(a, b), a + b, "add");
    let expected = sum + a * b;
    same(add_product(sum, a, b), expected, "add_product");
    let mut summed = [sum];
    add_products(&mut summed, 1, a, &[b]);
    same(summed[0], expected, "add_products");
}

#[test]
fn quick() {
    let mut s = 1u64;
    let mut next = || {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        (s >> 16) as u32
    };
    for _ in 0..3_000_000 {
        check(f32::from_bits(next()), f32::from_bits(next()), f32::from_bits(next()));
        let near = |r: u32| f32::from_bits((r & 0x8000_0000) | (127 - 8 + (r >> 24 & 15)) << 23 | (r & 0x7f_ffff));
        check(near(next()), near(next()), near(next()));
        let few = |r: u32| {
            f32::from_bits(
                (r & 0x8000_0000) | (127 - 8 + (r >> 24 & 15)) << 23 | (r & 0x7f_ffff & !0 << (r >> 27 & 31)),
            )
        };
        check(few(next()), few(next()), few(next()));
    }
}
