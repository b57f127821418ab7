//! Optimisers that adapt the size of the step to each parameter.

#[cfg(vfp)]
use super::fused;
#[cfg(vfp)]
use super::interface::{Gradient, Parameters};
use super::interface::{Optimizer, check, check_fraction, check_rate};
use crate::error::StepError;
use crate::scalar::{Scalar, Zero};
use crate::soft::Soft;
use crate::storable::storable;

/// A running mean after another value.
#[cfg_attr(not(unoptimized), inline(always))]
fn grown<T: Scalar>(mean: T, decay: T, value: T) -> T {
    (Soft(T::ONE - decay) * value).plus(decay, mean).0.flushed()
}

/// Epsilon must be finite and positive: if all gradients were zero, it is the whole denominator. And no step may become
/// infinite if a large gradient, or a mean of such, is divided by epsilon alone: a gradient of 2^50, at `rate` / `part`
/// / epsilon up to 2^50, gives steps up to 2^100.
fn check_epsilon<T: Scalar>(epsilon: T, rate: T, part: T) -> Result<(), StepError> {
    check(epsilon <= T::MAX && epsilon * part * T::GRADIENT_LIMIT >= rate, StepError::Epsilon)
}

/// `s = decay * s + (1 - decay) * (dE/dw)^2`, `w -= rate * dE/dw / (sqrt(s) + epsilon)`. Keeps `s`, one number per
/// parameter.
///
/// Geoffrey Hinton, "Neural Networks for Machine Learning", lecture 6e, 2012.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct RmsProp<T = f32> {
    /// The learning rate: positive, at most 2^26, usually about 0.001.
    pub rate: T,
    /// How much of the mean square stays: from 0 to below 1.
    pub decay: T,
    /// Keeps the denominator from zero: finite, and at least `rate` / 2^50 (1e-18 for a rate of 0.001), in `f64`
    /// `rate` / 2^400.
    pub epsilon: T,
}

storable!("rmsprop": [T: Scalar] RmsProp<T> { rate: T, decay: T, epsilon: T });

impl<T: Scalar> RmsProp<T> {
    /// With this learning rate, a decay of 0.99, and an epsilon of 1e-8.
    pub const fn new(rate: T) -> Self {
        Self { rate, decay: T::DECAY, epsilon: T::EPSILON }
    }
}

impl<T: Scalar> Zero for RmsProp<T> {
    const ZERO: Self = Self { rate: T::ZERO, decay: T::ZERO, epsilon: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for RmsProp<T> {
    type Slot = T;
    type Sum = ();
    const MACS: usize = 40;

    fn is_finite(slot: &T) -> bool {
        T::is_finite(*slot)
    }

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)?;
        check_fraction(self.decay, StepError::Decay)?;
        check_epsilon(self.epsilon, self.rate, T::ONE)
    }

    fn set_rate(&mut self, rate: T) {
        self.rate = rate;
    }

    fn rate(&self) -> Option<T> {
        Some(self.rate)
    }

    fn scaled(&self, factor: T) -> Self {
        Self { rate: self.rate * factor, ..*self }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, square: &mut T, gradient: T) {
        *square = grown(*square, self.decay, (Soft(gradient) * gradient).0);
        let change = (Soft(self.rate) * gradient).0 / (Soft(square.sqrt()) + self.epsilon).0;
        *weight = (Soft(*weight) - change).0;
    }

    #[cfg(vfp)]
    #[inline(always)]
    fn update(&self, layer: Parameters<T, T>, gradient: Gradient<T>) {
        fused::rms_prop(self, [self.decay, self.rate, self.epsilon], layer, gradient);
    }
}

/// `m = decay_m * m + (1 - decay_m) * dE/dw`, `s = decay_s * s + (1 - decay_s) * (dE/dw)^2`; then, with both divided by
/// the value that they would have after as many steps with a gradient of 1, `w -= rate * m / (sqrt(s) + epsilon)`.
/// Keeps `m` and `s`, two numbers per parameter.
///
/// Diederik Kingma and Jimmy Ba, "Adam: A Method for Stochastic Optimization", 2015.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Adam<T = f32> {
    /// The learning rate: positive, at most 2^26, usually about 0.001.
    pub rate: T,
    /// How much of the mean stays: from 0 to below 1. The paper's beta 1.
    pub mean_decay: T,
    /// How much of the mean square stays: from 0 to below 1. The paper's beta 2.
    pub square_decay: T,
    /// Keeps the denominator from zero: finite, and at least `rate / (1 - mean_decay)` / 2^50 (1e-17 for a rate of
    /// 0.001 and a decay of 0.9), in `f64` / 2^400.
    pub epsilon: T,
    /// 1 - `mean_decay`^t after t steps: the running mean of ones. Starts at 0.
    mean_weight: T,
    /// 1 - `square_decay`^t.
    square_weight: T,
    /// `rate / mean_weight` and `1 / sqrt(square_weight)` of the update that has begun.
    factors: [T; 2],
}

