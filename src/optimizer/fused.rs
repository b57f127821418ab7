//! Updates of a layer in one loop, for the number types that have it; the others go on with the loop of all optimisers.

use super::interface::{Gradient, Optimizer, Parameters, follow, follow_batch};
use crate::kernel::{self, SEAL};
use crate::pairs::Pairs;
use crate::scalar::Scalar;

/// [`Momentum`](super::Momentum), or [`Nesterov`](super::Nesterov). `factors`: momentum, rate.
#[inline(always)]
pub(super) fn momentum<const NESTEROV: bool, T: Scalar, P: Optimizer<T, Slot = T>>(
    optimizer: &P,
    [momentum, rate]: [T; 2],
    layer: Parameters<T, T>,
    gradient: Gradient<T>,
) {
    let factors = [gradient.scale, momentum, rate];
    let pair = (gradient.x, gradient.deltas);
    if T::momentum::<NESTEROV>(SEAL, layer.weights, layer.weight_slots, pair, &factors) {
        biases(optimizer, layer.biases, layer.bias_slots, gradient);
    } else {
        follow(optimizer, layer, gradient);
    }
}

/// [`Adam`](super::Adam), or [`AdamW`](super::AdamW). `factors`: how much of the mean stays; of the mean square; rate; the
/// factor of the root; epsilon; decay.
#[inline(always)]
pub(super) fn adam<const DECAY: bool, T: Scalar, P: Optimizer<T, Slot = [T; 2]>>(
    optimizer: &P,
    [mean, square, rate, factor, epsilon, decay]: [T; 6],
    layer: Parameters<T, [T; 2]>,
    gradient: Gradient<T>,
) {
    let factors = [gradient.scale, mean, T::ONE - mean, square, T::ONE - square, rate, factor, epsilon, decay];
    let pair = (gradient.x, gradient.deltas);
    if T::adam::<DECAY>(SEAL, layer.weights, layer.weight_slots, pair, &factors) {
        biases(optimizer, layer.biases, layer.bias_slots, gradient);
    } else {
        follow(optimizer, layer, gradient);
    }
}

/// [`RmsProp`](super::RmsProp). `factors`: how much of the mean square stays, rate, epsilon.
#[inline(always)]
pub(super) fn rms_prop<T: Scalar, P: Optimizer<T, Slot = T>>(
    optimizer: &P,
    [stays, rate, epsilon]: [T; 3],
    layer: Parameters<T, T>,
    gradient: Gradient<T>,
) {
    let factors = [gradient.scale, stays, T::ONE - stays, rate, epsilon];
    let pair = (gradient.x, gradient.deltas);
    if T::rms_prop(SEAL, layer.weights, layer.weight_slots, pair, &factors) {
        biases(optimizer, layer.biases, layer.bias_slots, gradient);
    } else {
        follow(optimizer, layer, gradient);
    }
}

/// [`Sgd`](super::Sgd) from several samples.
#[inline(always)]
pub(super) fn descend_samples<T: Scalar, P: Optimizer<T, Slot = ()>>(
    optimizer: &P,
    rate: T,
    layer: Parameters<T, ()>,
    pairs: Pairs<T>,
    scale: T,
) {
    let Pairs { x, deltas, inputs, outputs, .. } = pairs;
    let samples = (x.len() / inputs.max(1)).min(deltas.len() / outputs.max(1));
    let (x, deltas) = (x.get(..samples * inputs).unwrap_or(x), deltas.get(..samples * outputs).unwrap_or(deltas));
    let size = (inputs, outputs, samples);
    if T::descend_samples(SEAL, layer.weights, (x, deltas), size, [scale, rate]) {
        let biases = (layer.biases, layer.bias_slots);
        kernel::bias_gradients(biases, deltas, |b, slot, g| optimizer.bias(b, slot, g * scale));
    } else {
        follow_batch(optimizer, layer, x, deltas, (inputs, outputs), scale);
    }
}

/// One instance for all layers.
#[inline(never)]
fn biases<T: Scalar, P: Optimizer<T>>(optimizer: &P, biases: &mut [T], slots: &mut [P::Slot], gradient: Gradient<T>) {
    for ((b, slot), &d) in biases.iter_mut().zip(slots).zip(gradient.deltas) {
        optimizer.bias(b, slot, d * gradient.scale);
    }
}
