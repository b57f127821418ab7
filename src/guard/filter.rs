//! What keeps broken samples from all that learns.

use core::fmt;

use crate::init::scramble;
use crate::scalar::{Scalar, Zero, count, count_u32};
use crate::scaler::{acceptable, follow};
use crate::shape::Shape;
use crate::storable::storable;

/// A number this many standard deviations from the mean is outside.
const DEVIATIONS: f32 = 10.0;

/// Means and variances are those of about so many samples.
const MEMORY: u32 = 1000;

/// Before so many samples nothing is outside: a deviation of a few samples says little.
const WARM: u32 = 32;

/// So many repetitions of a whole sample are five equal ones.
const REPETITIONS: u8 = 4;

/// The logarithm of the probability from which on a feature counts as stuck: one in 1.2 million.
const IMPROBABLE: f32 = -14.0;

/// Of so many features, more than one is stuck.
const SHARE: usize = 5;

/// The fraction of changes is that of about so many samples.
const CHANGE_MEMORY: u16 = 256;

/// Why a [`Filter`] rejects a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rejected {
    /// An input is NaN or infinite.
    NotFinite,
    /// An input is far from all that was seen: a spike.
    Outside,
    /// The inputs do not change as they did: a sensor is stuck.
    Stuck,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "an input is not finite",
            Self::Outside => "an input is far outside of what was seen",
            Self::Stuck => "inputs are stuck",
        })
    }
}

impl core::error::Error for Rejected {}

/// How many samples were rejected, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rejections {
    /// For [`Rejected::NotFinite`].
    pub not_finite: u32,
    /// For [`Rejected::Outside`].
    pub outside: u32,
    /// For [`Rejected::Stuck`].
    pub stuck: u32,
}

storable!("rejections": [] Rejections { not_finite: u32, outside: u32, stuck: u32 });

impl Zero for Rejections {
    const ZERO: Self = Self { not_finite: 0, outside: 0, stuck: 0 };
}

impl Rejections {
    /// All together.
    pub const fn all(&self) -> u32 {
        self.not_finite.saturating_add(self.outside).saturating_add(self.stuck)
    }

    const fn count(&mut self, reason: Rejected) {
        let counter = match reason {
            Rejected::NotFinite => &mut self.not_finite,
            Rejected::Outside => &mut self.outside,
            Rejected::Stuck => &mut self.stuck,
        };
        *counter = counter.saturating_add(1);
    }
}

/// Rejects samples of broken sensors, before a scaler or a network sees them. `I` is the number of inputs.
///
/// ```
/// use downhill::guard::{Filter, Rejected};
///
/// let mut filter = Filter::<2>::new();
/// for n in 0..100_u8 {
///     assert_eq!(filter.admit(&[f32::from(n % 10), f32::from(n % 7)]), Ok(()));
/// }
/// assert_eq!(filter.admit(&[3.0, f32::NAN]), Err(Rejected::NotFinite));
/// assert_eq!(filter.admit(&[1e30, 3.0]), Err(Rejected::Outside));
/// for _ in 0..4 {
///     assert_eq!(filter.admit(&[5.5, 5.5]), Ok(()));
/// }
/// assert_eq!(filter.admit(&[5.5, 5.5]), Err(Rejected::Stuck));
/// assert_eq!(filter.rejections().all(), 3);
/// ```
///
/// In this order, with means `m` and standard deviations `sd` of the last 1000 samples that were accepted:
/// - [`NotFinite`](Rejected::NotFinite): NaN or infinity.
/// - [`Outside`](Rejected::Outside): `|x - m| > 10 max(sd, mean of all sd)`, from the 32nd sample on; or above
///   [`GRADIENT_LIMIT`](Scalar::GRADIENT_LIMIT).
/// - [`Stuck`](Rejected::Stuck): the fifth equal sample in a row; or more than a fifth of the inputs repeat a number `run` times in
///   a row with `run ln(p) < -14`, where `p` is how often the input does not change, from about the last 256 samples.
///
/// A sample that is rejected changes nothing but a counter, and the first one that is not ends the rejections.
///
/// # Limits
/// - It takes the first samples for granted: show it good ones by [`prepare`](Filter::prepare) before.
/// - Inputs of very different units share one mean of deviations: a spike of a feature with small numbers is only seen if it
///   is large beside the deviations of the others. Bring them to similar sizes first.
/// - What moves for good by more than 10 deviations from one sample to the next is rejected for good. Firmware that knows of an
///   exchanged sensor sets a new filter; otherwise [`rejections`](Filter::rejections) tell.
/// - Inputs that may truly rest, such as the state of a door, are stuck for it: nothing is learnt from a fifth equal sample.
/// - A drift in small steps takes the means with it.
///
/// Bytes: 13 for each input in `f32`, 21 in `f64`; and 16.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Filter<const I: usize, T: Scalar = f32> {
    mean: [T; I],
    variance: [T; I],
    /// How often a number differed from the one before: 0xFFFF is always.
    changes: [u16; I],
    /// A hash of each last number.
    last: [u16; I],
    /// How often it was repeated.
    run: [u8; I],
    /// The samples so far, up to [`MEMORY`].
    seen: u32,
    rejections: Rejections,
}

storable!("filter": [const I: usize, T: Scalar] Filter<I, T> {
    mean: [T; I], variance: [T; I], changes: [u16; I], last: [u16; I], run: [u8; I], seen: u32,
    rejections: Rejections
});

impl<const I: usize, T: Scalar> Zero for Filter<I, T> {
    const ZERO: Self = Self::new();
}

