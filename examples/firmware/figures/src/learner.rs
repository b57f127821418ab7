//! What learns: a whole network by plain descent, unless a feature names another optimiser, or a part of the network.

use downhill::{SquaredError, StepError, Trainer, Zero};

use crate::workload::{Input, Net, Output};

/// The optimiser, and how it is made.
mod chosen {
    #[cfg(feature = "adam")]
    pub type Optimizer = downhill::Adam;
    #[cfg(feature = "adamw")]
    pub type Optimizer = downhill::AdamW;
    #[cfg(feature = "batch")]
    pub type Optimizer = downhill::Batch<downhill::Sgd>;
    #[cfg(feature = "momentum")]
    pub type Optimizer = downhill::Momentum;
    #[cfg(feature = "nesterov")]
    pub type Optimizer = downhill::Nesterov;
    #[cfg(feature = "rmsprop")]
    pub type Optimizer = downhill::RmsProp;
    #[cfg(feature = "rprop")]
    pub type Optimizer = downhill::Batch<downhill::WeightDecay<downhill::Rprop>>;
    #[cfg(not(any(
        feature = "adam",
        feature = "adamw",
        feature = "batch",
        feature = "momentum",
        feature = "nesterov",
        feature = "rmsprop",
        feature = "rprop"
    )))]
    pub type Optimizer = downhill::Sgd;

    pub trait Make {
        fn make() -> Self;
    }

    macro_rules! make {
        ($($optimizer:ty: $value:expr),+) => {
            $(impl Make for $optimizer {
                fn make() -> Self {
                    $value
                }
            })+
        };
    }
    use downhill::{Adam, AdamW, Batch, Momentum, Nesterov, RmsProp, Rprop, Sgd, WeightDecay};
    make!(
        Adam: Adam::new(0.001),
        AdamW: AdamW::new(0.001, 0.01),
        Batch<Sgd>: Batch::new(super::SLICE, Sgd::new(0.05)),
        Batch<WeightDecay<Rprop>>: Batch::new(super::SLICE, WeightDecay::new(1e-4, Rprop::new())),
        Momentum: Momentum::new(0.01, 0.9),
        Nesterov: Nesterov::new(0.01, 0.9),
        RmsProp: RmsProp::new(0.001),
        Sgd: Sgd::new(0.05)
    );
}
pub use chosen::Optimizer;

/// The optimiser with its usual hyperparameters.
pub fn optimizer() -> Optimizer {
    chosen::Make::make()
}

/// How many samples a slice or a batch has.
pub const SLICE: usize = 8;
/// How many of them a step takes.
pub const AT_ONCE: usize = if cfg!(feature = "slices") { SLICE } else { 1 };

#[cfg(not(any(feature = "frozen", feature = "biases")))]
pub type Network = Net;
#[cfg(not(any(feature = "frozen", feature = "biases")))]
const NETWORK: Network = Network::ZERO;

/// The network of the workload W2 in parts, and parts of it that don't learn.
#[cfg(any(feature = "frozen", feature = "biases"))]
mod part {
    use downhill::Dense;

    use crate::workload::Activation;

    pub type Lower = Dense<64, 32, Activation>;
    pub type Upper = Dense<32, 10, Activation>;
    pub static LOWER: Lower = Dense::new([[0.01; 32]; 64], [0.0; 32]);
    pub static UPPER: Upper = Dense::new([[0.01; 10]; 32], [0.0; 10]);
}
#[cfg(any(feature = "frozen", feature = "biases"))]
type Lower = downhill::Frozen<&'static part::Lower>;
#[cfg(feature = "frozen")]
pub type Network = (Lower, part::Upper);
#[cfg(feature = "frozen")]
const NETWORK: Network = (downhill::Frozen(&part::LOWER), Zero::ZERO);
#[cfg(feature = "biases")]
pub type Network = (Lower, downhill::BiasOnly<&'static part::Upper>);
#[cfg(feature = "biases")]
const NETWORK: Network = (downhill::Frozen(&part::LOWER), downhill::BiasOnly::new(&part::UPPER));

pub type Learner = Trainer<Network, SquaredError, Optimizer, AT_ONCE>;
pub const LEARNER: Learner = Trainer::with_network(NETWORK, Optimizer::ZERO);

/// Calls that are the same wherever they stand in a program.
#[inline(never)]
pub fn predict(trainer: &mut Learner, x: &Input, y: &mut Output) {
    trainer.predict_into(x, y);
}

/// # Errors
/// As the step that it measures.
#[inline(never)]
pub fn step(trainer: &mut Learner, x: &[Input; AT_ONCE], targets: &[Output; AT_ONCE]) -> Result<f32, StepError> {
    match (&x[..], &targets[..]) {
        ([x], [target]) => trainer.step(x, target),
        (x, targets) => trainer.step_batch(x, targets),
    }
}
