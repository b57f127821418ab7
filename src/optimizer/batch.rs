//! Mini-batches, collected sample by sample.

use core::marker::PhantomData;
use core::slice::from_mut;

use super::inner::rate_of_inner;
use super::interface::{Collected, Gradient, Optimizer, Parameters, Sum, check};
use super::modifier::inside;
use crate::error::StepError;
use crate::kernel;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, storable};

/// Collects the gradients of `size` samples, and passes their mean to the optimiser inside. The trainer keeps their
/// sum, one number per parameter, beside the slots of the optimiser inside.
///
/// Samples come one by one from [`Trainer::step`](crate::Trainer::step), and need not be in memory together. The update
/// follows the last sample of a batch. [`Trainer::flush`](crate::Trainer::flush) ends a last batch that has fewer, with
/// the mean of those that it has.
///
/// The trainer holds the sum, the `Batch` the number of samples in it. A new `Batch` drops a sum that it finds. If you
/// put back a `Batch` that was copied earlier, while samples wait, its number does not fit the sum: call
/// [`Trainer::discard`](crate::Trainer::discard) after putting it back.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Batch<P, T = f32> {
    /// How many samples make a batch, at least 1. `usize::MAX` leaves the end of every batch to
    /// [`Trainer::flush`](crate::Trainer::flush).
    pub size: usize,
    /// The optimiser that gets the mean.
    pub inner: P,
    samples: usize,
    /// The factor that made the last sum the gradient; zero before the first, and then sums that exist are dropped.
    scale: T,
}

storable!("batch": [T: Scalar, P: Storable] Batch<P, T> { size: usize, inner: P, samples: usize, scale: T });

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

/// Another batch inside would never be complete, and never learn.
const fn collects<T: Scalar, P: Optimizer<T>>() {
    assert!(!P::Sum::COLLECTS, "a batch in a batch would never learn: one Batch is enough");
    inside::<T, P>();
}

impl<T: Scalar, P: Optimizer<T>> Optimizer<T> for Batch<P, T> {
    rate_of_inner!(T, P);

    type Sum = T;
    const NORMS: bool = P::NORMS;
    // Two more, to read the sum and to clear it.
    const MACS: usize = P::MACS + 2;

    fn check(&self) -> Result<(), StepError> {
        const { collects::<T, P>() };
        check(self.size > 0, StepError::Batch)?;
        self.inner.check()
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

    fn weight(&self, weight: &mut T, slot: &mut P::Slot, gradient: T) {
        self.inner.weight(weight, slot, gradient);
    }

    fn bias(&self, bias: &mut T, slot: &mut P::Slot, gradient: T) {
        self.inner.bias(bias, slot, gradient);
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

    fn finish(&mut self, norm: impl FnOnce() -> T) {
        self.scale = self.inner.begin(core::mem::take(&mut self.samples), norm);
    }

    fn apply(&self, layer: Parameters<T, P::Slot>, collected: Collected<T>) {
        let Parameters { weights, weight_slots, biases, bias_slots } = layer;
        self.spend(weights, weight_slots, collected.weights, P::weight);
        self.spend(biases, bias_slots, collected.biases, P::bias);
    }
}

impl<T: Scalar, P: Optimizer<T>> Batch<P, T> {
    /// One instance for all layers on a chip.
    #[cfg_attr(target_os = "none", inline(never))]
    fn spend(
        &self,
        parameters: &mut [T],
        slots: &mut [P::Slot],
        sums: &mut [T],
        learn: impl Fn(&P, &mut T, &mut P::Slot, T),
    ) {
        for ((parameter, slot), sum) in parameters.iter_mut().zip(slots).zip(sums) {
            learn(&self.inner, parameter, slot, *sum * self.scale);
            *sum = T::ZERO;
        }
    }
}

/// Adds gradients to the sums of a batch, which it gets in place of slots. The parameters stay as they are.
#[derive(Clone, Copy)]
pub(crate) struct Collect<S>(PhantomData<S>);

impl<S> Collect<S> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<T: Scalar, S: Sum<T>> Optimizer<T> for Collect<S> {
    type Slot = S;
    type Sum = ();

    fn check(&self) -> Result<(), StepError> {
        Ok(())
    }

    fn set_rate(&mut self, _: T) {}

    fn rate(&self) -> Option<T> {
        None
    }

    fn scaled(&self, _: T) -> Self {
        Self::NEW
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, _: &mut T, sum: &mut S, gradient: T) {
        for sum in S::values(from_mut(sum)) {
            *sum += gradient;
        }
    }

    // sum -= x (-1 delta) has the bits of sum += x delta.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update(&self, layer: Parameters<T, S>, gradient: Gradient<T>) {
        let (weights, biases) = (S::values(layer.weight_slots), S::values(layer.bias_slots));
        kernel::descend(weights, biases, gradient.x, gradient.deltas, -gradient.scale);
    }
}
