//! Learners around learners, in unusual orders and with layers that do not learn: nothing is lost, and nothing is shared.

#![allow(clippy::float_cmp, clippy::cast_precision_loss)]

use core::ops::ControlFlow;

use downhill::averaged::Averaged;
use downhill::checkpoint::{Refused, Value};
use downhill::committee::{Committee, Mean, Vote};
use downhill::fit::Data;
use downhill::frozen::Owned;
use downhill::guard::{Event, Guard, Settings};
use downhill::init::{Generator, Random, Xavier};
use downhill::loss::unknown;
use downhill::replay::{Buffer, Class, Codes, Fifo, Memory, Raw, Rehearsal, Reservoir};
use downhill::scaler::{Scaler, Scaling, Standardizer};
use downhill::schedule::OwnRate;
use downhill::{
    Best, Checkpoint, CrossEntropy, Dense, Dropout, Fit, Frozen, Learner, Masked, Momentum, Predictor, Sgd, Softmax,
    Storable, Tanh, Trainer, Zero,
};

type Net = (Dense<2, 4, Tanh>, Dense<4, 2, Softmax>);
type Plain = Trainer<Net, CrossEntropy, Sgd>;
type Sample = ([f32; 2], [f32; 2]);

fn trainer(seed: u32) -> Plain {
    let mut trainer = Plain::new();
    trainer.start(Sgd::new(0.1), &mut Xavier(Generator::new(seed)));
    trainer
}

fn bytes<S: Storable>(value: &S) -> Vec<u8> {
    let mut bytes = vec![0; S::SIZE];
    value.to_bytes(&mut bytes).unwrap();
    bytes
}

fn sample(random: &mut Generator) -> Sample {
    let x = [random.signed_unit(), random.signed_unit()];
    (x, if x[0] > 0.0 { [1.0, 0.0] } else { [0.0, 1.0] })
}

/// A network with a layer that learns, one that it owns and that does not, and a setting.
type Part = (Frozen<Owned<Dense<2, 4, Tanh>>>, Dropout<4>, Dense<4, 2, Softmax>);

fn part() -> Part {
    let base = Dense::new([[1.0, -0.5, 0.3, 0.7], [0.2, 0.9, -1.0, 0.4]], [0.1; 4]);
    (
        Frozen(Owned(base)),
        Dropout::new(0.3),
        Dense::new([[0.5, -0.5], [-0.3, 0.3], [0.8, -0.2], [0.1, 0.6]], [0.1, -0.1]),
    )
}

/// What does not learn is served, too, from the start and after a reset.
#[test]
fn a_guard_around_layers_that_do_not_learn() {
    type Learning = Scaling<Trainer<Part, CrossEntropy, Sgd>, Standardizer<2>>;
    type Guarded = Guard<Learning, 2>;
    let mut random = Generator::new(3);
    let anchors: [Sample; 50] = std::array::from_fn(|_| sample(&mut random));
    let settings = Settings::new(&anchors, &anchors);
    let mut factory =
        Learning { scaler: Standardizer::new(1000), learner: Trainer::with_network(part(), Sgd::new(0.1)) };
    for (x, _) in &anchors {
        assert!(factory.observe(x));
    }
    let of_factory = factory.predict(&[0.5, -0.5]);

    let mut guard = Guarded::new();
    guard.live = factory.clone();
    guard.start(&settings);
    assert_eq!(guard.predict(&[0.5, -0.5]), of_factory);
    for _ in 0..300 {
        let (x, target) = sample(&mut random);
        guard.step(&x, &target, &settings);
    }
    let served = guard.predict(&[0.5, -0.5]);
    let mut image = vec![0; Guarded::IMAGE];
    guard.save(&mut image).unwrap();

    let mut other = Guarded::new();
    other.live = factory.clone();
    other.restore(&image).unwrap();
    assert_eq!(other.predict(&[0.5, -0.5]), served);
    assert_eq!(other.live.learner.network.0.0.0, part().0.0.0);
    assert_eq!(format!("{:?}", other.live.learner.network.1), format!("{:?}", part().1));

    // With all that is kept: into a guard that has what does not learn.
    let mut whole = Guarded::with_learner(factory.clone(), *guard.good());
    whole.from_bytes(&bytes(&guard)).unwrap();
    assert_eq!(whole.predict(&[0.5, -0.5]), served);
}

