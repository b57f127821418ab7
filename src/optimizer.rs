//! How a gradient becomes new weights.
//!
//! An [`Optimizer`] says what becomes of one parameter and its gradient, and what must be kept for that from step to step:
//! its *slot*. The [`Trainer`](crate::Trainer) holds one slot per parameter, so the type tells the memory:
//!
//! | optimiser | keeps per parameter | of `f32` |
//! |---|---|---|
//! | [`Sgd`] | nothing | 0 bytes |
//! | [`Momentum`], [`Nesterov`] | the velocity | 4 |
//! | [`RmsProp`] | the mean square of the gradient | 4 |
//! | [`Adam`], [`AdamW`] | the means of the gradient and its square | 8 |
//! | [`Rprop`] | the last gradient and the size of the next change | 8 |
//! | [`Batch`] around one of them | the sum of gradients | 4 more |
//!
//! Others go around one of these, and change the gradient on its way in: [`WeightDecay`], [`ClipValue`], [`ClipNorm`].
//! They are read from the outside in: `Batch<ClipNorm<WeightDecay<Adam>>>` sums gradients, limits the norm of their mean,
//! adds the decay, and hands the result to Adam. [`Batch`] goes around all of these, because they act on what it collects;
//! around [`Batch`] goes [`ClipSample`] alone, which limits what each sample adds.

mod adaptive;
mod batch;
mod descent;
mod modifier;

pub use adaptive::{Adam, AdamW, RmsProp, Rprop, RpropSlot};
pub use batch::{Batch, BatchSlot};
pub use descent::{Momentum, Nesterov, Sgd};
pub use modifier::{ClipNorm, ClipSample, ClipValue, WeightDecay};
pub(crate) use modifier::{norm, shrink};

use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// An optimiser: what it keeps per parameter, and what it does with a gradient.
///
/// The trainer calls [`check`](Optimizer::check), then, when everything is known to be finite,
/// [`begin`](Optimizer::begin), and then [`update`](Optimizer::update) for each layer.
pub trait Optimizer<T: Scalar> {
    /// What is kept for each parameter; `()` for nothing.
    type Slot: Zero;

    /// Whether gradients are only collected until [`finish`](Optimizer::finish).
    const COLLECTS: bool = false;

    /// Checks the hyperparameters, before anything is written.
    ///
    /// # Errors
    /// The [`StepError`] that names the one that is out of range.
    fn check(&self) -> Result<(), StepError>;

    /// Sets the learning rate: what a [schedule](crate::schedule) does. [`Rprop`] has none, and stays as it is.
    fn set_rate(&mut self, rate: T);

    /// The largest norm that the gradient of a single sample may have, if it is limited.
    fn sample_limit(&self) -> Option<T> {
        None
    }

    /// Once before an update from so many `samples`. `square` computes the squared norm of the sum of their gradients, over all
    /// layers. Returns the factor that makes this sum the gradient: usually the one that makes it a mean.
    ///
    /// # Errors
    /// [`StepError::Gradient`] if the norm is needed and not finite. Nothing has changed then.
    #[inline(always)]
    fn begin(&mut self, samples: usize, square: impl FnOnce() -> T) -> Result<T, StepError> {
        let _ = square;
        Ok(mean(samples))
    }

    /// Changes one weight, whose gradient is `gradient`.
    fn weight(&self, weight: &mut T, slot: &mut Self::Slot, gradient: T);

    /// Changes one bias.
    fn bias(&self, bias: &mut T, slot: &mut Self::Slot, gradient: T) {
        self.weight(bias, slot, gradient);
    }

    /// Updates a layer.
    fn update(&self, layer: Parameters<T, Self::Slot>, gradient: Gradient<T>) {
        follow(self, layer, gradient);
    }

    /// Whether as many samples are collected as belong together.
    fn due(&self) -> bool {
        false
    }

    /// What is collected for a parameter.
    fn collected(slot: &Self::Slot) -> T {
        let _ = slot;
        T::ZERO
    }

    /// Ends a batch: [`apply`](Optimizer::apply) must follow for each layer, whatever this returns. `square` computes the
    /// squared norm of what was collected.
    ///
    /// # Errors
    /// As [`begin`](Optimizer::begin). What was collected is dropped then, and no weight changes.
    fn finish(&mut self, square: impl FnOnce() -> T) -> Result<(), StepError> {
        let _ = square;
        Ok(())
    }

