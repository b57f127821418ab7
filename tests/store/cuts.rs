//! Saves that are cut, and what is loaded after each.

use std::fmt;
use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind};

use downhill::store::{Store, StoreError};

use super::flash::{Fault, Flash, Random, TORN, Torn};
use super::image::Numbered;

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cuts {
    /// Saves that the power cut, each followed by a boot; those among them whose save before was cut, too.
    pub count: u64,
    pub twofold: u64,
    pub lost: u64,
    pub corrupt: u64,
    pub panics: u64,
}

impl AddAssign for Cuts {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.twofold += other.twofold;
        self.lost += other.lost;
        self.corrupt += other.corrupt;
        self.panics += other.panics;
    }
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, twofold, lost, corrupt, panics } = self;
        write!(f, "power cuts {count} twofold {twofold} lost {lost} corrupt_accepted {corrupt} panics {panics}")
    }
}

/// The flash of a device, and what it has been through.
#[derive(Clone)]
pub struct Device<const W: usize, const E: usize> {
    pub flash: Flash<W, E>,
    /// The last number whose save was begun, and whose save returned.
    pub begun: u32,
    pub saved: u32,
    /// For boots.
    pub seed: u64,
}

pub type Open<const W: usize, const E: usize, const B: usize> =
    for<'a> fn(&'a mut Flash<W, E>, usize) -> Store<&'a mut Flash<W, E>, B>;

/// A store in the whole flash.
pub fn open<const W: usize, const E: usize, const B: usize>(
    flash: &mut Flash<W, E>,
    image: usize,
) -> Store<&mut Flash<W, E>, B> {
    let end = flash.borders().last().copied().unwrap() as u32;
    Store::new(flash, 0..end, image).unwrap()
}

/// An image of the number.
fn image_bytes<const N: usize>() -> usize {
    <Numbered<N> as downhill::Checkpoint>::IMAGE
}

impl<const W: usize, const E: usize> Device<W, E> {
    pub fn new(flash: Flash<W, E>) -> Self {
        Self { flash, begun: 0, saved: 0, seed: 1 }
    }

    /// Boots and loads.
    pub fn boot<const B: usize, const N: usize>(&mut self, open: Open<W, E, B>, cuts: &mut Cuts) {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        self.flash.boot(self.seed);
        let mut into = Numbered::<N>::nothing();
        match open(&mut self.flash, image_bytes::<N>()).load(&mut into) {
            Ok(_) => match into.number() {
                Some(number) if number > self.begun || number == 0 => cuts.corrupt += 1,
                Some(number) if number < self.saved => cuts.lost += 1,
                Some(_) => (),
                None => cuts.corrupt += 1,
            },
            Err(StoreError::Empty | StoreError::Flash(Fault::Ecc)) if self.saved == 0 => (),
            Err(_) => cuts.lost += 1,
        }
    }

    /// Saves the next number, with a cut after so many operations. False if the save ended before.
    pub fn save_cut<const B: usize, const N: usize>(&mut self, open: Open<W, E, B>, after: u32, torn: Torn) -> bool {
        self.begun += 1;
        let image = Numbered::<N>::new(self.begun);
        self.flash.cut_after(after, torn);
        let result = open(&mut self.flash, image_bytes::<N>()).save(&image);
        match result {
            Ok(_) => self.saved = self.begun,
            Err(error) => assert!(self.flash.is_off(), "{error:?}"),
        }
        !self.flash.is_off() && result.is_ok()
    }

    /// Saves so many numbers in one session.
    pub fn save<const B: usize, const N: usize>(&mut self, open: Open<W, E, B>, times: u32) {
        let mut store = open(&mut self.flash, image_bytes::<N>());
        for _ in 0..times {
            self.begun += 1;
            store.save(&Numbered::<N>::new(self.begun)).unwrap();
            self.saved = self.begun;
        }
    }
}

