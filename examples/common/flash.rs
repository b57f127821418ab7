//! Flash as on a chip, in memory: pages of 4 KB, words of 4 bytes, and a power supply that can fail.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

const PAGE: usize = 4096;

pub struct Flash {
    bytes: Vec<u8>,
    /// How many words can still be programmed.
    power: usize,
}

impl Flash {
    pub fn new(pages: usize) -> Self {
        Self { bytes: vec![0xFF; pages * PAGE], power: usize::MAX }
    }

    pub fn end(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("it is a small flash")
    }

    /// The power fails in the midst of the word after so many.
    pub fn cut_after(&mut self, words: usize) {
        self.power = words;
    }

    /// The power comes back.
    pub fn restart(&mut self) {
        self.power = usize::MAX;
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.bytes[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        for (cells, word) in self.bytes[offset as usize..].chunks_mut(4).zip(bytes.chunks(4)) {
            if self.power == 0 {
                cells[0] &= word[0]; // a quarter of the word was done
                return Err(NorFlashErrorKind::Other);
            }
            self.power -= 1;
            cells.copy_from_slice(word);
        }
        Ok(())
    }
}
