//! Two stores of byte images on `sequential-storage`: on its map, and on its queue.
//!
//! In both, an image is chunks and then a record that commits it. Both only program erased words.

#![cfg_attr(target_os = "none", no_std)]

pub mod map;
pub mod queue;
#[cfg(not(target_os = "none"))]
pub mod sim;

use core::ops::Range;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use embedded_storage_async::nor_flash::NorFlash;

pub use map::MapImages;
pub use queue::QueueImages;

/// Chunks of four to a page of 4 KB.
pub const CHUNK: usize = 1006;

#[derive(Debug)]
pub enum Error<E> {
    Storage(sequential_storage::Error<E>),
    /// The image has more bytes than the buffer, or more chunks than a key can tell apart.
    Length,
    /// The configuration does not suit the flash.
    Config,
}

impl<E> From<sequential_storage::Error<E>> for Error<E> {
    fn from(error: sequential_storage::Error<E>) -> Self {
        Self::Storage(error)
    }
}

#[allow(async_fn_in_trait)]
pub trait Images<S: NorFlash>: Sized {
    /// Chunks of `chunk` bytes, through the buffer, which has 8 bytes more.
    fn new(flash: S, range: Range<u32>, chunk: usize) -> Result<Self, Error<S::Error>>;

    /// Finds the newest committed image, which [`save`](Self::save) relies on.
    async fn find(&mut self, buffer: &mut [u8]) -> Result<(), Error<S::Error>>;

    async fn save(&mut self, buffer: &mut [u8], image: &[u8]) -> Result<(), Error<S::Error>>;

    /// The length of the newest image that is whole, and its bytes.
    async fn load(&mut self, buffer: &mut [u8], image: &mut [u8]) -> Result<Option<usize>, Error<S::Error>>;
}

/// What the last record says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    pub generation: u32,
    pub length: u32,
    pub checksum: u32,
}

impl Commit {
    const INDEX: u16 = 0x7FFF;

    fn bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        let (length, checksum) = bytes.split_at_mut(4);
        length.copy_from_slice(&self.length.to_le_bytes());
        checksum.copy_from_slice(&self.checksum.to_le_bytes());
        bytes
    }

    fn from(generation: u32, bytes: &[u8]) -> Option<Self> {
        let (length, checksum) = bytes.split_first_chunk()?;
        Some(Self {
            generation,
            length: u32::from_le_bytes(*length),
            checksum: u32::from_le_bytes(*checksum.first_chunk()?),
        })
    }
}

fn checksum(image: &[u8]) -> u32 {
    crc::Crc::<u32, crc::NoTable>::new(&crc::CRC_32_ISO_HDLC).checksum(image)
}

/// The result of a future that a blocking flash never lets wait.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}
