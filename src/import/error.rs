//! Why a file is refused.

use core::fmt;

use crate::error::StepError;
pub use crate::import::json::Sizes;
pub use crate::import::text::Text;
use crate::scalar::Scalar;

/// Why a file is refused. Nothing has been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ImportError {
    /// The file is shorter or longer than its header says: it is truncated or damaged.
    Length {
        /// The bytes that there are.
        bytes: usize,
        /// The bytes that there have to be.
        expected: usize,
    },
    /// The header is not that of a `.safetensors` file.
    Header {
        /// The byte of the file that can't be read.
        byte: usize,
    },
    /// The tensors of the file overlap, or leave gaps.
    Overlap,
    /// The metadata has no `downhill`, so that the file may follow other conventions: `PyTorch` has the transposes of the weights.
    NoVersion,
    /// The file follows a version of the conventions that this crate does not know: a newer one.
    Version(Text<16>),
    /// The file has no tensor of this name.
    Missing {
        /// Its name.
        tensor: Text,
        /// The sizes in the network.
        network: Sizes,
    },
    /// The file has more than one tensor, or entry of its metadata, of this name.
    Twice(Text),
    /// A tensor has other sizes, or numbers of another type.
    Mismatch {
        /// Its name.
        tensor: Text,
        /// The number type in the file, as that writes it, and the sizes there.
        file: (Text<8>, Sizes),
        /// The number type in the network, and the sizes there.
        network: (&'static str, Sizes),
    },
    /// The header gives the tensor another number of bytes than its sizes.
    Bytes(Text),
    /// A tensor to save has more than four sizes.
    Rank(Text),
    /// The name of an extra tensor to save is that of another one or begins as that of a layer does, or it is none.
    Name(Text),
    /// A number of this tensor is NaN or infinite.
    NotFinite(Text),
    /// The file has a tensor of a layer that the network has not.
    Unknown(Text),
    /// A tensor that can't be written, because it is frozen, differs from the file's.
    Frozen(Text),
    /// A scale of a quantised network is not positive, or one of inputs or outputs is outside of 2^-29 to 2^31.
    Scale(Text),
    /// With this scale of the weights, the sums of a quantised layer were multiplied by 2^30 or more.
    Multiplier(Text),
    /// The number of a quantised layer's clamp is none.
    Clamp(Text),
    /// A name is longer than 39 bytes.
    LongName(Text),
    /// The layers are others, though their tensors fit: other activations for example.
    Architecture {
        /// The network of the file, as that calls it.
        file: Text<88>,
        /// The [fingerprint](crate::Architecture::fingerprint) of the network.
        network: u64,
    },
    /// The file has no reference samples.
    NoReference,
    /// The network refuses a reference input.
    Reference(StepError),
}

impl ImportError {
    /// A tensor has so many numbers, and other sizes.
    pub(super) fn of_count<T: Scalar>(tensor: Text, shape: &[usize], count: usize) -> Self {
        let number = T::NAME;
        let file = (Text::EMPTY.and(number), Sizes::of(shape));
        Self::Mismatch { tensor, file, network: (number, Sizes::of(&[count])) }
    }

    /// The message.
    pub(crate) const fn message(&self) -> Text<240> {
        let text = Text::EMPTY;
        match self {
            Self::Length { bytes, expected } => {
                let text = text.and("the file has ").number(*bytes).and(" bytes, and by its header it would have ");
                text.number(*expected).and(": it is truncated, damaged or another kind of file")
            }
            Self::Header { byte } => {
                text.and("the header is not that of a .safetensors file: byte ").number(*byte).and(" can't be read")
            }
            Self::Overlap => text.and("the tensors of the file overlap, or leave gaps"),
            Self::NoVersion => text.and("the metadata has no `downhill`: the file may follow other conventions"),
            Self::Version(version) => {
                let text = text.and("the file has version `").and(version.as_str());
                text.and("` of the conventions, and this crate knows version 1 alone")
            }
            Self::Missing { tensor: name, network } => {
                network.write(tensor(name).and("the file does not have it, the network has "))
            }
            Self::Twice(name) => text.and("the file has `").and(name.as_str()).and("` more than once"),
            Self::Mismatch { tensor: name, file: (file, sizes), network: (number, expected) } => {
                let text = sizes.write(tensor(name).and("the file has ").and(file.as_str()).and(" "));
                expected.write(text.and(", the network ").and(number).and(" "))
            }
            Self::Bytes(name) => tensor(name).and("the header gives it another number of bytes than its sizes"),
            Self::Rank(name) => tensor(name).and("it has more than four sizes"),
            Self::Name(name) => tensor(name).and("an extra tensor can't have this name"),
            Self::NotFinite(name) => tensor(name).and("a number is NaN or infinite"),
            Self::Unknown(name) => tensor(name).and("the file has it, the network does not"),
            Self::Frozen(name) => tensor(name).and("it is frozen, and the file has other numbers"),
            Self::Scale(name) => {
                tensor(name).and("a scale is not positive, or one of values is outside of 2^-29 to 2^31")
            }
            Self::Multiplier(name) => tensor(name).and("the factor from sums to outputs is 2^30 or more"),
            Self::Clamp(name) => tensor(name).and("no clamp has this number"),
            Self::LongName(name) => tensor(name).and("the name is longer than 39 bytes"),
            Self::Architecture { file, network } => {
                let text = text.and("the file has another network: ").and(file.as_str());
                text.and(if file.is_full() { ".." } else { "" })
                    .and("; the fingerprint of this one is ")
                    .hexadecimal(*network)
            }
            Self::NoReference => text.and("the file has no reference samples"),
            Self::Reference(_) => text.and("the network refuses a reference input"),
        }
    }
}

const fn tensor<const N: usize>(name: &Text) -> Text<N> {
    Text::EMPTY.and("tensor `").and(name.as_str()).and("`: ")
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().as_str())?;
        if let Self::Reference(error) = self { write!(f, ": {error}") } else { Ok(()) }
    }
}

impl core::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Reference(error) = self { Some(error) } else { None }
    }
}
