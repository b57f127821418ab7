//! Optimisers that limit the norm of a gradient before they pass it on.

use super::inner::{rate_of_inner, update_by_inner};
use super::interface::{Collected, Gradient, Optimizer, Parameters, mean};
use super::modifier::{before_a_limit, check_limit, inside, least};
use crate::error::StepError;
use crate::pairs::Pairs;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, storable};

/// The factor that brings `norm` down to `limit`; 1 if it is not above.
pub(crate) fn shrink<T: Scalar>(norm: T, limit: T) -> T {
    if norm > limit { limit / norm } else { T::ONE }
}

/// Refuses a second limit of single samples.
const fn outermost<T: Scalar, P: Optimizer<T>>() {
    assert!(!P::LIMITS_SAMPLES, "a limit around a limit: one ClipSample is enough");
}

/// Scales the gradient of all layers together down to the norm `limit` if its norm is larger. In a
/// [`Batch`](super::Batch), or for a slice of samples, this is the norm of their mean; [`ClipSample`] limits each of
/// them. The norm is limited first, even if a [`WeightDecay`](super::WeightDecay) or [`ClipValue`](super::ClipValue)
/// wraps this.
///
/// For one sample the norm costs little: its square is the sum over all layers of (|x|^2 + 1) |delta|^2. For a slice it
/// takes as long as an update: it is summed parameter by parameter, with the bits of a collected batch.
///
/// A gradient with components up to 2^100 (1.2e30; in `f64` 2^800), and up to 2^110 (2^810) times the limit, is
/// limited; a larger one is refused. Limits above 2^50 act as 2^50 ([`GRADIENT_LIMIT`](Scalar::GRADIENT_LIMIT)).
///
/// Razvan Pascanu et al., "On the difficulty of training recurrent neural networks", 2013.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct ClipNorm<P, T = f32> {
    /// The largest Euclidean norm: finite and positive.
    pub limit: T,
    /// The optimiser that gets the gradient.
    pub inner: P,
}

storable!("clip norm": [T: Scalar, P: Storable] ClipNorm<P, T> { limit: T, inner: P });

impl<T: Scalar, P: Optimizer<T>> ClipNorm<P, T> {
    /// Limits the norm to `limit` (finite and positive) for `inner`.
    pub const fn new(limit: T, inner: P) -> Self {
        const { inside::<T, P>() };
        Self { limit, inner }
    }
}

impl<T: Scalar, P: Optimizer<T> + Zero> Zero for ClipNorm<P, T> {
    const ZERO: Self = {
        inside::<T, P>();
        Self { limit: T::ZERO, inner: P::ZERO }
    };
}

impl<T: Scalar, P: Optimizer<T>> Optimizer<T> for ClipNorm<P, T> {
    rate_of_inner!(T, P);
    update_by_inner!(T, P);

    type Sum = ();
    const NORMS: bool = true;
    const MACS: usize = P::MACS;

    fn check(&self) -> Result<(), StepError> {
        const { inside::<T, P>() };
        check_limit(self.limit)?;
        self.inner.check()
    }

    fn clear(&mut self) {
        self.inner.clear();
    }

    fn gradient_limit(&self) -> T {
        before_a_limit(self.limit)
    }

    fn begin(&mut self, samples: usize, norm: impl FnOnce() -> T) -> T {
        let norm = norm();
        let limit = least(self.limit, T::GRADIENT_LIMIT);
        let factor = shrink(norm * mean(samples), limit);
        self.inner.begin(samples, || norm * factor) * factor
    }
}

/// Scales the gradient of every single sample down to the norm `limit` if its norm is larger, before it is added to
/// others, so that no sample of a batch can outweigh the rest. Wraps all other optimisers, [`Batch`](super::Batch) too.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct ClipSample<P, T = f32> {
    /// The largest Euclidean norm: finite and positive.
    pub limit: T,
    /// The optimiser that gets the gradients.
    pub inner: P,
}

storable!("clip sample": [T: Scalar, P: Storable] ClipSample<P, T> { limit: T, inner: P });

impl<T: Scalar, P: Optimizer<T>> ClipSample<P, T> {
    /// Limits the norm of each sample's gradient to `limit` (finite and positive) for `inner`.
    pub const fn new(limit: T, inner: P) -> Self {
        const { outermost::<T, P>() };
        Self { limit, inner }
    }
}

impl<T: Scalar, P: Optimizer<T> + Zero> Zero for ClipSample<P, T> {
    const ZERO: Self = {
        outermost::<T, P>();
        Self { limit: T::ZERO, inner: P::ZERO }
    };
}

impl<T: Scalar, P: Optimizer<T>> Optimizer<T> for ClipSample<P, T> {
    rate_of_inner!(T, P);
    update_by_inner!(T, P);

    type Sum = P::Sum;
    const LIMITS_SAMPLES: bool = true;
    const NORMS: bool = true;
    const MACS: usize = P::MACS;

    fn check(&self) -> Result<(), StepError> {
        const { outermost::<T, P>() };
        check_limit(self.limit)?;
        self.inner.check()
    }

    fn clear(&mut self) {
        self.inner.clear();
    }

    fn discard(&mut self) {
        self.inner.discard();
    }

    fn sample_limit(&self) -> Option<T> {
        Some(least(self.limit, T::GRADIENT_LIMIT))
    }

    fn gradient_limit(&self) -> T {
        before_a_limit(self.limit)
    }

    fn begin(&mut self, samples: usize, norm: impl FnOnce() -> T) -> T {
        self.inner.begin(samples, norm)
    }

    fn due(&self) -> bool {
        self.inner.due()
    }

    fn waits(&self) -> bool {
        self.inner.waits()
    }

    fn is_new(&self) -> bool {
        self.inner.is_new()
    }

    fn finish(&mut self, norm: impl FnOnce() -> T) {
        self.inner.finish(norm);
    }

    fn apply(&self, layer: Parameters<T, P::Slot>, collected: Collected<P::Sum>) {
        self.inner.apply(layer, collected);
    }
}
