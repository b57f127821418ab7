//! Samples that are kept, and learnt from again.

#![allow(clippy::float_cmp)]

mod common;

use std::cell::RefCell;
use std::fmt::Debug;

use downhill::averaged::Averaged;
use downhill::init::{Generator, Random, Xavier};
use downhill::replay::{
    Balanced, Buffer, Class, Codec, Codes, Fifo, HistoryBuf, Label, Memory, Policy, Raw, Rehearsal, Reservoir, window,
};
use downhill::scaler::{Scaled, Scaler, Scaling, Standardizer};
use downhill::storable::layout;
use downhill::{
    CrossEntropy, Dense, Learner, Predictor, Sgd, Softmax, StepError, Storable, Tanh, Trainer, Zero, encode,
};

type Net = (Dense<3, 4, Tanh>, Dense<4, 2, Softmax>);
type Small = Trainer<Net, CrossEntropy, Sgd>;

fn bytes<S: Storable>(value: &S) -> Vec<u8> {
    let mut bytes = vec![0; S::SIZE];
    value.to_bytes(&mut bytes).unwrap();
    bytes
}

fn start(seed: u32) -> Small {
    let mut trainer = Small::new();
    trainer.start(Sgd::new(0.1), &mut Xavier(Generator::new(seed)));
    trainer
}

/// A buffer of numbered samples.
type Numbers<P, const N: usize> = Buffer<Raw<[f32; 1]>, [f32; 2], P, N>;

fn numbers<Y, M: Memory<[f32; 1], Y>>(buffer: &M) -> Vec<usize> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0..buffer.len()).map(|index| buffer.get(index).unwrap().0[0] as usize).collect()
}

#[allow(clippy::cast_precision_loss)]
fn number(index: usize) -> [f32; 1] {
    [index as f32]
}

#[test]
fn fifo_keeps_the_last() {
    let mut buffer = Numbers::<Fifo, 4>::new();
    for index in 0..11 {
        assert!(buffer.insert(&number(index), &[0.0, 1.0]));
        let mut kept = numbers(&buffer);
        kept.sort_unstable();
        assert_eq!(kept, (index.saturating_sub(3)..=index).collect::<Vec<_>>());
    }
}

/// How often each of `seen` samples is kept, over seeds.
fn kept<P: Policy, const N: usize>(seen: usize, seeds: u32, target: impl Fn(usize) -> [f32; 3]) -> Vec<u32> {
    let mut times = vec![0; seen];
    for seed in 0..seeds {
        let mut buffer = Buffer::<Raw<[f32; 1]>, [f32; 3], P, N>::new();
        buffer.seed(seed);
        (0..seen).for_each(|index| assert!(buffer.insert(&number(index), &target(index))));
        for index in numbers(&buffer) {
            times[index] += 1;
        }
    }
    times
}

#[test]
fn a_reservoir_keeps_any_sample_with_the_same_probability() {
    // 500 of 5000 expected, with a standard deviation of 21.
    for (index, times) in kept::<Reservoir, 10>(100, 5000, |_| [1.0, 0.0, 0.0]).into_iter().enumerate() {
        assert!((400..600).contains(&times), "sample {index} is kept {times} times");
    }
}

#[test]
fn a_balanced_buffer_keeps_any_sample_of_a_class_with_the_same_probability() {
    // 11 places for 3 classes of 30 samples: one of them has fewer places, which changes.
    let times = kept::<Balanced<3>, 11>(90, 5000, |index| encode::one_hot(index % 3).unwrap());
    for class in 0..3 {
        let times: Vec<_> = times.iter().skip(class).step_by(3).collect();
        let mean = times.iter().copied().sum::<u32>() / 30;
        assert!((550..680).contains(&mean));
        // With a standard deviation of 23.
        for (index, &times) in times.iter().enumerate() {
            assert!(times.abs_diff(mean) < 110, "class {class}, sample {index} is kept {times} times of {mean}");
        }
    }
}

