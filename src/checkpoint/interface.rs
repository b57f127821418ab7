//! What can be saved and restored.

use super::check::Check;
use super::error::{LoadError, Refused};
use super::format::{CRC, CRC_BYTES, Kind, Places, Sections, header, image};
use super::source::{BLOCK, Reader, Source};
use crate::storable::WrongSize;

/// What can be saved as an image and restored from one; see the [module](super).
pub trait Checkpoint {
    /// What the image holds.
    const SECTIONS: Sections;

    /// Hands the bytes of a section to `write`, some at a time. A kind that is not among the [`SECTIONS`](Checkpoint::SECTIONS) is
    /// not asked for.
    fn store_section(&self, kind: Kind, write: &mut dyn FnMut(&[u8]));

    /// Takes the bytes of a section from `read`, as [`Storable::load`](crate::Storable::load) does.
    fn load_section(&mut self, kind: Kind, read: &mut dyn FnMut(&mut [u8]));

    /// Whether all parameters are finite: those of a training are, what was set by hand may not be. Otherwise the image would be
    /// refused when it is restored.
    fn is_sound(&self) -> bool {
        true
    }

    /// The number of bytes of the image.
    const IMAGE: usize = image(&Self::SECTIONS);

    /// Hands the image to `write`, some bytes at a time.
    fn image(&self, write: &mut dyn FnMut(&[u8])) {
        let mut digest = CRC.digest();
        let mut both = |bytes: &[u8]| {
            digest.update(bytes);
            write(bytes);
        };
        let (header, length) = header(const { &Self::SECTIONS }, Self::IMAGE);
        both(header.get(..length).unwrap_or_default());
        for section in const { &Self::SECTIONS }.iter().flatten() {
            self.store_section(section.kind, &mut both);
        }
        write(&digest.finalize().to_le_bytes());
    }

    /// Writes the image to a buffer.
    ///
    /// # Errors
    /// If the buffer has not [`IMAGE`](Checkpoint::IMAGE) bytes; nothing is written then.
    fn save(&self, image: &mut [u8]) -> Result<(), WrongSize> {
        WrongSize::check(Self::IMAGE, image.len())?;
        let mut places = image.iter_mut();
        self.image(&mut |bytes| bytes.iter().zip(places.by_ref()).for_each(|(from, to)| *to = *from));
        Ok(())
    }

    /// Writes the image to a stream, in blocks of [`BLOCK`] bytes, so that no copy of it is needed.
    ///
    /// # Errors
    /// That of the stream.
    fn save_to<W: embedded_io::Write>(&self, stream: &mut W) -> Result<(), W::Error> {
        let mut block = [0; BLOCK];
        let (mut filled, mut result) = (0, Ok(()));
        self.image(&mut |mut bytes| {
            while !bytes.is_empty() && result.is_ok() {
                let room = block.get_mut(filled..).unwrap_or_default();
                let taken = bytes.len().min(room.len());
                let (now, rest) = bytes.split_at_checked(taken).unwrap_or_default();
                room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
                (filled, bytes) = (filled + taken, rest);
                if filled == BLOCK {
                    result = stream.write_all(&block);
                    filled = 0;
                }
            }
        });
        result?;
        stream.write_all(block.get(..filled).unwrap_or_default())
    }

    /// Copies the bytes of the image from `offset` on to `bytes`, as many as there are. For who can take an image only piece by
    /// piece; each call goes through all that is before the piece.
    fn part(&self, offset: usize, bytes: &mut [u8]) {
        let mut start = 0;
        self.image(&mut |part| {
            let (from, to) = overlap(start, part.len(), offset, bytes.len());
            let found = part.get(from..).unwrap_or_default();
            bytes.get_mut(to..).unwrap_or_default().iter_mut().zip(found).for_each(|(to, from)| *to = *from);
            start += part.len();
        });
    }

    /// Restores from an image.
    ///
    /// # Errors
    /// What is wrong with the image; nothing is changed then.
    fn restore(&mut self, image: &[u8]) -> Result<(), Refused> {
        match self.restore_from(&mut { image }) {
            Ok(()) => Ok(()),
            Err(LoadError::Refused(refused)) => Err(refused),
            Err(LoadError::Read(never)) => match never {},
            Err(LoadError::Changed) => Err(Refused::Corrupt), // a slice stays as it is
        }
    }

    /// Restores from an image that can be read twice: the first time it is checked, the second time taken.
    ///
    /// # Errors
    /// What is wrong with the image; nothing is changed then. If the source fails only the second time, or has other bytes then,
    /// a part is changed: restore again, or start.
    fn restore_from<S: Source>(&mut self, source: &mut S) -> Result<(), LoadError<S::Error>> {
        let places = check::<Self, S>(source)?;
        let mut reader = Reader::new(source);
        for (kind, start, end) in places.of(const { &Self::SECTIONS }) {
            reader.skip_to(start);
            self.load_section(kind, &mut |bytes| reader.read(bytes, end));
        }
        let end = places.length() - CRC_BYTES;
        reader.skip_to(end);
        let (crc, mut found) = (reader.checksum(), [0; CRC_BYTES]);
        reader.read(&mut found, end + CRC_BYTES);
        reader.finish()?;
        if found == crc.to_le_bytes() { Ok(()) } else { Err(LoadError::Changed) }
    }

    /// Takes what lies between `offset` and `offset + bytes.len()` of an image that a [`Check`] has accepted. For who has it only
    /// piece by piece; each call goes through the whole value, and the last one completes it.
    fn load_part(&mut self, places: &Places, offset: usize, bytes: &[u8]) {
        for (kind, mut start, _) in places.of(const { &Self::SECTIONS }) {
            self.load_section(kind, &mut |part| {
                let (to, from) = overlap(start, part.len(), offset, bytes.len());
                let found = bytes.get(from..).unwrap_or_default();
                part.get_mut(to..).unwrap_or_default().iter_mut().zip(found).for_each(|(to, from)| *to = *from);
                start += part.len();
            });
        }
    }
}

/// Checks an image for a `C`, without changing anything.
///
/// # Errors
/// What is wrong with it.
pub fn check<C: Checkpoint + ?Sized, S: Source>(source: &mut S) -> Result<Places, LoadError<S::Error>> {
    let mut check = Check::new(const { &C::SECTIONS });
    let mut block = [0; BLOCK];
    let mut offset = 0;
    while offset < check.length().min(source.len()) {
        let length = (source.len() - offset).min(BLOCK);
        let block = block.get_mut(..length).unwrap_or_default();
        source.read(offset, block).map_err(LoadError::Read)?;
        check.feed(block).map_err(LoadError::Refused)?;
        offset += length;
    }
    check.finish().map_err(LoadError::Refused)
}

/// Where two ranges overlap: how far into each the overlap begins. One of them is 0; the other is at least its length if there is
/// no overlap.
fn overlap(start: usize, length: usize, other: usize, other_length: usize) -> (usize, usize) {
    if start + length <= other || other + other_length <= start {
        return (length, other_length);
    }
    (other.saturating_sub(start), start.saturating_sub(other))
}
