//! The bytes before an image; `docs/checkpoint.md` has the diagram.

use super::plan::Slot;
use crate::checkpoint::{BLOCK, CRC};

/// Half of the bits are others than in what begins a checkpoint image, which may begin a page, and than in erased flash.
pub(super) const MAGIC: [u8; 4] = *b"STO1";
pub(super) const HEADER: usize = 20;
pub(super) const COMMIT: usize = 8;

/// Where the parts are. Each begins with a word of the flash, so that no word is programmed twice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) unit: usize,
    pub(super) commit: usize,
    pub(super) mark: usize,
    pub(super) payload: usize,
}

impl Layout {
    /// The layout for these words and blocks. What does not fit together does not compile.
    pub(super) const fn new(write: usize, read: usize, block: usize) -> Self {
        let unit = if write > read { write } else { read };
        assert!(
            write > 0 && read > 0 && unit.is_multiple_of(write) && unit.is_multiple_of(read),
            "words to read and to write fit"
        );
        assert!(BLOCK.is_multiple_of(read), "READ_SIZE is at most 64");
        assert!(
            block > 0 && block.is_multiple_of(BLOCK) && block.is_multiple_of(unit),
            "a block has whole words, and a multiple of 64 bytes"
        );
        let commit = HEADER.next_multiple_of(unit);
        let mark = commit + COMMIT.next_multiple_of(unit);
        Self { unit, commit, mark, payload: (mark + unit).next_multiple_of(block) }
    }
}

pub(super) enum Header {
    Slot(Slot),
    /// It looks as if it had been one: the page was erased in part.
    Torn,
    None,
}

/// The header of an image: magic, number, base, bytes in flash, and the checksum of these.
pub(super) fn header(slot: &Slot) -> [u8; HEADER] {
    let [m0, m1, m2, m3] = MAGIC;
    let [s0, s1, s2, s3] = slot.sequence.to_le_bytes();
    let [b0, b1, b2, b3] = slot.base.to_le_bytes();
    let [n0, n1, n2, n3] = slot.bytes.to_le_bytes();
    let fields = [m0, m1, m2, m3, s0, s1, s2, s3, b0, b1, b2, b3, n0, n1, n2, n3];
    let [c0, c1, c2, c3] = CRC.checksum(&fields).to_le_bytes();
    [m0, m1, m2, m3, s0, s1, s2, s3, b0, b1, b2, b3, n0, n1, n2, n3, c0, c1, c2, c3]
}

pub(super) fn read_header(bytes: &[u8], page: u32) -> Header {
    let Some((found, _)) = bytes.split_first_chunk::<HEADER>() else { return Header::None };
    let [m0, m1, m2, m3, s0, s1, s2, s3, b0, b1, b2, b3, n0, n1, n2, n3, ..] = *found;
    let different = (u32::from_le_bytes([m0, m1, m2, m3]) ^ u32::from_le_bytes(MAGIC)).count_ones();
    if different > 8 {
        return Header::None; // another content, or erased
    }
    let sequence = u32::from_le_bytes([s0, s1, s2, s3]);
    let base = u32::from_le_bytes([b0, b1, b2, b3]);
    let slot = Slot { page, sequence, base, bytes: u32::from_le_bytes([n0, n1, n2, n3]) };
    if *found == header(&slot) && sequence > 0 { Header::Slot(slot) } else { Header::Torn }
}

/// The commit of an image, written after everything else: its number and the checksum of header and image.
pub(super) fn commit(slot: &Slot, crc: u32) -> [u8; COMMIT] {
    let [s0, s1, s2, s3] = slot.sequence.to_le_bytes();
    let [c0, c1, c2, c3] = crc.to_le_bytes();
    [s0, s1, s2, s3, c0, c1, c2, c3]
}
