//! All parts together, as a device has them: on real streams, on hostile ones, and through resets.

#![allow(clippy::float_cmp, clippy::cast_precision_loss)]

#[path = "common/mod.rs"]
mod common;
#[path = "../examples/common/flash.rs"]
#[allow(dead_code)]
mod flash;
#[path = "../examples/common/streams.rs"]
mod streams;

use downhill::averaged::Averaged;
use downhill::checkpoint::Value;
use downhill::drift::{Adwin, Detector, State};
use downhill::guard::{Event, Guard, Settings};
use downhill::init::{Generator, Random, Xavier};
use downhill::metrics::{Argmax, ConfusionMatrix, Fading, MacroF1};
use downhill::replay::{Buffer, Class, Codes, Fifo, Rehearsal};
use downhill::scaler::{Scaling, Standardizer};
use downhill::store::{Loaded, Store};
use downhill::{
    Checkpoint, CrossEntropy, Dense, Learner, Predictor, Sgd, Softmax, Storable, Tanh, Trainer, Zero, encode,
};
use flash::Flash;
use streams::{Many, One, start};

type Sample<const I: usize> = ([f32; I], usize);

fn bytes<S: Storable>(value: &S) -> Vec<u8> {
    let mut bytes = vec![0; S::SIZE];
    value.to_bytes(&mut bytes).unwrap();
    bytes
}

/// Predicts each sample, then learns from it.
fn follow<const I: usize, const C: usize, L>(learner: &mut L, samples: &[Sample<I>]) -> ConfusionMatrix<C>
where
    L: Learner<Scalar = f32, Input = [f32; I], Output = [f32; C]>,
{
    let mut matrix = ConfusionMatrix::new();
    for (x, class) in samples {
        assert!(learner.observe(x));
        matrix.record(*class, encode::class(&learner.predict(x)));
        learner.learn(x, &encode::one_hot(*class).unwrap(), None).unwrap();
    }
    matrix
}

/// The figures of `examples/stream.rs`, with room for the luck of one seed; a part of each stream in debug builds.
#[test]
fn streams_are_learnt() {
    fn check<const I: usize, const C: usize>(name: &str, least: [f32; 2]) {
        let samples: Vec<Sample<I>> = common::samples(&format!("{name}/stream.csv"));
        let samples = &samples[..if cfg!(debug_assertions) { samples.len().min(1000) } else { samples.len() }];
        let (mut many, mut one) = (Box::new(Many::<I, C>::ZERO), Box::new(One::<I, C>::ZERO));
        start(&mut many, 1);
        start(&mut one, 1);
        let accuracies = [follow::<I, C, _>(&mut *many, samples), follow::<I, C, _>(&mut *one, samples)]
            .map(|matrix| matrix.accuracy().unwrap() * 100.0);
        println!("{name}: committee {:.2}, one network {:.2}", accuracies[0], accuracies[1]);
        assert!(accuracies.iter().zip(least).all(|(&found, least)| found > least), "{name}: {accuracies:?}");
    }
    if cfg!(debug_assertions) {
        check::<18, 7>("image_segments", [88.0, 88.0]);
        check::<9, 2>("phishing", [89.0, 88.0]);
        check::<3, 2>("sea_abrupt", [84.0, 84.0]);
    } else {
        check::<18, 7>("image_segments", [92.5, 92.3]);
        check::<9, 2>("phishing", [89.9, 89.2]);
        check::<3, 2>("sea_abrupt", [88.5, 88.5]);
    }
}

type Small = Averaged<Trainer<(Dense<3, 6, Tanh>, Dense<6, 2, Softmax>), CrossEntropy, Sgd>>;
type Kept = Buffer<Codes<[f32; 3], 4, 2, 3>, Class, Fifo, 30>;
type Learning = Rehearsal<Scaling<Small, Standardizer<3>>, Kept>;
type Device = Guard<Learning, 3>;

fn learning(seed: u32) -> Learning {
    let mut learning = Learning::new(2);
    learning.seed(seed);
    learning.learner.scaler = Standardizer::new(100);
    learning.learner.learner.set_memory(50);
    learning.learner.learner.learner.start(Sgd::new(0.1), &mut Xavier(Generator::new(seed)));
    learning
}

/// Two classes, by a temperature and a pressure; the third input says nothing.
fn sample(random: &mut Generator) -> ([f32; 3], usize) {
    let class = random.below(2);
    let warmer = if class == 0 { -2.0 } else { 2.0 };
    let x = [
        20.0 + warmer + 2.0 * random.signed_unit(),
        1e5 + 40.0 * warmer + 50.0 * random.signed_unit(),
        random.signed_unit(),
    ];
    (x, class)
}

