//! Counts instructions: in an emulator started with `-icount shift=0` each takes one nanosecond, and timers run by
//! that.

use core::arch::asm;

/// Instructions of the loop that calibrates the timer.
const KNOWN: u32 = 2_000_000;

/// A timer, and how many of its ticks the known number of instructions takes.
pub struct Counter {
    timer: Timer,
    ticks: u64,
}

impl Counter {
    pub fn new() -> Self {
        let mut timer = Timer::new();
        // The difference of two loops does not contain what reading the timer takes.
        let one = timer.ticks(|| pass(KNOWN));
        let two = timer.ticks(|| pass(2 * KNOWN));
        Self { timer, ticks: two - one }
    }

    /// The instructions of `run`, divided by `times`.
    pub fn instructions(&mut self, times: u32, run: impl FnOnce()) -> u64 {
        let instructions = self.timer.ticks(run) * u64::from(KNOWN);
        let divisor = self.ticks * u64::from(times);
        (instructions + divisor / 2) / divisor
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes that many instructions, and a few to come and go.
#[inline(never)]
#[expect(unsafe_code, reason = "a compiled loop has a length of the compiler's choosing")]
fn pass(instructions: u32) {
    let rounds = instructions / 2;
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!("2: subs {0}, #1", "bne 2b", inout(reg) rounds => _, options(nomem, nostack));
    }
    #[cfg(target_arch = "riscv32")]
    unsafe {
        asm!("2: addi {0}, {0}, -1", "bnez {0}, 2b", inout(reg) rounds => _, options(nomem, nostack));
    }
}

/// The core's own timer, of 24 bits. How long its ticks are differs between boards.
#[cfg(target_arch = "arm")]
struct Timer(cortex_m::peripheral::SYST);

#[cfg(target_arch = "arm")]
impl Timer {
    #[expect(unsafe_code, reason = "taking the peripherals by the safe way needs critical sections")]
    fn new() -> Self {
        let mut timer = unsafe { cortex_m::Peripherals::steal() }.SYST;
        timer.set_clock_source(cortex_m::peripheral::syst::SystClkSource::Core);
        timer.set_reload(0x00FF_FFFF);
        timer.enable_counter();
        Self(timer)
    }

    fn ticks(&mut self, run: impl FnOnce()) -> u64 {
        use cortex_m::peripheral::SYST;

        // It starts again from the top, and counts down.
        self.0.clear_current();
        while SYST::get_current() == 0 {}
        self.0.has_wrapped();
        let start = SYST::get_current();
        run();
        let end = SYST::get_current();
        assert!(!self.0.has_wrapped(), "more instructions than the timer can count");
        u64::from(start - end)
    }
}

/// The count of cycles, which are instructions here.
#[cfg(target_arch = "riscv32")]
struct Timer;

#[cfg(target_arch = "riscv32")]
impl Timer {
    fn new() -> Self {
        Self
    }

    fn ticks(&mut self, run: impl FnOnce()) -> u64 {
        let start = riscv::register::mcycle::read64();
        run();
        riscv::register::mcycle::read64() - start
    }
}
