//! The fraction of right decisions: of samples, or of outputs.

use super::metric::{Decision, Level, Metric, metric};
use super::streaming::{Mean, Streaming};
use crate::encode;
use crate::scalar::{Scalar, Zero, count, count_u32};
use crate::shape::Shape;
use crate::storable::storable;

/// The number of right decisions, and of all decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tally {
    right: u32,
    all: u32,
}

impl Zero for Tally {
    const ZERO: Self = Self { right: 0, all: 0 };
}

storable!("tally": [] Tally { right: u32, all: u32 });

impl Tally {
    pub(super) fn count(&mut self, right: bool) {
        self.right = self.right.saturating_add(right.into());
        self.all = self.all.saturating_add(1);
    }

    pub(super) fn fraction<T: Scalar>(self) -> Option<T> {
        (self.all > 0).then(|| count_u32::<T>(self.right) / count_u32(self.all))
    }
}

/// The class of the largest output, [`encode::class`], for networks with an output per class. As a metric: the
/// accuracy, the fraction of samples whose largest output is where their largest target is; outputs with a NaN are
/// wrong. `None` for networks with one output: use [`Threshold`] or [`Sign`] for these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Argmax;

impl<T: Scalar> Decision<T> for Argmax {
    const SINGLE: Option<bool> = Some(false);

    fn class(&self, outputs: &[T]) -> Option<usize> {
        encode::class(outputs)
    }
}

impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for Argmax {
    type State = Tally;

    fn record(&self, state: &mut Tally, target: &Y, outputs: &Y) {
        if let Some(right) = self.entry(target, outputs) {
            state.count(right);
        }
    }

    fn value(&self, state: &Tally) -> Option<T> {
        state.fraction()
    }
}

/// In a window 1 byte per sample.
impl<Y: Shape> Streaming<Y> for Argmax {
    type Entry = bool;
    type Faded = Mean<Y::Scalar>;

    fn entry(&self, target: &Y, outputs: &Y) -> Option<bool> {
        Some(Some(encode::class(target.flat())?) == encode::class(outputs.flat()))
    }

    fn add(&self, state: &mut Tally, &right: &bool) {
        state.count(right);
    }

    fn fade(&self, faded: &mut Self::Faded, factor: Y::Scalar, &right: &bool) {
        faded.fade(factor, count(right.into()), Y::Scalar::ONE);
    }

    fn faded_value(&self, faded: &Self::Faded) -> Option<Y::Scalar> {
        faded.value()
    }
}

/// Each output is a decision of its own: true above 1/2. For sigmoid outputs, a single one or one per label.
///
/// As a metric: the fraction of outputs on the side of their target, over all outputs of all samples. As a decision,
/// for a single output: class 1 above 1/2, otherwise class 0; `None` for several outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Threshold;

/// Each output is a decision of its own: true above 0. For tanh outputs, or others whose targets lie around 0;
/// otherwise as [`Threshold`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sign;

/// Whether `output` is above `level`; `None` for NaN.
fn above<T: Scalar>(output: T, level: T) -> Option<bool> {
    if output == crate::loss::unknown() { None } else { Some(output.partial_cmp(&level)?.is_gt()) }
}