#[test]
fn the_mean_of_a_part_is_read_back() {
    type Learning = Averaged<Trainer<Part, CrossEntropy, Sgd>>;
    let mut learner = Learning::new(0);
    learner.learner = Trainer::with_network(part(), Sgd::new(0.1));
    let mut random = Generator::new(1);
    for _ in 0..20 {
        let (x, target) = sample(&mut random);
        learner.step(&x, &target, None).unwrap();
    }
    let mut other = Learning::with_learner(Trainer::with_network(part(), Sgd::new(0.1)), part(), 0);
    other.from_bytes(&bytes(&learner)).unwrap();
    assert_eq!(other.predict(&[0.5, -1.0]), learner.predict(&[0.5, -1.0]));
}

/// What live has won before a promotion, or before another network was served, does not count again.
#[test]
fn a_comparison_begins_anew() {
    type Guarded = Guard<Scaling<Plain, ()>, 2>;
    let none: &[Sample] = &[];
    let settings = Settings { period: 1, ..Settings::new(none, none) };
    let mut guard = Guarded::new();
    guard.live.learner = trainer(1);
    guard.start(&settings);
    let mut random = Generator::new(2);
    let (mut promotions, mut last) = (0, false);
    for _ in 0..3000 {
        let (x, target) = sample(&mut random);
        let promoted = guard.step(&x, &target, &settings) == Event::Promoted;
        assert!(!(last && promoted), "promoted twice in a row: one sample wins nothing");
        last = promoted;
        promotions += u32::from(last);
    }
    assert!(promotions > 0);

    let seldom = Settings { period: u32::MAX, ..Settings::new(none, none) };
    let mut guard = Guarded::new();
    guard.live.learner = trainer(1);
    guard.start(&seldom);
    for _ in 0..2000 {
        let (x, target) = sample(&mut random);
        guard.step(&x, &target, &seldom);
    }
    let good = *guard.good();
    guard.serve(&good);
    assert_eq!(guard.step(&[0.3, 0.4], &[1.0, 0.0], &settings), Event::Checked);
}

#[test]
fn an_average_goes_on_from_another_network() {
    let mut learner = Averaged::with_learner(trainer(1), Net::ZERO, 0);
    for _ in 0..50 {
        learner.step(&[0.5, -1.0], &[1.0, 0.0], None).unwrap();
    }
    let other = trainer(2).network;
    learner.set_network(&other);
    assert_eq!(learner.predict(&[0.5, -1.0]), Predictor::new(other).predict(&[0.5, -1.0]));
    learner.step(&[0.1, 0.2], &[0.0, 1.0], None).unwrap();
    assert_eq!(learner.mean(), Some(&learner.learner.network));
    for _ in 0..20 {
        learner.step(&[0.1, 0.2], &[0.0, 1.0], None).unwrap();
    }
    let mut to = Net::ZERO;
    learner.blend_network(&mut to, 1.0);
    assert_eq!(to, *learner.mean().unwrap());
}

/// A fit whose last epoch is the best leaves a learner as it is: its own weights are not those of its mean.
#[test]
fn a_fit_does_not_replace_what_is_the_best() {
    type Learning = Averaged<Trainer<Net, CrossEntropy, Momentum>>;
    let mut random = Generator::new(5);
    let samples: Vec<Sample> = (0..60).map(|_| sample(&mut random)).collect();
    let run = |best: Option<&mut Best<Net>>| {
        let mut learner = Learning::new(500);
        learner.learner.start(Momentum::new(0.02, 0.9), &mut Xavier(Generator::new(1)));
        let fit = Fit::new(5, OwnRate::new());
        let go_on = |_: &mut Learning, _: &_| ControlFlow::Continue(());
        let outcome = match best {
            Some(best) => fit.run(&mut learner, Data::new(&samples[..]).keeping(best), go_on).unwrap(),
            None => fit.run(&mut learner, Data::new(&samples[..]), go_on).unwrap(),
        };
        (bytes(&learner), outcome.best.map(|epoch| epoch.number))
    };
    let mut best = Best::new();
    let ((with, last), (without, _)) = (run(Some(&mut best)), run(None));
    assert_eq!(last, Some(5), "the last epoch is the best");
    assert!(with == without);
}

#[test]
fn each_has_random_numbers_of_its_own() {
    type Kept = Buffer<Raw<[f32; 2]>, Class, Reservoir, 4>;
    let rehearsal = |seed| Rehearsal::with_learner(trainer(seed), Kept::new(), 0);
    let mut committee = Committee::<_, 2>::with_members([rehearsal(1), rehearsal(2)]);
    let mut nested = Rehearsal::with_learner(rehearsal(1), Kept::new(), 0);
    committee.seed(3);
    nested.seed(3);
    for i in 0..100_u8 {
        let x = [f32::from(i) / 100.0, 0.0];
        committee.step(&x, &[1.0, 0.0], None).unwrap();
        nested.step(&x, &[1.0, 0.0], None).unwrap();
    }
    assert_ne!(committee.members[0].memory, committee.members[1].memory);
    assert_ne!(nested.memory, nested.learner.memory);
}

