//! Flash that fails without a cut, and counts what is read; the test keeps a hand on it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

use super::flash::{Fault, Flash};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
    Erase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It fails, and nothing was done.
    Once,
    /// From then on each does.
    Always,
    /// Nothing is done, but it says that all is well.
    Silent,
}

/// `R` is the word to read.
#[derive(Clone)]
pub struct Shared<const W: usize, const E: usize, const R: usize = 1> {
    pub flash: Rc<RefCell<Flash<W, E>>>,
    pub bytes_read: Rc<Cell<usize>>,
    /// Address and length of what was written.
    pub writes: Rc<RefCell<Vec<(usize, usize)>>>,
    /// What is to fail: the call after so many of its kind.
    fails: Rc<Cell<Option<(Call, u32, Way)>>>,
    /// Bits at an address that are always read as zeros.
    pub stuck: Rc<Cell<Option<(usize, u8)>>>,
}

impl<const W: usize, const E: usize, const R: usize> Shared<W, E, R> {
    pub fn new(flash: Flash<W, E>) -> Self {
        Self {
            flash: Rc::new(RefCell::new(flash)),
            bytes_read: Rc::default(),
            writes: Rc::default(),
            fails: Rc::default(),
            stuck: Rc::default(),
        }
    }

    pub fn fail(&self, call: Call, after: u32, way: Way) {
        self.fails.set(Some((call, after, way)));
    }

    /// Whether the failure is still to come. From now on nothing fails.
    pub fn repair(&self) -> bool {
        matches!(self.fails.take(), Some((_, _, Way::Once | Way::Silent)))
    }

    fn fails(&self, this: Call) -> Option<Way> {
        let (call, after, way) = self.fails.get().filter(|(call, ..)| *call == this)?;
        self.fails.set(match (after, way) {
            (0, Way::Always) => Some((call, 0, way)),
            (0, _) => None,
            _ => Some((call, after - 1, way)),
        });
        (after == 0).then_some(way)
    }
}

impl<const W: usize, const E: usize, const R: usize> ErrorType for Shared<W, E, R> {
    type Error = Fault;
}

impl<const W: usize, const E: usize, const R: usize> ReadNorFlash for Shared<W, E, R> {
    const READ_SIZE: usize = R;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        assert!(
            (offset as usize).is_multiple_of(R) && bytes.len().is_multiple_of(R),
            "{} bytes at {offset}",
            bytes.len()
        );
        if self.fails(Call::Read).is_some() {
            return Err(Fault::Ecc);
        }
        self.bytes_read.set(self.bytes_read.get() + bytes.len());
        self.flash.borrow_mut().read(offset, bytes)?;
        if let Some((at, bits)) = self.stuck.get() {
            if let Some(byte) = at.checked_sub(offset as usize).and_then(|at| bytes.get_mut(at)) {
                *byte &= !bits;
            }
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.flash.borrow().capacity()
    }
}

impl<const W: usize, const E: usize, const R: usize> NorFlash for Shared<W, E, R> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = E;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        match self.fails(Call::Erase) {
            Some(Way::Silent) => Ok(()),
            Some(_) => Err(Fault::Ecc),
            None => self.flash.borrow_mut().erase(from, to),
        }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        self.writes.borrow_mut().push((offset as usize, bytes.len()));
        match self.fails(Call::Write) {
            Some(Way::Silent) => Ok(()),
            Some(_) => Err(Fault::Ecc),
            None => self.flash.borrow_mut().write(offset, bytes),
        }
    }
}
