//! Why nothing was saved or loaded.

use core::fmt;

use crate::checkpoint::Refused;

/// Why the store failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StoreError<E> {
    /// The flash failed.
    Flash(E),
    /// The range or the borders are not those of whole pages, each of whole blocks, inside of the flash.
    Borders,
    /// There is no room for two images.
    TooSmall {
        /// How many there is room for.
        images: u32,
        /// The bytes that an image takes in flash.
        bytes: u32,
    },
    /// There is no valid image.
    Empty,
    /// There is a valid image, but not of this program: of another network, for example. Nothing was changed.
    Refused(Refused),
    /// The flash has other bytes than what was written: it is worn out, or the pages are somebody else's.
    Unverified,
    /// The image that is in flash leaves no room: it is of another program, with larger images or more pages. Erase the pages.
    NoRoom,
    /// The numbers of images have come to their end. Only corrupt flash has such numbers: erase it.
    Exhausted,
}

impl<E: fmt::Display> fmt::Display for StoreError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash failed: {error}"),
            Self::Borders => f.write_str("the store's pages are not whole pages of the flash"),
            Self::TooSmall { images, bytes } => {
                write!(f, "there is room for {images} images of {bytes} bytes each in flash, and two are needed")
            }
            Self::Empty => f.write_str("there is no image in flash"),
            Self::Refused(refused) => refused.fmt(f),
            Self::Unverified => f.write_str("the flash has other bytes than what was written"),
            Self::NoRoom => f.write_str("the image in flash, of another program, leaves no room"),
            Self::Exhausted => f.write_str("the numbers of images have come to their end"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for StoreError<E> {}

/// What [`load_or`](super::Store::load_or) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Loaded<E> {
    /// It has restored the image of this number.
    Image(u32),
    /// It has started with what the firmware has, for this reason.
    Factory(StoreError<E>),
}