#[test]
fn a_balanced_buffer_is_balanced() {
    let mut random = Generator::new(7);
    for stream in 0..300 {
        let mut buffer = Buffer::<Raw<[f32; 1]>, Class, Balanced<5>, 23>::new();
        buffer.seed(stream);
        let mut seen = [0; 5];
        for index in 0..random.below(400) {
            // Classes come one after the other, more or less, and some are rare.
            let class = if random.below(4) == 0 { random.below(5) } else { (index / 40) % 4 };
            seen[class] += 1;
            assert!(buffer.insert(&number(index), &encode::one_hot::<f32, 5>(class).unwrap()));
        }
        let mut sizes = [0; 5];
        buffer.labels().for_each(|class| sizes[usize::from(class.0)] += 1);
        let most = *sizes.iter().max().unwrap();
        assert_eq!(sizes.iter().sum::<usize>(), seen.iter().sum::<usize>().min(23));
        for (class, (size, seen)) in sizes.into_iter().zip(seen).enumerate() {
            assert!(size == seen || size + 1 >= most, "stream {stream}, class {class} of {seen}: {sizes:?}");
        }
    }
}

/// The largest error of samples after all are inserted, in distances between the codes of the last range.
fn error<const BITS: usize, const BYTES: usize, const F: usize>(samples: &[[f32; 6]]) -> f32 {
    let mut buffer = Buffer::<Codes<[f32; 6], BITS, BYTES, F>, [f32; 1], Fifo, 50>::new();
    for x in samples {
        assert!(buffer.insert(x, &[0.0]));
    }
    // The ends are those of a row of zeros, and of one of ones.
    let least = buffer.codec().decode(&[0; BYTES]);
    let most = buffer.codec().decode(&[u8::MAX; BYTES]);
    let mut worst: f32 = 0.0;
    for (index, x) in samples.iter().enumerate() {
        let (found, [_]): (_, [f32; 1]) = buffer.get(index).unwrap();
        for i in 0..6 {
            let distance = (most[i] - least[i]) / f32::from(u8::MAX >> (8 - BITS));
            let difference = (found[i] - x[i]).abs();
            worst = worst.max(if distance > 0.0 { difference / distance } else { difference });
            assert!(found[i] >= least[i] && found[i] <= most[i]);
        }
    }
    worst
}

/// Samples of six features of different scales, one of which is constant.
fn features(random: &mut Generator, growth: f32) -> Vec<[f32; 6]> {
    let mut scale = 1.0;
    let sample = |_| {
        scale *= growth;
        [1e-3, 1.0, 50.0, 2e5, 0.0, 7.0].map(|size| size * scale * random.signed_unit() + size + 3.0)
    };
    (0..50).map(sample).collect()
}

#[test]
fn codes_are_off_by_half_a_distance() {
    let mut random = Generator::new(3);
    for _ in 0..200 {
        // The extremes first, so that the range of each feature does not grow.
        let mut samples = features(&mut random, 1.0);
        let end = |pick: fn(f32, f32) -> f32| {
            samples.iter().copied().reduce(|a, b| std::array::from_fn(|i| pick(a[i], b[i])))
        };
        let (least, most) = (end(f32::min).unwrap(), end(f32::max).unwrap());
        let before = [least.map(|x| x - 1e-3), most.map(|x| x + 1e-3)];
        samples.splice(0..2, before);
        // The first growth adds a quarter.
        let errors = [
            error::<8, 6, 6>(&samples),
            error::<4, 3, 6>(&samples),
            error::<2, 2, 6>(&samples),
            error::<1, 1, 6>(&samples),
        ];
        assert!(errors[1..].iter().all(|&error| error < 0.51), "{errors:?}");
        // 2e5 is a multiple of 1/64, and a distance of the smallest feature has few digits.
        assert!(errors[0] < 0.6, "{errors:?}");
        let errors = [error::<8, 6, 1>(&samples), error::<4, 3, 2>(&samples)];
        assert!(errors.iter().all(|&error| error < 0.51), "{errors:?}");
    }
}

