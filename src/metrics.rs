//! How good a network is: accuracies and errors that are chosen by type, and the confusion matrix of a classifier.
//!
//! | last activation | targets | metric |
//! |---|---|---|
//! | [`Softmax`](crate::Softmax), or several [`Sigmoid`](crate::Sigmoid) outputs of which one is right | one per class | [`Argmax`] |
//! | [`Sigmoid`](crate::Sigmoid) with one output, or one per label | near 0 and 1 | [`Threshold`] |
//! | [`Tanh`](crate::Tanh) with one output, or one per label | around 0 | [`Sign`] |
//! | [`Identity`](crate::Identity) | numbers | [`R2`], [`MeanAbsoluteError`] |

mod metric;

pub use metric::{Argmax, Decision, MeanAbsoluteError, Metric, Moments, R2, Sign, Tally, Threshold};

use crate::scalar::Scalar;

/// Counts of `C` classes. Rows are the actual class, columns the predicted one.
///
/// The tutorial's matrix has the same orientation, but precision and recall exchanged.
///
/// For a classifier with one sigmoid output:
///
/// ```
/// use downhill::metrics::{ConfusionMatrix, Threshold};
/// # use downhill::{BinaryCrossEntropy, Dense, Sgd, Trainer};
///
/// # let mut trainer = Trainer::<_, BinaryCrossEntropy, Sgd>::with_network(Dense::<1, 1>::new([[9.0]], [0.0]), Sgd::new(0.1));
/// # let test = [([1.0], [1.0]), ([-0.5], [1.0]), ([-2.0], [0.0])];
/// let mut matrix = ConfusionMatrix::<2>::new();
/// for (x, target) in &test {
///     matrix.record_by(Threshold, target, &trainer.predict(x));
/// }
/// # assert_eq!(matrix.counts, [[1, 0], [1, 1]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ConfusionMatrix<const C: usize> {
    /// `counts[actual][predicted]`.
    pub counts: [[u32; C]; C],
}

impl<const C: usize> ConfusionMatrix<C> {
    /// A matrix without samples.
    pub const fn new() -> Self {
        Self { counts: [[0; C]; C] }
    }

    /// Counts one sample. `predicted` is a class, or what [`encode::class`](crate::encode::class) returns. Returns
    /// false, and counts nothing, if a class is not below `C` or `predicted` is `None`.
    pub fn record(&mut self, actual: usize, predicted: impl Into<Option<usize>>) -> bool {
        let row = self.counts.get_mut(actual);
        let Some(count) = row.zip(predicted.into()).and_then(|(row, predicted)| row.get_mut(predicted)) else {
            return false;
        };
        *count = count.saturating_add(1);
        true
    }

    /// Counts one sample from its target and a network's outputs, both of which `decision` turns into a class:
    /// [`Argmax`] for an output per class, [`Threshold`] for one sigmoid output, [`Sign`] for one tanh output. Returns
    /// false, and counts nothing, if one of them gives no class below `C`.
    // By value, so that callers write `Threshold`, not `&Threshold`.
    #[allow(clippy::needless_pass_by_value)]
    pub fn record_by<T: Scalar>(&mut self, decision: impl Decision<T>, target: &[T], outputs: &[T]) -> bool {
        decision.class(target).is_some_and(|actual| self.record(actual, decision.class(outputs)))
    }

    /// The number of samples.
    pub fn total(&self) -> u32 {
        sum(self.counts.as_flattened())
    }

    /// The number of samples whose class was predicted.
    pub fn correct(&self) -> u32 {
        sum(self.counts.iter().enumerate().filter_map(|(class, row)| row.get(class)))
    }

    /// The fraction of all samples whose class was predicted; `None` without samples.
    pub fn accuracy(&self) -> Option<f32> {
        ratio(self.correct(), self.total())
    }

    /// The fraction of the samples predicted as `class` that are of this class; `None` if none was, or there is no such
    /// class.
    pub fn precision(&self, class: usize) -> Option<f32> {
        let predicted = sum(self.counts.iter().filter_map(|row| row.get(class)));
        ratio(*self.counts.get(class)?.get(class)?, predicted)
    }

    /// The fraction of the samples of `class` that were predicted so; `None` if there were none, or there is no such
    /// class.
    pub fn recall(&self, class: usize) -> Option<f32> {
        let row = self.counts.get(class)?;
        ratio(*row.get(class)?, sum(row))
    }
}

impl<const C: usize> Default for ConfusionMatrix<C> {
    fn default() -> Self {
        Self::new()
    }
}

fn sum<'a>(counts: impl IntoIterator<Item = &'a u32>) -> u32 {
    counts.into_iter().fold(0, |sum, &count| sum.saturating_add(count))
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: u32, whole: u32) -> Option<f32> {
    (whole > 0).then(|| part as f32 / whole as f32)
}