/// A target of which nothing is known teaches nothing, also not from a buffer of classes.
#[test]
fn unknown_targets_are_no_class() {
    type Learning = Rehearsal<
        Trainer<(Dense<2, 8, Tanh>, Dense<8, 3, Softmax>), Masked<CrossEntropy>, Sgd>,
        Buffer<Raw<[f32; 2]>, Class, Fifo, 16>,
    >;
    let mut learner = Learning::new(2);
    learner.learner.start(Sgd::new(0.3), &mut Xavier(Generator::new(1)));
    let before = learner.predict(&[0.3, 0.4]);
    for _ in 0..30 {
        assert_eq!(learner.step(&[0.3, 0.4], &[unknown(); 3], None), Ok(0.0));
    }
    assert_eq!(learner.predict(&[0.3, 0.4]), before);
    // Only that it is not class 1 is known, and that it is none.
    learner.step(&[0.3, 0.4], &[unknown(), 0.0, unknown()], None).unwrap();
    learner.step(&[0.3, 0.4], &[0.0; 3], None).unwrap();
    assert!(learner.memory.labels().len() == 0);
}

#[test]
fn images_of_other_types_are_refused() {
    type One = Buffer<Codes<[f32; 2], 1, 1, 2>, Class, Fifo, 16>;
    type Four = Buffer<Codes<[f32; 2], 4, 1, 2>, Class, Fifo, 16>;
    let mut one = One::new();
    for i in 0..16_u8 {
        assert!(one.insert(&[i.into(), -f32::from(i)], &[1.0, 0.0]));
    }
    let mut image = vec![0; Value::<One>::IMAGE];
    Value(&mut one).save(&mut image).unwrap();
    assert_eq!(Value(&mut Four::new()).restore(&image), Err(Refused::OtherTraining));
    assert_ne!(<Committee<Plain, 3, Mean> as Storable>::LAYOUT, <Committee<Plain, 3, Vote> as Storable>::LAYOUT);
}

/// Ends a batch in all members that can; the others keep theirs.
#[test]
fn a_flush_passes_over_who_refuses() {
    type Member = Trainer<Net, CrossEntropy, downhill::Batch<Sgd>>;
    let mut committee = Committee::<Member, 2>::new();
    let mut init = Xavier(Generator::new(1));
    committee.members.iter_mut().for_each(|member| member.start(downhill::Batch::new(9, Sgd::new(0.1)), &mut init));
    committee.step(&[0.3, 0.4], &[1.0, 0.0], None).unwrap();
    let before = [committee.members[0].network, committee.members[1].network];
    Learner::set_rate(&mut committee.members[1], f32::NAN);
    assert_eq!(committee.flush(), Ok(()));
    assert_ne!(committee.members[0].network, before[0]);
    assert_eq!(committee.members[1].network, before[1]);
    Learner::set_rate(&mut committee.members[0], f32::NAN);
    assert!(committee.flush().is_err());
}

/// A mean of large numbers follows, although most of its steps are lost in rounding.
#[test]
fn a_standardizer_follows_small_changes_of_large_numbers() {
    let mut random = Generator::new(4);
    let mut scaler = Standardizer::<1>::new(1000);
    scaler.observe(&[0.0_f32]);
    for _ in 0..200_000 {
        scaler.observe(&[101_325.0 + 0.5 * random.signed_unit()]);
    }
    let ([below], [above]) = (scaler.scaled(&[101_324.5]), scaler.scaled(&[101_325.5]));
    // The standard deviation is .29; the mean moves in steps of .01.
    assert!((-2.4..-1.1).contains(&below) && (1.1..2.4).contains(&above), "{below} {above}");
    let sd = scaler.variance()[0].sqrt();
    assert!((sd / 12_f32.sqrt().recip() - 1.0).abs() < 0.1, "{sd}");
    let mut constant = Standardizer::<1>::new(1000);
    constant.observe(&[0.0_f32]);
    (0..100_000).for_each(|_| assert!(constant.observe(&[1.0])));
    assert_eq!(constant.scaled(&[1.0]), [0.0]);
}
