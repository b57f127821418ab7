//! What a layer is: to predict it needs [`Infer`], to learn [`Layer`].

pub(crate) mod inner;
mod tuple;

// All that the author of a layer names.
pub use crate::activation::{Activation, magnitude};
pub use crate::optimizer::{Collected, Parameters};
pub use crate::pairs::Pairs;
pub use crate::rule::Rule;
pub use crate::shape::Shape;
pub use crate::slots::Slots;
pub use crate::storable::Storable;
pub use crate::tensor::{Role, Tensor};
pub use crate::work::{ACTIVATION, Budget, DERIVATIVE, Sizes};

use core::slice::{from_mut, from_ref};

use crate::activation::Link;
use crate::architecture::{Architecture, step};
use crate::error::StepError;
use crate::init::Init;
use crate::kernel;
use crate::layer::inner::{forward_by, infer_as};
use crate::optimizer::{self, Optimizer};
use crate::scalar::{Scalar, Zero};

/// What a layer needs that predicts. A tuple of one to eight layers is a layer again, and so is a reference to one.
///
/// Outputs belong to whoever calls, who has room for as many as there are inputs. What else a pass leaves for those that
/// follow lies in the *tape*, and what outlives a call in the *state*; for most layers both are `()`.
///
/// Each pass takes a [`Budget`]. With [`Whole`](crate::work::Whole) it does everything in one call. With
/// [`Work`](crate::work::Work), and one sample, it does what [`Budget::take`] returns of each of its loops, which makes
/// [steps in pieces](crate::pieces): so a pass is written once.
pub trait Infer {
    /// The number type.
    type Scalar: Scalar;
    /// The inputs, `[T; I]` for example.
    type Input: Shape<Scalar = Self::Scalar>;
    /// The outputs.
    type Output: Shape<Scalar = Self::Scalar>;
    /// Scratch: what a forward pass of up to `B` samples leaves for the way back, besides the outputs.
    type Tape<const B: usize>: Zero;
    /// What outlives a call: the generator of [`Dropout`](crate::Dropout) for example. It is [saved](Storable) with the weights.
    type State: Zero + Storable;

    /// The number of parameters.
    const PARAMETERS: usize;

    /// What the layer computes from its parameters; see [`Architecture`].
    const ARCHITECTURE: Architecture;

    /// The link function that the activation inverts; see [`Link`]. With [`Link::Identity`], the errors of a squared loss are
    /// the deltas of the last layer already, and [`Layer::derive`] is not called: for layers without an activation alone.
    const LINK: Link = Link::None;

    /// Whether every output lies within -1 and 1.
    const BOUNDED: bool = false;

    /// What the largest [pieces](crate::pieces) of the passes are computed from.
    const SIZES: Sizes = Sizes::NONE;

    /// Forward pass of some samples, in a layer that has an [`activate`](Infer::activate) up to its weighted sums.
    ///
    /// Returns 0 if everything that it has computed is finite, otherwise NaN or infinity; `-0` if this shows in `y`.
    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[Self::Input],
        y: &mut [Self::Output],
        tape: &mut Self::Tape<B>,
        state: &mut Self::State,
        mode: Mode,
        work: &mut W,
    ) -> Self::Scalar;

    /// Turns weighted sums into outputs: `y = activation(z)`. Returns 0 if the sums are finite, otherwise NaN or infinity:
    /// a sum that has met a NaN or an infinity, among the inputs or the weights, never becomes finite again.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<W: Budget>(y: &mut [Self::Output], work: &mut W) -> Self::Scalar {
        let y = Self::Output::numbers(y);
        work.take(y.len(), 1).map_or(-Self::Scalar::ZERO, |range| kernel::finite(W::part(y, range)))
    }

    /// [`forward`](Infer::forward) and [`activate`](Infer::activate).
    #[cfg_attr(not(unoptimized), inline(always))]
    fn outputs<W: Budget, const B: usize>(
        &self,
        x: &[Self::Input],
        y: &mut [Self::Output],
        tape: &mut Self::Tape<B>,
        state: &mut Self::State,
        mode: Mode,
        work: &mut W,
    ) -> Self::Scalar {
        self.forward(x, y, tape, state, mode, work) + Self::activate(y, work)
    }

    /// Shows every tensor to `visit`, always in the same order: layer by layer, weights (input by input), then biases.
    #[allow(clippy::type_complexity)]
    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[Self::Scalar]>));

    /// `hash` with all parameters, for the [`digest`](crate::digest()): those that [`tensors`](Infer::tensors) shows, each as its IEEE 754
    /// bytes. A layer of integers hashes these, and one that holds others passes this on.
    fn hash(&self, mut hash: u64) -> u64 {
        self.tensors(&mut |tensor| {
            for parameter in tensor.data {
                for byte in parameter.bits().to_le_bytes().iter().take(size_of::<Self::Scalar>()) {
                    hash = step(hash, *byte);
                }
            }
        });
        hash
    }
}

