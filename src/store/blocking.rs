//! The store in blocking flash.

use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;

use super::body::store;
use super::layout::{COMMIT, Header, Layout, commit, header, read_header};
use super::pages::{Pages, Run};
use super::plan::{Findings, Slot, Unplanned};
use super::{ALL, Loaded, StoreError};
use crate::checkpoint::{CRC, Checkpoint, LoadError, Refused, Source};

/// Images in flash; see the [module](super). `BLOCK` is the number of bytes that are read and written at a time, a multiple of 64
/// and of the words of the flash.
#[derive(Debug)]
pub struct Store<F, const BLOCK: usize = 64> {
    flash: F,
    pages: Pages,
    image: usize,
    /// What was saved last since the reset.
    known: Option<Slot>,
}

store!(Store, NorFlash, [], []);

impl<F: NorFlash, const BLOCK: usize> Store<F, BLOCK> {
    /// Saves, and returns the number of the image, which counts up. Once this has returned `Ok`, the image outlives every cut of
    /// the power.
    ///
    /// # Errors
    /// If the flash fails or has other bytes than what was written, or if the image is larger than what there is room for. The
    /// images of before are still there.
    pub fn save<C: Checkpoint>(&mut self, saved: &C) -> Result<u32, StoreError<F::Error>> {
        if !saved.is_sound() {
            return Err(StoreError::Refused(Refused::NotFinite));
        }
        let slot = self.begin(C::IMAGE)?;
        let mut digest = CRC.digest();
        digest.update(&header(&slot));
        let (mut block, mut filled, mut offset, mut result) = ([0; BLOCK], 0, Self::LAYOUT.payload, Ok(()));
        saved.image(&mut |mut bytes| {
            digest.update(bytes);
            while !bytes.is_empty() && result.is_ok() {
                let room = block.get_mut(filled..).unwrap_or_default();
                let (now, rest) = bytes.split_at_checked(room.len()).unwrap_or((bytes, &[]));
                room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
                (filled, bytes) = (filled + now.len(), rest);
                if filled == BLOCK {
                    result = self.write(slot.page, offset, &block);
                    (filled, offset) = (0, offset + BLOCK);
                }
            }
        });
        if filled > 0 {
            result = result.and_then(|()| self.write(slot.page, offset, block.get(..filled).unwrap_or_default()));
        }
        result.map_err(StoreError::Flash)?;
        self.end(slot, digest.finalize())
    }

    /// Restores the newest valid image, and returns its number.
    ///
    /// # Errors
    /// [`Empty`](StoreError::Empty) if there is none. [`Refused`](StoreError::Refused) if it is there but another program's;
    /// nothing is changed then. If the flash fails.
    pub fn load<C: Checkpoint>(&mut self, into: &mut C) -> Result<u32, StoreError<F::Error>> {
        let mut error = None;
        let mut next = self.highest(ALL, &mut error);
        while let Some(slot) = self.newest(next, &mut error) {
            match into.restore_from(&mut InFlash { store: self, slot }) {
                Ok(()) => return Ok(slot.sequence),
                Err(LoadError::Refused(refused)) if refused != Refused::Corrupt => {
                    if self.is_committed(&slot, None).unwrap_or(false) {
                        return Err(StoreError::Refused(refused));
                    }
                }
                Err(LoadError::Read(failed)) => error = Some(failed),
                Err(_) => (), // it was read otherwise than before
            }
            next = self.highest(slot.key(), &mut error);
        }
        Err(error.map_or(StoreError::Empty, StoreError::Flash))
    }

    /// Restores the newest valid image, or else starts with what the firmware has: with factory weights, for example. `factory` sets
    /// all that is kept: after an error of the flash, a part of it may have been read.
    pub fn load_or<C: Checkpoint>(&mut self, into: &mut C, factory: impl FnOnce(&mut C)) -> Loaded<F::Error> {
        match self.load(into) {
            Ok(sequence) => Loaded::Image(sequence),
            Err(error) => {
                factory(into);
                Loaded::Factory(error)
            }
        }
    }
}

/// The payload of a slot.
struct InFlash<'a, F, const BLOCK: usize> {
    store: &'a mut Store<F, BLOCK>,
    slot: Slot,
}

impl<F: NorFlash, const BLOCK: usize> Source for InFlash<'_, F, BLOCK> {
    type Error = F::Error;

    fn len(&self) -> usize {
        let head = Store::<F, BLOCK>::LAYOUT.payload;
        usize::try_from(self.slot.bytes).unwrap_or(usize::MAX).saturating_sub(head)
    }

    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> Result<(), F::Error> {
        let mut block = [0; crate::checkpoint::BLOCK];
        self.store.read(self.slot.page, Store::<F, BLOCK>::LAYOUT.payload + offset, &mut block)?;
        bytes.iter_mut().zip(block).for_each(|(to, from)| *to = from);
        Ok(())
    }
}
