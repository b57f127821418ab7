//! Mini-batches, collected sample by sample.

use super::modifier::inside;
use super::{Optimizer, Parameters, check};
use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// Collects the gradients of `size` samples, and hands their mean to the optimiser inside. Keeps their sum, one number
/// per parameter, beside what that keeps.
///
/// Samples come one by one from [`Trainer::step`](crate::Trainer::step), and need not be in memory together. The update
/// follows the last sample of a batch; a last batch that has fewer is ended by
/// [`Trainer::flush`](crate::Trainer::flush), and is the mean of those that it has.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Batch<P, T = f32> {
    /// How many samples make a batch, at least 1. `usize::MAX` leaves the end of every batch to
    /// [`Trainer::flush`](crate::Trainer::flush).
    pub size: usize,
    /// The optimiser that gets the mean.
    pub inner: P,
    samples: usize,
    /// What made the last sum the gradient; zero before the first, and then sums are dropped.
    scale: T,
}

impl<T: Scalar, P: Optimizer<T>> Batch<P, T> {
    /// Batches of `size` samples, at least 1, for `inner`.
    pub const fn new(size: usize, inner: P) -> Self {
        const { collects::<T, P>() };
        Self { size, inner, samples: 0, scale: T::ZERO }
    }

    /// How many samples wait for the end of their batch.
    pub const fn waiting(&self) -> usize {
        self.samples
    }
}

impl<T: Scalar, P: Optimizer<T> + Zero> Zero for Batch<P, T> {
    const ZERO: Self = {
        collects::<T, P>();
        Self { size: 0, inner: P::ZERO, samples: 0, scale: T::ZERO }
    };
}

/// Another batch inside would never see its end, and never learn.
const fn collects<T: Scalar, P: Optimizer<T>>() {
    assert!(!P::COLLECTS, "a batch in a batch would never learn: one Batch is enough");
    inside::<T, P>();
}

/// What [`Batch`] keeps for a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchSlot<T, S> {
    sum: T,
    inner: S,
}

impl<T: Scalar, S: Zero> Zero for BatchSlot<T, S> {
    const ZERO: Self = Self { sum: T::ZERO, inner: S::ZERO };
}

impl<T: Scalar, P: Optimizer<T>> Optimizer<T> for Batch<P, T> {
    type Slot = BatchSlot<T, P::Slot>;
    const COLLECTS: bool = true;
    const NORMS: bool = P::NORMS;
    // The sum, or what is made of it.
    const MACS: usize = P::MACS + 2;

    fn is_finite(slot: &Self::Slot) -> bool {
        slot.sum.is_finite() && P::is_finite(&slot.inner)
    }

    fn check(&self) -> Result<(), StepError> {
        const { collects::<T, P>() };
        check(self.size > 0, StepError::Batch)?;
        self.inner.check()
    }

    fn set_rate(&mut self, rate: T) {
        self.inner.set_rate(rate);
    }

    fn rate(&self) -> Option<T> {
        self.inner.rate()
    }

    fn scaled(&self, factor: T) -> Self {
        Self { inner: self.inner.scaled(factor), ..*self }
    }

    fn clear(&mut self) {
        self.discard();
        self.inner.clear();
    }

    fn discard(&mut self) {
        self.samples = 0;
        self.scale = T::ZERO;
    }

    fn gradient_limit(&self) -> T {
        self.inner.gradient_limit()
    }

    fn begin(&mut self, samples: usize, _: impl FnOnce() -> T) -> T {
        self.samples = self.samples.saturating_add(samples);
        T::ONE
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, _: &mut T, slot: &mut Self::Slot, gradient: T) {
        slot.sum += gradient;
    }

    fn due(&self) -> bool {
        self.samples >= self.size
    }

    fn waits(&self) -> bool {
        self.samples > 0
    }

    fn is_new(&self) -> bool {
        self.samples == 0 && self.scale == T::ZERO
    }

    fn collected(slot: &Self::Slot) -> T {
        slot.sum
    }

    fn finish(&mut self, norm: impl FnOnce() -> T) {
        self.scale = self.inner.begin(core::mem::take(&mut self.samples), norm);
    }

    fn apply(&self, layer: Parameters<T, Self::Slot>) {
        self.spend(layer.weights, layer.weight_slots, P::weight);
        self.spend(layer.biases, layer.bias_slots, P::bias);
    }
}

impl<T: Scalar, P: Optimizer<T>> Batch<P, T> {
    fn spend(
        &self,
        parameters: &mut [T],
        slots: &mut [BatchSlot<T, P::Slot>],
        learn: impl Fn(&P, &mut T, &mut P::Slot, T),
    ) {
        for (parameter, slot) in parameters.iter_mut().zip(slots) {
            let sum = core::mem::replace(&mut slot.sum, T::ZERO);
            if self.scale > T::ZERO {
                learn(&self.inner, parameter, &mut slot.inner, sum * self.scale);
            }
        }
    }
}
