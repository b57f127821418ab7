//! What a layer does, and how a tuple of layers does it: forward, back, update.

use crate::activation::Link;
use crate::init::Init;
use crate::optimizer::Optimizer;
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// A layer, or a tuple of one to eight layers, which is a layer again.
///
/// A training step calls [`linear`](Layer::linear) and [`activate`](Layer::activate), then [`back`](Layer::back), then
/// [`update`](Layer::update). What the calls hand on to each other lies in three places that the layer names but does
/// not own: its *tape* (the outputs), its *deltas* (the error of each output), and its *slots* (what an optimiser
/// keeps for each parameter).
pub trait Layer {
    /// The number type.
    type Scalar: Scalar;
    /// The inputs, `[T; I]`.
    type Input: AsRef<[Self::Scalar]> + AsMut<[Self::Scalar]>;
    /// The outputs, `[T; O]`.
    type Output: AsRef<[Self::Scalar]> + AsMut<[Self::Scalar]>;
    /// What a forward pass leaves for the way back.
    type Tape: Zero;
    /// The error of each output, before and after the activation's derivative.
    type Deltas: Zero;
    /// One `S` per parameter, for the optimiser.
    type Slots<S: Zero>: Zero;

    /// The number of parameters (weights and biases).
    const PARAMETERS: usize;

    /// The link function that the last activation inverts; see [`Link`].
    const LINK: Link;

    /// Forward pass up to the last layer's weighted sums `z`, which are then the [`output`](Layer::output) on the tape.
    ///
    /// Returns true only if all inputs are finite, false if this is not known.
    fn linear(&self, x: &Self::Input, tape: &mut Self::Tape) -> bool;

    /// Turns the weighted sums on the tape into outputs: `y = activation(z)`.
    fn activate(tape: &mut Self::Tape);

    /// The whole forward pass; the outputs are on the tape.
    fn forward(&self, x: &Self::Input, tape: &mut Self::Tape) {
        self.linear(x, tape);
        Self::activate(tape);
    }

    /// What the forward pass computed.
    fn output(tape: &Self::Tape) -> &Self::Output;

    /// Where the error of the outputs goes before [`back`](Layer::back).
    fn error(deltas: &mut Self::Deltas) -> &mut Self::Output;

    /// Turns the error of the outputs into deltas, and sends it on to `below`, the error of the inputs, if there is
    /// anything below that learns. Nothing is changed but `deltas` and `below`.
    ///
    /// `settled` says that the error is the delta already: activation and loss are linked, and the derivative has
    /// cancelled out.
    ///
    /// # Errors
    /// [`StepError::Delta`] if a delta is NaN or infinite, and the error of the rule `R`.
    fn back<R: Rule>(
        &self,
        tape: &Self::Tape,
        deltas: &mut Self::Deltas,
        settled: bool,
        below: Option<&mut Self::Input>,
    ) -> Result<(), StepError>;

    /// Writes the weights.
    fn update<P: Optimizer<Self::Scalar>>(
        &mut self,
        x: &Self::Input,
        tape: &Self::Tape,
        deltas: &Self::Deltas,
        slots: &mut Self::Slots<P::Slot>,
        optimizer: &P,
    );

    /// Draws the weights and sets the biases to zero.
    fn initialize(&mut self, init: &mut impl Init);

    /// Shows every parameter to `visit`: layer by layer, weights (input by input), then biases.
    fn visit(&self, visit: &mut impl FnMut(&[Self::Scalar]));
}

/// Makes tuples layers. From `(A 0) (B 1) (C 2)` it walks along the neighbours, `A 0 B 1` then `B 1 C 2`, collects them
/// in order for the way up and in reverse for the way back, and makes a layer of every tuple that it passes.
macro_rules! tuples {
    (@walk $first:tt $up:tt $down:tt $last:tt) => {
        tuples!(@layer $first $up $down $last);
    };
    (@walk $first:tt [$($up:tt)*] [$($down:tt)*] ($L:ident $l:tt) ($U:ident $u:tt) $($rest:tt)*) => {
        tuples!(@layer $first [$($up)*] [$($down)*] ($L $l));
        tuples!(@walk $first [$($up)* ($L $l $U $u)] [($L $l $U $u) $($down)*] ($U $u) $($rest)*);
    };
    (@layer ($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] [$(($M:ident $m:tt $V:ident $v:tt))*] ($Z:ident $z:tt)) => {
        impl<$A: Layer, $($U: Layer<Input = $L::Output, Scalar = $A::Scalar>),*> Layer for ($A, $($U,)*) {
            type Scalar = $A::Scalar;
            type Input = $A::Input;
            type Output = $Z::Output;
            type Tape = ($A::Tape, $($U::Tape,)*);
            type Deltas = ($A::Deltas, $($U::Deltas,)*);
            type Slots<S: Zero> = ($A::Slots<S>, $($U::Slots<S>,)*);

            const PARAMETERS: usize = $A::PARAMETERS $(+ $U::PARAMETERS)*;
            const LINK: Link = $Z::LINK;

            #[inline(always)]
            fn linear(&self, x: &Self::Input, tape: &mut Self::Tape) -> bool {
                let finite = self.$a.linear(x, &mut tape.$a);
                $(
                    $L::activate(&mut tape.$l);
                    self.$u.linear($L::output(&tape.$l), &mut tape.$u);
                )*
                finite
            }

            #[inline(always)]
            fn activate(tape: &mut Self::Tape) {
                $Z::activate(&mut tape.$z);
            }

            fn output(tape: &Self::Tape) -> &Self::Output {
                $Z::output(&tape.$z)
            }

            fn error(deltas: &mut Self::Deltas) -> &mut Self::Output {
                $Z::error(&mut deltas.$z)
            }

            #[inline(always)]
            fn back<R: Rule>(
                &self,
                tape: &Self::Tape,
                deltas: &mut Self::Deltas,
                settled: bool,
                below: Option<&mut Self::Input>,
            ) -> Result<(), StepError> {
                $(
                    let error = $M::error(&mut deltas.$m);
                    self.$v.back::<R>(&tape.$v, &mut deltas.$v, settled, Some(error))?;
                    // Only the last layer meets the loss.
                    let settled = false;
                )*
                self.$a.back::<R>(&tape.$a, &mut deltas.$a, settled, below)
            }

            #[inline(always)]
            fn update<P: Optimizer<Self::Scalar>>(
                &mut self,
                x: &Self::Input,
                tape: &Self::Tape,
                deltas: &Self::Deltas,
                slots: &mut Self::Slots<P::Slot>,
                optimizer: &P,
            ) {
                self.$a.update(x, &tape.$a, &deltas.$a, &mut slots.$a, optimizer);
                $(
                    let x = $L::output(&tape.$l);
                    self.$u.update(x, &tape.$u, &deltas.$u, &mut slots.$u, optimizer);
                )*
            }

            fn initialize(&mut self, init: &mut impl Init) {
                self.$a.initialize(init);
                $(self.$u.initialize(init);)*
            }

            fn visit(&self, visit: &mut impl FnMut(&[Self::Scalar])) {
                self.$a.visit(visit);
                $(self.$u.visit(visit);)*
            }
        }

        impl<$A: Zero, $($U: Zero),*> Zero for ($A, $($U,)*) {
            const ZERO: Self = ($A::ZERO, $($U::ZERO,)*);
        }
    };
    ($first:tt $($rest:tt)*) => {
        tuples!(@walk $first [] [] $first $($rest)*);
    };
}
tuples!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7));
