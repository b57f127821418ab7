//! How a program ends. An emulator without semihosting has no exit code, so a last line says it.

use core::arch::asm;
use core::panic::PanicInfo;

use crate::serial;

/// Ends the program well.
pub fn exit() -> ! {
    end("exit 0\n")
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    // Not what the panic says: formatting takes kilobytes.
    serial::write(&["\npanicked at "]);
    if let Some(place) = info.location() {
        serial::write(&[place.file(), ":"]);
        serial::write_number(place.line());
    }
    end("\nexit 1\n")
}

/// Sleeps forever. `simavr` ends there; the script ends `qemu`, which does not.
#[expect(unsafe_code, reason = "no safe function sleeps")]
fn end(line: &str) -> ! {
    serial::write(&[line]);
    serial::flush();
    loop {
        unsafe {
            // Sleeping is enabled in SMCR, which has the address 0x33 of a port.
            asm!("cli", "ldi r24, 1", "out 0x33, r24", "sleep", out("r24") _);
        }
    }
}
