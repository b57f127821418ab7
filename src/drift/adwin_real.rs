//! ADWIN for losses.

use core::marker::PhantomData;

use super::cut::{AdwinSettings, changed, check};
use super::interface::{Detector, State, Usual, number};
use super::window::Window;
use crate::storable::storable;
use crate::zero::Zero;

/// [`Adwin`](super::Adwin) for numbers, such as losses.
///
/// What it takes for chance is right for errors from about 0 to 1: of smaller ones only large changes are seen, and a single
/// one of 1e30 hides all others as long as it is in the window. Scale them, and cut them off: `loss.min(1.0)`.
///
/// When the window is full and the oldest errors are forgotten, the variance of the others is taken to be that of all.
///
/// ```
/// use downhill::drift::{AdwinReal, Detector, State};
///
/// let mut detector = AdwinReal::new();
/// let losses = (0..1000).map(|i| if i < 500 { 0.1 } else { 0.2 } + 0.001 * (i % 9) as f32);
/// let alarms: Vec<usize> = losses.enumerate().filter(|&(_, loss)| detector.record(loss) == State::Drift).map(|(i, _)| i).collect();
/// assert_eq!(alarms, [607]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(bound = "", deny_unknown_fields))]
pub struct AdwinReal<S = Usual> {
    window: Window<f32>,
    unchecked: u32,
    mean: f64,
    /// The sum of the squares of the differences from the mean.
    squares: f64,
    #[cfg_attr(feature = "serde", serde(skip))]
    settings: PhantomData<S>,
}

storable!("adwin of numbers": [S] AdwinReal<S> { window: Window<f32>, unchecked: u32, mean: f64, squares: f64 });

impl<S> Zero for AdwinReal<S> {
    const ZERO: Self = Self { window: Zero::ZERO, unchecked: 0, mean: 0.0, squares: 0.0, settings: PhantomData };
}

impl AdwinReal {
    /// A detector with the usual settings.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl Default for AdwinReal {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: AdwinSettings + Copy> AdwinReal<S> {
    /// A detector with settings of your own.
    pub const fn with_settings(_: S) -> Self {
        Self::ZERO
    }
}

impl<S> AdwinReal<S> {
    /// The number of errors in the window, 0 after an alarm.
    pub fn width(&self) -> u32 {
        self.window.width()
    }

    /// The mean of the errors in the window; `None` if it is empty.
    #[allow(clippy::cast_possible_truncation)]
    pub fn mean(&self) -> Option<f32> {
        (self.width() > 0).then_some(self.mean as f32)
    }

    // Welford's method.
    fn insert(&mut self, error: f32) {
        let before = self.width();
        let forgotten = self.window.insert(error);
        let difference = f64::from(error) - self.mean;
        self.mean += difference / f64::from(before.saturating_add(1));
        self.squares += difference * (f64::from(error) - self.mean);
        if forgotten {
            self.mean = self.window.mean();
            self.squares *= f64::from(self.width()) / f64::from(before.saturating_add(1));
        }
    }
}

impl<S: AdwinSettings> Detector<f32> for AdwinReal<S> {
    fn record(&mut self, error: f32) -> State {
        const { check::<S>() };
        if !error.is_finite() {
            return State::Stable;
        }
        self.insert(error);
        self.unchecked = self.unchecked.saturating_add(1);
        if self.unchecked < S::CLOCK {
            return State::Stable;
        }
        self.unchecked = 0;
        if self.width() > S::LEAST && changed::<S, _>(&self.window, self.squares / f64::from(self.width())) {
            *self = Self::ZERO;
            State::Drift
        } else {
            State::Stable
        }
    }
}

impl<S: AdwinSettings> Detector<bool> for AdwinReal<S> {
    fn record(&mut self, error: bool) -> State {
        self.record(number(error))
    }
}