impl<const I: usize, T: Scalar> Default for Filter<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const I: usize, T: Scalar> Filter<I, T> {
    /// Has seen nothing.
    pub const fn new() -> Self {
        const { assert!(I > 0, "there is at least one input") };
        Self {
            mean: [T::ZERO; I],
            variance: [T::ZERO; I],
            changes: [0; I],
            last: [0; I],
            run: [0; I],
            seen: 0,
            rejections: Rejections::ZERO,
        }
    }

    /// How many samples [`admit`](Filter::admit) has rejected.
    pub const fn rejections(&self) -> &Rejections {
        &self.rejections
    }

    /// Judges a sample, counts it if it is rejected, and learns from it if not.
    ///
    /// # Errors
    /// The first reason why the sample is rejected.
    pub fn admit<X: Shape<Scalar = T>>(&mut self, x: &X) -> Result<(), Rejected> {
        match self.judge(x) {
            Ok(()) => {
                self.accept(x);
                Ok(())
            }
            Err(reason) => {
                self.reject(reason);
                Err(reason)
            }
        }
    }

    /// Judges a sample, and changes nothing. A stuck sensor shows only if samples are also [admitted](Filter::admit): there is no other
    /// memory of them.
    ///
    /// # Errors
    /// The first reason why the sample is rejected.
    pub fn judge<X: Shape<Scalar = T>>(&self, x: &X) -> Result<(), Rejected> {
        const { assert!(X::LENGTH == I, "the filter has as many inputs as the sample") };
        let x = x.flat();
        if !x.iter().all(|x| x.is_finite()) {
            Err(Rejected::NotFinite)
        } else if self.is_outside(x) {
            Err(Rejected::Outside)
        } else if self.is_stuck(x) {
            Err(Rejected::Stuck)
        } else {
            Ok(())
        }
    }

    /// Learns from a sample that is known to be good: of the factory, in an order as that of the stream if there is one. What is
    /// not finite, or above [`GRADIENT_LIMIT`](Scalar::GRADIENT_LIMIT), is ignored as a whole.
    pub fn prepare<X: Shape<Scalar = T>>(&mut self, x: &X) {
        const { assert!(X::LENGTH == I, "the filter has as many inputs as the sample") };
        if acceptable(x.flat()) {
            self.accept(x);
        }
    }

    /// Learns from a sample that was judged good.
    pub(super) fn accept<X: Shape<Scalar = T>>(&mut self, x: &X) {
        let first = self.seen == 0;
        self.seen = self.seen.saturating_add(1).min(MEMORY);
        follow(x.flat(), &mut self.mean, &mut self.variance, T::ONE / count_u32(self.seen));
        let memory = u16::try_from(self.seen).map_or(CHANGE_MEMORY, |seen| seen.min(CHANGE_MEMORY));
        for (((&x, last), run), changes) in
            x.flat().iter().zip(&mut self.last).zip(&mut self.run).zip(&mut self.changes)
        {
            let hash = hash(x);
            if !first {
                let equal = hash == *last;
                *run = if equal { run.saturating_add(1) } else { 0 };
                *changes = faded(*changes, equal, memory);
            }
            *last = hash;
        }
    }

    /// Counts a sample that was judged otherwise.
    pub(super) const fn reject(&mut self, reason: Rejected) {
        self.rejections.count(reason);
    }

    fn is_outside(&self, x: &[T]) -> bool {
        if !acceptable(x) {
            return true;
        }
        let mut sum = T::ZERO;
        for variance in &self.variance {
            sum += variance.sqrt();
        }
        let usual = sum / count(I);
        // Where nothing has ever changed, nothing says what is far.
        if self.seen < WARM || usual == T::ZERO {
            return false;
        }
        let (least, factor) = (usual * usual, T::from_f32(DEVIATIONS * DEVIATIONS));
        x.iter().zip(&self.mean).zip(&self.variance).any(|((&x, &mean), &variance)| {
            let difference = x - mean;
            difference * difference > factor * if variance > least { variance } else { least }
        })
    }

    fn is_stuck(&self, x: &[T]) -> bool {
        if self.seen == 0 {
            return false;
        }
        let (mut stuck, mut frozen) = (0_usize, true);
        for (((&x, &last), &run), &changes) in x.iter().zip(&self.last).zip(&self.run).zip(&self.changes) {
            let run = if hash(x) == last { run.saturating_add(1) } else { 0 };
            frozen &= run >= REPETITIONS;
            stuck = stuck.saturating_add(is_improbable::<T>(run, changes).into());
        }
        frozen || stuck.saturating_mul(SHARE) > I
    }
}

/// Whether so many repetitions are, by how often the feature changes otherwise.
fn is_improbable<T: Scalar>(run: u8, changes: u16) -> bool {
    // `p` is at least 2^-16: the logarithm of a single repetition is above -14.
    run > 1
        && count_u32::<T>(run.into()) * (-(count_u32::<T>(changes.into()) / count_u32(0x1_0000))).ln_1p()
            < T::from_f32(IMPROBABLE)
}

/// The fraction of changes after one more comparison, the `n`th up to [`CHANGE_MEMORY`]: begins with never, so that nothing is
/// improbable at first.
fn faded(changes: u16, equal: bool, n: u16) -> u16 {
    // `n` is at least 1, which the compiler does not know: a plain division could panic.
    let part = |of: u16| of.checked_div(n).unwrap_or_default();
    if equal { changes.saturating_sub(part(changes)) } else { changes.saturating_add(part(u16::MAX - changes)) }
}

/// 16 bits of a number: those of two numbers are equal by chance once in 65536 times.
#[allow(clippy::cast_possible_truncation)]
fn hash<T: Scalar>(x: T) -> u16 {
    let bits = x.bits();
    (scramble((bits ^ (bits >> 32)) as u32) >> 16) as u16
}
