//! The confusion matrix of a classifier.

use super::count::{Count, f1, mean, ratio, sum};
use super::metric::Decision;
use crate::scalar::{Scalar, Zero};
use crate::storable::storable;

/// Counts of `C` classes. Rows are the actual class, columns the predicted one. `N` is `u32`, or a [`Scalar`] where the
/// past fades ([`Fading::faded`](super::Fading::faded)); `4 * C * (C + 1)` bytes either way, with `f32`.
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
///
/// It prints as a table, with recalls beside the rows and precisions below the columns:
///
/// ```
/// use downhill::metrics::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::from([[15, 0, 0], [0, 14, 1], [0, 2, 13]]);
/// let table = "\
/// predicted      0      1      2  recall
/// actual 0      15      0      0   1.000
/// actual 1       0     14      1   0.933
/// actual 2       0      2     13   0.867
/// precision  1.000  0.875  0.929
/// accuracy   0.933 of 45
/// ";
/// assert_eq!(matrix.to_string(), table);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix<const C: usize, N = u32> {
    /// `counts[actual][predicted]`.
    pub counts: [[N; C]; C],
    /// Samples of each class for which no class was predicted.
    undecided: [N; C],
}

impl<const C: usize> ConfusionMatrix<C> {
    /// A matrix without samples.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl<const C: usize, N: Zero> Zero for ConfusionMatrix<C, N> {
    const ZERO: Self = Self { counts: <[[N; C]; C]>::ZERO, undecided: <[N; C]>::ZERO };
}

storable!("confusion matrix": [const C: usize, N: Count] ConfusionMatrix<C, N> { counts: [[N; C]; C], undecided: [N; C] });

impl<const C: usize> From<[[u32; C]; C]> for ConfusionMatrix<C> {
    fn from(counts: [[u32; C]; C]) -> Self {
        Self { counts, undecided: Zero::ZERO }
    }
}

impl<const C: usize, N: Count> ConfusionMatrix<C, N> {
    /// Counts one sample. `predicted` is a class, or what [`encode::class`](crate::encode::class) returns. Returns
    /// false, and counts nothing, if a class is not below `C` or `predicted` is `None`: see
    /// [`record_undecided`](Self::record_undecided).
    pub fn record(&mut self, actual: usize, predicted: impl Into<Option<usize>>) -> bool {
        let row = self.counts.get_mut(actual);
        add(row.zip(predicted.into()).and_then(|(row, predicted)| row.get_mut(predicted)))
    }

    /// Counts a sample of class `actual` for which no class was predicted, as where outputs are NaN: it is wrong, it
    /// lowers the accuracy, the recall and F1 of its class, and kappa. Returns false, and counts nothing, if the class is
    /// not below `C`.
    pub fn record_undecided(&mut self, actual: usize) -> bool {
        add(self.undecided.get_mut(actual))
    }

    /// Counts one sample from its target and a network's outputs, both of which `decision` turns into a class:
    /// [`Argmax`](super::Argmax) for an output per class, [`Threshold`](super::Threshold) for one sigmoid output,
    /// [`Sign`](super::Sign) for one tanh output. Returns false, and counts nothing, if one of them gives no class below
    /// `C`.
    // By value, so that callers write `Threshold`, not `&Threshold`.
    #[allow(clippy::needless_pass_by_value)]
    pub fn record_by<T: Scalar>(&mut self, decision: impl Decision<T>, target: &[T], outputs: &[T]) -> bool {
        decision.class(target).is_some_and(|actual| self.record(actual, decision.class(outputs)))
    }

    /// The number of samples.
    pub fn total(&self) -> N {
        sum(self.counts.as_flattened()).plus(sum(&self.undecided))
    }

    /// The number of samples whose class was predicted.
    pub fn correct(&self) -> N {
        sum(self.counts.iter().enumerate().filter_map(|(class, row)| row.get(class)))
    }

    /// The number of samples of `class`; 0 if there is no such class.
    pub fn actual(&self, class: usize) -> N {
        self.counts.get(class).map_or(N::ZERO, |row| sum(row)).plus(self.undecided(class))
    }

