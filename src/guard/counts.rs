//! What a guard has done so far, and what it did last.

use super::filter::Rejected;
use crate::error::StepError;
use crate::scalar::Zero;
use crate::storable::storable;

/// What a [`Guard`](super::Guard) did with a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// The filter rejected it; nothing is changed.
    Rejected(Rejected),
    /// The live learner refused the step; nothing is changed.
    Refused(StepError),
    /// The live learner has learnt from it.
    Learnt,
    /// The same, and a check was due: nothing was decided yet.
    Checked,
    /// The same, and the live learner was better: what it has learnt is served from now on. The time to save it.
    Promoted,
    /// The same, and the live learner was worse: it goes on from what is served.
    RolledBack(Cause),
}

/// Why the live learner was rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// It has lost too many of the anchors.
    Anchors,
    /// It was worse than what is served, on samples of the stream.
    Stream,
}

/// How often each [`Event`] was. Rejections are counted by the [`Filter`](super::Filter): samples are
/// `rejected + refused + accepted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Counts {
    /// Samples that the live learner has learnt from.
    pub accepted: u32,
    /// Samples that it has refused.
    pub refused: u32,
    /// Samples from the factory that it has refused, or that could not be read.
    pub unrehearsed: u32,
    /// How often the live learner was found better.
    pub promoted: u32,
    /// How often it was rolled back for the anchors.
    pub lost_anchors: u32,
    /// How often it was rolled back for the stream.
    pub lost_stream: u32,
}

storable!("guard counts": [] Counts {
    accepted: u32, refused: u32, unrehearsed: u32, promoted: u32, lost_anchors: u32, lost_stream: u32
});

impl Zero for Counts {
    const ZERO: Self = Self { accepted: 0, refused: 0, unrehearsed: 0, promoted: 0, lost_anchors: 0, lost_stream: 0 };
}

impl Counts {
    /// How often the live learner was rolled back.
    pub const fn rolled_back(&self) -> u32 {
        self.lost_anchors.saturating_add(self.lost_stream)
    }

    pub(super) const fn count(&mut self, event: Event) {
        match event {
            Event::Rejected(_) => {}
            Event::Refused(_) => more(&mut self.refused),
            Event::Learnt | Event::Checked => more(&mut self.accepted),
            Event::Promoted => {
                more(&mut self.accepted);
                more(&mut self.promoted);
            }
            Event::RolledBack(cause) => {
                more(&mut self.accepted);
                more(match cause {
                    Cause::Anchors => &mut self.lost_anchors,
                    Cause::Stream => &mut self.lost_stream,
                });
            }
        }
    }
}

pub(super) const fn more(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

/// A test of two classifiers on the same samples, by those that only one of them gets right (a sign test): one is better where
/// the difference is more than two standard deviations of what chance makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Paired {
    wins: u32,
    losses: u32,
}

storable!("paired test": [] Paired { wins: u32, losses: u32 });

impl Zero for Paired {
    const ZERO: Self = Self { wins: 0, losses: 0 };
}

impl Paired {
    pub(super) const fn record(&mut self, first: bool, second: bool) {
        match (first, second) {
            (true, false) => more(&mut self.wins),
            (false, true) => more(&mut self.losses),
            _ => {}
        }
    }

    /// `|wins - losses| > 2 sqrt(wins + losses)`, in integers: which one is better, if one is.
    pub(super) fn first_is_better(self) -> Option<bool> {
        let (wins, losses) = (u64::from(self.wins), u64::from(self.losses));
        let difference = wins.abs_diff(losses);
        (difference.saturating_mul(difference) > 4 * (wins + losses)).then_some(wins > losses)
    }
}
