//! Descent with momentum from one sample: deltas, velocities and weights of up to eight outputs lie in registers.

const BLOCK: usize = 8;

#[inline(always)]
pub(crate) fn momentum<const NESTEROV: bool>(
    weights: &mut [f32],
    velocities: &mut [f32],
    x: &[f32],
    delta: &[f32],
    factors: &[f32; 3],
) {
    let outputs = delta.len();
    let whole = outputs / BLOCK * BLOCK;
    let (w, v, d) = (weights.as_mut_ptr(), velocities.as_mut_ptr(), delta.as_ptr());
    // SAFETY: there are rows, each of `outputs` weights and velocities, and as many deltas; `whole` is at most `outputs`.
    unsafe {
        if whole > 0 {
            blocks::<BLOCK, NESTEROV>((w, v), d, x, (outputs, whole / BLOCK), factors);
        }
        let (w, v, d) = (w.add(whole), v.add(whole), d.add(whole));
        with_size!(outputs % BLOCK, [1 2 3 4 5 6 7], NESTEROV, blocks((w, v), d, x, (outputs, 1), factors));
    }
}

/// Two outputs: of each its delta, its velocity and its weight. `s28` is the input; `s29` to `s31` are scale, momentum and rate.
macro_rules! pair {
    ($d0:literal $v0:literal $w0:literal, $d1:literal $v1:literal $w1:literal) => {
        concat!(
            when!($d0, "vmul.f32 s24, s", $d0, ", s28"),
            when!($d1, "vmul.f32 s25, s", $d1, ", s28"),
            when!($d0, "vmul.f32 s", $v0, ", s", $v0, ", s30"),
            when!($d1, "vmul.f32 s", $v1, ", s", $v1, ", s30"),
            when!($d0, "vmul.f32 s24, s24, s29"),
            when!($d1, "vmul.f32 s25, s25, s29"),
            when!($d0, "vadd.f32 s", $v0, ", s", $v0, ", s24"),
            when!($d1, "vadd.f32 s", $v1, ", s", $v1, ", s25"),
            ".if {nesterov}\n",
            when!($d0, "vmul.f32 s26, s", $v0, ", s30"),
            when!($d1, "vmul.f32 s27, s", $v1, ", s30"),
            when!($d0, "vadd.f32 s26, s26, s24"),
            when!($d1, "vadd.f32 s27, s27, s25"),
            when!($d0, "vmul.f32 s26, s26, s31"),
            when!($d1, "vmul.f32 s27, s27, s31"),
            ".else\n",
            when!($d0, "vmul.f32 s26, s", $v0, ", s31"),
            when!($d1, "vmul.f32 s27, s", $v1, ", s31"),
            ".endif\n",
            when!($d0, "vsub.f32 s", $w0, ", s", $w0, ", s26"),
            when!($d1, "vsub.f32 s", $w1, ", s", $w1, ", s27")
        )
    };
}

/// The update of so many `blocks` of `N` outputs.
///
/// # Safety
/// From `w` and from `v` on there are as many rows of `outputs` numbers as `x` has, at least one, less the numbers of a row before
/// the first block. From `d` on there are the deltas of all blocks.
#[inline(never)]
unsafe fn blocks<const N: usize, const NESTEROV: bool>(
    (w, v): (*mut f32, *mut f32),
    d: *const f32,
    x: &[f32],
    (outputs, blocks): (usize, usize),
    factors: &[f32; 3],
) {
    let x = x.as_ptr_range();
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "vldmia {x}, {{s29-s31}}",
            "5:",
            "vldmia {d}!, {{s0-s{top}}}",
            "mov {w}, {w_block}",
            "add {w_block}, {w_block}, #{bytes}",
            "mov {v}, {v_block}",
            "add {v_block}, {v_block}, #{bytes}",
            "mov {x}, {start}",
            "2:",
            "vldmia {v}, {{s8-s{v_last}}}",
            "vldmia {w}, {{s16-s{w_last}}}",
            "vldmia {x}!, {{s28}}",
            pair!(0 8 16, 1 9 17),
            pair!(2 10 18, 3 11 19),
            pair!(4 12 20, 5 13 21),
            pair!(6 14 22, 7 15 23),
            "cmp {x}, {end}",
            "vstmia {v}!, {{s8-s{v_last}}}",
            "add {v}, {v}, {skip}",
            "vstmia {w}!, {{s16-s{w_last}}}",
            "add {w}, {w}, {skip}",
            "bne 2b",
            "subs {blocks}, {blocks}, #1",
            "bne 5b",
            n = const N,
            nesterov = const NESTEROV as u8,
            top = const N - 1,
            v_last = const 7 + N,
            w_last = const 15 + N,
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
        );
    }
}
