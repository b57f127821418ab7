//! The training step: all that is needed to learn from one sample, in one value of known size.

mod error;

pub use error::StepError;

use core::fmt;
use core::marker::PhantomData;
use core::slice::from_ref;

use crate::init::{Generator, Init, Random};
use crate::kernel::{Finite, afresh, checked_together, finite};
use crate::layer::{Layer, Mode, first_mut};
use crate::loss::{Loss, gradient_and_value};
use crate::optimizer::{Optimizer, mean, norm, shrink};
use crate::rule::{ChainRule, Rule};
use crate::scalar::{Scalar, Zero};

/// A network together with what it takes to train it: the optimiser and its slots, and the outputs and deltas of every
/// layer. `size_of::<Trainer<..>>()` is all the memory that training needs besides a small stack.
///
/// `N` is the network, `L` the [`Loss`], `P` the [`Optimizer`], `R` the [`Rule`] by which errors travel, and `B` the
/// number of samples that [`step_batch`](Trainer::step_batch) takes at most: the outputs and deltas of so many have
/// room.
pub struct Trainer<N: Layer, L, P: Optimizer<N::Scalar>, R = ChainRule, const B: usize = 1> {
    /// The network.
    pub network: N,
    /// The optimiser; its learning rate may be changed at any time.
    pub optimizer: P,
    pub(crate) slots: N::Slots<P::Slot>,
    pub(crate) tape: N::Tape<B>,
    pub(crate) deltas: N::Deltas<B>,
    kind: PhantomData<fn() -> (L, R)>,
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize> Trainer<N, L, P, R, B> {
    /// The memory of a trainer in bytes, for a budget that the compiler checks:
    /// `const _: () = assert!(MyTrainer::BYTES <= 4096);`
    pub const BYTES: usize = size_of::<Self>();

    /// A trainer for a network that has its weights already.
    pub const fn new(network: N, optimizer: P) -> Self {
        const { room(B) };
        Self { network, optimizer, slots: Zero::ZERO, tape: Zero::ZERO, deltas: Zero::ZERO, kind: PhantomData }
    }

    /// Starts from new weights: sets the optimiser, draws the weights in place, and clears what the optimiser kept.
    pub fn start(&mut self, optimizer: P, init: &mut impl Init) {
        self.optimizer = optimizer;
        self.network.initialize(init);
        self.slots = Zero::ZERO;
    }

    /// Seeds the masks of [`Dropout`](crate::Dropout). Each such layer gets a generator of its own.
    pub fn seed(&mut self, seed: u32) {
        let mut seeds = Generator::new(seed);
        N::seed(&mut self.tape, &mut || seeds.next_u32());
    }

    /// The outputs for the inputs `x`. Inputs that are NaN or infinite give outputs without meaning, and no error.
    pub fn predict(&mut self, x: &N::Input) -> &N::Output {
        self.network.forward(from_ref(x), &mut self.tape, Mode::Predict);
        &N::outputs(&self.tape)[0]
    }

    /// The loss of a sample, without learning from it: that of [`predict`](Trainer::predict), whose outputs are
    /// computed on the way.
    ///
    /// # Errors
    /// [`StepError::Input`], [`StepError::Target`] or [`StepError::Loss`] if one of them is NaN or infinite.
    pub fn loss(&mut self, x: &N::Input, target: &N::Output) -> Result<N::Scalar, StepError> {
        self.evaluate(x, target).map(|(loss, _)| loss)
    }

    /// [`loss`](Trainer::loss), and the outputs.
    pub(crate) fn evaluate(&mut self, x: &N::Input, target: &N::Output) -> Result<(N::Scalar, &N::Output), StepError> {
        let finite = self.network.linear(from_ref(x), &mut self.tape, Mode::Predict);
        let mut loss = N::Scalar::ZERO;
        if Self::LINKED {
            loss = L::linked_value(N::outputs(&self.tape)[0].as_ref(), target.as_ref());
        }
        N::activate(&mut self.tape, 1);
        let y = &N::outputs(&self.tape)[0];
        if !Self::LINKED {
            loss = L::value(y.as_ref(), target.as_ref());
        }
        if !finite.is_finite() || !loss.is_finite() {
            refuse(from_ref(x), from_ref(target), loss)?;
        }
        Ok((loss, y))
    }

    /// Learns from one sample: inputs `x`, targets `target`. Returns the loss before the update.
    ///
    /// # Errors
    /// Anything that is not finite, and hyperparameters out of range; see [`StepError`]. Weights and slots then keep
    /// every bit: all is checked before the first of them is written.
    pub fn step(&mut self, x: &N::Input, target: &N::Output) -> Result<N::Scalar, StepError> {
        self.learn(from_ref(x), from_ref(target), None)
    }

    /// [`step`](Trainer::step) with a sample that counts `weight` times as much as others: its loss and its gradient
    /// are multiplied by it. Weights by class make up for classes that are rare;
    /// [`encode::balanced`](crate::encode::balanced) computes them.
    ///
    /// # Errors
    /// As [`step`](Trainer::step), and [`StepError::Weight`] if the weight is negative or not finite.
    pub fn step_weighted(
        &mut self,
        x: &N::Input,
        target: &N::Output,
        weight: N::Scalar,
    ) -> Result<N::Scalar, StepError> {
        self.learn(from_ref(x), from_ref(target), Some(weight))
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
        self.learn(x, targets, None)
    }

    /// Ends a [`Batch`](crate::Batch) that has fewer samples than its size, as the last of an epoch may have: the
    /// weights are updated by the mean of those that it has. Does nothing if there are none, or the optimiser does not
    /// collect.
    ///
    /// # Errors
    /// Hyperparameters out of range, which leave the samples waiting; [`StepError::Gradient`], which drops them. The
    /// weights then keep every bit.
    pub fn flush(&mut self) -> Result<(), StepError> {
        self.optimizer.check()?;
        if P::COLLECTS { self.apply() } else { Ok(()) }
    }

    /// Whether the last activation is the one that belongs to the loss.
    pub(crate) const LINKED: bool = N::LINK.is(L::LINK);

    #[cfg_attr(not(unoptimized), inline(always))]
    fn learn(
        mut self: &mut Self,
        x: &[N::Input],
        targets: &[N::Output],
        weight: Option<N::Scalar>,
    ) -> Result<N::Scalar, StepError> {
        self.network.check()?;
        self.optimizer.check()?;
        let (mut loss, mut finite) = self.forward(x, targets);
        // The weight is a factor of the loss, which is looked at before it.
        let together =
            weight.is_none() && targets.first().is_some_and(|target| checked_together(target.as_ref().len()));
        if !together {
            if !finite.all() {
                refuse(x, targets, loss)?;
            }
            finite = Finite::new();
        }
        if let Some(weight) = weight {
            loss = self.weigh(loss, weight)?;
        }
        let samples = x.len();
        self = afresh(self);
        let deltas = self.network.back::<R, B>(&self.tape, &mut self.deltas, samples, Self::LINKED, None)?;
        finite.see(deltas);
        if !finite.all() {
            if together {
                refuse(x, targets, loss)?;
            }
            if !deltas.is_finite() {
                return Err(StepError::Delta);
            }
        }
        if let Some(limit) = self.optimizer.sample_limit() {
            self.limit(x, limit)?;
        }
        self = afresh(self);
        let Self { network, optimizer, slots, tape, deltas, .. } = self;
        let scale = optimizer.begin(samples, || square::<N, B>(x, tape, deltas))?;
        network.update(x, tape, deltas, slots, optimizer, scale);
        if P::COLLECTS && self.optimizer.due() {
            self.apply()?;
        }
        Ok(if samples == 1 { loss } else { loss * mean(samples) })
    }

    /// Outputs, their errors, and the sum of the losses, and what tells if all inputs, all targets and the loss are
    /// finite, where it is known.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward(&mut self, x: &[N::Input], targets: &[N::Output]) -> (N::Scalar, Finite<N::Scalar>) {
        let samples = x.len();
        let errors = first_mut(N::errors(&mut self.deltas), samples);
        let sum = self.network.linear(x, &mut self.tape, Mode::Train);
        // -0 is the number that changes nothing when it is added.
        let mut loss = -N::Scalar::ZERO;
        if Self::LINKED {
            for (z, target) in N::outputs(&self.tape).iter().zip(targets) {
                loss += L::linked_value(z.as_ref(), target.as_ref());
            }
            N::activate(&mut self.tape, samples);
            for ((y, target), error) in N::outputs(&self.tape).iter().zip(targets).zip(errors) {
                L::linked_gradient(y.as_ref(), target.as_ref(), error.as_mut());
            }
        } else {
            N::activate(&mut self.tape, samples);
            for ((y, target), error) in N::outputs(&self.tape).iter().zip(targets).zip(errors) {
                loss += gradient_and_value::<L, _>(y.as_ref(), target.as_ref(), error.as_mut());
            }
        }
        let mut finite = Finite::new();
        finite.see(sum);
        finite.see(loss);
        (loss, finite)
    }

