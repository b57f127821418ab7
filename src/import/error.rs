//! Why a file is refused.

use core::fmt;

use crate::error::StepError;
pub use crate::import::json::Sizes;
pub use crate::import::text::Text;

/// Why a file is refused. Nothing has been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ImportError {
    /// The file ends before its header does.
    Truncated {
        /// The bytes that there are.
        bytes: usize,
    },
    /// The header is not that of a `.safetensors` file.
    Header {
        /// The byte of the file that can't be read.
        byte: usize,
    },
    /// The file follows a version of the conventions that this crate does not know: a newer one.
    Version(Text<16>),
    /// The file has no tensor of this name.
    Missing(Text),
    /// The file has more than one tensor, or entry of its metadata, of this name.
    Twice(Text),
    /// A tensor has another number type.
    NumberType {
        /// Its name.
        tensor: Text,
        /// The type in the file, as that writes it.
        file: Text<8>,
        /// The type in the network.
        network: &'static str,
    },
    /// A tensor has other sizes.
    Shape {
        /// Its name.
        tensor: Text,
        /// The sizes in the file.
        file: Sizes,
        /// The sizes in the network.
        network: Sizes,
    },
    /// The file does not have as many bytes as this tensor takes, or not where the header says: it is truncated or damaged.
    Bytes(Text),
    /// A number of this tensor is NaN or infinite.
    NotFinite(Text),
    /// The file has a tensor of a layer that the network has not.
    Unknown(Text),
    /// A tensor that can't be written, because it is frozen, differs from the file's.
    Frozen(Text),
    /// A name of the network is longer than 31 bytes.
    LongName(Text),
    /// The layers are others, though their tensors fit: other activations for example.
    Architecture {
        /// The network of the file, as that calls it.
        file: Text<88>,
        /// The [fingerprint](crate::Architecture::fingerprint) of the network.
        network: u64,
    },
    /// The network refuses the reference inputs.
    Reference(StepError),
}

impl ImportError {
    /// The message.
    pub(crate) const fn message(&self) -> Text<240> {
        let text = Text::EMPTY;
        match self {
            Self::Truncated { bytes } => {
                text.and("the file ends within its header, after ").number(*bytes).and(" bytes")
            }
            Self::Header { byte } => {
                text.and("the header is not that of a .safetensors file: byte ").number(*byte).and(" can't be read")
            }
            Self::Version(version) => {
                let text = text.and("the file has version `").and(version.as_str());
                text.and("` of the conventions, and this crate knows version 1 alone")
            }
            Self::Missing(name) => tensor(name).and("is missing in the file"),
            Self::Twice(name) => text.and("`").and(name.as_str()).and("` is in the file more than once"),
            Self::NumberType { tensor: name, file, network } => {
                tensor(name).and("the file has numbers of type ").and(file.as_str()).and(", the network ").and(network)
            }
            Self::Shape { tensor: name, file, network } => {
                network.write(file.write(tensor(name).and("the file has ")).and(", the network "))
            }
            Self::Bytes(name) => tensor(name).and("the file does not have its bytes: it is truncated or damaged"),
            Self::NotFinite(name) => tensor(name).and("a number is NaN or infinite"),
            Self::Unknown(name) => tensor(name).and("the network does not have it"),
            Self::Frozen(name) => tensor(name).and("it is frozen, and the file has other numbers"),
            Self::LongName(name) => tensor(name).and("the name is longer than 31 bytes"),
            Self::Architecture { file, network } => {
                let text = text.and("the file has another network: ").and(file.as_str());
                text.and(if file.is_full() { ".." } else { "" })
                    .and("; the fingerprint of this one is ")
                    .hexadecimal(*network)
            }
            Self::Reference(_) => text.and("the network refuses the reference inputs"),
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
