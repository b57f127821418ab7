//! How much of a pass is to be done now: all of it, or as much as a budget allows.

use core::ops::Range;

/// MACs of an element of an activation, which may be an exponential and a division.
pub const ACTIVATION: usize = 32;
/// MACs of an element of an activation's derivative.
pub const DERIVATIVE: usize = 6;
/// MACs of an element of [`Dropout`](crate::Dropout): a random number, and a division.
pub const DROPOUT: usize = 16;
/// MACs of a weight by which a rule shares that is not [by row](crate::rule::Rule::BY_ROW): with a division.
pub(crate) const SHARE: usize = 8;

/// How much of a pass is done in a call: [`Whole`], or as much as is left of [`Work`].
///
/// A pass asks for the iterations of each of its loops by [`take`](Budget::take), and does those that are returned. With
/// [`Work`] it is called again and again, with the same arguments, until all is done. So its loops must have the same
/// lengths, in the same order, in every call.
pub trait Budget {
    /// Whether all is done in one call.
    const WHOLE: bool;

    /// Which of the next `iterations`, of `cost` [MACs](crate::pieces#what-a-mac-is) each, are to be done now, if any.
    fn take(&mut self, iterations: usize, cost: usize) -> Option<Range<usize>>;

    /// The values of the iterations that [`take`](Budget::take) has returned, `range`, out of those of all.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn part<V>(values: &[V], range: Range<usize>) -> &[V] {
        values.get(range).unwrap_or_default()
    }

    /// [`part`](Budget::part), to be written.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn part_mut<V>(values: &mut [V], range: Range<usize>) -> &mut [V] {
        values.get_mut(range).unwrap_or_default()
    }

    /// Whether something of `cost` MACs is to be done now.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn one(&mut self, cost: usize) -> bool {
        self.take(1, cost).is_some()
    }

    /// Which elements of a vector to compute now: some, or all of them if each depends on the others.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn elements(&mut self, by_element: bool, length: usize, cost: usize) -> Option<Range<usize>> {
        if by_element { self.take(length, cost) } else { self.one(length * cost).then_some(0..length) }
    }
}

/// Without limit. Has no bytes, and leaves no code.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Whole;

impl Budget for Whole {
    const WHOLE: bool = true;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn take(&mut self, iterations: usize, _: usize) -> Option<Range<usize>> {
        Some(0..iterations)
    }

    // That the range has all values is not seen where the crate is built for size: 40 of 317 instructions of W1.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn part<V>(values: &[V], _: Range<usize>) -> &[V] {
        values
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn part_mut<V>(values: &mut [V], _: Range<usize>) -> &mut [V] {
        values
    }
}

/// How far a pass has come, and what may be done before it pauses.
///
/// Every call goes through the whole pass, and [`take`](Work::take)s the iterations of its loops: those that were
/// done in earlier calls are passed over, and after the first that is too much for now there are none.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Work {
    /// Iterations that are done.
    done: usize,
    /// Iterations that this call has come past.
    passed: usize,
    /// MACs that this call may spend.
    budget: usize,
    /// MACs that this call has spent.
    pub(crate) spent: usize,
    /// There was more to do than the budget allowed.
    pub(crate) paused: bool,
}

impl Work {
    pub(crate) const NEW: Self = Self { done: 0, passed: 0, budget: 0, spent: 0, paused: false };

    /// Begins another call, which may spend `macs` MACs.
    pub(crate) fn resume(&mut self, macs: usize) {
        *self = Self { budget: macs, ..Self { done: self.done, ..Self::NEW } };
    }

    /// Another pass within the same call.
    pub(crate) fn restart(&mut self) {
        (self.done, self.passed) = (0, 0);
    }
}

impl Budget for Work {
    const WHOLE: bool = false;

    fn take(&mut self, iterations: usize, cost: usize) -> Option<Range<usize>> {
        let begin = self.done.saturating_sub(self.passed);
        self.passed += iterations;
        if begin >= iterations || self.paused {
            return None;
        }
        let left = self.budget.saturating_sub(self.spent);
        // A piece larger than the whole budget is a call of its own.
        let least = usize::from(self.spent == 0);
        let now = (left / cost.max(1)).max(least).min(iterations - begin);
        self.done += now;
        self.spent += now * cost;
        self.paused = begin + now < iterations;
        (now > 0).then_some(begin..begin + now)
    }
}

/// What a call of [`Step::run`](crate::pieces::Step::run) or [`Prediction::run`](crate::pieces::Prediction::run) has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress<D> {
    /// There is more to do: call again.
    More,
    /// All is done, and this is the result.
    Done(D),
}

/// What the largest pieces of a network are computed from; of several layers, each number is that of the layer where
/// it is largest, except for `vectors`.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sizes {
    /// The weights of one input.
    pub row: usize,
    /// The weights of one input, where weights learn; the biases, where they do.
    pub learns: usize,
    /// All weights of a layer.
    pub weights: usize,
    /// The outputs of an activation that is not computed by element.
    pub whole: usize,
    /// The inputs and outputs of all layers that learn together.
    pub vectors: usize,
    /// The outer products that the gradient of a sample is the sum of.
    pub pairs: usize,
}

impl Sizes {
    /// Of a layer without weights.
    pub const NONE: Self = Self { row: 0, learns: 0, weights: 0, whole: 0, vectors: 0, pairs: 1 };

    /// Of a layer whose gradient is the sum of `pairs` outer products of `inputs` inputs and `outputs` deltas, and that
    /// computes one of them at a time.
    pub const fn of_pairs(inputs: usize, outputs: usize, pairs: usize) -> Self {
        let weights = inputs * outputs;
        Self { row: weights, learns: outputs, weights, whole: 0, vectors: weights * pairs, pairs }
    }

    /// Of this and another part of a network.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            row: max(&[self.row, other.row]),
            learns: max(&[self.learns, other.learns]),
            weights: max(&[self.weights, other.weights]),
            whole: max(&[self.whole, other.whole]),
            vectors: self.vectors + other.vectors,
            pairs: max(&[self.pairs, other.pairs]),
        }
    }
}

pub(crate) const fn max(mut numbers: &[usize]) -> usize {
    let mut largest = 0;
    while let [number, rest @ ..] = numbers {
        if *number > largest {
            largest = *number;
        }
        numbers = rest;
    }
    largest
}
