//! Learning in the field that does not make a device worse: a [`Guard`].
//!
//! A device that learns from its own sensors and labels can be ruined within minutes: by labels that are wrong, by a sensor
//! that is stuck, by classes that do not come for a while. A guard has two networks. `live` learns. `good` is served, and
//! changes only to what has been found better. In between stand, in this order:
//!
//! 1. A [`Filter`] rejects samples of broken sensors, before anything sees them.
//! 2. The live learner learns from the sample, and from one of the factory's besides.
//! 3. Samples that only one of both networks had right, before the step, are counted: `w` where `live` had, `l` where `good`
//!    had.
//! 4. Every 50 samples: if `live` has fewer *anchors* right than the factory network, samples of the factory that nothing
//!    learns from, or if `l - w > 2 sqrt(w + l)`, `live` goes on from `good`. Otherwise, if `w - l > 2 sqrt(w + l)`, `good`
//!    becomes what `live` is.
//!
//! The scaler of the inputs is part of what is kept and taken back: use a [`Scaling`](crate::scaler::Scaling).
//!
//! ```
//! use downhill::guard::{Event, Guard, Rejected, Settings};
//! use downhill::scaler::{Scaler, Scaling, Standardizer};
//! # use downhill::init::{Generator, Random, Xavier};
//! use downhill::{Checkpoint, CrossEntropy, Dense, Sgd, Softmax, Tanh, Trainer};
//!
//! type Net = (Dense<2, 8, Tanh>, Dense<8, 2, Softmax>);
//! type Learning = Scaling<Trainer<Net, CrossEntropy, Sgd>, Standardizer<2>>;
//! type Guarded = Guard<Learning, 2>; // two inputs
//!
//! # let mut random = Generator::new(1);
//! # let mut sample = || {
//! #     let x = [20.0 + 5.0 * random.signed_unit(), 300.0 * random.signed_unit()];
//! #     (x, if x[0] > 20.0 { [0.0, 1.0] } else { [1.0, 0.0] })
//! # };
//! # let anchors: [_; 50] = core::array::from_fn(|_| sample());
//! # let rehearsed: [_; 50] = core::array::from_fn(|_| sample());
//! # let mut factory = Learning { scaler: Standardizer::new(1000), ..Learning::new() };
//! # factory.learner.start(Sgd::new(0.01), &mut Xavier(Generator::new(1)));
//! // In flash: 50 samples each, and the factory network with its scaler.
//! let settings = Settings::new(&anchors, &rehearsed);
//!
//! let mut guard = Guarded::new(); // or a static, in .bss
//! guard.live = factory;
//! guard.start(&settings);
//! # let mut image = [0; Guarded::IMAGE];
//! # let mut promoted = false;
//! for _ in 0..500 {
//!     let (x, target) = sample();
//!     let y = guard.predict(&x); // by the good network
//! #   let _ = y;
//!     match guard.step(&x, &target, &settings) {
//!         Event::Promoted => guard.save(&mut image)?, // or `store.save(&guard)?`
//!         Event::RolledBack(cause) => println!("{cause:?}"),
//!         _ => (),
//!     }
//! #   promoted |= guard.counts().promoted > 0;
//! }
//! # assert!(promoted);
//! assert_eq!(guard.step(&[f32::NAN, 0.0], &[0.0, 1.0], &settings), Event::Rejected(Rejected::NotFinite));
//!
//! // After a reset, the good network is served again, and the live one goes on from it:
//! let mut other = Guarded::new();
//! other.live.learner.optimizer = Sgd::new(0.01); // an image of a guard has no optimiser
//! other.restore(&image)?; // or `store.load_or(&mut other, |guard| { guard.live = factory; guard.start(&settings) })`
//! # assert!(other.counts().promoted > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it has held
//!
//! `tests/guard.rs` sends streams of 2000 samples to ten devices each, with 200 anchors, 100 rehearsed samples, the rate 0.01
//! and no tolerance. End accuracy minus that of the factory network, in points, mean and worst device; and without a guard:
//!
//! | stream | digits | unguarded | phishing | unguarded |
//! |---|---|---|---|---|
//! | labels at random | 0, 0 | -73, -81 | 0, 0 | -42, -60 |
//! | each class called the next one | 0, 0 | -93, -95 | 0, 0 | -77, -80 |
//! | a stuck sensor | 0, 0 | -21, -37 | 0, 0 | -12, -21 |
//! | bursts of NaN | +0.4, -0.4 | +0.5, -0.5 | +0.8, -0.5 | +1.0, -2.5 |
//! | spikes of 1e30 | +0.4, 0 | +0.5, -0.4 | +0.8, -1.0 | +1.0, -2.5 |
//! | half of the classes never come | 0, -0.8 | -0.7, -1.5 | -0.1, -1.8 | -16, -29 |
//! | a third of the inputs constant | 0, 0 | -7, -11 | 0, 0 | -11, -21 |
//! | none | +0.4, -0.1 | +0.5, -0.5 | +0.9, -0.8 | +1.2, -2.0 |
//!
//! (NaN and spikes do no harm to a [`Scaling`](crate::scaler::Scaling), which refuses them itself.) Of a true change of the
//! digits' inputs that is worth 56 points to who learns without a guard, it learns 42; with a tolerance of 4 anchors 51.
//! Without the rehearsed samples all of this differs by 1.2 points at most: they may be left out where flash is short.
//!
//! The longer a stream, the more often there is a check to pass by luck. With ten times as many samples, the worst means are
//! -0.2 (half of the classes, digits) and -0.8 (random labels, phishing), the worst devices -1.1 and -6.8; of the true change
//! 50 and 54 points of 58 are learnt. With a `Rehearsal` of the last 256 samples and four replays inside (2000 samples), the
//! worst means (half of the classes) are -0.2 on digits and -0.5 on phishing, the worst devices -1.3 and -5.5, and of the true
//! change 35 and 52 of 57 points are learnt.
//!
//! # What it cannot do
//!
//! - **Without anchors it is worth nothing**: labels that are wrong in a consistent way are, sample by sample, a true drift,
//!   and a network that learns them wins every comparison on the stream. Only samples that are known to be right tell one from
//!   the other. For the same reason it does not learn a true drift that contradicts its anchors: a device whose task changes
//!   needs new anchors, or a [tolerance](Settings::tolerance).
//! - Who decides on all labels can teach whatever costs no anchors: wrong answers to inputs that are like none of them.
//! - 200 anchors see a loss of two points or more, not of one: their own chance is a standard deviation of one to two points,
//!   and each check is another chance to pass. So judge by the mean of many devices: single ones lose more.
//! - It needs labels that come with the samples. It does not find a drift in samples without labels.
//! - It compares classes. A regression needs a [`Decision`] of your own, such as whether target and outputs
//!   are within 5 %.
//! - The scaler learns from samples with labels alone, and what is served has that of the last promotion.
//! - The comparison with `good` is repeated, too: two standard deviations are no level of significance of 95 %.
//! - What `live` has learnt since the last promotion is lost when it is rolled back, the good with the bad. A buffer of samples
//!   inside of the learner keeps those of an attack until others take their place.
//! - The [limits of the filter](Filter#limits).
//!
//! # Costs
//!
//! Memory: the live learner, its network and scaler once more, 13 bytes for each input, and about 60. Flash: the anchors and
//! the rehearsed samples, in any form ([`Samples::mapped`]). Time for each sample: two predictions and two steps, and every
//! [period](Settings::period) a prediction of each anchor, all in one call.

