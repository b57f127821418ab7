//! Measures of a network besides its loss: chosen by type, computed sample by sample in constant memory.

use crate::scalar::{Scalar, Zero};

/// A number that says how good outputs are, such as an accuracy. `T` is the scalar, and `Y` the type of outputs and
/// targets.
///
/// [`fit::evaluate`](crate::fit::evaluate) takes one by value, and a [`Fit`](crate::Fit) has one in its field `metric`.
/// One of your own, the largest error of all outputs:
///
/// ```
/// use downhill::fit;
/// use downhill::metrics::Metric;
/// # use downhill::{Dense, Identity, Sgd, SquaredError, Trainer};
///
/// struct LargestError;
///
/// impl<const O: usize> Metric<f32, [f32; O]> for LargestError {
///     type State = f32;
///
///     fn record(&self, state: &mut f32, target: &[f32; O], outputs: &[f32; O]) {
///         *state = target.iter().zip(outputs).fold(*state, |most, (target, y)| most.max((y - target).abs()));
///     }
///
///     fn value(&self, state: &f32) -> Option<f32> {
///         Some(*state)
///     }
/// }
/// # let network = Dense::<1, 1, Identity>::new([[1.0]], [0.0]);
/// # let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
/// # let samples = [([1.0], [1.5]), ([2.0], [0.0])];
/// let score = fit::evaluate(&mut trainer, &samples, LargestError)?;
/// # assert_eq!(score.and_then(|score| score.metric), Some(2.0));
/// # Ok::<(), fit::FitError>(())
/// ```
pub trait Metric<T: Scalar, Y> {
    /// What is kept from sample to sample; [`Zero`] before the first sample.
    type State: Zero;

    /// Records a sample.
    fn record(&self, state: &mut Self::State, target: &Y, outputs: &Y);

    /// The metric of the samples so far; `None` if it is not defined for them.
    fn value(&self, state: &Self::State) -> Option<T>;
}

/// Which class outputs mean. [`ConfusionMatrix::record_by`](super::ConfusionMatrix::record_by) takes one.
pub trait Decision<T: Scalar> {
    /// Whether it decides by one output, by several, or by any number of them (`None`): a [`Guard`](crate::guard::Guard) does not
    /// compile with another number.
    const SINGLE: Option<bool> = None;

    /// The class; `None` if the outputs mean none.
    fn class(&self, outputs: &[T]) -> Option<usize>;
}

/// A decision that each output makes by itself: [`Threshold`](super::Threshold) and [`Sign`](super::Sign). For networks
/// with an output per label.
pub trait Level<T: Scalar>: Decision<T> {
    /// Whether the output says yes; `None` for NaN.
    fn on(&self, output: T) -> Option<bool>;
}

/// A metric is a type without bytes, or with a decision in it: [`Zero`], and storable under a name.
macro_rules! metric {
    ($metric:ident, $name:literal) => {
        impl $crate::scalar::Zero for $metric {
            const ZERO: Self = Self;
        }

        $crate::storable::storable!($name: [] $metric {});
    };
    // One that has a decision `D` in it, and perhaps a number of classes.
    ($metric:ident[$($C:ident)?], $name:literal) => {
        impl<$(const $C: usize,)? D: $crate::scalar::Zero> $crate::scalar::Zero for $metric<$($C,)? D> {
            const ZERO: Self = Self(D::ZERO);
        }

        $crate::storable::storable!($name:
            [$(const $C: usize,)? D: $crate::storable::Storable] $metric<$($C,)? D> { 0: D }
        );
    };
}
pub(super) use metric;