#[test]
fn ranges_grow_with_all_that_is_kept() {
    let mut random = Generator::new(5);
    for growth in [1.02, 1.1, 1.3] {
        for _ in 0..100 {
            let samples = features(&mut random, growth);
            let errors = [
                error::<8, 6, 6>(&samples),
                error::<4, 3, 6>(&samples),
                error::<2, 2, 6>(&samples),
                error::<1, 1, 6>(&samples),
                error::<8, 6, 1>(&samples),
            ];
            assert!(errors.iter().all(|&error| error < 2.5), "growth {growth}: {errors:?}");
        }
    }
}

#[test]
fn the_ends_of_a_range_are_exact() {
    let mut buffer = Buffer::<Codes<[f32; 4], 1, 1>, Class, Fifo, 3>::new();
    assert!(buffer.insert(&[-1.0, 1.0, 0.2, -0.2], &[1.0]));
    assert_eq!(buffer.get(0), Some(([-1.0, 1.0, 1.0, -1.0], [1.0])));
    // A quarter of the new range, 4, is added where it grew.
    assert!(buffer.insert(&[3.0, 3.0, 3.0, -1.0], &[0.0]));
    assert_eq!(buffer.codec().decode(&[0b0001]), [4.0, -1.0, -1.0, -1.0]);
    assert_eq!(buffer.get(1), Some(([4.0, 4.0, 4.0, -1.0], [0.0])));
    assert!(buffer.insert(&[-4.0, 0.0, 0.0, 0.0], &[0.0]));
    assert_eq!(buffer.codec().decode(&[0b0001]), [4.0, -6.0, -6.0, -6.0]);
}

#[test]
fn what_is_not_finite_is_refused() {
    fn refuses<M: Memory<[f32; 3], [f32; 2]> + Clone + PartialEq + Debug>(mut memory: M) {
        for index in 0..7 {
            let x = [0.1, 0.2, number(index)[0]];
            let before = memory.clone();
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
                assert!(!memory.insert(&[bad, 0.0, 0.0], &[1.0, 0.0]));
                assert!(!memory.insert(&[9.0, 9.0, bad], &[1.0, 0.0]));
                assert!(bad.is_finite() || !memory.insert(&[9.0, 9.0, 9.0], &[0.0, bad]));
            }
            // Also what is not seen by asserting that it is equal: a NaN in the range.
            assert_eq!(memory, before);
            assert!(memory.insert(&x, &[0.0, 1.0]));
        }
    }
    refuses(Buffer::<Raw<[f32; 3]>, Class, Fifo, 4>::new());
    refuses(Buffer::<Raw<[f32; 3]>, [f32; 2], Reservoir, 4>::new());
    refuses(Buffer::<Codes<[f32; 3], 8, 3>, Class, Balanced<2>, 4>::new());
    refuses(Buffer::<Codes<[f32; 3], 2, 1, 3>, [f32; 2], Reservoir, 4>::new());
}

#[test]
fn labels_give_the_target() {
    for class in 0..3 {
        let target: [f32; 3] = encode::one_hot(class).unwrap();
        assert_eq!(Class::of(&target).and_then(|label| label.target()), Some(target));
        assert_eq!(Label::<[f32; 3]>::class(&Class::of(&target).unwrap()), Some(class));
    }
    assert_eq!(Class::of(&[0.2_f32]).and_then(|label| label.target()), Some([0.0_f32]));
    assert_eq!(Class::of(&[0.7_f32]).and_then(|label| label.target()), Some([1.0_f32]));
    assert_eq!(Label::<[f32; 2]>::target(&Class(2)), None);
    assert_eq!(<[f32; 2] as Label<[f32; 2]>>::of(&[0.3, 0.4]).and_then(|label| label.target()), Some([0.3, 0.4]));
    assert_eq!(<[f32; 2] as Label<[f32; 2]>>::of(&[0.3, f32::NAN]), None);
}

