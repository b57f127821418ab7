//! What learns from one sample after the other.

use crate::error::StepError;
use crate::layer::Infer;
pub use crate::learnt::Learnt;
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
    /// What predicts, as it can be kept and used apart from the learner: the network of a [`Trainer`](crate::Trainer); of a
    /// learner that is made of others, theirs together.
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

    /// Shows the learner the inputs of a sample that has arrived, before it is predicted and its target is known: a scaler learns from
    /// them. [`learn`](Learner::learn) from it later. Returns false, and changes nothing, if the inputs are of no use.
    fn observe(&mut self, x: &Self::Input) -> bool {
        let _ = x;
        true
    }

    /// The rest of a [`step`](Learner::step) from a sample that was [observed](Learner::observe).
    ///
    /// # Errors
    /// As [`step`](Learner::step).
    fn learn(
        &mut self,
        x: &Self::Input,
        target: &Self::Output,
        weight: Option<Self::Scalar>,
    ) -> Result<Self::Scalar, StepError> {
        self.step(x, target, weight)
    }

    /// A step from a sample that is no part of the stream, such as one from a buffer or the factory: of the sample nothing is kept.
    /// What scales its inputs does not see it, and a buffer does not take it.
    ///
    /// # Errors
    /// As [`step`](Learner::step).
    fn rehearse(
        &mut self,
        x: &Self::Input,
        target: &Self::Output,
        weight: Option<Self::Scalar>,
    ) -> Result<Self::Scalar, StepError> {
        self.step(x, target, weight)
    }

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

    /// Copies the network that [`predict`](Learner::predict) uses.
    fn copy_network(&self, to: &mut Self::Network)
    where
        Self::Network: Copy;

    /// Moves the parameters of `to` that learn towards those of this network, `to += rate (network - to)`, with a rate from 0 to 1;
    /// settings are copied. A parameter that would not stay finite is copied, too.
    fn blend_network(&self, to: &mut Self::Network, rate: Self::Scalar);

    /// Goes on from another network: takes its parameters that learn, and the settings of layers; what is [`Frozen`](crate::Frozen) stays.
    /// Call [`clear`](Learner::clear) after it.
    fn set_network(&mut self, from: &Self::Network);

    /// The outputs of another network, with the scratch of this learner.
    fn predict_with(&mut self, network: &Self::Network, x: &Self::Input) -> Self::Output;

    /// The loss of a sample with another network, and the outputs.
    ///
    /// # Errors
    /// As [`evaluate`](Evaluate::evaluate).
    fn evaluate_with(
        &mut self,
        network: &Self::Network,
        x: &Self::Input,
        target: &Self::Output,
    ) -> Result<(Self::Scalar, Self::Output), StepError>;
}

/// What a learner that goes around another, its field `learner`, passes on to it as it is.
macro_rules! by_learner {
    () => {
        fn flush(&mut self) -> Result<(), $crate::error::StepError> {
            self.learner.flush()
        }

        fn discard(&mut self) {
            self.learner.discard();
        }

        fn clear(&mut self) {
            self.learner.clear();
        }

        fn rate(&self) -> Option<L::Scalar> {
            self.learner.rate()
        }

        fn set_rate(&mut self, rate: L::Scalar) {
            self.learner.set_rate(rate);
        }
    };
}
pub(crate) use by_learner;
