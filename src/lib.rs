// On docs.rs the README's relative links lead nowhere. Of two definitions of a link the first counts, and these come first.
#![doc = "[`CONTRIBUTING.md`]: https://docs.rs/crate/downhill/latest/source/CONTRIBUTING.md"]
#![doc = "[`docs/architecture.md`]: https://docs.rs/crate/downhill/latest/source/docs/architecture.md"]
#![doc = "[`docs/checkpoint.md`]: https://docs.rs/crate/downhill/latest/source/docs/checkpoint.md"]
#![doc = "[`docs/chips.md`]: https://docs.rs/crate/downhill/latest/source/docs/chips.md"]
#![doc = "[`docs/field.md`]: https://docs.rs/crate/downhill/latest/source/docs/field.md"]
#![doc = "[`docs/figures.md`]: https://docs.rs/crate/downhill/latest/source/docs/figures.md"]
#![doc = "[`docs/integer.md`]: https://docs.rs/crate/downhill/latest/source/docs/integer.md"]
#![doc = "[`docs/optimizers.md`]: https://docs.rs/crate/downhill/latest/source/docs/optimizers.md"]
#![doc = "[`docs/performance.md`]: https://docs.rs/crate/downhill/latest/source/docs/performance.md"]
#![doc = "[`docs/training.md`]: https://docs.rs/crate/downhill/latest/source/docs/training.md"]
#![doc = "[`docs/when-it-does-not-learn.md`]: https://docs.rs/crate/downhill/latest/source/docs/when-it-does-not-learn.md"]
#![doc = ""]
#![doc = include_str!("../README.md")]
// Its programs are compiled and run with the others.
#![cfg_attr(doctest, doc = include_str!("../docs/training.md"))]
#![cfg_attr(doctest, doc = include_str!("../docs/integer.md"))]
#![cfg_attr(all(doctest, feature = "heapless"), doc = include_str!("../docs/field.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!(
    "downhill needs SSE2 on x86: without it, floating point is the x87's, which rounds otherwise, and a training would not \
     end in the bits that it has elsewhere. Build for an i686 target, or with -Ctarget-feature=+sse,+sse2"
);

pub mod activation;
pub mod anomaly;
mod architecture;
pub mod averaged;
pub mod checkpoint;
pub mod committee;
pub mod dense;
mod digest;
pub mod drift;
pub mod dropout;
pub mod encode;
pub mod error;
pub mod fit;
pub mod frozen;
pub mod guard;
mod hint;
pub mod import;
pub mod init;
pub mod integer;
pub mod kernel;
pub mod layer;
pub mod learner;
mod learnt;
pub mod loss;
pub mod math;
pub mod metrics;
pub mod optimizer;
mod pairs;
pub mod permutation;
pub mod pieces;
pub mod predictor;
pub mod quantile;
pub mod quantized;
mod ratio;
mod refuse;
#[cfg(feature = "heapless")]
pub mod replay;
pub mod rule;
pub mod samples;
pub mod scalar;
pub mod scaled_rate;
pub mod scaler;
pub mod schedule;
#[cfg(feature = "serde")]
mod serial;
pub mod shape;
mod slots;
#[doc(hidden)]
pub mod soft;
pub mod storable;
pub mod store;
mod sum;
mod target;
pub mod tensor;
pub mod trainer;
mod tuples;
pub mod work;
mod zero;

pub use activation::{Activation, Identity, LeakyRelu, Relu, Sigmoid, Softmax, Tanh};
pub use architecture::Architecture;
pub use checkpoint::Checkpoint;
pub use dense::{Biased, Dense, Unbiased};
pub use digest::digest;
pub use dropout::Dropout;
pub use fit::{Best, Fit};
pub use frozen::{BiasOnly, Frozen, Owned};
pub use layer::{Infer, Layer};
pub use learner::{Evaluate, Learner};
pub use loss::{BinaryCrossEntropy, CrossEntropy, Huber, Loss, Masked, OfProbabilities, SquaredError};
pub use optimizer::{
    Adam, AdamW, Batch, ClipNorm, ClipSample, ClipValue, Momentum, Nesterov, Optimizer, RmsProp, Rprop, Sgd,
    WeightDecay,
};
pub use predictor::Predictor;
pub use ratio::Ratio;
pub use rule::{ChainRule, ErrorShare, RawError, Rule};
pub use samples::Samples;
pub use scalar::{Scalar, Zero};
pub use scaled_rate::ScaledRate;
pub use shape::Shape;
pub use storable::Storable;
pub use tensor::Tensor;
pub use trainer::{StepError, Trainer};
