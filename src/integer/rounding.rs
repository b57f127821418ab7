//! How updates of weights are rounded.

use super::whole::sealed::Sealed;
use crate::init::{GOLDEN, Generator, Random};
use crate::scalar::Zero;
use crate::storable::{Storable, storable};

/// How an update is rounded to a multiple of the unit of the weights.
pub trait Rounding: Sealed + Zero + Storable + Copy {
    /// Whether each weight has a rounding of its own.
    #[doc(hidden)]
    const DRAWS: bool;

    /// Seeds what is random.
    fn seed(&mut self, seed: u32);

    /// What the roundings of a layer begin from in a step.
    #[doc(hidden)]
    fn layer(&mut self) -> u32;
}

/// To the nearest. An update below half a unit is lost: enough for weights of 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Nearest;

storable!("nearest": [] Nearest {});

impl Sealed for Nearest {}

impl Zero for Nearest {
    const ZERO: Self = Self;
}

impl Rounding for Nearest {
    const DRAWS: bool = false;

    fn seed(&mut self, _: u32) {}

    #[cfg_attr(not(unoptimized), inline(always))]
    fn layer(&mut self) -> u32 {
        0
    }
}

/// Up or down at random, with the probabilities that make the mean of many updates exact: needed for weights of 8 bits.
///
/// In each step, each layer draws one number; those of its weights are this one and multiples of the golden ratio, modulo 1, which are
/// even more evenly distributed than random ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stochastic {
    generator: Generator,
}

storable!("stochastic": [] Stochastic { generator: Generator });

impl Sealed for Stochastic {}

impl Zero for Stochastic {
    const ZERO: Self = Self { generator: Generator::ZERO };
}

impl Rounding for Stochastic {
    const DRAWS: bool = true;

    fn seed(&mut self, seed: u32) {
        self.generator = Generator::new(seed);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn layer(&mut self) -> u32 {
        self.generator.next_u32()
    }
}

/// The next number of a layer.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn next(phase: u32) -> u32 {
    phase.wrapping_add(GOLDEN)
}