/// A layer that can be part of a network that learns. A tuple of one to eight layers is a layer again.
///
/// A training step calls [`forward`](Infer::forward) and [`activate`](Infer::activate), then [`derive`](Layer::derive)
/// and [`back`](Layer::back), then [`update`](Layer::update). A layer says what its gradient is made of
/// ([`gradient`](Layer::gradient)) and where its parameters are ([`parameters`](Layer::parameters)); updates, from one
/// sample or several, whole or in pieces, accumulated batches, and norms follow from both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a layer nor a tuple of one to eight layers",
    label = "not a layer",
    note = "a network is a layer or a tuple of layers: `(Dense<2, 3>, Dense<3, 1>)`; tuples can be nested: `((A, B), (C, D))` has \
            four layers, and nine are `((A, B, C, D, E, F, G, H), I)`",
    note = "an activation such as `Relu` is a parameter of a layer: `Dense<2, 3, Relu>`; a reference to a layer is one when it \
            is frozen: `Frozen<&'static Dense<2, 3>>`"
)]
pub trait Layer: Infer {
    /// Scratch: what [`back`](Layer::back) leaves of up to `B` samples for the gradient, besides the errors; mostly `()`.
    type Deltas<const B: usize>: Zero;
    /// One `S` per parameter that learns, for the optimiser: an array for each tensor that learns, in the order of
    /// [`tensors`](Infer::tensors); `()` if there are none.
    type Slots<S: Zero>: Slots<S>;

    /// Whether any parameter is ever changed. What does not learn, and has nothing below it that does, needs no deltas,
    /// and they are not computed.
    const LEARNS: bool = Self::PARAMETERS > 0;

    /// Checks the hyperparameters of layers that have any, before a training step.
    ///
    /// # Errors
    /// The [`StepError`] that names the one that is out of range.
    fn check(&self) -> Result<(), StepError> {
        Ok(())
    }

