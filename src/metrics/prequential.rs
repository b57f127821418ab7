//! Metrics of a stream: over all samples, over the last ones, or with the past fading.
//!
//! Prequential, test then train: each sample is predicted and recorded before it is learnt from.

use super::streaming::Streaming;
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::{Storable, storable};

/// A metric over all samples of a stream. `Y` is the type of outputs and targets.
///
/// Its bytes are those of [`Metric::State`](super::Metric::State): 8 of an accuracy, `4 * C * (C + 1)` of a confusion matrix, 12 of a
/// mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overall<M: Streaming<Y>, Y: Shape> {
    metric: M,
    state: M::State,
}

impl<M: Streaming<Y>, Y: Shape> Overall<M, Y> {
    /// Without samples.
    pub const fn new(metric: M) -> Self {
        Self { metric, state: M::State::ZERO }
    }

    /// Records a sample. Returns false, and records nothing, if the metric does not count it, as one whose target is
    /// NaN.
    pub fn record(&mut self, target: &Y, outputs: &Y) -> bool {
        let entry = self.metric.entry(target, outputs);
        if let Some(entry) = &entry {
            self.metric.add(&mut self.state, entry);
        }
        entry.is_some()
    }

    /// The metric; `None` if it is not defined for the samples.
    pub fn value(&self) -> Option<Y::Scalar> {
        self.metric.value(&self.state)
    }

    /// What the metric is computed from, such as a [`ConfusionMatrix`](super::ConfusionMatrix).
    pub const fn state(&self) -> &M::State {
        &self.state
    }
}

/// A metric over the last `N` samples of a stream: all of them as long as there are fewer. `Y` is the type of outputs and
/// targets.
///
/// `N` entries of [`Streaming::Entry`], and 8 bytes: with `N = 1000`, 1 KB for an accuracy, 2 KB for F1 or kappa, 4 KB for a
/// mean of errors in `f32`. The metric is computed anew from all entries, the oldest first, whenever its value is asked
/// for, so that nothing is subtracted and no rounding error stays.
///
/// ```
/// use downhill::metrics::{Argmax, MacroF1, Windowed};
///
/// let mut last = Windowed::<_, [f32; 3], 200>::new(MacroF1::<3>(Argmax));
/// assert_eq!(last.value(), None);
/// last.record(&[0.0, 1.0, 0.0], &[0.1, 0.7, 0.2]);
/// last.record(&[1.0, 0.0, 0.0], &[0.1, 0.7, 0.2]);
/// // Class 0: 0. Class 1: 2 / 3. Class 2 has not occurred.
/// assert_eq!(last.value(), Some(1.0 / 3.0));
/// // The confusion matrix of the last 200 samples.
/// assert_eq!(last.state().accuracy(), Some(0.5));
/// ```
///
/// A window without samples does not compile:
///
/// ```compile_fail
/// # use downhill::metrics::{Argmax, Windowed};
/// Windowed::<_, [f32; 3], 0>::new(Argmax);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windowed<M: Streaming<Y>, Y: Shape, const N: usize> {
    metric: M,
    /// How many entries there are, and where the next one goes: in place of the oldest, once there are `N`.
    len: u32,
    next: u32,
    entries: [M::Entry; N],
}

impl<M: Streaming<Y>, Y: Shape, const N: usize> Windowed<M, Y, N> {
    /// Without samples.
    pub const fn new(metric: M) -> Self {
        const { assert!(N > 0, "a window has at least one sample") };
        Self { metric, len: 0, next: 0, entries: [M::Entry::ZERO; N] }
    }

    /// Records a sample, in place of the oldest one if there are `N`. Returns false, and records nothing, if the metric
    /// does not count it, as one whose target is NaN.
    pub fn record(&mut self, target: &Y, outputs: &Y) -> bool {
        let Some(entry) = self.metric.entry(target, outputs) else { return false };
        // What was read from bytes may be any number.
        let place = if index(self.next) < N { self.next } else { 0 };
        if let Some(oldest) = self.entries.get_mut(index(place)) {
            *oldest = entry;
        }
        let next = place.saturating_add(1);
        self.next = if index(next) < N { next } else { 0 };
        if index(self.len) < N {
            self.len = self.len.saturating_add(1);
        }
        true
    }

    /// The metric; `None` if it is not defined for the samples. Looks at all of them.
    pub fn value(&self) -> Option<Y::Scalar> {
        self.metric.value(&self.state())
    }

    /// What the metric is computed from, such as a [`ConfusionMatrix`](super::ConfusionMatrix). Looks at all samples.
    pub fn state(&self) -> M::State {
        let mut state = M::State::ZERO;
        let (newer, older) = self.entries.split_at_checked(index(self.next)).unwrap_or((&self.entries, &[]));
        // Before there are `N`, those from `next` on are not yet used.
        let older = if self.len() < N { &[] } else { older };
        let newer = if self.len() < N { self.entries.get(..self.len()).unwrap_or(newer) } else { newer };
        for entry in older.iter().chain(newer) {
            self.metric.add(&mut state, entry);
        }
        state
    }

