//! What a fit tells, after each epoch and at its end.

use super::data::{Validate, Validation};
use super::epoch::Score;
use crate::error::FitError;
use crate::learner::Evaluate;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, storable};

/// An epoch that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Epoch<T = f32, V = ()> {
    /// Counts from 1.
    pub number: u32,
    /// The learning rate.
    pub rate: T,
    /// The mean of the training losses, each before its update: what the network was like on the way, not what it is
    /// now.
    pub loss: T,
    /// How good the network is now on the validation samples: a [`Score`], or `()` if none are given.
    pub validation: V,
    /// How good the network is now on the training samples. Measured if there are no validation samples and a
    /// [`Best`](super::Best) is given.
    pub training: Option<Score<T>>,
    /// Whether its [`decisive`](Epoch::decisive) loss is below that of all epochs before, and of the network that
    /// entered the fit.
    pub best: bool,
}

impl<T: Scalar, V: Zero> Zero for Epoch<T, V> {
    const ZERO: Self =
        Self { number: 0, rate: T::ZERO, loss: T::ZERO, validation: V::ZERO, training: None, best: false };
}

storable!("epoch": [T: Scalar, V: Storable] Epoch<T, V> {
    number: u32, rate: T, loss: T, validation: V, training: Option<Score<T>>, best: bool
});

impl<T: Scalar, V: Validation<T>> Epoch<T, V> {
    /// The loss by which epochs are compared: that of the validation samples; or of the training samples, measured
    /// after the epoch; or, if nothing is measured, the mean of the training losses.
    ///
    /// The first two are losses of the weights that a [`Best`](super::Best) keeps.
    pub fn decisive(&self) -> T {
        self.validation.loss().or(self.training.map(|score| score.loss)).unwrap_or(self.loss)
    }
}

/// An epoch of a learner `T` that is measured on `V`: `()`, or a reference to samples.
pub type EpochOf<T, V> = Epoch<<T as Evaluate>::Scalar, <V as Validate<T>>::Score>;

/// How a fit went.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outcome<T = f32, V = ()> {
    /// The seed of the order of the samples.
    pub seed: u32,
    /// How many epochs were completed.
    pub epochs: u32,
    /// The loss of the network that entered, if it was a candidate: see [`Fit::entering`](super::Fit::entering).
    pub entering: Option<T>,
    /// The best of them; `None` if none was better than the network that entered, or none was completed.
    pub best: Option<Epoch<T, V>>,
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
    /// The callback said so, or the fit was ended before its time.
    Stopped,
    /// An epoch could not be completed. Only an outcome of [`restarts`](super::Fit::restarts) has this, if the best
    /// network came from a run that failed later.
    Failed(FitError),
}
