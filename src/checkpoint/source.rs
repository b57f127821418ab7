//! Where images come from.

use core::convert::Infallible;

use embedded_io::{Read, ReadExactError, Seek, SeekFrom};

use super::check::Check;
use super::error::{LoadError, ReceiveError, Refused};
use super::format::{CRC, Digest, HEADER};

/// The bytes that are read and written at a time.
pub const BLOCK: usize = 64;

/// What holds an image, and can be read at any place, twice.
pub trait Source {
    /// What goes wrong when it is read.
    type Error;

    /// The number of bytes; there may be more of them than the image has.
    fn len(&self) -> usize;

    /// Whether there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `bytes` with what is at `offset`. The offset is a multiple of [`BLOCK`]; there are as many bytes, and fewer at the end.
    ///
    /// # Errors
    /// That of the source.
    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> Result<(), Self::Error>;
}

impl Source for &[u8] {
    type Error = Infallible;

    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> Result<(), Infallible> {
        let found = self.get(offset..).unwrap_or_default();
        bytes.iter_mut().zip(found).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

/// A stream that can go back, such as a file on a memory card: the image is all that it holds, or begins it.
#[derive(Debug)]
pub struct Seekable<R> {
    stream: R,
    length: usize,
}

impl<R: Read + Seek> Seekable<R> {
    /// Finds out how long the stream is.
    ///
    /// # Errors
    /// That of the stream.
    pub fn new(mut stream: R) -> Result<Self, R::Error> {
        let length = stream.seek(SeekFrom::End(0))?;
        Ok(Self { stream, length: usize::try_from(length).unwrap_or(usize::MAX) })
    }
}

impl<R: Read + Seek> Source for Seekable<R> {
    type Error = ReadExactError<R::Error>;

    fn len(&self) -> usize {
        self.length
    }

    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.stream.seek(SeekFrom::Start(offset as u64))?;
        self.stream.read_exact(bytes)
    }
}

/// Takes an image from a stream that can be read once into a buffer. It is not checked beyond its length:
/// [`restore`](super::Checkpoint::restore) does so.
///
/// # Errors
/// If the stream fails or ends, if this is no image, or if there is no room.
pub fn receive<'a, R: Read>(stream: &mut R, buffer: &'a mut [u8]) -> Result<&'a [u8], ReceiveError<R::Error>> {
    let room = buffer.len();
    let mut check = Check::new(&[None; 3]);
    let header = buffer.get_mut(..HEADER).ok_or(ReceiveError::TooLarge { image: HEADER, buffer: room })?;
    let mut fill = |bytes: &mut [u8], before: usize, expected: usize| {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match stream.read(rest).map_err(ReceiveError::Read)? {
                0 => return Err(ReceiveError::Refused(Refused::Truncated { found: before + filled, expected })),
                more => filled += more,
            }
        }
        Ok(())
    };
    fill(header, 0, HEADER)?;
    check.feed(header).map_err(ReceiveError::Refused)?;
    let length = check.length();
    let image = buffer.get_mut(..length).ok_or(ReceiveError::TooLarge { image: length, buffer: room })?;
    fill(image.get_mut(HEADER..).unwrap_or_default(), HEADER, length)?;
    Ok(image)
}

/// Reads a source from the beginning, block by block, and computes the checksum of what went through. An error is told at the
/// end.
pub(super) struct Reader<'a, S: Source> {
    source: &'a mut S,
    digest: Digest,
    block: [u8; BLOCK],
    position: usize,
    error: Option<S::Error>,
}

impl<'a, S: Source> Reader<'a, S> {
    pub(super) fn new(source: &'a mut S) -> Self {
        Self { source, digest: CRC.digest(), block: [0; BLOCK], position: 0, error: None }
    }

    /// Fills `bytes`, but with nothing from `end` on.
    pub(super) fn read(&mut self, bytes: &mut [u8], end: usize) {
        for byte in bytes {
            if let Some(next) = self.next().filter(|_| self.position <= end) {
                *byte = next;
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let within = self.position % BLOCK;
        if within == 0 {
            let length = self.source.len().saturating_sub(self.position).min(BLOCK);
            let block = self.block.get_mut(..length).unwrap_or_default();
            if let Err(error) = self.source.read(self.position, block) {
                self.error.get_or_insert(error);
            }
        }
        self.position += 1;
        let byte = self.block.get(within)?;
        self.digest.update(&[*byte]);
        // Not what the block held before.
        Some(*byte).filter(|_| self.error.is_none())
    }

    pub(super) fn skip_to(&mut self, position: usize) {
        while self.position < position {
            self.next();
        }
    }

    /// The checksum of the bytes so far.
    pub(super) fn checksum(&self) -> u32 {
        self.digest.clone().finalize()
    }

    pub(super) fn finish(self) -> Result<(), LoadError<S::Error>> {
        self.error.map_or(Ok(()), |error| Err(LoadError::Read(error)))
    }
}
