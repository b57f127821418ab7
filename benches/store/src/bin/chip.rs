//! A program for a Cortex-M4 that saves and loads an image by the store of the feature `map` or `queue`, in flash that
//! is an array here. With neither, it uses this flash alone: what is subtracted.

#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::convert::Infallible;
use core::hint::black_box;

use cortex_m_rt::entry;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
#[cfg(feature = "no-panic")]
use panic_never as _;
#[cfg(any(feature = "map", feature = "queue"))]
use trial::{CHUNK, Images};

const PAGE: usize = 4096;
const SIZE: usize = 8 * PAGE;
#[cfg(any(feature = "map", feature = "queue"))]
#[allow(clippy::cast_possible_truncation)]
const END: u32 = SIZE as u32;

struct Static<T>(UnsafeCell<T>);

#[expect(unsafe_code, reason = "one thread, no interrupts, and each static is borrowed once")]
unsafe impl<T> Sync for Static<T> {}

impl<T> Static<T> {
    #[expect(unsafe_code, clippy::mut_from_ref, reason = "each static is borrowed once")]
    fn take(&self) -> &mut T {
        unsafe { &mut *self.0.get() }
    }
}

static CELLS: Static<[u8; SIZE]> = Static(UnsafeCell::new([0xFF; SIZE]));
#[cfg(any(feature = "map", feature = "queue"))]
static IMAGE: Static<[u8; 10_240]> = Static(UnsafeCell::new([0; 10_240]));
#[cfg(any(feature = "map", feature = "queue"))]
static BUFFER: Static<[u8; CHUNK + 8]> = Static(UnsafeCell::new([0; CHUNK + 8]));

struct Flash(&'static mut [u8; SIZE]);

impl Flash {
    fn part(&mut self, offset: u32, length: usize) -> &mut [u8] {
        self.0.get_mut(offset as usize..).and_then(|rest| rest.get_mut(..length)).unwrap_or_default()
    }
}

impl ErrorType for Flash {
    type Error = Infallible;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        let part = self.part(offset, bytes.len());
        bytes.iter_mut().zip(part).for_each(|(byte, cell)| *byte = *cell);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.part(from, to.saturating_sub(from) as usize).fill(0xFF);
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        let part = self.part(offset, bytes.len());
        part.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(())
    }
}

#[cfg(feature = "map")]
type Store = trial::MapImages<Flash>;
#[cfg(all(feature = "queue", not(feature = "map")))]
type Store = trial::QueueImages<Flash>;

#[cfg(not(any(feature = "map", feature = "queue")))]
fn run(mut flash: Flash) {
    let mut bytes = [0; 64];
    trial::now(async {
        let bytes = black_box(&mut bytes);
        black_box(flash.read(black_box(0), bytes).await.is_ok());
        black_box(flash.write(black_box(64), bytes).await.is_ok());
        black_box(flash.erase(black_box(0), black_box(4096)).await.is_ok());
    });
}

#[cfg(any(feature = "map", feature = "queue"))]
fn run(flash: Flash) {
    let (image, buffer) = (black_box(IMAGE.take()), black_box(BUFFER.take()));
    let Ok(mut store) = <Store as Images<Flash>>::new(flash, 0..END, CHUNK) else { return };
    let store = black_box(&mut store);
    black_box(trial::now(Images::load(store, buffer, image)).is_ok());
    black_box(trial::now(Images::save(store, buffer, image)).is_ok());
}

#[cfg(feature = "sizes")]
mod sizes {
    use super::{BUFFER, CHUNK, IMAGE, Images, Store};

    /// The size of what `make` makes, without a call of it.
    const fn of<T>(_: &impl FnOnce() -> T) -> usize {
        size_of::<T>()
    }

    fn store() -> &'static mut Store {
        loop {}
    }

    const SAVE: usize = of(&|| Images::save(store(), BUFFER.take(), IMAGE.take()));
    const LOAD: usize = of(&|| Images::load(store(), BUFFER.take(), IMAGE.take()));

    #[used]
    static SIZE_SAVE: [u8; SAVE] = [0; SAVE];
    #[used]
    static SIZE_LOAD: [u8; LOAD] = [0; LOAD];
    #[used]
    static SIZE_STORE: [u8; size_of::<Store>()] = [0; size_of::<Store>()];
    #[used]
    static SIZE_BUFFER: [u8; CHUNK + 8] = [0; CHUNK + 8];
}

#[entry]
fn main() -> ! {
    run(Flash(CELLS.take()));
    loop {
        black_box(());
    }
}

#[cfg(not(feature = "no-panic"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
