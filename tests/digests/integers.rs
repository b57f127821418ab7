//! Trainings and inference in integers whose final bits are known: [`workloads`](crate::workloads) without floating point.

use downhill::init::{Generator, He};
use downhill::integer::{self, Layers, Nearest, Objective, Rate, Rounding, Stochastic, Whole};
use downhill::quantized::{Calibration, Double, MinMax, Quantiles, QuantizeError, Quantized, Range, Single};
use downhill::{
    BinaryCrossEntropy, CrossEntropy, Dense, Predictor, Relu, Sgd, Sigmoid, Softmax, StepError, Tanh, Trainer, Zero,
    digest, encode,
};

use crate::workloads::{Flower, Workload, flower};

/// With weights of 8 bits, one output for each of both answers.
pub type Xor =
    integer::Trainer<(integer::Dense<2, 4, Tanh, i8>, integer::Dense<4, 2, Softmax, i8>), CrossEntropy, Stochastic>;

/// 20,000 steps of exclusive or, from inputs that are integers: 64 is 1.
pub const XOR: Workload<Xor, ()> = Workload {
    name: "integer-xor",
    golden: 0x0b9a_dec1_49eb_32ce,
    train: |trainer, ()| {
        trainer.start(Rate::power(4), &mut He(Generator::new(1)));
        let samples = [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)];
        for (x, class) in samples.iter().cycle().take(20_000) {
            trainer.step_integers(x, 6, *class)?;
        }
        Ok(digest(&trainer.network))
    },
};

pub type Iris = integer::Trainer<(integer::Dense<4, 7, Relu>, integer::Dense<7, 3, Softmax>), CrossEntropy, Nearest>;
/// The other activations, loss and rounding, weights of 8 bits, and activations of 16.
pub type IrisBytes = integer::Trainer<
    (integer::Dense<4, 7, Tanh, i8>, integer::Dense<7, 5, Sigmoid, i8>, integer::Dense<5, 3, Sigmoid, i8>),
    BinaryCrossEntropy,
    Stochastic,
    i16,
>;

pub const IRIS: Workload<Iris, [Flower]> = Workload {
    name: "integer-iris",
    golden: 0x442a_7f62_f61b_54ba,
    train: |trainer, flowers| iris(trainer, Rate::power(4), flowers.iter().copied()),
};
pub const IRIS_BYTES: Workload<IrisBytes, [Flower]> = Workload {
    name: "integer-iris-bytes",
    golden: 0xf13a_f9c4_7973_9f18,
    train: |trainer, flowers| iris(trainer, Rate::new(0.1), flowers.iter().copied()),
};

/// Sixty epochs of Iris in stored order.
pub fn iris<N, L, R, V>(
    trainer: &mut integer::Trainer<N, L, R, V>,
    rate: Rate,
    flowers: impl Iterator<Item = Flower> + Clone,
) -> Result<u64, StepError>
where
    N: Layers<Input = [f32; 4], Output = [f32; 3]>,
    L: Objective<N::Last>,
    R: Rounding,
    V: Whole,
{
    trainer.start(rate, &mut He(Generator::new(2)));
    for (centimetres, class) in core::iter::repeat_n(flowers, 60).flatten() {
        trainer.step(&flower(&centimetres), &encode::one_hot(class).unwrap_or_default())?;
    }
    Ok(digest(&trainer.network))
}

type Net = (Dense<4, 7, Tanh>, Dense<7, 5, Relu>, Dense<5, 3, Softmax>);

/// What learns in numbers, and what is made of it.
pub struct Int8<R, C = MinMax>
where
    R: downhill::quantized::Rounding,
    C: Range,
{
    pub trainer: Trainer<Net, CrossEntropy, Sgd>,
    pub calibration: Calibration<Net, C>,
    pub quantized: Quantized<Net, R>,
}

impl<R: downhill::quantized::Rounding, C: Range> Zero for Int8<R, C> {
    const ZERO: Self = Self { trainer: Trainer::new(), calibration: Calibration::new(), quantized: Zero::ZERO };
}

pub type Int8Single = Int8<Single>;
pub type Int8Double = Int8<Double, Quantiles<100>>;

pub const INT8_SINGLE: Workload<Int8Single, [Flower]> = Workload {
    name: "int8-single",
    golden: 0xdb81_e125_85fa_a3e8,
    train: |int8, flowers| quantise(int8, flowers.iter().copied()),
};
pub const INT8_DOUBLE: Workload<Int8Double, [Flower]> = Workload {
    name: "int8-double",
    golden: 0x580d_c683_de5d_91e6,
    train: |int8, flowers| quantise(int8, flowers.iter().copied()),
};

/// Twenty epochs of Iris, then the network in integers, and what it predicts for all flowers.
pub fn quantise<R, C>(int8: &mut Int8<R, C>, flowers: impl Iterator<Item = Flower> + Clone) -> Result<u64, StepError>
where
    R: downhill::quantized::Rounding,
    C: Range,
{
    let Int8 { trainer, calibration, quantized } = int8;
    trainer.start(Sgd::new(0.05), &mut He(Generator::new(1)));
    for (centimetres, class) in core::iter::repeat_n(flowers.clone(), 20).flatten() {
        trainer.step(&flower(&centimetres), &encode::one_hot(class).unwrap_or_default())?;
    }
    let refused = |error| match error {
        QuantizeError::Input => StepError::Input,
        _ => StepError::Gradient,
    };
    for (centimetres, _) in flowers.clone() {
        calibration.observe(&trainer.network, &flower(&centimetres)).map_err(refused)?;
    }
    calibration.quantize(&trainer.network, quantized).map_err(refused)?;
    let mut predictor = Predictor::new(&*quantized);
    let outputs = flowers.flat_map(|(centimetres, _)| predictor.predict(&flower(&centimetres)));
    Ok(outputs.fold(digest(&*quantized), |hash, y| (hash ^ u64::from(y.to_bits())).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}
