//! Why a step is refused, and why a fit fails.

use core::fmt;

/// Why a training step was refused. The weights are what they were before.
///
/// What usually causes each, and what helps, stands in `docs/when-it-does-not-learn.md` in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StepError {
    /// An input is NaN or infinite; or, of [`step_integers`](crate::integer::Trainer::step_integers), the exponent is out of range.
    Input,
    /// A target is NaN, infinite, or outside of the range of the loss: 0 to 1 for
    /// [`BinaryCrossEntropy`](crate::BinaryCrossEntropy), not negative for [`CrossEntropy`](crate::CrossEntropy),
    /// and 0 to 1 for both in a trainer of [integers](crate::integer), where a class that is none is refused, too.
    Target,
    /// The weight of a sample is negative, NaN or infinite.
    Weight,
    /// There are no samples, or more than there is room for, or not as many targets; or the size of a batch is zero.
    Batch,
    /// The learning rate, or the first step of [`Rprop`](crate::Rprop), is not positive and at most 2^26. It is zero in a
    /// trainer that was never started.
    LearningRate,
    /// The factor of a [`ScaledRate`](crate::ScaledRate) is not above 0 and at most 1. It is zero in `Trainer::new()`, unless the
    /// type has it.
    RateFactor,
    /// The momentum is not from 0 to below 1.
    Momentum,
    /// The decay of a running mean is not from 0 to below 1.
    Decay,
    /// The epsilon of a denominator is not finite and positive, or so small that steps at this learning rate could become
    /// infinite: see [`RmsProp`](crate::RmsProp::epsilon) and [`Adam`](crate::Adam::epsilon).
    Epsilon,
    /// The weight decay is negative, NaN or infinite, or, times the learning rate, above 1 in
    /// [`AdamW`](crate::AdamW).
    WeightDecay,
    /// The limit of a gradient is not finite and positive.
    Limit,
    /// The factors or the range of the steps of [`Rprop`](crate::Rprop) are not in order.
    Range,
    /// The rate of a [`Dropout`](crate::Dropout) is not from 0 to below 1.
    Dropout,
    /// The loss is NaN or infinite: the outputs lie where the loss is not defined, or the weights have grown too large.
    Loss,
    /// A weighted sum is NaN or infinite, although the loss is not: a weight is, or inputs and weights are too large.
    Sum,
    /// A delta, or its product with an input, is NaN or infinite: the gradient does not exist, or is too large.
    Delta,
    /// The gradient is too large: the largest input of a layer (1 for its biases) times its largest delta is above
    /// [`GRADIENT_LIMIT`](crate::Scalar::GRADIENT_LIMIT), 1.1e15 in `f32`, or above the square of this where
    /// [`ClipNorm`](crate::ClipNorm), [`ClipValue`](crate::ClipValue) or [`ClipSample`](crate::ClipSample) shrink it.
    Gradient,
    /// The rule [`ErrorShare`](crate::ErrorShare) found nothing to share by.
    NoShares(NoShares),
    /// The [step](crate::pieces::Step) has ended already.
    Over,
    /// A layer of somebody else refuses the step: a hyperparameter is out of range. The number is the layer's own. It is a
    /// `usize`, as in [`NoShares`], so that results still fit into two registers: with another type, a step takes 16 bytes more of stack.
    Layer(usize),
}

impl StepError {
    /// Whether hyperparameters are what is wrong, so that every step will be refused until they are set; otherwise it is
    /// the sample, or the weights.
    pub const fn is_setting(self) -> bool {
        matches!(
            self,
            Self::LearningRate
                | Self::RateFactor
                | Self::Momentum
                | Self::Decay
                | Self::Epsilon
                | Self::WeightDecay
                | Self::Limit
                | Self::Range
                | Self::Dropout
                | Self::Layer(_)
        )
    }
}

impl From<NoShares> for StepError {
    fn from(error: NoShares) -> Self {
        Self::NoShares(error)
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("an input is NaN or infinite"),
            Self::Target => f.write_str("a target is NaN, infinite, or outside of the range of the loss"),
            Self::Weight => f.write_str("the weight of the sample is negative, NaN or infinite"),
            Self::Batch => f.write_str("the number of samples does not fit"),
            Self::LearningRate => f.write_str("the learning rate is not positive and at most 2^26"),
            Self::RateFactor => f.write_str("the factor of a learning rate is not above 0 and at most 1"),
            Self::Momentum => f.write_str("the momentum is not from 0 to below 1"),
            Self::Decay => f.write_str("the decay of a running mean is not from 0 to below 1"),
            Self::Epsilon => {
                f.write_str("the epsilon of a denominator is not finite and positive, or too small for the rate")
            }
            Self::WeightDecay => f.write_str("the weight decay is negative, NaN, infinite or too large for the rate"),
            Self::Limit => f.write_str("the limit of a gradient is not finite and positive"),
            Self::Range => f.write_str("the factors or the range of the steps are not in order"),
            Self::Dropout => f.write_str("the rate of a dropout is not from 0 to below 1"),
            Self::Loss => f.write_str("the loss is NaN or infinite"),
            Self::Sum => f.write_str("a weighted sum is NaN or infinite"),
            Self::Delta => f.write_str("a delta is NaN or infinite"),
            Self::Gradient => f.write_str("the gradient is too large"),
            Self::NoShares(error) => error.fmt(f),
            Self::Over => f.write_str("the step has ended already"),
            Self::Layer(reason) => write!(f, "a layer refuses the step, for its reason {reason}"),
        }
    }
}

impl core::error::Error for StepError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::NoShares(error) = self { Some(error) } else { None }
    }
}

/// The weights into an output sum to zero (or to NaN or infinity), so its error can't be shared in proportion to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoShares {
    /// The output, counted from 0 in its layer.
    pub output: usize,
}

impl fmt::Display for NoShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the weights into output {} sum to zero or are not finite", self.output)
    }
}

impl core::error::Error for NoShares {}

/// Why a fit failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FitError {
    /// There is nothing to learn from.
    NoSamples,
    /// A fit was given validation samples, but there are none in them.
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
            Self::NoValidation => f.write_str("there are no validation samples"),
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

impl core::error::Error for FitError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Step(_, error) | Self::Validation(_, error) | Self::Batch(error) => Some(error),
            _ => None,
        }
    }
}
