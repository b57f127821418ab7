//! Learning rates that change from epoch to epoch.
//!
//! A [`Schedule`] gives the rate of an epoch, and [`Optimizer::set_rate`] sets it. [`fit`](crate::fit) does so at the
//! beginning of each epoch; in a loop of your own:
//!
//! ```
//! use downhill::optimizer::Optimizer;
//! use downhill::schedule::{Cosine, Schedule};
//! use downhill::Sgd;
//!
//! let mut schedule = Cosine { warmup: 5, ..Cosine::new(0.3, 60) };
//! let mut optimizer = Sgd::new(0.3);
//! let mut loss = None;
//! for epoch in 0..60 {
//!     optimizer.set_rate(schedule.rate(epoch, loss));
//!     // Steps over all samples come here.
//!     loss = Some(0.1);
//! }
//! ```
//!
//! Each is a plain value of a few bytes. Epochs count from 0, and up to 2^24 are counted exactly. The formulas are
//! those of the `PyTorch` schedulers that are named with them; `tests/schedules.rs` compares both.
//!
//! Every schedule that falls has a smallest rate, `lowest`. The default 0 stands for the smallest normal number of
//! `f32`, 1.2e-38, so that a rate that starts positive never becomes 0, which a step would refuse.
//!
//! Parameters are not checked. Wrong ones, such as a factor that is NaN or negative or a first rate of 0, give a rate
//! that is NaN, infinite, zero or negative: a fit then ends with
//! [`FitError::Schedule`](crate::fit::FitError::Schedule), a step with
//! [`StepError::LearningRate`](crate::StepError::LearningRate).
//!
//! [`Optimizer::set_rate`]: crate::optimizer::Optimizer::set_rate

use crate::scalar::Scalar;
use crate::storable::storable;

/// The learning rate of each epoch. Any `FnMut(u32, Option<T>) -> T` is one.
pub trait Schedule<T: Scalar> {
    /// Called before the first epoch, with the rate of the optimiser if it has one.
    fn begin(&mut self, rate: Option<T>) {
        let _ = rate;
    }

    /// The rate of epoch `epoch`, the first of which is 0. `loss` is that of the epoch before, if there was one; only
    /// [`Plateau`] uses it.
    fn rate(&mut self, epoch: u32, loss: Option<T>) -> T;
}

impl<T: Scalar, F: FnMut(u32, Option<T>) -> T> Schedule<T> for F {
    fn rate(&mut self, epoch: u32, loss: Option<T>) -> T {
        self(epoch, loss)
    }
}

/// Always the same rate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Constant<T = f32>(pub T);

storable!("constant": [T: Scalar] Constant<T> { 0: T });

impl<T: Scalar> Schedule<T> for Constant<T> {
    fn rate(&mut self, _: u32, _: Option<T>) -> T {
        self.0
    }
}

/// Always the rate that the optimiser has when the fit begins, so that it is given only once:
/// `Fit::new(60, OwnRate::new())`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OwnRate<T = f32>(T);

storable!("own rate": [T: Scalar] OwnRate<T> { 0: T });

impl<T: Scalar> OwnRate<T> {
    /// Gets its rate when the fit begins.
    pub const fn new() -> Self {
        Self(T::ONE)
    }
}

impl<T: Scalar> Default for OwnRate<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> Schedule<T> for OwnRate<T> {
    fn begin(&mut self, rate: Option<T>) {
        // An optimiser without a rate ignores what is set.
        self.0 = rate.unwrap_or(T::ONE);
    }

    fn rate(&mut self, _: u32, _: Option<T>) -> T {
        self.0
    }
}

/// Multiplies the rate after every `period` epochs: `rate * factor^(epoch / period)`, the exponent rounded down, and
/// never below `lowest`. `PyTorch`: `StepLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct StepDecay<T = f32> {
    /// The rate of the first epochs.
    pub rate: T,
    /// How many epochs have the same rate; 0 counts as 1.
    pub period: u32,
    /// What the rate is multiplied by, usually 0.1 to 0.5.
    pub factor: T,
    /// The smallest rate; 0 for the smallest normal number.
    pub lowest: T,
}

