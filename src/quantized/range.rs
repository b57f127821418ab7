//! Ranges of real numbers, seen in samples.

use crate::quantile::Quantile;
use crate::storable::{Storable, storable};
use crate::zero::Zero;

/// The range that numbers are quantised in, from those that were seen.
pub trait Range: Zero + Storable + 'static {
    /// Takes a number into account. It is finite.
    fn see(&mut self, x: f32);

    /// The range, if there was a number.
    fn ends(&self) -> Option<[f32; 2]>;
}

/// From the smallest to the largest number: nothing that was seen is cut. A single odd sample widens the steps of all.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MinMax {
    seen: bool,
    low: f32,
    high: f32,
}

impl Zero for MinMax {
    const ZERO: Self = Self { seen: false, low: 0.0, high: 0.0 };
}

storable!("min max": [] MinMax { seen: bool, low: f32, high: f32 });

impl Range for MinMax {
    fn see(&mut self, x: f32) {
        if !self.seen || x < self.low {
            self.low = x;
        }
        if !self.seen || x > self.high {
            self.high = x;
        }
        self.seen = true;
    }

    fn ends(&self) -> Option<[f32; 2]> {
        self.seen.then_some([self.low, self.high])
    }
}

/// Leaves one of `N` numbers outside at each end, by [estimates](Quantile) in constant memory, which need some `10 N` numbers. For samples
/// that hold odd ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quantiles<const N: u32 = 10_000> {
    low: Quantile,
    high: Quantile,
}

impl<const N: u32> Zero for Quantiles<N> {
    const ZERO: Self = Self { low: Zero::ZERO, high: Zero::ZERO };
}

storable!("quantiles": [const N: u32] Quantiles<N> { low: Quantile, high: Quantile });

impl<const N: u32> Range for Quantiles<N> {
    fn see(&mut self, x: f32) {
        const { assert!(N > 1, "one of N numbers is left outside, of two or more") };
        #[allow(clippy::cast_precision_loss)]
        let outside = 1.0 / N as f32;
        if self.low.count() == 0 {
            (self.low, self.high) = (Quantile::new(outside), Quantile::new(1.0 - outside));
        }
        self.low.record(x);
        self.high.record(x);
    }

    fn ends(&self) -> Option<[f32; 2]> {
        Some([self.low.value()?, self.high.value()?])
    }
}
