//! Weighted sums: up to 16 stay in `s0` to `s15`, and up to 14 weights at a time come into `s16` to `s29`.

use super::{BLOCK, at_once};

#[inline(always)]
pub(crate) fn forward(weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32]) {
    let outputs = z.len();
    if x.is_empty() {
        for (z, &b) in z.iter_mut().zip(biases) {
            *z = b;
        }
        return;
    }
    let z = z.as_mut_ptr();
    let start = if biases.is_empty() { z.cast_const() } else { biases.as_ptr() };
    let (whole, rows) = (outputs / BLOCK * BLOCK, (x.as_ptr(), x.len()));
    // SAFETY: there are rows, each of `outputs` weights, and as many biases, or sums to start with; `whole` is at most `outputs`.
    unsafe {
        let (w, size) = (weights.as_ptr(), (outputs, whole / BLOCK));
        if whole > 0 {
            blocks::<BLOCK>(w, start, z, rows, size);
        }
        let (w, start, z, size) = (w.add(whole), start.add(whole), z.add(whole), (outputs, 1));
        with_size!(outputs % BLOCK, [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15], blocks(w, start, z, rows, size));
    }
}

/// Adds products to the sums by an instruction that rounds twice, as `vmul` and `vadd` do.
macro_rules! chained {
    ($x:literal: $($k:literal $w:literal),+) => {
        concat!($(when!($k, "vmla.f32 s", $k, ", s", $w, ", ", $x)),+)
    };
}

macro_rules! row {
    ($x:literal) => {
        concat!(
            "vldmia {w}!, {{s16-s{last}}}\n",
            ".if {vmla}\n",
            ".if {n} <= 14\n add {w}, {w}, {skip}\n.endif\n",
            chained!($x: 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27, 12 28, 13 29),
            when!(14, "vldmia {w}!, {{s16-s{rest}}}"),
            when!(14, "add {w}, {w}, {skip}"),
            chained!($x: 14 16, 15 17),
            ".else\n",
            products!($x: 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27, 12 28, 13 29),
            ".if {n} <= 14\n add {w}, {w}, {skip}\n.endif\n",
            sums!(0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27, 12 28, 13 29),
            when!(14, "vldmia {w}!, {{s16-s{rest}}}"),
            products!($x: 14 16, 15 17),
            when!(14, "add {w}, {w}, {skip}"),
            sums!(14 16, 15 17),
            ".endif\n"
        )
    };
}

/// The sums of so many `blocks` of `N` outputs.
///
/// # Safety
/// From `w` on there are as many rows of `outputs` weights as `x` has numbers, at least one, less the weights of a row before the
/// first block. From `start` and from `z` on there are the numbers of all blocks.
#[inline(never)]
unsafe fn blocks<const N: usize>(
    w: *const f32,
    start: *const f32,
    z: *mut f32,
    (x, rows): (*const f32, usize),
    (outputs, blocks): (usize, usize),
) {
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "5:",
            "vldmia {start}!, {{s0-s{top}}}",
            "mov {x}, {inputs}",
            "mov {w}, {block}",
            "add {block}, {block}, #{bytes}",
            rows!(row),
            "vstmia {z}!, {{s0-s{top}}}",
            "subs {blocks}, {blocks}, #1",
            "bne 5b",
            at_once = const at_once(N),
            vmla = const cfg!(feature = "vmla") as u8,
            n = const N,
            top = const N - 1,
            bytes = const 4 * N,
            last = const if N < 14 { 15 + N } else { 29 },
            rest = const if N > 14 { N + 1 } else { 16 },
            block = inout(reg) w => _,
            w = out(reg) _,
            inputs = in(reg) x,
            x = out(reg) _,
            all = in(reg) rows,
            rows = out(reg) _,
            skip = in(reg) 4 * (outputs - N),
            blocks = inout(reg) blocks => _,
            start = inout(reg) start => _,
            z = inout(reg) z => _,
        );
    }
}