    /// How many samples there are, at most `N`.
    pub fn len(&self) -> usize {
        index(self.len).min(N)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// As an index of an array.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A metric of a stream in which the past fades: each sample weighs `factor` times as much as the next one. `Y` is the
/// type of outputs and targets.
///
/// The weights of all samples sum to `1 / (1 - factor)` in the end: 0.999 looks back about as far as a window of 1000,
/// in the bytes of [`Streaming::Faded`]: 8 of a mean or an accuracy in `f32`, `4 * C * (C + 1)` of a confusion matrix, and the
/// factor. The rounding of the sums errs by about `1e-7 / (1 - factor)` of the value at most in `f32`: 1e-4 with 0.999.
///
/// ```
/// use downhill::metrics::{Argmax, Fading, Kappa};
/// # use downhill::{CrossEntropy, Dense, Sgd, Softmax, StepError, Trainer};
/// # type Net = Dense<2, 3, Softmax>;
/// # let mut trainer = Trainer::<Net, CrossEntropy, Sgd>::with_network(Net::new([[0.5, 0.0, 0.0]; 2], [0.0; 3]), Sgd::new(0.5));
/// # let stream = [([0.1, 0.9], [1.0, 0.0, 0.0]), ([0.8, 0.7], [0.0, 1.0, 0.0]), ([0.9, 0.8], [0.0, 1.0, 0.0])];
///
/// let mut kappa = Fading::new(0.99, Kappa::<3>(Argmax));
/// for (x, target) in &stream {
///     kappa.record(target, &trainer.predict(x)); // Test,
///     trainer.step(x, target)?; // then train.
/// }
/// println!("kappa {:?}, accuracy {:?}", kappa.value(), kappa.faded().accuracy());
/// print!("{}", kappa.faded()); // The matrix.
/// # assert!(kappa.value() > Some(0.39) && kappa.value() < Some(0.41));
/// # assert!(kappa.faded().accuracy() > Some(0.66) && kappa.faded().accuracy() < Some(0.68));
/// # Ok::<(), StepError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fading<M: Streaming<Y>, Y: Shape> {
    metric: M,
    factor: Y::Scalar,
    faded: M::Faded,
}

impl<M: Streaming<Y>, Y: Shape> Fading<M, Y> {
    /// Without samples. `factor` is from 0, which sees the last sample alone, to 1, which does not fade: then `f32`
    /// counts up to 2^24, and [`Overall`] does better.
    pub const fn new(factor: Y::Scalar, metric: M) -> Self {
        Self { metric, factor, faded: M::Faded::ZERO }
    }

    /// Records a sample. Returns false, and records nothing, if the metric does not count it, as one whose target is
    /// NaN, or if the factor is not from 0 to 1.
    pub fn record(&mut self, target: &Y, outputs: &Y) -> bool {
        if !(self.factor >= Zero::ZERO && self.factor <= Scalar::ONE) {
            return false;
        }
        let entry = self.metric.entry(target, outputs);
        if let Some(entry) = &entry {
            self.metric.fade(&mut self.faded, self.factor, entry);
        }
        entry.is_some()
    }

    /// The metric; `None` if it is not defined for the samples.
    pub fn value(&self) -> Option<Y::Scalar> {
        self.metric.faded_value(&self.faded)
    }

    /// What the metric is computed from, such as a [`ConfusionMatrix`](super::ConfusionMatrix) whose counts fade.
    pub const fn faded(&self) -> &M::Faded {
        &self.faded
    }
}

macro_rules! stream {
    ($type:ident [$(const $N:ident)?] $part:ident, $name:literal { $($field:ident: $of:ty),* }) => {
        impl<M: Streaming<Y> + Zero, Y: Shape, $(const $N: usize)?> Zero for $type<M, Y, $($N)?> {
            const ZERO: Self = Self { $($field: <$of>::ZERO),* };
        }

        storable!($name:
            [M: Streaming<Y, $part: Storable> + Storable, Y: Shape, $(const $N: usize)?] $type<M, Y, $($N)?> { $($field: $of),* }
        );

        /// The value.
        #[cfg(feature = "defmt")]
        impl<M: Streaming<Y>, Y: Shape<Scalar: defmt::Format>, $(const $N: usize)?> defmt::Format for $type<M, Y, $($N)?> {
            fn format(&self, f: defmt::Formatter) {
                defmt::write!(f, "{}", self.value());
            }
        }
    };
}
stream!(Overall[] State, "overall" { metric: M, state: M::State });
stream!(Windowed[const N] Entry, "windowed" { metric: M, len: u32, next: u32, entries: [M::Entry; N] });
stream!(Fading[] Faded, "fading" { metric: M, factor: Y::Scalar, faded: M::Faded });
