//! The pages of a store, as a ring.

use core::ops::Range;

/// What can be erased alone. The page after the last is the first.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pages {
    /// Of the same size.
    Equal { start: u32, size: u32, count: u32 },
    /// The first address of each, and the end of the last.
    Unequal(&'static [u32]),
}

/// Pages that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) count: u32,
}

impl Pages {
    pub(super) fn count(&self) -> u32 {
        match *self {
            Self::Equal { count, .. } => count,
            Self::Unequal(borders) => u32::try_from(borders.len().saturating_sub(1)).unwrap_or(0),
        }
    }

    /// The addresses of a page; none if there is no such page.
    pub(super) fn range(&self, page: u32) -> Range<u32> {
        match *self {
            Self::Equal { start, size, count } if page < count => start + page * size..start + page * size + size,
            Self::Equal { .. } => 0..0,
            Self::Unequal(borders) => {
                let mut borders = borders.iter().skip(usize::try_from(page).unwrap_or(usize::MAX));
                borders.next().zip(borders.next()).map_or(0..0, |(start, end)| *start..*end)
            }
        }
    }

    fn size(&self, page: u32) -> u32 {
        let Range { start, end } = self.range(page);
        end.saturating_sub(start)
    }

    /// Where all pages are.
    pub(super) fn region(&self) -> Range<u32> {
        self.range(0).start..self.range(self.count().saturating_sub(1)).end
    }

    /// The address of what is so many bytes behind the beginning of a page.
    pub(super) fn address(&self, page: u32, offset: u32) -> u32 {
        let region = self.region();
        let address = self.range(page).start.saturating_add(offset);
        if address < region.end { address } else { address - region.end + region.start }
    }

    pub(super) fn next(&self, page: u32) -> u32 {
        let next = page.saturating_add(1);
        if next < self.count() { next } else { 0 }
    }

    /// The pages that so many bytes take from this one on; none if there are not so many.
    pub(super) fn run(&self, first: u32, bytes: u32) -> Option<Run> {
        let (mut page, mut room, mut count) = (first, 0_u32, 0);
        while room < bytes {
            if count == self.count() {
                return None;
            }
            room = room.saturating_add(self.size(page));
            page = self.next(page);
            count += 1;
        }
        Some(Run { first, count })
    }

    /// The page after so many bytes that begin at this page.
    pub(super) fn after(&self, page: u32, bytes: u32) -> u32 {
        let run = self.run(page, bytes).unwrap_or(Run { first: page, count: 0 });
        self.pages_of(run).last().map_or(page, |last| self.next(last))
    }

    pub(super) fn pages_of(&self, run: Run) -> impl Iterator<Item = u32> + use<> {
        let pages = *self;
        core::iter::successors(Some(run.first), move |page| Some(pages.next(*page)))
            .zip(0..run.count)
            .map(|(page, _)| page)
    }

    /// How far it is from one page to the other, going up.
    fn distance(&self, from: u32, to: u32) -> u32 {
        if to >= from { to - from } else { self.count().saturating_sub(from).saturating_add(to) }
    }

    /// Whether two runs have a page in common.
    pub(super) fn overlap(&self, a: Run, b: Run) -> bool {
        self.distance(a.first, b.first) < a.count || self.distance(b.first, a.first) < b.count
    }

    /// The first run from a page on that has room for so many bytes and no page of those to keep.
    pub(super) fn free(&self, start: u32, bytes: u32, keep: &[Option<Run>]) -> Option<Run> {
        let starts = self.pages_of(Run { first: start, count: self.count() });
        starts
            .map_while(|page| self.run(page, bytes))
            .find(|run| !keep.iter().flatten().any(|other| self.overlap(*run, *other)))
    }

    /// How many images of so many bytes have room, each after the other, wherever the first begins.
    pub(super) fn images(&self, bytes: u32) -> u32 {
        let from = |start| {
            let (mut page, mut left, mut images) = (start, self.count(), 0);
            while let Some(run) = self.run(page, bytes).filter(|run| run.count > 0 && run.count <= left) {
                (left, images, page) = (left - run.count, images + 1, self.after(page, bytes));
            }
            images
        };
        match self {
            Self::Equal { .. } => from(0),
            Self::Unequal(_) => (0..self.count()).map(from).min().unwrap_or(0),
        }
    }
}
