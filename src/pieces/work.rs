//! What is to be done in a call, and how large its pieces are.

use core::ops::Range;

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
    pub(super) spent: usize,
    /// There was more to do than the budget allowed.
    pub(super) paused: bool,
}

impl Work {
    pub(super) const NEW: Self = Self { done: 0, passed: 0, budget: 0, spent: 0, paused: false };

    /// Another call, which may spend so much.
    pub(super) fn resume(&mut self, macs: usize) {
        *self = Self { budget: macs, ..Self { done: self.done, ..Self::NEW } };
    }

    /// Another pass within the same call.
    pub(super) fn restart(&mut self) {
        (self.done, self.passed) = (0, 0);
    }

    /// Which of the next so many iterations, of `cost` MACs each, are to be done now, if any.
    pub fn take(&mut self, iterations: usize, cost: usize) -> Option<Range<usize>> {
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

    /// Whether something that takes so many MACs is to be done now.
    pub fn one(&mut self, cost: usize) -> bool {
        self.take(1, cost).is_some()
    }

    /// Which elements of a vector to compute now: some, or all of them if each depends on the others.
    pub(super) fn elements(&mut self, by_element: bool, length: usize, cost: usize) -> Option<Range<usize>> {
        if by_element { self.take(length, cost) } else { self.one(length * cost).then_some(0..length) }
    }
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
}

impl Sizes {
    /// Of a layer without weights.
    pub const NONE: Self = Self { row: 0, learns: 0, weights: 0, whole: 0, vectors: 0 };

    /// Of this and another part of a network.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            row: max(&[self.row, other.row]),
            learns: max(&[self.learns, other.learns]),
            weights: max(&[self.weights, other.weights]),
            whole: max(&[self.whole, other.whole]),
            vectors: self.vectors + other.vectors,
        }
    }
}

pub(super) const fn max(mut numbers: &[usize]) -> usize {
    let mut largest = 0;
    while let [number, rest @ ..] = numbers {
        if *number > largest {
            largest = *number;
        }
        numbers = rest;
    }
    largest
}
