//! Which samples are kept.

use core::fmt::Debug;

use crate::init::{Generator, Random};
use crate::scalar::Zero;
use crate::storable::{Storable, storable};

/// Decides which samples a [`Buffer`](super::Buffer) keeps.
pub trait Policy: Zero + Storable + Clone + Debug + PartialEq {
    /// The number of classes that it can tell apart.
    const CLASSES: usize = usize::MAX;

    /// Where a new sample of a class goes: the index of the sample that it replaces, or the number of samples if it is added to
    /// those that are kept, whose classes `kept` tells. `None` if it is not kept. Called once for every sample.
    fn place(
        &mut self,
        class: Option<usize>,
        kept: impl ExactSizeIterator<Item = Option<usize>> + Clone,
        capacity: usize,
    ) -> Option<usize>;

    /// Seeds what is random.
    fn seed(&mut self, _seed: u32) {}
}

/// Keeps the last samples: the new one replaces the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fifo {
    oldest: u32,
}

impl Zero for Fifo {
    const ZERO: Self = Self { oldest: 0 };
}

storable!("fifo": [] Fifo { oldest: u32 });

impl Policy for Fifo {
    fn place(
        &mut self,
        _: Option<usize>,
        kept: impl ExactSizeIterator<Item = Option<usize>> + Clone,
        capacity: usize,
    ) -> Option<usize> {
        if kept.len() < capacity {
            return Some(kept.len());
        }
        let place = usize::try_from(self.oldest).ok().filter(|&oldest| oldest < capacity).unwrap_or(0);
        self.oldest = u32::try_from(place + 1).unwrap_or(0);
        Some(place)
    }
}

/// Keeps any of all samples so far with the same probability.
///
/// Algorithm R of Jeffrey Vitter, "Random sampling with a reservoir", 1985. Exact for the first 2^32 samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reservoir {
    seen: u32,
    random: Generator,
}

impl Zero for Reservoir {
    const ZERO: Self = Self { seen: 0, random: Generator::ZERO };
}

storable!("reservoir": [] Reservoir { seen: u32, random: Generator });

impl Policy for Reservoir {
    fn place(
        &mut self,
        _: Option<usize>,
        kept: impl ExactSizeIterator<Item = Option<usize>> + Clone,
        capacity: usize,
    ) -> Option<usize> {
        self.seen = self.seen.saturating_add(1);
        if kept.len() < capacity {
            return Some(kept.len());
        }
        usize::try_from(self.random.below_u32(self.seen)).ok().filter(|&place| place < capacity)
    }

    fn seed(&mut self, seed: u32) {
        self.random = Generator::new(seed);
    }
}

/// Keeps as many samples of each of `C` classes, or all of a class that has fewer, each with the same probability within its
/// class.
///
/// There should be room for a sample of each class, or some are never kept. `C` is at least the number of outputs; for a single one, 2.
/// Fewer do not compile:
///
/// ```compile_fail
/// use downhill::replay::{Balanced, Buffer, Class, Memory, Raw};
///
/// Buffer::<Raw<[f32; 2]>, Class, Balanced<2>, 9>::new().insert(&[0.0, 1.0], &[1.0, 0.0, 0.0]);
/// ```
///
/// Once there is no more room, a sample of a class that was never the largest since replaces one of a largest class; that of
/// another class one of its own, with the probability that a [`Reservoir`] of this class would have. Aristotelis
/// Chrysakis and Marie-Francine Moens, "Online Continual Learning from Imbalanced Data", 2020.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Balanced<const C: usize> {
    /// The samples of each class so far.
    seen: [u32; C],
    /// The classes that were the largest since there is no more room.
    full: [bool; C],
    random: Generator,
}

impl<const C: usize> Zero for Balanced<C> {
    const ZERO: Self = Self { seen: [0; C], full: [false; C], random: Generator::ZERO };
}

storable!("balanced": [const C: usize] Balanced<C> { seen: [u32; C], full: [bool; C], random: Generator });

impl<const C: usize> Policy for Balanced<C> {
    const CLASSES: usize = C;

    fn place(
        &mut self,
        class: Option<usize>,
        kept: impl ExactSizeIterator<Item = Option<usize>> + Clone,
        capacity: usize,
    ) -> Option<usize> {
        let class = class?;
        let seen = self.seen.get_mut(class)?;
        *seen = seen.saturating_add(1);
        let seen = *seen;
        if kept.len() < capacity {
            return Some(kept.len());
        }
        let mut sizes = [0_usize; C];
        for class in kept.clone().flatten() {
            if let Some(size) = sizes.get_mut(class) {
                *size += 1;
            }
        }
        let largest = sizes.iter().copied().max().unwrap_or(0);
        self.full.iter_mut().zip(sizes).for_each(|(full, size)| *full |= size == largest);

        let size = |class: Option<usize>| class.and_then(|class| sizes.get(class)).copied();
        if self.full.get(class).is_some_and(|&full| full) {
            let chosen = usize::try_from(self.random.below_u32(seen)).ok()?;
            kept.enumerate().filter(|&(_, kept)| kept == Some(class)).nth(chosen).map(|(index, _)| index)
        } else {
            let candidates = || kept.clone().enumerate().filter(|&(_, class)| size(class) == Some(largest));
            let chosen = self.random.below(candidates().count());
            candidates().nth(chosen).map(|(index, _)| index)
        }
    }

    fn seed(&mut self, seed: u32) {
        self.random = Generator::new(seed);
    }
}
