//! A learner of raw inputs steps as its parts do by hand, and a step that is refused changes neither of them.

// The same bits are what is asked for.
#![allow(clippy::float_cmp)]

use downhill::init::{Generator, Xavier};
use downhill::scaler::{MinMax, Scaled, Scaler, Scaling, Standardizer};
use downhill::{
    Checkpoint, CrossEntropy, Dense, Evaluate, Learner, Predictor, Sgd, Softmax, StepError, Storable, Tanh, Trainer,
    Zero, digest,
};

type Net = (Dense<2, 4, Tanh>, Dense<4, 2, Softmax>);
type Plain = Trainer<Net, CrossEntropy, Sgd>;
type Raw<S = Standardizer<2>> = Scaling<Plain, S>;
type Saved<'a> = (&'a mut Plain, &'a mut Standardizer<2>);

fn started<S: Zero>(scaler: S) -> Raw<S> {
    let mut learner = Raw { learner: Plain::new(), scaler };
    learner.learner.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
    learner
}

const SAMPLES: [([f32; 2], [f32; 2]); 4] = [
    ([20.1, 101_325.0], [0.0, 1.0]),
    ([23.7, 101_200.0], [1.0, 0.0]),
    ([19.4, 101_400.0], [0.0, 1.0]),
    ([24.0, 101_250.0], [1.0, 0.0]),
];

fn learn<S: Scaler<[f32; 2]>>(raw: &mut Raw<S>) {
    for (x, target) in &SAMPLES {
        raw.step(x, target, None).unwrap();
    }
}

#[test]
fn a_step_observes_scales_and_learns() {
    let mut raw = started(Standardizer::<2>::new(1000));
    let (mut trainer, mut scaler) = (raw.learner.clone(), Standardizer::<2>::new(1000));
    for (x, target) in &SAMPLES {
        assert!(scaler.observe(x));
        let z = scaler.scaled(x);
        assert_eq!(raw.step(x, target, Some(0.5)), trainer.step_weighted(&z, target, 0.5));
        assert_eq!(raw.rehearse(x, target, None), trainer.step(&z, target)); // the scaler does not see it
        assert_eq!(raw.learn(x, target, None), trainer.step(&z, target));
        assert_eq!(raw.scaler, scaler);
        assert_eq!(digest(&raw.learner.network), digest(&trainer.network));
        assert_eq!(raw.predict(x), trainer.predict(&z));
        assert_eq!(raw.loss(x, target), trainer.loss(&z, target));
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    fn check<S: Scaler<[f32; 2]> + PartialEq + std::fmt::Debug>(scaler: S) {
        let mut raw = started(scaler);
        learn(&mut raw);
        let (network, scaler) = (digest(&raw.learner.network), raw.scaler);
        let mut good = Scaled { network: Net::ZERO, scaler: S::ZERO };
        raw.copy_network(&mut good);
        for x in [[f32::NAN, 1.0], [20.0, f32::INFINITY], [-1e30, 1.0], [f32::NEG_INFINITY, f32::NAN]] {
            let target = [0.0, 1.0];
            assert_eq!(raw.step(&x, &target, None), Err(StepError::Input));
            assert_eq!(raw.learn(&x, &target, None), Err(StepError::Input));
            assert_eq!(raw.rehearse(&x, &target, None), Err(StepError::Input));
            assert_eq!(raw.loss(&x, &target), Err(StepError::Input));
            assert_eq!(raw.evaluate_with(&good, &x, &target), Err(StepError::Input));
            // Infinity is not clipped to a number that looks like one of many.
            let tried = Predictor::new(good).try_predict(&x);
            assert_eq!(tried.is_ok(), x[0] == -1e30, "{x:?}");
        }
        assert_eq!(raw.step(&[50.0, 99_000.0], &[f32::NAN, 1.0], None), Err(StepError::Target));
        assert_eq!(raw.step(&[50.0, 99_000.0], &[0.0, 1.0], Some(-1.0)), Err(StepError::Weight));
        assert_eq!((digest(&raw.learner.network), raw.scaler), (network, scaler));
    }
    check(Standardizer::<2>::new(1000));
    check(Standardizer::<1>::new(0));
    check(MinMax::<2>::new());
}

#[test]
fn network_and_scaler_are_copied_set_and_saved_as_one() {
    let mut raw = started(Standardizer::<2>::new(1000));
    learn(&mut raw);
    let mut good = Scaled { network: Net::ZERO, scaler: Standardizer::new(0) };
    raw.copy_network(&mut good);
    let mut blended = Scaled { network: Net::ZERO, scaler: Standardizer::new(0) };
    raw.blend_network(&mut blended, 1.0);
    assert_eq!((blended.scaler, digest(&blended.network)), (good.scaler, digest(&good.network)));
    let y = raw.predict(&SAMPLES[0].0);
    raw.step(&[0.0, 0.0], &[1.0, 0.0], None).unwrap();
    assert_ne!(raw.predict(&SAMPLES[0].0), y);
    assert_eq!(raw.predict_with(&good, &SAMPLES[0].0), y);
    assert_eq!(Predictor::new(good).predict(&SAMPLES[0].0), y);
    raw.set_network(&good);
    assert_eq!(raw.predict(&SAMPLES[0].0), y);

    let mut image = vec![0; Saved::IMAGE];
    (&mut raw.learner, &mut raw.scaler).save(&mut image).unwrap();
    let mut other = Raw::<Standardizer<2>>::new();
    (&mut other.learner, &mut other.scaler).restore(&image).unwrap();
    assert_eq!(other.predict(&SAMPLES[0].0), y);
    let mut bytes = vec![0; Raw::<Standardizer<2>>::SIZE];
    raw.to_bytes(&mut bytes).unwrap();
    let mut other = Raw::<Standardizer<2>>::new();
    other.from_bytes(&bytes).unwrap();
    assert_eq!(other.predict(&SAMPLES[0].0), y);
}
