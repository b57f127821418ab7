//! The sum of squares: up to 16 values at a time come into `s16` to `s31`.

/// Squares of values, in their place.
macro_rules! squares {
    ($($s:literal)+) => {
        concat!($("vmul.f32 s", $s, ", s", $s, ", s", $s, "\n"),+)
    };
}

/// Adds them to the sum, one after the other.
macro_rules! added {
    ($($s:literal)+) => {
        concat!($("vadd.f32 s0, s0, s", $s, "\n"),+)
    };
}

#[inline(always)]
pub(crate) fn sum_of_squares(values: &[f32]) -> f32 {
    // Adding to -0 changes nothing.
    let mut sum = (-0.0_f32).to_bits();
    // SAFETY: as many values are read as there are.
    unsafe {
        block!(
            "vmov s0, {sum}",
            "subs {left}, {left}, #16",
            "blo 3f",
            "2:",
            "vldmia {values}!, {{s16-s31}}",
            squares!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31),
            "subs {left}, {left}, #16",
            added!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31),
            "bhs 2b",
            "3:",
            "adds {left}, {left}, #16",
            "beq 5f",
            "4:",
            "vldmia {values}!, {{s16}}",
            "vmul.f32 s16, s16, s16",
            "subs {left}, {left}, #1",
            "vadd.f32 s0, s0, s16",
            "bne 4b",
            "5:",
            "vmov {sum}, s0",
            sum = inout(reg) sum,
            left = inout(reg) values.len() => _,
            values = inout(reg) values.as_ptr() => _,
        );
    }
    f32::from_bits(sum)
}
