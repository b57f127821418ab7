//! A `.safetensors` file that lies in memory: its header, its metadata, and where its tensors are.

use core::str::from_utf8;

use crate::import::error::ImportError;
use crate::import::json::{Cursor, Malformed, Object, Quoted, Sizes, hexadecimal};
use crate::import::text::Text;

/// The version of the conventions.
pub(crate) const VERSION: &str = "1";

/// A file whose header can be read to its end.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    header: Object<'a>,
    data: &'a [u8],
}

/// What a header describes.
enum Entry<'a> {
    Tensor(Found<'a>),
    Metadata(Object<'a>),
}

/// A tensor as the header describes it.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) name: Quoted<'a>,
    pub(crate) shape: Sizes,
    number: Quoted<'a>,
    /// Its first byte, and the one behind its last.
    place: (usize, usize),
}

/// A tensor as a network has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) name: Text,
    pub(crate) shape: Sizes,
    /// `f32`, `f64`, `i8` or `i32`.
    pub(crate) number: &'static str,
}

impl<'a> File<'a> {
    /// Reads the header.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) const fn open(bytes: &'a [u8]) -> Result<Self, ImportError> {
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Err(ImportError::Length { bytes: bytes.len(), expected: 8 });
        };
        let length = u64::from_le_bytes(*length);
        // What no address can say is no length of this file.
        let length = if length > usize::MAX as u64 { usize::MAX } else { length as usize };
        let Some((header, data)) = rest.split_at_checked(length) else {
            return Err(ImportError::Length { bytes: bytes.len(), expected: length.saturating_add(8) });
        };
        if let Err(error) = from_utf8(header) {
            return Err(ImportError::Header { byte: 8 + error.valid_up_to() });
        }
        let file = Self { header: Object::at(Cursor(header)), data };
        let (total, tiles) = match extent(file.header) {
            Ok(extent) => extent,
            Err(Malformed(left)) => return Err(ImportError::Header { byte: 8 + length - left }),
        };
        if total != data.len() {
            return Err(ImportError::Length { bytes: bytes.len(), expected: total.saturating_add(8 + length) });
        }
        if !tiles {
            return Err(ImportError::Overlap);
        }
        match ok!(file.metadata("downhill")) {
            None => Err(ImportError::NoVersion),
            Some(version) if !version.is(VERSION) => Err(ImportError::Version(version.text())),
            Some(_) => Ok(file),
        }
    }

    /// The tensors.
    pub(crate) const fn tensors(&self) -> Tensors<'a> {
        Tensors(self.header)
    }

    /// The value of an entry of the metadata.
    const fn metadata(&self, key: &str) -> Result<Option<Quoted<'a>>, ImportError> {
        let (mut header, mut value) = (self.header, None);
        while let Ok(Some(entry)) = entry(&mut header) {
            let Entry::Metadata(mut fields) = entry else { continue };
            while let Ok(Some(name)) = fields.next() {
                let Ok(text) = fields.cursor.string() else { break };
                if name.is(key) && value.replace(text).is_some() {
                    return Err(ImportError::Twice(Text::EMPTY.and(key)));
                }
            }
        }
        Ok(value)
    }

    /// The tensor of this name.
    pub(crate) const fn find(&self, name: &Text) -> Result<Option<Found<'a>>, ImportError> {
        let (mut tensors, mut found) = (self.tensors(), None);
        while let Some(tensor) = tensors.next() {
            if tensor.name.is(name.as_str()) && found.replace(tensor).is_some() {
                return Err(ImportError::Twice(*name));
            }
        }
        Ok(found)
    }

    /// The bytes of a tensor, if it is as expected and all of its numbers, if they are real, are finite.
    pub(crate) const fn data(&self, expected: &Expected) -> Result<&'a [u8], ImportError> {
        let Expected { name: tensor, shape, number } = *expected;
        if tensor.is_full() {
            return Err(ImportError::LongName(tensor));
        }
        let Some(found) = ok!(self.find(&tensor)) else {
            return Err(ImportError::Missing { tensor, network: shape });
        };
        let (name, size, is_real) = match number.as_bytes() {
            b"f32" => ("F32", 4, true),
            b"i8" => ("I8", 1, false),
            b"i32" => ("I32", 4, false),
            _ => ("F64", 8, true),
        };
        if !found.number.is(name) || !found.shape.is(shape) {
            let file = (found.number.text(), found.shape);
            return Err(ImportError::Mismatch { tensor, file, network: (number, shape) });
        }
        match (found.bytes(self.data), shape.bytes(size)) {
            (Some(bytes), Some(length)) if bytes.len() == length => {
                if !is_real || is_finite(bytes, size) {
                    Ok(bytes)
                } else {
                    Err(ImportError::NotFinite(tensor))
                }
            }
            _ => Err(ImportError::Bytes(tensor)),
        }
    }

    /// An error if the file says that it is of a network of another fingerprint.
    pub(crate) const fn is_of(&self, network: u64) -> Result<(), ImportError> {
        let Some(digits) = ok!(self.metadata("architecture")) else { return Ok(()) };
        match hexadecimal(digits.0) {
            Some(file) if file == network && digits.0.len() == 16 => Ok(()),
            _ => {
                let text = ok!(self.metadata("network"));
                let file = if let Some(text) = text { text } else { digits };
                Err(ImportError::Architecture { file: file.text(), network })
            }
        }
    }
}

