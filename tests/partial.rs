//! What learns only in part: frozen layers, biases alone.

// What is compared are bits.
#![allow(clippy::float_cmp)]

#[path = "gradients/probe.rs"]
#[allow(dead_code)]
mod probe;

use std::ops::Deref;
use std::sync::Arc;

use downhill::init::{Generator, Uniform};
use downhill::tensor::Role;
use downhill::{
    Adam, BiasOnly, Biased, Dense, Dropout, Frozen, Identity, Infer, Layer, Momentum, Sgd, Sigmoid, SquaredError,
    StepError, Tanh, Trainer, Zero, digest,
};
use probe::parameters;

const X: [f64; 3] = [0.3, -0.4, 0.9];
const T: [f64; 2] = [0.9, 0.1];

/// A type that leads to a static.
macro_rules! named {
    ($name:ident, $layer:ty, $place:ident) => {
        #[derive(Clone, Copy)]
        struct $name;
        impl Deref for $name {
            type Target = $layer;
            fn deref(&self) -> &$layer {
                &$place
            }
        }
        impl Zero for $name {
            const ZERO: Self = Self;
        }
    };
}

type Lower = Dense<3, 5, Tanh, Biased, f64>;
type Upper = Dense<5, 2, Sigmoid, Biased, f64>;

/// Layers that some seed drew.
fn drawn<L: Layer<Scalar = f64> + Zero>(seed: u32) -> L {
    let mut layer = L::ZERO;
    layer.initialize(&mut Uniform(Generator::new(seed)));
    layer.tensors_mut(&mut |tensor| {
        if tensor.role == Role::Bias {
            tensor.data.fill(0.1);
        }
    });
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
    let mut all = Trainer::<_, SquaredError, Momentum<f64>>::with_network((lower, upper), Momentum::new(0.5, 0.9));
    let mut last =
        Trainer::<_, SquaredError, Momentum<f64>>::with_network((Frozen(still(lower)), upper), Momentum::new(0.5, 0.9));
    assert_eq!(all.step(&X, &T), last.step(&X, &T));
    assert_eq!(digest(&all.network.1), digest(&last.network.1));
    assert_ne!(digest(&all.network.0), digest(&lower));
    for _ in 0..10 {
        last.step(&X, &T).unwrap();
    }
    assert_eq!(digest(&last.network.0), digest(&lower));
    assert_eq!(digest(&last.network), digest(&(lower, last.network.1)), "frozen parameters belong to the digest");
}

/// A layer below a frozen one gets the errors that come through it.
#[test]
fn frozen_above() {
    let (lower, upper) = (drawn::<Lower>(1), drawn::<Upper>(2));
    let mut all = Trainer::<_, SquaredError, Sgd<f64>>::with_network((lower, upper), Sgd::new(0.5));
    let mut first = Trainer::<_, SquaredError, Sgd<f64>>::with_network((lower, Frozen(still(upper))), Sgd::new(0.5));
    assert_eq!(all.step(&X, &T), first.step(&X, &T));
    assert_eq!(digest(&all.network.0), digest(&first.network.0));
    assert_eq!(digest(&first.network.1), digest(&upper));
}

/// No delta is computed where nothing below learns: here it would be infinite.
#[test]
fn no_delta_where_nothing_learns() {
    let mut middle = drawn::<Dense<5, 5, Identity, Biased, f64>>(3);
    let upper = drawn::<Upper>(2);
    (middle.weights, middle.biases) = ([[1e300; 5]; 5], [0.0; 5]);
    let lower = Dense::<3, 5, Identity, Biased, f64>::ZERO;
    let steep = Dense::<5, 2, Identity, Biased, f64>::new([[1e200; 2]; 5], [0.0; 2]);
    // Frozen, frozen, learning: only the last layer's deltas exist.
    let mut last = Trainer::<_, SquaredError, Sgd<f64>>::with_network(
        (Frozen(still(lower)), Frozen(still(middle)), upper),
        Sgd::new(0.1),
    );
    last.step(&X, &T).unwrap();
    // Learning, frozen, frozen: the error overflows on its way down, and is noticed.
    let mut first = Trainer::<_, SquaredError, Sgd<f64>>::with_network(
        (lower, Frozen(still(middle)), Frozen(still(steep))),
        Sgd::new(0.1),
    );
    assert_eq!(first.step(&X, &T), Err(StepError::Delta));
    // Nothing learns: nothing is computed that could fail.
    let mut none = Trainer::<_, SquaredError, Sgd<f64>>::with_network(
        (Frozen(still(lower)), Frozen(still(middle)), Frozen(still(steep))),
        Sgd::new(0.1),
    );
    none.step(&X, &T).unwrap();
}