storable!("step decay": [T: Scalar] StepDecay<T> { rate: T, period: u32, factor: T, lowest: T });

impl<T: Scalar> StepDecay<T> {
    /// From `rate`, times `factor` after every `period` epochs.
    pub const fn new(rate: T, period: u32, factor: T) -> Self {
        Self { rate, period, factor, lowest: T::ZERO }
    }
}

impl<T: Scalar> Schedule<T> for StepDecay<T> {
    fn rate(&mut self, epoch: u32, _: Option<T>) -> T {
        floor(self.rate * power(self.factor, epoch / self.period.max(1)), self.rate, self.lowest)
    }
}

/// Multiplies the rate after every epoch: `rate * factor^epoch`, and never below `lowest`. `PyTorch`: `ExponentialLR`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Exponential<T = f32> {
    /// The rate of the first epoch.
    pub rate: T,
    /// What the rate is multiplied by, usually 0.9 to 0.99.
    pub factor: T,
    /// The smallest rate; 0 for the smallest normal number.
    pub lowest: T,
}

storable!("exponential": [T: Scalar] Exponential<T> { rate: T, factor: T, lowest: T });

impl<T: Scalar> Exponential<T> {
    /// From `rate`, times `factor` after every epoch.
    pub const fn new(rate: T, factor: T) -> Self {
        Self { rate, factor, lowest: T::ZERO }
    }
}

impl<T: Scalar> Schedule<T> for Exponential<T> {
    fn rate(&mut self, epoch: u32, _: Option<T>) -> T {
        floor(self.rate * power(self.factor, epoch), self.rate, self.lowest)
    }
}

/// Half a cosine wave, from `rate` down to `lowest`, after a linear rise to `rate`.
///
/// - Warm-up, in epochs below `warmup`: `rate * (epoch + 1) / (warmup + 1)`. `PyTorch`: `LinearLR` from a factor of
///   `1 / (warmup + 1)`.
/// - Then `lowest + (rate - lowest) * cos^2(pi/2 * t)`, where `t = (epoch - warmup) / (epochs - warmup)`.
///   `cos^2(a / 2)` is `(1 + cos a) / 2`, the formula of `CosineAnnealingLR`, but loses no digits near the end.
/// - From epoch `epochs` on, `lowest`. So no epoch of a training of `epochs` epochs has this rate.
///
/// Ilya Loshchilov and Frank Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, without the
/// restarts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Cosine<T = f32> {
    /// The highest rate.
    pub rate: T,
    /// The lowest rate, which is reached after the last epoch; 0 for the smallest normal number.
    pub lowest: T,
    /// How many epochs it takes to reach the highest rate; those beyond `epochs` are left out.
    pub warmup: u32,
    /// The number of all epochs, including the warm-up.
    pub epochs: u32,
}

storable!("cosine": [T: Scalar] Cosine<T> { rate: T, lowest: T, warmup: u32, epochs: u32 });

impl<T: Scalar> Cosine<T> {
    /// From `rate` to 0 in `epochs` epochs, without warm-up.
    pub const fn new(rate: T, epochs: u32) -> Self {
        Self { rate, lowest: T::ZERO, warmup: 0, epochs }
    }
}

impl<T: Scalar> Schedule<T> for Cosine<T> {
    fn rate(&mut self, epoch: u32, _: Option<T>) -> T {
        // The wave ends at `lowest`; a warm-up may begin below it.
        floor(self.wave(epoch), self.rate, T::ZERO)
    }
}

