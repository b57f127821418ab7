//! Integer inference.

mod dense;
mod dot;
mod fixed;
mod layer;
mod network;
mod softmax;
mod table;
mod values;

pub use dense::{Clamp, Dense, PerChannel, PerTensor, Scales};
pub use fixed::{Double, Multiplier, Rounding, Single};
pub use layer::Layer;
pub use network::Network;
pub use softmax::Softmax;
pub use table::Table;
pub use values::{Quantization, Values};
