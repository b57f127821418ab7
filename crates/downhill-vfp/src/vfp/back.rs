//! Errors of the inputs: the lanes of one row, or of two that share the loads of the deltas, stay in registers.

#[inline(always)]
pub(crate) fn send_back(weights: &[f32], delta: &[f32], back: &mut [f32]) {
    let (outputs, rows) = (delta.len(), back.len());
    if rows == 0 {
        return;
    }
    let (w, d, back) = (weights.as_ptr(), delta.as_ptr(), back.as_mut_ptr());
    // SAFETY: there are rows, each of `outputs` weights, as many deltas, and a number for each row; 17 outputs are two times eight.
    unsafe {
        if outputs <= 16 {
            with_size!(outputs, [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16], few(w, d, back, rows));
        } else {
            with_size!(outputs % 8, [0 1 2 3 4 5 6 7], many(w, d, back, (rows, outputs)));
        }
    }
}

/// `$a $op= $b` for the registers of some outputs.
macro_rules! each {
    ($op:literal: $($k:literal $a:literal $b:literal),+) => {
        concat!($(when!($k, $op, " s", $a, ", s", $a, ", s", $b)),+)
    };
}

/// Deltas of up to 16 outputs stay in registers.
///
/// # Safety
/// From `w` on there are `rows` rows of `N` weights, at least one. From `d` on there are `N` deltas, from `back` on `rows` numbers.
#[inline(never)]
unsafe fn few<const N: usize>(w: *const f32, d: *const f32, back: *mut f32, rows: usize) {
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "vldmia {d}, {{s0-s{top}}}",
            "2:",
            "vldmia {w}!, {{s16-s{last}}}",
            each!("vmul.f32": 0 16 0, 1 17 1, 2 18 2, 3 19 3, 4 20 4, 5 21 5, 6 22 6, 7 23 7, 8 24 8, 9 25 9, 10 26 10, 11 27 11, 12 28 12,
                13 29 13, 14 30 14, 15 31 15),
            "subs {rows}, {rows}, #1",
            // Each lane has one or two products; then the tree.
            each!("vadd.f32": 8 16 24, 9 17 25, 10 18 26, 11 19 27, 12 20 28, 13 21 29, 14 22 30, 15 23 31),
            each!("vadd.f32": 4 16 20, 6 18 22, 5 17 21, 7 19 23, 2 16 18, 3 17 19, 1 16 17),
            "vstmia {back}!, {{s16}}",
            "bne 2b",
            n = const N,
            top = const N - 1,
            last = const 15 + N,
            w = inout(reg) w => _,
            back = inout(reg) back => _,
            rows = inout(reg) rows => _,
            d = in(reg) d,
        );
    }
}

/// `$op` for the registers of eight lanes.
macro_rules! eight {
    ($op:literal: $($a:literal $b:literal),+) => {
        concat!($($op, " s", $a, ", s", $a, ", s", $b, "\n"),+)
    };
}

/// The eight products in `s24` to `s31`, of weights with deltas in `s16` to `s23`.
macro_rules! eight_products {
    () => {
        eight!("vmul.f32": 24 16, 25 17, 26 18, 27 19, 28 20, 29 21, 30 22, 31 23)
    };
}

/// Those of the outputs that are left over.
macro_rules! products_left {
    () => {
        each!("vmul.f32": 0 24 16, 1 25 17, 2 26 18, 3 27 19, 4 28 20, 5 29 21, 6 30 22)
    };
}

/// Two rows share the loads of the deltas, eight at a time; `N` outputs are left over. A single last row is computed twice.
///
/// # Safety
/// From `w` on there are `rows` rows of `outputs` weights, at least one row and 16 weights. From `d` on there are `outputs` deltas,
/// from `back` on `rows` numbers. `N` is `outputs` modulo 8.
#[inline(never)]
unsafe fn many<const N: usize>(w: *const f32, d: *const f32, back: *mut f32, (rows, outputs): (usize, usize)) {
    // SAFETY: what is read and written is what the caller vouches for.
    unsafe {
        block!(
            "add {w1}, {w0}, {row}",
            "2:",
            "cmp {rows}, #1",
            "it eq",
            "moveq {w1}, {w0}",
            // A lane starts with its first product.
            "vldmia {d}!, {{s16-s23}}",
            "vldmia {w0}!, {{s0-s7}}",
            eight!("vmul.f32": 0 16, 1 17, 2 18, 3 19, 4 20, 5 21, 6 22, 7 23),
            "vldmia {w1}!, {{s8-s15}}",
            eight!("vmul.f32": 8 16, 9 17, 10 18, 11 19, 12 20, 13 21, 14 22, 15 23),
            "mov {turns}, {eights}",
            "3:",
            "vldmia {d}!, {{s16-s23}}",
            "vldmia {w0}!, {{s24-s31}}",
            eight_products!(),
            eight!("vadd.f32": 0 24, 1 25, 2 26, 3 27, 4 28, 5 29, 6 30, 7 31),
            "vldmia {w1}!, {{s24-s31}}",
            eight_products!(),
            "subs {turns}, {turns}, #1",
            eight!("vadd.f32": 8 24, 9 25, 10 26, 11 27, 12 28, 13 29, 14 30, 15 31),
            "bne 3b",
            ".if {n} > 0",
            "vldmia {d}!, {{s16-s{d_last}}}",
            "vldmia {w0}!, {{s24-s{w_last}}}",
            products_left!(),
            each!("vadd.f32": 0 0 24, 1 1 25, 2 2 26, 3 3 27, 4 4 28, 5 5 29, 6 6 30),
            "vldmia {w1}!, {{s24-s{w_last}}}",
            products_left!(),
            each!("vadd.f32": 0 8 24, 1 9 25, 2 10 26, 3 11 27, 4 12 28, 5 13 29, 6 14 30),
            ".endif",
            // The trees of both rows.
            eight!("vadd.f32": 0 4, 2 6, 1 5, 3 7, 8 12, 10 14, 9 13, 11 15),
            eight!("vadd.f32": 0 2, 1 3, 8 10, 9 11),
            "vadd.f32 s0, s0, s1",
            "sub {d}, {d}, {row}",
            "vadd.f32 s8, s8, s9",
            "vstmia {back}!, {{s0}}",
            "cmp {rows}, #1",
            "beq 4f",
            "vstmia {back}!, {{s8}}",
            "mov {w0}, {w1}",
            "add {w1}, {w1}, {row}",
            "subs {rows}, {rows}, #2",
            "bne 2b",
            "4:",
            n = const N,
            d_last = const if N > 0 { 15 + N } else { 16 },
            w_last = const if N > 0 { 23 + N } else { 24 },
            w0 = inout(reg) w => _,
            w1 = out(reg) _,
            d = inout(reg) d => _,
            back = inout(reg) back => _,
            rows = inout(reg) rows => _,
            turns = out(reg) _,
            // After the first eight.
            eights = in(reg) outputs / 8 - 1,
            row = in(reg) 4 * outputs,
        );
    }
}
