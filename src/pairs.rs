//! The parts of a gradient: rows of inputs, each with a row of deltas.

use core::ops::Range;

use crate::scalar::{Scalar, count as number};

/// The gradient of a group of parameters, as pairs of a row of inputs and a row of deltas. It is the sum of their outer
/// products, dE/dw\[i\]\[o\] = `x[i] * delta[o]` and dE/db\[o\] = `delta[o]`, and is never stored.
///
/// A sample has one pair in a dense layer, one for each position in a convolution, one for each time step in a
/// recurrent layer. The deltas of the pairs follow one another in memory, and so do the samples. Within a sample, each
/// row of inputs begins `step` numbers after the one before; rows may overlap, as the windows of a convolution do.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a, T> {
    /// The inputs of all samples.
    pub(crate) x: &'a [T],
    /// The deltas of all pairs.
    pub(crate) deltas: &'a [T],
    /// The length of a row of inputs.
    pub(crate) inputs: usize,
    /// The length of a row of deltas.
    pub(crate) outputs: usize,
    /// The number of pairs of a sample.
    pub(crate) count: usize,
    /// `count` as a `T`. Only a layer with windows converts it: this takes 140 bytes on a chip without floating point.
    pub(crate) terms: T,
    /// The distance from one row of inputs to the next within a sample.
    pub(crate) step: usize,
    /// The distance from one sample to the next.
    pub(crate) stride: usize,
    /// Whether there are biases.
    pub(crate) biases: bool,
    /// Whether all inputs are known to be from -1 to 1.
    pub(crate) bounded: bool,
}

impl<'a, T: Scalar> Pairs<'a, T> {
    /// One pair per sample: rows of `inputs` inputs and `outputs` deltas, and as many biases as outputs if there are
    /// `biases`.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn new(x: &'a [T], deltas: &'a [T], (inputs, outputs): (usize, usize), biases: bool) -> Self {
        Self { x, deltas, inputs, outputs, count: 1, terms: T::ONE, step: 0, stride: inputs, biases, bounded: false }
    }

    /// `count` pairs per sample, whose rows of inputs begin `step` numbers after each other. `stride` numbers belong to
    /// a sample.
    #[must_use]
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn windows(self, count: usize, step: usize, stride: usize) -> Self {
        Self { count, terms: number(count), step, stride, ..self }
    }

    /// Sets whether all inputs are known to be from -1 to 1, so that they need not be checked.
    #[must_use]
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn bounded(self, bounded: bool) -> Self {
        Self { bounded, ..self }
    }

    /// The pairs of the biases alone.
    #[must_use]
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn of_biases(self) -> Self {
        Self { x: &[], inputs: 0, bounded: true, ..self }
    }

    /// The pairs of one sample.
    pub(crate) fn sample(self, sample: usize) -> Self {
        let deltas = self.deltas.chunks_exact((self.count * self.outputs).max(1)).nth(sample).unwrap_or_default();
        let x = self.x.get(sample * self.stride..).unwrap_or_default();
        Self { x: x.get(..self.stride).unwrap_or(x), deltas, ..self }
    }

    /// The pairs of some inputs.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn rows(self, rows: Range<usize>) -> Self {
        Self { x: self.x.get(rows.start..).unwrap_or_default(), inputs: rows.len(), ..self }
    }

    /// Whether there is a single pair.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn is_one(&self) -> bool {
        self.deltas.len() == self.outputs
    }

    /// The values of one input in all pairs; ones for the biases, whose input is [`inputs`](Pairs::inputs).
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn column(&self, input: usize) -> Column<'a, T> {
        let gap = self.stride.saturating_sub(self.count.saturating_sub(1) * self.step);
        let x = if input < self.inputs { self.x.get(input..).unwrap_or_default() } else { &[] };
        Column { x, ones: input >= self.inputs, step: self.step, gap, count: self.count, left: self.count }
    }
}

/// The values of one input in all pairs.
#[derive(Clone)]
pub(crate) struct Column<'a, T> {
    x: &'a [T],
    ones: bool,
    step: usize,
    /// The distance from the last row of a sample to the first of the next.
    gap: usize,
    count: usize,
    /// Rows of this sample that are left.
    left: usize,
}

impl<T: Scalar> Iterator for Column<'_, T> {
    type Item = T;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next(&mut self) -> Option<T> {
        if self.ones {
            return Some(T::ONE);
        }
        let value = *self.x.first()?;
        self.left = self.left.saturating_sub(1);
        let step = if self.left == 0 { self.gap } else { self.step };
        if self.left == 0 {
            self.left = self.count;
        }
        self.x = self.x.get(step..).unwrap_or_default();
        Some(value)
    }
}