impl<T: Scalar> Cosine<T> {
    fn wave(&self, epoch: u32) -> T {
        if epoch >= self.epochs {
            return self.lowest;
        }
        let Some(done) = epoch.checked_sub(self.warmup) else {
            return self.rate * (count::<T>(epoch) + T::ONE) / (count::<T>(self.warmup) + T::ONE);
        };
        // epoch < epochs, and epoch >= warmup.
        let all = count::<T>(self.epochs - self.warmup);
        let cosine = (T::PI * count(done) / (all + all)).cos();
        self.lowest + (self.rate - self.lowest) * (cosine * cosine)
    }
}

/// Multiplies the rate when the loss no longer falls. `PyTorch`: `ReduceLROnPlateau`, with `mode="min"`,
/// `threshold_mode="rel"`, `threshold=1e-4`, `cooldown=0`, and `eps=0`.
///
/// A loss is better if it is lower than the best so far by more than 1e-4 of the magnitude of the best. This holds for
/// a negative best, too, where `PyTorch` accepts a loss that is higher by as much. After more than `patience` epochs in
/// a row without a better loss, the rate falls to the larger of `rate * factor` and `lowest`, and the count starts
/// anew; the rate never rises. A loss that is NaN or infinite is not better. Calls without a loss change nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Plateau<T = f32> {
    /// The present rate.
    pub rate: T,
    /// What the rate is multiplied by, usually 0.1 to 0.5.
    pub factor: T,
    /// How many epochs in a row may be without a better loss.
    pub patience: u32,
    /// The smallest rate; 0 for the smallest normal number.
    pub lowest: T,
    best: Option<T>,
    waited: u32,
}

storable!("plateau": [T: Scalar] Plateau<T> {
    rate: T, factor: T, patience: u32, lowest: T, best: Option<T>, waited: u32
});

impl<T: Scalar> Plateau<T> {
    /// Starts with `rate`, and multiplies it by `factor` after more than `patience` epochs in a row without a better
    /// loss.
    pub const fn new(rate: T, factor: T, patience: u32) -> Self {
        Self { rate, factor, patience, lowest: T::ZERO, best: None, waited: 0 }
    }
}

impl<T: Scalar> Schedule<T> for Plateau<T> {
    fn rate(&mut self, _: u32, loss: Option<T>) -> T {
        let Some(loss) = loss else { return self.rate };
        let share = T::ONE / T::from_f32(10_000.0);
        let threshold = |best: T| best * if best < T::ZERO { T::ONE + share } else { T::ONE - share };
        if loss.is_finite() && self.best.is_none_or(|best| loss < threshold(best)) {
            self.best = Some(loss);
            self.waited = 0;
        } else {
            self.waited = self.waited.saturating_add(1);
        }
        if self.waited > self.patience {
            self.waited = 0;
            let rate = floor(self.rate * self.factor, self.rate, self.lowest);
            if rate < self.rate {
                self.rate = rate;
            }
        }
        self.rate
    }
}

/// `rate`, but not below `lowest`, nor below the smallest normal number. A rate that shows a mistake is returned as it
/// is: one that is negative or NaN, or whose first rate was not positive.
fn floor<T: Scalar>(rate: T, first: T, lowest: T) -> T {
    let smallest = T::from_f32(f32::MIN_POSITIVE);
    let lowest = if lowest < smallest { smallest } else { lowest };
    if first > T::ZERO && rate >= T::ZERO && rate < lowest { lowest } else { rate }
}

/// `base^exponent`, by squaring: for each bit of the exponent, from the lowest up, the product is multiplied by the
/// base if the bit is set, and the base by itself.
fn power<T: Scalar>(mut base: T, mut exponent: u32) -> T {
    let mut product = T::ONE;
    while exponent > 0 {
        if exponent & 1 == 1 {
            product *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    product
}

/// A number of epochs; exact up to 2^24.
#[allow(clippy::cast_precision_loss)]
fn count<T: Scalar>(epochs: u32) -> T {
    T::from_f32(epochs as f32)
}
