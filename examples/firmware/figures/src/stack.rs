//! How deep a call goes.

use core::arch::asm;

const PAINT: u32 = 0xA5A5_A5A5;

/// The bytes of stack that `run` uses beyond its caller: all memory below the caller's frame is painted, and afterwards
/// the deepest word without paint is looked for.
#[inline(never)]
#[expect(unsafe_code, reason = "the stack below the stack pointer belongs to no one, and Rust has no name for it")]
pub fn depth(run: impl FnOnce()) -> usize {
    unsafe extern "C" {
        // Where the runtime's statics end: as deep as the stack can go.
        static mut __ebss: u32;
    }
    let end = &raw mut __ebss;
    let top: usize;
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!("mov {}, sp", out(reg) top, options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    unsafe {
        asm!("mv {}, sp", out(reg) top, options(nomem, nostack, preserves_flags));
    }
    let mut word = end;
    while word.addr() < top {
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
    run();
    let mut word = end;
    while word.addr() < top && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    top - word.addr()
}
