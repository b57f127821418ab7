//! Losses: the value, and the gradient with respect to the outputs.
//!
//! Which loss goes with which activation in the last layer:
//!
//! | loss | last activation | targets |
//! |---|---|---|
//! | [`SquaredError`], [`Huber`] | any | any finite number that the activation can reach |
//! | [`BinaryCrossEntropy`] | [`Sigmoid`](crate::Sigmoid) | 0 to 1 |
//! | [`CrossEntropy`] | [`Softmax`](crate::Softmax), of two outputs or more | not negative; they usually sum to 1 |
//! | [`OfProbabilities`] of the last two | any whose outputs are from 0 to 1 | as above |
//! | [`Masked`] of the first four | as above | as above, or [`unknown`] |
//!
//! Any other pair does not compile. Targets outside of the range are refused as
//! [`StepError::Target`](crate::StepError::Target).

mod interface;
mod kinds;
mod masked;

pub use interface::Loss;
pub(crate) use interface::{gradient_and_value, linked};
pub use kinds::{BinaryCrossEntropy, CrossEntropy, Huber, OfProbabilities, SquaredError};
pub use masked::{Masked, unknown};
