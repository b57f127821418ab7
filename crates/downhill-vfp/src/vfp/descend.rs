//! Descent from one sample: rate times delta of up to 16 outputs stay in `s0` to `s15`, up to 12 weights at a time come into `s16` to
//! `s27`, and products are two instructions ahead in `s28` and `s29`.

use core::ptr::null_mut;

use super::{BLOCK, at_once};

#[inline(always)]
pub(crate) fn descend(weights: &mut [f32], biases: &mut [f32], x: &[f32], delta: &[f32], rate: f32) {
    let outputs = delta.len();
    if x.is_empty() {
        for (b, &d) in biases.iter_mut().zip(delta) {
            *b -= rate * d;
        }
        return;
    }
    let (whole, rows) = (outputs / BLOCK * BLOCK, (x.as_ptr(), x.len()));
    let b = if biases.is_empty() { null_mut() } else { biases.as_mut_ptr() };
    // SAFETY: there are rows, each of `outputs` weights, as many deltas, and as many biases or none; `whole` is at most `outputs`.
    unsafe {
        let (w, d, size) = (weights.as_mut_ptr(), delta.as_ptr(), (outputs, whole / BLOCK));
        if whole > 0 {
            blocks::<BLOCK>(w, b, d, rows, size, rate);
        }
        let (w, d, size) = (w.add(whole), d.add(whole), (outputs, 1));
        let b = if b.is_null() { b } else { b.add(whole) };
        with_size!(outputs % BLOCK, [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15], blocks(w, b, d, rows, size, rate));
    }
}

/// Subtracts products from weights, a product two instructions ahead.
macro_rules! differences {
    ($x:literal: $k0:literal $w0:literal $t0:literal $(, $k:literal $w:literal $t:literal)*) => {
        concat!(
            when!($k0, "vmul.f32 s", $t0, ", s", $k0, ", ", $x),
            differences!(@ $x: $k0 $w0 $t0 $(, $k $w $t)*)
        )
    };
    (@ $x:literal: $k0:literal $w0:literal $t0:literal, $k1:literal $w1:literal $t1:literal $($rest:tt)*) => {
        concat!(
            when!($k1, "vmul.f32 s", $t1, ", s", $k1, ", ", $x),
            when!($k0, "vsub.f32 s", $w0, ", s", $w0, ", s", $t0),
            differences!(@ $x: $k1 $w1 $t1 $($rest)*)
        )
    };
    (@ $x:literal: $k0:literal $w0:literal $t0:literal) => {
        when!($k0, "vsub.f32 s", $w0, ", s", $w0, ", s", $t0)
    };
}

/// Subtracts products by an instruction that rounds twice, as `vmul` and `vsub` do.
macro_rules! chained {
    ($x:literal: $($k:literal $w:literal),+) => {
        concat!($(when!($k, "vmls.f32 s", $w, ", s", $k, ", ", $x)),+)
    };
}

macro_rules! row {
    ($x:literal) => {
        concat!(
            "vldmia {w}, {{s16-s{last}}}\n",
            ".if {vmla}\n",
            chained!($x: 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27),
            "vstmia {w}!, {{s16-s{last}}}\n",
            when!(12, "vldmia {w}, {{s16-s{rest}}}"),
            chained!($x: 12 16, 13 17, 14 18, 15 19),
            ".else\n",
            differences!($x: 0 16 28, 1 17 29, 2 18 28, 3 19 29, 4 20 28, 5 21 29, 6 22 28, 7 23 29, 8 24 28, 9 25 29, 10 26 28, 11 27 29),
            when!(12, "vmul.f32 s28, s12, ", $x),
            "vstmia {w}!, {{s16-s{last}}}\n",
            when!(12, "vldmia {w}, {{s16-s{rest}}}"),
            differences!(@ $x: 12 16 28, 13 17 29, 14 18 28, 15 19 29),
            ".endif\n",
            when!(12, "vstmia {w}!, {{s16-s{rest}}}"),
            "add {w}, {w}, {skip}\n"
        )
    };
}

/// The descent of so many `blocks` of `N` outputs.
///
/// # Safety
/// From `w` on there are as many rows of `outputs` weights as `x` has numbers, at least one, less the weights of a row before the
/// first block. From `d` on there are the numbers of all blocks, and from `b` on too, unless it is null.
#[inline(never)]
unsafe fn blocks<const N: usize>(
    w: *mut f32,
    b: *mut f32,
    d: *const f32,
    (x, rows): (*const f32, usize),
    (outputs, blocks): (usize, usize),
    rate: f32,
) {
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "5:",
            "vmov s31, {rate}",
            "vldmia {d}!, {{s0-s{top}}}",
            scaled!("s31": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15),
            "cmp {b}, #0",
            "beq 4f",
            "vldmia {b}, {{s16-s{last}}}",
            less!(0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23, 8 24, 9 25, 10 26, 11 27),
            "vstmia {b}!, {{s16-s{last}}}",
            when!(12, "vldmia {b}, {{s16-s{rest}}}"),
            less!(12 16, 13 17, 14 18, 15 19),
            when!(12, "vstmia {b}!, {{s16-s{rest}}}"),
            "4:",
            "mov {x}, {inputs}",
            "mov {w}, {block}",
            "add {block}, {block}, #{bytes}",
            rows!(row),
            "subs {blocks}, {blocks}, #1",
            "bne 5b",
            at_once = const at_once(N),
            vmla = const cfg!(feature = "vmla") as u8,
            n = const N,
            top = const N - 1,
            bytes = const 4 * N,
            last = const if N < 12 { 15 + N } else { 27 },
            rest = const if N > 12 { N + 3 } else { 16 },
            block = inout(reg) w => _,
            w = out(reg) _,
            b = inout(reg) b => _,
            inputs = in(reg) x,
            x = out(reg) _,
            all = in(reg) rows,
            rows = out(reg) _,
            skip = in(reg) 4 * (outputs - N),
            blocks = inout(reg) blocks => _,
            d = inout(reg) d => _,
            rate = in(reg) rate.to_bits(),
        );
    }
}
