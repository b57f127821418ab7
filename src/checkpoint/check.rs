//! Checks an image, as its bytes come.

use super::error::Refused;
use super::format::{
    CRC, CRC_BYTES, Digest, ENTRY, HEADER, Kind, MAGIC, Places, Section, Sections, VERSION, descriptions,
};

/// The check of an image whose bytes come in pieces.
pub struct Check {
    wanted: &'static Sections,
    digest: Digest,
    /// The bytes that have come.
    position: usize,
    /// The bytes of the image; of the header until that has come.
    length: usize,
    /// Where the table of the sections ends.
    table: usize,
    /// Collects the header, an entry of the table, or the checksum.
    field: [u8; ENTRY],
    /// Where the section of the next entry begins.
    start: usize,
    /// Where the sections that are wanted begin; 0 if they are not there.
    starts: [usize; 3],
    previous: u8,
    finite: bool,
    /// What is wrong with the sections, if the checksum holds.
    wrong: Option<Refused>,
}

impl Check {
    /// The check of an image that has to have these sections, of which no bytes have come: the
    /// [`SECTIONS`](super::Checkpoint::SECTIONS) of what is to be restored.
    pub fn new(wanted: &'static Sections) -> Self {
        Self {
            wanted,
            digest: CRC.digest(),
            position: 0,
            length: HEADER,
            table: HEADER,
            field: [0; ENTRY],
            start: 0,
            starts: [0; 3],
            previous: 0,
            finite: true,
            wrong: None,
        }
    }

    /// The bytes of the image; of its header as long as that has not come. No more are needed.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Takes the next bytes. What comes after the image is ignored.
    ///
    /// # Errors
    /// What shows before the end of the image.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Refused> {
        while !bytes.is_empty() && self.position < self.length {
            // As long as the header has not come, nothing is known of a checksum.
            let end = if self.position < HEADER { HEADER } else { self.length - CRC_BYTES };
            let (begin, size) = match self.position {
                at if at < HEADER => (0, HEADER),
                at if at < self.table => (at - (at - HEADER) % ENTRY, ENTRY),
                at if at < end => (at, end - at),
                _ => (end, CRC_BYTES),
            };
            let (now, rest) = bytes.split_at_checked(begin + size - self.position).unwrap_or((bytes, &[]));
            let next = self.position + now.len();
            if self.position < end {
                self.digest.update(now);
            }
            if self.position < self.table || self.position >= end {
                let field = self.field.get_mut(self.position - begin..).unwrap_or_default();
                field.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            } else {
                self.look_at_numbers(now);
            }
            self.position = next;
            bytes = rest;
            if self.position == HEADER {
                self.header()?;
            } else if self.position <= self.table && self.position == begin + size {
                self.entry();
            }
        }
        Ok(())
    }

    fn header(&mut self) -> Result<(), Refused> {
        let [m0, m1, m2, m3, v0, v1, s0, s1, l0, l1, l2, l3, ..] = self.field;
        let version = u16::from_le_bytes([v0, v1]);
        if [m0, m1, m2, m3] != MAGIC || version == 0 {
            return Err(Refused::NotAnImage);
        }
        if version > VERSION {
            return Err(Refused::Newer { version });
        }
        self.table = HEADER + ENTRY * usize::from(u16::from_le_bytes([s0, s1]));
        self.start = self.table;
        self.length = size(u32::from_le_bytes([l0, l1, l2, l3]));
        if self.table + CRC_BYTES > self.length { Err(Refused::Corrupt) } else { Ok(()) }
    }

    fn entry(&mut self) {
        let [kind, _, t0, t1, l0, l1, l2, l3, fingerprint @ ..] = self.field;
        let (tensors, length) = (u16::from_le_bytes([t0, t1]), size(u32::from_le_bytes([l0, l1, l2, l3])));
        let start = self.start;
        self.start = start.saturating_add(length);
        for (index, wanted) in self.wanted.iter().enumerate() {
            let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.kind as u8 == kind) else { continue };
            // Who reads an image does not go back: this section and those after it have not come yet.
            let mut later = self.starts.iter().skip(index);
            let wrong = if u64::from_le_bytes(fingerprint) != wanted.fingerprint {
                Refused::other(wanted.kind)
            } else if later.any(|start| *start != 0) || (length, tensors) != (wanted.length, wanted.tensors) {
                Refused::Corrupt
            } else {
                self.starts.iter_mut().skip(index).take(1).for_each(|found| *found = start);
                continue;
            };
            self.wrong.get_or_insert(wrong);
        }
    }

    /// Whether the numbers of the parameters among these bytes are finite: whether not all bits of an exponent are set.
    fn look_at_numbers(&mut self, bytes: &[u8]) {
        let [start, ..] = self.starts;
        let [Some(Section { kind: Kind::Parameters, number, tensors, length, .. }), ..] = *self.wanted else { return };
        // Behind a section that is longer than the memory, another one begins nowhere.
        let (first, end) = (start.saturating_add(descriptions(tensors)), start.saturating_add(length));
        let width = usize::from(number);
        let exponent = if width == 4 { 0x7F80 } else { 0x7FF0 };
        for byte in bytes {
            let high = u16::from_be_bytes([*byte, self.previous]) & exponent;
            let last = self.position.wrapping_sub(first) & (width - 1) == width - 1;
            self.finite &= !(high == exponent && last && start != 0 && (first..end).contains(&self.position));
            self.previous = *byte;
            self.position += 1;
        }
    }

    /// The result, where the sections are.
    ///
    /// # Errors
    /// What is wrong with the image.
    pub fn finish(&self) -> Result<Places, Refused> {
        if self.position < self.length {
            let known = self.position.min(MAGIC.len());
            let is_image = self.field.get(..known) == MAGIC.get(..known) || self.position >= HEADER;
            let truncated = Refused::Truncated { found: self.position, expected: self.length };
            return Err(if is_image { truncated } else { Refused::NotAnImage });
        }
        let [c0, c1, c2, c3, ..] = self.field;
        if u32::from_le_bytes([c0, c1, c2, c3]) != self.digest.clone().finalize()
            || self.start != self.length - CRC_BYTES
        {
            return Err(Refused::Corrupt);
        }
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        for (section, start) in self.wanted.iter().zip(self.starts) {
            if let Some(section) = section.as_ref().filter(|_| start == 0) {
                return Err(Refused::Missing(section.kind));
            }
        }
        if self.finite { Ok(Places { starts: self.starts, length: self.length }) } else { Err(Refused::NotFinite) }
    }
}

/// What is larger than an address is larger than any image here.
fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
