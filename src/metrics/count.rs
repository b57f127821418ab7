//! Counts of samples, whole or faded.

use crate::scalar::{Scalar, Zero};
use crate::storable::Storable;

/// What a [`ConfusionMatrix`](super::ConfusionMatrix) counts with: `u32`, or a [`Scalar`] where the past fades.
pub trait Count: Zero + Copy + PartialOrd + Storable {
    /// The type of fractions.
    type Ratio: Scalar;

    /// One sample.
    const ONE: Self;

    /// The sum; the largest count if it is larger.
    #[must_use]
    fn plus(self, other: Self) -> Self;

    /// The count as a number, rounded once.
    fn number(self) -> Self::Ratio;

    /// Whether this is a sample at all. Faded counts are from 2^-10 on: a class whose samples have faded to a thousandth
    /// of one counts as gone, and has no precision, recall or F1.
    fn present(self) -> bool;
}

impl Count for u32 {
    type Ratio = f32;
    const ONE: Self = 1;

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    #[allow(clippy::cast_precision_loss)]
    fn number(self) -> f32 {
        self as f32
    }

    fn present(self) -> bool {
        self > 0
    }
}

impl<T: Scalar> Count for T {
    type Ratio = T;
    const ONE: Self = <T as Scalar>::ONE;

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn number(self) -> T {
        self
    }

    fn present(self) -> bool {
        self >= T::from_f32(1.0 / 1024.0)
    }
}

/// The sum of some counts.
pub(super) fn sum<'a, N: Count + 'a>(counts: impl IntoIterator<Item = &'a N>) -> N {
    counts.into_iter().fold(N::ZERO, |sum, &count| sum.plus(count))
}

/// `part / whole`; `None` without samples.
pub(super) fn ratio<N: Count>(part: N, whole: N) -> Option<N::Ratio> {
    whole.present().then(|| part.number() / whole.number())
}

/// F1 from the samples that are right, those that are of a class, and those predicted so: `2 right / (actual +
/// predicted)`, which is the harmonic mean of precision and recall. `None` if there are none of both.
pub(super) fn f1<N: Count>(right: N, actual: N, predicted: N) -> Option<N::Ratio> {
    // Where the sum of both saturates, that of their numbers does not.
    let both = actual.number() + predicted.number();
    actual.plus(predicted).present().then(|| (right.number() + right.number()) / both)
}

/// The mean of those that are defined; `None` if none is.
pub(super) fn mean<T: Scalar>(values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let (sum, all) = values.flatten().fold((T::ZERO, T::ZERO), |(sum, all), value| (sum + value, all + T::ONE));
    (all > T::ZERO).then(|| sum / all)
}
