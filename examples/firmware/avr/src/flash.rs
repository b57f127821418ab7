//! Data that stays in flash. The chip has separate addresses for flash and for RAM: a plain `static` is copied to RAM when the
//! program starts, and there are 2 KB of it.

use core::arch::asm;

/// Items in flash, which are copied to RAM one at a time.
pub struct Flash<T: 'static>(*const T, usize);

impl<const M: usize> Flash<[u8; M]> {
    /// # Safety
    /// These are `length` items in the lower 64 KB of flash.
    #[expect(unsafe_code, reason = "a pointer to flash reads other bytes if it is used as one to RAM")]
    pub const unsafe fn new(items: *const [u8; M], length: usize) -> Self {
        Self(items, length)
    }

    /// The items, in order.
    pub fn iter(&self) -> impl Iterator<Item = [u8; M]> + Clone + use<M> {
        let Self(items, length) = *self;
        (0..length).map(move |index| {
            let item = items.wrapping_add(index).cast::<u8>();
            core::array::from_fn(|byte| read(item.wrapping_add(byte)))
        })
    }
}

/// A byte of flash.
#[expect(unsafe_code, reason = "no safe instruction reads flash")]
fn read(address: *const u8) -> u8 {
    let byte;
    unsafe { asm!("lpm {}, Z", out(reg) byte, in("Z") address, options(pure, readonly, nostack, preserves_flags)) };
    byte
}

/// A static in flash: `flash! { pub NAME: [TYPE; LENGTH] = VALUE; }`.
macro_rules! flash {
    (pub $name:ident: [$item:ty; $length:expr] = $value:expr;) => {
        pub const $name: $crate::flash::Flash<$item> = {
            #[unsafe(link_section = ".progmem.data")]
            #[expect(unsafe_code, reason = "a static in flash")]
            static ITEMS: [$item; $length] = $value;
            #[expect(unsafe_code, reason = "it lies in flash")]
            unsafe {
                $crate::flash::Flash::new((&raw const ITEMS).cast(), $length)
            }
        };
    };
}
pub(crate) use flash;
