//! Hints to the compiler: what they emit is nothing, or what the place would have anyway.

use core::hint::black_box;
use core::sync::atomic::{Ordering, compiler_fence};

use crate::target::{CHIP, FEW_REGISTERS, SHARED, SMALL};

/// Emits nothing, but makes the host write the sums of `outputs` outputs to memory and read them again. Written, they become
/// vectors in the order of the outputs, which saves 2 % of a step; fewer than eight are better off in registers.
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

/// On a chip, the compiler does not see that it is the same value: it computes the addresses of parts again, which would
/// otherwise wait on the stack from one stage of a step to the next: 40 of 260 bytes for a network of four layers. Where
/// registers are [few](FEW_REGISTERS) always; elsewhere in code for speed with more than 4096 `parameters`, where its 25
/// instructions are less than a thousandth of the step.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn afresh<T>(value: &mut T, parameters: usize) -> &mut T {
    // In a function of its own, because the value is hidden by storing it.
    #[inline(never)]
    fn unseen<T>(value: &mut T) -> &mut T {
        black_box(value)
    }
    if FEW_REGISTERS || SHARED && !SMALL && parameters > 4096 { unseen(value) } else { value }
}
