//! What a step of a guard does to the live learner, with all kinds of learners.

use downhill::averaged::Averaged;
use downhill::committee::Committee;
use downhill::guard::{Cause, Event, Guard, Rejected, Settings};
use downhill::init::{Generator, Random, Xavier};
use downhill::metrics::Threshold;
use downhill::scaler::{Scaler, Scaling, Standardizer};
use downhill::{
    BinaryCrossEntropy, CrossEntropy, Dense, Learner, Samples, Sgd, Sigmoid, Softmax, Storable, Tanh, Trainer, Zero,
    digest,
};

type Net = (Dense<2, 4, Tanh>, Dense<4, 2, Softmax>);
type Plain = Trainer<Net, CrossEntropy, Sgd>;
type Guarded = Guard<Scaling<Plain, Standardizer<2>>, 2>;
type Sample = ([f32; 2], [f32; 2]);

fn sample(random: &mut Generator) -> Sample {
    let x = [random.signed_unit(), random.signed_unit()];
    (x, if x[0] > x[1] { [0.0, 1.0] } else { [1.0, 0.0] })
}

fn start(trainer: &mut Plain, init: &mut Xavier<Generator>) {
    trainer.start(Sgd::new(0.05), init);
}

/// Samples some of which can't be read.
struct Worn([Sample; 4]);

impl Samples for Worn {
    type Input = [f32; 2];
    type Target = [f32; 2];

    fn len(&self) -> usize {
        4
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&[f32; 2], &[f32; 2]) -> R) -> Option<R> {
        (index != 2).then(|| then(&self.0[index].0, &self.0[index].1))
    }
}

/// Each sample is learnt, then the next of the factory's, which the scaler does not see.
#[test]
fn a_step_by_hand() {
    let mut random = Generator::new(1);
    let anchors: [Sample; 8] = std::array::from_fn(|_| sample(&mut random));
    let worn = Worn(std::array::from_fn(|_| sample(&mut random)));
    let settings = Settings { period: 1000, ..Settings::new(&anchors, &worn) };
    let mut guard = Guarded::ZERO;
    guard.live.scaler = Standardizer::new(1000);
    guard.live.learner.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
    guard.start(&settings);
    let (mut trainer, mut scaler) = (guard.live.learner.clone(), guard.live.scaler);
    for step in 0..10 {
        let (x, target) = sample(&mut random);
        assert_eq!(guard.step(&x, &target, &settings), Event::Learnt);
        assert!(scaler.observe(&x));
        trainer.step(&scaler.scaled(&x), &target).unwrap();
        if step % 4 != 2 {
            let (x, target) = &worn.0[step % 4];
            trainer.step(&scaler.scaled(x), target).unwrap();
        }
        assert_eq!((digest(&guard.live.learner.network), guard.live.scaler), (digest(&trainer.network), scaler));
    }
    assert_eq!((guard.counts().accepted, guard.counts().unrehearsed), (10, 2));
    // Without samples to be rehearsed, each sample is one step.
    let alone = Settings { period: 1000, ..Settings::new(&anchors, &[] as &[Sample]) };
    let (x, target) = sample(&mut random);
    guard.step(&x, &target, &alone);
    assert!(scaler.observe(&x));
    trainer.step(&scaler.scaled(&x), &target).unwrap();
    assert_eq!(digest(&guard.live.learner.network), digest(&trainer.network));
}