/// Biases learn as they do in a layer that learns as a whole, in its first step; and alone they go on.
#[test]
fn biases_only() {
    let (lower, upper) = (drawn::<Lower>(1), drawn::<Upper>(2));
    let mut all = Trainer::<_, SquaredError, Momentum<f64>>::with_network((lower, upper), Momentum::new(0.5, 0.9));
    let network = (BiasOnly::new(still(lower)), BiasOnly::new(still(upper)));
    let mut biases = Trainer::<_, SquaredError, Momentum<f64>>::with_network(network, Momentum::new(0.5, 0.9));
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

/// Biases that were learnt elsewhere are what a start begins with, each time.
#[test]
fn biases_start_as_they_were() {
    static FIRST: Dense<1, 1, Identity> = Dense::new([[0.0]], [0.5]);
    let mut trainer = Trainer::<BiasOnly<_>, SquaredError, Sgd>::with_network(BiasOnly::new(&FIRST), Sgd::new(0.5));
    for _ in 0..2 {
        trainer.start(Sgd::new(0.5), &mut Uniform(Generator::new(1)));
        assert_eq!(trainer.predict(&[1.0]), [0.5]);
        trainer.step(&[1.0], &[1.0]).unwrap();
        assert_eq!(trainer.predict(&[1.0]), [0.75]);
    }
}

/// A type without bytes leads to a layer: the trainer can be zero, and learns as one with references does.
#[test]
fn named_layers() {
    static LOWER: Lower = Lower::new([[0.3, -0.2, 0.5, 0.1, -0.4]; 3], [0.1; 5]);
    static UPPER: Upper = Upper::new([[0.7, -0.6]; 5], [0.2, -0.3]);
    named!(NamedLower, Lower, LOWER);
    named!(NamedUpper, Upper, UPPER);
    type Named = Trainer<(Frozen<NamedLower>, BiasOnly<NamedUpper>), SquaredError, Momentum<f64>>;
    const { assert!(Named::BYTES == size_of::<f64>() * (2 + 2 + 2 * (5 + 2) + 2)) };

    let mut named = Named::new();
    named.start(Momentum::new(0.5, 0.9), &mut Uniform(Generator::new(1)));
    let network = (Frozen(&LOWER), BiasOnly::new(&UPPER));
    let mut references = Trainer::<_, SquaredError, Momentum<f64>>::with_network(network, Momentum::new(0.5, 0.9));
    for _ in 0..20 {
        assert_eq!(named.step(&X, &T), references.step(&X, &T));
    }
    assert_eq!(digest(&named.network), digest(&references.network));
    assert_ne!(digest(&named.network), digest(&(LOWER, UPPER)));

    // Any pointer will do, such as one that several trainers share.
    let shared = Arc::new(LOWER);
    let mut trainer = Trainer::<_, SquaredError, Momentum<f64>>::with_network(
        (Frozen(shared.clone()), UPPER),
        Momentum::new(0.5, 0.9),
    );
    trainer.step(&X, &T).unwrap();
    assert_eq!(digest(&trainer.network.0), digest(&*shared));
}

/// A start from a network that was learnt elsewhere is that of a trainer made with it, whatever came before.
#[test]
fn start_from_learnt_weights() {
    let learnt = (drawn::<Lower>(1), drawn::<Upper>(2));
    let adam = Adam::new(0.1);
    let mut new = Trainer::<_, SquaredError, Adam<f64>>::with_network(learnt, adam);
    let mut started = Trainer::<(Lower, Upper), SquaredError, Adam<f64>>::new();
    started.start(adam, &mut Uniform(Generator::new(9)));
    for _ in 0..3 {
        started.step(&X, &T).unwrap();
    }
    started.start_from(&learnt, adam);
    assert_eq!(digest(&started.network), digest(&learnt));
    for _ in 0..3 {
        assert_eq!(started.step(&X, &T), new.step(&X, &T));
    }
    assert_eq!(digest(&started.network), digest(&new.network));
}

/// Hyperparameters of frozen layers are checked, too, and biases are counted.
#[test]
fn what_is_frozen_is_checked() {
    type Below = (Dropout<2>, Dense<2, 3>);
    let below: Below = (Dropout { rate: 1.5 }, Dense::new([[0.1; 3]; 2], [0.0; 3]));
    let network = (Frozen(Arc::new(below)), Dense::<3, 1>::new([[0.1]; 3], [0.0]));
    let mut trainer = Trainer::<_, SquaredError, _>::with_network(network, Sgd::new(0.1));
    assert_eq!(trainer.step(&[0.1, 0.2], &[0.5]), Err(StepError::Dropout));
    assert_eq!(<BiasOnly<&Dense<2, 3>> as Infer>::PARAMETERS, 9);
    assert_eq!(<BiasOnly<&Dense<4, 5>> as Infer>::PARAMETERS, 25);
}
