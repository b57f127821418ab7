//! Trainings and inference in integers whose final bits are known: [`workloads`](crate::workloads) without floating point.

use downhill::init::{Generator, He, Init, Random};
use downhill::integer::{self, Layers, Nearest, Objective, Rate, Rounding, Stochastic, Whole};
use downhill::quantized::{
    self, Calibration, Clamp, Double, Layer, MinMax, PerTensor, Quantiles, Quantization, QuantizeError, Quantized,
    Range, Single,
};
use downhill::{
    BinaryCrossEntropy, CrossEntropy, Dense, Predictor, Relu, Scalar, Sgd, Sigmoid, Softmax, SquaredError, StepError,
    Tanh, Trainer, Zero, digest, encode,
};

use crate::workloads::{Digit, Flower, Workload, flower};

/// The 2-3-1 network of [`workloads`](crate::workloads) with weights of 8 bits.
pub type Xor =
    integer::Trainer<(integer::Dense<2, 3, Tanh, i8>, integer::Dense<3, 1, Sigmoid, i8>), SquaredError, Stochastic>;

/// 20,000 steps of exclusive or, from inputs that are integers: 64 is 1.
pub const XOR: Workload<Xor, ()> = Workload {
    name: "integer-xor",
    golden: 0x3151_ccde_309c_4721,
    train: |trainer, ()| {
        trainer.start(Rate::power(1), &mut He(Generator::new(1)));
        let samples = [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)];
        for (x, class) in samples.iter().cycle().take(20_000) {
            trainer.step_integers(x, 6, *class)?;
        }
        Ok(digest(&trainer.network))
    },
};

pub type Iris = integer::Trainer<(integer::Dense<4, 7, Relu>, integer::Dense<7, 3, Softmax>), CrossEntropy, Nearest>;
/// Another activation, loss and rounding, weights of 8 bits, and activations of 16.
pub type IrisBytes = integer::Trainer<
    (integer::Dense<4, 7, Sigmoid, i8>, integer::Dense<7, 3, Sigmoid, i8>),
    BinaryCrossEntropy,
    Stochastic,
    i16,
>;

pub const IRIS: Workload<Iris, [Flower]> = Workload {
    name: "integer-iris",
    golden: 0x09f6_e4b9_3122_c121,
    train: |trainer, flowers| iris(trainer, Rate::power(4), flowers.iter().copied()),
};
pub const IRIS_BYTES: Workload<IrisBytes, [Flower]> = Workload {
    name: "integer-iris-bytes",
    golden: 0xbda2_80c6_90c4_3447,
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
    trainer.start(rate, &mut Quarter(Generator::new(2)));
    for (centimetres, class) in core::iter::repeat_n(flowers, 60).flatten() {
        trainer.step(&flower(&centimetres), &encode::one_hot(class).unwrap_or_default())?;
    }
    Ok(digest(&trainer.network))
}

/// With weights of 8 bits: all that learns has 1,572 bytes.
pub type Digits =
    integer::Trainer<(integer::Dense<64, 16, Relu, i8>, integer::Dense<16, 10, Softmax, i8>), CrossEntropy, Stochastic>;

/// The number of digits that are learnt from: as many as a small chip has flash for.
pub const FEW: usize = 100;

pub const DIGITS: Workload<Digits, [Digit]> = Workload {
    name: "integer-digits",
    golden: 0x0eb8_a846_6614_92c6,
    train: |trainer, samples| digits(trainer, samples.iter().take(FEW).copied()),
};

/// Weights from -1/4 to 1/4. A square root for each width, as other distributions take, has a table that this chip has no memory for.
pub struct Quarter(pub Generator);

impl Init for Quarter {
    fn weight<T: Scalar>(&mut self, _: usize, _: usize) -> T {
        T::from_f32(self.0.signed_unit() * 0.25)
    }
}

/// Eight epochs of digits in stored order. A pixel of 16 is 1.
pub fn digits(trainer: &mut Digits, samples: impl Iterator<Item = Digit> + Clone) -> Result<u64, StepError> {
    trainer.start(Rate::power(5), &mut Quarter(Generator::new(4)));
    for (pixels, class) in core::iter::repeat_n(samples, 8).flatten() {
        trainer.step_integers(&pixels.map(u8::cast_signed), 4, class)?;
    }
    Ok(digest(&trainer.network))
}

