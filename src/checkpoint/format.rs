//! The layout of an image; `docs/checkpoint.md` has the diagram.

// `image` makes sure that lengths fit into 32 bits; a tuple has at most 8 layers, and a tensor 4 sizes.
#![allow(clippy::cast_possible_truncation)]

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc};

use crate::layer::Layer;
use crate::learnt;
use crate::slots::Slots;
use crate::storable::Storable;
use crate::tensor::Name;

#[cfg(not(feature = "crc-table"))]
type Way = crc::NoTable;
#[cfg(feature = "crc-table")]
type Way = crc::Table<1>;

pub(crate) static CRC: Crc<u32, Way> = Crc::<u32, Way>::new(&CRC_32_ISO_HDLC);

pub(super) type Digest = crc::Digest<'static, u32, Way>;

pub(super) const MAGIC: [u8; 4] = *b"dhck";
pub(super) const VERSION: u16 = 1;
pub(super) const HEADER: usize = 12;
pub(super) const ENTRY: usize = 16;
pub(super) const CRC_BYTES: usize = 4;
/// The bytes that describe a tensor, and those of its name among them.
const TENSOR: usize = 40;
const NAME: usize = 23;

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// The parameters that learn, with names and shapes.
    Parameters = 1,
    /// What else a training needs to go on with the same bits.
    Training = 2,
    /// What the user has added.
    Added = 3,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parameters => "parameters",
            Self::Training => "state of a training",
            Self::Added => "addition to the learner",
        })
    }
}

/// A section of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    pub(super) kind: Kind,
    /// The bytes of a number, for parameters.
    pub(super) number: u8,
    pub(super) tensors: u16,
    pub(super) length: usize,
    pub(super) fingerprint: u64,
}

/// At most one section of each kind.
pub type Sections = [Option<Section>; 3];

impl Section {
    /// The parameters of a network that learn.
    pub const fn parameters<N: Layer>() -> Self {
        let tensors = <N::Slots<()> as Slots<()>>::PARTS;
        Self {
            kind: Kind::Parameters,
            number: size_of::<N::Scalar>() as u8,
            tensors: tensors as u16,
            length: tensors * TENSOR + learnt::parameters::<N>(),
            fingerprint: learnt::meaning::<N>(),
        }
    }

    /// The state of a training, of this length and [layout](Storable::LAYOUT).
    pub const fn training(length: usize, layout: u64) -> Self {
        Self { kind: Kind::Training, number: 0, tensors: 0, length, fingerprint: layout }
    }

    /// What is added.
    pub const fn added<S: Storable>() -> Self {
        Self { kind: Kind::Added, number: 0, tensors: 0, length: S::SIZE, fingerprint: S::LAYOUT }
    }
}

/// The bytes before the numbers of the parameters.
pub(super) fn descriptions(tensors: u16) -> usize {
    usize::from(tensors) * TENSOR
}

/// The bytes of an image. What does not fit into the format's 32 bits does not compile.
pub(super) const fn image(sections: &Sections) -> usize {
    let mut bytes = (HEADER + CRC_BYTES) as u64;
    let mut rest: &[Option<Section>] = sections;
    while let [section, next @ ..] = rest {
        if let Some(section) = section {
            bytes += (ENTRY + section.length) as u64;
        }
        rest = next;
    }
    assert!(bytes <= u32::MAX as u64, "a checkpoint has at most 4 GiB");
    bytes as usize
}

/// The bytes before the sections, and how many they are.
#[inline(never)]
pub(super) fn header(sections: &Sections, length: usize) -> ([u8; HEADER + 3 * ENTRY], usize) {
    let mut header = [0; HEADER + 3 * ENTRY];
    let mut filled = 0;
    let mut put = |bytes: &[u8]| {
        header.iter_mut().skip(filled).zip(bytes).for_each(|(to, from)| *to = *from);
        filled += bytes.len();
    };
    put(&MAGIC);
    put(&VERSION.to_le_bytes());
    put(&(sections.iter().flatten().count() as u16).to_le_bytes());
    put(&(length as u32).to_le_bytes());
    for section in sections.iter().flatten() {
        put(&[section.kind as u8, section.number]);
        put(&section.tensors.to_le_bytes());
        put(&(section.length as u32).to_le_bytes());
        put(&section.fingerprint.to_le_bytes());
    }
    (header, filled)
}

/// The parameters that learn: first what describes each tensor, then their numbers.
pub(crate) fn write_parameters<N: Layer>(network: &N, write: &mut dyn FnMut(&[u8])) {
    learnt::each(network, &mut |name, shape, _| write(&describe(name, shape)));
    learnt::store_parameters(network, write);
}

#[inline(never)]
fn describe(name: Name, shape: &[usize]) -> [u8; TENSOR] {
    let mut description = [0; TENSOR];
    if let Some((text, sizes)) = description.split_first_chunk_mut::<NAME>() {
        name.copy_to(text, 0);
        if let Some((rank, sizes)) = sizes.split_first_mut() {
            *rank = shape.len() as u8;
            for (to, size) in sizes.as_chunks_mut().0.iter_mut().zip(shape) {
                *to = (*size as u32).to_le_bytes();
            }
        }
    }
    description
}

/// Where the sections are in an image that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where each section that was wanted begins.
    pub(super) starts: [usize; 3],
    pub(super) length: usize,
}

impl Places {
    /// The bytes of the image.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The sections, with where their values begin and end.
    pub(super) fn of(&self, sections: &'static Sections) -> impl Iterator<Item = (Kind, usize, usize)> + use<> {
        let places = self.starts.into_iter().zip(sections);
        places.filter_map(|(start, section)| {
            // What describes the tensors is for others.
            section
                .as_ref()
                .map(|section| (section.kind, start + descriptions(section.tensors), start + section.length))
        })
    }
}