/// What broken sensors and lying users send.
fn hostile(random: &mut Generator, kind: usize, time: usize) -> ([f32; 3], [f32; 2]) {
    let (mut x, class) = sample(random);
    let mut target = encode::one_hot(class).unwrap();
    match kind {
        0 => target = encode::one_hot(random.below(2)).unwrap(),
        1 => target.reverse(),
        2 => x[0] = 20.0,
        3 if time % 40 < 10 => x[random.below(3)] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][random.below(3)],
        4 if time.is_multiple_of(17) => {
            x[random.below(3)] = [1e30, -1e30, f32::MAX, 1e15, f32::MIN_POSITIVE][random.below(5)];
        }
        5 if class == 1 => (x, target) = ([17.0, 99_950.0, 0.0], [1.0, 0.0]),
        6 => x = [0.0; 3],
        7 if time.is_multiple_of(7) => target = [f32::NAN, -1.0],
        8 => x = core::array::from_fn(|_| f32::from_bits(random.next_u32())),
        _ => {}
    }
    (x, target)
}

/// A step that is refused leaves every bit; after one that is taken, all predictions of finite inputs are finite.
#[test]
fn hostile_streams_leave_a_learner_sound() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..if cfg!(debug_assertions) { 20 } else { 200 } {
        let mut random = Generator::new(1000 + seed);
        let mut learner = learning(seed);
        for time in 0..300 {
            let kind = if time < 30 { 9 } else { seed as usize % 10 };
            let (x, target) = hostile(&mut random, kind, time);
            let before = bytes(&learner);
            if learner.step(&x, &target, None).is_ok() {
                taken += 1;
            } else {
                refused += 1;
                assert!(bytes(&learner) == before, "{x:?} {target:?}");
            }
            assert!(learner.learner.learner.learner.is_finite(), "{x:?} {target:?}");
            let (usual, _) = sample(&mut random);
            assert!(learner.predict(&usual).iter().all(|y| y.is_finite()), "{x:?} {target:?}");
        }
        assert_eq!(learner.memory.labels().len(), 30);
    }
    println!("hostile steps: {taken} taken, {refused} refused");
    assert!(taken > 1000 && refused > 100);
}

/// A device with everything: after a reset at any time it goes on with the same bits from its state, or serves the good network
/// from the store.
#[test]
fn a_device_goes_on_after_resets() {
    let mut random = Generator::new(3);
    let factory: Vec<([f32; 3], [f32; 2])> =
        (0..150).map(|_| sample(&mut random)).map(|(x, class)| (x, encode::one_hot(class).unwrap())).collect();
    let (anchors, rehearsed) = factory.split_at(100);
    let settings = Settings { tolerance: 2, ..Settings::new(anchors, rehearsed) };

    let mut flash = Flash::new(4);
    let end = flash.end();
    let mut device = Box::new(Device::new());
    let mut store = Store::<_>::new(&mut flash, 0..end, Device::IMAGE).unwrap();
    let loaded = store.load_or(&mut *device, |device| {
        device.live = learning(1);
        // Few, so that there is something to learn.
        for (x, target) in &rehearsed[..6] {
            device.live.step(x, target, None).unwrap();
        }
        device.start(&settings);
    });
    assert!(matches!(loaded, Loaded::Factory(_)));

    let (mut saves, mut detector, mut fading) =
        (0, Adwin::new(), Fading::<_, [f32; 2]>::new(0.99, MacroF1::<2>(Argmax)));
    let (mut good, mut alarms) = (None, vec![]);
    for time in 0..1500 {
        let kind = [9, 3, 9, 1, 9][time / 300];
        let (x, target) = hostile(&mut random, kind, time);
        if time % 100 == 50 {
            // The whole state as an image, to another device, which goes on in its place.
            let mut image = vec![0; Value::<Device>::IMAGE];
            Value(&mut *device).save(&mut image).unwrap();
            let mut other = Box::new(Device::new());
            Value(&mut *other).restore(&image).unwrap();
            assert!(bytes(&*other) == bytes(&*device));
            device = other;
        }
        if x.iter().all(|x| x.is_finite()) {
            let y = device.predict(&x);
            fading.record(&target, &y);
            if detector.record(encode::class(&y) != encode::class(&target)) == State::Drift {
                alarms.push(time);
            }
        }
        if device.step(&x, &target, &settings) == Event::Promoted {
            store.save(&*device).unwrap();
            saves += 1;
            good = Some(*device.good());
        }
    }
    println!("device: {:?}, F1 {:.2}, saved {saves} times", device.counts(), fading.value().unwrap());
    assert!(fading.value().unwrap() > 0.9);
    assert!(device.counts().rolled_back() > 0, "wrong labels were taken back");
    // What is served does not learn wrong labels: they look as a drift does.
    assert!(alarms.iter().any(|time| (900..1200).contains(time)), "{alarms:?}");

    // From the store: what was saved last is served, to the bit.
    let good = good.expect("something better was found");
    let mut other = Box::new(Device::new());
    other.live = learning(9);
    assert!(matches!(store.load_or(&mut *other, |_| panic!("there is an image")), Loaded::Image(_)));
    let (x, _) = sample(&mut random);
    assert_eq!(other.predict(&x), Predictor::new(good).predict(&x));
}
