//! What the programs share: the workload that is measured, what learns it, and the chip.

#![no_std]

pub mod counter;
// Only where it is used: the compiler's choices for other programs would be others.
#[cfg(feature = "field")]
pub mod field;
pub mod flash;
#[cfg(feature = "integers")]
pub mod integers;
pub mod learner;
pub mod stack;
pub mod workload;

use core::cell::UnsafeCell;

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

/// A static that its program borrows once. (A cell that checks this would add its own code to the figures.)
pub struct Once<T>(UnsafeCell<T>);

#[expect(unsafe_code, reason = "the programs have one thread and no interrupts")]
unsafe impl<T> Sync for Once<T> {}

impl<T> Once<T> {
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value.
    ///
    /// # Safety
    /// To be called once.
    #[expect(unsafe_code, clippy::mut_from_ref, reason = "the caller says that there is no other reference")]
    pub unsafe fn take(&self) -> &mut T {
        unsafe { &mut *self.0.get() }
    }
}
