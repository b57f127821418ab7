//! The chip's own counter of cycles.

/// The core's timer, of 24 bits: every Cortex-M of a maker that we know has it, also an M0, which has no other counter.
#[cfg(target_arch = "arm")]
pub struct Counter(cortex_m::peripheral::SYST);

#[cfg(target_arch = "arm")]
impl Counter {
    /// `None` if somebody has it already.
    pub fn take() -> Option<Self> {
        let mut timer = cortex_m::Peripherals::take()?.SYST;
        timer.set_clock_source(cortex_m::peripheral::syst::SystClkSource::Core);
        timer.set_reload(0x00FF_FFFF);
        timer.enable_counter();
        Some(Self(timer))
    }

    /// The cycles of `run`, with some 10 to read the counter; `None` if there are more than it can count, 16.7 million.
    pub fn cycles(&mut self, run: impl FnOnce()) -> Option<u32> {
        use cortex_m::peripheral::SYST;

        // It starts again from the top, and counts down.
        self.0.clear_current();
        while SYST::get_current() == 0 {}
        self.0.has_wrapped();
        let start = SYST::get_current();
        run();
        let end = SYST::get_current();
        if self.0.has_wrapped() { None } else { Some(start - end) }
    }
}

/// The register `mcycle`.
#[cfg(target_arch = "riscv32")]
pub struct Counter;

#[cfg(target_arch = "riscv32")]
impl Counter {
    #[allow(clippy::unnecessary_wraps)] // as of the other chips
    pub fn take() -> Option<Self> {
        Some(Self)
    }

    #[allow(clippy::unused_self)]
    pub fn cycles(&mut self, run: impl FnOnce()) -> Option<u32> {
        let start = riscv::register::mcycle::read64();
        run();
        u32::try_from(riscv::register::mcycle::read64() - start).ok()
    }
}
