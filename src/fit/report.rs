//! What a fit tells: after each epoch, at its end, and when it fails.

use core::fmt;

use super::Score;
use crate::scalar::Scalar;
use crate::trainer::StepError;

/// An epoch that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Epoch<T = f32> {
    /// Counts from 1.
    pub number: u32,
    /// The learning rate.
    pub rate: T,
    /// The mean of the training losses, each before its update: what the network was like on the way, not what it is
    /// now.
    pub loss: T,
    /// How good the network is now on the validation samples, if there are any.
    pub validation: Option<Score<T>>,
    /// How good the network is now on the training samples. Measured if there are no validation samples and a
    /// [`Best`](super::Best) is given.
    pub training: Option<Score<T>>,
    /// Whether its [`decisive`](Epoch::decisive) loss is below that of all epochs before, and of the network that
    /// entered the fit.
    pub best: bool,
}

impl<T: Scalar> Epoch<T> {
    /// The loss by which epochs are compared: that of the validation samples; or of the training samples, measured
    /// after the epoch; or, if nothing is measured, the mean of the training losses.
    ///
    /// The first two are losses of the weights that a [`Best`](super::Best) keeps.
    pub fn decisive(&self) -> T {
        self.validation.as_ref().or(self.training.as_ref()).map_or(self.loss, |score| score.loss)
    }
}

/// How a fit went.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outcome<T = f32> {
    /// The seed of the order of the samples.
    pub seed: u32,
    /// How many epochs were completed.
    pub epochs: u32,
    /// The loss of the network that entered, if it was a candidate: see [`Fit::entering`](super::Fit::entering).
    pub entering: Option<T>,
    /// The best of them; `None` if none was better than the network that entered, or none was completed.
    pub best: Option<Epoch<T>>,
    /// Why there were no more.
    pub end: End,
}

/// Why a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum End {
    /// All epochs are done.
    Completed,
    /// No epoch was better for too long.
    Patience,
    /// The callback said so.
    Stopped,
    /// An epoch could not be completed. Only an outcome of [`restarts`](super::Fit::restarts) has this, if the best
    /// network came from a run that failed later.
    Failed(FitError),
}

/// Why a fit failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FitError {
    /// There is nothing to learn from.
    NoSamples,
    /// A [`stream`](super::Fit::stream) with a [`Best`](super::Best) has no validation samples: nothing tells which
    /// network is the best.
    NoValidation,
    /// The rate that the [schedule](crate::schedule) gives for this epoch, counted from 1, is not positive, or above 2^26.
    Schedule(u32),
    /// The sample of this index can't be read.
    Unreadable(usize),
    /// The step with the training sample of this index was refused, or it has no loss when the network is measured.
    Step(usize, StepError),
    /// The validation sample of this index has no loss.
    Validation(usize, StepError),
    /// The update at the end of the last batch was refused.
    Batch(StepError),
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSamples => f.write_str("there is nothing to learn from"),
            Self::NoValidation => f.write_str("a stream needs validation samples to find the best network"),
            Self::Schedule(epoch) => {
                write!(f, "the schedule's learning rate of epoch {epoch} is not positive and at most 2^26")
            }
            Self::Unreadable(index) => write!(f, "sample {index} can't be read"),
            Self::Step(index, error) => write!(f, "sample {index}: {error}"),
            Self::Validation(index, error) => write!(f, "validation sample {index}: {error}"),
            Self::Batch(error) => write!(f, "the last batch: {error}"),
        }
    }
}

impl core::error::Error for FitError {}
