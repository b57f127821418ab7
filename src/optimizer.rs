//! How a gradient becomes new weights.
//!
//! An [`Optimizer`] says what becomes of one parameter and its gradient, and what must be kept for that from step to
//! step: its *slot*. The [`Trainer`](crate::Trainer) holds one slot per parameter, so the type tells the memory:
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
//! Others go around one of these, and change the gradient on its way in: [`WeightDecay`], [`ClipValue`], [`ClipNorm`].
//! They are read from the outside in: `Batch<ClipNorm<WeightDecay<Adam>>>` sums gradients, limits the norm of their
//! mean, adds the decay, and hands the result to Adam. [`Batch`] goes around all of these, because they act on what it
//! collects; around [`Batch`] goes [`ClipSample`] alone, which limits what each sample adds.

mod adaptive;
mod batch;
mod descent;
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
