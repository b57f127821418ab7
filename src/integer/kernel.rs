//! The loops over rows of weights. One row holds the weights of one output.

use super::fixed::{Shift, width};
use super::rounding::{Rounding, next};
use super::whole::{Exponent, Whole, exponent};
use super::words::product;
use crate::hint::keep_rolled;
use crate::target::{CHIP, EIGHT_BITS, FEW_REGISTERS};

/// How many weights a loop takes at a time on a chip: the compiler's own blocks take more instructions. One where there are too few
/// registers for several.
const BLOCK: usize = if FEW_REGISTERS { 1 } else { 4 };

/// The sum of products. Below 2^31 by the [limit](super::whole::limit) of the weights.
#[inline(never)]
pub(super) fn dot<W: Whole, V: Whole>(weights: &[W], x: &[V]) -> i32 {
    let each = |sum: i32, (&weight, &x): (&W, &V)| sum + product(weight, x);
    if !CHIP {
        return weights.iter().zip(x).fold(0, each);
    }
    let ((blocks, rest), (x_blocks, x_rest)) = (weights.as_chunks::<BLOCK>(), x.as_chunks::<BLOCK>());
    let mut sum = 0;
    for (weights, x) in blocks.iter().zip(x_blocks) {
        sum = weights.iter().zip(x).fold(sum, each);
        keep_rolled();
    }
    rest.iter().zip(x_rest).fold(sum, each)
}

/// Adds what a delta sends back.
#[inline(never)]
pub(super) fn send<W: Whole, V: Whole>(weights: &[W], delta: V, errors: &mut [i32]) {
    let each = |(error, &weight): (&mut i32, &W)| *error += product(weight, delta);
    if !CHIP {
        return errors.iter_mut().zip(weights).for_each(each);
    }
    let ((blocks, rest), (to_blocks, to_rest)) = (weights.as_chunks::<BLOCK>(), errors.as_chunks_mut::<BLOCK>());
    for (weights, errors) in blocks.iter().zip(to_blocks) {
        errors.iter_mut().zip(weights).for_each(each);
        keep_rolled();
    }
    to_rest.iter_mut().zip(rest).for_each(each);
}

/// Calls `change` with each weight and its input.
#[cfg_attr(not(unoptimized), inline(always))]
fn each_pair<W: Whole, V: Whole>(weights: &mut [W], x: &[V], mut change: impl FnMut(&mut W, i32)) {
    if !CHIP {
        return weights.iter_mut().zip(x).for_each(|(weight, &x)| change(weight, x.into()));
    }
    let ((blocks, rest), (x_blocks, x_rest)) = (weights.as_chunks_mut::<BLOCK>(), x.as_chunks::<BLOCK>());
    for (weights, x) in blocks.iter_mut().zip(x_blocks) {
        weights.iter_mut().zip(x).for_each(|(weight, &x)| change(weight, x.into()));
        keep_rolled();
    }
    rest.iter_mut().zip(x_rest).for_each(|(weight, &x)| change(weight, x.into()));
}

/// Subtracts `delta x / 2^shift` from the weights, with a shift from 1 to 30, where it is known that all stay in range. The product is below
/// 2^30, as both factors are below 2^15, and what rounds it at most 2^30 - 1: below 2^31 together.
#[inline(never)]
pub(super) fn learn<W: Whole, V: Whole, R: Rounding>(
    weights: &mut [W],
    delta: i32,
    x: &[V],
    shift: Exponent,
    phase: u32,
) -> u32 {
    // The result is the same with as many zeros behind the product as digits more of what rounds it. A change and 1 are at most the largest
    // weight, so the product is at most (2^BITS - 1) 2^whole then, and what rounds it is less than 2^whole: below 2^31 together.
    let whole = 31 - exponent(W::BITS);
    if EIGHT_BITS && shift <= whole {
        return learn_by::<_, _, R>(weights, delta << (whole - shift), x, whole, phase);
    }
    // No other shift comes here; the compiler does not know.
    learn_by::<_, _, R>(weights, delta, x, shift & 31, phase)
}

