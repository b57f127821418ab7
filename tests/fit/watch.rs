//! Trainers of small networks on Iris, and fits that write down what they do.

// No test uses all of it.
#![allow(dead_code)]

#[path = "../common/mod.rs"]
pub mod data;

use std::ops::ControlFlow::{self, Continue};

use downhill::fit::{Data, Epoch, Outcome};
use downhill::init::{Generator, Xavier};
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::schedule::Schedule;
use downhill::{
    Adam, Best, CrossEntropy, Dense, Dropout, Fit, Layer, Relu, Sgd, Softmax, SquaredError, Trainer, Zero, digest,
    encode,
};

pub type Iris = ([f32; 4], [f32; 3]);
pub type Net = (Dense<4, 7>, Dense<7, 3>);
pub type Forgetful = (Dense<4, 16, Relu>, Dropout<16>, Dense<16, 3, Softmax>);

pub const NONE: &[Iris] = &[];

pub fn iris(file: &str) -> Vec<Iris> {
    let samples = data::samples::<f32, usize, 4>(file);
    samples.into_iter().map(|(x, class)| (x.map(|x| x / 8.0), encode::one_hot(class).unwrap())).collect()
}

pub fn train() -> Vec<Iris> {
    iris("iris/train.csv")
}

pub fn trainer<N: Layer<Scalar = f32> + Zero, L: Loss, P: Optimizer<f32> + Zero>(
    optimizer: P,
    seed: u32,
) -> Trainer<N, L, P> {
    let mut trainer = Trainer::ZERO;
    trainer.start(optimizer, &mut Xavier(Generator::new(seed)));
    trainer.seed(seed);
    trainer
}

pub fn plain(seed: u32) -> Trainer<Net, SquaredError, Sgd> {
    trainer(Sgd::new(1.0), seed)
}

pub fn forgetful(seed: u32) -> Trainer<Forgetful, CrossEntropy, Adam> {
    let mut trainer = trainer::<Forgetful, CrossEntropy, Adam>(Adam::new(0.01), seed);
    trainer.network.1.rate = 0.3;
    trainer
}

/// What the callback of a fit saw: the epochs, and the weights after each.
pub struct Seen {
    pub outcome: Outcome,
    pub epochs: Vec<Epoch>,
    pub digests: Vec<u64>,
    pub last: u64,
}

/// Runs a fit, and writes down everything.
pub fn watch<N: Layer<Scalar = f32> + Copy, L: Loss, P: Optimizer<f32>, S: Schedule<f32> + Clone>(
    fit: &Fit<S>,
    trainer: &mut Trainer<N, L, P>,
    train: &[(N::Input, N::Output)],
    validation: &[(N::Input, N::Output)],
    best: Option<&mut Best<N>>,
) -> Seen {
    let (mut epochs, mut digests) = (Vec::new(), Vec::new());
    let mut on_epoch = |trainer: &mut Trainer<N, L, P>, epoch: &Epoch| {
        epochs.push(*epoch);
        digests.push(digest(&trainer.network));
        Continue(())
    };
    let data = Data::new(train).validated_on(validation);
    let outcome = match best {
        Some(best) => fit.run(trainer, data.keeping(best), &mut on_epoch),
        None => fit.run(trainer, data, &mut on_epoch),
    };
    Seen { outcome: outcome.unwrap(), epochs, digests, last: digest(&trainer.network) }
}

pub fn room<N: Layer + Zero>() -> Best<N> {
    Best::ZERO
}

pub fn on<T>(_: &mut T, _: &Epoch) -> ControlFlow<()> {
    Continue(())
}
