//! Trainings that are interrupted: saved after some steps, restored into a learner that knows nothing, and ended. The host runs them
//! in `tests/resume.rs`, the chips in `examples/firmware`. The images, `tests/data/checkpoint/NAME.bin`, are the same everywhere, and
//! so are the digests at the end, which are those of a training that was not interrupted.

use downhill::dropout::Ratio;
use downhill::fit::{Data, Score, State};
use downhill::init::{Generator, He};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::schedule::Plateau;
use downhill::{
    Adam, AdamW, Batch, Best, Biased, Checkpoint, ClipNorm, CrossEntropy, Dense, Dropout, Fit, Momentum, Nesterov,
    Relu, RmsProp, Rprop, Samples, Scalar, ScaledRate, Sgd, Softmax, Storable, Tanh, Trainer, Unbiased, Zero, digest,
    encode,
};

use super::toolbox::{Frozen, Modified};
use super::workloads::{Flower, flower};

/// A training that can be interrupted.
pub trait Training {
    /// Of the file, and in what firmware prints.
    const NAME: &'static str;
    /// The digest of the network at the end.
    const GOLDEN: u64;
    /// After how many steps it is saved, and ends; in the middle of a batch.
    const STEPS: (usize, usize) = (130, 200);
    /// What is saved.
    #[cfg(not(feature = "serde"))]
    type Saved: Checkpoint;
    /// What is saved, by `serde` as well.
    #[cfg(feature = "serde")]
    type Saved: Checkpoint + serde::Serialize + serde::de::DeserializeOwned;

    /// Knows nothing.
    fn empty() -> Self::Saved;
    /// Begins.
    fn start(saved: &mut Self::Saved);
    /// Does a step. Whether it was accepted.
    fn step(saved: &mut Self::Saved, number: usize, flowers: &[Flower]) -> bool;
    /// The digest of the network.
    fn digest(saved: &Self::Saved) -> u64;

    /// Does steps from one number to another.
    fn steps(saved: &mut Self::Saved, from: usize, to: usize, flowers: &[Flower]) -> bool {
        (from..to).all(|number| Self::step(saved, number, flowers))
    }
}

/// Does something with every training.
pub trait Visit {
    fn visit<T: Training>(&mut self);
}

type Net<T = f32> = (Dense<4, 7, Relu, Biased, T>, Dropout<7, Ratio<1, 8, T>>, Dense<7, 3, Softmax, Biased, T>);

macro_rules! trainings {
    ($($type:ident, $name:literal, $golden:literal: $learner:ty, $optimizer:expr;)*) => {
        $(
            /// A training step by step.
            pub struct $type;

            impl Training for $type {
                const NAME: &'static str = $name;
                const GOLDEN: u64 = $golden;
                type Saved = $learner;

                fn empty() -> $learner {
                    <$learner>::new()
                }

                fn start(trainer: &mut $learner) {
                    trainer.start($optimizer, &mut He(Generator::new(6)));
                }

                fn step(trainer: &mut $learner, number: usize, flowers: &[Flower]) -> bool {
                    step(trainer, number, flowers)
                }

                fn digest(trainer: &$learner) -> u64 {
                    digest(&trainer.network)
                }
            }
        )*

        /// Shows all trainings.
        pub fn all(visit: &mut impl Visit) {
            $(visit.visit::<$type>();)*
            visit.visit::<RateAtRunTime>();
            visit.visit::<OfAFit>();
        }
    };
}
trainings! {
    OfSgd, "sgd", 0x70d2_ae7c_ea11_0539: Trainer<Net, CrossEntropy, Sgd>, Sgd::new(0.05);
    OfMomentum, "momentum", 0xd6fa_0364_5d60_68f8: Trainer<Net, CrossEntropy, Momentum>, Momentum::new(0.01, 0.9);
    OfNesterov, "nesterov", 0x96aa_95f6_6a39_a655: Trainer<Net, CrossEntropy, Nesterov>, Nesterov::new(0.01, 0.9);
    OfRmsProp, "rmsprop", 0x63f0_119a_6099_65fa: Trainer<Net, CrossEntropy, RmsProp>, RmsProp::new(0.003);
    OfAdam, "adam", 0xe687_6959_2579_13eb: Trainer<Net, CrossEntropy, Adam>, Adam::new(0.01);
    OfAdamW, "adamw", 0xee43_e457_2db0_c514: Trainer<Net, CrossEntropy, AdamW>, AdamW::new(0.01, 0.01);
    OfRprop, "rprop", 0x483a_deb7_a8ad_d109: Trainer<Net, CrossEntropy, Batch<Rprop>>, Batch::new(7, Rprop::new());
    OfBatch, "batch", 0x4cd2_5427_26bf_70b7: Trainer<Net, CrossEntropy, Batch<Momentum>>, Batch::new(8, Momentum::new(0.1, 0.9));
    OfModified, "modified", 0x060a_80cb_2ead_bcd1: Trainer<Net, CrossEntropy, Modified>, super::toolbox::modified();
    OfDoubles, "doubles", 0xfdbc_ae7c_e139_c113: Trainer<Net<f64>, CrossEntropy, ClipNorm<Adam<f64>, f64>>, ClipNorm::new(0.5, Adam::new(0.01));
    OfParts, "parts", 0xf13c_59fc_bcf6_5a67: Frozen, Momentum::new(0.02, 0.9);
    OfNested, "nested", 0xa91d_be70_6c56_8a15: Trainer<Nested, CrossEntropy, Nesterov>, Nesterov::new(0.01, 0.9);
}

