//! The trait of all optimisers, and what it is given.

use core::ops::Range;

use crate::error::StepError;
use crate::kernel::{self, SEAL};
use crate::pairs::Pairs;
use crate::scalar::{Scalar, Zero, count};
use crate::storable::Storable;
use crate::work::{Budget, Work};

/// An optimiser: what it keeps per parameter, and what it does with a gradient.
///
/// The trainer calls [`check`](Optimizer::check). When everything is known to be finite, and the gradient to be within
/// [`gradient_limit`](Optimizer::gradient_limit), it calls [`begin`](Optimizer::begin), and then
/// [`update`](Optimizer::update) or [`update_batch`](Optimizer::update_batch) for each layer.
///
/// With gradients within [`GRADIENT_LIMIT`](Scalar::GRADIENT_LIMIT), rates within [`RATE_LIMIT`](Scalar::RATE_LIMIT)
/// and other hyperparameters that `check` accepts, nothing that an optimiser writes may become infinite. So a parameter
/// must change by less than 2^103 in `f32` (2^970 in `f64`), which is half of the distance between the largest finite
/// numbers: then the sum with any finite parameter is finite.
pub trait Optimizer<T: Scalar> {
    /// What is kept for each parameter; `()` for nothing.
    type Slot: Zero;

    /// The sum of gradients that is kept for each parameter until [`finish`](Optimizer::finish), `T`; `()` for an
    /// optimiser that does not collect them.
    type Sum: Sum<T>;

    /// Whether the gradient of each sample is limited. Only an optimiser that passes the limit on may wrap such a one.
    const LIMITS_SAMPLES: bool = false;

    /// Whether norms are needed: `norm` is called, or [`sample_limit`](Optimizer::sample_limit) is set. The cost of
    /// [pieces](crate::pieces) of a step is computed from this and [`MACS`](Optimizer::MACS).
    const NORMS: bool = false;

    /// The cost of changing one parameter, in [MACs](crate::pieces#what-a-mac-is).
    const MACS: usize = 1;

    /// Checks the hyperparameters, before anything is written.
    ///
    /// # Errors
    /// The [`StepError`] that names the one that is out of range.
    fn check(&self) -> Result<(), StepError>;

    /// Sets the learning rate, as a [schedule](crate::schedule) does. [`Rprop`](crate::Rprop) has none, and ignores it.
    fn set_rate(&mut self, rate: T);

    /// The learning rate; `None` if there is none, as in [`Rprop`](crate::Rprop).
    fn rate(&self) -> Option<T>;

    /// A copy whose learning rate, and all that was computed from it, is `factor` times as large: a
    /// [`ScaledRate`](crate::ScaledRate) updates its layers with it. The factor is above 0 and at most 1, so that what
    /// [`check`](Optimizer::check) has accepted stays in its range. Called between [`begin`](Optimizer::begin) or
    /// [`finish`](Optimizer::finish) and the end of the update; the copy is used for updates only. A copy with a factor
    /// of 1 updates with the same bits.
    #[must_use]
    fn scaled(&self, factor: T) -> Self
    where
        Self: Sized;

    /// Resets what was counted over past steps, such as their number; hyperparameters stay. The slots are cleared with
    /// it: see [`Trainer::clear`](crate::Trainer::clear).
    fn clear(&mut self) {}

    /// Forgets the samples that wait for the end of their batch. The trainer clears their sum: see
    /// [`Trainer::discard`](crate::Trainer::discard).
    fn discard(&mut self) {}

    /// The largest norm that the gradient of a single sample may have, if it is limited.
    fn sample_limit(&self) -> Option<T> {
        None
    }

    /// The largest gradient that a step accepts. Larger ones are refused as [`StepError::Gradient`].
    fn gradient_limit(&self) -> T {
        T::GRADIENT_LIMIT
    }