mod counts;
mod filter;
mod saved;
mod settings;

pub use counts::{Cause, Counts, Event};
pub use filter::{Filter, Rejected, Rejections};
pub use settings::Settings;

use counts::{Paired, more};

use crate::learner::Learner;
use crate::metrics::Decision;
use crate::samples::Samples;
use crate::scalar::Zero;
use crate::shape::Shape;
use crate::storable::storable;

/// A learner of `I` inputs, and the last network of it that is known to be good; see the [module](self).
///
/// `L` is a [`Scaling`](crate::scaler::Scaling) (with the scaler `()`, if inputs are scaled already), so that the guard is a
/// [`Checkpoint`](crate::Checkpoint): the parameters of the good network, its scaler, the filter, and what was counted. With all that
/// `live` keeps it is [`Storable`](crate::Storable): larger, and goes on with the same bits. So are guards of other learners, such as a
/// [`Committee`](crate::committee): save a [`Value`](crate::checkpoint::Value) of it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Guard<L: Learner, const I: usize> {
    /// What learns.
    pub live: L,
    /// What rejects samples of broken sensors.
    pub filter: Filter<I, L::Scalar>,
    good: L::Network,
    record: Record,
    /// Of the samples since `live` and `good` were equal.
    paired: Paired,
    /// Accepted samples since the last check.
    since: u32,
}

/// What is saved besides the good network and the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Record {
    counts: Counts,
    /// The anchors that the factory network gets right.
    factory: u32,
    /// The next sample to be rehearsed.
    next: u32,
}

storable!("guard record": [] Record { counts: Counts, factory: u32, next: u32 });

impl Zero for Record {
    const ZERO: Self = Self { counts: Counts::ZERO, factory: 0, next: 0 };
}

impl<L: Learner<Network: Zero> + Zero, const I: usize> Zero for Guard<L, I> {
    const ZERO: Self = Self::new();
}

impl<L: Learner<Network: Zero> + Zero, const I: usize> Guard<L, I> {
    /// With all bits zero: give `live` the factory network, and [start](Guard::start).
    pub const fn new() -> Self {
        Self::with_learner(L::ZERO, Zero::ZERO)
    }
}

impl<L: Learner, const I: usize> Guard<L, I> {
    /// A guard of a learner, to be [started](Guard::start), for networks that have no [`Zero`]. `room` may be any network; to be read as
    /// [`Storable`](crate::Storable), one with the same [`Frozen`](crate::Frozen) layers, which are not among the bytes.
    pub const fn with_learner(live: L, room: L::Network) -> Self {
        Self { live, filter: Filter::new(), good: room, record: Record::ZERO, paired: Paired::ZERO, since: 0 }
    }
}

