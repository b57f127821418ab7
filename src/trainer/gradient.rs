//! How large the gradient of a step is: what is looked at before anything is written.

use crate::error::StepError;
use crate::kernel::{self, Magnitude, larger_product, product_and_limit};
use crate::layer::{Layer, Pairs, Trace, settled};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::work::Budget;

/// The magnitude of the inputs of all layers that learn, with the 1 that the inputs of biases are.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn inputs<N: Layer, const B: usize>(trace: Trace<N, B>, deltas: &N::Deltas<B>) -> N::Scalar {
    let mut inputs = Magnitude::new(N::Scalar::ONE);
    N::gradient(trace, deltas, false, &mut |pairs| {
        if !pairs.bounded {
            inputs.join(sum_of(&pairs, kernel::magnitude(pairs.x)));
        }
        if pairs.count > 1 {
            inputs.join(sum_of(&pairs, N::Scalar::ONE));
        }
    });
    inputs.number()
}

/// The magnitude of a sum of as many values of this magnitude as a sample has pairs, at most.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn sum_of<T: Scalar>(pairs: &Pairs<T>, magnitude: T) -> T {
    if pairs.count > 1 { kernel::times(magnitude, pairs.terms) } else { magnitude }
}

/// The way back: the errors of the outputs become deltas, those of all layers. Returns their magnitude. With a `linked` loss
/// the errors are the deltas of the last layer already.
#[cfg_attr(not(unoptimized), inline(always))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn deltas<N: Layer, R: Rule, W: Budget, const B: usize>(
    network: &N,
    linked: bool,
    x: &[N::Input],
    y: &[N::Output],
    errors: &mut [N::Output],
    tape: &N::Tape<B>,
    deltas: &mut N::Deltas<B>,
    work: &mut W,
) -> Result<N::Scalar, StepError> {
    let mut magnitude = Magnitude::none();
    if N::LEARNS {
        if linked {
            magnitude.join(settled(errors, work));
        } else if !R::RAW {
            magnitude.join(N::derive(y, errors, work));
        }
        magnitude.join(network.back::<R, W, B>(Trace { x, y, errors, tape }, deltas, None, work)?);
        if R::RAW && !linked {
            magnitude.join(N::derive(y, errors, work));
        }
    }
    Ok(magnitude.number())
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
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn examine<N: Layer, const B: usize>(
    trace: Trace<N, B>,
    deltas: &N::Deltas<B>,
    limit: N::Scalar,
) -> Result<(), StepError> {
    let mut largest = N::Scalar::ZERO;
    N::gradient(trace, deltas, false, &mut |pairs| {
        largest = larger_product(largest, pairs.x, pairs.deltas, pairs.terms);
    });
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
    trace: Trace<N, B>,
    deltas: &N::Deltas<B>,
    sample: Option<usize>,
) -> N::Scalar {
    let layers = |visit: &mut dyn FnMut(Pairs<N::Scalar>)| {
        N::gradient(trace, deltas, false, &mut |pairs| visit(sample.map_or(pairs, |sample| pairs.sample(sample))));
    };
    norm_of(|scale| {
        let mut square = N::Scalar::ZERO;
        layers(&mut |layer| {
            if scale == N::Scalar::ONE && layer.is_one() {
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

/// Adds the square of each component of the gradient, times `scale`, in the order of the parameters. The pairs of a
/// component are summed in their order, from 0, as the [kernels](crate::kernel) do.
fn add_components<T: Scalar>(square: &mut T, pairs: &Pairs<T>, scale: T) {
    // The biases are one more row.
    for input in 0..pairs.inputs + usize::from(pairs.biases) {
        for sums in kernel::row_gradients(pairs.column(input), (pairs.deltas, pairs.outputs)) {
            add_squares(square, &sums, scale);
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
