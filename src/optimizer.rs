//! How a gradient becomes new weights.

use crate::kernel;
use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// An optimiser: what it keeps per parameter, and what it does with a gradient.
///
/// The gradient of a dense layer for one sample is an outer product, dE/dw\[i\]\[o\] = `x[i] * delta[o]`; it is never
/// stored.
pub trait Optimizer<T: Scalar> {
    /// What is kept for each parameter; `()` for nothing.
    type Slot: Zero;

    /// Checks the hyperparameters, before anything is written.
    ///
    /// # Errors
    /// The [`StepError`] that names the one that is out of range.
    fn check(&self) -> Result<(), StepError>;

    /// Updates a layer that had the inputs `x` and has the deltas `delta`.
    fn update(&self, layer: Parameters<T, Self::Slot>, x: &[T], delta: &[T]);
}

/// The parameters of a layer, and what the optimiser keeps for each.
#[derive(Debug)]
pub struct Parameters<'a, T, S> {
    /// Input-major: one row per input, one weight per output in it.
    pub weights: &'a mut [T],
    /// As the weights.
    pub weight_slots: &'a mut [S],
    /// One per output, or none. A bias is the weight of an input that is always 1.
    pub biases: &'a mut [T],
    /// As the biases.
    pub bias_slots: &'a mut [S],
}

fn check_rate<T: Scalar>(rate: T) -> Result<(), StepError> {
    if rate > T::ZERO && rate <= T::MAX { Ok(()) } else { Err(StepError::LearningRate) }
}

/// Stochastic gradient descent: `w -= rate * dE/dw`. Keeps nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sgd<T = f32> {
    /// The learning rate: finite and positive.
    pub rate: T,
}

impl<T> Sgd<T> {
    /// Descent with this learning rate, which must be finite and positive.
    pub const fn new(rate: T) -> Self {
        Self { rate }
    }
}

impl<T: Scalar> Zero for Sgd<T> {
    const ZERO: Self = Self { rate: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
    type Slot = ();

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)
    }

    #[inline(always)]
    fn update(&self, layer: Parameters<T, ()>, x: &[T], delta: &[T]) {
        kernel::descend(layer.weights, layer.biases, x, delta, self.rate);
    }
}

/// Gradient descent with momentum: `v = momentum * v + dE/dw`, `w -= rate * v`. Keeps `v`, one number per parameter.
///
/// Boris Polyak's heavy ball, in the form most libraries use: a change of the rate acts at once on all of `v`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Momentum<T = f32> {
    /// The learning rate: finite and positive.
    pub rate: T,
    /// How much of the last velocity stays: from 0 to below 1, usually 0.9.
    pub momentum: T,
}

impl<T> Momentum<T> {
    /// Descent with this learning rate (finite and positive) and momentum (from 0 to below 1).
    pub const fn new(rate: T, momentum: T) -> Self {
        Self { rate, momentum }
    }
}

impl<T: Scalar> Zero for Momentum<T> {
    const ZERO: Self = Self { rate: T::ZERO, momentum: T::ZERO };
}

impl<T: Scalar> Optimizer<T> for Momentum<T> {
    type Slot = T;

    fn check(&self) -> Result<(), StepError> {
        check_rate(self.rate)?;
        if self.momentum >= T::ZERO && self.momentum < T::ONE { Ok(()) } else { Err(StepError::Momentum) }
    }

    fn update(&self, layer: Parameters<T, T>, x: &[T], delta: &[T]) {
        let outputs = delta.len().max(1);
        let rows = layer.weights.chunks_exact_mut(outputs).zip(layer.weight_slots.chunks_exact_mut(outputs));
        for ((weights, velocities), &x) in rows.zip(x) {
            self.update_row(weights, velocities, x, delta);
        }
        self.update_row(layer.biases, layer.bias_slots, T::ONE, delta);
    }
}

impl<T: Scalar> Momentum<T> {
    fn update_row(&self, weights: &mut [T], velocities: &mut [T], x: T, delta: &[T]) {
        for ((w, v), &d) in weights.iter_mut().zip(velocities).zip(delta) {
            *v = self.momentum * *v + x * d;
            *w -= self.rate * *v;
        }
    }
}