/// Runs, and counts a panic.
fn caught(cuts: &mut Cuts, run: impl FnOnce(&mut Cuts)) {
    let before = *cuts;
    if catch_unwind(AssertUnwindSafe(|| run(cuts))).is_err() {
        *cuts = before;
        cuts.panics += 1;
    }
}

/// Some saves; then the next one is cut at every operation in every way, the one after that again, and the third once more.
/// After each cut the device boots, and in the end it saves whole. `third` and `most` are for the share of the third cuts and for
/// how many cuts follow each other.
pub fn at_every_operation<const W: usize, const E: usize, const B: usize, const N: usize>(
    flash: impl Fn() -> Flash<W, E>,
    open: Open<W, E, B>,
    third: usize,
    most: u32,
) -> Cuts {
    let mut cuts = Cuts::default();
    caught(&mut cuts, |cuts| {
        let mut random = Random(7);
        // So that the ring wraps, and so that there is nothing but the first image yet.
        for saves in [0, 1, 2, 5] {
            let mut device = Device::new(flash());
            device.save::<B, N>(open, saves);
            cut_again::<W, E, B, N>(&device, open, (1, most), third, &mut random, cuts);
        }
    });
    cuts
}

fn cut_again<const W: usize, const E: usize, const B: usize, const N: usize>(
    device: &Device<W, E>,
    open: Open<W, E, B>,
    (depth, most): (u32, u32),
    third: usize,
    random: &mut Random,
    cuts: &mut Cuts,
) {
    let mut whole = device.clone();
    whole.save::<B, N>(open, 1);
    whole.boot::<B, N>(open, cuts);
    for after in 0..whole.flash.operations - device.flash.operations {
        // The third cut is at one operation of `third`, any of them.
        if depth == 3 && random.below(third) != 0 {
            continue;
        }
        let one = [TORN[random.below(4)]];
        for torn in if depth == 1 { &TORN[..] } else { &one } {
            let mut device = device.clone();
            // So that what is unstable reads otherwise after each cut.
            device.seed = random.next();
            assert!(!device.save_cut::<B, N>(open, after, *torn));
            device.boot::<B, N>(open, cuts);
            cuts.count += 1;
            cuts.twofold += u64::from(depth > 1);
            if depth < most {
                cut_again::<W, E, B, N>(&device, open, (depth + 1, most), third, random, cuts);
            }
        }
    }
}

/// Saves that are cut at any operation, up to so many in a row; then one that is not.
pub fn in_a_row<const W: usize, const E: usize, const B: usize, const N: usize>(
    flash: impl Fn() -> Flash<W, E>,
    open: Open<W, E, B>,
    rounds: u64,
    row: usize,
) -> Cuts {
    let mut cuts = Cuts::default();
    caught(&mut cuts, |cuts| {
        for round in 0..rounds {
            let mut random = Random(round * 2 + 1);
            let mut device = Device::new(flash());
            device.seed = round;
            for _ in 0..3 {
                device.save::<B, N>(open, random.below(3) as u32);
                let (mut most, mut cut_before) = (30, false);
                for _ in 0..=random.below(row) {
                    let before = device.flash.operations;
                    // Half of the cuts hit the last words: the commit and the mark.
                    let after =
                        if random.below(2) == 0 { most - 1 - random.below(most.min(4)) } else { random.below(most) };
                    let torn = TORN[random.below(4)];
                    if device.save_cut::<B, N>(open, after as u32, torn) {
                        most = (device.flash.operations - before) as usize;
                        cut_before = false;
                    } else {
                        cuts.count += 1;
                        cuts.twofold += u64::from(cut_before);
                        cut_before = true;
                    }
                    // Now and then the contact bounces, and the device does not get further than loading.
                    for _ in 0..if random.below(64) == 0 { 100 } else { 1 } {
                        device.boot::<B, N>(open, cuts);
                    }
                }
                let begun = device.begun;
                device.save::<B, N>(open, 1);
                device.boot::<B, N>(open, cuts);
                assert!(device.saved > begun);
            }
        }
    });
    cuts
}
