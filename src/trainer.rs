//! The training step: all that is needed to learn from one sample, in one value of known size.

pub(crate) mod gradient;
mod learner;
mod state;
mod step;

use core::fmt;
use core::marker::PhantomData;
use core::slice::{from_mut, from_ref};

pub use crate::error::StepError;
use crate::init::{Generator, Init, Random};
use crate::kernel::largest;
use crate::layer::{Layer, Mode, copy, first_mut};
use crate::loss::{Loss, linked};
use crate::optimizer::{Optimizer, Sum};
use crate::predictor::{checked, evaluated};
use crate::rule::{ChainRule, Rule};
use crate::scalar::{Scalar, Zero};
use crate::slots::Slots;
use crate::work::Whole;

/// A network together with what it takes to train it: the optimiser and its slots, and the outputs and deltas of every
/// layer. `size_of::<Trainer<..>>()` is all the memory that training needs besides a small stack.
///
/// `N` is the network, `L` the [`Loss`], `P` the [`Optimizer`], `B` the largest number of samples that
/// [`step_batch`](Trainer::step_batch) takes, for whose outputs and deltas there is room, and `R` the [`Rule`] by which errors
/// travel.
pub struct Trainer<N: Layer, L, P: Optimizer<N::Scalar>, const B: usize = 1, R = ChainRule> {
    /// The network.
    pub network: N,
    /// The optimiser; its learning rate may be changed at any time.
    pub optimizer: P,
    pub(crate) slots: N::Slots<P::Slot>,
    /// What is collected until a batch is complete.
    pub(crate) sums: N::Slots<P::Sum>,
    pub(crate) state: N::State,
    pub(crate) tape: N::Tape<B>,
    pub(crate) outputs: [N::Output; B],
    pub(crate) deltas: N::Deltas<B>,
    /// Of the outputs.
    pub(crate) errors: [N::Output; B],
    kind: PhantomData<fn() -> (L, R)>,
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R, const B: usize> Trainer<N, L, P, B, R> {
    /// Whether the last activation is the one that belongs to the loss. Everything that makes or uses a trainer reads this
    /// constant, so a pair that cannot learn does not compile.
    pub(crate) const LINKED: bool = linked::<L>(N::LINK);
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize> Trainer<N, L, P, B, R> {
    /// The memory of a trainer in bytes, for a budget that the compiler checks:
    /// `const _: () = assert!(MyTrainer::BYTES <= 4096);`
    pub const BYTES: usize = size_of::<Self>();

    /// A trainer for a network that has its weights already.
    pub const fn with_network(network: N, optimizer: P) -> Self {
        const {
            room(B);
            let _ = Self::LINKED;
        };
        Self {
            network,
            optimizer,
            slots: Zero::ZERO,
            sums: Zero::ZERO,
            state: Zero::ZERO,
            tape: Zero::ZERO,
            outputs: Zero::ZERO,
            deltas: Zero::ZERO,
            errors: Zero::ZERO,
            kind: PhantomData,
        }
    }

    /// Starts from new weights: sets the optimiser, draws the weights in place, then the seed of the masks of
    /// [`Dropout`](crate::Dropout) if there are any, and clears what the optimiser kept. So the seed of `init` decides
    /// everything.
    pub fn start(&mut self, optimizer: P, init: &mut impl Init) {
        self.network.initialize(init);
        let mut seeds = None;
        N::seed(&mut self.state, &mut || seeds.get_or_insert_with(|| Generator::new(init.seed())).next_u32());
        self.restart(optimizer);
    }

    /// Starts from weights that were learnt before: as [`start`](Trainer::start), with a copy of `network`.
    ///
    /// A `static` trainer that is made with its weights, by [`with_network`](Trainer::with_network), lies in .data, where its
    /// slots, outputs and deltas take flash for their zeros. Start a [`new`](Trainer::new) one from a network in flash instead;
    /// the copy does not go over the stack:
    ///
    /// ```
    /// use std::sync::Mutex; // on a chip: static_cell::ConstStaticCell, or a mutex of critical sections
    /// use downhill::{Adam, Dense, SquaredError, Trainer};
    ///
    /// type Net = (Dense<64, 32>, Dense<32, 10>);
    /// static LEARNT: Net = (Dense::new([[0.01; 32]; 64], [0.0; 32]), Dense::new([[0.1; 10]; 32], [0.0; 10])); // flash
    /// static TRAINER: Mutex<Trainer<Net, SquaredError, Adam>> = Mutex::new(Trainer::new()); // .bss
    ///
    /// let mut trainer = TRAINER.lock().unwrap();
    /// trainer.start_from(&LEARNT, Adam::new(0.001));
    /// trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
    /// ```
    pub fn start_from(&mut self, network: &N, optimizer: P)
    where
        N: Copy,
    {
        copy(network, &mut self.network);
        self.restart(optimizer);
    }

    fn restart(&mut self, optimizer: P) {
        self.optimizer = optimizer;
        self.clear_slots();
    }

    /// In place: an assignment would copy a template of zeros from flash where nothing is optimised.
    fn clear_slots(&mut self) {
        clear(&mut self.slots);
        if P::Sum::COLLECTS {
            clear(&mut self.sums);
        }
    }

    /// Clears what the optimiser keeps: velocities, means, what waits for the end of a batch. Weights and
    /// hyperparameters stay. For weights that were set from elsewhere: a velocity leads away from where it came from.
    pub fn clear(&mut self) {
        self.optimizer.clear();
        self.clear_slots();
    }

    /// Drops the samples that wait for the end of their [`Batch`](crate::Batch), as [`flush`](Trainer::flush) ends it
    /// with them. All else stays.
    pub fn discard(&mut self) {
        if P::Sum::COLLECTS {
            self.optimizer.discard();
            clear(&mut self.sums);
        }
    }

    /// Seeds the masks of [`Dropout`](crate::Dropout). Each such layer gets a generator of its own.
    /// [`start`](Trainer::start) and a [`Fit`](crate::Fit) do so, too, and the first step of a trainer whose masks were
    /// never seeded does it with 0.
    pub fn seed(&mut self, seed: u32) {
        let mut seeds = Generator::new(seed);
        N::seed(&mut self.state, &mut || seeds.next_u32());
    }

    /// Before a step: no two layers may have the same masks.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn seed_once(&mut self) {
        if !N::is_seeded(&self.state) {
            self.seed(0);
        }
    }

    /// The outputs for the inputs `x`. Inputs that are NaN or infinite give outputs without meaning, and no error:
    /// [`try_predict`](Trainer::try_predict) tells.
    pub fn predict(&mut self, x: &N::Input) -> N::Output {
        let mut y = N::Output::ZERO;
        self.predict_into(x, &mut y);
        y
    }

    /// The outputs of the last [`step`](Trainer::step) or [`loss`](Trainer::loss), those of the weights from before the step: a
    /// sample that is predicted and then learnt from needs one forward pass, not two. Of a slice, those of its first sample.
    ///
    /// ```
    /// # use downhill::init::{Generator, Xavier};
    /// use downhill::{Dense, Sgd, SquaredError, Trainer};
    ///
    /// # let mut trainer = Trainer::<Dense<2, 1>, SquaredError, Sgd>::new();
    /// # trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
    /// let y = trainer.predict(&[0.1, 0.2]);
    /// trainer.step(&[0.1, 0.2], &[1.0])?;
    /// assert_eq!(trainer.outputs(), &y);
    /// # Ok::<(), downhill::StepError>(())
    /// ```
    pub const fn outputs(&self) -> &N::Output {
        const { assert!(B > 0, "a trainer has room for at least one sample") };
        &self.outputs[0]
    }

    /// [`predict`](Trainer::predict) with the outputs in place: of hundreds, a copy and its room on the stack are felt.
    pub fn predict_into(&mut self, x: &N::Input, y: &mut N::Output) {
        let Self { network, tape, state, .. } = self;
        let _ = network.outputs(from_ref(x), from_mut(y), tape, state, Mode::Predict, &mut Whole);
    }

    /// [`predict`](Trainer::predict), with an error where the outputs would have no meaning.
    ///
    /// # Errors
    /// [`StepError::Input`] if an input is NaN or infinite, [`StepError::Sum`] if a weighted sum is: a weight is not finite,
    /// or inputs and weights are too large.
    pub fn try_predict(&mut self, x: &N::Input) -> Result<N::Output, StepError> {
        checked::<N, B>(&self.network, x, &mut self.tape, &mut self.state)
    }

    /// The loss of a sample, without learning from it: that of [`predict`](Trainer::predict), whose outputs are
    /// computed on the way.
    ///
    /// # Errors
    /// [`StepError::Input`], [`StepError::Target`], [`StepError::Loss`] or [`StepError::Sum`] if one of them is NaN or
    /// infinite, or the target outside of the loss's range.
    pub fn loss(&mut self, x: &N::Input, target: &N::Output) -> Result<N::Scalar, StepError> {
        let Self { network, tape, state, outputs, .. } = self;
        let y = first_mut(outputs, 1);
        evaluated::<N, L, B>(network, x, target, y, tape, state)
    }

    /// Learns from one sample: inputs `x`, targets `target`. Returns the loss before the update.
    ///
    /// # Errors
    /// Anything that is not finite, and hyperparameters out of range; see [`StepError`]. Weights and slots then keep
    /// every bit: all is checked before the first of them is written.
    pub fn step(&mut self, x: &N::Input, target: &N::Output) -> Result<N::Scalar, StepError> {
        self.learn_from(from_ref(x), from_ref(target), None)
    }

    /// [`step`](Trainer::step) with a sample that counts `weight` times as much as others: its loss and its gradient
    /// are multiplied by it. Weights by class make up for classes that are rare;
    /// [`encode::balanced`](crate::encode::balanced) computes them.
    ///
    /// A [`Batch`](crate::Batch) divides by the number of its samples, not by the sum of their weights, so that a
    /// weight means the same in batches of every size, and without one. (`PyTorch`'s mean of a weighted loss divides by
    /// the sum; Keras's does not.) To have the same there, divide the weights by their mean, as `balanced` does.
    ///
    /// # Errors
    /// As [`step`](Trainer::step), and [`StepError::Weight`] if the weight is negative or not finite.
    pub fn step_weighted(
        &mut self,
        x: &N::Input,
        target: &N::Output,
        weight: N::Scalar,
    ) -> Result<N::Scalar, StepError> {
        self.learn_from(from_ref(x), from_ref(target), Some(weight))
    }

    /// Learns from up to `B` samples at once, by the mean of their gradients. Returns the mean of their losses before
    /// the update.
    ///
    /// No gradient is stored: the sum over the samples is formed where a weight is updated. So this needs the memory of
    /// `B` times the outputs and deltas, where [`Batch`](crate::Batch) needs a number per parameter, and has to have
    /// all samples at hand.
    ///
    /// # Errors
    /// As [`step`](Trainer::step), for any of the samples, and [`StepError::Batch`] if there are none, or more than
    /// `B`, or not as many targets.
    pub fn step_batch(&mut self, x: &[N::Input], targets: &[N::Output]) -> Result<N::Scalar, StepError> {
        if x.is_empty() || x.len() > B || x.len() != targets.len() {
            return Err(StepError::Batch);
        }
        self.learn_from(x, targets, None)
    }

    /// Ends a [`Batch`](crate::Batch) that has fewer samples than its size, as the last of an epoch may have: the
    /// weights are updated by the mean of those that it has. Does nothing if there are none, or the optimiser does not
    /// collect.
    ///
    /// # Errors
    /// Hyperparameters out of range, which leave the samples waiting. The weights then keep every bit.
    pub fn flush(&mut self) -> Result<(), StepError> {
        self.network.check()?;
        self.optimizer.check()?;
        if P::Sum::COLLECTS && self.optimizer.waits() {
            self.apply();
        }
        Ok(())
    }

    /// Whether all parameters, and all that the optimiser keeps for those that learn, are finite. Steps leave them so;
    /// parameters that were set by hand, or read from somewhere, may not be.
    pub fn is_finite(&mut self) -> bool {
        let mut all = true;
        self.network.tensors(&mut |tensor| all &= largest(tensor.data).is_finite());
        self.network.parameters(&mut self.slots, &mut self.sums, &mut |layer, sums| {
            all &= layer.weight_slots.iter().chain(&*layer.bias_slots).all(P::is_finite);
            let (weights, biases) = (P::Sum::values(sums.weights), P::Sum::values(sums.biases));
            all &= largest(weights).is_finite() && largest(biases).is_finite();
        });
        all
    }
}

/// Sets what is kept for each parameter to zero.
fn clear<S: Zero>(kept: &mut impl Slots<S>) {
    kept.parts_mut(&mut |part| part.fill_with(|| Zero::ZERO));
}

const fn room(samples: usize) {
    assert!(samples > 0, "a trainer needs room for at least one sample");
}

impl<N: Layer + Zero, L: Loss, P: Optimizer<N::Scalar> + Zero, R: Rule, const B: usize> Trainer<N, L, P, B, R> {
    /// A trainer that was not started yet, with all bits zero: a `static` of this value lies in `.bss` and costs no
    /// flash. Its steps are refused until [`start`](Trainer::start) gives it a learning rate.
    pub const fn new() -> Self {
        const { Self::with_network(N::ZERO, P::ZERO) }
    }
}

impl<N: Layer + Zero, L: Loss, P: Optimizer<N::Scalar> + Zero, R: Rule, const B: usize> Zero
    for Trainer<N, L, P, B, R>
{
    const ZERO: Self = Self::new();
}

impl<N: Layer + Zero, L: Loss, P: Optimizer<N::Scalar> + Zero, R: Rule, const B: usize> Default
    for Trainer<N, L, P, B, R>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Layer<State: Clone> + Clone, L, P: Optimizer<N::Scalar> + Clone, R, const B: usize> Clone
    for Trainer<N, L, P, B, R>
where
    N::Slots<P::Slot>: Clone,
    N::Slots<P::Sum>: Clone,
    N::Tape<B>: Clone,
    N::Deltas<B>: Clone,
{
    fn clone(&self) -> Self {
        Self {
            network: self.network.clone(),
            optimizer: self.optimizer.clone(),
            slots: self.slots.clone(),
            sums: self.sums.clone(),
            state: self.state.clone(),
            tape: self.tape.clone(),
            outputs: self.outputs,
            deltas: self.deltas.clone(),
            errors: self.errors,
            kind: PhantomData,
        }
    }
}

impl<N: Layer + fmt::Debug, L, P: Optimizer<N::Scalar> + fmt::Debug, R, const B: usize> fmt::Debug
    for Trainer<N, L, P, B, R>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("network", &self.network)
            .field("optimizer", &self.optimizer)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<N: Layer + defmt::Format, L, P: Optimizer<N::Scalar> + defmt::Format, R, const B: usize> defmt::Format
    for Trainer<N, L, P, B, R>
{
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Trainer {{ network: {}, optimizer: {} }}", self.network, self.optimizer);
    }
}