    /// Multiplies the error of the first sample, and returns its loss.
    pub(crate) fn weigh(&mut self, loss: N::Scalar, weight: N::Scalar) -> Result<N::Scalar, StepError> {
        if !weight.is_finite() || weight < N::Scalar::ZERO {
            return Err(StepError::Weight);
        }
        let loss = loss * weight;
        if !loss.is_finite() {
            return Err(StepError::Loss);
        }
        for error in N::errors(&mut self.deltas).iter_mut().take(1).flat_map(AsMut::as_mut) {
            *error *= weight;
        }
        Ok(loss)
    }

    /// Shrinks the gradient of each sample to the norm `limit`.
    pub(crate) fn limit(&mut self, x: &[N::Input], limit: N::Scalar) -> Result<(), StepError> {
        for sample in 0..x.len() {
            let square = N::product(x, &self.tape, &self.deltas, sample, sample);
            N::scale(&mut self.deltas, sample, shrink(norm(square)?, limit));
        }
        Ok(())
    }

    /// Ends a batch.
    fn apply(&mut self) -> Result<(), StepError> {
        let Self { network, optimizer, slots, .. } = self;
        let result = optimizer.finish(|| {
            let mut square = N::Scalar::ZERO;
            network.visit_mut(slots, &mut |layer| {
                add_collected::<P, _>(&mut square, layer.weight_slots);
                add_collected::<P, _>(&mut square, layer.bias_slots);
            });
            square
        });
        network.visit_mut(slots, &mut |layer| optimizer.apply(layer));
        result
    }
}