    /// Turns the errors of the outputs into those of the weighted sums, the deltas: [`activate`](Infer::activate) on the
    /// way back. Returns the [`magnitude`] of the deltas: the trainer checks all at once.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn derive<W: Budget>(y: &[Self::Output], errors: &mut [Self::Output], work: &mut W) -> Self::Scalar {
        let _ = y;
        settled(errors, work)
    }

    /// Sends the deltas on to `below`, the errors of the inputs, if there is anything below that learns. Nothing is changed
    /// but `deltas` and `below`.
    ///
    /// Returns the [`magnitude`] of what it leaves in `deltas`, `-0` if that is nothing.
    ///
    /// # Errors
    /// That of the rule `R`.
    fn back<R: Rule, W: Budget, const B: usize>(
        &self,
        trace: Trace<'_, Self, B>,
        deltas: &mut Self::Deltas<B>,
        below: Option<&mut [Self::Input]>,
        work: &mut W,
    ) -> Result<Self::Scalar, StepError>;

    /// Shows what the gradient is made of to `visit`, after [`back`](Layer::back): for each group of
    /// [`parameters`](Layer::parameters), in their order, the pairs whose outer products it is the sum of. `bounded` says
    /// whether all inputs lie within -1 and 1.
    fn gradient<const B: usize>(
        trace: Trace<'_, Self, B>,
        deltas: &Self::Deltas<B>,
        bounded: bool,
        visit: &mut impl FnMut(Pairs<Self::Scalar>),
    );

    /// Hands every parameter that learns to `visit`, group by group, with what is kept for it: an `S` and a `Z`.
    fn parameters<S: Zero, Z: Zero>(
        &mut self,
        slots: &mut Self::Slots<S>,
        sums: &mut Self::Slots<Z>,
        visit: &mut impl FnMut(Parameters<Self::Scalar, S>, Collected<Z>),
    );

    /// Shows every tensor that can be written to `visit`, in the order of [`tensors`](Infer::tensors).
    #[allow(clippy::type_complexity)]
    fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [Self::Scalar]>));

    /// Writes the parameters. `scale` is what the sum of the gradients of all samples is multiplied by.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update<P: Optimizer<Self::Scalar>, W: Budget, const B: usize>(
        &mut self,
        trace: Trace<'_, Self, B>,
        deltas: &Self::Deltas<B>,
        slots: &mut Self::Slots<P::Slot>,
        optimizer: &P,
        scale: Self::Scalar,
        work: &mut W,
    ) {
        let mut group = 0;
        Self::gradient(trace, deltas, false, &mut |pairs| {
            let mut other = 0;
            visit_slots(self, slots, &mut |parameters| {
                if other == group {
                    optimizer::update::<_, _, _, B>(optimizer, parameters, pairs, scale, work);
                }
                other += 1;
            });
            group += 1;
        });
    }

    /// Writes the parameters from the sums that the optimiser has collected, by [`Optimizer::apply`].
    #[cfg_attr(not(unoptimized), inline(always))]
    fn apply<P: Optimizer<Self::Scalar>, W: Budget>(
        &mut self,
        slots: &mut Self::Slots<P::Slot>,
        sums: &mut Self::Slots<P::Sum>,
        optimizer: &P,
        work: &mut W,
    ) {
        self.parameters(slots, sums, &mut |parameters, collected| {
            optimizer::apply(optimizer, parameters, collected, work);
        });
    }

    /// Multiplies what `deltas` holds of the sample of this index by `factor`, and with it its gradient.
    fn scale<const B: usize>(deltas: &mut Self::Deltas<B>, sample: usize, factor: Self::Scalar) {
        let _ = (deltas, sample, factor);
    }

    /// Draws the weights and sets the biases to zero.
    fn initialize(&mut self, init: &mut impl Init) {
        self.tensors_mut(&mut |tensor| match tensor.role {
            Role::Weight { inputs, outputs } => {
                tensor.data.iter_mut().for_each(|weight| *weight = init.weight(inputs, outputs));
            }
            Role::Bias => tensor.data.fill(Zero::ZERO),
        });
    }

    /// What of the layer learns, so that saved parameters are not taken for others: the architecture, unless some of it is fixed
    /// ([`Architecture::fixed`]).
    const LEARNT: Architecture = Self::ARCHITECTURE;

    /// The bytes of what the layer holds besides tensors, as a value and not in its type: the rate of a
    /// [`Dropout`](crate::Dropout) for example.
    const SETTINGS: usize = 0;

    /// What these bytes mean, as [`Storable::LAYOUT`].
    const SETTINGS_LAYOUT: u64 = 0;

    /// Hands the [`SETTINGS`](Layer::SETTINGS) to `write`, as [`Storable::store`] does.
    fn store_settings(&self, write: &mut impl FnMut(&[u8])) {
        let _ = write;
    }

    /// Takes the [`SETTINGS`](Layer::SETTINGS) from `read`, as [`Storable::load`] does.
    fn load_settings(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let _ = read;
    }

    /// Seeds what is random in a forward pass, the masks of [`Dropout`](crate::Dropout). Each layer that has such a
    /// thing takes the next number of `seeds`.
    fn seed(state: &mut Self::State, seeds: &mut impl FnMut() -> u32) {
        let _ = (state, seeds);
    }

    /// Whether [`seed`](Layer::seed) was called since all was zero, if there is anything to seed. Otherwise the trainer
    /// calls it before the first step.
    fn is_seeded(state: &Self::State) -> bool {
        let _ = state;
        true
    }

    /// Takes back what a forward pass has changed in the state, because the step is refused.
    fn rewind<const B: usize>(state: &mut Self::State, tape: &Self::Tape<B>) {
        let _ = (state, tape);
    }
}

