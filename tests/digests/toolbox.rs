//! Trainings with every optimiser and everything that goes around one, as [`workloads`](super::workloads) has them for
//! layers and losses.

use core::ops::{ControlFlow, Deref};

use downhill::fit::{Data, FitError};
use downhill::init::{Generator, Random, TruncatedNormal};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::schedule::{Constant, Cosine, Exponential, Plateau, Schedule, StepDecay};
use downhill::{
    Adam, AdamW, Batch, Best, BiasOnly, BinaryCrossEntropy, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense,
    Dropout, Fit, Huber, Momentum, Nesterov, RmsProp, Rprop, Samples, Sgd, Softmax, StepError, Tanh, Trainer,
    WeightDecay, Zero, digest, encode,
};

use super::workloads::{self, Flower, IRIS, Workload, flower};

type Net = (Dense<4, 7, Tanh>, Dense<7, 3, Softmax>);
type Flowers<T> = Workload<T, [Flower]>;
pub type With<P> = Trainer<Net, CrossEntropy, P>;

pub const NESTEROV: Flowers<With<Nesterov>> = Workload {
    name: "nesterov",
    golden: 0xbdbd_26ef_000f_a8fc,
    train: |trainer, flowers| learn(trainer, Nesterov::new(0.02, 0.9), flowers),
};
pub const RMSPROP: Flowers<With<RmsProp>> = Workload {
    name: "rmsprop",
    golden: 0x2ce1_f748_e8b6_fd78,
    train: |trainer, flowers| learn(trainer, RmsProp::new(0.003), flowers),
};
pub const ADAM: Flowers<With<Adam>> = Workload {
    name: "adam",
    golden: 0xbfe9_b0a5_0a17_2167,
    train: |trainer, flowers| learn(trainer, Adam::new(0.01), flowers),
};
pub const ADAMW: Flowers<With<AdamW>> = Workload {
    name: "adamw",
    golden: 0x08be_4437_b507_98e4,
    train: |trainer, flowers| learn(trainer, AdamW::new(0.01, 0.01), flowers),
};
/// All flowers are one batch, which `flush` ends.
pub const RPROP: Flowers<With<Batch<Rprop>>> = Workload {
    name: "rprop",
    golden: 0x0279_c66e_5cda_0f2f,
    train: |trainer, flowers| learn(trainer, Batch::new(usize::MAX, Rprop::new()), flowers),
};
/// The last batch of an epoch has one flower.
pub const BATCH: Flowers<With<Batch<Momentum>>> = Workload {
    name: "batch",
    golden: 0x356b_cda8_91fe_2212,
    train: |trainer, flowers| learn(trainer, Batch::new(8, Momentum::new(0.2, 0.9)), flowers),
};
/// A gradient on its way through everything that changes one.
pub type Modified = ClipSample<Batch<ClipNorm<ClipValue<WeightDecay<RmsProp>>>>>;
pub const MODIFIED: Flowers<With<Modified>> = Workload {
    name: "modified",
    golden: 0x2d5b_8c12_6444_8fbc,
    train: |trainer, flowers| learn(trainer, modified(), flowers),
};
pub fn modified() -> Modified {
    let inner = ClipValue::new(0.2, WeightDecay::new(1e-3, RmsProp::new(0.01)));
    ClipSample::new(1.0, Batch::new(4, ClipNorm::new(0.5, inner)))
}
/// Slices of samples instead of single ones, with a norm that is that of their mean.
pub type Slices = Trainer<Net, CrossEntropy, ClipNorm<Sgd>, 16>;
pub const SLICES: Flowers<Slices> = Workload {
    name: "slices",
    golden: 0x915e_4eac_2988_f139,
    train: |trainer, flowers| {
        trainer.start(ClipNorm::new(0.7, Sgd::new(0.5)), &mut TruncatedNormal(Generator::new(4)));
        for _ in 0..60 {
            for slice in flowers.chunks(16) {
                let (mut x, mut targets) = ([[0.0; 4]; 16], [[0.0; 3]; 16]);
                for ((x, target), (centimetres, class)) in x.iter_mut().zip(&mut targets).zip(slice) {
                    (*x, *target) = (flower(centimetres), encode::one_hot(*class).unwrap_or_default());
                }
                trainer.step_batch(&x[..slice.len()], &targets[..slice.len()])?;
            }
        }
        Ok(digest(&trainer.network))
    },
};
pub type Robust = Trainer<(Dense<4, 7>, Dense<7, 3>), Huber<1, 2>, Sgd>;
pub const HUBER: Flowers<Robust> = Workload {
    name: "huber",
    golden: 0xbb33_efec_4639_341e,
    train: |trainer, flowers| learn(trainer, Sgd::new(1.0), flowers),
};
/// Dropout, smoothed labels, and weights by class.
pub type Regularized = Trainer<(Dense<4, 12, Tanh>, Dropout<12>, Dense<12, 3, Softmax>), CrossEntropy, Sgd>;
pub const REGULARIZED: Flowers<Regularized> = Workload {
    name: "regularized",
    golden: 0x3da6_a994_190b_9780,
    train: |trainer, flowers| {
        trainer.start(Sgd::new(0.1), &mut TruncatedNormal(Generator::new(4)));
        trainer.network.1.rate = 0.2;
        trainer.seed(5);
        // As if there were more flowers of the first kind.
        let weights: [f32; 3] = encode::balanced(&[60, 35, 35]);
        for _ in 0..60 {
            for (centimetres, class) in flowers {
                let target = encode::smoothed(*class, 0.1).unwrap_or_default();
                let weight = weights.get(*class).copied().unwrap_or_default();
                trainer.step_weighted(&flower(centimetres), &target, weight)?;
            }
        }
        Ok(digest(&trainer.network))
    },
};
/// A fit with everything in it: the best of two starts, which a part of the flowers that was held out decides, in
/// random order, at rates from a cosine.
pub type Fitted = Trainer<(Dense<4, 12, Tanh>, Dropout<12>, Dense<12, 3, Softmax>), CrossEntropy, Batch<Momentum>>;
pub const FIT: Flowers<Fitted> = Workload {
    name: "fit",
    golden: 0x9216_3f9d_c7e5_9bc0,
    train: |trainer, flowers| {
        let samples = flowers.mapped(|centimetres, &class| Some((flower(centimetres), encode::one_hot(class)?)));
        let (train, validation) = samples.hold_out(25, 1);
        let fit = Fit { patience: Some(10), ..Fit::new(60, Cosine { warmup: 5, ..Cosine::new(0.1, 60) }) };
        let start = |trainer: &mut Fitted, seed| {
            trainer.start(Batch::new(3, Momentum::new(0.1, 0.9)), &mut TruncatedNormal(Generator::new(seed)));
            trainer.network.1.rate = 0.1;
            trainer.seed(seed);
        };
        let mut best = Best::new();
        let on_epoch = |_: &mut Fitted, _: &_| ControlFlow::Continue(());
        fit.restarts(2, trainer, start, Data::new(&train).validated_on(&validation).keeping(&mut best), on_epoch)
            .map_err(|error| match error {
                FitError::Step(_, error) | FitError::Validation(_, error) | FitError::Batch(error) => error,
                _ => StepError::Batch,
            })?;
        Ok(digest(&trainer.network))
    },
};
/// Each of the other schedules for some epochs, the plateau's rate after their losses.
pub const SCHEDULES: Flowers<With<Sgd>> = Workload {
    name: "schedules",
    golden: 0xdf73_0b5b_579f_b105,
    train: |trainer, flowers| {
        trainer.start(Sgd::new(0.1), &mut TruncatedNormal(Generator::new(4)));
        scheduled(trainer, flowers, Constant(0.2))?;
        scheduled(trainer, flowers, StepDecay::new(0.2, 5, 0.7))?;
        scheduled(trainer, flowers, Exponential::new(0.1, 0.9))?;
        scheduled(trainer, flowers, Plateau::new(0.1, 0.5, 1))?;
        Ok(digest(&trainer.network))
    },
};
pub type Binary = Trainer<(Dense<4, 7, Tanh>, Dense<7, 3>), BinaryCrossEntropy, Sgd>;
pub const BINARY: Flowers<Binary> = Workload {
    name: "binary",
    golden: 0x34d2_a58b_0092_c4cc,
    train: |trainer, flowers| learn(trainer, Sgd::new(0.1), flowers),
};
pub type Pieces = workloads::Iris;
/// [`IRIS`] again, in pieces of another size at every call.
pub const PIECES: Flowers<Pieces> = Workload {
    name: "pieces",
    golden: IRIS.golden,
    train: |trainer, flowers| {
        trainer.start(Sgd::new(1.0), &mut TruncatedNormal(Generator::new(2)));
        let mut macs = Generator::new(6);
        for (centimetres, class) in flowers.iter().cycle().take(60 * flowers.len()) {
            let (x, target) = (flower(centimetres), encode::one_hot(*class).unwrap_or_default());
            let mut step = trainer.step_in_pieces(&x, &target);
            while step.run((macs.next_u32() % 200) as usize)? == Progress::More {}
        }
        Ok(digest(&trainer.network))
    },
};
/// The first layer learns through one that is frozen, and the last learns its biases.
pub type Frozen = Trainer<(Dense<4, 7, Tanh>, downhill::Frozen<Middle>, BiasOnly<Last>), CrossEntropy, Momentum>;
pub const FROZEN: Flowers<Frozen> = Workload {
    name: "frozen",
    golden: 0xd579_5c3d_c8d8_8289,
    train: |trainer, flowers| learn(trainer, Momentum::new(0.02, 0.9), flowers),
};
static MIDDLE: Dense<7, 5, Tanh> = Dense::new(
    [
        [0.3, -0.2, 0.5, 0.1, -0.4],
        [-0.6, 0.4, 0.2, -0.1, 0.3],
        [0.2, 0.5, -0.3, 0.6, 0.1],
        [-0.1, -0.5, 0.4, 0.2, 0.6],
        [0.5, 0.1, -0.6, -0.3, 0.2],
        [0.4, -0.3, 0.1, 0.5, -0.2],
        [-0.2, 0.6, 0.3, -0.4, 0.5],
    ],
    [0.1, -0.1, 0.2, 0.0, -0.2],
);
static LAST: Dense<5, 3, Softmax> =
    Dense::new([[1.5, -0.5, 0.3], [-0.9, 1.2, 0.1], [0.4, 0.2, -1.4], [-1.1, 0.7, 0.6], [0.3, -1.3, 0.9]], [0.0; 3]);

