//! The test of Page and Hinkley.

use core::marker::PhantomData;

use super::interface::{Detector, State, Usual, number};
use crate::storable::storable;
use crate::zero::Zero;

/// The settings of [`PageHinkley`].
pub trait PageHinkleySettings {
    /// There is no alarm before this number of errors.
    const LEAST: u32 = 30;
    /// The change of the mean that is tolerated.
    const TOLERANCE: f32 = 0.005;
    /// An alarm is a sum of changes above this.
    const THRESHOLD: f32 = 50.0;
    /// The part of the sums that is forgotten with each error, 0 to below 1.
    const FORGETTING: f32 = 1e-4;
}

impl PageHinkleySettings for Usual {}

/// The test of Page and Hinkley for a mean that rises or falls (E. S. Page, "Continuous inspection schemes", 1954).
///
/// Sums how far errors are above the mean of all so far, and alarms when the sum has risen by the threshold from its lowest
/// value; another sum is for falling errors. With the forgetting `f`, the tolerance `d` and the mean `m`,
///
/// `rise = (1 - f) rise + x - m - d`, `fall = (1 - f) fall + x - m + d`.
///
/// Errors are counted up to 2^24; then older ones begin to count half. If errors are so large that a sum overflows, the
/// detector starts anew.
///
/// ```
/// use downhill::drift::{Detector, PageHinkley, PageHinkleySettings, State};
///
/// #[derive(Clone, Copy, Debug)]
/// struct Sensitive;
/// impl PageHinkleySettings for Sensitive {
///     const THRESHOLD: f32 = 5.0;
/// }
///
/// let mut detector = PageHinkley::with_settings(Sensitive);
/// let alarm = (0..200).position(|i| detector.record(if i < 100 { 0.1 } else { 0.4 }) == State::Drift);
/// assert_eq!(alarm, Some(118));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(bound = "", deny_unknown_fields))]
pub struct PageHinkley<S = Usual> {
    errors: u32,
    total: f32,
    rise: f32,
    lowest: f32,
    fall: f32,
    highest: f32,
    #[cfg_attr(feature = "serde", serde(skip))]
    settings: PhantomData<S>,
}

storable!("page-hinkley": [S] PageHinkley<S> { errors: u32, total: f32, rise: f32, lowest: f32, fall: f32, highest: f32 });

impl<S> Zero for PageHinkley<S> {
    const ZERO: Self =
        Self { errors: 0, total: 0.0, rise: 0.0, lowest: 0.0, fall: 0.0, highest: 0.0, settings: PhantomData };
}

impl PageHinkley {
    /// A detector with the usual settings.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl Default for PageHinkley {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: PageHinkleySettings + Copy> PageHinkley<S> {
    /// A detector with settings of your own.
    pub const fn with_settings(_: S) -> Self {
        Self::ZERO
    }
}

/// Sums of more errors are no longer exact.
const MOST: u32 = 1 << 24;

impl<S: PageHinkleySettings> Detector<f32> for PageHinkley<S> {
    #[allow(clippy::cast_precision_loss)]
    fn record(&mut self, error: f32) -> State {
        const {
            assert!(S::TOLERANCE >= 0.0 && S::THRESHOLD > 0.0, "the tolerance or the threshold is negative or NaN");
            assert!(S::FORGETTING >= 0.0 && S::FORGETTING < 1.0, "the forgetting is not from 0 to below 1");
        }
        if !error.is_finite() {
            return State::Stable;
        }
        if self.errors >= MOST {
            self.errors /= 2;
            self.total *= 0.5;
        }
        self.errors += 1;
        self.total += error;
        let above = error - self.total / self.errors as f32;
        self.rise += above - S::TOLERANCE - S::FORGETTING * self.rise;
        self.fall += above + S::TOLERANCE - S::FORGETTING * self.fall;
        if self.errors == 1 || self.rise < self.lowest {
            self.lowest = self.rise;
        }
        if self.errors == 1 || self.fall > self.highest {
            self.highest = self.fall;
        }
        let change = (self.rise - self.lowest).max(self.highest - self.fall);
        let overflow = !(self.rise + self.fall + self.total).is_finite();
        let alarm = !overflow && self.errors >= S::LEAST && change > S::THRESHOLD;
        if alarm || overflow {
            *self = Self::ZERO;
        }
        if alarm { State::Drift } else { State::Stable }
    }
}

impl<S: PageHinkleySettings> Detector<bool> for PageHinkley<S> {
    fn record(&mut self, error: bool) -> State {
        self.record(number(error))
    }
}
