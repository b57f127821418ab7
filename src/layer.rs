//! What a layer does: forward, back, update.

mod tuple;

use core::slice::{from_mut, from_ref};

use crate::activation::Link;
use crate::architecture::Architecture;
use crate::error::StepError;
use crate::init::Init;
use crate::optimizer::{Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::work::{Budget, Sizes};

/// A layer, or a tuple of one to eight layers, which is a layer again.
///
/// A training step calls [`linear`](Layer::linear) and [`activate`](Layer::activate), then [`back`](Layer::back), then
/// [`update`](Layer::update). What the calls hand on to each other lies in three places that the layer names but does
/// not own: its *tape* (the outputs), its *deltas* (the error of each output), and its *slots* (what an optimiser
/// keeps for each parameter). Tape and deltas have room for `B` samples, of which a call uses the first.
///
/// Each of these passes takes a [`Budget`]. With [`Whole`](crate::work::Whole) it does everything in one call. With
/// [`Work`](crate::work::Work), and one sample, it does what [`Budget::take`] returns of each of its loops, which makes
/// [steps in pieces](crate::pieces): so a pass is written once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a layer nor a tuple of one to eight layers",
    label = "not a layer",
    note = "a network is a layer or a tuple of layers: `(Dense<2, 3>, Dense<3, 1>)`; tuples can be nested: `((A, B), (C, D))` has \
            four layers, and nine are `((A, B, C, D, E, F, G, H), I)`",
    note = "an activation such as `Relu` is a parameter of a layer: `Dense<2, 3, Relu>`; a reference to a layer is one when it \
            is frozen: `Frozen<&'static Dense<2, 3>>`"
)]
pub trait Layer {
    /// The number type.
    type Scalar: Scalar;
    /// The inputs, `[T; I]`.
    type Input: AsRef<[Self::Scalar]> + AsMut<[Self::Scalar]>;
    /// The outputs, `[T; O]`.
    type Output: AsRef<[Self::Scalar]> + AsMut<[Self::Scalar]>;
    /// What a forward pass of up to `B` samples leaves for the way back.
    type Tape<const B: usize>: Zero;
    /// The error of each output of up to `B` samples, before and after the activation's derivative.
    type Deltas<const B: usize>: Zero;
    /// One `S` per parameter that learns, for the optimiser.
    type Slots<S: Zero>: Zero;

    /// The number of parameters (weights and biases).
    const PARAMETERS: usize;

    /// Whether any parameter is ever changed. What does not learn, and has nothing below it that does, needs no deltas,
    /// and they are not computed.
    const LEARNS: bool;

    /// The link function that the last activation inverts; see [`Link`]. [`Link::Identity`] for a layer that has none: with
    /// it, only losses for numbers without a range compile.
    const LINK: Link;

    /// What the largest [pieces](crate::pieces) of the passes are computed from.
    const SIZES: Sizes;

    /// Whether every output lies within -1 and 1.
    const BOUNDED: bool = false;
    /// What the layer computes from its parameters; see [`Architecture`].
    const ARCHITECTURE: Architecture;

    /// Checks the hyperparameters of layers that have any, before a training step.
    ///
    /// # Errors
    /// The [`StepError`] that names the one that is out of range.
    fn check(&self) -> Result<(), StepError> {
        Ok(())
    }

    /// Forward pass of some samples up to the last layer's weighted sums `z`, which are then the
    /// [`outputs`](Layer::outputs) on the tape.
    ///
    /// Returns 0 if the weighted sums of all layers but the last are finite, otherwise NaN or infinity.
    fn linear<W: Budget, const B: usize>(
        &self,
        x: &[Self::Input],
        tape: &mut Self::Tape<B>,
        mode: Mode,
        work: &mut W,
    ) -> Self::Scalar;

    /// Turns the weighted sums of the first `samples` on the tape into outputs: `y = activation(z)`. Returns 0 if these
    /// sums are finite, otherwise NaN or infinity: a sum that has met a NaN or an infinity, among the inputs or the weights,
    /// never becomes finite again.
    fn activate<W: Budget, const B: usize>(tape: &mut Self::Tape<B>, samples: usize, work: &mut W) -> Self::Scalar;

