//! Samples kept and learnt from again, with the crate `heapless`: a network that learns from one sample after the other forgets
//! what it does not see any more, unless it rehearses.
//!
//! A [`Rehearsal`] wraps a learner, keeps some of its samples in a [`Buffer`], and repeats steps from it. Around a
//! [`Scaling`](crate::scaler::Scaling) one the samples are raw:
//!
//! ```
//! use downhill::replay::{Buffer, Class, Codes, Fifo, Rehearsal};
//! use downhill::scaler::{Scaling, Standardizer};
//! # use downhill::init::{Generator, Xavier};
//! use downhill::{CrossEntropy, Dense, Learner, Sgd, Softmax, Tanh, Trainer};
//!
//! type Net = (Dense<8, 16, Tanh>, Dense<16, 3, Softmax>);
//! // The last 256 samples, 8 inputs of 8 bits each (8 bytes), with a range for each of the 8 features.
//! type Kept = Buffer<Codes<[f32; 8], 8, 8, 8>, Class, Fifo, 256>;
//! type Learning = Rehearsal<Scaling<Trainer<Net, CrossEntropy, Sgd>, Standardizer<8>>, Kept>;
//!
//! let mut learning = Learning::new(4); // four replayed steps with each sample that arrives
//! learning.learner.scaler = Standardizer::new(1000);
//! learning.learner.learner.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
//! # let stream = [([1.0; 8], [1.0, 0.0, 0.0]), ([2.0; 8], [0.0, 1.0, 0.0])];
//! for (x, target) in &stream {
//!     learning.observe(x);
//!     let outputs = learning.predict(x);
//!     learning.learn(x, target, None)?;
//! #   assert!(outputs[0] > 0.0);
//! }
//! # Ok::<(), downhill::StepError>(())
//! ```
//!
//! # What is kept
//!
//! Samples are kept raw, and scaled anew when they are replayed, by the means and variances of that time.
//!
//! | policy | keeps | for |
//! |---|---|---|
//! | [`Fifo`] | the last samples | streams that drift |
//! | [`Reservoir`] | any of all samples with the same probability | streams that stay as they are |
//! | [`Balanced`] | as many of each class | classes that come one after the other |
//!
//! | row | bytes for `I` inputs | for |
//! |---|---|---|
//! | [`Raw`] | `4 I` | where memory is no concern |
//! | [`Codes`] of 8 bits | `I` | all streams |
//! | of 4 bits | `I / 2` | most streams, for up to .5 points of accuracy |
//! | of 2 and of 1 bit | `I / 4`, `I / 8` | pixels, and other inputs of which nearly low or high is all that counts |
//!
//! # From a window or a vector of `heapless`
//!
//! [`window`] copies a [`HistoryBuf`] of a signal, oldest first. A full [`heapless::Vec`] is a sample by its `into_array`.

mod buffer;
mod codec;
mod label;
mod memory;
mod policy;
mod rehearsal;
mod window;

pub use buffer::Buffer;
pub use codec::{Codec, Codes, Raw};
pub use heapless::HistoryBuf;
pub use label::{Class, Label};
pub use memory::Memory;
pub use policy::{Balanced, Fifo, Policy, Reservoir};
pub use rehearsal::Rehearsal;
pub use window::window;
