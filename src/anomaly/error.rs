//! Why a sample has no verdict.

use core::fmt;

use crate::error::StepError;

/// Why a detector gave no verdict. Learner and state are what they were before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AnomalyError {
    /// The quantile is not above 0 and below 1.
    Quantile,
    /// The fade is not above 0 and at most 1.
    Fade,
    /// The tolerance is not positive and finite.
    Tolerance,
    /// The learner refuses the sample.
    Step(StepError),
}

impl fmt::Display for AnomalyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantile => f.write_str("the quantile is not above 0 and below 1"),
            Self::Fade => f.write_str("the fade is not above 0 and at most 1"),
            Self::Tolerance => f.write_str("the tolerance is not positive and finite"),
            Self::Step(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AnomalyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Step(error) = self { Some(error) } else { None }
    }
}