/// All layers of 8 bits: both roundings, scales for each output and for all, a clamp, and tables.
pub type Int8 = (
    quantized::Dense<4, 7>,
    quantized::Table<7>,
    quantized::Dense<7, 5, PerTensor, Double>,
    quantized::Dense<5, 3>,
    quantized::Softmax<3>,
);

const INPUT: Quantization = Quantization::new(0.05, -20);

/// Written down, as a network from elsewhere is.
pub const NETWORK: Int8 = {
    let (x, z) = (INPUT, Quantization::new(0.04, 3));
    (
        quantized::Dense::per_channel(drawn(1), [900, -900, 0, 50, -50, 7, 300], [0.003; 7], (x, z), Clamp::None),
        quantized::Table::of_outputs(steps()),
        quantized::Dense::per_tensor(
            drawn(2),
            [0, 100, -100, 3, 10],
            0.02,
            (Quantization::SIGNED_UNIT, z),
            Clamp::Relu,
        ),
        quantized::Dense::per_channel(drawn(3), [5, -5, 0], [0.01, 0.02, 0.015], (z, z), Clamp::None),
        quantized::Softmax::new(z),
    )
};

/// A third of each input.
const fn steps() -> [i8; 256] {
    let (mut entries, mut left) = ([0; 256], 128_u8);
    let mut places = entries.as_mut_slice();
    while let [first, rest @ ..] = places {
        *first = left.cast_signed() / 3;
        (places, left) = (rest, left.wrapping_add(1));
    }
    entries
}

/// Weights that are like random ones.
const fn drawn<const I: usize, const O: usize>(seed: u32) -> [[i8; I]; O] {
    let (mut weights, mut state) = ([[0; I]; O], seed);
    let mut left = weights.as_flattened_mut();
    while let [first, rest @ ..] = left {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *first = state.to_le_bytes()[3].cast_signed();
        left = rest;
    }
    weights
}

pub const INT8: Workload<Int8, [Flower]> = Workload {
    name: "int8",
    golden: 0xce16_cdfc_1334_d377,
    train: |network, flowers| Ok(infer(network, flowers.iter().copied())),
};

/// The hash of all outputs.
pub fn infer(network: &Int8, flowers: impl Iterator<Item = Flower>) -> u64 {
    let outputs =
        flowers.flat_map(|(centimetres, _)| network.predict(&centimetres.map(|length| INPUT.quantized(length))));
    outputs.fold(0, |hash, y| hashed(hash, u8::from_ne_bytes(y.to_ne_bytes()).into()))
}

fn hashed(hash: u64, number: u64) -> u64 {
    (hash ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

type Net = (Dense<4, 7, Tanh>, Dense<7, 5, Relu>, Dense<5, 3, Softmax>);

/// What learns in numbers, and what is made of it.
pub struct Quantised<R, C = MinMax>
where
    R: downhill::quantized::Rounding,
    C: Range,
{
    pub trainer: Trainer<Net, CrossEntropy, Sgd>,
    pub calibration: Calibration<Net, C>,
    pub quantized: Quantized<Net, R>,
}

impl<R: downhill::quantized::Rounding, C: Range> Zero for Quantised<R, C> {
    const ZERO: Self = Self { trainer: Trainer::new(), calibration: Calibration::new(), quantized: Zero::ZERO };
}

pub type QuantisedSingle = Quantised<Single>;
pub type QuantisedDouble = Quantised<Double, Quantiles<100>>;

pub const QUANTISED_SINGLE: Workload<QuantisedSingle, [Flower]> = Workload {
    name: "quantised-single",
    golden: 0xdb81_e125_85fa_a3e8,
    train: |own, flowers| quantise(own, flowers.iter().copied()),
};
pub const QUANTISED_DOUBLE: Workload<QuantisedDouble, [Flower]> = Workload {
    name: "quantised-double",
    golden: 0x580d_c683_de5d_91e6,
    train: |own, flowers| quantise(own, flowers.iter().copied()),
};

/// Twenty epochs of Iris, then the network in integers, and what it predicts for all flowers.
pub fn quantise<R, C>(
    own: &mut Quantised<R, C>,
    flowers: impl Iterator<Item = Flower> + Clone,
) -> Result<u64, StepError>
where
    R: downhill::quantized::Rounding,
    C: Range,
{
    let Quantised { trainer, calibration, quantized } = own;
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
    Ok(outputs.fold(digest(&*quantized), |hash, y| hashed(hash, y.to_bits().into())))
}
