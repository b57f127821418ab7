//! The good network outlives a reset in the store: what is promoted is saved, and served again afterwards.

use downhill::guard::{Cause, Event, Guard, Settings};
use downhill::init::{Generator, Random, Xavier};
use downhill::scaler::{Scaled, Scaling, Standardizer};
use downhill::store::{Loaded, Store};
use downhill::{Checkpoint, CrossEntropy, Dense, Learner, Sgd, Softmax, Storable, Tanh, Trainer, digest};

use super::flash::Flash;

type Net = (Dense<2, 8, Tanh>, Dense<8, 2, Softmax>);
type Learning = Scaling<Trainer<Net, CrossEntropy, Sgd>, Standardizer<2>>;
type Guarded = Guard<Learning, 2>;
type Sample = ([f32; 2], [f32; 2]);

/// Whether the first input is above 20, the second does not matter; with wrong labels, the contrary.
fn sample(random: &mut Generator, wrong: bool) -> Sample {
    let x = [20.0 + 5.0 * random.signed_unit(), 300.0 * random.signed_unit()];
    (x, if (x[0] > 20.0) ^ wrong { [0.0, 1.0] } else { [1.0, 0.0] })
}

/// A factory network that can learn a little more.
fn factory(samples: &[Sample]) -> Learning {
    let mut learning = Learning { scaler: Standardizer::new(1000), ..Learning::new() };
    learning.learner.start(Sgd::new(0.03), &mut Xavier(Generator::new(1)));
    for (x, target) in samples.iter().cycle().take(200) {
        learning.step(x, target, None).unwrap();
    }
    learning
}

/// As a reset leaves it: only the settings of the optimiser come from the program.
fn booted() -> Guarded {
    let mut guard = Guarded::new();
    guard.live.learner.optimizer = Sgd::new(0.03);
    guard
}

#[test]
fn what_is_promoted_is_served_after_a_reset() {
    let mut random = Generator::new(7);
    let anchors: [Sample; 50] = std::array::from_fn(|_| sample(&mut random, false));
    let rehearsed: [Sample; 20] = std::array::from_fn(|_| sample(&mut random, false));
    let settings = Settings::new(&anchors, &rehearsed);
    let mut flash = Flash::new(4);
    let end = flash.end();

    let mut guard = booted();
    let mut store = Store::<_>::new(&mut flash, 0..end, Guarded::IMAGE).unwrap();
    let loaded = store.load_or(&mut guard, |guard| {
        guard.live = factory(&rehearsed);
        guard.start(&settings);
    });
    assert!(matches!(loaded, Loaded::Factory(_)));
    let mut saved = None;
    for _ in 0..1000 {
        let (x, target) = sample(&mut random, false);
        if guard.step(&x, &target, &settings) == Event::Promoted {
            store.save(&guard).unwrap();
            saved = Some((*guard.good(), *guard.counts()));
        }
    }
    let (good, counts) = saved.unwrap();
    assert!(counts.promoted > 0);
    // A cut in the midst of a save leaves the image before.
    flash.cut_after(30);
    assert!(Store::<_>::new(&mut flash, 0..end, Guarded::IMAGE).unwrap().save(&guard).is_err());
    flash.restart();

    let mut guard = booted();
    let mut store = Store::<_>::new(&mut flash, 0..end, Guarded::IMAGE).unwrap();
    assert!(matches!(store.load_or(&mut guard, |_| panic!("there is an image")), Loaded::Image(_)));
    assert_eq!((digest(&guard.good().network), guard.good().scaler), (digest(&good.network), good.scaler));
    assert_eq!(*guard.counts(), counts);
    assert_eq!((digest(&guard.live.learner.network), guard.live.scaler), (digest(&good.network), good.scaler));
    // What the anchors are worth is known, too: wrong labels are rolled back, and change nothing that is served.
    let mut lost = 0;
    for _ in 0..1000 {
        let (x, target) = sample(&mut random, true);
        lost += u32::from(guard.step(&x, &target, &settings) == Event::RolledBack(Cause::Anchors));
    }
    println!("{counts:?}, then {:?}", guard.counts());
    assert!(lost > 0);
    assert_eq!((digest(&guard.good().network), guard.counts().promoted), (digest(&good.network), counts.promoted));
}

#[test]
fn a_guard_that_is_stored_whole_goes_on_with_the_same_bits() {
    let mut random = Generator::new(9);
    let anchors: [Sample; 50] = std::array::from_fn(|_| sample(&mut random, false));
    let settings = Settings::new(&anchors, &anchors[..20]);
    let mut guard = booted();
    guard.live = factory(&anchors[..20]);
    guard.start(&settings);
    let mut bytes = vec![0; Guarded::SIZE];
    for step in 0..470 {
        let (x, target) = sample(&mut random, step % 7 == 0);
        guard.step(&x, &target, &settings);
    }
    guard.to_bytes(&mut bytes).unwrap();
    let mut other = Guarded::new();
    other.from_bytes(&bytes).unwrap();
    for _ in 0..500 {
        let (x, target) = sample(&mut random, false);
        assert_eq!(guard.step(&x, &target, &settings), other.step(&x, &target, &settings));
    }
    let mut others = vec![0; Guarded::SIZE];
    guard.to_bytes(&mut bytes).unwrap();
    other.to_bytes(&mut others).unwrap();
    assert!(bytes == others);
}

#[test]
fn a_network_in_flash_is_served() {
    static GOOD: Scaled<Net, Standardizer<2>> = Scaled {
        network: (Dense::new([[0.5; 8]; 2], [0.0; 8]), Dense::new([[0.1, -0.1]; 8], [0.0; 2])),
        scaler: Standardizer::new(1000),
    };
    let mut random = Generator::new(11);
    let anchors: [Sample; 50] = std::array::from_fn(|_| sample(&mut random, false));
    let settings = Settings::new(&anchors, &anchors[..20]);
    let mut guard = booted();
    guard.live = factory(&anchors[..20]);
    guard.start(&settings);
    guard.serve(&GOOD);
    assert_eq!((*guard.good(), guard.live.learner.network, guard.live.scaler), (GOOD, GOOD.network, GOOD.scaler));
}
