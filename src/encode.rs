//! Samples as networks like them: inputs in a small range, classes as targets, outputs as a class.

use crate::scalar::{Scalar, count};

/// `value` from `0..=largest`, scaled to 0.01..=1, as the tutorial feeds its pixels: an input of exactly 0 would keep
/// its weights from learning.
pub fn scaled<T: Scalar>(value: T, largest: T) -> T {
    let hundred = T::from_f32(100.0);
    value / largest * (T::from_f32(99.0) / hundred) + T::ONE / hundred
}

/// Targets for class `class` of `C`, for sigmoid outputs: 0.99 for the class, 0.01 for the others. A sigmoid never
/// reaches 0 and 1, and would grow its weights without end on the way there. `None` if the class is not below `C`.
pub fn targets<T: Scalar, const C: usize>(class: usize) -> Option<[T; C]> {
    let hundred = T::from_f32(100.0);
    chosen(class, T::from_f32(99.0) / hundred, T::ONE / hundred)
}

/// The distribution in which class `class` of `C` is certain, for softmax outputs: 1 for the class, 0 for the others.
/// `None` if the class is not below `C`.
pub fn one_hot<T: Scalar, const C: usize>(class: usize) -> Option<[T; C]> {
    chosen(class, T::ONE, T::ZERO)
}

/// [`one_hot`] with label smoothing, for softmax outputs that should not become too sure of themselves: the class keeps
/// `1 - amount`, and all `C` classes share `amount` (from 0, which smooths nothing, to 1) evenly. `None` if the class
/// is not below `C`.
///
/// Christian Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
pub fn smoothed<T: Scalar, const C: usize>(class: usize, amount: T) -> Option<[T; C]> {
    let share = amount / count(C);
    chosen(class, T::ONE - amount + share, share)
}

/// Weights by class for [`Trainer::step_weighted`](crate::Trainer::step_weighted), with which every class counts the
/// same, from how many samples there are of each: `samples / (C * samples of the class)`. A class without samples has
/// the weight 0.
pub fn balanced<T: Scalar, const C: usize>(samples: &[usize; C]) -> [T; C] {
    let total = samples.iter().fold(T::ZERO, |total, &n| total + count(n));
    samples.map(|n| if n == 0 { T::ZERO } else { total / (count::<T>(C) * count(n)) })
}

fn chosen<T: Scalar, const C: usize>(class: usize, on: T, off: T) -> Option<[T; C]> {
    let mut targets = [off; C];
    *targets.get_mut(class)? = on;
    Some(targets)
}

/// The class that `outputs` speak for: the index of the largest, the first of equals; 0 if there are none.
pub fn class<T: Scalar>(outputs: &[T]) -> usize {
    let mut best = 0;
    let mut top = None;
    for (class, &output) in outputs.iter().enumerate() {
        if top.is_none_or(|top| output > top) {
            best = class;
            top = Some(output);
        }
    }
    best
}