    /// Updates a layer from what was collected.
    fn apply(&self, layer: Parameters<T, Self::Slot>) {
        let _ = layer;
    }
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

/// The gradient of a layer from some samples: that of one sample is an outer product,
/// dE/dw\[i\]\[o\] = `x[i] * delta[o]`, and is never stored.
#[derive(Clone, Copy, Debug)]
pub struct Gradient<'a, T> {
    /// The inputs, sample by sample.
    pub x: &'a [T],
    /// The deltas, sample by sample.
    pub deltas: &'a [T],
    /// How many inputs the layer has.
    pub inputs: usize,
    /// How many outputs the layer has.
    pub outputs: usize,
    /// What the sum over the samples is multiplied by.
    pub scale: T,
}

/// Hands every parameter and its gradient to the optimiser: rows of rising inputs, then the biases. The products of the samples are added to
/// 0 in their order, and the sum is multiplied by the scale.
fn follow<T: Scalar, P: Optimizer<T> + ?Sized>(optimizer: &P, layer: Parameters<T, P::Slot>, gradient: Gradient<T>) {
    let outputs = gradient.outputs.max(1);
    let rows = layer.weights.chunks_exact_mut(outputs).zip(layer.weight_slots.chunks_exact_mut(outputs));
    if gradient.deltas.len() == outputs {
        for ((weights, slots), &x) in rows.zip(gradient.x) {
            for ((w, slot), &d) in weights.iter_mut().zip(slots).zip(gradient.deltas) {
                optimizer.weight(w, slot, x * d * gradient.scale);
            }
        }
        for ((b, slot), &d) in layer.biases.iter_mut().zip(layer.bias_slots).zip(gradient.deltas) {
            optimizer.bias(b, slot, d * gradient.scale);
        }
        return;
    }
    for (input, (weights, slots)) in rows.enumerate() {
        let x = gradient.x.iter().skip(input).step_by(gradient.inputs.max(1)).copied();
        sums(weights, slots, x, gradient, |w, slot, g| optimizer.weight(w, slot, g));
    }
    sums(layer.biases, layer.bias_slots, core::iter::repeat(T::ONE), gradient, |b, slot, g| optimizer.bias(b, slot, g));
}

/// [`follow`] for one row and several samples, with a piece of the row at a time, whose sums fit into registers.
fn sums<T: Scalar, S>(
    parameters: &mut [T],
    slots: &mut [S],
    x: impl Iterator<Item = T> + Clone,
    gradient: Gradient<T>,
    learn: impl Fn(&mut T, &mut S, T),
) {
    const PIECE: usize = 16;
    for (piece, (parameters, slots)) in parameters.chunks_mut(PIECE).zip(slots.chunks_mut(PIECE)).enumerate() {
        let mut sums = [T::ZERO; PIECE];
        for (x, deltas) in x.clone().zip(gradient.deltas.chunks_exact(gradient.outputs.max(1))) {
            let deltas = deltas.get(piece * PIECE..).unwrap_or_default();
            for (sum, &d) in sums.iter_mut().zip(deltas) {
                *sum += x * d;
            }
        }
        for ((parameter, slot), &sum) in parameters.iter_mut().zip(slots).zip(&sums) {
            learn(parameter, slot, sum * gradient.scale);
        }
    }
}

/// 1 / samples, exactly 1 for one.
#[inline(always)]
pub(crate) fn mean<T: Scalar>(samples: usize) -> T {
    if samples == 1 { T::ONE } else { T::ONE / count(samples) }
}

/// The number of samples; exact up to 2^24.
#[allow(clippy::cast_precision_loss)]
fn count<T: Scalar>(samples: usize) -> T {
    T::from_f32(samples as f32)
}

/// Finite and positive; zero in a trainer that was never started.
fn check_rate<T: Scalar>(rate: T) -> Result<(), StepError> {
    let bits = rate.bits();
    check(bits != 0 && bits <= T::MAX.bits(), StepError::LearningRate)
}

/// From 0 to below 1: what fraction of a running value stays.
fn check_fraction<T: Scalar>(fraction: T, error: StepError) -> Result<(), StepError> {
    check(fraction >= T::ZERO && fraction < T::ONE, error)
}

fn check(holds: bool, error: StepError) -> Result<(), StepError> {
    if holds { Ok(()) } else { Err(error) }
}
