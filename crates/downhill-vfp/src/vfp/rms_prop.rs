//! `RmsProp` from one sample: deltas, mean squares and weights of up to four outputs lie in registers, and the five factors.

use crate::LEAST_MEAN;

const BLOCK: usize = 4;

#[inline(always)]
pub(crate) fn rms_prop(weights: &mut [f32], squares: &mut [f32], x: &[f32], delta: &[f32], factors: &[f32; 5]) {
    let outputs = delta.len();
    let whole = outputs / BLOCK * BLOCK;
    let (w, v, d) = (weights.as_mut_ptr(), squares.as_mut_ptr(), delta.as_ptr());
    // SAFETY: there are rows, each of `outputs` weights and squares, and as many deltas; `whole` is at most `outputs`.
    unsafe {
        if whole > 0 {
            blocks::<BLOCK>((w, v), d, x, (outputs, whole / BLOCK), factors);
        }
        let (w, v, d) = (w.add(whole), v.add(whole), d.add(whole));
        with_size!(outputs % BLOCK, [1 2 3], blocks((w, v), d, x, (outputs, 1), factors));
    }
}

/// Two outputs: of each its delta, its mean square and its weight. `s26` is the input, `s27` to `s31` are the factors: scale; how much of
/// the mean square stays, and does not; rate; epsilon.
macro_rules! pair {
    ($d0:literal $s0:literal $w0:literal, $d1:literal $s1:literal $w1:literal) => {
        concat!(
            when!($d0, "vmul.f32 s16, s", $d0, ", s26"),
            when!($d1, "vmul.f32 s17, s", $d1, ", s26"),
            when!($d0, "vmul.f32 s", $s0, ", s", $s0, ", s28"),
            when!($d1, "vmul.f32 s", $s1, ", s", $s1, ", s28"),
            when!($d0, "vmul.f32 s16, s16, s27"),
            when!($d1, "vmul.f32 s17, s17, s27"),
            when!($d0, "vmul.f32 s18, s16, s16"),
            when!($d1, "vmul.f32 s19, s17, s17"),
            when!($d0, "vmul.f32 s16, s16, s30"),
            when!($d0, "vmul.f32 s18, s18, s29"),
            when!($d1, "vmul.f32 s19, s19, s29"),
            when!($d1, "vmul.f32 s17, s17, s30"),
            when!($d0, "vadd.f32 s", $s0, ", s", $s0, ", s18"),
            when!($d1, "vadd.f32 s", $s1, ", s", $s1, ", s19"),
            flushed!($d0 $s0),
            flushed!($d1 $s1),
            when!($d0, "vsqrt.f32 s20, s", $s0),
            when!($d1, "vsqrt.f32 s21, s", $s1),
            when!($d0, "vadd.f32 s20, s20, s31"),
            when!($d1, "vadd.f32 s21, s21, s31"),
            when!($d0, "vdiv.f32 s16, s16, s20"),
            when!($d1, "vdiv.f32 s17, s17, s21"),
            when!($d0, "vsub.f32 s", $w0, ", s", $w0, ", s16"),
            when!($d1, "vsub.f32 s", $w1, ", s", $w1, ", s17")
        )
    };
}

/// The update of so many `blocks` of `N` outputs.
///
/// # Safety
/// From `w` and from `v` on there are as many rows of `outputs` numbers as `x` has, at least one, less the numbers of a row before
/// the first block. From `d` on there are the deltas of all blocks.
#[inline(never)]
unsafe fn blocks<const N: usize>(
    (w, v): (*mut f32, *mut f32),
    d: *const f32,
    x: &[f32],
    (outputs, blocks): (usize, usize),
    factors: &[f32; 5],
) {
    let x = x.as_ptr_range();
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "vldmia {x}, {{s27-s31}}",
            "5:",
            "vldmia {d}!, {{s0-s{top}}}",
            "mov {w}, {w_block}",
            "add {w_block}, {w_block}, #{bytes}",
            "mov {v}, {v_block}",
            "add {v_block}, {v_block}, #{bytes}",
            "mov {x}, {start}",
            "2:",
            "vldmia {v}, {{s4-s{v_last}}}",
            "vldmia {w}, {{s8-s{w_last}}}",
            "vldmia {x}!, {{s26}}",
            pair!(0 4 8, 1 5 9),
            pair!(2 6 10, 3 7 11),
            "cmp {x}, {end}",
            "vstmia {v}!, {{s4-s{v_last}}}",
            "add {v}, {v}, {skip}",
            "vstmia {w}!, {{s8-s{w_last}}}",
            "add {w}, {w}, {skip}",
            "bne 2b",
            "subs {blocks}, {blocks}, #1",
            "bne 5b",
            n = const N,
            top = const N - 1,
            v_last = const 3 + N,
            w_last = const 7 + N,
            bytes = const 4 * N,
            w_block = inout(reg) w => _,
            v_block = inout(reg) v => _,
            w = out(reg) _,
            v = out(reg) _,
            d = inout(reg) d => _,
            x = inout(reg) factors.as_ptr() => _,
            start = in(reg) x.start,
            end = in(reg) x.end,
            skip = in(reg) 4 * (outputs - N),
            blocks = inout(reg) blocks => _,
            word = out(reg) _,
            least = in(reg) LEAST_MEAN.to_bits() << 1,
        );
    }
}
