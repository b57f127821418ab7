//! Trainers of small networks on Iris, and fits that write down what they do.

// No test uses all of it.
#![allow(dead_code)]

#[path = "../common/mod.rs"]
pub mod data;

use std::ops::ControlFlow::{self, Continue};

use downhill::fit::{Data, Epoch, Outcome, Score, Validation};
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
    let mut trainer = Trainer::new();
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

/// What an epoch tells of a validation that a test has, or has not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told(pub Option<Score>);

impl From<()> for Told {
    fn from((): ()) -> Self {
        Self(None)
    }
}

impl From<Score> for Told {
    fn from(score: Score) -> Self {
        Self(Some(score))
    }
}

// No fit reads the constant: the test has the epochs of its fit from elsewhere.
impl Validation<f32> for Told {
    const GIVEN: bool = true;

    fn loss(&self) -> Option<f32> {
        self.0.map(|score| score.loss)
    }
}

fn told<V: Into<Told>>(epoch: Epoch<f32, V>) -> Epoch<f32, Told> {
    let Epoch { number, rate, loss, validation, training, best } = epoch;
    Epoch { number, rate, loss, validation: validation.into(), training, best }
}

/// What the callback of a fit saw: the epochs, and the weights after each.
pub struct Seen {
    pub outcome: Outcome<f32, Told>,
    pub epochs: Vec<Epoch<f32, Told>>,
    pub digests: Vec<u64>,
    pub last: u64,
}

/// Runs a fit, and writes down everything. Without samples, there is no validation.
pub fn watch<N: Layer<Scalar = f32> + Copy, L: Loss, P: Optimizer<f32>, S: Schedule<f32> + Clone>(
    fit: &Fit<S>,
    trainer: &mut Trainer<N, L, P>,
    train: &[(N::Input, N::Output)],
    validation: &[(N::Input, N::Output)],
    best: Option<&mut Best<N>>,
) -> Seen {
    let (mut epochs, mut digests) = (Vec::new(), Vec::new());
    let mut see = |trainer: &Trainer<N, L, P>, epoch| {
        epochs.push(epoch);
        digests.push(digest(&trainer.network));
        Continue(())
    };
    macro_rules! run {
        ($data:expr) => {{
            let outcome = fit.run(trainer, $data, |trainer, &epoch| see(trainer, told(epoch))).unwrap();
            let Outcome { seed, epochs, entering, best, end } = outcome;
            Outcome { seed, epochs, entering, best: best.map(told), end }
        }};
    }
    let data = Data::new(train);
    let outcome = match best {
        Some(best) if validation.is_empty() => run!(data.keeping(best)),
        None if validation.is_empty() => run!(data),
        Some(best) => run!(data.validated_on(validation).keeping(best)),
        None => run!(data.validated_on(validation)),
    };
    Seen { outcome, epochs, digests, last: digest(&trainer.network) }
}

pub fn room<N: Layer + Zero>() -> Best<N> {
    Best::new()
}

pub fn on<T, E>(_: &mut T, _: &E) -> ControlFlow<()> {
    Continue(())
}