/// [`learn`], with a shift that is constant in one of two calls.
#[cfg_attr(not(unoptimized), inline(always))]
fn learn_by<W: Whole, V: Whole, R: Rounding>(
    weights: &mut [W],
    delta: i32,
    x: &[V],
    shift: Exponent,
    mut phase: u32,
) -> u32 {
    let (back, half) = (32_isize.wrapping_sub(shift) & 31, 1 << (shift.wrapping_sub(1) & 31));
    each_pair(weights, x, |weight, x| {
        let up = if R::DRAWS {
            phase = next(phase);
            (phase >> back).cast_signed()
        } else {
            half
        };
        // What rounds is below 1. A product of 32 bits takes long.
        if EIGHT_BITS && x == 0 {
            return;
        }
        *weight = W::of((*weight).into() - ((delta * x + up) >> shift));
    });
    phase
}

/// As [`learn`], with a shift from 31 to 61, rounded at random twice: the delta, by a number of its own, so that 30 places are left, then each
/// weight. The sum is below 2^31.
#[inline(never)]
pub(super) fn learn_far<W: Whole, V: Whole, R: Rounding>(
    weights: &mut [W],
    delta: i32,
    x: &[V],
    shift: Exponent,
    drawn: u32,
    phase: u32,
) -> u32 {
    let places = shift.wrapping_sub(30) & 31;
    let up = drawn >> (32_isize.wrapping_sub(places) & 31);
    match (delta + up.cast_signed()) >> places {
        0 => phase,
        delta => learn::<_, _, R>(weights, delta, x, 30, phase),
    }
}

/// As [`learn`], with any shift, and weights that stay at `limit` where they would leave it.
#[inline(never)]
pub(super) fn learn_within<W: Whole, V: Whole>(weights: &mut [W], delta: i32, x: &[V], shift: Shift, limit: i32) {
    for (weight, &x) in weights.iter_mut().zip(x) {
        let change = shift.of(delta * x.into()).clamp(-2 * limit, 2 * limit);
        *weight = W::of(((*weight).into() - change).clamp(-limit, limit));
    }
}

/// The largest magnitude.
#[inline(never)]
pub(super) fn reach<W: Whole>(weights: &[W]) -> i32 {
    weights.iter().fold(0, |top, &weight| weight.into().abs().max(top))
}

/// Rounds sums to as many bits as a value may have, with an exponent of at most `cap`, and returns the exponent.
#[inline(never)]
pub(super) fn round<V: Whole>(
    sums: &[i32],
    exponent: Exponent,
    values: &mut [V],
    bits: Exponent,
    cap: Exponent,
) -> Exponent {
    let shift = (width(sums) - bits).max(0).max(exponent - cap);
    let largest = (1 << bits) - 1;
    let distance = Shift::new(shift);
    for (value, &sum) in values.iter_mut().zip(sums) {
        *value = V::of(distance.of(sum).clamp(-largest, largest));
    }
    exponent - shift
}

#[cfg(test)]
mod tests {
    use super::super::rounding::{Nearest, Rounding, Stochastic};
    use super::super::whole::{Whole, exponent, number};
    use super::learn_by;
    use crate::init::{Generator, Random};

    #[allow(clippy::cast_possible_truncation)]
    fn compare<W: Whole, R: Rounding>(random: &mut Generator) {
        let whole = 31 - exponent(W::BITS);
        for _ in 0..20_000 {
            let shift = 1 + exponent(random.next_u32() % number(whole).cast_unsigned());
            let x: [i8; 5] = core::array::from_fn(|_| (random.next_u32() as i8).max(-127));
            // The largest delta with which a change and 1 are a weight, and a smaller one.
            let most = ((((1_i64 << W::BITS) - 1) << shift) - 1) / 127;
            let delta = most.min((1 << 15) - 1) as i32 >> (random.next_u32() % 3);
            let delta = if random.next_u32() & 1 == 0 { delta } else { -delta };
            let (mut a, phase) = ([W::of(0); 5], random.next_u32());
            let mut b = a;
            learn_by::<_, _, R>(&mut a, delta, &x, shift, phase);
            learn_by::<_, _, R>(&mut b, delta << (whole - shift), &x, whole, phase);
            assert_eq!(a, b, "{shift} {delta} {x:?}");
        }
    }

    /// As on a chip that shifts by one place.
    #[test]
    fn a_longer_shift_of_a_larger_delta_is_the_same() {
        let mut random = Generator::new(4);
        compare::<i8, Stochastic>(&mut random);
        compare::<i8, Nearest>(&mut random);
        compare::<i16, Stochastic>(&mut random);
        compare::<i16, Nearest>(&mut random);
    }
}
