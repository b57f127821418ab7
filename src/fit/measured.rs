//! What the networks of a fit are compared by.

use super::best::Best;
use super::epoch::{Score, score};
use crate::error::{FitError, StepError};
use crate::layer::Layer;
use crate::loss::Loss;
use crate::metrics::Metric;
use crate::optimizer::Optimizer;
use crate::rule::Rule;
use crate::samples::Samples;
use crate::scalar::Scalar;
use crate::trainer::Trainer;

/// What the network is measured on after each epoch.
pub(super) struct Measured<'a, V: ?Sized, S: ?Sized> {
    pub validation: &'a V,
    /// In place of a validation without samples.
    pub training: Option<&'a S>,
}

/// The scores on both.
pub(super) type Scores<T> = [Option<Score<T>>; 2];

impl<V: ?Sized, S: ?Sized> Measured<'_, V, S> {
    pub(super) fn scores<N, L, P, R, const B: usize>(
        &self,
        trainer: &mut Trainer<N, L, P, B, R>,
        metric: &impl Metric<N::Scalar, N::Output>,
    ) -> Result<Scores<N::Scalar>, FitError>
    where
        N: Layer,
        L: Loss,
        P: Optimizer<N::Scalar>,
        R: Rule,
        V: Samples<Input = N::Input, Target = N::Output>,
        S: Samples<Input = N::Input, Target = N::Output>,
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
    pub(super) fn enter<N, L, P, R, const B: usize>(
        &self,
        trainer: &mut Trainer<N, L, P, B, R>,
        metric: &impl Metric<N::Scalar, N::Output>,
        best: Option<&mut Best<N>>,
    ) -> Result<Option<N::Scalar>, FitError>
    where
        N: Layer + Copy,
        L: Loss,
        P: Optimizer<N::Scalar>,
        R: Rule,
        V: Samples<Input = N::Input, Target = N::Output>,
        S: Samples<Input = N::Input, Target = N::Output>,
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
            best.keep(&trainer.network, loss);
        }
        Ok(loss)
    }
}
