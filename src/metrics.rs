//! How good a network is: accuracies and errors that are chosen by type, and the confusion matrix of a classifier.
//!
//! | last activation | targets | metrics |
//! |---|---|---|
//! | [`Softmax`](crate::Softmax), or several [`Sigmoid`](crate::Sigmoid) outputs of which one is right | one per class | [`Argmax`], [`MacroF1::<C>(Argmax)`](MacroF1), [`Kappa::<C>(Argmax)`](Kappa) |
//! | [`Softmax`](crate::Softmax), or [`Sigmoid`](crate::Sigmoid) with one output | as above, or near 0 and 1 | [`LogLoss`] |
//! | [`Sigmoid`](crate::Sigmoid) with one output | near 0 and 1 | [`Threshold`], [`BinaryF1(Threshold)`](BinaryF1), [`MacroF1::<2>(Threshold)`](MacroF1), [`Kappa::<2>(Threshold)`](Kappa) |
//! | [`Sigmoid`](crate::Sigmoid) with one output per label | near 0 and 1 | [`Threshold`], which is the Hamming accuracy, [`SubsetAccuracy`], [`LabelMacroF1`], [`LabelMicroF1`] |
//! | [`Tanh`](crate::Tanh) with one output, or one per label | around 0 | as of [`Sigmoid`](crate::Sigmoid), with [`Sign`] in place of [`Threshold`] |
//! | [`Identity`](crate::Identity) | numbers | [`R2`], [`MeanSquaredError`], [`RootMeanSquaredError`], [`MeanAbsoluteError`] |
//!
//! [`fit::evaluate`](crate::fit::evaluate) computes one over samples. For a stream, of which each sample is predicted before it is
//! learnt from, there are [`Overall`], [`Windowed`] and [`Fading`].

mod accuracy;
mod classes;
mod confusion;
mod count;
mod labels;
mod log_loss;
mod metric;
mod prequential;
mod regression;
mod streaming;
mod table;

pub use accuracy::{Argmax, Sign, SubsetAccuracy, Tally, Threshold};
pub use classes::{BinaryF1, Kappa, MacroF1};
pub use confusion::ConfusionMatrix;
pub use count::Count;
pub use labels::{LabelCounts, LabelMacroF1, LabelMicroF1};
pub use log_loss::LogLoss;
pub use metric::{Decision, Level, Metric};
pub use prequential::{Fading, Overall, Windowed};
pub use regression::{FadedMoments, MeanAbsoluteError, MeanSquaredError, Moments, R2, RootMeanSquaredError};
pub use streaming::{Mean, Streaming};
