//! What a detector knows between two samples.

use crate::quantile::Quantile;
use crate::scalar::{Scalar, Zero, count, count_u32, greater, smaller};
use crate::storable::storable;

/// The state of an [`AnomalyDetector`](super::AnomalyDetector). Who wants to go on after a reset keeps this and the learner.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct State<T = f32> {
    /// The faded error.
    score: Option<T>,
    /// The quantile of the last complete block of scores; the threshold is a multiple of it.
    pub(super) served: Option<T>,
    /// The quantile of the scores of the present block.
    pub(super) block: Quantile<T>,
    /// Samples of this warm-up; its length once it is over.
    pub(super) seen: u32,
    /// Rises by 1 with an alarm, and falls with every sample by some times the expected fraction of alarms.
    level: T,
    /// Alarms whose scores are not yet counted, and the mean of these scores.
    waiting: u32,
    waiting_score: T,
    /// Samples for which learning was stopped, less those for which it was not.
    stopped: u32,
    restarts: u32,
}

impl<T: Scalar> Zero for State<T> {
    const ZERO: Self = Self {
        score: None,
        served: None,
        block: Quantile::ZERO,
        seen: 0,
        level: T::ZERO,
        waiting: 0,
        waiting_score: T::ZERO,
        stopped: 0,
        restarts: 0,
    };
}

storable!("anomaly state": [T: Scalar] State<T> {
    score: Option<T>, served: Option<T>, block: Quantile<T>, seen: u32, level: T, waiting: u32, waiting_score: T, stopped: u32, restarts: u32
});

impl<T: Scalar> Default for State<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// At this level alarms are many, and nothing is learnt.
const MANY: usize = 16;
/// Alarms may be so many times as frequent as the quantile lets expect, before they are many.
const OFTEN: usize = 10;
/// A single error raises the score by at most so many thresholds.
const RISE: usize = 4;

impl<T: Scalar> State<T> {
    /// The state before the first sample.
    pub const fn new() -> Self {
        Self::ZERO
    }

    /// The quantile of the last complete block of scores, of which the threshold is a multiple. In a warm-up, where there is no
    /// threshold, its halves are the blocks.
    pub const fn quantile(&self) -> Option<T> {
        self.served
    }

    /// Whether learning is stopped at present, because alarms are many.
    pub fn is_stopped(&self) -> bool {
        self.level >= count(MANY)
    }

    /// For how many samples it was stopped, less those for which it was not; at
    /// [`patience`](super::AnomalyDetector::patience) a new warm-up begins.
    pub const fn stopped(&self) -> u32 {
        self.stopped
    }

    /// How often patience has ended, and a new warm-up begun.
    pub const fn restarts(&self) -> u32 {
        self.restarts
    }

    /// The score with a new error in it. What is far above the threshold counts as less: one broken sample of 1e15 would
    /// otherwise alarm for hundreds of samples.
    pub(super) fn fade(&mut self, error: T, fade: T, threshold: Option<T>) -> T {
        let limit = threshold.map(|threshold| threshold * count(RISE) / fade).filter(|limit| *limit > T::ZERO);
        let error = limit.map_or(error, |limit| smaller(error, limit));
        let score = self.score.map_or(error, |score| score + fade * (error - score));
        self.score = Some(score);
        score
    }

    /// Ends the block: its quantile is served from now on, and the next one begins.
    pub(super) fn end_block(&mut self) {
        self.served = self.block.value();
        self.block = Quantile::ZERO;
    }

    /// Begins a new warm-up.
    pub(super) fn restart(&mut self) {
        *self = Self { restarts: self.restarts.saturating_add(1), ..Self::ZERO };
    }

    /// Takes note of whether a sample after the warm-up has alarmed; `expected` is the fraction that does if nothing is wrong.
    pub(super) fn watch(&mut self, alarm: bool, score: T, expected: T) {
        let half = T::ONE / (T::ONE + T::ONE);
        self.level = greater(self.level - smaller(count::<T>(OFTEN) * expected, half), T::ZERO);
        if alarm {
            self.level = smaller(self.level + T::ONE, count(2 * MANY));
            self.waiting = self.waiting.saturating_add(1);
            self.waiting_score += (score - self.waiting_score) / count_u32(self.waiting);
        }
        if self.is_stopped() {
            self.stopped = self.stopped.saturating_add(1);
            self.waiting = 0;
        } else {
            self.stopped = self.stopped.saturating_sub(1);
            // One at a time, so that every sample takes as long.
            if self.waiting > 0 && self.level <= T::ZERO {
                self.waiting -= 1;
                self.block.record(self.waiting_score);
            }
        }
        if self.waiting == 0 {
            self.waiting_score = T::ZERO;
        }
    }
}
