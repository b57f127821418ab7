//! A laboratory for power cuts: flash in memory that a reset does not clear, and a timer that resets the chip in the midst of
//! whatever it does. Flash is programmed and erased byte by byte, so that a reset leaves torn words and half-erased pages.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::peripheral::SCB;
use cortex_m::peripheral::syst::SystClkSource;
use downhill::init::{Generator, Random};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

use crate::device::Doing;

/// The bytes of a page, and of all.
const PAGE: usize = 1024;
const ALL: usize = 8 * PAGE;

struct Cells(UnsafeCell<[u8; ALL]>);

#[expect(unsafe_code, reason = "there is one core, and the handler of the timer leaves them alone")]
unsafe impl Sync for Cells {}

#[unsafe(link_section = ".uninit.cells")]
#[expect(unsafe_code, reason = "a reset does not clear this section")]
static CELLS: Cells = Cells(UnsafeCell::new([0; ALL]));

/// Flash with words of 4 bytes, each programmed once after its page was erased.
pub struct Flash(&'static mut [u8; ALL]);

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        ALL
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.0[from as usize..to as usize].iter_mut().for_each(|cell| put(cell, 0xFF));
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        for (cell, byte) in self.0[offset as usize..].iter_mut().zip(bytes) {
            assert!(*cell == 0xFF, "programmed twice");
            put(cell, *byte);
        }
        Ok(())
    }
}

/// By an instruction of its own, where it stands.
#[expect(unsafe_code, reason = "there is no safe way to say so")]
fn put(cell: &mut u8, byte: u8) {
    unsafe { core::ptr::write_volatile(cell, byte) }
}

/// What outlives a reset besides flash.
struct Journal {
    magic: AtomicU32,
    lives: AtomicU32,
    doing: AtomicU32,
    cuts: [AtomicU32; 3],
}

#[unsafe(link_section = ".uninit.journal")]
#[expect(unsafe_code, reason = "a reset does not clear this section")]
static JOURNAL: Journal = Journal {
    magic: AtomicU32::new(0),
    lives: AtomicU32::new(0),
    doing: AtomicU32::new(0),
    cuts: [const { AtomicU32::new(0) }; 3],
};

/// Tells what the program does from now on.
pub fn doing(now: Doing) {
    JOURNAL.doing.store(now as u32, Relaxed);
}

/// Ends the last life. Returns how often the program was cut while booting, training and saving.
pub fn end() -> [u32; 3] {
    JOURNAL.magic.store(0, Relaxed);
    JOURNAL.cuts.each_ref().map(|cuts| cuts.load(Relaxed))
}

/// Begins a life of the program, and returns the flash. The first `lives` end by a reset, after up to `longest` instructions, as
/// a generator draws them; the next lasts.
pub fn begin(lives: u32, longest: u32) -> Flash {
    const MAGIC: u32 = 0x6C69_7665;
    #[expect(unsafe_code, reason = "called once after a reset")]
    let cells = unsafe { &mut *CELLS.0.get() };
    let life = if JOURNAL.magic.load(Relaxed) == MAGIC { JOURNAL.lives.load(Relaxed) + 1 } else { 0 };
    if life == 0 {
        // As it comes from the factory.
        cells.fill(0xFF);
        JOURNAL.cuts.iter().for_each(|cuts| cuts.store(0, Relaxed));
        JOURNAL.magic.store(MAGIC, Relaxed);
    }
    JOURNAL.lives.store(life, Relaxed);
    if life < lives {
        let mut random = Generator::new(life);
        let instructions = random.next_u32() % longest;
        // A tick is 40 instructions; the rest moves the place within it.
        cortex_m::asm::delay(random.next_u32() % 40);
        start_timer(1 + instructions / 40);
    }
    Flash(cells)
}

fn start_timer(ticks: u32) {
    #[expect(unsafe_code, reason = "nobody else uses the timer")]
    let mut timer = unsafe { cortex_m::Peripherals::steal() }.SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(ticks);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

#[cortex_m_rt::exception]
fn SysTick() {
    let doing = &JOURNAL.cuts[JOURNAL.doing.load(Relaxed) as usize % 3];
    doing.store(doing.load(Relaxed) + 1, Relaxed);
    SCB::sys_reset()
}
