//! The drift detection method.

use core::marker::PhantomData;

use super::interface::{Detector, State, Usual};
use crate::math::Math;
use crate::storable::storable;
use crate::zero::Zero;

/// The settings of [`Ddm`].
pub trait DdmSettings {
    /// There is no alarm in the first samples, as many as this, below 2^31.
    const LEAST: u32 = 30;
    /// A warning is a rate of errors this many standard deviations above the lowest.
    const WARNING: f32 = 2.0;
    /// An alarm is a rate of errors this many standard deviations above the lowest.
    const DRIFT: f32 = 3.0;
}

impl DdmSettings for Usual {}

/// The drift detection method, for errors that become more (J. Gama et al., "Learning with drift detection", 2004).
///
/// `p` is the rate of all errors so far and `s` its standard deviation, `sqrt(p (1 - p) / n)`. Where `p + s` was lowest, both are
/// kept; there is an alarm when `p + s` is above the kept `p + 3 s`. As all errors count since the start or the last alarm, the
/// delay grows with their number.
///
/// Samples are counted up to 2^32; then older ones begin to count half.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(bound = "", deny_unknown_fields))]
pub struct Ddm<S = Usual> {
    samples: u32,
    errors: u32,
    lowest_rate: f32,
    lowest_deviation: f32,
    #[cfg_attr(feature = "serde", serde(skip))]
    settings: PhantomData<S>,
}

storable!("ddm": [S] Ddm<S> { samples: u32, errors: u32, lowest_rate: f32, lowest_deviation: f32 });

impl<S> Zero for Ddm<S> {
    const ZERO: Self = Self { samples: 0, errors: 0, lowest_rate: 0.0, lowest_deviation: 0.0, settings: PhantomData };
}

impl Ddm {
    /// A detector with the usual settings.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl Default for Ddm {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: DdmSettings + Copy> Ddm<S> {
    /// A detector with settings of your own.
    pub const fn with_settings(_: S) -> Self {
        Self::ZERO
    }
}

impl<S: DdmSettings> Detector<bool> for Ddm<S> {
    #[allow(clippy::cast_precision_loss)]
    fn record(&mut self, error: bool) -> State {
        const {
            assert!(S::LEAST < 1 << 31, "LEAST is 2^31 or more");
            assert!(S::WARNING > 0.0 && S::DRIFT > 0.0, "the threshold of warnings or of alarms is not positive");
        }
        if self.samples == u32::MAX {
            self.samples /= 2;
            self.errors /= 2;
        }
        self.samples += 1;
        self.errors = self.errors.saturating_add(u32::from(error));
        if self.samples <= S::LEAST {
            return State::Stable;
        }
        let samples = self.samples as f32;
        let rate = self.errors as f32 / samples;
        let deviation = Math::sqrt(rate * (1.0 - rate) / samples);
        let first = self.samples == S::LEAST + 1;
        if first || rate + deviation <= self.lowest_rate + self.lowest_deviation {
            (self.lowest_rate, self.lowest_deviation) = (rate, deviation);
        }
        let above = |deviations: f32| rate + deviation > self.lowest_rate + deviations * self.lowest_deviation;
        if above(S::DRIFT) {
            *self = Self::ZERO;
            State::Drift
        } else if above(S::WARNING) {
            State::Warning
        } else {
            State::Stable
        }
    }
}