    /// Called once before an update from `samples` samples. `norm` computes the Euclidean norm of the sum of their
    /// gradients, over all layers. Returns the factor that makes this sum the gradient: usually the one that makes it a
    /// mean.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(&mut self, samples: usize, norm: impl FnOnce() -> T) -> T {
        let _ = norm;
        mean(samples)
    }

    /// Changes one weight, whose gradient is `gradient`.
    fn weight(&self, weight: &mut T, slot: &mut Self::Slot, gradient: T);

    /// Changes one bias.
    fn bias(&self, bias: &mut T, slot: &mut Self::Slot, gradient: T) {
        self.weight(bias, slot, gradient);
    }

    /// Updates a layer, or some of its rows, or its biases alone, from one sample.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update(&self, layer: Parameters<T, Self::Slot>, gradient: Gradient<T>) {
        follow(self, layer, gradient);
    }

    /// Updates a layer, or some of its rows, or its biases alone, from several samples or several pairs of a sample.
    /// `scale` is what the sum of the outer products is multiplied by.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update_batch(&self, layer: Parameters<T, Self::Slot>, pairs: Pairs<T>, scale: T) {
        if pairs.count == 1 {
            follow_batch(self, layer, pairs.x, pairs.deltas, (pairs.inputs, pairs.outputs), scale);
        } else {
            follow_pairs(self, layer, pairs, scale);
        }
    }

    /// Whether the slot of a parameter is finite; after steps of a trainer it always is.
    fn is_finite(slot: &Self::Slot) -> bool {
        let _ = slot;
        true
    }

    /// Whether the batch is complete.
    fn due(&self) -> bool {
        false
    }

    /// Whether any samples are collected.
    fn waits(&self) -> bool {
        false
    }

    /// Whether this has never collected anything. A sum that the trainer has is then that of another optimiser, and is
    /// dropped before the first sample.
    fn is_new(&self) -> bool {
        false
    }

    /// Ends a batch of at least one sample: [`apply`](Optimizer::apply) must follow for each layer. `norm` computes the
    /// Euclidean norm of what was collected.
    fn finish(&mut self, norm: impl FnOnce() -> T) {
        let _ = norm;
    }

    /// Updates a layer, or some of its parameters, from what was collected, which is cleared.
    fn apply(&self, layer: Parameters<T, Self::Slot>, collected: Collected<Self::Sum>) {
        let _ = (layer, collected);
    }
}

/// Where the gradients of a batch are summed: a number for each parameter, or `()` for an optimiser that collects none.
pub trait Sum<T>: Zero + Storable + Sized {
    /// Whether there is a sum.
    const COLLECTS: bool;

    /// The sums as numbers; none for `()`.
    fn values(sums: &mut [Self]) -> &mut [T];
}

impl<T: Scalar> Sum<T> for T {
    const COLLECTS: bool = true;

    fn values(sums: &mut [T]) -> &mut [T] {
        sums
    }
}

impl<T: Scalar> Sum<T> for () {
    const COLLECTS: bool = false;

    fn values(_: &mut [()]) -> &mut [T] {
        &mut []
    }
}

/// The parameters of a layer, and what the optimiser keeps for each.
#[derive(Debug)]
pub struct Parameters<'a, T, S> {
    /// Input-major: one row per input, one weight per output in it.
    pub weights: &'a mut [T],
    /// One per weight.
    pub weight_slots: &'a mut [S],
    /// One per output, or none. A bias is the weight of an input that is always 1.
    pub biases: &'a mut [T],
    /// One per bias.
    pub bias_slots: &'a mut [S],
}

impl<'a, T, S> Parameters<'a, T, S> {
    /// Weights and biases, each with as many slots as there are parameters.
    pub fn new(
        (weights, weight_slots): (&'a mut [T], &'a mut [S]),
        (biases, bias_slots): (&'a mut [T], &'a mut [S]),
    ) -> Self {
        Self { weights, weight_slots, biases, bias_slots }
    }

