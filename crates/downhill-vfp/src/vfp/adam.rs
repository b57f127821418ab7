//! Adam and `AdamW` from one sample: deltas, slots and weights of up to four outputs lie in registers, and the nine factors.

use crate::LEAST_MEAN;

const BLOCK: usize = 4;

#[inline(always)]
pub(crate) fn adam<const DECAY: bool>(
    weights: &mut [f32],
    slots: &mut [f32],
    x: &[f32],
    delta: &[f32],
    factors: &[f32; 9],
) {
    let outputs = delta.len();
    let whole = outputs / BLOCK * BLOCK;
    let (w, v, d) = (weights.as_mut_ptr(), slots.as_mut_ptr(), delta.as_ptr());
    // SAFETY: there are rows, each of `outputs` weights and twice as many slots, and as many deltas; `whole` is at most `outputs`.
    unsafe {
        if whole > 0 {
            blocks::<BLOCK, DECAY>((w, v), d, x, (outputs, whole / BLOCK), factors);
        }
        let (w, v, d) = (w.add(whole), v.add(2 * whole), d.add(whole));
        with_size!(outputs % BLOCK, [1 2 3], DECAY, blocks((w, v), d, x, (outputs, 1), factors));
    }
}

/// Two outputs: of each its delta, its mean, its mean square and its weight. `s22` is the input, `s23` to `s31` are the factors: scale;
/// how much of the mean stays, and does not; of the mean square; rate; the factor of the root; epsilon; decay.
macro_rules! pair {
    ($d0:literal $m0:literal $s0:literal $w0:literal, $d1:literal $m1:literal $s1:literal $w1:literal) => {
        concat!(
            // The gradients.
            when!($d0, "vmul.f32 s16, s", $d0, ", s22"),
            when!($d1, "vmul.f32 s17, s", $d1, ", s22"),
            when!($d0, "vmul.f32 s", $m0, ", s", $m0, ", s24"),
            when!($d1, "vmul.f32 s", $m1, ", s", $m1, ", s24"),
            when!($d0, "vmul.f32 s16, s16, s23"),
            when!($d1, "vmul.f32 s17, s17, s23"),
            when!($d0, "vmul.f32 s", $s0, ", s", $s0, ", s26"),
            when!($d1, "vmul.f32 s", $s1, ", s", $s1, ", s26"),
            when!($d0, "vmul.f32 s18, s16, s25"),
            when!($d1, "vmul.f32 s19, s17, s25"),
            when!($d0, "vmul.f32 s16, s16, s16"),
            when!($d1, "vmul.f32 s17, s17, s17"),
            when!($d0, "vadd.f32 s", $m0, ", s", $m0, ", s18"),
            when!($d1, "vadd.f32 s", $m1, ", s", $m1, ", s19"),
            when!($d0, "vmul.f32 s16, s16, s27"),
            when!($d1, "vmul.f32 s17, s17, s27"),
            flushed!($d0 $m0),
            when!($d0, "vadd.f32 s", $s0, ", s", $s0, ", s16"),
            flushed!($d1 $m1),
            when!($d1, "vadd.f32 s", $s1, ", s", $s1, ", s17"),
            flushed!($d0 $s0),
            when!($d0, "vmul.f32 s18, s", $m0, ", s28"),
            flushed!($d1 $s1),
            when!($d1, "vmul.f32 s19, s", $m1, ", s28"),
            when!($d0, "vsqrt.f32 s20, s", $s0),
            when!($d1, "vsqrt.f32 s21, s", $s1),
            when!($d0, "vmul.f32 s20, s20, s29"),
            when!($d1, "vmul.f32 s21, s21, s29"),
            when!($d0, "vadd.f32 s20, s20, s30"),
            when!($d1, "vadd.f32 s21, s21, s30"),
            ".if {decay}\n",
            when!($d0, "vmul.f32 s16, s", $w0, ", s31"),
            when!($d1, "vmul.f32 s17, s", $w1, ", s31"),
            when!($d0, "vsub.f32 s", $w0, ", s", $w0, ", s16"),
            when!($d1, "vsub.f32 s", $w1, ", s", $w1, ", s17"),
            ".endif\n",
            when!($d0, "vdiv.f32 s18, s18, s20"),
            when!($d1, "vdiv.f32 s19, s19, s21"),
            when!($d0, "vsub.f32 s", $w0, ", s", $w0, ", s18"),
            when!($d1, "vsub.f32 s", $w1, ", s", $w1, ", s19")
        )
    };
}

/// The update of so many `blocks` of `N` outputs.
///
/// # Safety
/// From `w` on there are as many rows of `outputs` weights as `x` has numbers, at least one, and from `v` on twice as many slots, less
/// those of a row before the first block. From `d` on there are the deltas of all blocks.
#[inline(never)]
unsafe fn blocks<const N: usize, const DECAY: bool>(
    (w, v): (*mut f32, *mut f32),
    d: *const f32,
    x: &[f32],
    (outputs, blocks): (usize, usize),
    factors: &[f32; 9],
) {
    let x = x.as_ptr_range();
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "vldmia {x}, {{s23-s31}}",
            "5:",
            "vldmia {d}!, {{s0-s{top}}}",
            "mov {w}, {w_block}",
            "add {w_block}, {w_block}, #{bytes}",
            "mov {v}, {v_block}",
            "add {v_block}, {v_block}, #{v_bytes}",
            "mov {x}, {start}",
            "2:",
            "vldmia {v}, {{s4-s{v_last}}}",
            "vldmia {w}, {{s12-s{w_last}}}",
            "vldmia {x}!, {{s22}}",
            pair!(0 4 5 12, 1 6 7 13),
            pair!(2 8 9 14, 3 10 11 15),
            "cmp {x}, {end}",
            "vstmia {v}!, {{s4-s{v_last}}}",
            "add {v}, {v}, {skip}, lsl #1",
            "vstmia {w}!, {{s12-s{w_last}}}",
            "add {w}, {w}, {skip}",
            "bne 2b",
            "subs {blocks}, {blocks}, #1",
            "bne 5b",
            n = const N,
            decay = const DECAY as u8,
            top = const N - 1,
            v_last = const 3 + 2 * N,
            w_last = const 11 + N,
            bytes = const 4 * N,
            v_bytes = const 8 * N,
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
