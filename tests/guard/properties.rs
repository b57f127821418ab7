//! Whatever comes: what is kept is finite, the good network changes only when a check says so, and the counters add up.

use downhill::guard::{Cause, Event, Guard, Rejected, Settings};
use downhill::init::{Generator, Random, Xavier};
use downhill::scaler::{Scaling, Standardizer};
use downhill::{CrossEntropy, Dense, Momentum, Softmax, Storable, Tanh, Trainer, digest};

type Net = (Dense<3, 4, Tanh>, Dense<4, 2, Softmax>);
type Learning = Scaling<Trainer<Net, CrossEntropy, Momentum>, Standardizer<3>>;
type Guarded = Guard<Learning, 3>;
type Sample = ([f32; 3], [f32; 2]);

const STREAMS: u32 = if cfg!(debug_assertions) { 100 } else { 1000 };
const SAMPLES: u32 = 300;
/// The bytes that end those of a guard: counters, the anchors' hits and the next sample; the paired test; samples since the check.
const RECORD: usize = 8 * 4;
const END: usize = RECORD + 2 * 4 + 4;
const REJECTIONS: usize = 3 * 4;

fn number(random: &mut Generator) -> f32 {
    match random.below(40) {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => -1e30,
        3 => f32::from_bits(random.next_u32()),
        4 => 1e9 * random.signed_unit(),
        5 => 1e-40,
        6 => 0.0,
        _ => random.signed_unit(),
    }
}

fn sample(random: &mut Generator, sound: bool) -> Sample {
    let x = std::array::from_fn(|_| if sound { random.signed_unit() } else { number(random) });
    let target = match if sound { 2 } else { random.below(12) } {
        0 => [f32::NAN, 1.0],
        1 => [-1.0, 0.0],
        _ if x[0] > 0.0 => [0.0, 1.0],
        _ => [1.0, 0.0],
    };
    (x, target)
}

fn bytes(guard: &Guarded) -> Vec<u8> {
    let mut bytes = vec![0; Guarded::SIZE];
    guard.to_bytes(&mut bytes).unwrap();
    bytes
}

/// All bytes but some that end `from_end` bytes before the end.
fn without(mut bytes: Vec<u8>, from_end: usize, length: usize) -> Vec<u8> {
    let end = bytes.len() - from_end;
    bytes.drain(end - length..end);
    bytes
}

fn is_finite(guard: &mut Guarded) -> bool {
    let good = guard.good();
    let scalers = [&good.scaler, &guard.live.scaler];
    let numbers = scalers.iter().flat_map(|scaler| scaler.mean().iter().chain(scaler.variance()));
    let finite = numbers.copied().all(f32::is_finite);
    let good = Trainer::<Net, CrossEntropy, Momentum>::with_network(good.network, Momentum::new(0.1, 0.9)).is_finite();
    finite && good && guard.live.learner.is_finite()
}

#[test]
fn random_streams() {
    let mut events = [0_u32; 9];
    for seed in 0..STREAMS {
        let mut random = Generator::new(seed);
        let anchors: [Sample; 10] = std::array::from_fn(|_| sample(&mut random, true));
        let rehearsed: [Sample; 4] = std::array::from_fn(|_| sample(&mut random, seed % 3 > 0));
        let mut settings = Settings::new(&anchors, &rehearsed[..random.below(5)]);
        settings.period = u32::try_from(random.below(30)).unwrap();
        settings.tolerance = u32::try_from(random.below(12)).unwrap();
        let mut guard = Guarded::new();
        guard.live.scaler = Standardizer::new(100);
        let rate = [0.01, 0.1, 1.0, 1000.0, 1e7][random.below(5)];
        guard.live.learner.start(Momentum::new(rate, 0.9), &mut Xavier(random));
        guard.start(&settings);
        let (mut changed, mut since, mut all) = (0, 0, 0);
        let mut last = sample(&mut random, true);
        for _ in 0..SAMPLES {
            if random.below(4) > 0 {
                last = sample(&mut random, false);
            }
            let (x, target) = last;
            let before = (bytes(&guard), digest(&guard.good().network), guard.good().scaler);
            let event = guard.step(&x, &target, &settings);
            let after = bytes(&guard);
            all += 1;
            let kind = match event {
                Event::Rejected(reason) => {
                    // Nothing but the counters, which are last in the filter.
                    assert_eq!(without(after, END, REJECTIONS), without(before.0, END, REJECTIONS));
                    match reason {
                        Rejected::NotFinite => 0,
                        Rejected::Outside => 1,
                        _ => 2,
                    }
                }
                Event::Refused(_) => {
                    let counters = (END - 4, 4); // `refused` is second in the record
                    let (after, before) = (without(after, counters.0 - 4, 4), without(before.0, counters.0 - 4, 4));
                    assert_eq!(after, before, "{event:?}");
                    3
                }
                Event::Learnt => 4,
                Event::Checked => 5,
                Event::Promoted => 6,
                Event::RolledBack(Cause::Anchors) => 7,
                Event::RolledBack(_) => 8,
                other => panic!("{other:?}"),
            };
            events[kind] += 1;
            if kind >= 4 {
                since += 1;
                assert_eq!(kind > 4, since >= settings.period, "a check is due after {} samples", settings.period);
                since = if kind > 4 { 0 } else { since };
            }
            let good = (digest(&guard.good().network), guard.good().scaler);
            if good != (before.1, before.2) {
                assert_eq!(event, Event::Promoted);
                changed += 1;
            }
            if kind >= 6 {
                assert_eq!(digest(&guard.live.learner.network), good.0);
                assert_eq!(guard.live.scaler, good.1);
            }
            assert!(is_finite(&mut guard), "seed {seed}, {x:?}, {target:?}");
        }
        let (counts, rejections) = (guard.counts(), guard.filter.rejections());
        assert_eq!(rejections.all() + counts.refused + counts.accepted, all);
        assert!(counts.promoted >= changed);
    }
    println!(
        "not finite, outside, stuck, refused, learnt, checked, promoted, rolled back for the anchors, and the stream: {events:?}"
    );
    assert!(events.iter().all(|&count| count > 0), "{events:?}");
}