/// The squared norm of the sum of the samples' gradients: the products of all pairs.
pub(crate) fn square<N: Layer, const B: usize>(x: &[N::Input], tape: &N::Tape<B>, deltas: &N::Deltas<B>) -> N::Scalar {
    let mut sum = N::Scalar::ZERO;
    for a in 0..x.len() {
        for b in 0..a {
            let product = N::product(x, tape, deltas, a, b);
            sum += product + product;
        }
        sum += N::product(x, tape, deltas, a, a);
    }
    sum
}

/// Adds the squares of what was collected.
pub(crate) fn add_collected<P: Optimizer<T>, T: Scalar>(square: &mut T, slots: &[P::Slot]) {
    for slot in slots {
        let gradient = P::collected(slot);
        *square += gradient * gradient;
    }
}

const fn room(samples: usize) {
    assert!(samples > 0, "a trainer needs room for at least one sample");
}

/// What is not finite, if anything: a weighted sum may be infinite without harm.
#[cold]
#[inline(never)]
fn refuse<X: AsRef<[T]>, Y: AsRef<[T]>, T: Scalar>(x: &[X], targets: &[Y], loss: T) -> Result<(), StepError> {
    if !x.iter().all(|x| finite(x.as_ref()).is_finite()) {
        Err(StepError::Input)
    } else if !targets.iter().all(|target| finite(target.as_ref()).is_finite()) {
        Err(StepError::Target)
    } else if !loss.is_finite() {
        Err(StepError::Loss)
    } else {
        Ok(())
    }
}

impl<N: Layer + Zero, L, P: Optimizer<N::Scalar> + Zero, R, const B: usize> Trainer<N, L, P, R, B> {
    /// A trainer that was not started yet, with all bits zero: a `static` of this value lies in `.bss` and costs no
    /// flash. Its steps are refused until [`start`](Trainer::start) gives it a learning rate.
    pub const ZERO: Self = {
        room(B);
        Self {
            network: N::ZERO,
            optimizer: P::ZERO,
            slots: Zero::ZERO,
            tape: Zero::ZERO,
            deltas: Zero::ZERO,
            kind: PhantomData,
        }
    };
}

impl<N: Layer + fmt::Debug, L, P: Optimizer<N::Scalar> + fmt::Debug, R, const B: usize> fmt::Debug
    for Trainer<N, L, P, R, B>
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
    for Trainer<N, L, P, R, B>
{
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Trainer {{ network: {}, optimizer: {} }}", self.network, self.optimizer);
    }
}
