//! ADWIN for errors of 0 and 1.

use core::marker::PhantomData;

use super::cut::{AdwinSettings, changed, check};
use super::interface::{Detector, State, Usual};
use super::window::Window;
use crate::storable::storable;
use crate::zero::Zero;

/// Adaptive windowing for errors of 0 and 1 (A. Bifet and R. Gavaldà, "Learning from time-changing data with adaptive
/// windowing", 2007).
///
/// Keeps a window of all errors since the last alarm, in buckets that grow with their age, and alarms when it can be cut into
/// two parts with means so different that chance does not explain it: rising or falling.
///
/// The window has up to 327,675 errors. When it is full, the oldest 65,536 are forgotten.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(bound = "", deny_unknown_fields))]
pub struct Adwin<S = Usual> {
    window: Window<u16>,
    unchecked: u32,
    #[cfg_attr(feature = "serde", serde(skip))]
    settings: PhantomData<S>,
}

storable!("adwin": [S] Adwin<S> { window: Window<u16>, unchecked: u32 });

impl<S> Zero for Adwin<S> {
    const ZERO: Self = Self { window: Zero::ZERO, unchecked: 0, settings: PhantomData };
}

impl Adwin {
    /// A detector with the usual settings.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl Default for Adwin {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: AdwinSettings + Copy> Adwin<S> {
    /// A detector with settings of your own.
    pub const fn with_settings(_: S) -> Self {
        Self::ZERO
    }
}

impl<S> Adwin<S> {
    /// The number of errors in the window, 0 after an alarm.
    pub fn width(&self) -> u32 {
        self.window.width()
    }

    /// The mean of the errors in the window; `None` if it is empty.
    #[allow(clippy::cast_possible_truncation)]
    pub fn mean(&self) -> Option<f32> {
        (self.width() > 0).then(|| self.window.mean() as f32)
    }
}

impl<S: AdwinSettings> Detector<bool> for Adwin<S> {
    fn record(&mut self, error: bool) -> State {
        const { check::<S>() };
        let _ = self.window.insert(error.into());
        self.unchecked = self.unchecked.saturating_add(1);
        if self.unchecked < S::CLOCK {
            return State::Stable;
        }
        self.unchecked = 0;
        let rate = self.window.mean();
        if self.width() > S::LEAST && changed::<S, _>(&self.window, rate * (1.0 - rate)) {
            *self = Self::ZERO;
            State::Drift
        } else {
            State::Stable
        }
    }
}
