//! How much of a pass is done in a call: all of it, or as much as a budget allows.

use core::ops::Range;

/// MACs per element of an activation, which may need an exponential and a division.
pub const ACTIVATION: usize = 32;
/// MACs per element of an activation's derivative.
pub const DERIVATIVE: usize = 6;
/// MACs per element of [`Dropout`](crate::Dropout): a random number, and a division.
pub const DROPOUT: usize = 16;
/// MACs per weight of a rule that is not [by row](crate::rule::Rule::BY_ROW): it needs a division.
pub(crate) const SHARE: usize = 8;

/// How much of a pass is done in a call: all of it ([`Whole`]), or as much as is left of [`Work`].
///
/// Before each of its loops, a pass calls [`take`](Budget::take), and does the iterations that are returned. With
/// [`Work`] the pass is called repeatedly, with the same arguments, until all is done. So its loops must have the same
/// lengths, in the same order, in every call.
pub trait Budget {
    /// Whether all is done in one call.
    const WHOLE: bool;

    /// Which of the next `iterations` iterations, at `cost` [MACs](crate::pieces#what-a-mac-is) each, to do now, if
    /// any.
    fn take(&mut self, iterations: usize, cost: usize) -> Option<Range<usize>>;

    /// The part of `values`, one per iteration, for the `range` that [`take`](Budget::take) has returned.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn part<V>(values: &[V], range: Range<usize>) -> &[V] {
        values.get(range).unwrap_or_default()
    }

    /// [`part`](Budget::part), mutable.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn part_mut<V>(values: &mut [V], range: Range<usize>) -> &mut [V] {
        values.get_mut(range).unwrap_or_default()
    }

    /// Whether to do a single operation of `cost` MACs now.
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

/// No limit. Takes no memory, and compiles to no code.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Whole;

impl Budget for Whole {
    const WHOLE: bool = true;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn take(&mut self, iterations: usize, _: usize) -> Option<Range<usize>> {
        Some(0..iterations)
    }

    // Built for size, the compiler does not see that the range has all values: 40 of 317 instructions of W1.
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
/// Every call goes through the whole pass, and [`take`](Work::take)s the iterations of its loops. Those that were done
/// in earlier calls are skipped; from the first on that the budget does not allow, none are returned.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Work {
    /// Iterations that are done.
    done: usize,
    /// Iterations that this call has been asked for.
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

    /// Begins another pass within the same call.
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
        // The first piece of a call is done even if it is larger than the whole budget.
        let least = usize::from(self.spent == 0);
        let now = (left / cost.max(1)).max(least).min(iterations - begin);
        self.done += now;
        self.spent += now * cost;
        self.paused = begin + now < iterations;
        (now > 0).then_some(begin..begin + now)
    }
}

/// The state after a call of [`Step::run`](crate::pieces::Step::run) or
/// [`Prediction::run`](crate::pieces::Prediction::run).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress<D> {
    /// There is more to do: call again.
    More,
    /// All is done, and this is the result.
    Done(D),
}

/// The sizes from which the largest pieces of a network are computed. For several layers, each number is the largest of
/// all layers; `vectors` is the sum.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sizes {
    /// The number of weights of one input.
    pub row: usize,
    /// The number of weights of one input, where weights learn; of biases, where only these learn.
    pub learns: usize,
    /// All weights of a layer.
    pub weights: usize,
    /// The number of outputs of an activation that is not computed by element.
    pub whole: usize,
    /// How many numbers a norm is computed from, in all layers that learn: inputs and outputs, or `weights * pairs`.
    pub vectors: usize,
    /// The number of outer products whose sum is the gradient of a sample.
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
