//! What learns from one sample after the other.

use crate::error::StepError;
use crate::layer::Infer;
use crate::scalar::Scalar;
use crate::shape::Shape;

/// What tells the loss of a sample without learning from it: a [`Learner`], or a
/// [`Predictor`](crate::Predictor::with_loss) that was given a loss.
pub trait Evaluate {
    /// The number type.
    type Scalar: Scalar;
    /// The inputs.
    type Input: Shape<Scalar = Self::Scalar>;
    /// The outputs, and the targets.
    type Output: Shape<Scalar = Self::Scalar>;

    /// The loss of a sample, and the outputs.
    ///
    /// # Errors
    /// What is not finite, or a target outside of the range of the loss.
    fn evaluate(&mut self, x: &Self::Input, target: &Self::Output) -> Result<(Self::Scalar, Self::Output), StepError>;

    /// The loss of a sample.
    ///
    /// # Errors
    /// As [`evaluate`](Evaluate::evaluate).
    fn loss(&mut self, x: &Self::Input, target: &Self::Output) -> Result<Self::Scalar, StepError> {
        self.evaluate(x, target).map(|(loss, _)| loss)
    }
}

/// Whatever learns from a sample, and predicts. A [`Trainer`](crate::Trainer) does; what goes around one, or learns in another
/// way, is trained by a [`Fit`](crate::Fit) too.
///
/// An error leaves weights and all that is kept for them as they were.
pub trait Learner: Evaluate {
    /// The network that learns.
    type Network: Infer<Scalar = Self::Scalar, Input = Self::Input, Output = Self::Output>;

    /// Learns from one sample that counts `weight` times as much as others, or once. Returns the loss before the update.
    ///
    /// # Errors
    /// Anything that is not finite, and hyperparameters out of range; see [`StepError`].
    fn step(
        &mut self,
        x: &Self::Input,
        target: &Self::Output,
        weight: Option<Self::Scalar>,
    ) -> Result<Self::Scalar, StepError>;

    /// Ends a [`Batch`](crate::Batch) that has fewer samples than its size.
    ///
    /// # Errors
    /// Hyperparameters out of range, which leave the samples waiting.
    fn flush(&mut self) -> Result<(), StepError>;

    /// Drops the samples that wait for the end of their batch.
    fn discard(&mut self);

    /// Clears what was kept for other weights: velocities, means, samples that wait.
    fn clear(&mut self);

    /// The outputs for the inputs `x`.
    fn predict(&mut self, x: &Self::Input) -> Self::Output;

    /// Seeds what is random in a step.
    fn seed(&mut self, seed: u32);

    /// The learning rate; `None` if there is none.
    fn rate(&self) -> Option<Self::Scalar>;

    /// Sets the learning rate.
    fn set_rate(&mut self, rate: Self::Scalar);

    /// The network.
    fn network(&self) -> &Self::Network;

    /// The network, to be written: call [`clear`](Learner::clear) after it.
    fn network_mut(&mut self) -> &mut Self::Network;
}
