//! Whether a window has two parts with different means.

use super::interface::Usual;
use super::window::{Bucket, Sum, Window};
use crate::math::Math;
use crate::scalar::{Scalar, Zero};

/// The settings of [`Adwin`](super::Adwin) and [`AdwinReal`](super::AdwinReal).
pub trait AdwinSettings {
    /// The probability of a false alarm at a check, above 0 and below 1: the smaller, the longer the delay.
    const DELTA: f64 = 0.002;
    /// Every so many errors, the window is checked.
    const CLOCK: u32 = 32;
    /// The least length of either part of the window, 1 or more.
    const LEAST_PART: u32 = 5;
    /// There is no alarm before there are more errors than this.
    const LEAST: u32 = 10;
}

impl AdwinSettings for Usual {}

/// Refuses wrong settings when the program compiles.
pub(super) const fn check<S: AdwinSettings>() {
    assert!(S::DELTA > 0.0 && S::DELTA < 1.0, "DELTA is not above 0 and below 1");
    assert!(S::CLOCK > 0 && S::LEAST_PART > 0, "CLOCK or LEAST_PART is 0");
}

/// Whether there is a place to cut the window where the means of both parts differ by more than
///
/// `sqrt(2 v d m) + 2/3 d m`, `d = ln(2 ln(n) / delta)`, `m = 1 / (n0 - l + 1) + 1 / (n1 - l + 1)`
///
/// with the variance `v` of all `n` errors, `n0` and `n1` of them in the parts, each of which has at least `l`.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn changed<S: AdwinSettings, B: Bucket>(window: &Window<B>, variance: f64) -> bool {
    let width = window.width();
    let sum = window.sum();
    let confidence = Math::ln(2.0 * Math::ln(f64::from(width)) / S::DELTA);
    let (short_variance, short_confidence) = (variance as f32, confidence as f32);
    let mut older = 0;
    // How far the sum of the older part is above that of as many errors at the mean, times the width. The newer part is below
    // by as much.
    let mut above = B::Sum::ZERO;
    for (samples, bucket) in window.buckets() {
        older += samples;
        above = above + bucket * B::Sum::from(width) - sum * B::Sum::from(samples);
        let newer = width.saturating_sub(older);
        if newer == 0 || older.min(newer) < S::LEAST_PART {
            continue;
        }
        let parts = Parts { older, newer, least: S::LEAST_PART };
        // In f32, unless this is so close to the limit that only f64 can tell, or the limit of large losses is infinite.
        let (difference, limit) = parts.compare(above.single(), short_variance, short_confidence);
        let changed = if (difference - limit).abs() > 1e-5 * limit {
            difference > limit
        } else {
            let (difference, limit) = parts.compare(above.double(), variance, confidence);
            difference > limit
        };
        if changed {
            return true;
        }
    }
    false
}

struct Parts {
    older: u32,
    newer: u32,
    least: u32,
}

impl Parts {
    /// The difference of the means, and its limit.
    #[allow(clippy::cast_precision_loss)]
    fn compare<T: Scalar>(&self, above: T, variance: T, confidence: T) -> (T, T) {
        // Of numbers below 2^24, exact.
        let number = |n: u32| T::from_f32(n as f32);
        let difference = above.larger(T::ZERO) / (number(self.older) * number(self.newer));
        let free = |part: u32| T::ONE / number((part + 1).saturating_sub(self.least));
        let spread = confidence * (free(self.older) + free(self.newer));
        let two = T::ONE + T::ONE;
        let limit = (two * variance * spread).sqrt() + two / (two + T::ONE) * spread;
        (difference, limit)
    }
}