impl<'a> Found<'a> {
    const fn bytes(&self, data: &'a [u8]) -> Option<&'a [u8]> {
        let Some((before, _)) = data.split_at_checked(self.place.1) else { return None };
        let Some((_, bytes)) = before.split_at_checked(self.place.0) else { return None };
        Some(bytes)
    }
}

/// The tensors of a header, one after the other.
pub(crate) struct Tensors<'a>(Object<'a>);

impl<'a> Tensors<'a> {
    pub(crate) const fn next(&mut self) -> Option<Found<'a>> {
        while let Ok(Some(entry)) = entry(&mut self.0) {
            if let Entry::Tensor(tensor) = entry {
                return Some(tensor);
            }
        }
        None
    }
}

/// Reads a header to its end, behind which there is nothing but space. Returns how many bytes its tensors have, and whether each
/// begins where another one ends, from the first byte to the last.
const fn extent(mut header: Object) -> Result<(usize, bool), Malformed> {
    let all = header;
    let (mut total, mut left) = (0_usize, 0_usize);
    while let Some(entry) = ok!(entry(&mut header)) {
        if let Entry::Tensor(Found { place: (start, end), .. }) = entry {
            total = total.saturating_add(end.saturating_sub(start));
            left += (start != end) as usize;
        }
    }
    header.cursor.skip_space();
    if !header.cursor.0.is_empty() {
        return header.cursor.malformed();
    }
    let mut position = 0;
    while let Some(end) = end_of(Tensors(all), position) {
        (position, left) = (end, left - 1);
    }
    Ok((total, left == 0 && position == total))
}

/// Where the tensor ends that begins here.
const fn end_of(mut tensors: Tensors, position: usize) -> Option<usize> {
    while let Some(Found { place: (start, end), .. }) = tensors.next() {
        if start == position && end > start {
            return Some(end);
        }
    }
    None
}

/// The next entry of a header, if there is one. A tensor has three fields, each once.
const fn entry<'a>(header: &mut Object<'a>) -> Result<Option<Entry<'a>>, Malformed> {
    let Some(name) = ok!(header.next()) else { return Ok(None) };
    let mut object = Object::at(header.cursor);
    let entry = if name.is("__metadata__") {
        while ok!(object.next()).is_some() {
            ok!(object.cursor.string());
        }
        Entry::Metadata(Object::at(header.cursor))
    } else {
        let (mut number, mut shape, mut place) = (None, None, None);
        while let Some(field) = ok!(object.next()) {
            if field.is("dtype") && number.is_none() {
                number = Some(ok!(object.cursor.string()));
            } else if field.is("shape") && shape.is_none() {
                shape = Some(ok!(object.cursor.sizes()));
            } else if field.is("data_offsets") && place.is_none() {
                place = Some(ok!(object.cursor.pair()));
            } else {
                return object.cursor.malformed();
            }
        }
        match (number, shape, place) {
            (Some(number), Some(shape), Some(place)) => Entry::Tensor(Found { name, shape, number, place }),
            _ => return object.cursor.malformed(),
        }
    };
    header.cursor = object.cursor;
    Ok(Some(entry))
}

/// Whether no number, of 4 or 8 bytes, has an exponent of ones.
const fn is_finite(bytes: &[u8], size: usize) -> bool {
    if size == 4 {
        let (mut numbers, _) = bytes.as_chunks();
        loop {
            numbers = match numbers {
                [[_, _, 0x80..=0xFF, 0x7F | 0xFF], ..] => return false,
                [_, rest @ ..] => rest,
                [] => return true,
            }
        }
    }
    let (mut numbers, _) = bytes.as_chunks();
    loop {
        numbers = match numbers {
            [[_, _, _, _, _, _, 0xF0..=0xFF, 0x7F | 0xFF], ..] => return false,
            [_, rest @ ..] => rest,
            [] => return true,
        }
    }
}