storable!("adam": [T: Scalar] Adam<T> {
    rate: T, mean_decay: T, square_decay: T, epsilon: T, mean_weight: T, square_weight: T, factors: [T; 2]
});

impl<T: Scalar> Adam<T> {
    /// With this learning rate, decays of 0.9 and 0.999, and an epsilon of 1e-8.
    pub const fn new(rate: T) -> Self {
        Self {
            rate,
            mean_decay: T::MEAN_DECAY,
            square_decay: T::SQUARE_DECAY,
            epsilon: T::EPSILON,
            mean_weight: T::ZERO,
            square_weight: T::ZERO,
            factors: [T::ZERO; 2],
        }
    }
}

#[cfg(vfp)]
impl<T: Scalar> Adam<T> {
    /// What [`fused::adam`] needs.
    fn in_one_loop(&self, decay: T) -> [T; 6] {
        let [rate, square_factor] = self.factors;
        [self.mean_decay, self.square_decay, rate, square_factor, self.epsilon, decay]
    }
}

impl<T: Scalar> Zero for Adam<T> {
    const ZERO: Self = Self {
        rate: T::ZERO,
        mean_decay: T::ZERO,
        square_decay: T::ZERO,
        epsilon: T::ZERO,
        mean_weight: T::ZERO,
        square_weight: T::ZERO,
        factors: [T::ZERO; 2],
    };
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    type Slot = [T; 2];
    type Sum = ();
    const MACS: usize = 48;

    fn is_finite(slot: &[T; 2]) -> bool {
        slot.iter().all(|number| number.is_finite())
    }

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)?;
        check_fraction(self.mean_decay, StepError::Decay)?;
        check_fraction(self.square_decay, StepError::Decay)?;
        check_epsilon(self.epsilon, self.rate, T::ONE - self.mean_decay)
    }

    fn set_rate(&mut self, rate: T) {
        self.rate = rate;
    }

    fn rate(&self) -> Option<T> {
        Some(self.rate)
    }

    fn scaled(&self, factor: T) -> Self {
        let rate = self.rate * factor;
        let [_, square_factor] = self.factors;
        Self { rate, factors: [rate / self.mean_weight, square_factor], ..*self }
    }

    fn clear(&mut self) {
        self.mean_weight = T::ZERO;
        self.square_weight = T::ZERO;
    }

    fn begin(&mut self, samples: usize, _: impl FnOnce() -> T) -> T {
        let grown = |weight, decay| decay * weight + (T::ONE - decay);
        self.mean_weight = grown(self.mean_weight, self.mean_decay);
        self.square_weight = grown(self.square_weight, self.square_decay);
        self.factors = [self.rate / self.mean_weight, T::ONE / self.square_weight.sqrt()];
        super::interface::mean(samples)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, [mean, square]: &mut [T; 2], gradient: T) {
        *mean = grown(*mean, self.mean_decay, gradient);
        *square = grown(*square, self.square_decay, (Soft(gradient) * gradient).0);
        let [rate, square_factor] = self.factors;
        let change = (Soft(rate) * *mean).0 / Soft(self.epsilon).plus(square.sqrt(), square_factor).0;
        *weight = (Soft(*weight) - change).0;
    }

    #[cfg(vfp)]
    #[inline(always)]
    fn update(&self, layer: Parameters<T, [T; 2]>, gradient: Gradient<T>) {
        fused::adam::<false, _, _>(self, self.in_one_loop(T::ZERO), layer, gradient);
    }
}

/// [`Adam`] that also shrinks weights, independently of the gradient: `w -= rate * weight_decay * w`. Biases don't
/// shrink.
///
/// Ilya Loshchilov and Frank Hutter, "Decoupled Weight Decay Regularization", 2019.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct AdamW<T = f32> {
    /// The optimiser without the decay.
    pub adam: Adam<T>,
    /// How fast weights shrink: not negative, and at most 1 / `rate`, usually about 0.01.
    pub weight_decay: T,
}

storable!("adamw": [T: Scalar] AdamW<T> { adam: Adam<T>, weight_decay: T });

impl<T: Scalar> AdamW<T> {
    /// As [`Adam::new`], with this weight decay.
    pub const fn new(rate: T, weight_decay: T) -> Self {
        Self { adam: Adam::new(rate), weight_decay }
    }
}

