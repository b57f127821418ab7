//! Integer inference.

mod calibration;
mod convert;
mod dense;
mod dot;
mod fixed;
mod layer;
mod network;
mod range;
mod softmax;
mod table;
mod values;

pub use calibration::{Calibration, QuantizeError, Quantized, quantize};
pub use convert::{Quantizable, Quantize};
pub use dense::{Clamp, Dense, PerChannel, PerTensor, Scales};
pub use fixed::{Double, Multiplier, Rounding, Single};
pub use layer::Layer;
pub use network::Network;
pub use range::{MinMax, Quantiles, Range};
pub use softmax::Softmax;
pub use table::Table;
pub use values::{Quantization, Values};
