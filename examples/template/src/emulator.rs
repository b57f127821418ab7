//! What the emulator has in place of a board. On a board this file goes, and each item says what takes its place.

use core::panic::PanicInfo;

/// How log messages leave the chip. On a board: `use defmt_rtt as _;`.
use defmt_semihosting as _;
use semihosting::process::ExitCode;

/// What a panic does. On a board: `use panic_probe as _;`, or a reset.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    defmt::error!("{}", defmt::Display2Format(info));
    ExitCode::FAILURE.exit_process()
}

/// Ends the emulator. On a board the program never ends.
pub fn exit() -> ! {
    ExitCode::SUCCESS.exit_process()
}

/// Only counts: nothing here resets a program that hangs. On a board: the watchdog of your HAL.
pub struct Watchdog {
    pub fed: u32,
}

impl Watchdog {
    /// On a board: set the time after which the chip is reset, and start the watchdog.
    pub fn start() -> Self {
        Self { fed: 0 }
    }

    /// On a board: write to the watchdog's register.
    pub fn feed(&mut self) {
        self.fed += 1;
    }
}
