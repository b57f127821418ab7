#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod activation;
pub mod dense;
mod digest;
pub mod encode;
pub mod init;
mod kernel;
pub mod layer;
pub mod loss;
pub mod math;
pub mod metrics;
pub mod optimizer;
pub mod rule;
pub mod scalar;
pub mod trainer;

// For benches/host, until the trainer has batches.
#[cfg(not(target_os = "none"))]
#[doc(hidden)]
pub use kernel::{descend_samples, forward_samples};

pub use activation::{Identity, LeakyRelu, Relu, Sigmoid, Softmax, Tanh};
pub use dense::{Biased, Dense, Unbiased};
pub use digest::digest;
pub use layer::Layer;
pub use loss::{BinaryCrossEntropy, CrossEntropy, SquaredError};
pub use optimizer::{Momentum, Sgd};
pub use rule::{ChainRule, ErrorShare, RawError};
pub use scalar::{Scalar, Zero};
pub use trainer::{StepError, Trainer};
