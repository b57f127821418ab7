//! Which pages the next image takes, and which it leaves alone.

use super::pages::{Pages, Run};

/// An image whose header is readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its first page.
    pub(super) page: u32,
    /// Its number.
    pub(super) sequence: u32,
    /// The number of the newest image that was known to be solid when this header was written; 0 for none.
    pub(super) base: u32,
    /// The bytes that it takes in flash.
    pub(super) bytes: u32,
}

impl Slot {
    /// The order of images. Only corrupt flash has two of the same number.
    pub(super) fn key(&self) -> (u32, u32) {
        (self.sequence, self.page)
    }
}

/// Where the next image goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) slot: Slot,
    pub(super) run: Run,
    /// What nothing is to be erased of.
    pub(super) keep: [Option<Run>; 4],
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unplanned {
    NoRoom,
    NoNumber,
}

/// What was found in flash.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Findings {
    /// The newest valid image.
    pub(super) newest: Option<Slot>,
    /// Whether its mark has a programmed bit.
    pub(super) marked: bool,
    /// The readable header with the highest number.
    pub(super) highest: Option<Slot>,
}

impl Findings {
    /// What is known in the session in which this image was saved.
    pub(super) fn saved(slot: Slot) -> Self {
        Self { newest: Some(slot), marked: true, highest: Some(slot) }
    }

    /// The header that was written after the newest image.
    fn record(&self) -> Option<Slot> {
        self.highest.filter(|highest| self.newest.is_none_or(|newest| highest.sequence > newest.sequence))
    }

    /// The number of the newest image that is known to be solid: the newest one, if it has its mark. A header that was written
    /// after it says what was known then, and that is final: what was not known to be solid then may have been erased in part
    /// since, and a mark that was not read then is worth nothing.
    pub(super) fn base(&self) -> u32 {
        match (self.newest, self.record()) {
            (Some(newest), Some(record)) => record.base.min(newest.sequence),
            (Some(newest), None) if self.marked => newest.sequence,
            (newest, _) => newest.map_or(0, |newest| newest.base),
        }
    }

    /// The number of the image before the newest.
    pub(super) fn before(&self) -> u32 {
        self.newest.map_or(0, |newest| newest.base)
    }

    /// Plans an image of so many bytes. `base` and `before` are the images with these numbers: the base if it is valid, the other one
    /// if its header is readable. None if there is no room for two images, or no number left.
    pub(super) fn plan(
        &self,
        base: Option<Slot>,
        before: Option<Slot>,
        pages: &Pages,
        bytes: u32,
    ) -> Result<Plan, Unplanned> {
        // That the base is not valid any more proves that the newest image is solid: the base is erased only then.
        let base = base.or(self.newest);
        // What is left alone, as far as there is room; the most important first.
        let mut keep = [base, self.newest, before, self.record()]
            .map(|slot| slot.and_then(|slot| pages.run(slot.page, slot.bytes)));
        let start = self.newest.or(self.highest).map_or(0, |slot| pages.after(slot.page, slot.bytes));
        let mut run = pages.free(start, bytes, &keep);
        for dispensable in (1..keep.len()).rev() {
            if run.is_none() {
                keep.iter_mut().skip(dispensable).for_each(|last| *last = None);
                run = pages.free(start, bytes, &keep);
            }
        }
        let run = run.ok_or(Unplanned::NoRoom)?;
        let sequence = self.highest.map_or(0, |highest| highest.sequence).checked_add(1).ok_or(Unplanned::NoNumber)?;
        let base = base.map_or(0, |base| base.sequence);
        Ok(Plan { slot: Slot { page: run.first, sequence, base, bytes }, run, keep })
    }
}
