//! Counts cycles, in units of 64.

const CONTROL: *mut u8 = 0x81 as *mut u8;
const COUNT: *mut u16 = 0x84 as *mut u16;

/// The cycles that `run` takes, up to four million; to within 64.
#[inline(never)]
#[expect(unsafe_code, reason = "registers of timer 1")]
pub fn cycles(run: impl FnOnce()) -> u32 {
    unsafe {
        // Counts every 64th cycle.
        CONTROL.write_volatile(3);
        COUNT.write_volatile(0);
        run();
        u32::from(COUNT.read_volatile()) * 64
    }
}
