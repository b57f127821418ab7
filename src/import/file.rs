//! A `.safetensors` file that lies in memory: its header, its metadata, and where its tensors are.

use core::str::from_utf8;

use crate::import::error::ImportError;
use crate::import::json::{Cursor, Quoted, Sizes, hexadecimal};
use crate::import::text::Text;

/// The version of the conventions.
pub(crate) const VERSION: &str = "1";

/// A file whose header was read to its end.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    header: &'a [u8],
    data: &'a [u8],
}

/// A tensor as the header describes it.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) name: Quoted<'a>,
    pub(crate) number: Quoted<'a>,
    pub(crate) shape: Sizes,
    place: Sizes,
}

/// A tensor that is expected: in [`File::data`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) name: Text,
    pub(crate) shape: Sizes,
    /// The number type in Rust.
    pub(crate) number: &'static str,
}

impl<'a> File<'a> {
    /// Reads the header.
    pub(crate) const fn open(bytes: &'a [u8]) -> Result<Self, ImportError> {
        let truncated = Err(ImportError::Truncated { bytes: bytes.len() });
        let Some((length, rest)) = bytes.split_first_chunk() else { return truncated };
        let length = u64::from_le_bytes(*length);
        // What is longer than an address can say is longer than the file.
        let length = if length > rest.len() as u64 { usize::MAX } else { length as usize };
        let Some((header, data)) = rest.split_at_checked(length) else { return truncated };
        if let Err(error) = from_utf8(header) {
            return Err(ImportError::Header { byte: 8 + error.valid_up_to() });
        }
        let file = Self { header, data };
        let mut entries = file.entries();
        while let Some(Entry::Tensor(_) | Entry::Metadata(_)) = entries.step() {}
        // An object that has ended, and nothing behind it.
        if !entries.done || !entries.cursor.ends() {
            return Err(ImportError::Header { byte: 8 + header.len() - entries.cursor.0.len() });
        }
        match file.metadata("downhill") {
            Ok(Some(version)) if !version.is(VERSION) => Err(ImportError::Version(version.text())),
            Ok(_) => Ok(file),
            Err(error) => Err(error),
        }
    }