#[test]
fn a_window_is_the_signal_oldest_first() {
    let mut signal = HistoryBuf::<[f32; 2], 2>::new();
    signal.write([1.0, 2.0]);
    assert_eq!(window::<[[f32; 2]; 2], _, 2>(&signal), None);
    signal.write([3.0, 4.0]);
    signal.write([5.0, 6.0]);
    assert_eq!(window(&signal), Some([[3.0, 4.0], [5.0, 6.0]]));
}

/// Has five samples, and writes down which are asked for.
#[derive(Default)]
struct Spy {
    asked: RefCell<Vec<usize>>,
}

impl Spy {
    fn taken(&self) -> Vec<usize> {
        self.asked.take()
    }
}

impl Zero for Spy {
    const ZERO: Self = Self { asked: RefCell::new(Vec::new()) };
}

impl Storable for Spy {
    const SIZE: usize = 0;
    const LAYOUT: u64 = layout("spy", &[]);

    fn store(&self, _: &mut impl FnMut(&[u8])) {}

    fn load(&mut self, _: &mut impl FnMut(&mut [u8])) {}
}

impl Memory<[f32; 3], [f32; 2]> for Spy {
    fn len(&self) -> usize {
        5
    }

    fn insert(&mut self, _: &[f32; 3], _: &[f32; 2]) -> bool {
        true
    }

    /// Sample 2 is refused by every learner.
    fn get(&self, index: usize) -> Option<([f32; 3], [f32; 2])> {
        self.asked.borrow_mut().push(index);
        Some(([0.1, 0.2, number(index)[0]], if index == 2 { [-1.0, 0.0] } else { [0.0, 1.0] }))
    }

    fn seed(&mut self, _: u32) {}
}

#[test]
fn samples_are_taken_in_turn() {
    let mut learning = Rehearsal::with_learner(start(1), Spy::ZERO, 3);
    for expected in [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4, 0, 1]] {
        learning.learn(&[0.0; 3], &[1.0, 0.0], None).unwrap();
        assert_eq!(learning.memory.taken(), expected);
    }
    // What is refused is passed over, and what follows is learnt.
    let mut by_hand = start(1);
    for step in [[0, 1].as_slice(), &[3, 4, 0], &[1, 3], &[4, 0, 1]] {
        by_hand.step(&[0.0; 3], &[1.0, 0.0]).unwrap();
        for &index in step {
            by_hand.step(&[0.1, 0.2, number(index)[0]], &[0.0, 1.0]).unwrap();
        }
    }
    assert_eq!(bytes(&by_hand), bytes(&learning.learner));
}

#[test]
fn samples_are_drawn() {
    let mut learning = Rehearsal::with_learner(start(1), Spy::ZERO, 4);
    learning.drawn = true;
    learning.seed(9);
    (0..2000).for_each(|_| assert!(learning.learn(&[0.0; 3], &[1.0, 0.0], None).is_ok()));
    let mut times = [0; 5];
    learning.memory.taken().into_iter().for_each(|index| times[index] += 1);
    assert!(times.iter().all(|times| (1450..1750).contains(times)), "{times:?}");
}

#[test]
fn a_pass_takes_each_sample_once() {
    let mut learning = Rehearsal::with_learner(start(1), Spy::ZERO, 0);
    assert!(learning.replay_all(20).is_some());
    let taken = learning.memory.taken();
    assert_eq!(taken.len(), 100);
    let mut orders: Vec<_> = taken.chunks(5).map(<[usize]>::to_vec).collect();
    for order in &orders {
        let mut order = order.clone();
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 10, "{orders:?}");
    assert_eq!(learning.replay_all(0), None);
    assert_eq!(Rehearsal::with_learner(start(1), (), 0).replay_all(3), None);
}

