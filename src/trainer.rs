//! The training step: all that is needed to learn from one sample, in one value of known size.

use core::fmt;
use core::marker::PhantomData;

use crate::init::Init;
use crate::kernel::finite;
use crate::layer::Layer;
use crate::loss::{Loss, gradient_and_value};
use crate::optimizer::Optimizer;
use crate::rule::{ChainRule, NoShares, Rule};
use crate::scalar::{Scalar, Zero};

/// A network together with what it takes to train it: the optimiser and its slots, and the outputs and deltas of every
/// layer. `size_of::<Trainer<..>>()` is all the memory that training needs besides a small stack.
///
/// `N` is the network, `L` the [`Loss`], `P` the [`Optimizer`], `R` the [`Rule`] by which errors travel.
pub struct Trainer<N: Layer, L, P: Optimizer<N::Scalar>, R = ChainRule> {
    /// The network.
    pub network: N,
    /// The optimiser; its learning rate may be changed at any time.
    pub optimizer: P,
    slots: N::Slots<P::Slot>,
    tape: N::Tape,
    deltas: N::Deltas,
    kind: PhantomData<fn() -> (L, R)>,
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule> Trainer<N, L, P, R> {
    /// The memory of a trainer in bytes, for a budget that the compiler checks:
    /// `const _: () = assert!(MyTrainer::BYTES <= 4096);`
    pub const BYTES: usize = size_of::<Self>();

    /// A trainer for a network that has its weights already.
    pub const fn new(network: N, optimizer: P) -> Self {
        Self { network, optimizer, slots: Zero::ZERO, tape: Zero::ZERO, deltas: Zero::ZERO, kind: PhantomData }
    }

    /// Starts from new weights: sets the optimiser, draws the weights in place, and clears what the optimiser kept.
    pub fn start(&mut self, optimizer: P, init: &mut impl Init) {
        self.optimizer = optimizer;
        self.network.initialize(init);
        self.slots = Zero::ZERO;
    }

    /// The outputs for the inputs `x`. Inputs that are NaN or infinite give outputs without meaning, and no error.
    pub fn predict(&mut self, x: &N::Input) -> &N::Output {
        self.network.forward(x, &mut self.tape);
        N::output(&self.tape)
    }

    /// Learns from one sample: inputs `x`, targets `target`. Returns the loss before the update.
    ///
    /// # Errors
    /// Anything that is not finite, and hyperparameters out of range; see [`StepError`]. Weights and slots then keep
    /// every bit: all is checked before the first of them is written.
    pub fn step(&mut self, x: &N::Input, target: &N::Output) -> Result<N::Scalar, StepError> {
        self.optimizer.check()?;
        let (loss, finite) = self.forward(x, target.as_ref());
        if !finite {
            refuse(x.as_ref(), target.as_ref(), loss)?;
        }
        self.network.back::<R>(&self.tape, &mut self.deltas, Self::LINKED, None)?;
        self.network.update(x, &self.tape, &self.deltas, &mut self.slots, &self.optimizer);
        Ok(loss)
    }

    /// Whether the last activation is the one that belongs to the loss.
    const LINKED: bool = N::LINK.is(L::LINK);

    /// Outputs, their error, and the loss, and whether all inputs, all targets and the loss are finite, or this is not known.
    #[inline(always)]
    fn forward(&mut self, x: &N::Input, target: &[N::Scalar]) -> (N::Scalar, bool) {
        let error = N::error(&mut self.deltas).as_mut();
        let finite = self.network.linear(x, &mut self.tape);
        let loss = if Self::LINKED {
            let loss = L::linked_value(N::output(&self.tape).as_ref(), target);
            N::activate(&mut self.tape);
            L::linked_gradient(N::output(&self.tape).as_ref(), target, error);
            loss
        } else {
            N::activate(&mut self.tape);
            gradient_and_value::<L, _>(N::output(&self.tape).as_ref(), target, error)
        };
        (loss, finite && loss.is_finite())
    }
}

/// What is not finite, if anything: a weighted sum may be infinite without harm.
#[cold]
#[inline(never)]
fn refuse<T: Scalar>(x: &[T], target: &[T], loss: T) -> Result<(), StepError> {
    if !finite(x) {
        Err(StepError::Input)
    } else if !finite(target) {
        Err(StepError::Target)
    } else if !loss.is_finite() {
        Err(StepError::Loss)
    } else {
        Ok(())
    }
}

impl<N: Layer + Zero, L, P: Optimizer<N::Scalar> + Zero, R> Trainer<N, L, P, R> {
    /// A trainer that was not started yet, with all bits zero: a `static` of this value lies in `.bss` and costs no
    /// flash. Its steps are refused until [`start`](Trainer::start) gives it a learning rate.
    pub const ZERO: Self = Self {
        network: N::ZERO,
        optimizer: P::ZERO,
        slots: Zero::ZERO,
        tape: Zero::ZERO,
        deltas: Zero::ZERO,
        kind: PhantomData,
    };
}

impl<N: Layer + fmt::Debug, L, P: Optimizer<N::Scalar> + fmt::Debug, R> fmt::Debug for Trainer<N, L, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("network", &self.network)
            .field("optimizer", &self.optimizer)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<N: Layer + defmt::Format, L, P: Optimizer<N::Scalar> + defmt::Format, R> defmt::Format for Trainer<N, L, P, R> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Trainer {{ network: {}, optimizer: {} }}", self.network, self.optimizer);
    }
}

/// Why a training step was refused. The weights are what they were before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StepError {
    /// An input is NaN or infinite.
    Input,
    /// A target is NaN or infinite.
    Target,
    /// The learning rate is not finite and positive. It is zero in a trainer that was never started.
    LearningRate,
    /// The momentum is not from 0 to below 1.
    Momentum,
    /// The loss is NaN or infinite: the outputs lie where the loss is not defined, or the weights have grown too large.
    Loss,
    /// A delta is NaN or infinite: the gradient does not exist, or is too large.
    Delta,
    /// The rule [`ErrorShare`](crate::ErrorShare) found nothing to share by.
    NoShares(NoShares),
}

impl From<NoShares> for StepError {
    fn from(error: NoShares) -> Self {
        Self::NoShares(error)
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("an input is NaN or infinite"),
            Self::Target => f.write_str("a target is NaN or infinite"),
            Self::LearningRate => f.write_str("the learning rate is not finite and positive"),
            Self::Momentum => f.write_str("the momentum is not from 0 to below 1"),
            Self::Loss => f.write_str("the loss is NaN or infinite"),
            Self::Delta => f.write_str("a delta is NaN or infinite"),
            Self::NoShares(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StepError {}
