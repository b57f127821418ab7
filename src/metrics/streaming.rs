//! What a metric does to be windowed or to fade.

use super::metric::Metric;
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::storable;

/// A metric of a stream: over all samples ([`Overall`](super::Overall)), over the last ones
/// ([`Windowed`](super::Windowed)), or with the past fading ([`Fading`](super::Fading)). `Y` is the type of outputs and
/// targets.
///
/// One of your own, the fraction of samples whose error is above 1:
///
/// ```
/// use downhill::metrics::{Mean, Metric, Streaming, Tally, Windowed};
///
/// #[derive(Clone, Copy)]
/// struct Misses;
///
/// impl Metric<f32, f32> for Misses {
///     type State = [u32; 2];
///
///     fn record(&self, state: &mut [u32; 2], target: &f32, y: &f32) {
///         if let Some(miss) = self.entry(target, y) {
///             self.add(state, &miss);
///         }
///     }
///
///     fn value(&self, &[misses, all]: &[u32; 2]) -> Option<f32> {
///         (all > 0).then(|| misses as f32 / all as f32)
///     }
/// }
///
/// impl Streaming<f32> for Misses {
///     type Entry = bool;
///     type Faded = Mean<f32>;
///
///     fn entry(&self, target: &f32, y: &f32) -> Option<bool> {
///         target.is_finite().then(|| !((y - target).abs() <= 1.0))
///     }
///
///     fn add(&self, [misses, all]: &mut [u32; 2], &miss: &bool) {
///         *misses = misses.saturating_add(miss.into());
///         *all = all.saturating_add(1);
///     }
///
///     fn fade(&self, faded: &mut Mean<f32>, factor: f32, &miss: &bool) {
///         faded.fade(factor, if miss { 1.0 } else { 0.0 }, 1.0);
///     }
///
///     fn faded_value(&self, faded: &Mean<f32>) -> Option<f32> {
///         faded.value()
///     }
/// }
///
/// let mut misses = Windowed::<_, f32, 2>::new(Misses);
/// for (target, y) in [(5.0, 1.0), (5.0, 4.5), (5.0, f32::NAN)] {
///     misses.record(&target, &y);
/// }
/// assert_eq!(misses.value(), Some(0.5));
/// ```
pub trait Streaming<Y: Shape>: Metric<Y::Scalar, Y> {
    /// What a window keeps of a sample.
    type Entry: Zero + Copy;

    /// What is kept where the past fades; [`Zero`] before the first sample.
    type Faded: Zero;

    /// What the metric needs of a sample; `None` if the sample is not counted, as one whose target is no number.
    /// Finite, and so small that sums of it are, too.
    fn entry(&self, target: &Y, outputs: &Y) -> Option<Self::Entry>;

    /// Adds a sample to all before it, with the same weight.
    fn add(&self, state: &mut Self::State, entry: &Self::Entry);

    /// Multiplies the weight of all samples so far with `factor`, which is from 0 to 1, and adds one with the weight 1.
    fn fade(&self, faded: &mut Self::Faded, factor: Y::Scalar, entry: &Self::Entry);

    /// The metric of the samples, each with its weight; `None` if it is not defined for them.
    fn faded_value(&self, faded: &Self::Faded) -> Option<Y::Scalar>;
}

/// A mean in which the past fades. Two numbers: 8 bytes in `f32`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mean<T = f32> {
    sum: T,
    weight: T,
}

impl<T: Scalar> Zero for Mean<T> {
    const ZERO: Self = Self { sum: T::ZERO, weight: T::ZERO };
}

storable!("faded mean": [T: Scalar] Mean<T> { sum: T, weight: T });

impl<T: Scalar> Mean<T> {
    /// Multiplies sum and weight with `factor`, from 0 to 1, and adds a `sum` of terms whose weights sum to `weight`.
    pub fn fade(&mut self, factor: T, sum: T, weight: T) {
        self.sum = (self.sum * factor).flushed() + sum;
        self.weight = self.weight * factor + weight;
    }

    /// The sum of the weights: with a constant factor and weights of 1 it approaches `1 / (1 - factor)`.
    pub const fn weight(&self) -> T {
        self.weight
    }

    /// The mean; `None` without terms.
    pub fn value(&self) -> Option<T> {
        (self.weight > T::ZERO).then(|| self.sum / self.weight)
    }
}
