//! A device with a factory network: guarded, and not.

use downhill::guard::{Counts, Guard, Settings};
use downhill::init::{Generator, Random, Xavier};
use downhill::scaler::{Scaling, Standardizer};
use downhill::{CrossEntropy, Dense, Learner, Sgd, Softmax, Tanh, Trainer, encode};

use super::attacks::Attack;

type Net<const I: usize, const H: usize, const O: usize> = (Dense<I, H, Tanh>, Dense<H, O, Softmax>);
type Learning<const I: usize, const H: usize, const O: usize> =
    Scaling<Trainer<Net<I, H, O>, CrossEntropy, Sgd>, Standardizer<I>>;

/// Of the factory's samples, so many are rehearsed.
const REHEARSED: usize = 100;
const RATE: f32 = 0.01;

/// How many samples are for what; the rest is for the stream.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub test: usize,
    pub anchors: usize,
    pub factory: usize,
}

pub struct Device<const I: usize, const H: usize, const O: usize> {
    factory: Learning<I, H, O>,
    rehearsed: Vec<([f32; I], [f32; O])>,
    anchors: Vec<([f32; I], [f32; O])>,
    pool: Vec<([f32; I], usize)>,
    test: Vec<([f32; I], usize)>,
    seed: u32,
}

/// What one stream has done, or all together.
#[derive(Clone, Copy, Default)]
pub struct Run {
    /// End accuracy minus that of the factory, in points.
    pub guarded: f64,
    pub unguarded: f64,
    /// Not finite, outside, stuck.
    pub rejected: (u32, u32, u32),
    pub counts: Counts,
}

impl Run {
    /// The counters of both.
    pub fn and(mut self, other: &Run) -> Run {
        self.rejected.0 += other.rejected.0;
        self.rejected.1 += other.rejected.1;
        self.rejected.2 += other.rejected.2;
        self.counts.accepted += other.counts.accepted;
        self.counts.refused += other.counts.refused;
        self.counts.unrehearsed += other.counts.unrehearsed;
        self.counts.promoted += other.counts.promoted;
        self.counts.lost_anchors += other.counts.lost_anchors;
        self.counts.lost_stream += other.counts.lost_stream;
        self
    }
}

fn encoded<const I: usize, const O: usize>(samples: &[([f32; I], usize)]) -> Vec<([f32; I], [f32; O])> {
    samples.iter().map(|(x, class)| (*x, encode::one_hot(*class).unwrap())).collect()
}

impl<const I: usize, const H: usize, const O: usize> Device<I, H, O> {
    /// Divides the samples by the seed, and trains the factory network.
    pub fn new(samples: &[([f32; I], usize)], sizes: Sizes, seed: u32) -> Self {
        let mut samples = samples.to_vec();
        let mut random = Generator::new(seed + 1);
        random.shuffle(&mut samples);
        let (test, rest) = samples.split_at(sizes.test);
        let (anchors, rest) = rest.split_at(sizes.anchors);
        let (train, pool) = rest.split_at(sizes.factory);
        let mut train = encoded(train);
        let mut factory = Learning { scaler: Standardizer::new(1000), ..Learning::new() };
        factory.learner.start(Sgd::new(0.05), &mut Xavier(random));
        for (x, _) in &train {
            assert!(factory.observe(x));
        }
        let rehearsed = train[..REHEARSED].to_vec();
        for _ in 0..20 {
            random.shuffle(&mut train);
            for (x, target) in &train {
                factory.learn(x, target, None).unwrap();
            }
        }
        factory.set_rate(RATE);
        Self { factory, rehearsed, anchors: encoded(anchors), pool: pool.to_vec(), test: test.to_vec(), seed }
    }

    /// Sends a stream to the guarded device and to the other one.
    pub fn run(&self, attack: Attack, tolerance: u32, samples: usize) -> Run {
        let settings = Settings { tolerance, ..Settings::new(&*self.anchors, &*self.rehearsed) };
        let mut guard = Guard::<Learning<I, H, O>, I>::new();
        guard.live = self.factory.clone();
        guard.start(&settings);
        let (mut factory, mut unguarded) = (self.factory.clone(), self.factory.clone());
        let mut random = Generator::new(1000 + self.seed);
        for step in 0..samples {
            let (x, class) = attack.sample(&self.pool, O, step, &mut random);
            let target = encode::one_hot(class).unwrap();
            guard.step(&x, &target, &settings);
            let _ = unguarded.step(&x, &target, None);
        }
        let before = self.accuracy(attack, |x| factory.predict(x));
        let rejected = *guard.filter.rejections();
        assert_eq!(rejected.all() + guard.counts().refused + guard.counts().accepted, u32::try_from(samples).unwrap());
        Run {
            guarded: self.accuracy(attack, |x| guard.predict(x)) - before,
            unguarded: self.accuracy(attack, |x| unguarded.predict(x)) - before,
            rejected: (rejected.not_finite, rejected.outside, rejected.stuck),
            counts: *guard.counts(),
        }
    }

    /// In percent of the test samples.
    fn accuracy(&self, attack: Attack, mut predict: impl FnMut(&[f32; I]) -> [f32; O]) -> f64 {
        let right = |(x, class): &&([f32; I], usize)| encode::class(&predict(&attack.seen(x))) == Some(*class);
        let hits = u32::try_from(self.test.iter().filter(right).count()).unwrap();
        100.0 * f64::from(hits) / f64::from(u32::try_from(self.test.len()).unwrap())
    }
}
