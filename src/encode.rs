//! Conversions for samples: inputs to a small range, classes to targets, outputs to a class.

use crate::loss::unknown;
use crate::scalar::{Scalar, count};

/// `value` from `0..=largest`, scaled to 0.01..=1, as the tutorial scales its pixels: the weights of an input that is
/// exactly 0 would not learn.
pub fn scaled<T: Scalar>(value: T, largest: T) -> T {
    let hundred = T::from_f32(100.0);
    value / largest * (T::from_f32(99.0) / hundred) + T::ONE / hundred
}

/// Targets for class `class` of `C`, for sigmoid outputs: 0.99 for the class, 0.01 for the others. A sigmoid never
/// reaches 0 or 1; with these as targets, its weights would grow without limit. `None` if the class is not below `C`.
///
/// A single output distinguishes two classes: its target is 0.01 for class 0, and 0.99 for class 1.
pub fn targets<T: Scalar, const C: usize>(class: usize) -> Option<[T; C]> {
    let hundred = T::from_f32(100.0);
    chosen(class, T::from_f32(99.0) / hundred, T::ONE / hundred)
}

/// The distribution in which class `class` of `C` is certain, for softmax outputs: 1 for the class, 0 for the others.
/// `None` if the class is not below `C`. A single output, a sigmoid, has the target 0 for class 0, and 1 for class 1.
pub fn one_hot<T: Scalar, const C: usize>(class: usize) -> Option<[T; C]> {
    chosen(class, T::ONE, T::ZERO)
}

/// [`one_hot`] among the classes that are `known`, for the loss [`Masked`](crate::Masked): the targets of the others are
/// [`unknown`]. `None` if the class is not below `C`, or is not known.
pub fn masked<T: Scalar, const C: usize>(class: usize, known: [bool; C]) -> Option<[T; C]> {
    let mut targets = known.map(|known| if known { T::ZERO } else { unknown() });
    let target = targets.get_mut(class).filter(|_| known.get(class) == Some(&true))?;
    *target = T::ONE;
    Some(targets)
}

/// The class of the largest output among those that are `known`, the first of equal ones; `None` if none is known, or an output is NaN.
pub fn class_among<T: Scalar, const C: usize>(outputs: &[T; C], known: [bool; C]) -> Option<usize> {
    let mut best: Option<(usize, T)> = None;
    for (class, (&output, known)) in outputs.iter().zip(known).enumerate() {
        let larger = best.map_or(output.partial_cmp(&output), |(_, top)| output.partial_cmp(&top));
        if known && (larger?.is_gt() || best.is_none()) {
            best = Some((class, output));
        }
    }
    best.map(|(class, _)| class)
}

/// [`one_hot`] with label smoothing, which keeps softmax outputs from becoming too certain: the class keeps
/// `1 - amount`, and all `C` classes share `amount` (from 0, which smooths nothing, to 1) evenly. `None` if the class
/// is not below `C`. A single output, a sigmoid, has the targets of two classes: `amount / 2` and `1 - amount / 2`.
///
/// Christian Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
pub fn smoothed<T: Scalar, const C: usize>(class: usize, amount: T) -> Option<[T; C]> {
    let share = amount / count(C.max(2));
    chosen(class, T::ONE - amount + share, share)
}

/// Weights by class for [`Trainer::step_weighted`](crate::Trainer::step_weighted) that make every class count the same,
/// from the number of samples of each class: `samples / (C * samples of the class)`. A class without samples has the
/// weight 0.
pub fn balanced<T: Scalar, const C: usize>(samples: &[usize; C]) -> [T; C] {
    let total = samples.iter().fold(T::ZERO, |total, &n| total + count(n));
    samples.map(|n| if n == 0 { T::ZERO } else { total / (count::<T>(C) * count(n)) })
}

fn chosen<T: Scalar, const C: usize>(class: usize, on: T, off: T) -> Option<[T; C]> {
    let mut targets = [off; C];
    if C == 1 && class == 0 {
        return Some(targets);
    }
    // A single output is that of class 1.
    *targets.get_mut(if C == 1 { class.checked_sub(1)? } else { class })? = on;
    Some(targets)
}

/// The class that `outputs` predict, with one output per class: the index of the largest output, the first of equal
/// ones.
///
/// `None` if an output is NaN, as all may be after an input that is not finite, or if there are fewer than two outputs.
/// A single output is decided by [`Threshold`](crate::metrics::Threshold) or [`Sign`](crate::metrics::Sign).
pub fn class<T: Scalar>(outputs: &[T]) -> Option<usize> {
    let (mut best, mut top) = (0, *outputs.first()?);
    for (class, &output) in outputs.iter().enumerate().skip(1) {
        if output.partial_cmp(&top)?.is_gt() {
            best = class;
            top = output;
        }
    }
    // Targets of which none is known mean no class.
    (outputs.len() > 1 && top != unknown()).then_some(best)
}