    /// The whole forward pass; the outputs are on the tape. Returns 0 if all weighted sums are finite, otherwise NaN or
    /// infinity.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[Self::Input],
        tape: &mut Self::Tape<B>,
        mode: Mode,
        work: &mut W,
    ) -> Self::Scalar {
        self.linear(x, tape, mode, work) + Self::activate(tape, x.len(), work)
    }

    /// What the forward pass computed.
    fn outputs<const B: usize>(tape: &Self::Tape<B>) -> &[Self::Output; B];

    /// Where the errors of the outputs go before [`back`](Layer::back).
    fn errors<const B: usize>(deltas: &mut Self::Deltas<B>) -> &mut [Self::Output; B];

    /// Turns the errors of the outputs of the first `samples` into deltas, and sends them on to `below`, the errors of
    /// the inputs, if there is anything below that learns. Nothing is changed but `deltas` and `below`.
    ///
    /// `settled` says that the errors are the deltas already: activation and loss are linked, and the derivative has
    /// cancelled out.
    ///
    /// Returns the [`magnitude`](crate::activation::magnitude) of all deltas: the trainer checks everything at once.
    ///
    /// # Errors
    /// That of the rule `R`.
    fn back<R: Rule, W: Budget, const B: usize>(
        &self,
        tape: &Self::Tape<B>,
        deltas: &mut Self::Deltas<B>,
        samples: usize,
        settled: bool,
        below: Option<&mut [Self::Input; B]>,
        work: &mut W,
    ) -> Result<Self::Scalar, StepError>;

    /// Writes the weights, from samples that had the inputs `x`. `scale` is what the sum of their gradients is
    /// multiplied by.
    #[allow(clippy::too_many_arguments)]
    fn update<P: Optimizer<Self::Scalar>, W: Budget, const B: usize>(
        &mut self,
        x: &[Self::Input],
        tape: &Self::Tape<B>,
        deltas: &Self::Deltas<B>,
        slots: &mut Self::Slots<P::Slot>,
        optimizer: &P,
        scale: Self::Scalar,
        work: &mut W,
    );

    /// Writes the weights from the sums that the optimiser has collected, by [`Optimizer::apply`].
    fn apply<P: Optimizer<Self::Scalar>, W: Budget>(
        &mut self,
        slots: &mut Self::Slots<P::Slot>,
        sums: &mut Self::Slots<P::Sum>,
        optimizer: &P,
        work: &mut W,
    );

    /// Shows what the gradient is made of to `visit`, layer by layer, after [`back`](Layer::back). `bounded` says whether
    /// all inputs lie within -1 and 1.
    fn gradient<const B: usize>(
        x: &[Self::Input],
        tape: &Self::Tape<B>,
        deltas: &Self::Deltas<B>,
        bounded: bool,
        visit: &mut impl FnMut(Factors<Self::Scalar>),
    );

    /// Multiplies the deltas of sample `sample` by `factor`, and with them its gradient.
    fn scale<const B: usize>(deltas: &mut Self::Deltas<B>, sample: usize, factor: Self::Scalar);

    /// Draws the weights and sets the biases to zero.
    fn initialize(&mut self, init: &mut impl Init);

    /// Seeds what is random in a forward pass, the masks of [`Dropout`](crate::Dropout). Each layer that has such a
    /// thing takes the next number of `seeds`.
    fn seed<const B: usize>(tape: &mut Self::Tape<B>, seeds: &mut impl FnMut() -> u32);

    /// Whether [`seed`](Layer::seed) was called since the tape was all zero, if there is anything to seed. Otherwise the
    /// trainer calls it before the first step.
    fn is_seeded<const B: usize>(_: &Self::Tape<B>) -> bool {
        true
    }

    /// Takes back what a forward pass has drawn, because the step is refused: the next one draws it again.
    fn rewind<const B: usize>(_: &mut Self::Tape<B>) {}

    /// Shows every parameter to `visit`: layer by layer, weights (input by input), then biases.
    fn visit(&self, visit: &mut impl FnMut(&[Self::Scalar]));

    /// Hands every parameter that learns, with its slot, to `visit`: layer by layer.
    fn visit_mut<S: Zero>(&mut self, slots: &mut Self::Slots<S>, visit: &mut impl FnMut(Parameters<Self::Scalar, S>));
}

/// What the gradient of a layer is made of. That of one sample is an outer product, dE/dw\[i\]\[o\] = `x[i] * delta[o]`
/// and dE/db\[o\] = `delta[o]`; that of several is their sum.
#[derive(Clone, Copy, Debug)]
pub struct Factors<'a, T> {
    /// The inputs, sample by sample; none where the biases alone learn.
    pub x: &'a [T],
    /// The deltas, sample by sample.
    pub deltas: &'a [T],
    /// The number of deltas of a sample.
    pub outputs: usize,
    /// Whether there are biases.
    pub biases: bool,
    /// Whether all inputs lie within -1 and 1.
    pub bounded: bool,
}

impl<T> Factors<'_, T> {
    /// Those of one sample.
    pub(crate) fn sample(self, sample: usize) -> Self {
        let outputs = self.outputs.max(1);
        let inputs = self.x.len() / (self.deltas.len() / outputs).max(1);
        let part = |values, len| <[T]>::chunks_exact(values, len).nth(sample).unwrap_or_default();
        Self { x: part(self.x, inputs.max(1)), deltas: part(self.deltas, outputs), ..self }
    }
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
pub(crate) fn first<X>(all: &[X], samples: usize) -> &[X] {
    all.get(..samples).unwrap_or(all)
}

/// [`first`], to be written.
pub(crate) fn first_mut<X>(all: &mut [X], samples: usize) -> &mut [X] {
    let samples = samples.min(all.len());
    all.get_mut(..samples).unwrap_or_default()
}

/// A copy from place to place. An assignment would go over the stack where nothing is optimised.
pub(crate) fn copy<N: Copy>(from: &N, to: &mut N) {
    from_mut(to).copy_from_slice(from_ref(from));
}
