//! Trainings whose final weights are known bit by bit. The host runs them in `tests/digests.rs`, the chips in
//! `examples/firmware`, and both compare the [`digest`] of all weights with the same constants.

use downhill::init::{Generator, TruncatedNormal};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::math::Fast;
#[cfg(feature = "micromath")]
use downhill::math::Micromath;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{
    CrossEntropy, Dense, ErrorShare, Identity, LeakyRelu, Momentum, RawError, Relu, Sgd, Sigmoid, Softmax,
    SquaredError, StepError, Tanh, Trainer, Unbiased, digest, encode,
};

/// A training: the name that firmware prints, the digest that it must reach, and how it is done with which data.
pub struct Workload<T, D: ?Sized> {
    pub name: &'static str,
    pub golden: u64,
    pub train: fn(&mut T, &D) -> Result<u64, StepError>,
}

pub type Xor = Trainer<(Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd>;

/// 20,000 steps of exclusive or.
pub const XOR: Workload<Xor, ()> = Workload {
    name: "xor",
    golden: 0x6648_1032_3264_a499,
    train: |trainer, ()| {
        trainer.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));
        let samples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
        for (x, target) in samples.iter().cycle().take(20_000) {
            trainer.step(x, target)?;
        }
        Ok(digest(&trainer.network))
    },
};

/// A flower: sepal length, sepal width, petal length, petal width in centimetres, and its class.
pub type Flower = ([f32; 4], usize);
type IrisNet = (Dense<4, 7>, Dense<7, 3>);
pub type Iris = Trainer<IrisNet, SquaredError, Sgd>;
pub type IrisMomentum = Trainer<IrisNet, SquaredError, Momentum>;
pub type IrisRawError = Trainer<IrisNet, SquaredError, Sgd, 1, RawError>;
pub type IrisErrorShare = Trainer<IrisNet, SquaredError, Sgd, 1, ErrorShare>;
/// Every other activation, a layer without biases, and a loss that is linked to the last activation.
pub type IrisDeep = Trainer<
    (
        Dense<4, 7, Tanh>,
        Dense<7, 6, Relu>,
        Dense<6, 5, LeakyRelu, Unbiased, f32>,
        Dense<5, 4, Identity>,
        Dense<4, 3, Softmax>,
    ),
    CrossEntropy,
    Sgd,
>;

pub const IRIS: Workload<Iris, [Flower]> = Workload {
    name: "iris",
    golden: 0xc7c7_092e_3b24_4d22,
    train: |trainer, flowers| iris(trainer, Sgd::new(1.0), flowers.iter().copied()),
};
pub const IRIS_MOMENTUM: Workload<IrisMomentum, [Flower]> = Workload {
    name: "iris-momentum",
    golden: 0x5b03_015b_6452_0b64,
    train: |trainer, flowers| iris(trainer, Momentum::new(0.1, 0.9), flowers.iter().copied()),
};
pub const IRIS_RAW_ERROR: Workload<IrisRawError, [Flower]> = Workload {
    name: "iris-raw-error",
    golden: 0xaa8d_8a56_3be3_7bfe,
    train: |trainer, flowers| iris(trainer, Sgd::new(0.4), flowers.iter().copied()),
};
pub const IRIS_ERROR_SHARE: Workload<IrisErrorShare, [Flower]> = Workload {
    name: "iris-error-share",
    golden: 0x63b2_ac00_b715_fe02,
    train: |trainer, flowers| iris(trainer, Sgd::new(0.1), flowers.iter().copied()),
};
pub const IRIS_DEEP: Workload<IrisDeep, [Flower]> = Workload {
    name: "iris-deep",
    golden: 0x0873_f3d0_9c43_6f12,
    train: |trainer, flowers| iris(trainer, Sgd::new(0.05), flowers.iter().copied()),
};
/// The three activations that have an exponential in them, from one backend.
pub type IrisBackend<M> =
    Trainer<(Dense<4, 7, Tanh<M>>, Dense<7, 5, Sigmoid<M>>, Dense<5, 3, Softmax<M>>), CrossEntropy, Sgd>;

pub const IRIS_FAST: Workload<IrisBackend<Fast>, [Flower]> = Workload {
    name: "iris-fast",
    golden: 0xb362_ecd6_1e30_a48a,
    train: |trainer, flowers| iris(trainer, Sgd::new(0.1), flowers.iter().copied()),
};
#[cfg(feature = "micromath")]
pub const IRIS_MICROMATH: Workload<IrisBackend<Micromath>, [Flower]> = Workload {
    name: "iris-micromath",
    golden: 0xf3ff_e527_9c9f_b86f,
    train: |trainer, flowers| iris(trainer, Sgd::new(0.1), flowers.iter().copied()),
};

/// Inputs of a flower.
pub fn flower(centimetres: &[f32; 4]) -> [f32; 4] {
    centimetres.map(|length| encode::scaled(length, 8.0))
}

/// Sixty epochs of Iris in stored order.
pub fn iris<N, L, P, R>(
    trainer: &mut Trainer<N, L, P, 1, R>,
    optimizer: P,
    flowers: impl Iterator<Item = Flower> + Clone,
) -> Result<u64, StepError>
where
    N: Layer<Scalar = f32, Input = [f32; 4], Output = [f32; 3]>,
    L: Loss,
    P: Optimizer<f32>,
    R: Rule,
{
    trainer.start(optimizer, &mut TruncatedNormal(Generator::new(2)));
    for (centimetres, class) in core::iter::repeat_n(flowers, 60).flatten() {
        trainer.step(&flower(&centimetres), &encode::one_hot(class).unwrap_or_default())?;
    }
    Ok(digest(&trainer.network))
}

/// A handwritten digit: 8 by 8 pixels from 0 to 16, and its class.
pub type Digit = ([u8; 64], usize);
type DigitsNet = (Dense<64, 32>, Dense<32, 10>);
pub type Digits = Trainer<DigitsNet, SquaredError, Sgd>;
pub type DigitsMomentum = Trainer<DigitsNet, SquaredError, Momentum>;

pub const DIGITS: Workload<Digits, [Digit]> = Workload {
    name: "digits",
    golden: 0xc5f0_5cf9_3aac_b948,
    train: |trainer, samples| digits(trainer, Sgd::new(0.3), samples),
};
pub const DIGITS_MOMENTUM: Workload<DigitsMomentum, [Digit]> = Workload {
    name: "digits-momentum",
    golden: 0xd19c_a520_7e78_8979,
    train: |trainer, samples| digits(trainer, Momentum::new(0.03, 0.9), samples),
};

/// Inputs of a digit.
pub fn digit(pixels: &[u8; 64]) -> [f32; 64] {
    pixels.map(|pixel| encode::scaled(f32::from(pixel), 16.0))
}

/// One epoch of digits in stored order.
fn digits<P: Optimizer<f32>>(
    trainer: &mut Trainer<DigitsNet, SquaredError, P>,
    optimizer: P,
    samples: &[Digit],
) -> Result<u64, StepError> {
    trainer.start(optimizer, &mut TruncatedNormal(Generator::new(3)));
    for (pixels, class) in samples {
        trainer.step(&digit(pixels), &encode::targets(*class).unwrap_or_default())?;
    }
    Ok(digest(&trainer.network))
}
