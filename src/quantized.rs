//! Inference in integers of 8 bits: a quarter of the memory, and on chips without floating point about a nineteenth of the instructions.
//!
//! Activations are `i8` with a scale and a zero point ([`Quantization`]), weights `i8` with a scale per output or per layer, sums
//! `i32`. [`quantize`] makes such a network from one of `f32` that has learnt, on the device if need be, in place; or its layers are
//! written down, as those of a `TFLite` file:
//!
//! ```
//! use downhill::quantized::{Clamp, Dense, Layer, Network, PerChannel, Quantization, Single, Softmax};
//! use downhill::Predictor;
//!
//! const X: Quantization = Quantization::new(0.01, -128);
//! const HIDDEN: Quantization = Quantization::new(0.02, -128);
//! const Z: Quantization = Quantization::new(0.05, 3);
//! type Layers = (Dense<2, 3>, Dense<3, 2, PerChannel, Single>, Softmax<2>);
//!
//! static NETWORK: Network<Layers> = Network::new(
//!     X,
//!     (
//!         Dense::per_channel([[100, -20], [50, 60], [-3, 127]], [10, 0, -20], [0.01; 3], (X, HIDDEN), Clamp::Relu),
//!         Dense::per_channel([[100, 20, -128], [-90, 3, 127]], [0, 50], [0.01, 0.02], (HIDDEN, Z), Clamp::None),
//!         Softmax::new(Z),
//!     ),
//!     Quantization::UNIT,
//! ); // in flash
//!
//! let y = Predictor::new(&NETWORK).predict(&[0.5, 1.5]); // real numbers
//! let q = NETWORK.layers.predict(&[-78, 22]); // the same in integers: nothing here needs floating point
//! assert_eq!(q.map(|q| Quantization::UNIT.real(q)), y);
//! ```
//!
//! # Which bits
//!
//! With [`Single`], the outputs are bit for bit those of the reference kernels of `TFLite`'s runtime, `ai-edge-litert` 2.3.0:
//! `tests/quantized.rs` compares 70,000 vectors of layers and 10,000 of each of three networks. With [`Double`], dense layers are requantised as by CMSIS-NN and
//! `TFLite` for microcontrollers; one output of some thousands differs by 1. Both are integers alone, equal on every chip.
//!
//! # From a `TFLite` file
//!
//! `downhill.convert_tflite("net.tflite", "net.safetensors")` of the package for Python takes an int8 model of dense layers here, and
//! prints its type. [`import!`](crate::import!) reads the file while compiling, and [`load`] at run time:
//!
//! ```
//! use downhill::quantized::{Dense, Layer, Network, Softmax};
//! use downhill::import;
//!
//! type Net = Network<(Dense<64, 32>, Dense<32, 10>, Softmax<10>)>;
//! static NET: Net = import!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/quantized/digits.safetensors")); // in flash
//!
//! let y = NET.layers.predict(&[-32; 64]);
//! let shares: i32 = y.iter().map(|y| i32::from(*y) + 128).sum();
//! assert!((251..=261).contains(&shares)); // of 256; each is rounded
//! ```
//!
//! The multipliers of sums, and what biases and zero points add up to, are computed from these tensors, `P` being the place of a layer
//! in its tuple:
//!
//! | name | numbers | shape | |
//! |---|---|---|---|
//! | `input.scale`, `input.zero_point` | `F32`, `I8` | 1 | of the network's inputs |
//! | `P.weight` | `I8` | outputs, inputs | of [`Dense`]; networks of real numbers have (inputs, outputs) |
//! | `P.bias` | `I32` | outputs | in steps of the scale of inputs times that of weights |
//! | `P.scale` | `F32` | outputs, or 1 | of the weights: [`PerChannel`] or [`PerTensor`] |
//! | `P.clamp` | `I8` | 1 | 0 none, 1 `Relu`, 2 `Relu6`, 3 `Unit` |
//! | `P.table` | `I8` | 256 | of [`Table`]: the outputs for -128, -127, ..., 127 |
//! | `P.output.scale`, `P.output.zero_point` | `F32`, `I8` | 1 | of the outputs of a `Dense` or `Table`; the inputs of the next layer |
//!
//! A [`Softmax`] has no tensor. The metadata is that of other networks; [`replay`](crate::import::replay) compares with reference
//! samples, if a file has them. Convolutions are refused as long as there is no such layer.
//!
//! # How it fits in
//!
//! Layers of integers have a trait of their own, [`Layer`]: [`Infer`](crate::Infer) is for numbers that are a
//! [`Scalar`](crate::Scalar), with arithmetic, functions and kernels of real numbers, which an `i8` is not. A [`Network`] around them
//! takes real numbers and gives some: it implements `Infer`, so a [`Predictor`](crate::Predictor) runs it, and its accuracy is measured
//! like that of any network: [`fit::evaluate`](crate::fit::evaluate) with a metric and
//! `Predictor::new(&network).with_loss::<SquaredError>()`. [`CrossEntropy`](crate::CrossEntropy) does not compile, also where a [`Softmax`] is last: a share of
//! 0 has no logarithm.
//!
//! There is no NaN among integers: a NaN in the inputs of `predict` counts as one of the ends of the range, and the answer looks like any
//! other. [`Evaluate::loss`](crate::Evaluate::loss) refuses it.
//!
//! # Overflow
//!
//! No sum can overflow; each type says why. Bytes that were never stored may be loaded: outputs have no meaning then, and nothing
//! panics.

mod calibration;
mod constant;
mod convert;
mod dense;
mod dot;
mod fixed;
mod layer;
mod load;
mod network;
mod range;
mod softmax;
mod table;
mod values;
mod wrapped;

pub use calibration::{Calibration, QuantizeError, Quantized, quantize};
pub use convert::{Quantizable, Quantize};
pub use dense::{Clamp, Dense, PerChannel, PerTensor, Scales};
pub use fixed::{Double, Multiplier, Rounding, Single};
pub use layer::Layer;
pub use load::{Loadable, load};
pub use network::Network;
pub use range::{MinMax, Quantiles, Range};
pub use softmax::Softmax;
pub use table::Table;
pub use values::{Quantization, Values};
pub use wrapped::Pass;
