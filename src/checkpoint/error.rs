//! Why an image is refused.

use core::fmt;

use super::format::Kind;

/// What is wrong with an image. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refused {
    /// It does not begin as an image does: it is something else, or erased flash.
    NotAnImage,
    /// It was written by a later version of the crate.
    Newer {
        /// The version of its format.
        version: u16,
    },
    /// It ends too early.
    Truncated {
        /// The bytes that there are.
        found: usize,
        /// The bytes that it says to have; at least those of the header.
        expected: usize,
    },
    /// Its checksum is not that of its bytes, or its lengths contradict each other.
    Corrupt,
    /// Its parameters are those of another architecture, or of one of which other layers learn.
    OtherNetwork,
    /// The network is the same, but not the optimiser, its slots, or the layers that have a state.
    OtherTraining,
    /// What was added to the learner is of another type.
    OtherAddition,
    /// It has no such section: for example, it is one of parameters alone, and a trainer is to be restored.
    Missing(Kind),
    /// A parameter is NaN or infinite: it was set by hand, a training leaves none.
    NotFinite,
}

impl Refused {
    /// That a section of this kind has another meaning.
    pub(super) fn other(kind: Kind) -> Self {
        match kind {
            Kind::Parameters => Self::OtherNetwork,
            Kind::Training => Self::OtherTraining,
            Kind::Added => Self::OtherAddition,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnImage => f.write_str("this is not a checkpoint image"),
            Self::Newer { version } => write!(f, "the image has format {version}, which is newer than this program"),
            Self::Truncated { found, expected } => write!(f, "the image ends after {found} of {expected} bytes"),
            Self::Corrupt => f.write_str("the image is damaged: its checksum or its lengths are wrong"),
            Self::OtherNetwork => f.write_str("the image is that of a network of another architecture"),
            Self::OtherTraining => {
                f.write_str("the image is that of another optimiser, or of layers with another state")
            }
            Self::OtherAddition => f.write_str("what was saved with the learner is of another type"),
            Self::Missing(kind) => write!(f, "the image has no {kind}"),
            Self::NotFinite => f.write_str("a parameter in the image is NaN or infinite"),
        }
    }
}

impl core::error::Error for Refused {}

/// Why an image was not loaded from a [`Source`](super::Source).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The source failed.
    Read(E),
    /// The image is wrong.
    Refused(Refused),
    /// The source had other bytes the second time, and they were taken.
    Changed,
}

impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "the source of the image failed: {error}"),
            Self::Refused(refused) => refused.fmt(f),
            Self::Changed => f.write_str("the image was another one when it was read again"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for LoadError<E> {}

/// Why an image was not [received](super::receive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReceiveError<E> {
    /// The stream failed.
    Read(E),
    /// It is no image, or ended too early.
    Refused(Refused),
    /// The image is larger than the buffer.
    TooLarge {
        /// The bytes that it says to have.
        image: usize,
        /// The bytes of the buffer.
        buffer: usize,
    },
}

impl<E: fmt::Display> fmt::Display for ReceiveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "the stream failed: {error}"),
            Self::Refused(refused) => refused.fmt(f),
            Self::TooLarge { image, buffer } => write!(f, "an image of {image} bytes, and a buffer of {buffer}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for ReceiveError<E> {}