/// Right labels, then wrong ones: what is served never has more anchors wrong than are tolerated. Returns how often there was a
/// promotion.
fn is_guarded<L: Learner<Input = [f32; 2], Output = [f32; 2], Network: Zero + Copy> + Zero>(live: L) -> u32 {
    let mut random = Generator::new(2);
    let anchors: [Sample; 100] = std::array::from_fn(|_| sample(&mut random));
    let settings = Settings { tolerance: 2, ..Settings::new(&anchors, &anchors[..20]) };
    let mut guard = Guard::<L, 2>::new();
    guard.live = live;
    for _ in 0..50 {
        let (x, target) = sample(&mut random);
        guard.live.step(&x, &target, None).unwrap();
    }
    guard.start(&settings);
    let hits = |guard: &mut Guard<L, 2>| {
        anchors.iter().filter(|(x, target)| (guard.predict(x)[0] > 0.5) == (target[0] > 0.5)).count()
    };
    let factory = hits(&mut guard);
    for step in 0..3000 {
        let (x, mut target) = sample(&mut random);
        if step >= 1000 {
            target.reverse();
        }
        if guard.step(&x, &target, &settings) == Event::Promoted {
            assert!(hits(&mut guard) + 2 >= factory);
        }
    }
    println!("{factory} anchors of 100 before, {} after, {:?}", hits(&mut guard), guard.counts());
    assert!(guard.counts().lost_anchors > 10);
    assert!(hits(&mut guard) + 2 >= factory);
    guard.counts().promoted
}

#[test]
fn all_learners_can_be_guarded() {
    let mut plain = Plain::new();
    start(&mut plain, &mut Xavier(Generator::new(1)));
    let mut promoted = is_guarded(plain.clone());
    promoted += is_guarded(Scaling { learner: plain.clone(), scaler: () });
    promoted += is_guarded(Scaling { learner: plain.clone(), scaler: Standardizer::<2>::new(500) });
    #[cfg(feature = "heapless")]
    {
        use downhill::replay::{Buffer, Fifo, Raw, Rehearsal};
        let learner = Scaling { learner: plain.clone(), scaler: Standardizer::<2>::new(500) };
        let memory = Buffer::<Raw<[f32; 2]>, [f32; 2], Fifo, 64>::ZERO;
        promoted += is_guarded(Rehearsal::with_learner(learner, memory, 2));
    }
    let mut averaged = Averaged::<Plain>::new(100);
    averaged.learner = plain;
    promoted += is_guarded(Scaling { learner: averaged, scaler: Standardizer::<1>::new(500) });
    let mut committee = Committee::<Plain, 3>::new();
    let mut init = Xavier(Generator::new(3));
    for member in &mut committee.members {
        start(member, &mut init);
    }
    promoted += is_guarded(Scaling { learner: committee, scaler: Standardizer::<2>::new(500) });
    assert!(promoted > 0);
}

#[test]
fn a_single_output_is_decided_by_a_threshold() {
    type Single = Trainer<(Dense<2, 4, Tanh>, Dense<4, 1, Sigmoid>), BinaryCrossEntropy, Sgd>;
    let mut random = Generator::new(5);
    let mut single = || {
        let (x, target) = sample(&mut random);
        (x, [target[1]])
    };
    let anchors: [_; 50] = std::array::from_fn(|_| single());
    let settings = Settings::new(&anchors, &anchors[..20]).decided_by(Threshold);
    let mut guard = Guard::<Scaling<Single, Standardizer<2>>, 2>::new();
    guard.live.scaler = Standardizer::new(1000);
    guard.live.learner.start(Sgd::new(0.05), &mut Xavier(Generator::new(1)));
    for _ in 0..300 {
        let (x, target) = single();
        guard.live.step(&x, &target, None).unwrap();
    }
    guard.start(&settings);
    let mut lost = 0;
    for step in 0..2000 {
        let (x, [target]) = single();
        let target = if step < 1000 { target } else { 1.0 - target };
        lost += u32::from(guard.step(&x, &[target], &settings) == Event::RolledBack(Cause::Anchors));
    }
    assert!(lost > 5 && lost == guard.counts().lost_anchors, "{:?}", guard.counts());
}

#[test]
fn errors_and_sizes() {
    assert_eq!(Rejected::Stuck.to_string(), "inputs are stuck");
    assert!(std::error::Error::source(&Rejected::Outside).is_none());
    // The live learner, a network and a scaler, 13 bytes for each input, and 60.
    let more = size_of::<Guarded>() - size_of::<Scaling<Plain, Standardizer<2>>>();
    let copy = size_of::<Net>() + size_of::<Standardizer<2>>();
    assert!((copy + 2 * 13 + 50..=copy + 2 * 13 + 64).contains(&more), "{more}, {copy}");
    assert!(Guarded::SIZE <= size_of::<Guarded>());
}