type Kept = Buffer<Codes<[f32; 3], 4, 2, 3>, Class, Balanced<2>, 20>;
type Scales = Scaling<Small, Standardizer<3>>;
type Learning = Rehearsal<Scales, Kept>;

fn learning(seed: u32) -> Learning {
    let mut learning = Learning::new(2);
    learning.seed(seed);
    learning.learner = Scaling { learner: start(seed), scaler: Standardizer::new(50) };
    learning
}

/// Two classes around different means; now and then a sample is broken.
fn sample(random: &mut Generator, broken: usize) -> ([f32; 3], [f32; 2]) {
    let class = random.below(2);
    let mean = [20.0, 1000.0, 3.0].map(|mean| if class == 0 { mean } else { mean * 1.2 });
    let mut x = mean.map(|mean| mean + 0.3 * mean * random.signed_unit());
    let mut target = encode::one_hot(class).unwrap();
    if broken > 0 && random.below(broken) == 0 {
        let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, f32::MAX][random.below(5)];
        match random.below(4) {
            3 => target[random.below(2)] = [f32::NAN, f32::INFINITY, -1.0][random.below(3)],
            i => x[i] = bad,
        }
    }
    (x, target)
}

#[test]
fn a_refused_sample_changes_nothing() {
    let mut random = Generator::new(11);
    let mut refused = 0;
    for seed in 0..20 {
        let mut learning = learning(seed);
        for _ in 0..200 {
            let (x, target) = sample(&mut random, 5);
            let before = bytes(&learning);
            let result = learning.step(&x, &target, None);
            if x.iter().all(|&x| x.is_finite() && x < 1e9) && target.iter().all(|t| (0.0..2.0).contains(t)) {
                assert!(result.is_ok(), "{x:?} {target:?} {result:?}");
            } else {
                refused += 1;
                assert!(matches!(result, Err(StepError::Input | StepError::Target)), "{x:?} {target:?} {result:?}");
                assert!(bytes(&learning) == before, "{x:?} {target:?}");
            }
            assert!(learning.learner.learner.is_finite());
            assert!(learning.predict(&[20.0, 1000.0, 3.0]).iter().all(|y| y.is_finite()));
        }
        assert_eq!(learning.memory.len(), 20);
        for index in 0..20 {
            let (x, _): (_, [f32; 2]) = learning.memory.get(index).unwrap();
            assert!(x.iter().zip([40.0, 2000.0, 6.0]).all(|(&x, most)| (0.0..most).contains(&x)), "{x:?}");
        }
    }
    assert!(refused > 500);
}

#[test]
fn a_sample_that_the_memory_would_refuse_is_not_learnt() {
    let mut learning = learning(1);
    (0..9).for_each(|_| assert!(learning.step(&[20.0, 1000.0, 3.0], &[1.0, 0.0], None).is_ok()));
    let before = bytes(&learning);
    // The scaler would clip it.
    assert_eq!(learning.learn(&[20.0, 1e30, 3.0], &[1.0, 0.0], None), Err(StepError::Input));
    assert!(!learning.observe(&[20.0, 1e30, 3.0]));
    assert!(bytes(&learning) == before);
}

#[test]
fn samples_are_scaled_anew() {
    let mut random = Generator::new(19);
    let scaling = Scaling { learner: start(2), scaler: Standardizer::<3>::new(0) };
    let mut learning = Rehearsal::with_learner(scaling, Buffer::<Raw<_>, Class, Fifo, 50>::new(), 2);
    let (mut trainer, mut scaler, mut turn) = (start(2), Standardizer::<3>::new(0), 0);
    let samples: Vec<_> = (0..40).map(|_| sample(&mut random, 0)).collect();
    for (index, (x, target)) in samples.iter().enumerate() {
        scaler.observe(x);
        let loss = trainer.step(&scaler.scaled(x), target);
        for _ in 0..2 {
            turn = if turn > index { 0 } else { turn };
            let (x, target) = &samples[turn];
            trainer.step(&scaler.scaled(x), target).unwrap();
            turn += 1;
        }
        assert_eq!(learning.step(x, target, None), loss);
    }
    assert_eq!(bytes(&learning.learner.learner), bytes(&trainer));
}

