//! How a program starts on a chip, and how it ends: with exit code 0, or with a message and exit code 1.

use core::panic::PanicInfo;

use defmt_semihosting as _;
use semihosting::process::ExitCode;

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

/// Ends the program well.
pub fn exit() -> ! {
    ExitCode::SUCCESS.exit_process()
}

/// Executes an instruction that does not exist, for a program that is meant to fail.
pub fn illegal_instruction() -> ! {
    #[cfg(target_arch = "arm")]
    cortex_m::asm::udf();
    #[cfg(target_arch = "riscv32")]
    #[allow(unsafe_code, reason = "there is no safe function for it")]
    unsafe {
        core::arch::asm!("unimp", options(noreturn))
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    defmt::error!("{}", defmt::Display2Format(info));
    ExitCode::FAILURE.exit_process()
}

#[cfg(target_arch = "arm")]
#[cortex_m_rt::exception]
#[allow(unsafe_code, reason = "the runtime demands it of whoever handles this exception")]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    panic!("hard fault at {:#010x}", frame.pc());
}

#[cfg(target_arch = "riscv32")]
#[unsafe(export_name = "ExceptionHandler")]
#[expect(unsafe_code, reason = "the runtime knows the handler of all exceptions by its symbol")]
fn exception(_: &riscv_rt::TrapFrame) -> ! {
    panic!("exception {} at {:#010x}", riscv::register::mcause::read().bits(), riscv::register::mepc::read());
}
