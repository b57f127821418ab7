//! F1 of networks with an output per label, of which any number may be right.

use super::accuracy::Threshold;
use super::count::{Count, f1, mean, sum};
use super::metric::{Level, Metric, metric};
use super::streaming::Streaming;
use crate::scalar::{Scalar, Zero};
use crate::storable::storable;

/// Counts of `L` labels: `12 * L` bytes. `N` is `u32`, or a [`Scalar`] where the past fades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LabelCounts<const L: usize, N = u32> {
    /// Samples that have the label, and for which it was predicted.
    right: [N; L],
    /// Samples that have the label.
    actual: [N; L],
    /// Samples for which the label was predicted.
    predicted: [N; L],
}

impl<const L: usize, N: Zero> Zero for LabelCounts<L, N> {
    const ZERO: Self = Self { right: Zero::ZERO, actual: Zero::ZERO, predicted: Zero::ZERO };
}

storable!("label counts": [const L: usize, N: Count] LabelCounts<L, N> {
    right: [N; L], actual: [N; L], predicted: [N; L]
});

impl<const L: usize, N: Count> LabelCounts<L, N> {
    /// The F1 of a label: twice the samples that have it and for which it was predicted, divided by those that have it
    /// plus those for which it was predicted. `None` if there are none of both, or there is no such label.
    pub fn f1(&self, label: usize) -> Option<N::Ratio> {
        f1(*self.right.get(label)?, *self.actual.get(label)?, *self.predicted.get(label)?)
    }

    /// The mean of [`f1`](Self::f1) over the labels for which it is defined, as scikit-learn's `f1_score` with
    /// `average="macro", zero_division=numpy.nan`: its default counts the others as 0. `None` if there are none.
    pub fn macro_f1(&self) -> Option<N::Ratio> {
        mean((0..L).map(|label| self.f1(label)))
    }

    /// The F1 of all labels together: the counts are added first, so that frequent labels weigh more. `None` if no label
    /// occurs and none was predicted.
    pub fn micro_f1(&self) -> Option<N::Ratio> {
        f1(sum(&self.right), sum(&self.actual), sum(&self.predicted))
    }

    fn count(&mut self, label: usize, actual: bool, predicted: bool) {
        for (counts, yes) in
            [(&mut self.right, actual && predicted), (&mut self.actual, actual), (&mut self.predicted, predicted)]
        {
            if let Some(count) = counts.get_mut(label).filter(|_| yes) {
                *count = count.plus(N::ONE);
            }
        }
    }

    /// Bit `l` of each mask is label `l`.
    fn count_entry(&mut self, [actual, predicted]: [u32; 2]) {
        for label in 0..L {
            let bit = |mask: u32| mask.wrapping_shr(u32::try_from(label).unwrap_or(0)) & 1 == 1;
            self.count(label, bit(actual), bit(predicted));
        }
    }
}

impl<const L: usize, T: Scalar> LabelCounts<L, T> {
    /// Multiplies all counts with `factor`, from 0 to 1.
    pub fn fade(&mut self, factor: T) {
        for count in self.right.iter_mut().chain(&mut self.actual).chain(&mut self.predicted) {
            *count = (*count * factor).flushed();
        }
    }
}

/// The mean of the F1 of the labels that occur or are predicted, [`LabelCounts::macro_f1`], for networks with an output
/// per label: `LabelMacroF1(Threshold)` of sigmoids, `LabelMacroF1(Sign)` where targets lie around 0.
///
/// An output that is NaN is wrong: it predicts the label where the target says no, and does not where it says yes.
/// Samples with a NaN among their targets are not counted. `None` if no label occurs and none was predicted.
///
/// Keeps `12 * L` bytes; in a window 8 bytes per sample, for up to 32 labels; more do not compile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LabelMacroF1<D = Threshold>(pub D);

/// The F1 of all labels together, [`LabelCounts::micro_f1`]; otherwise as [`LabelMacroF1`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LabelMicroF1<D = Threshold>(pub D);

/// Calls `see` with each label, whether the target has it, and whether the outputs do. Calls nothing, and returns
/// false, if a target is NaN.
fn labels<T: Scalar>(
    level: &impl Level<T>,
    target: &[T],
    outputs: &[T],
    mut see: impl FnMut(usize, bool, bool),
) -> bool {
    if target.iter().any(|&target| level.on(target).is_none()) {
        return false;
    }
    for (label, (&target, &y)) in target.iter().zip(outputs).enumerate() {
        let actual = level.on(target) == Some(true);
        see(label, actual, level.on(y).unwrap_or(!actual));
    }
    true
}

macro_rules! of_labels {
    ($metric:ident, $value:ident) => {
        impl<T: Scalar, D: Level<T>, const L: usize> Metric<T, [T; L]> for $metric<D> {
            type State = LabelCounts<L>;

            fn record(&self, state: &mut Self::State, target: &[T; L], outputs: &[T; L]) {
                labels(&self.0, target, outputs, |label, actual, predicted| state.count(label, actual, predicted));
            }

            fn value(&self, state: &Self::State) -> Option<T> {
                state.$value().map(T::from_f32)
            }
        }

        impl<T: Scalar, D: Level<T>, const L: usize> Streaming<[T; L]> for $metric<D> {
            /// Which labels the target has, and which were predicted: bit `l` for label `l`.
            type Entry = [u32; 2];
            type Faded = LabelCounts<L, T>;

            fn entry(&self, target: &[T; L], outputs: &[T; L]) -> Option<[u32; 2]> {
                const { assert!(L <= 32, "an entry has a bit per label, up to 32") };
                let (mut entry, mut bit) = ([0; 2], 1_u32);
                let known = labels(&self.0, target, outputs, |_, actual, predicted| {
                    let [is, was] = entry;
                    entry = [is | if actual { bit } else { 0 }, was | if predicted { bit } else { 0 }];
                    bit = bit.wrapping_shl(1);
                });
                known.then_some(entry)
            }

            fn add(&self, state: &mut Self::State, &entry: &[u32; 2]) {
                state.count_entry(entry);
            }

            fn fade(&self, faded: &mut Self::Faded, factor: T, &entry: &[u32; 2]) {
                faded.fade(factor);
                faded.count_entry(entry);
            }

            fn faded_value(&self, faded: &Self::Faded) -> Option<T> {
                faded.$value()
            }
        }
    };
}
of_labels!(LabelMacroF1, macro_f1);
of_labels!(LabelMicroF1, micro_f1);

metric!(LabelMacroF1[], "label macro f1");
metric!(LabelMicroF1[], "label micro f1");
