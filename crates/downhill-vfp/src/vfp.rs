//! The loops in assembly. What a block of outputs needs for all inputs stays in registers; weights come and go by `vldm` and
//! `vstm`, which take 1 + N cycles for N of them, where a load for each takes 2. `vmul` and `vadd` take a cycle each, `vmla` takes
//! three. A result that the next instruction reads costs another cycle, so there mostly is another instruction between.
//!
//! Loops over blocks are in the assembly too: the compiler counts an `asm!` as one instruction, and would unroll a loop around it.
//! Each function is a separate one for each size of block, and not inlined: it saves `s16` to `s31` for its caller.

/// The text in a block of more than `$k` outputs.
macro_rules! when {
    ($k:literal, $($text:expr),+) => {
        concat!(".if {n} > ", $k, "\n", $($text,)+ "\n.endif\n")
    };
}

/// `asm!` that uses all registers of floating point, and no stack.
macro_rules! block {
    ($($argument:tt)*) => {
        core::arch::asm!(
            $($argument)*
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _, out("s7") _,
            out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _, out("s13") _, out("s14") _, out("s15") _,
            out("s16") _, out("s17") _, out("s18") _, out("s19") _, out("s20") _, out("s21") _, out("s22") _, out("s23") _,
            out("s24") _, out("s25") _, out("s26") _, out("s27") _, out("s28") _, out("s29") _, out("s30") _, out("s31") _,
            options(nostack),
        )
    };
}

/// Calls the instance of `$block` for `$n` outputs, if that is one of the sizes given, and for `$rule`.
macro_rules! with_size {
    ($n:expr, [$($size:literal)*], $block:ident $arguments:tt) => {
        match $n {
            $($size => $block::<$size> $arguments,)*
            _ => {}
        }
    };
    ($n:expr, [$($size:literal)*], $rule:ident, $block:ident $arguments:tt) => {
        match $n {
            $($size => $block::<$size, $rule> $arguments,)*
            _ => {}
        }
    };
}

/// The numbers of a block times the register `$by`, in their place.
macro_rules! scaled {
    ($by:literal: $($k:literal)+) => {
        concat!($(when!($k, "vmul.f32 s", $k, ", s", $k, ", ", $by)),+)
    };
}

/// Subtracts the numbers of a block from those in the other registers.
macro_rules! less {
    ($($k:literal $w:literal),+) => {
        concat!($(when!($k, "vsub.f32 s", $w, ", s", $w, ", s", $k)),+)
    };
}

/// Numbers, one for each output, times the register `$x`, in their place.
macro_rules! products {
    ($x:literal: $($k:literal $w:literal),+) => {
        concat!($(when!($k, "vmul.f32 s", $w, ", s", $w, ", ", $x)),+)
    };
}

/// Adds products to the sums, which are in the registers that are called as their outputs.
macro_rules! sums {
    ($($k:literal $w:literal),+) => {
        concat!($(when!($k, "vadd.f32 s", $k, ", s", $k, ", s", $w)),+)
    };
}

/// 0 in place of a number of a magnitude below the least, of a mean that gets smaller. A number less itself is 0.
macro_rules! flushed {
    ($k:literal $s:literal) => {
        when!(
            $k,
            "vmov {word}, s",
            $s,
            "\n",
            "cmp {least}, {word}, lsl #1\n",
            "it hi\n",
            "vsubhi.f32 s",
            $s,
            ", s",
            $s,
            ", s",
            $s
        )
    };
}

/// The iterations over the rows: `$row` is the code of a row whose input is in that register.
macro_rules! rows {
    ($row:ident) => {
        concat!(
            "mov {rows}, {all}\n",
            ".if {at_once} > 1\n",
            "tst {rows}, #1\n",
            "beq 2f\n",
            "vldmia {x}!, {{s31}}\n",
            ".if {at_once} == 4\n",
            "tst {rows}, #2\n",
            "bne 7f\n",
            ".endif\n",
            "b 3f\n",
            "2:\n",
            ".if {at_once} == 4\n",
            "tst {rows}, #2\n",
            "bne 8f\n",
            "6:\n",
            "vldmia {x}!, {{s30-s31}}\n",
            $row!("s30"),
            "7:\n",
            $row!("s31"),
            "8:\n",
            ".else\n",
            "6:\n",
            ".endif\n",
            "vldmia {x}!, {{s30-s31}}\n",
            $row!("s30"),
            "3:\n",
            ".else\n",
            "6:\n",
            "vldmia {x}!, {{s31}}\n",
            ".endif\n",
            $row!("s31"),
            "subs {rows}, {rows}, #{at_once}\n",
            "bhi 6b\n"
        )
    };
}

mod adam;
mod back;
mod descend;
mod forward;
mod momentum;
mod rms_prop;
mod root;
mod samples;
mod squares;

pub(crate) use adam::adam;
pub(crate) use back::send_back;
pub(crate) use descend::descend;
pub(crate) use forward::forward;
pub(crate) use momentum::momentum;
pub(crate) use rms_prop::rms_prop;
pub(crate) use root::sqrt;
pub(crate) use samples::{descend_samples, gradient};
pub(crate) use squares::sum_of_squares;

/// How many outputs a block has at most.
const BLOCK: usize = 16;

/// How many rows an iteration takes, for a block of `outputs` outputs; the first iteration is entered in its middle if the number of
/// rows is no multiple. One where the crate is built for size, which takes 4 % more cycles.
const fn at_once(outputs: usize) -> usize {
    if cfg!(for_size) {
        1
    } else if outputs < BLOCK {
        2
    } else {
        4
    }
}
