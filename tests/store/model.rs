//! The plan, checked: every state that power cuts in a row can reach, with the worst that reading can tell of it.
//!
//! A slot is one page. What a cut has left half done is read in either way, at each boot anew: a torn header, commit or mark is
//! there or not, and a page that was erased in part is what it was, or has an unreadable header, or no valid image, or no mark.
//! Numbers are replaced by their ranks, which makes the states finite.

extern crate std;

use std::collections::{HashMap, VecDeque};
use std::vec::Vec;
use std::{println, vec};

use super::pages::Pages;
use super::plan::{Findings, Slot};

/// Whether something is in flash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Is {
    Not,
    /// Read so or so.
    Torn,
    There,
}

impl Is {
    fn readings(self) -> &'static [bool] {
        match self {
            Self::Not => &[false],
            Self::Torn => &[false, true],
            Self::There => &[true],
        }
    }

    fn erased_in_part(self) -> Self {
        if self == Self::There { Self::Torn } else { self }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Page {
    sequence: u32,
    base: u32,
    header: Is,
    committed: Is,
    marked: Is,
    /// That this is the image whose save returned last, or a later one.
    good: bool,
}

const BLANK: Page = Page { sequence: 0, base: 0, header: Is::Not, committed: Is::Not, marked: Is::Not, good: false };

impl Page {
    fn slot(&self, at: usize) -> Slot {
        Slot { page: u32::try_from(at).unwrap(), sequence: self.sequence, base: self.base, bytes: 1 }
    }

    fn erased_in_part(self) -> Self {
        let [header, committed, marked] = [self.header, self.committed, self.marked].map(Is::erased_in_part);
        Self { header, committed, marked, ..self }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    pages: Vec<Page>,
    /// That there was a save which returned.
    saved: bool,
    /// The page of the image that was saved in this session.
    session: Option<usize>,
}

/// What is read of a page: header, valid image, mark.
type Read = (bool, bool, bool);

fn readings(page: &Page) -> Vec<Read> {
    let mut all = Vec::new();
    for &header in page.header.readings() {
        for &committed in page.committed.readings() {
            for &marked in page.marked.readings() {
                let read = (header, header && committed, header && committed && marked);
                if !all.contains(&read) {
                    all.push(read);
                }
            }
        }
    }
    all
}

/// Every combination of what is read of the pages.
fn combinations(pages: &[Page]) -> Vec<Vec<Read>> {
    pages.iter().fold(vec![Vec::new()], |all, page| {
        let choices = readings(page);
        all.iter().flat_map(|before| choices.iter().map(|&read| [&before[..], &[read]].concat())).collect()
    })
}

/// What the store finds, and the headers that it looks for.
fn find(pages: &[Page], reads: &[Read]) -> (Findings, Option<Slot>, Option<Slot>) {
    let slots = |wanted: fn(&Read) -> bool| {
        let all = pages.iter().enumerate().zip(reads).filter(move |(_, read)| wanted(read));
        all.map(|((at, page), _)| page.slot(at))
    };
    let newest = slots(|read| read.1).max_by_key(|slot| (slot.sequence, slot.page));
    let marked = newest.is_some_and(|newest| reads[newest.page as usize].2);
    let findings =
        Findings { newest, marked, highest: slots(|read| read.0).max_by_key(|slot| (slot.sequence, slot.page)) };
    let numbered = |number, wanted| slots(wanted).filter(|slot| slot.sequence == number).max_by_key(|slot| slot.page);
    (findings, numbered(findings.base(), |read| read.1), numbered(findings.before(), |read| read.0))
}

/// Numbers become ranks.
fn normal(mut state: State) -> State {
    for page in state.pages.iter_mut().filter(|page| page.header == Is::Not) {
        *page = BLANK;
    }
    let mut numbers: Vec<u32> = state.pages.iter().flat_map(|page| [page.sequence, page.base]).chain([0]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let rank = |number: u32| u32::try_from(numbers.binary_search(&number).unwrap()).unwrap();
    for page in &mut state.pages {
        (page.sequence, page.base) = (rank(page.sequence), rank(page.base));
    }
    state
}

/// The states that a save leaves behind: one for each cut, and the last one without.
fn save(state: &State, found: (Findings, Option<Slot>, Option<Slot>), reads: &[Read], ring: &Pages) -> Vec<State> {
    let (findings, base, before) = found;
    let plan = findings.plan(base, before, ring, 1).expect("there is room, and a number");
    let at = plan.run.first as usize;
    let mut now = State { session: None, ..state.clone() };
    let mut all = Vec::new();
    let mut change = |at: usize, page: Page| {
        now.pages[at] = page;
        all.push(now.clone());
    };
    for (other, read) in reads.iter().enumerate().filter(|(other, _)| *other != at) {
        let page = state.pages[other];
        let needed = plan.keep.iter().flatten().any(|run| run.first as usize == other);
        if !needed && page.header == Is::Torn && !read.0 {
            change(other, page.erased_in_part());
            change(other, BLANK);
        }
    }
    change(at, state.pages[at].erased_in_part());
    change(at, BLANK);
    let mut page = Page { sequence: plan.slot.sequence, base: plan.slot.base, good: true, header: Is::Torn, ..BLANK };
    change(at, page);
    page.header = Is::There;
    change(at, page);
    for is in [Is::Torn, Is::There] {
        page.committed = is;
        change(at, page);
    }
    for is in [Is::Torn, Is::There] {
        page.marked = is;
        change(at, page);
    }
    let done = all.last_mut().unwrap();
    done.pages.iter_mut().enumerate().for_each(|(other, page)| page.good = other == at);
    (done.saved, done.session) = (true, Some(at));
    all
}

/// How many saves in a row, each cut at the worst place and followed by the worst readings, it takes until an image is lost whose
/// save had returned. None if that is more than so many.
fn cuts_until_lost(count: u32, limit: u32) -> Option<u32> {
    let ring = Pages::Equal { start: 0, size: 1, count };
    let first = State { pages: vec![BLANK; count as usize], saved: false, session: None };
    let mut known = HashMap::from([(first.clone(), 0)]);
    let mut open = VecDeque::from([first]);
    let mut boots = 0_u64;
    while let Some(state) = open.pop_front() {
        let saves = known[&state];
        let mut next = Vec::new();
        if let Some(at) = state.session {
            let slot = state.pages[at].slot(at);
            next.extend(save(&state, (Findings::saved(slot), Some(slot), None), &[], &ring));
        }
        for reads in combinations(&state.pages) {
            boots += 1;
            let found = find(&state.pages, &reads);
            if state.saved && !found.0.newest.is_some_and(|newest| state.pages[newest.page as usize].good) {
                println!("{count} slots: lost after {saves} saves; {} states, {boots} boots", known.len());
                return Some(saves - 1); // the first one was not cut
            }
            if saves < limit {
                next.extend(save(&state, found, &reads, &ring));
            }
        }
        for state in next.into_iter().map(normal) {
            if !known.contains_key(&state) {
                known.insert(state.clone(), saves + 1);
                open.push_back(state);
            }
        }
    }
    println!("{count} slots: nothing lost in {limit} saves; {} states, {boots} boots", known.len());
    None
}

#[test]
fn nothing_is_lost() {
    assert_eq!(cuts_until_lost(2, 9), Some(3));
    assert_eq!(cuts_until_lost(3, 9), Some(6));
    assert_eq!(cuts_until_lost(4, 5), None);
}

#[test]
#[ignore = "9 s with optimisation, minutes without"]
fn nothing_is_lost_in_long() {
    assert_eq!(cuts_until_lost(4, 9), Some(8));
    assert_eq!(cuts_until_lost(5, 8), None);
}
