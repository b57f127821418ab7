//! On the queue: an image is appended, and the oldest page is erased when there is no space left.

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

use crate::{Commit, Error, Images, checksum};

pub struct QueueImages<S: NorFlash> {
    queue: QueueStorage<S, Cache<Uncached, Uncached, Uncached>>,
    chunk: usize,
    newest: Option<Commit>,
}

impl<S: NorFlash> QueueImages<S> {
    pub fn flash(&mut self) -> &mut S {
        self.queue.flash()
    }

    async fn push(
        &mut self,
        buffer: &mut [u8],
        generation: u32,
        index: u16,
        bytes: &[u8],
    ) -> Result<(), Error<S::Error>> {
        let item = buffer.get_mut(..6 + bytes.len()).ok_or(Error::Length)?;
        let (head, rest) = item.split_at_mut(6);
        let (first, second) = head.split_at_mut(4);
        first.copy_from_slice(&generation.to_le_bytes());
        second.copy_from_slice(&index.to_le_bytes());
        rest.copy_from_slice(bytes);
        Ok(self.queue.push(item, true).await?)
    }

    /// Calls with every item, from the oldest on.
    async fn each(&mut self, buffer: &mut [u8], mut call: impl FnMut(u32, u16, &[u8])) -> Result<(), Error<S::Error>> {
        let mut items = self.queue.iter().await?;
        while let Some(item) = items.next(buffer).await? {
            if let Some((generation, rest)) = item.split_first_chunk() {
                if let Some((index, bytes)) = rest.split_first_chunk() {
                    call(u32::from_le_bytes(*generation), u16::from_le_bytes(*index), bytes);
                }
            }
        }
        Ok(())
    }

    /// The newest commit before that generation.
    async fn commit(&mut self, buffer: &mut [u8], before: u32) -> Result<Option<Commit>, Error<S::Error>> {
        let mut newest: Option<Commit> = None;
        self.each(buffer, |generation, index, bytes| {
            if index == Commit::INDEX
                && generation < before
                && newest.is_none_or(|newest| newest.generation < generation)
            {
                newest = Commit::from(generation, bytes).or(newest);
            }
        })
        .await?;
        Ok(newest)
    }
}

impl<S: NorFlash> Images<S> for QueueImages<S> {
    fn new(flash: S, range: Range<u32>, chunk: usize) -> Result<Self, Error<S::Error>> {
        let config = QueueConfig::try_new(range).map_err(|_| Error::Config)?;
        Ok(Self { queue: QueueStorage::new(flash, config, Cache::new_uncached()), chunk, newest: None })
    }

    async fn find(&mut self, buffer: &mut [u8]) -> Result<(), Error<S::Error>> {
        self.newest = self.commit(buffer, u32::MAX).await?;
        Ok(())
    }

    async fn save(&mut self, buffer: &mut [u8], image: &[u8]) -> Result<(), Error<S::Error>> {
        if image.len().div_ceil(self.chunk) > usize::from(Commit::INDEX) {
            return Err(Error::Length);
        }
        let generation = self.newest.map_or(0, |newest| newest.generation.wrapping_add(1));
        for (index, bytes) in (0..).zip(image.chunks(self.chunk)) {
            self.push(buffer, generation, index, bytes).await?;
        }
        let length = u32::try_from(image.len()).map_err(|_| Error::Length)?;
        let commit = Commit { generation, length, checksum: checksum(image) };
        self.push(buffer, generation, Commit::INDEX, &commit.bytes()).await?;
        self.newest = Some(commit);
        Ok(())
    }

    async fn load(&mut self, buffer: &mut [u8], image: &mut [u8]) -> Result<Option<usize>, Error<S::Error>> {
        let mut before = u32::MAX;
        while let Some(commit) = self.commit(buffer, before).await? {
            before = commit.generation;
            let chunk = self.chunk;
            let target = image.get_mut(..commit.length as usize).ok_or(Error::Length)?;
            // An interrupted save of the same generation comes before the one that was committed, which overwrites it.
            self.each(buffer, |generation, index, bytes| {
                if generation == commit.generation {
                    let place = target.chunks_mut(chunk).nth(usize::from(index));
                    if let Some(place) = place.filter(|place| place.len() == bytes.len()) {
                        place.copy_from_slice(bytes);
                    }
                }
            })
            .await?;
            if checksum(target) == commit.checksum {
                let length = target.len();
                self.newest = Some(commit);
                return Ok(Some(length));
            }
        }
        self.newest = None;
        Ok(None)
    }
}