#[test]
fn what_is_saved_goes_on_with_the_same_bits() {
    let mut random = Generator::new(13);
    for steps in [0, 1, 7, 20, 150] {
        let mut one = learning(3);
        one.drawn = steps % 2 == 1;
        for _ in 0..steps {
            let (x, target) = sample(&mut random, 0);
            one.step(&x, &target, None).unwrap();
        }
        let mut other = learning(99);
        let (x, target) = sample(&mut random, 0);
        (0..30).for_each(|_| assert!(other.step(&x, &target, None).is_ok()));
        other.from_bytes(&bytes(&one)).unwrap();
        assert_eq!(bytes(&one), bytes(&other));
        for _ in 0..100 {
            let (x, target) = sample(&mut random, 0);
            assert_eq!(one.step(&x, &target, None), other.step(&x, &target, None));
        }
        assert_eq!(one.replay_all(2), other.replay_all(2));
        assert_eq!(bytes(&one), bytes(&other));
        assert_eq!(one.memory, other.memory);
    }
    assert!(bytes(&Learning::ZERO).iter().all(|&byte| byte == 0));
}

/// A reader that has the bytes piece by piece calls `load` once for each.
#[test]
fn a_buffer_is_read_in_pieces() {
    type Many = Buffer<Codes<[f32; 2], 8, 2>, Class, Fifo, 520>;
    let of = |samples: usize| {
        let mut buffer = Many::new();
        for index in 0..samples {
            assert!(buffer.insert(&[number(index)[0], 3.0], &[number(index % 2)[0]]));
        }
        buffer
    };
    for (from, to) in [(0, 300), (300, 0), (256, 2), (2, 256), (511, 513), (520, 255), (255, 520), (600, 700)] {
        let (new, old) = (bytes(&of(to)), of(from));
        // The codec takes 9 bytes, and the policy 4; then there is the length.
        for cut in [1, 9, 13, 14, 15, 16, 17, 18, 19, 20, 100, 1000, Many::SIZE - 1] {
            let mut buffer = old.clone();
            for piece in [0..cut, cut..Many::SIZE] {
                let mut offset = 0;
                buffer.load(&mut |part| {
                    for (byte, index) in part.iter_mut().zip(offset..).filter(|(_, index)| piece.contains(index)) {
                        *byte = new[index];
                    }
                    offset += part.len();
                });
                assert_eq!(offset, Many::SIZE);
            }
            assert!(bytes(&buffer) == new, "{from} samples, then {to}, cut at {cut}");
            assert_eq!(buffer, of(to));
        }
    }
    // Any bytes are taken.
    let mut buffer = of(3);
    buffer.from_bytes(&[0xFF; Many::SIZE]).unwrap();
    assert!(buffer.len() <= 520);
    assert!(buffer.insert(&[1.0, 2.0], &[1.0]));
}

