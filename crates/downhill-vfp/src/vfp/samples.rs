//! Gradients of several samples: the sums of up to 16 outputs stay in `s0` to `s15` while a loop runs over the samples.

use core::mem::MaybeUninit;

use super::BLOCK;

/// 0 in the registers of a block, from the core register `$zero`.
macro_rules! zeros {
    ($zero:literal: $($k:literal)+) => {
        concat!($(when!($k, "vmov s", $k, ", ", $zero)),+)
    };
}

/// Adds the products of a sample to the sums; `$count` counts the samples that are left.
macro_rules! sample {
    ($count:literal) => {
        concat!(
            "vldmia {d}!, {{s16-s{last}}}\n",
            "vldmia {x}, {{s31}}\n",
            "add {x}, {x}, {next}\n",
            products!("s31": 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27, 12 28, 13 29),
            ".if {n} <= 14\n add {d}, {d}, {skip}\n.endif\n",
            sums!(0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27, 12 28, 13 29),
            when!(14, "vldmia {d}!, {{s16-s{rest}}}"),
            products!("s31": 14 16, 15 17),
            when!(14, "add {d}, {d}, {skip}"),
            "subs ", $count, ", ", $count, ", #1\n",
            sums!(14 16, 15 17)
        )
    };
}

#[inline(always)]
pub(crate) fn gradient<const N: usize>(
    (x, deltas): (&[f32], &[f32]),
    (inputs, outputs, samples): (usize, usize, usize),
    (input, at): (usize, usize),
) -> [f32; N] {
    let mut sums = MaybeUninit::<[f32; N]>::uninit();
    // SAFETY: there are samples, and all of them have this input, and `N` outputs from `at` on. All sums are written.
    unsafe {
        block!(
            zeros!("{zero}": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15),
            "2:",
            sample!("{samples}"),
            "bne 2b",
            "vstmia {sums}, {{s0-s{top}}}",
            n = const N,
            top = const N - 1,
            last = const if N < 14 { 15 + N } else { 29 },
            rest = const if N > 14 { N + 1 } else { 16 },
            zero = in(reg) 0,
            d = inout(reg) deltas.as_ptr().add(at) => _,
            x = inout(reg) x.as_ptr().add(input) => _,
            next = in(reg) 4 * inputs,
            skip = in(reg) 4 * (outputs - N),
            samples = inout(reg) samples => _,
            sums = in(reg) sums.as_mut_ptr(),
        );
        sums.assume_init()
    }
}

#[inline(always)]
pub(crate) fn descend_samples(
    weights: &mut [f32],
    (x, deltas): (&[f32], &[f32]),
    size: (usize, usize, usize),
    factors: [f32; 2],
) {
    let outputs = size.1;
    let (w, x, d) = (weights.as_mut_ptr(), x.as_ptr(), deltas.as_ptr());
    let mut at = 0;
    // SAFETY: there are samples, and all of them have these inputs and outputs. `at` is at most `outputs`.
    unsafe {
        while outputs - at >= BLOCK {
            descend_block::<BLOCK>(w.add(at), x, d.add(at), size, factors);
            at += BLOCK;
        }
        let (w, d) = (w.add(at), d.add(at));
        with_size!(outputs % BLOCK, [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15], descend_block(w, x, d, size, factors));
    }
}

/// Descent for a block of `N` outputs.
///
/// # Safety
/// From `x` on there are as many inputs, from `d` on as many outputs, less those before the block, as all samples have. From `w` on
/// there is a row of `outputs` weights for each input, less those before the block. There are inputs and samples.
#[inline(never)]
unsafe fn descend_block<const N: usize>(
    w: *mut f32,
    x: *const f32,
    d: *const f32,
    (inputs, outputs, samples): (usize, usize, usize),
    factors: [f32; 2],
) {
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "2:",
            "movs {left}, #0",
            zeros!("{left}": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15),
            "mov {left}, {samples}",
            "mov {d}, {block}",
            "mov {x}, {column}",
            "add {column}, {column}, #4",
            "3:",
            sample!("{left}"),
            "bne 3b",
            "vldmia {factors}, {{s30-s31}}",
            scaled!("s30": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15),
            "vldmia {w}, {{s16-s{last}}}",
            scaled!("s31": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15),
            less!(0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27, 12 28, 13 29),
            "vstmia {w}!, {{s16-s{last}}}",
            when!(14, "vldmia {w}, {{s16-s{rest}}}"),
            less!(14 16, 15 17),
            when!(14, "vstmia {w}!, {{s16-s{rest}}}"),
            "add {w}, {w}, {skip}",
            "subs {rows}, {rows}, #1",
            "bne 2b",
            n = const N,
            last = const if N < 14 { 15 + N } else { 29 },
            rest = const if N > 14 { N + 1 } else { 16 },
            w = inout(reg) w => _,
            block = in(reg) d,
            d = out(reg) _,
            column = inout(reg) x => _,
            x = out(reg) _,
            next = in(reg) 4 * inputs,
            skip = in(reg) 4 * (outputs - N),
            samples = in(reg) samples,
            left = out(reg) _,
            rows = inout(reg) inputs => _,
            factors = in(reg) factors.as_ptr(),
        );
    }
}
