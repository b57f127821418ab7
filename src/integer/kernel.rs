//! The loops over rows of weights. One row holds the weights of one output.

use super::fixed::{right, shifted, width};
use super::rounding::{Rounding, next};
use super::whole::Whole;

/// The sum of products. Below 2^31 by the [limit](super::whole::limit) of the weights.
#[inline(never)]
pub(super) fn dot<W: Whole, V: Whole>(weights: &[W], x: &[V]) -> i32 {
    weights.iter().zip(x).fold(0, |sum, (&weight, &x)| sum + weight.into() * x.into())
}

/// Adds what a delta sends back.
#[inline(never)]
pub(super) fn send<W: Whole>(weights: &[W], delta: i32, errors: &mut [i32]) {
    for (error, &weight) in errors.iter_mut().zip(weights) {
        *error += weight.into() * delta;
    }
}

/// Subtracts `delta x / 2^shift` from the weights, and keeps them within `limit`. Returns whether one has left it. The product is below
/// 2^30, as both factors are below 2^15, and what rounds it at most 2^30 - 1: below 2^31 together.
#[inline(never)]
pub(super) fn learn<W: Whole, V: Whole, R: Rounding>(
    weights: &mut [W],
    delta: i32,
    x: &[V],
    shift: i32,
    limit: i32,
    rounding: &mut R,
) -> bool {
    let mut left = false;
    let mut put = |weight: &mut W, change: i32| {
        let new = (*weight).into() - change;
        let kept = new.clamp(-limit, limit);
        left |= kept != new;
        *weight = W::of(kept);
    };
    let mut phase = rounding.row();
    match shift {
        1..=30 if R::DRAWS => {
            for (weight, &x) in weights.iter_mut().zip(x) {
                phase = next(phase);
                put(weight, (delta * x.into() + (phase >> (32 - shift)).cast_signed()) >> shift);
            }
        }
        1..=30 => {
            let half = 1 << (shift - 1);
            for (weight, &x) in weights.iter_mut().zip(x) {
                put(weight, (delta * x.into() + half) >> shift);
            }
        }
        // Each change is below 2^-1, and would have to be drawn with a probability that does not matter.
        31.. => (),
        // A change of more than all weights together have room for is as good as one of twice the limit.
        _ => {
            for (weight, &x) in weights.iter_mut().zip(x) {
                put(weight, shifted(delta * x.into(), shift).clamp(-2 * limit, 2 * limit));
            }
        }
    }
    left
}

/// Rounds sums to as many bits as a value may have, with an exponent of at most `cap`, and returns the exponent.
#[inline(never)]
pub(super) fn round<V: Whole>(sums: &[i32], exponent: i32, values: &mut [V], bits: u32, cap: i32) -> i32 {
    let narrowing = width(sums).saturating_sub(bits).cast_signed();
    let shift = narrowing.max(exponent - cap);
    let largest = (1 << bits) - 1;
    let distance = shift.unsigned_abs();
    for (value, &sum) in values.iter_mut().zip(sums) {
        *value = V::of(right(sum, distance).clamp(-largest, largest));
    }
    exponent - shift
}
