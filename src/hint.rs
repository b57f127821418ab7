//! Hints to the compiler. They change what it knows, not what is computed.

use core::hint::black_box;
use core::sync::atomic::{Ordering, compiler_fence};

use crate::target::{CHIP, FEW_REGISTERS, SHARED, SMALL};

/// Emits nothing, but makes the host write the sums of `outputs` outputs to memory and read them again. The compiler
/// then makes vectors in the order of the outputs, which saves 2 % of a step; fewer than eight sums are faster in
/// registers.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn through_memory(outputs: usize) {
    if !SHARED && outputs >= 8 {
        compiler_fence(Ordering::SeqCst);
    }
}

/// Emits nothing, but keeps the compiler from unrolling the loop around it on a chip, where that doubles the code and
/// saves little.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn keep_rolled() {
    if CHIP {
        black_box(());
    }
}

/// Returns `value`; on a chip, the compiler does not see that it is constant, and keeps it in a register through a loop instead of
/// making it again in each pass.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn in_register<T>(value: T) -> T {
    if CHIP { black_box(value) } else { value }
}

/// Returns `value`; on a chip, the compiler does not see that it is the same. So it computes the addresses of parts
/// again, instead of keeping them on the stack from one stage of a step to the next: this saves 40 of 260 bytes for a
/// network of four layers. Done always where registers are [few](FEW_REGISTERS); elsewhere in code for speed with more
/// than 4096 `parameters`, where its 25 instructions are less than a thousandth of the step.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn afresh<T>(value: &mut T, parameters: usize) -> &mut T {
    // In a separate function, because hiding the value stores it.
    #[inline(never)]
    fn unseen<T>(value: &mut T) -> &mut T {
        black_box(value)
    }
    if FEW_REGISTERS || SHARED && !SMALL && parameters > 4096 { unseen(value) } else { value }
}
