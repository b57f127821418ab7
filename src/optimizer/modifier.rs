//! Optimisers that change the components of a gradient before they pass it on.

use super::inner::rate_of_inner;
use super::interface::{Optimizer, Sum, check};
use crate::error::StepError;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, storable};

/// The smaller of both.
pub(super) fn least<T: Scalar>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

/// The largest gradient that is accepted by an optimiser that limits it before anything else. Then products with
/// numbers up to [`Scalar::GRADIENT_LIMIT`] are finite, and so are sums of as many samples as fit into memory; and the
/// factor that brings the norm to the limit is not subnormal, so that it has lost no digits.
pub(super) fn before_a_limit<T: Scalar>(limit: T) -> T {
    let most = T::GRADIENT_LIMIT * T::GRADIENT_LIMIT;
    least(most, least(limit, T::ONE) * T::from_f32(1024.0) * most)
}

pub(super) fn check_limit<T: Scalar>(limit: T) -> Result<(), StepError> {
    check(limit > T::ZERO && limit <= T::MAX, StepError::Limit)
}

/// Refuses a modifier around a batch, because it would not see the end of the batch, and anything around a limit of
/// single samples, because the trainer would not see the limit.
pub(super) const fn inside<T: Scalar, P: Optimizer<T>>() {
    assert!(!P::Sum::COLLECTS, "Batch goes around the other way: Batch<ClipNorm<Sgd>>, not ClipNorm<Batch<Sgd>>");
    assert!(
        !P::LIMITS_SAMPLES,
        "ClipSample goes around all others: ClipSample<Batch<Sgd>>, not Batch<ClipSample<Sgd>>"
    );
}

/// Adds `decay * w` to the gradient of each weight, the gradient of the penalty `decay / 2 * sum of w^2` (L2). Biases
/// are left out: they don't make a function steeper.
///
/// With momentum or an adaptive rate, this is not the same as shrinking the weights directly; see
/// [`AdamW`](super::AdamW) for that.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct WeightDecay<P, T = f32> {
    /// The factor of the penalty: finite and not negative, usually 1e-5 to 1e-2.
    pub decay: T,
    /// The optimiser that gets the gradient.
    pub inner: P,
}

storable!("weight decay": [T: Scalar, P: Storable] WeightDecay<P, T> { decay: T, inner: P });

impl<T: Scalar, P: Optimizer<T>> WeightDecay<P, T> {
    /// Weight decay (finite and not negative) for `inner`.
    pub const fn new(decay: T, inner: P) -> Self {
        const { inside::<T, P>() };
        Self { decay, inner }
    }
}

impl<T: Scalar, P: Optimizer<T> + Zero> Zero for WeightDecay<P, T> {
    const ZERO: Self = {
        inside::<T, P>();
        Self { decay: T::ZERO, inner: P::ZERO }
    };
}

impl<T: Scalar, P: Optimizer<T>> Optimizer<T> for WeightDecay<P, T> {
    rate_of_inner!(T, P);

    type Sum = ();
    const NORMS: bool = P::NORMS;
    const MACS: usize = P::MACS + 2;

    fn check(&self) -> Result<(), StepError> {
        const { inside::<T, P>() };
        check(self.decay >= T::ZERO && self.decay <= T::MAX, StepError::WeightDecay)?;
        self.inner.check()
    }

    fn clear(&mut self) {
        self.inner.clear();
    }

    fn gradient_limit(&self) -> T {
        self.inner.gradient_limit()
    }

    fn begin(&mut self, samples: usize, norm: impl FnOnce() -> T) -> T {
        self.inner.begin(samples, norm)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, slot: &mut P::Slot, gradient: T) {
        // Limited, because slots must stay finite whatever the weight is.
        let pull = clip(self.decay * *weight, T::GRADIENT_LIMIT);
        self.inner.weight(weight, slot, gradient + pull);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn bias(&self, bias: &mut T, slot: &mut P::Slot, gradient: T) {
        self.inner.bias(bias, slot, gradient);
    }
}

/// Keeps every component of the gradient within +-`limit`. In a [`Batch`](super::Batch), or for a slice of samples,
/// these are the components of their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct ClipValue<P, T = f32> {
    /// The largest component: finite and positive.
    pub limit: T,
    /// The optimiser that gets the gradient.
    pub inner: P,
}

storable!("clip value": [T: Scalar, P: Storable] ClipValue<P, T> { limit: T, inner: P });

impl<T: Scalar, P: Optimizer<T>> ClipValue<P, T> {
    /// Limits components to +-`limit` (finite and positive) for `inner`.
    pub const fn new(limit: T, inner: P) -> Self {
        const { inside::<T, P>() };
        Self { limit, inner }
    }
}

/// The nearest number to `value` within +-`limit`.
#[cfg_attr(not(unoptimized), inline(always))]
fn clip<T: Scalar>(value: T, limit: T) -> T {
    if value > limit {
        limit
    } else if value < -limit {
        -limit
    } else {
        value
    }
}

impl<T: Scalar, P: Optimizer<T> + Zero> Zero for ClipValue<P, T> {
    const ZERO: Self = {
        inside::<T, P>();
        Self { limit: T::ZERO, inner: P::ZERO }
    };
}

impl<T: Scalar, P: Optimizer<T>> Optimizer<T> for ClipValue<P, T> {
    rate_of_inner!(T, P);

    type Sum = ();
    const NORMS: bool = P::NORMS;
    const MACS: usize = P::MACS + 3;

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
        self.inner.begin(samples, norm)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn weight(&self, weight: &mut T, slot: &mut P::Slot, gradient: T) {
        self.inner.weight(weight, slot, clip(gradient, least(self.limit, T::GRADIENT_LIMIT)));
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn bias(&self, bias: &mut T, slot: &mut P::Slot, gradient: T) {
        self.inner.bias(bias, slot, clip(gradient, least(self.limit, T::GRADIENT_LIMIT)));
    }
}