    pub(crate) const fn entries(&self) -> Entries<'a> {
        Entries { cursor: Cursor(self.header), first: true, done: false }
    }

    /// The value of an entry of the metadata.
    const fn metadata(&self, key: &str) -> Result<Option<Quoted<'a>>, ImportError> {
        let (mut entries, mut value) = (self.entries(), None);
        while let Some(entry) = entries.step() {
            let Entry::Metadata(mut fields) = entry else { continue };
            while let Some(Some((name, text))) = fields.step() {
                if name.is(key) && value.replace(text).is_some() {
                    return Err(ImportError::Twice(Text::EMPTY.and(key)));
                }
            }
        }
        Ok(value)
    }

    /// The tensor of this name.
    pub(crate) const fn find(&self, name: &Text) -> Result<Found<'a>, ImportError> {
        let (mut entries, mut found) = (self.entries(), None);
        while let Some(tensor) = entries.next() {
            if tensor.name.is(name.as_str()) && found.replace(tensor).is_some() {
                return Err(ImportError::Twice(*name));
            }
        }
        match found {
            Some(tensor) => Ok(tensor),
            None if name.is_full() => Err(ImportError::LongName(*name)),
            None => Err(ImportError::Missing(*name)),
        }
    }

    /// The bytes of a tensor, if it is as expected and all of its numbers are finite.
    pub(crate) const fn data(&self, expected: &Expected) -> Result<&'a [u8], ImportError> {
        let tensor = expected.name;
        let found = match self.find(&tensor) {
            Ok(found) => found,
            Err(error) => return Err(error),
        };
        // f32 or f64, as Rust has it.
        let (number, size) = if matches!(expected.number.as_bytes(), b"f32") { ("F32", 4) } else { ("F64", 8) };
        if !found.number.is(number) {
            return Err(ImportError::NumberType { tensor, file: found.number.text(), network: expected.number });
        }
        if !found.shape.is(expected.shape) {
            return Err(ImportError::Shape { tensor, file: found.shape, network: expected.shape });
        }
        match found.bytes(self.data, size) {
            Some(bytes) if is_finite(bytes, size) => Ok(bytes),
            Some(_) => Err(ImportError::NotFinite(tensor)),
            None => Err(ImportError::Bytes(tensor)),
        }
    }

    /// Whether the file is of a network of this fingerprint, or does not say.
    pub(crate) const fn is_of(&self, network: u64) -> Result<(), ImportError> {
        match self.metadata("architecture") {
            Ok(None) => Ok(()),
            Ok(Some(digits)) if matches!(fingerprint(digits), Some(file) if file == network) => Ok(()),
            Ok(Some(digits)) => match self.metadata("network") {
                Ok(text) => {
                    let file = if let Some(text) = text { text } else { digits };
                    Err(ImportError::Architecture { file: file.text(), network })
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

const fn fingerprint(digits: Quoted) -> Option<u64> {
    if digits.0.len() == 16 { hexadecimal(digits.0) } else { None }
}

impl<'a> Found<'a> {
    /// The bytes, if they are as many as numbers of this size take.
    const fn bytes(&self, data: &'a [u8], size: usize) -> Option<&'a [u8]> {
        let Sizes { rank: 2, sizes: [start, end, ..] } = self.place else { return None };
        let (mut length, mut sizes): (_, &[usize]) = (size, &self.shape.sizes);
        let mut rank = self.shape.rank;
        while let ([size, rest @ ..], 1..) = (sizes, rank) {
            let Some(product) = length.checked_mul(*size) else { return None };
            (length, sizes, rank) = (product, rest, rank - 1);
        }
        let Some((before, _)) = data.split_at_checked(end) else { return None };
        match before.split_at_checked(start) {
            Some((_, bytes)) if bytes.len() == length => Some(bytes),
            _ => None,
        }
    }
}

/// Whether no number, of 4 or 8 bytes, has an exponent of ones.
const fn is_finite(bytes: &[u8], size: usize) -> bool {
    if size == 4 {
        let (mut numbers, _) = bytes.as_chunks();
        while let [[_, _, low, high], rest @ ..] = numbers {
            if *high & 0x7F == 0x7F && *low & 0x80 == 0x80 {
                return false;
            }
            numbers = rest;
        }
    } else {
        let (mut numbers, _) = bytes.as_chunks();
        while let [[_, _, _, _, _, _, low, high], rest @ ..] = numbers {
            if *high & 0x7F == 0x7F && *low & 0xF0 == 0xF0 {
                return false;
            }
            numbers = rest;
        }
    }
    true
}

/// What is in a header, one after the other.
pub(crate) struct Entries<'a> {
    cursor: Cursor<'a>,
    first: bool,
    done: bool,
}

enum Entry<'a> {
    Tensor(Found<'a>),
    Metadata(Fields<'a>),
}

impl<'a> Entries<'a> {
    /// The next tensor.
    pub(crate) const fn next(&mut self) -> Option<Found<'a>> {
        loop {
            match self.step() {
                Some(Entry::Tensor(tensor)) => return Some(tensor),
                Some(Entry::Metadata(_)) => {}
                None => return None,
            }
        }
    }

    /// The next entry. At the end of the header `done` is set; otherwise it can't be read.
    const fn step(&mut self) -> Option<Entry<'a>> {
        if self.first && !self.cursor.take(b'{') {
            return None;
        }
        let goes_on = self.cursor.goes_on(self.first, b'}');
        self.first = false;
        if let Some(false) = goes_on {
            self.done = true;
        }
        let Some(true) = goes_on else { return None };
        let Some(name) = self.cursor.name() else { return None };
        if name.is("__metadata__") {
            let fields = Fields { cursor: self.cursor, first: true };
            let mut all = fields;
            loop {
                match all.step() {
                    Some(Some(_)) => {}
                    end => {
                        self.cursor = all.cursor;
                        return if end.is_some() { Some(Entry::Metadata(fields)) } else { None };
                    }
                }
            }
        }
        match tensor(&mut self.cursor, name) {
            Some(tensor) => Some(Entry::Tensor(tensor)),
            None => None,
        }
    }
}

/// The metadata: names and texts.
#[derive(Clone, Copy)]
struct Fields<'a> {
    cursor: Cursor<'a>,
    first: bool,
}

impl<'a> Fields<'a> {
    /// The next field, `Some(None)` at the end; `None` if it can't be read.
    const fn step(&mut self) -> Option<Option<(Quoted<'a>, Quoted<'a>)>> {
        if self.first && !self.cursor.take(b'{') {
            return None;
        }
        let goes_on = self.cursor.goes_on(self.first, b'}');
        self.first = false;
        match goes_on {
            Some(true) => match (self.cursor.name(), self.cursor.string()) {
                (Some(name), Some(text)) => Some(Some((name, text))),
                _ => None,
            },
            Some(false) => Some(None),
            None => None,
        }
    }
}

/// The description of a tensor: each of its three fields once, and no other.
const fn tensor<'a>(cursor: &mut Cursor<'a>, name: Quoted<'a>) -> Option<Found<'a>> {
    if !cursor.take(b'{') {
        return None;
    }
    let (mut number, mut shape, mut place, mut first) = (None, None, None, true);
    while let Some(true) = cursor.goes_on(first, b'}') {
        first = false;
        let Some(field) = cursor.name() else { return None };
        let read = if field.is("dtype") && number.is_none() {
            number = cursor.string();
            number.is_some()
        } else if field.is("shape") && shape.is_none() {
            shape = cursor.sizes();
            shape.is_some()
        } else if field.is("data_offsets") && place.is_none() {
            place = cursor.sizes();
            place.is_some()
        } else {
            false
        };
        if !read {
            return None;
        }
    }
    // Where the loop has ended at something else than a brace, the next entry can't be read.
    match (number, shape, place) {
        (Some(number), Some(shape), Some(place)) => Some(Found { name, number, shape, place }),
        _ => None,
    }
}
