//! Samples as networks like them: inputs in a small range, classes as targets, outputs as a class.

use crate::scalar::Scalar;

/// `value` from `0..=largest`, scaled to 0.01..=1, as the tutorial feeds its pixels: an input of exactly 0 would keep its
/// weights from learning.
pub fn scaled(value: f32, largest: f32) -> f32 {
    value / largest * 0.99 + 0.01
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
