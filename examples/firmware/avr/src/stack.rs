//! How deep a call goes.

const PAINT: u8 = 0xA5;

/// The bytes of stack that `run` uses beyond its caller: all memory below the caller's frame is painted, and afterwards
/// the deepest byte without paint is looked for.
#[inline(never)]
#[expect(unsafe_code, reason = "the stack below the stack pointer belongs to no one, and Rust has no name for it")]
pub fn depth(run: impl FnOnce()) -> u16 {
    unsafe extern "C" {
        // Where the statics end: as deep as the stack can go.
        static mut _end: u8;
    }
    let end = &raw mut _end;
    // The stack pointer's register. It points to the next free byte.
    let top = unsafe { (0x5D as *const u16).read_volatile() } as usize;
    let mut byte = end;
    while byte.addr() <= top {
        unsafe { byte.write_volatile(PAINT) };
        byte = byte.wrapping_add(1);
    }
    run();
    let mut byte = end;
    while byte.addr() <= top && unsafe { byte.read_volatile() } == PAINT {
        byte = byte.wrapping_add(1);
    }
    (top + 1 - byte.addr()) as u16
}
