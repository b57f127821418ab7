//! What a fit tells, after each epoch and at its end.

use super::epoch::Score;
use crate::error::FitError;
use crate::scalar::Scalar;

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