macro_rules! by_level {
    ($metric:ty, $level:expr) => {
        impl<T: Scalar> Decision<T> for $metric {
            const SINGLE: Option<bool> = Some(true);

            fn class(&self, outputs: &[T]) -> Option<usize> {
                if let &[output] = outputs { self.on(output).map(usize::from) } else { None }
            }
        }

        impl<T: Scalar> Level<T> for $metric {
            fn on(&self, output: T) -> Option<bool> {
                above(output, T::from_f32($level))
            }
        }

        impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for $metric {
            type State = Tally;

            fn record(&self, state: &mut Tally, target: &Y, outputs: &Y) {
                for right in decided(self, target, outputs) {
                    state.count(right);
                }
            }

            fn value(&self, state: &Tally) -> Option<T> {
                state.fraction()
            }
        }

        /// In a window 2 bytes per sample, for up to 255 outputs; more do not compile. Fading, all outputs of a sample
        /// fade together.
        impl<Y: Shape> Streaming<Y> for $metric {
            /// The outputs that are right, and all of them.
            type Entry = [u8; 2];
            type Faded = Mean<Y::Scalar>;

            fn entry(&self, target: &Y, outputs: &Y) -> Option<[u8; 2]> {
                const { assert!(Y::LENGTH <= 255, "an entry counts up to 255 outputs") };
                let entry = decided(self, target, outputs)
                    .fold([0_u8; 2], |[right, all], yes| [right.saturating_add(yes.into()), all.saturating_add(1)]);
                (entry != [0; 2]).then_some(entry)
            }

            fn add(&self, state: &mut Tally, &[right, all]: &[u8; 2]) {
                state.right = state.right.saturating_add(right.into());
                state.all = state.all.saturating_add(all.into());
            }

            fn fade(&self, faded: &mut Self::Faded, factor: Y::Scalar, &[right, all]: &[u8; 2]) {
                faded.fade(factor, count(right.into()), count(all.into()));
            }

            fn faded_value(&self, faded: &Self::Faded) -> Option<Y::Scalar> {
                faded.value()
            }
        }
    };
}
by_level!(Threshold, 0.5);
by_level!(Sign, 0.0);

/// Of each output whose target says yes or no, whether it says the same.
fn decided<Y: Shape>(level: &impl Level<Y::Scalar>, target: &Y, outputs: &Y) -> impl Iterator<Item = bool> {
    target.flat().iter().zip(outputs.flat()).filter_map(|(&target, &y)| Some(level.on(y) == Some(level.on(target)?)))
}

/// The fraction of samples of which every output is on the side of its target: exact match, subset accuracy, for
/// networks with an output per label. By default each label is a sigmoid's, `SubsetAccuracy(Threshold)`; of tanh
/// outputs `SubsetAccuracy(Sign)`.
///
/// [`Threshold`] and [`Sign`] by themselves count labels one by one: the Hamming accuracy, which is 1 less the Hamming
/// loss. A NaN among the outputs makes the sample wrong; one with a NaN among its targets is not counted. `None` without
/// samples. In a window 1 byte per sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SubsetAccuracy<D = Threshold>(pub D);

impl<T: Scalar, Y: Shape<Scalar = T>, D: Level<T>> Metric<T, Y> for SubsetAccuracy<D> {
    type State = Tally;

    fn record(&self, state: &mut Tally, target: &Y, outputs: &Y) {
        if let Some(right) = self.entry(target, outputs) {
            state.count(right);
        }
    }

    fn value(&self, state: &Tally) -> Option<T> {
        state.fraction()
    }
}

impl<Y: Shape, D: Level<Y::Scalar>> Streaming<Y> for SubsetAccuracy<D> {
    type Entry = bool;
    type Faded = Mean<Y::Scalar>;

    fn entry(&self, target: &Y, outputs: &Y) -> Option<bool> {
        let Self(level) = self;
        let known = target.flat().iter().all(|&target| level.on(target).is_some());
        known.then(|| decided(level, target, outputs).all(|right| right))
    }

    fn add(&self, state: &mut Tally, &right: &bool) {
        state.count(right);
    }

    fn fade(&self, faded: &mut Self::Faded, factor: Y::Scalar, &right: &bool) {
        faded.fade(factor, count(right.into()), Y::Scalar::ONE);
    }

    fn faded_value(&self, faded: &Self::Faded) -> Option<Y::Scalar> {
        faded.value()
    }
}

metric!(Argmax, "argmax");
metric!(Threshold, "threshold");
metric!(Sign, "sign");
metric!(SubsetAccuracy[], "subset accuracy");
