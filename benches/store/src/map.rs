//! On the map: two slots, of which a save fills the one that does not hold the newest image.
//!
//! A key is a slot and a chunk, not a generation and a chunk: items of keys that no one stores again could only be
//! removed by programming their header a second time. The generation is in the values.

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::cache::{Cache, CacheImpl, Uncached};
use sequential_storage::map::{MapConfig, MapStorage, SerializationError, Value};

use crate::{Commit, Error, Images, checksum};

pub struct MapImages<S: NorFlash, C: CacheImpl<u16> = Cache<Uncached, Uncached, Uncached, u16>> {
    map: MapStorage<u16, S, C>,
    chunk: usize,
    newest: Option<Commit>,
}

#[derive(Clone, Copy)]
struct Part<'a> {
    generation: u32,
    bytes: &'a [u8],
}

impl<'a> Value<'a> for Part<'a> {
    fn serialize_into(&self, buffer: &mut [u8]) -> Result<usize, SerializationError> {
        let (head, rest) = buffer.split_at_mut_checked(4).ok_or(SerializationError::BufferTooSmall)?;
        head.copy_from_slice(&self.generation.to_le_bytes());
        let rest = rest.get_mut(..self.bytes.len()).ok_or(SerializationError::BufferTooSmall)?;
        rest.copy_from_slice(self.bytes);
        Ok(4 + self.bytes.len())
    }

    fn deserialize_from(buffer: &'a [u8]) -> Result<(Self, usize), SerializationError> {
        let (head, bytes) = buffer.split_first_chunk().ok_or(SerializationError::InvalidFormat)?;
        Ok((Self { generation: u32::from_le_bytes(*head), bytes }, buffer.len()))
    }
}

fn key(generation: u32, index: u16) -> u16 {
    if generation.is_multiple_of(2) { index } else { index | 0x8000 }
}

impl<S: NorFlash, C: CacheImpl<u16>> MapImages<S, C> {
    pub fn with_cache(flash: S, range: Range<u32>, chunk: usize, cache: C) -> Result<Self, Error<S::Error>> {
        let config = MapConfig::try_new(range).map_err(|_| Error::Config)?;
        Ok(Self { map: MapStorage::new(flash, config, cache), chunk, newest: None })
    }

    pub fn flash(&mut self) -> &mut S {
        self.map.flash()
    }

    async fn commit_of(&mut self, buffer: &mut [u8], slot: u32) -> Result<Option<Commit>, Error<S::Error>> {
        let part = self.map.fetch_item::<Part>(buffer, &key(slot, Commit::INDEX)).await?;
        Ok(part.and_then(|part| Commit::from(part.generation, part.bytes)))
    }

    async fn read(
        &mut self,
        buffer: &mut [u8],
        commit: Commit,
        image: &mut [u8],
    ) -> Result<Option<usize>, Error<S::Error>> {
        let image = image.get_mut(..commit.length as usize).ok_or(Error::Length)?;
        for (index, bytes) in (0..).zip(image.chunks_mut(self.chunk)) {
            match self.map.fetch_item::<Part>(buffer, &key(commit.generation, index)).await? {
                Some(part) if part.generation == commit.generation && part.bytes.len() == bytes.len() => {
                    bytes.copy_from_slice(part.bytes);
                }
                _ => return Ok(None),
            }
        }
        Ok((checksum(image) == commit.checksum).then_some(image.len()))
    }

    pub async fn save(&mut self, buffer: &mut [u8], image: &[u8]) -> Result<(), Error<S::Error>> {
        if image.len().div_ceil(self.chunk) > usize::from(Commit::INDEX) {
            return Err(Error::Length);
        }
        let generation = self.newest.map_or(0, |newest| newest.generation.wrapping_add(1));
        for (index, bytes) in (0..).zip(image.chunks(self.chunk)) {
            self.map.store_item(buffer, &key(generation, index), &Part { generation, bytes }).await?;
        }
        let length = u32::try_from(image.len()).map_err(|_| Error::Length)?;
        let commit = Commit { generation, length, checksum: checksum(image) };
        let part = Part { generation, bytes: &commit.bytes() };
        self.map.store_item(buffer, &key(generation, Commit::INDEX), &part).await?;
        self.newest = Some(commit);
        Ok(())
    }

    pub async fn find(&mut self, buffer: &mut [u8]) -> Result<(), Error<S::Error>> {
        let slots = [self.commit_of(buffer, 0).await?, self.commit_of(buffer, 1).await?];
        self.newest = slots.into_iter().flatten().max_by_key(|commit| commit.generation);
        Ok(())
    }

    pub async fn load(&mut self, buffer: &mut [u8], image: &mut [u8]) -> Result<Option<usize>, Error<S::Error>> {
        let mut slots = [self.commit_of(buffer, 0).await?, self.commit_of(buffer, 1).await?];
        slots.sort_unstable_by_key(|commit| commit.map(|commit| commit.generation));
        for commit in slots.into_iter().rev().flatten() {
            if let Some(length) = self.read(buffer, commit, image).await? {
                self.newest = Some(commit);
                return Ok(Some(length));
            }
        }
        self.newest = None;
        Ok(None)
    }
}

impl<S: NorFlash> Images<S> for MapImages<S> {
    fn new(flash: S, range: Range<u32>, chunk: usize) -> Result<Self, Error<S::Error>> {
        Self::with_cache(flash, range, chunk, Cache::new_uncached())
    }

    async fn find(&mut self, buffer: &mut [u8]) -> Result<(), Error<S::Error>> {
        MapImages::find(self, buffer).await
    }

    async fn save(&mut self, buffer: &mut [u8], image: &[u8]) -> Result<(), Error<S::Error>> {
        MapImages::save(self, buffer, image).await
    }

    async fn load(&mut self, buffer: &mut [u8], image: &mut [u8]) -> Result<Option<usize>, Error<S::Error>> {
        MapImages::load(self, buffer, image).await
    }
}