/// What the forward pass of some samples leaves for the way back, and the errors of the outputs.
#[derive(Debug)]
pub struct Trace<'a, N: Infer + ?Sized, const B: usize> {
    /// The inputs.
    pub x: &'a [N::Input],
    /// The outputs.
    pub y: &'a [N::Output],
    /// The errors of the outputs, or their deltas after [`derive`](Layer::derive).
    pub errors: &'a [N::Output],
    /// What else the layer left.
    pub tape: &'a N::Tape<B>,
}

impl<'a, N: Infer, const B: usize> Trace<'a, N, B> {
    /// As that of a layer which leaves the same.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn of<L>(self) -> Trace<'a, L, B>
    where
        L: Infer<Input = N::Input, Output = N::Output, Tape<B> = N::Tape<B>>,
    {
        Trace { x: self.x, y: self.y, errors: self.errors, tape: self.tape }
    }
}

impl<N: Infer + ?Sized, const B: usize> Clone for Trace<'_, N, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N: Infer + ?Sized, const B: usize> Copy for Trace<'_, N, B> {}

/// [`Layer::derive`] where the errors are the deltas already: there is no activation, or its derivative has cancelled out
/// with the loss.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn settled<Y: Shape, W: Budget>(errors: &[Y], work: &mut W) -> Y::Scalar {
    let errors = Y::numbers(errors);
    work.take(errors.len(), DERIVATIVE).map_or(-Y::Scalar::ZERO, |range| kernel::magnitude(W::part(errors, range)))
}

/// [`Layer::parameters`] with one thing that is kept for each.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn visit_slots<N: Layer + ?Sized, S: Zero>(
    network: &mut N,
    slots: &mut N::Slots<S>,
    visit: &mut impl FnMut(Parameters<N::Scalar, S>),
) {
    let mut none = <N::Slots<()>>::ZERO;
    network.parameters(slots, &mut none, &mut |parameters, _| visit(parameters));
}

/// What a forward pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// Only the outputs count.
    Predict,
    /// The network will learn from it: [`Dropout`](crate::Dropout) drops.
    Train,
}

/// The first `samples` of those there is room for.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn first<X>(all: &[X], samples: usize) -> &[X] {
    all.get(..samples).unwrap_or(all)
}

/// [`first`], to be written.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn first_mut<X>(all: &mut [X], samples: usize) -> &mut [X] {
    let samples = samples.min(all.len());
    all.get_mut(..samples).unwrap_or_default()
}

/// Multiplies the errors of a sample by `factor`.
pub(crate) fn scale_errors<Y: Shape>(errors: Option<&mut Y>, factor: Y::Scalar) {
    for error in errors.into_iter().flat_map(Shape::flat_mut) {
        *error *= factor;
    }
}

/// A copy from place to place. An assignment would go over the stack where nothing is optimised.
pub(crate) fn copy<N: Copy>(from: &N, to: &mut N) {
    from_mut(to).copy_from_slice(from_ref(from));
}

impl<L: Infer> Infer for &L {
    infer_as!(L);

    const SIZES: Sizes = L::SIZES;

    forward_by!(L, this => this);

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[L::Scalar]>)) {
        L::tensors(self, visit);
    }

    fn hash(&self, hash: u64) -> u64 {
        L::hash(self, hash)
    }
}