/// Tuples in tuples, a layer without biases, and one that learns slowly.
type Nested = ((Dense<4, 6, Tanh, Unbiased>, ScaledRate<Dense<6, 5, Tanh>, Ratio<1, 2>>), (Dense<5, 3, Softmax>,));

fn step<T, N, L, P>(trainer: &mut Trainer<N, L, P>, number: usize, flowers: &[Flower]) -> bool
where
    T: Scalar,
    N: Layer<Scalar = T, Input = [T; 4], Output = [T; 3]>,
    L: Loss,
    P: Optimizer<T>,
{
    // The stored flowers come class by class; 37 and their number, 105, have no common divisor.
    let Some((centimetres, class)) = flowers.get(number * 37 % flowers.len().max(1)) else { return false };
    let x = flower(centimetres).map(T::from_f32);
    let target = encode::one_hot(*class).unwrap_or([Zero::ZERO; 3]);
    trainer.step(&x, &target).is_ok()
}

/// The rate of the dropout is a setting of the layer, and is saved.
pub struct RateAtRunTime;

type AtRunTime = Trainer<(Dense<4, 7, Relu>, Dropout<7>, Dense<7, 3, Softmax>), CrossEntropy, Sgd>;

impl Training for RateAtRunTime {
    const NAME: &'static str = "rate";
    const GOLDEN: u64 = 0xf450_9003_7726_187c;
    type Saved = AtRunTime;

    fn empty() -> AtRunTime {
        AtRunTime::new()
    }

    fn start(trainer: &mut AtRunTime) {
        trainer.start(Sgd::new(0.05), &mut He(Generator::new(6)));
        trainer.network.1.rate = 0.3;
        trainer.seed(11);
    }

    fn step(trainer: &mut AtRunTime, number: usize, flowers: &[Flower]) -> bool {
        step(trainer, number, flowers)
    }

    fn digest(trainer: &AtRunTime) -> u64 {
        digest(&trainer.network)
    }
}

/// A fit between two epochs: with its best network, its order of samples and its plateau.
pub struct OfAFit;

type Fitted = Trainer<Net, CrossEntropy, Batch<Momentum>>;

const FIT: Fit<Plateau> = Fit { seed: 7, ..Fit::new(20, Plateau::new(0.1, 0.5, 1)) };

impl Training for OfAFit {
    const NAME: &'static str = "fit";
    const GOLDEN: u64 = 0x9098_cea5_5aa7_9d2a;
    /// Epochs.
    const STEPS: (usize, usize) = (5, 12);
    type Saved = (Fitted, (Best<Net>, State<Plateau, f32, Score>));

    fn empty() -> Self::Saved {
        (Fitted::new(), (Best::new(), FIT.state()))
    }

    fn start((trainer, _): &mut Self::Saved) {
        trainer.start(Batch::new(4, Momentum::new(0.1, 0.9)), &mut He(Generator::new(5)));
    }

    fn step((trainer, (best, state)): &mut Self::Saved, _: usize, flowers: &[Flower]) -> bool {
        let samples = flowers.mapped(|centimetres, &class| Some((flower(centimetres), encode::one_hot(class)?)));
        let (train, validation) = samples.hold_out(25, 1);
        let data = Data::new(&train).validated_on(&validation).keeping(best);
        matches!(FIT.epoch(state, trainer, data), Ok(Some(_)))
    }

    fn digest((trainer, (best, state)): &Self::Saved) -> u64 {
        // FNV-1a, as in `digest`.
        let mut all = digest(&trainer.network);
        let mut with = |bytes: &[u8]| {
            all = bytes.iter().fold(all, |all, byte| (all ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3));
        };
        best.store(&mut with);
        state.store(&mut with);
        all
    }
}
