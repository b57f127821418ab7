//! How a gradient becomes new weights.
//!
//! An [`Optimizer`] defines how a gradient changes one parameter, and what is kept for this parameter from step to
//! step: its *slot*. The [`Trainer`](crate::Trainer) holds one slot per parameter, so the type determines the memory:
//!
//! | optimiser | keeps per parameter | of `f32` |
//! |---|---|---|
//! | [`Sgd`] | nothing | 0 bytes |
//! | [`Momentum`], [`Nesterov`] | the velocity | 4 |
//! | [`RmsProp`] | the mean square of the gradient | 4 |
//! | [`Adam`], [`AdamW`] | the means of the gradient and its square | 8 |
//! | [`Rprop`] | the last gradient and the size of the next change | 8 |
//! | [`Batch`] around one of them | the sum of gradients | 4 more |
//!
//! Others wrap one of these, and change the gradient before they pass it on: [`WeightDecay`], [`ClipValue`],
//! [`ClipNorm`]. They are read from the outside in: `Batch<ClipNorm<WeightDecay<Adam>>>` sums gradients, limits the
//! norm of their mean, adds the decay, and passes the result to Adam. [`Batch`] wraps all of these, because they act on
//! the mean that it collects. Only [`ClipSample`], which limits what each sample adds, wraps a [`Batch`].

mod adaptive;
mod batch;
mod descent;
#[cfg(vfp)]
mod fused;
mod inner;
mod interface;
mod modifier;
mod norm;
pub(crate) mod usual;

pub use adaptive::{Adam, AdamW, RmsProp, Rprop, RpropSlot};
pub use batch::Batch;
pub(crate) use batch::Collect;
pub use descent::{Momentum, Nesterov, Sgd};
pub use interface::{Collected, Gradient, Optimizer, Parameters, Sum};
pub(crate) use interface::{apply, mean, update};
pub use modifier::{ClipValue, WeightDecay};
pub(crate) use norm::shrink;
pub use norm::{ClipNorm, ClipSample};