impl<T: Scalar> Zero for AdamW<T> {
    const ZERO: Self = Self { adam: Adam::ZERO, weight_decay: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for AdamW<T> {
    type Slot = [T; 2];
    type Sum = ();
    const MACS: usize = Adam::<T>::MACS + 2;

    fn is_finite(slot: &[T; 2]) -> bool {
        slot.iter().all(|number| number.is_finite())
    }

    fn check(&self) -> Result<(), StepError> {
        self.adam.check()?;
        // A product above 1 would change the sign of weights at every step; above 2, they would grow without limit.
        check(self.weight_decay >= T::ZERO && self.adam.rate * self.weight_decay <= T::ONE, StepError::WeightDecay)
    }

    fn set_rate(&mut self, rate: T) {
        self.adam.rate = rate;
    }

    fn rate(&self) -> Option<T> {
        self.adam.rate()
    }

    fn scaled(&self, factor: T) -> Self {
        Self { adam: self.adam.scaled(factor), ..*self }
    }

    fn clear(&mut self) {
        self.adam.clear();
    }

    fn begin(&mut self, samples: usize, norm: impl FnOnce() -> T) -> T {
        self.adam.begin(samples, norm)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, slot: &mut [T; 2], gradient: T) {
        *weight = Soft(*weight).minus((Soft(self.adam.rate) * self.weight_decay).0, *weight).0;
        self.adam.weight(weight, slot, gradient);
    }

    #[cfg(vfp)]
    #[inline(always)]
    fn update(&self, layer: Parameters<T, [T; 2]>, gradient: Gradient<T>) {
        let decay = self.adam.rate * self.weight_decay;
        fused::adam::<true, _, _>(self, self.adam.in_one_loop(decay), layer, gradient);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn bias(&self, bias: &mut T, slot: &mut [T; 2], gradient: T) {
        self.adam.bias(bias, slot, gradient);
    }
}

/// Resilient backpropagation: each parameter has its own step, and only the sign of its gradient is used. The step
/// grows while the sign stays the same, and shrinks when it changes; the parameter then stays unchanged once. There is
/// no learning rate to tune.
///
/// The signs of single samples contradict each other: put it into a [`Batch`](super::Batch) that holds all samples, or
/// many.
///
/// Martin Riedmiller and Heinrich Braun, "A direct adaptive method for faster backpropagation learning", 1993, in the
/// variant iRprop- of Christian Igel and Michael Hüsken, 2000.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Rprop<T = f32> {
    /// The first step of every parameter: positive, at most 2^26.
    pub first: T,
    /// What a step is multiplied by when the sign changes: above 0, below 1.
    pub shrink: T,
    /// What a step is multiplied by when the sign stays the same: at least 1.
    pub grow: T,
    /// The smallest and the largest step: positive, at most 2^26.
    pub range: [T; 2],
}

storable!("rprop": [T: Scalar] Rprop<T> { first: T, shrink: T, grow: T, range: [T; 2] });

impl<T: Scalar> Rprop<T> {
    /// First steps of 0.01 that shrink by 0.5 and grow by 1.2, between 1e-6 and 50.
    pub const fn new() -> Self {
        Self { first: T::FIRST, shrink: T::SHRINK, grow: T::GROW, range: T::RANGE }
    }
}

impl<T: Scalar> Default for Rprop<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Scalar> Zero for Rprop<T> {
    const ZERO: Self = Self { first: T::ZERO, shrink: T::ZERO, grow: T::ZERO, range: [T::ZERO; 2] };
}

/// What [`Rprop`] keeps for a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct RpropSlot<T> {
    /// The last gradient, or zero if the parameter stayed unchanged.
    gradient: T,
    /// The last step; zero before the first.
    step: T,
}

storable!("rprop slot": [T: Scalar] RpropSlot<T> { gradient: T, step: T });

impl<T: Scalar> Zero for RpropSlot<T> {
    const ZERO: Self = Self { gradient: T::ZERO, step: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for Rprop<T> {
    type Slot = RpropSlot<T>;
    type Sum = ();
    const MACS: usize = 12;

    fn is_finite(slot: &RpropSlot<T>) -> bool {
        slot.gradient.is_finite() && slot.step.is_finite()
    }

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.first)?;
        let [least, most] = self.range;
        let factors = self.shrink > T::ZERO && self.shrink < T::ONE && self.grow >= T::ONE && self.grow <= T::MAX;
        check(factors && least > T::ZERO && least <= most && most <= T::RATE_LIMIT, StepError::Range)
    }

    fn set_rate(&mut self, _: T) {}

    fn rate(&self) -> Option<T> {
        None
    }

    /// There is no rate: the first step and the range of steps are multiplied, and with them each step.
    fn scaled(&self, factor: T) -> Self {
        Self { first: self.first * factor, range: self.range.map(|step| step * factor), ..*self }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, slot: &mut RpropSlot<T>, gradient: T) {
        let [least, most] = self.range;
        let mut step = if slot.step == T::ZERO { self.first } else { slot.step };
        let (up, last_up) = (gradient > T::ZERO, slot.gradient > T::ZERO);
        let mut moves = gradient != T::ZERO;
        if moves && slot.gradient != T::ZERO {
            step *= if up == last_up { self.grow } else { self.shrink };
            moves = up == last_up;
        }
        slot.step = if step < least {
            least
        } else if step > most {
            most
        } else {
            step
        };
        slot.gradient = if moves { gradient } else { T::ZERO };
        if moves {
            *weight -= if up { slot.step } else { -slot.step };
        }
    }
}
