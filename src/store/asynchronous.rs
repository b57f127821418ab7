//! The store in asynchronous flash.

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;

use super::body::store;
use super::layout::{COMMIT, Header, Layout, commit, header, read_header};
use super::pages::{Pages, Run};
use super::plan::{Findings, Slot, Unplanned};
use super::{ALL, Loaded, StoreError};
use crate::checkpoint::{CRC, Check, Checkpoint, Refused};

/// As [`Store`](super::Store), with the same bytes, in flash whose operations are awaited. Every block goes through the whole
/// network: a `BLOCK` of 1024, say, makes saving and loading of a large one faster. It has to divide the pages.
#[derive(Debug)]
pub struct AsyncStore<F, const BLOCK: usize = 64> {
    flash: F,
    pages: Pages,
    image: usize,
    /// What was saved last since the reset.
    known: Option<Slot>,
}

store!(AsyncStore, NorFlash, [async], [.await]);

/// Why an image was not taken.
enum Failed<E> {
    Read(E),
    Refused(Refused),
    /// It was read otherwise the second time.
    Changed,
}

impl<F: NorFlash, const BLOCK: usize> AsyncStore<F, BLOCK> {
    /// As [`Store::save`](super::Store::save).
    ///
    /// # Errors
    /// As there. If the future is dropped before its end, it is as if the power had been cut.
    pub async fn save<C: Checkpoint>(&mut self, saved: &C) -> Result<u32, StoreError<F::Error>> {
        if !saved.is_sound() {
            return Err(StoreError::Refused(Refused::NotFinite));
        }
        let slot = self.begin(C::IMAGE).await?;
        let mut digest = CRC.digest();
        digest.update(&header(&slot));
        for offset in (0..C::IMAGE).step_by(BLOCK) {
            let mut block = [0; BLOCK];
            let bytes = block.get_mut(..BLOCK.min(C::IMAGE - offset)).unwrap_or_default();
            saved.part(offset, bytes);
            digest.update(bytes);
            self.write(slot.page, Self::LAYOUT.payload + offset, bytes).await.map_err(StoreError::Flash)?;
        }
        self.end(slot, digest.finalize()).await
    }

    /// As [`Store::load`](super::Store::load).
    ///
    /// # Errors
    /// As there.
    pub async fn load<C: Checkpoint>(&mut self, into: &mut C) -> Result<u32, StoreError<F::Error>> {
        let mut error = None;
        let mut next = self.highest(ALL, &mut error).await;
        while let Some(slot) = self.newest(next, &mut error).await {
            match self.take(&slot, into).await {
                Ok(()) => return Ok(slot.sequence),
                Err(Failed::Refused(refused)) if refused != Refused::Corrupt => {
                    if self.is_committed(&slot, None).await.unwrap_or(false) {
                        return Err(StoreError::Refused(refused));
                    }
                }
                Err(Failed::Read(failed)) => error = Some(failed),
                Err(_) => (), // it was read otherwise than before
            }
            next = self.highest(slot.key(), &mut error).await;
        }
        Err(error.map_or(StoreError::Empty, StoreError::Flash))
    }

    /// Checks an image, and takes it.
    async fn take<C: Checkpoint>(&mut self, slot: &Slot, into: &mut C) -> Result<(), Failed<F::Error>> {
        let head = Self::LAYOUT.payload;
        let length = usize::try_from(slot.bytes).unwrap_or(usize::MAX).saturating_sub(head);
        let (mut check, mut first, mut block) = (Check::new(const { &C::SECTIONS }), CRC.digest(), [0; BLOCK]);
        for offset in (0..length).step_by(BLOCK) {
            self.read(slot.page, head + offset, &mut block).await.map_err(Failed::Read)?;
            let bytes = block.get(..length - offset).unwrap_or(&block);
            first.update(bytes);
            check.feed(bytes).map_err(Failed::Refused)?;
        }
        let places = check.finish().map_err(Failed::Refused)?;
        let mut second = CRC.digest();
        for offset in (0..length).step_by(BLOCK) {
            self.read(slot.page, head + offset, &mut block).await.map_err(Failed::Read)?;
            let bytes = block.get(..length - offset).unwrap_or(&block);
            second.update(bytes);
            into.load_part(&places, offset, bytes);
        }
        if first.finalize() == second.finalize() { Ok(()) } else { Err(Failed::Changed) }
    }

    /// As [`Store::load_or`](super::Store::load_or).
    pub async fn load_or<C: Checkpoint>(&mut self, into: &mut C, factory: impl FnOnce(&mut C)) -> Loaded<F::Error> {
        match self.load(into).await {
            Ok(sequence) => Loaded::Image(sequence),
            Err(error) => {
                factory(into);
                Loaded::Factory(error)
            }
        }
    }
}
