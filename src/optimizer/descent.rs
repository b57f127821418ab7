//! Descent along the gradient, without and with momentum.

#[cfg(vfp)]
use super::fused;
#[cfg(vfp)]
use super::interface::follow_pairs;
use super::interface::{Gradient, Optimizer, Parameters, check_fraction, check_rate};
use crate::error::StepError;
use crate::kernel;
#[cfg(vfp)]
use crate::pairs::Pairs;
use crate::scalar::{Scalar, Zero};
use crate::soft::Soft;
use crate::storable::storable;

/// Stochastic gradient descent: `w -= rate * dE/dw`. Keeps nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Sgd<T = f32> {
    /// The learning rate: positive, at most 2^26.
    pub rate: T,
}

storable!("sgd": [T: Scalar] Sgd<T> { rate: T });

impl<T> Sgd<T> {
    /// Descent with this learning rate, which must be positive and at most 2^26.
    pub const fn new(rate: T) -> Self {
        Self { rate }
    }
}

impl<T: Scalar> Zero for Sgd<T> {
    const ZERO: Self = Self { rate: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
    type Slot = ();
    type Sum = ();

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)
    }

    fn set_rate(&mut self, rate: T) {
        self.rate = rate;
    }

    fn rate(&self) -> Option<T> {
        Some(self.rate)
    }

    fn scaled(&self, factor: T) -> Self {
        Self { rate: self.rate * factor }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, (): &mut (), gradient: T) {
        *weight = Soft(*weight).minus(self.rate, gradient).0;
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn update(&self, layer: Parameters<T, ()>, gradient: Gradient<T>) {
        kernel::descend(layer.weights, layer.biases, gradient.x, gradient.deltas, self.rate * gradient.scale);
    }

    #[cfg(vfp)]
    #[inline(always)]
    fn update_batch(&self, layer: Parameters<T, ()>, pairs: Pairs<T>, scale: T) {
        if pairs.count == 1 {
            fused::descend_samples(self, self.rate, layer, pairs, scale);
        } else {
            follow_pairs(self, layer, pairs, scale);
        }
    }
}

/// Gradient descent with momentum: `v = momentum * v + dE/dw`, `w -= rate * v`. Keeps `v`, one number per parameter.
///
/// Boris Polyak's heavy ball, in the form most libraries use: a change of the rate acts at once on all of `v`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Momentum<T = f32> {
    /// The learning rate: positive, at most 2^26.
    pub rate: T,
    /// How much of the last velocity stays: from 0 to below 1, usually 0.9.
    pub momentum: T,
}

storable!("momentum": [T: Scalar] Momentum<T> { rate: T, momentum: T });

impl<T> Momentum<T> {
    /// Descent with this learning rate (positive, at most 2^26) and momentum (from 0 to below 1).
    pub const fn new(rate: T, momentum: T) -> Self {
        Self { rate, momentum }
    }
}

impl<T: Scalar> Zero for Momentum<T> {
    const ZERO: Self = Self { rate: T::ZERO, momentum: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for Momentum<T> {
    type Slot = T;
    type Sum = ();
    const MACS: usize = 3;

    fn is_finite(slot: &T) -> bool {
        T::is_finite(*slot)
    }

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)?;
        check_fraction(self.momentum, StepError::Momentum)
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
    fn weight(&self, weight: &mut T, velocity: &mut T, gradient: T) {
        *velocity = Soft(gradient).plus(self.momentum, *velocity).0;
        *weight = Soft(*weight).minus(self.rate, *velocity).0;
    }

    #[cfg(vfp)]
    #[inline(always)]
    fn update(&self, layer: Parameters<T, T>, gradient: Gradient<T>) {
        fused::momentum::<false, _, _>(self, [self.momentum, self.rate], layer, gradient);
    }
}

/// Momentum that looks ahead: `v = momentum * v + dE/dw`, `w -= rate * (dE/dw + momentum * v)`. Keeps `v`, one number
/// per parameter.
///
/// Yurii Nesterov, 1983, in the form of Ilya Sutskever et al., "On the importance of initialization and momentum in
/// deep learning", 2013.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Nesterov<T = f32> {
    /// The learning rate: positive, at most 2^26.
    pub rate: T,
    /// How much of the last velocity stays: from 0 to below 1, usually 0.9.
    pub momentum: T,
}

storable!("nesterov": [T: Scalar] Nesterov<T> { rate: T, momentum: T });

impl<T> Nesterov<T> {
    /// Descent with this learning rate (positive, at most 2^26) and momentum (from 0 to below 1).
    pub const fn new(rate: T, momentum: T) -> Self {
        Self { rate, momentum }
    }
}

impl<T: Scalar> Zero for Nesterov<T> {
    const ZERO: Self = Self { rate: T::ZERO, momentum: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for Nesterov<T> {
    type Slot = T;
    type Sum = ();
    const MACS: usize = 4;

    fn is_finite(slot: &T) -> bool {
        T::is_finite(*slot)
    }

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)?;
        check_fraction(self.momentum, StepError::Momentum)
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
    fn weight(&self, weight: &mut T, velocity: &mut T, gradient: T) {
        *velocity = Soft(gradient).plus(self.momentum, *velocity).0;
        *weight = Soft(*weight).minus(self.rate, Soft(gradient).plus(self.momentum, *velocity).0).0;
    }

    #[cfg(vfp)]
    #[inline(always)]
    fn update(&self, layer: Parameters<T, T>, gradient: Gradient<T>) {
        fused::momentum::<true, _, _>(self, [self.momentum, self.rate], layer, gradient);
    }
}