impl<L: Learner<Network: Zero> + Zero, const I: usize> Default for Guard<L, I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: Learner<Network: Copy>, const I: usize> Guard<L, I> {
    /// Starts from the network of `live`, which is that of the factory: it is served, and the anchors that it gets right are
    /// counted. The filter learns from all samples of the factory.
    pub fn start<A, R, D>(&mut self, settings: &Settings<A, R, D>)
    where
        A: Samples<Input = L::Input, Target = L::Output>,
        R: Samples<Input = L::Input, Target = L::Output>,
        D: Decision<L::Scalar>,
    {
        self.live.clear();
        self.live.copy_network(&mut self.good);
        self.filter = Filter::new();
        prepare(&mut self.filter, &settings.rehearsed);
        prepare(&mut self.filter, &settings.anchors);
        self.record = Record { factory: settings.hits(|x| self.live.predict(x)), ..Record::ZERO };
        self.begin();
    }

    /// Learns from a labelled sample of the stream, if the filter lets it pass, and checks when it is time. What is rejected or
    /// refused changes nothing but a counter.
    pub fn step<A, R, D>(&mut self, x: &L::Input, target: &L::Output, settings: &Settings<A, R, D>) -> Event
    where
        A: Samples<Input = L::Input, Target = L::Output>,
        R: Samples<Input = L::Input, Target = L::Output>,
        D: Decision<L::Scalar>,
    {
        if let Err(reason) = self.filter.judge(x) {
            self.filter.reject(reason);
            return Event::Rejected(reason);
        }
        let live = settings.is_right(target, &self.live.predict(x));
        let good = settings.is_right(target, &self.predict(x));
        if let Err(error) = self.live.step(x, target, None) {
            self.record.counts.count(Event::Refused(error));
            return Event::Refused(error);
        }
        self.filter.accept(x);
        self.paired.record(live, good);
        self.rehearse(&settings.rehearsed);
        more(&mut self.since);
        let event = if self.since < settings.period { Event::Learnt } else { self.check(settings) };
        self.record.counts.count(event);
        event
    }

    /// The outputs of the good network for a sample that has no label, if the filter lets it pass. The filter learns from it, and so
    /// notices a sensor that is stuck.
    ///
    /// # Errors
    /// Why the sample is rejected; it is counted.
    pub fn watch(&mut self, x: &L::Input) -> Result<L::Output, Rejected> {
        self.filter.admit(x)?;
        Ok(self.predict(x))
    }

    /// The outputs of the good network. For inputs that are not finite they have no meaning; the
    /// [filter](Filter::judge) tells.
    pub fn predict(&mut self, x: &L::Input) -> L::Output {
        self.live.predict_with(&self.good, x)
    }

    /// The good network, which is served.
    pub const fn good(&self) -> &L::Network {
        &self.good
    }

    /// What was done so far.
    pub const fn counts(&self) -> &Counts {
        &self.record.counts
    }

    /// Serves another network, from flash for example, and lets the live learner go on from it.
    pub fn serve(&mut self, good: &L::Network) {
        self.live.set_network(good);
        self.live.clear();
        self.live.copy_network(&mut self.good);
        self.begin();
    }

    /// A step from the next sample of the factory.
    fn rehearse<R: Samples<Input = L::Input, Target = L::Output>>(&mut self, samples: &R) {
        if samples.is_empty() {
            return;
        }
        let index = usize::try_from(self.record.next).ok().filter(|&index| index < samples.len()).unwrap_or(0);
        self.record.next = u32::try_from(index).map_or(0, |index| index.saturating_add(1));
        let live = &mut self.live;
        if samples.with(index, |x, target| live.rehearse(x, target, None).is_ok()) != Some(true) {
            more(&mut self.record.counts.unrehearsed);
        }
    }

    fn check<A, R, D>(&mut self, settings: &Settings<A, R, D>) -> Event
    where
        A: Samples<Input = L::Input, Target = L::Output>,
        D: Decision<L::Scalar>,
    {
        self.since = 0;
        let hits = settings.hits(|x| self.live.predict(x));
        let cause = if hits < self.record.factory.saturating_sub(settings.tolerance) {
            Cause::Anchors
        } else {
            match self.paired.first_is_better() {
                None => return Event::Checked,
                Some(true) => {
                    self.live.copy_network(&mut self.good);
                    self.begin();
                    return Event::Promoted;
                }
                Some(false) => Cause::Stream,
            }
        };
        self.roll_back();
        Event::RolledBack(cause)
    }

    /// Lets the live learner go on from the good network.
    fn roll_back(&mut self) {
        self.live.set_network(&self.good);
        self.live.clear();
        self.begin();
    }

    /// `live` and `good` are equal now.
    const fn begin(&mut self) {
        self.paired = Paired::ZERO;
        self.since = 0;
    }
}

fn prepare<const I: usize, S: Samples<Input: Shape>>(filter: &mut Filter<I, <S::Input as Shape>::Scalar>, samples: &S) {
    for index in 0..samples.len() {
        samples.with(index, |x, _| filter.prepare(x));
    }
}