/// Lead to the statics, without a byte, so that the trainer can be all zero.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Middle;
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Last;

impl Deref for Middle {
    type Target = Dense<7, 5, Tanh>;
    fn deref(&self) -> &Self::Target {
        &MIDDLE
    }
}

impl Deref for Last {
    type Target = Dense<5, 3, Softmax>;
    fn deref(&self) -> &Self::Target {
        &LAST
    }
}

impl Zero for Middle {
    const ZERO: Self = Self;
}

impl Zero for Last {
    const ZERO: Self = Self;
}

/// Twenty epochs in stored order.
fn scheduled(
    trainer: &mut With<Sgd>,
    flowers: &[Flower],
    schedule: impl Schedule<f32> + Clone,
) -> Result<(), StepError> {
    let samples = |_| flowers.iter().map(|(x, class)| (flower(x), encode::one_hot(*class).unwrap_or_default()));
    let fit = Fit::new(20, schedule).run(trainer, Data::stream(samples), |_, _| ControlFlow::Continue(()));
    match fit {
        Ok(_) => Ok(()),
        Err(FitError::Step(_, error)) => Err(error),
        Err(_) => Err(StepError::Batch),
    }
}

/// Sixty epochs in stored order.
fn learn<N, L, P>(trainer: &mut Trainer<N, L, P>, optimizer: P, flowers: &[Flower]) -> Result<u64, StepError>
where
    N: Layer<Scalar = f32, Input = [f32; 4], Output = [f32; 3]>,
    L: Loss,
    P: Optimizer<f32>,
{
    trainer.start(optimizer, &mut TruncatedNormal(Generator::new(4)));
    for _ in 0..60 {
        for (centimetres, class) in flowers {
            trainer.step(&flower(centimetres), &encode::one_hot(*class).unwrap_or_default())?;
        }
        trainer.flush()?;
    }
    Ok(digest(&trainer.network))
}