#[test]
fn without_a_memory_it_only_learns() {
    let mut random = Generator::new(17);
    let mut learning = Rehearsal::<Scales, ()>::new(4);
    learning.learner.learner = start(5);
    let (mut trainer, mut scaler) = (start(5), Standardizer::<3>::new(0));
    for _ in 0..50 {
        let (x, target) = sample(&mut random, 0);
        scaler.observe(&x);
        assert!(learning.observe(&x));
        let z = scaler.scaled(&x);
        assert_eq!(learning.predict(&x), trainer.predict(&z));
        assert_eq!(learning.learn(&x, &target, None), trainer.step(&z, &target));
    }
    assert_eq!(bytes(&learning.learner.learner), bytes(&trainer));
    // The network that it hands out takes raw inputs.
    let (x, target) = sample(&mut random, 0);
    let mut network = Scaled::<Net, Standardizer<3>>::ZERO;
    learning.copy_network(&mut network);
    let (loss, y) = learning.evaluate_with(&network, &x, &target).unwrap();
    assert_eq!(y, learning.predict(&x));
    assert_eq!(y, learning.predict_with(&network, &x));
    assert_eq!(y, Predictor::new(network).predict(&x));
    assert_eq!(loss, trainer.loss(&scaler.scaled(&x), &target).unwrap());
    // And goes on from it.
    let mut other = Rehearsal::<Scales, ()>::new(0);
    other.set_network(&network);
    assert_eq!(other.predict(&x), y);
    let mut blended = Scaled::<Net, Standardizer<3>>::ZERO;
    learning.blend_network(&mut blended, 1.0);
    assert_eq!(blended.scaler, network.scaler);
}

#[test]
fn the_bill_is_true() {
    // Each image takes 16 bytes for 64 pixels, and one for its class. The range takes 12 bytes, the number of samples 4.
    type Images<P> = Buffer<Codes<[f32; 64], 2, 16>, Class, P, 120>;
    assert_eq!(size_of::<Images<Fifo>>(), 120 * 17 + 16 + 4);
    assert_eq!(size_of::<Images<Reservoir>>(), 120 * 17 + 16 + 8);
    assert_eq!(size_of::<Images<Balanced<10>>>(), 120 * 17 + 16 + 56);
    // Bits of 18 features: a range for each.
    assert_eq!(size_of::<Buffer<Codes<[f32; 18], 8, 18, 18>, Class, Fifo, 256>>(), 256 * 19 + 18 * 8 + 4 + 4 + 4);
    assert_eq!(size_of::<Buffer<Raw<[f32; 8]>, [f32; 1], Fifo, 64>>(), 64 * 36 + 4 + 4);
    assert_eq!(size_of::<Rehearsal<Scales, Images<Fifo>>>(), {
        size_of::<Small>() + size_of::<Images<Fifo>>() + size_of::<Standardizer<3>>() + 16
    });
}

/// Learns digits two at a time, each image three times. Returns the percentage of all test images that are recognised.
fn digits<M: Memory<[f32; 64], [f32; 10]>>(seed: u32) -> f32 {
    type Net = (Dense<64, 32, Tanh>, Dense<32, 10, Softmax>);
    let scaled = |(x, class): &([f32; 64], usize)| (x.map(|x| x / 8.0 - 1.0), *class);
    let [train, test] = ["digits/train.csv", "digits/test.csv"]
        .map(|file| common::samples(file).iter().map(scaled).collect::<Vec<_>>());
    let mut learning = Box::new(Rehearsal::<Averaged<Trainer<Net, CrossEntropy, Sgd>>, M>::new(1));
    learning.seed(seed);
    learning.learner.set_memory(1);
    learning.learner.learner.start(Sgd::new(0.02), &mut Xavier(Generator::new(seed)));
    for task in 0..5 {
        for (x, class) in train.iter().filter(|(_, class)| class / 2 == task).cycle().take(750) {
            learning.step(x, &encode::one_hot(*class).unwrap(), None).unwrap();
        }
        learning.replay_all(5);
    }
    let right = test.iter().filter(|(x, class)| encode::class(&learning.predict(x)) == Some(*class)).count();
    number(right * 100)[0] / number(test.len())[0]
}

#[test]
fn digits_are_not_forgotten() {
    let without = digits::<()>(1);
    let with = digits::<Buffer<Codes<[f32; 64], 2, 16>, Class, Balanced<10>, 60>>(1);
    println!("digits, no memory {without:.1}, 1 KB of 2 bits {with:.1}");
    assert!(without < 25.0, "{without}");
    assert!(with > 87.0, "{with}");
}
