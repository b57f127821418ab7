//! How large the gradient of a step is: what is looked at before anything is written.

use crate::error::StepError;
use crate::kernel::{self, Magnitude, larger_product, product_and_limit};
use crate::layer::{Factors, Layer};
use crate::scalar::{Scalar, Zero};

/// The magnitude of the inputs of all layers that learn, with the 1 that the inputs of biases are.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn inputs<N: Layer, const B: usize>(x: &[N::Input], tape: &N::Tape<B>, deltas: &N::Deltas<B>) -> N::Scalar {
    let mut inputs = Magnitude::new(N::Scalar::ONE);
    N::gradient(x, tape, deltas, false, &mut |layer| {
        if !layer.bounded {
            inputs.join(kernel::magnitude(layer.x));
        }
    });
    inputs.number()
}

/// Whether every product of an input and a delta, of whatever layers, is certainly within [`Scalar::GRADIENT_LIMIT`], and
/// `finite` is 0. Then neither the weights nor what an optimiser keeps can become infinite. Where this says no,
/// [`examine`] decides.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn is_small<T: Scalar>(inputs: T, deltas: T, finite: T) -> bool {
    let (product, limit) = product_and_limit(inputs, deltas, T::GRADIENT_LIMIT);
    (product + finite).at_most(limit)
}

/// Whether the optimiser can take the gradient of a step: every product of an input and a delta of a layer is within
/// `limit`. The same on every chip.
///
/// # Errors
/// [`StepError::Delta`] if a product is NaN or infinite, [`StepError::Gradient`] if it is past the limit.
#[cold]
#[inline(never)]
pub(crate) fn examine<N: Layer, const B: usize>(
    x: &[N::Input],
    tape: &N::Tape<B>,
    deltas: &N::Deltas<B>,
    limit: N::Scalar,
) -> Result<(), StepError> {
    let mut largest = N::Scalar::ZERO;
    N::gradient(x, tape, deltas, false, &mut |layer| largest = larger_product(largest, layer.x, layer.deltas));
    if largest.at_most(limit) {
        Ok(())
    } else if largest.is_finite() {
        Err(StepError::Gradient)
    } else {
        Err(StepError::Delta)
    }
}

/// The Euclidean norm of the gradient of one `sample`, or of the sum of all; finite if [`examine`] has let it pass.
///
/// That of one sample is the root of the sum over the layers of (|x|^2 + 1) |delta|^2. That of several is computed
/// parameter by parameter, as a [`Batch`](crate::Batch) does: products of pairs of samples would cancel each other.
pub(crate) fn norm<N: Layer, const B: usize>(
    x: &[N::Input],
    tape: &N::Tape<B>,
    deltas: &N::Deltas<B>,
    sample: Option<usize>,
) -> N::Scalar {
    let layers = |visit: &mut dyn FnMut(Factors<N::Scalar>)| {
        N::gradient(x, tape, deltas, false, &mut |layer| visit(sample.map_or(layer, |sample| layer.sample(sample))));
    };
    norm_of(|scale| {
        let mut square = N::Scalar::ZERO;
        layers(&mut |layer| {
            if scale == N::Scalar::ONE && layer.deltas.len() == layer.outputs {
                let [(mut x, mut x_unit), (delta, delta_unit)] = [square_of(layer.x), square_of(layer.deltas)];
                if layer.biases {
                    (x, x_unit) = (x * x_unit + N::Scalar::ONE, N::Scalar::ONE);
                }
                square += x * delta * x_unit * delta_unit;
            } else {
                add_components(&mut square, &layer, scale);
            }
        });
        square
    })
}

/// The root of a sum of squares of values that are multiplied by the argument of `squares`: by 1, and once more by another
/// number if their squares are too large or too small for the number type, though the root is not.
pub(crate) fn norm_of<T: Scalar>(mut squares: impl FnMut(T) -> T) -> T {
    let mut scale = T::ONE;
    loop {
        let mut again = None;
        let norm = root(squares(scale), scale, |scale| again = Some(scale));
        let Some(next) = again else { return norm };
        scale = next;
    }
}

/// The root of a sum of squares of values that were multiplied by `scale`; or `again` is told what to multiply them by
/// instead.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn root<T: Scalar>(square: T, scale: T, again: impl FnOnce(T)) -> T {
    let (limit, tiny) = (T::GRADIENT_LIMIT, T::LEAST_MEAN);
    if scale == T::ONE && !(square >= tiny && square.is_finite()) {
        // The root of a sum that overflows is at least 2^64: it stays far from subnormal numbers.
        again(if square < tiny { limit } else { tiny });
    }
    square.sqrt() / scale
}

/// The sum of the squares, and what to multiply it by: a sum that is nearly subnormal, and so has lost digits, is computed
/// once more in larger units.
fn square_of<T: Scalar>(values: &[T]) -> (T, T) {
    let sum = |scale| {
        values.iter().fold(T::ZERO, |sum, &value| {
            let value = value * scale;
            sum + value * value
        })
    };
    let plain = sum(T::ONE);
    if plain < T::LEAST_MEAN { (sum(T::GRADIENT_LIMIT), T::LEAST_MEAN) } else { (plain, T::ONE) }
}

/// Adds the square of each component of the gradient, times `scale`, in the order of the parameters. The samples of a
/// component are summed in their order, from 0, as the [kernels](crate::kernel) do.
fn add_components<T: Scalar>(square: &mut T, layer: &Factors<T>, scale: T) {
    let outputs = layer.outputs.max(1);
    let inputs = layer.x.len() / (layer.deltas.len() / outputs).max(1);
    for input in 0..inputs {
        add_row(square, layer, &layer.x.iter().skip(input).step_by(inputs).copied(), scale);
    }
    if layer.biases {
        add_row(square, layer, &core::iter::repeat(T::ONE), scale);
    }
}

/// The components of one input, whose values in the samples are `x`.
fn add_row<T: Scalar>(square: &mut T, layer: &Factors<T>, x: &(impl Iterator<Item = T> + Clone), scale: T) {
    // So many sums stay in registers.
    const BLOCK: usize = 8;
    let outputs = layer.outputs.max(1);
    for first in (0..outputs).step_by(BLOCK) {
        let mut sums = [T::ZERO; BLOCK];
        for (x, deltas) in x.clone().zip(layer.deltas.chunks_exact(outputs)) {
            for (sum, &delta) in sums.iter_mut().zip(deltas.get(first..).unwrap_or_default()) {
                *sum += x * delta;
            }
        }
        for sum in sums {
            *square += (sum * scale) * (sum * scale);
        }
    }
}

/// Adds the squares of values, times `scale`.
pub(crate) fn add_squares<T: Scalar>(square: &mut T, values: &[T], scale: T) {
    for &value in values {
        let value = value * scale;
        *square += value * value;
    }
}
