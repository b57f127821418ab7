//! What learns only in part: frozen layers, biases alone.

// What is compared are bits.
#![allow(clippy::float_cmp)]

#[path = "gradients/probe.rs"]
#[allow(dead_code)]
mod probe;

use downhill::init::{Generator, Uniform};
use downhill::{
    BiasOnly, Dense, Identity, Layer, Momentum, Sgd, Sigmoid, SquaredError, StepError, Tanh, Trainer, Zero, digest,
};
use probe::parameters;

const X: [f64; 3] = [0.3, -0.4, 0.9];
const T: [f64; 2] = [0.9, 0.1];

type Lower = Dense<3, 5, Tanh, f64>;
type Upper = Dense<5, 2, Sigmoid, f64>;

/// Layers that some seed drew.
fn drawn<L: Layer<Scalar = f64> + Zero>(seed: u32) -> L {
    let mut layer = L::ZERO;
    layer.initialize(&mut Uniform(Generator::new(seed)));
    let mut slots = L::Slots::<()>::ZERO;
    layer.visit_mut(&mut slots, &mut |layer| layer.biases.fill(0.1));
    layer
}

fn still<L>(layer: L) -> &'static L {
    Box::leak(Box::new(layer))
}

/// The last layer, above one that is frozen, learns what it learns above one that is not, in its first step: and the
/// frozen one keeps every bit.
#[test]
fn frozen_below() {
    let (lower, upper) = (drawn::<Lower>(1), drawn::<Upper>(2));
    let mut all = Trainer::<_, SquaredError, Momentum<f64>>::new((lower, upper), Momentum::new(0.5, 0.9));
    let mut last = Trainer::<_, SquaredError, Momentum<f64>>::new((still(lower), upper), Momentum::new(0.5, 0.9));
    assert_eq!(all.step(&X, &T), last.step(&X, &T));
    assert_eq!(digest(&all.network.1), digest(&last.network.1));
    assert_ne!(digest(&all.network.0), digest(&lower));
    for _ in 0..10 {
        last.step(&X, &T).unwrap();
    }
    assert_eq!(digest(last.network.0), digest(&lower));
    assert_eq!(digest(&last.network), digest(&(lower, last.network.1)), "frozen parameters belong to the digest");
}

/// A layer below a frozen one gets the errors that come through it.
#[test]
fn frozen_above() {
    let (lower, upper) = (drawn::<Lower>(1), drawn::<Upper>(2));
    let mut all = Trainer::<_, SquaredError, Sgd<f64>>::new((lower, upper), Sgd::new(0.5));
    let mut first = Trainer::<_, SquaredError, Sgd<f64>>::new((lower, still(upper)), Sgd::new(0.5));
    assert_eq!(all.step(&X, &T), first.step(&X, &T));
    assert_eq!(digest(&all.network.0), digest(&first.network.0));
    assert_eq!(digest(first.network.1), digest(&upper));
}

/// No delta is computed where nothing below learns: here it would be infinite.
#[test]
fn no_delta_where_nothing_learns() {
    let mut middle = drawn::<Dense<5, 5, Identity, f64>>(3);
    let upper = drawn::<Upper>(2);
    (middle.weights, middle.biases) = ([[1e300; 5]; 5], [0.0; 5]);
    let lower = Dense::<3, 5, Identity, f64>::ZERO;
    let steep = Dense::<5, 2, Identity, f64>::new([[1e200; 2]; 5], [0.0; 2]);
    // Frozen, frozen, learning: only the last layer's deltas exist.
    let mut last = Trainer::<_, SquaredError, Sgd<f64>>::new((still(lower), still(middle), upper), Sgd::new(0.1));
    last.step(&X, &T).unwrap();
    // Learning, frozen, frozen: the error overflows on its way down, and is noticed.
    let mut first = Trainer::<_, SquaredError, Sgd<f64>>::new((lower, still(middle), still(steep)), Sgd::new(0.1));
    assert_eq!(first.step(&X, &T), Err(StepError::Delta));
    // Nothing learns: nothing is computed that could fail.
    let mut none =
        Trainer::<_, SquaredError, Sgd<f64>>::new((still(lower), still(middle), still(steep)), Sgd::new(0.1));
    none.step(&X, &T).unwrap();
}

/// Biases learn as they do in a layer that learns as a whole, in its first step; and alone they go on.
#[test]
fn biases_only() {
    let (lower, upper) = (drawn::<Lower>(1), drawn::<Upper>(2));
    let mut all = Trainer::<_, SquaredError, Momentum<f64>>::new((lower, upper), Momentum::new(0.5, 0.9));
    let network = (BiasOnly::new(still(lower)), BiasOnly::new(still(upper)));
    let mut biases = Trainer::<_, SquaredError, Momentum<f64>>::new(network, Momentum::new(0.5, 0.9));
    assert_eq!(digest(&biases.network), digest(&all.network));
    assert_eq!(all.step(&X, &T), biases.step(&X, &T));
    assert_eq!(all.network.0.biases, biases.network.0.biases);
    assert_eq!(all.network.1.biases, biases.network.1.biases);
    let first = biases.step(&X, &T).unwrap();
    for _ in 0..100 {
        biases.step(&X, &T).unwrap();
    }
    assert!(biases.step(&X, &T).unwrap() < first / 10.0);
    let weights = |network: &_| parameters::<f64>(network)[..15].to_vec();
    assert_eq!(weights(&(lower, upper)), parameters(&biases.network)[..15]);
}
