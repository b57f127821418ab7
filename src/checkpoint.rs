//! What was learnt, as bytes that outlive a reset, a change of the firmware, and a way over a wire: checkpoints.
//!
//! A [`Checkpoint`] is saved as an *image*: parameters, all that a training needs to go on, and a header that says what they are,
//! with a checksum. An image that is torn, foreign or from a later version is refused with an error that says so, before anything
//! is changed.
//!
//! ```
//! use downhill::{Adam, Checkpoint, CrossEntropy, Dense, Relu, Softmax, Trainer};
//! # use downhill::init::{Generator, He};
//!
//! type Net = (Dense<4, 8, Relu>, Dense<8, 3, Softmax>);
//! type Learning = Trainer<Net, CrossEntropy, Adam>;
//!
//! let mut trainer = Learning::new();
//! # trainer.start(Adam::new(0.01), &mut He(Generator::new(1)));
//! trainer.step(&[0.1, 0.2, 0.3, 0.4], &[0.0, 1.0, 0.0])?;
//!
//! let mut image = [0; Learning::IMAGE];
//! assert_eq!(Learning::IMAGE, 1044); // bytes
//! trainer.save(&mut image)?;
//!
//! // After a reset, or on another machine:
//! let mut other = Learning::new();
//! other.restore(&image)?;
//! assert_eq!(other.step(&[0.4, 0.3, 0.2, 0.1], &[1.0, 0.0, 0.0]), trainer.step(&[0.4, 0.3, 0.2, 0.1], &[1.0, 0.0, 0.0]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What an image holds
//!
//! | saved | sections |
//! |---|---|
//! | a [`Trainer`](crate::Trainer) | the parameters that learn; all that its training needs besides |
//! | a [`Predictor`](crate::Predictor), or a [`Network`] | the parameters that learn |
//! | a [`Value`], for learners that are made of others | all that is stored, as the state of a training |
//! | `(saved, more)`, `more` being [`Storable`](crate::Storable), such as a [`fit::State`](crate::fit::State) | those of `saved`; `more` |
//!
//! The loss is no part of it: a training may go on with another one.
//!
//! What is asked for has to be there, and may be less than what is there: a predictor takes the parameters from the image of a
//! trainer with any optimiser. What does not learn ([`Frozen`](crate::Frozen)) is no part of it, and stays.
//!
//! The bytes are described in `docs/checkpoint.md` in the repository. **They are stable**: every image that a released version
//! has written is read by all later ones, to the same bits (`tests/data/checkpoint`).
//!
//! With the feature `serde` there are [other formats](crate::storable#other-formats), which promise less.
//!
//! # Where images come from
//!
//! Everything is checked before anything is changed, so an image is read twice. A buffer in RAM or flash is a slice:
//! [`restore`](Checkpoint::restore). What can be read at any place, such as external flash, is a [`Source`]:
//! [`restore_from`](Checkpoint::restore_from). What is read once, a wire, fills a buffer first: [`receive`]. To keep images in
//! flash through power cuts there is the [`store`](crate::store).

mod check;
mod contents;
mod error;
mod format;
mod interface;
mod source;

pub use check::Check;
pub use contents::{Network, Value};
pub use error::{LoadError, ReceiveError, Refused};
pub(crate) use format::{CRC, write_parameters};
pub use format::{Kind, Places, Section, Sections};
pub use interface::{Checkpoint, check};
pub use source::{BLOCK, Seekable, Source, receive};
