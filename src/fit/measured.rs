//! What the networks of a fit are compared by.

use super::best::Best;
use super::epoch::{Score, score};
use crate::error::{FitError, StepError};
use crate::learner::Learner;
use crate::metrics::Metric;
use crate::samples::Samples;
use crate::scalar::Scalar;

/// What the network is measured on after each epoch.
pub(super) struct Measured<'a, V: ?Sized, S: ?Sized> {
    pub validation: &'a V,
    /// In place of a validation without samples.
    pub training: Option<&'a S>,
}

/// The scores on both.
pub(super) type Scores<T> = [Option<Score<T>>; 2];

impl<V: ?Sized, S: ?Sized> Measured<'_, V, S> {
    pub(super) fn scores<T>(
        &self,
        trainer: &mut T,
        metric: &impl Metric<T::Scalar, T::Output>,
    ) -> Result<Scores<T::Scalar>, FitError>
    where
        T: Learner,
        V: Samples<Input = T::Input, Target = T::Output>,
        S: Samples<Input = T::Input, Target = T::Output>,
    {
        let validation = score(trainer, self.validation, metric)?;
        let training = match self.training {
            Some(samples) if validation.is_none() => score(trainer, samples, metric).map_err(|error| match error {
                FitError::Validation(index, error) => FitError::Step(index, error),
                error => error,
            })?,
            _ => None,
        };
        Ok([validation, training])
    }

    /// The loss of the network that enters, which [`Best`] keeps; `None` if it has none, as a network whose outputs or
    /// mean loss overflow.
    pub(super) fn enter<T>(
        &self,
        trainer: &mut T,
        metric: &impl Metric<T::Scalar, T::Output>,
        best: Option<&mut Best<T::Network>>,
    ) -> Result<Option<T::Scalar>, FitError>
    where
        T: Learner<Network: Copy>,
        V: Samples<Input = T::Input, Target = T::Output>,
        S: Samples<Input = T::Input, Target = T::Output>,
    {
        let loss = match self.scores(trainer, metric) {
            Ok([validation, training]) => {
                validation.or(training).map(|score| score.loss).filter(|loss| loss.is_finite())
            }
            // The samples are what is wrong.
            Err(
                error @ (FitError::Unreadable(_)
                | FitError::Step(_, StepError::Input | StepError::Target | StepError::Weight)
                | FitError::Validation(_, StepError::Input | StepError::Target | StepError::Weight)),
            ) => return Err(error),
            Err(_) => None,
        };
        if let (Some(best), Some(loss)) = (best, loss) {
            best.keep(trainer.network(), loss);
        }
        Ok(loss)
    }
}