    /// The number of samples predicted as `class`; 0 if there is no such class.
    pub fn predicted(&self, class: usize) -> N {
        sum(self.counts.iter().filter_map(|row| row.get(class)))
    }

    /// The number of samples of `class` for which no class was predicted; 0 if there is no such class.
    pub fn undecided(&self, class: usize) -> N {
        self.undecided.get(class).copied().unwrap_or(N::ZERO)
    }

    /// The fraction of all samples whose class was predicted; `None` without samples.
    pub fn accuracy(&self) -> Option<N::Ratio> {
        ratio(self.correct(), self.total())
    }

    /// The fraction of the samples predicted as `class` that are of this class; `None` if none was, or there is no such
    /// class.
    pub fn precision(&self, class: usize) -> Option<N::Ratio> {
        ratio(*self.counts.get(class)?.get(class)?, self.predicted(class))
    }

    /// The fraction of the samples of `class` that were predicted so; `None` if there were none, or there is no such
    /// class.
    pub fn recall(&self, class: usize) -> Option<N::Ratio> {
        ratio(*self.counts.get(class)?.get(class)?, self.actual(class))
    }

    /// The harmonic mean of precision and recall of `class`: twice the samples that are of this class and predicted so,
    /// divided by those that are of this class plus those predicted so. 0 if none is right; `None` if `class` neither
    /// occurs nor is predicted, or there is no such class. Of two classes, `f1(1)` is the F1 of binary classification.
    pub fn f1(&self, class: usize) -> Option<N::Ratio> {
        f1(*self.counts.get(class)?.get(class)?, self.actual(class), self.predicted(class))
    }

    /// The mean of [`f1`](Self::f1) over the classes for which it is defined: those that occur or are predicted, as
    /// scikit-learn's `f1_score` with `average="macro"` has it. `None` if there are none.
    pub fn macro_f1(&self) -> Option<N::Ratio> {
        mean((0..C).map(|class| self.f1(class)))
    }

    /// Cohen's kappa: accuracy beyond chance, `(accuracy - chance) / (1 - chance)`, where `chance` is the accuracy of
    /// predictions drawn at random, each class as often as it was predicted. 1 is perfect, 0 is as good as chance.
    /// `None` if there is nothing beyond chance, as all samples are of one class and were predicted so.
    ///
    /// Jacob Cohen, "A coefficient of agreement for nominal scales", 1960.
    pub fn kappa(&self) -> Option<N::Ratio> {
        // 1 - wrong / wrong by chance: nothing cancels where one class is nearly all.
        let total = self.total().number();
        let mut wrong = sum(&self.undecided).number();
        let mut by_chance = N::Ratio::ZERO;
        for (class, row) in self.counts.iter().enumerate() {
            for (_, others) in row.iter().enumerate().filter(|&(predicted, _)| predicted != class) {
                wrong += others.number();
            }
            let elsewhere = total - self.predicted(class).number();
            if elsewhere > N::Ratio::ZERO {
                by_chance += self.actual(class).number() * (elsewhere / total);
            }
        }
        let one = <N::Ratio as Scalar>::ONE;
        // Samples of other classes that have faded to nothing are none.
        by_chance.present().then(|| one - wrong / by_chance)
    }
}

impl<const C: usize, T: Scalar> ConfusionMatrix<C, T> {
    /// Multiplies all counts with `factor`, from 0 to 1.
    pub fn fade(&mut self, factor: T) {
        for count in self.counts.as_flattened_mut().iter_mut().chain(&mut self.undecided) {
            *count = (*count * factor).flushed();
        }
    }
}

/// Counts one more; false if there is nothing to count at.
fn add<N: Count>(count: Option<&mut N>) -> bool {
    let Some(count) = count else { return false };
    *count = count.plus(N::ONE);
    true
}

impl<const C: usize> Default for ConfusionMatrix<C> {
    fn default() -> Self {
        Self::new()
    }
}