    /// Some rows of `outputs` weights each, and the biases if they are `wanted`.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn rows(self, rows: Range<usize>, outputs: usize, wanted: bool) -> Self {
        let biases = 0..if wanted { self.biases.len() } else { 0 };
        self.parts(rows.start * outputs..rows.end * outputs, biases)
    }

    /// Some weights and some biases.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn parts(self, weights: Range<usize>, biases: Range<usize>) -> Self {
        Self {
            weights: Work::part_mut(self.weights, weights.clone()),
            weight_slots: Work::part_mut(self.weight_slots, weights),
            biases: Work::part_mut(self.biases, biases.clone()),
            bias_slots: Work::part_mut(self.bias_slots, biases),
        }
    }
}

/// The sums of the gradients of a layer's parameters.
#[derive(Debug)]
pub struct Collected<'a, S> {
    /// One per weight, as [`Parameters::weights`].
    pub weights: &'a mut [S],
    /// One per bias, as [`Parameters::biases`].
    pub biases: &'a mut [S],
}

impl<'a, S> Collected<'a, S> {
    /// The sums of the weights and those of the biases.
    pub fn new(weights: &'a mut [S], biases: &'a mut [S]) -> Self {
        Self { weights, biases }
    }
}

/// The gradient of a layer from one sample: an outer product that is never stored, dE/dw\[i\]\[o\] = `x[i] * delta[o]`.
#[derive(Clone, Copy, Debug)]
pub struct Gradient<'a, T> {
    /// The inputs.
    pub x: &'a [T],
    /// The deltas.
    pub deltas: &'a [T],
    /// What the outer product is multiplied by.
    pub scale: T,
}

/// [`Optimizer::update`] or [`Optimizer::update_batch`] for as many rows of a layer as are to be done now. The biases
/// are one more row, of an input that is always 1. `B` is the largest number of samples: with one, and one pair per
/// sample, the code for several is not compiled.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn update<T: Scalar, P: Optimizer<T>, W: Budget, const B: usize>(
    optimizer: &P,
    layer: Parameters<T, P::Slot>,
    pairs: Pairs<T>,
    scale: T,
    work: &mut W,
) {
    let inputs = pairs.inputs;
    let cost = pairs.outputs * (P::MACS + pairs.count - 1);
    let Some(rows) = work.take(inputs + usize::from(pairs.biases), cost) else { return };
    let (layer, pairs) = if W::WHOLE {
        (layer, pairs)
    } else {
        let weights = rows.start.min(inputs)..rows.end.min(inputs);
        (layer.rows(weights.clone(), pairs.outputs, rows.end > inputs), pairs.rows(weights))
    };
    if B == 1 && pairs.count == 1 || pairs.is_one() {
        let x = pairs.x.get(..pairs.inputs).unwrap_or_default();
        optimizer.update(layer, Gradient { x, deltas: pairs.deltas, scale });
    } else {
        optimizer.update_batch(layer, pairs, scale);
    }
}

/// [`Optimizer::apply`] for as many parameters of a layer as are to be done now: the weights, then the biases.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn apply<T: Scalar, P: Optimizer<T>, W: Budget>(
    optimizer: &P,
    layer: Parameters<T, P::Slot>,
    collected: Collected<P::Sum>,
    work: &mut W,
) {
    let (weights, biases) = (layer.weights.len(), layer.biases.len());
    let Some(now) = work.take(weights + biases, P::MACS) else { return };
    if W::WHOLE {
        return optimizer.apply(layer, collected);
    }
    let biases = now.start.saturating_sub(weights)..now.end.saturating_sub(weights);
    let weights = now.start.min(weights)..now.end.min(weights);
    let Collected { weights: weight_sums, biases: bias_sums } = collected;
    let collected = Collected {
        weights: Work::part_mut(weight_sums, weights.clone()),
        biases: Work::part_mut(bias_sums, biases.clone()),
    };
    optimizer.apply(layer.parts(weights, biases), collected);
}

/// Passes every parameter and its gradient to the optimiser: row after row, then the biases. One instance per optimiser
/// on a chip, one per layer on the host.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(any(target_os = "none", unoptimized)), inline(always))]
pub(super) fn follow<T: Scalar, P: Optimizer<T> + ?Sized>(
    optimizer: &P,
    layer: Parameters<T, P::Slot>,
    gradient: Gradient<T>,
) {
    let Gradient { x, deltas, scale } = gradient;
    let outputs = deltas.len().max(1);
    let rows = layer.weights.chunks_exact_mut(outputs).zip(layer.weight_slots.chunks_exact_mut(outputs));
    for ((weights, slots), &x) in rows.zip(x) {
        for ((w, slot), &d) in weights.iter_mut().zip(slots).zip(deltas) {
            optimizer.weight(w, slot, T::gradient(SEAL, x, d, scale));
        }
    }
    for ((b, slot), &d) in layer.biases.iter_mut().zip(layer.bias_slots).zip(deltas) {
        optimizer.bias(b, slot, d * scale);
    }
}

/// [`follow`] for several samples: their products are added to 0 in their order, and the sum is multiplied by the
/// scale.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(any(target_os = "none", unoptimized)), inline(always))]
pub(super) fn follow_batch<T: Scalar, P: Optimizer<T> + ?Sized>(
    optimizer: &P,
    layer: Parameters<T, P::Slot>,
    x: &[T],
    deltas: &[T],
    size: (usize, usize),
    scale: T,
) {
    let weights = (layer.weights, layer.weight_slots);
    kernel::gradients(weights, (x, deltas), size, |w, slot, g| optimizer.weight(w, slot, g * scale));
    let biases = (layer.biases, layer.bias_slots);
    kernel::bias_gradients(biases, deltas, |b, slot, g| optimizer.bias(b, slot, g * scale));
}

/// [`follow_batch`] for several pairs of a sample.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn follow_pairs<T: Scalar, P: Optimizer<T> + ?Sized>(
    optimizer: &P,
    layer: Parameters<T, P::Slot>,
    pairs: Pairs<T>,
    scale: T,
) {
    let (deltas, outputs) = ((pairs.deltas, pairs.outputs), pairs.outputs.max(1));
    let rows = layer.weights.chunks_exact_mut(outputs).zip(layer.weight_slots.chunks_exact_mut(outputs));
    for (input, (weights, slots)) in rows.enumerate() {
        let gradients = kernel::row_gradients(pairs.column(input), deltas).flatten();
        for ((w, slot), g) in weights.iter_mut().zip(slots).zip(gradients) {
            optimizer.weight(w, slot, g * scale);
        }
    }
    let gradients = kernel::row_gradients(pairs.column(pairs.inputs), deltas).flatten();
    for ((b, slot), g) in layer.biases.iter_mut().zip(layer.bias_slots).zip(gradients) {
        optimizer.bias(b, slot, g * scale);
    }
}

/// 1 / samples, exactly 1 for one.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn mean<T: Scalar>(samples: usize) -> T {
    if samples == 1 { T::ONE } else { T::ONE / count(samples) }
}

/// Checks that a rate is positive and within the limit; in a trainer that was never started it is zero. Compares bits:
/// those of positive numbers have the order of the numbers, those of negative numbers and NaN are larger.
pub(super) fn check_rate<T: Scalar>(rate: T) -> Result<(), StepError> {
    let bits = rate.bits();
    check(bits != 0 && bits <= T::RATE_LIMIT.bits(), StepError::LearningRate)
}

/// Checks that the fraction of a running value that stays is from 0 to below 1.
pub(super) fn check_fraction<T: Scalar>(fraction: T, error: StepError) -> Result<(), StepError> {
    check(fraction >= T::ZERO && fraction < T::ONE, error)
}

pub(super) fn check(holds: bool, error: StepError) -> Result<(), StepError> {
    if holds { Ok(()) } else { Err(error) }
}
