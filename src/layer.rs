//! What a layer does, and how a tuple of layers does it: forward, back, update.

use crate::activation::Link;
use crate::init::Init;
use crate::optimizer::{Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// A layer, or a tuple of one to eight layers, which is a layer again.
///
/// A training step calls [`linear`](Layer::linear) and [`activate`](Layer::activate), then [`back`](Layer::back), then
/// [`update`](Layer::update). What the calls hand on to each other lies in three places that the layer names but does
/// not own: its *tape* (the outputs), its *deltas* (the error of each output), and its *slots* (what an optimiser
/// keeps for each parameter). Tape and deltas have room for `B` samples, of which a call uses the first.
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

    /// The link function that the last activation inverts; see [`Link`].
    const LINK: Link;

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
    /// Returns a number that is finite only if all inputs are.
    fn linear<const B: usize>(&self, x: &[Self::Input], tape: &mut Self::Tape<B>, mode: Mode) -> Self::Scalar;

    /// Turns the weighted sums of the first `samples` on the tape into outputs: `y = activation(z)`.
    fn activate<const B: usize>(tape: &mut Self::Tape<B>, samples: usize);

    /// The whole forward pass; the outputs are on the tape. Returns as [`linear`](Layer::linear).
    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward<const B: usize>(&self, x: &[Self::Input], tape: &mut Self::Tape<B>, mode: Mode) -> Self::Scalar {
        let finite = self.linear(x, tape, mode);
        Self::activate(tape, x.len());
        finite
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
    /// Returns 0 if all deltas are finite, otherwise NaN or infinity: the trainer checks everything at once.
    ///
    /// # Errors
    /// That of the rule `R`.
    fn back<R: Rule, const B: usize>(
        &self,
        tape: &Self::Tape<B>,
        deltas: &mut Self::Deltas<B>,
        samples: usize,
        settled: bool,
        below: Option<&mut [Self::Input; B]>,
    ) -> Result<Self::Scalar, StepError>;

    /// Writes the weights, from samples that had the inputs `x`. `scale` is what the sum of their gradients is
    /// multiplied by.
    fn update<P: Optimizer<Self::Scalar>, const B: usize>(
        &mut self,
        x: &[Self::Input],
        tape: &Self::Tape<B>,
        deltas: &Self::Deltas<B>,
        slots: &mut Self::Slots<P::Slot>,
        optimizer: &P,
        scale: Self::Scalar,
    );

    /// The inner product of the gradients of two samples, `a` and `b`, for which [`back`](Layer::back) was called: a
    /// gradient is an outer product, so this takes no more than the products of inputs and of deltas.
    fn product<const B: usize>(
        x: &[Self::Input],
        tape: &Self::Tape<B>,
        deltas: &Self::Deltas<B>,
        a: usize,
        b: usize,
    ) -> Self::Scalar;

    /// Multiplies the deltas of sample `sample` by `factor`, and with them its gradient.
    fn scale<const B: usize>(deltas: &mut Self::Deltas<B>, sample: usize, factor: Self::Scalar);

    /// Draws the weights and sets the biases to zero.
    fn initialize(&mut self, init: &mut impl Init);

    /// Seeds what is random in a forward pass, the masks of [`Dropout`](crate::Dropout). Each layer that has such a
    /// thing takes the next number of `seeds`.
    fn seed<const B: usize>(tape: &mut Self::Tape<B>, seeds: &mut impl FnMut() -> u32);

    /// Shows every parameter to `visit`: layer by layer, weights (input by input), then biases.
    fn visit(&self, visit: &mut impl FnMut(&[Self::Scalar]));

    /// Hands every parameter that learns, with its slot, to `visit`: layer by layer.
    fn visit_mut<S: Zero>(&mut self, slots: &mut Self::Slots<S>, visit: &mut impl FnMut(Parameters<Self::Scalar, S>));
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

/// Calls `$make` for every tuple of one to eight layers. It walks along the neighbours, `A 0 B 1` then `B 1 C 2`, and
/// hands on the first layer, the pairs that it has passed in order for the way up and in reverse for the way back, and
/// the last layer.
macro_rules! tuples {
    (@walk $make:ident $first:tt $up:tt $down:tt $last:tt) => {
        $make!($first $up $down $last);
    };
    (@walk $make:ident $first:tt [$($up:tt)*] [$($down:tt)*] ($L:ident $l:tt) ($U:ident $u:tt) $($rest:tt)*) => {
        $make!($first [$($up)*] [$($down)*] ($L $l));
        tuples!(@walk $make $first [$($up)* ($L $l $U $u)] [($L $l $U $u) $($down)*] ($U $u) $($rest)*);
    };
    ($make:ident) => {
        tuples!(@walk $make (A 0) [] [] (A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7));
    };
}
pub(crate) use tuples;

/// Makes a tuple a layer.
macro_rules! layer {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] [$(($M:ident $m:tt $V:ident $v:tt))*] ($Z:ident $z:tt)) => {
        // A single layer has no neighbours.
        #[allow(unused_variables, unused_mut)]
        impl<$A: Layer, $($U: Layer<Input = $L::Output, Scalar = $A::Scalar>),*> Layer for ($A, $($U,)*) {
            type Scalar = $A::Scalar;
            type Input = $A::Input;
            type Output = $Z::Output;
            type Tape<const N: usize> = ($A::Tape<N>, $($U::Tape<N>,)*);
            type Deltas<const N: usize> = ($A::Deltas<N>, $($U::Deltas<N>,)*);
            type Slots<S: Zero> = ($A::Slots<S>, $($U::Slots<S>,)*);

            const PARAMETERS: usize = $A::PARAMETERS $(+ $U::PARAMETERS)*;
            const LEARNS: bool = $A::LEARNS $(|| $U::LEARNS)*;
            const LINK: Link = $Z::LINK;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn check(&self) -> Result<(), StepError> {
                self.$a.check()?;
                $(self.$u.check()?;)*
                Ok(())
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn linear<const N: usize>(&self, x: &[Self::Input], tape: &mut Self::Tape<N>, mode: Mode) -> Self::Scalar {
                let samples = x.len();
                let mut sum = None;
                $(
                    let finite = self.$l.forward(x, &mut tape.$l, mode);
                    sum = sum.or(Some(finite));
                    let x = first($L::outputs(&tape.$l), samples);
                )*
                let last = self.$z.linear(x, &mut tape.$z, mode);
                sum.unwrap_or(last)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn activate<const N: usize>(tape: &mut Self::Tape<N>, samples: usize) {
                $Z::activate(&mut tape.$z, samples);
            }

            fn outputs<const N: usize>(tape: &Self::Tape<N>) -> &[Self::Output; N] {
                $Z::outputs(&tape.$z)
            }

            fn errors<const N: usize>(deltas: &mut Self::Deltas<N>) -> &mut [Self::Output; N] {
                $Z::errors(&mut deltas.$z)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn back<R: Rule, const N: usize>(
                &self,
                tape: &Self::Tape<N>,
                deltas: &mut Self::Deltas<N>,
                samples: usize,
                settled: bool,
                below: Option<&mut [Self::Input; N]>,
            ) -> Result<Self::Scalar, StepError> {
                // Whether a layer or any below it learns. Without a loop, which the compiler would not see through.
                let mut learns = [below.is_some() || $A::LEARNS, $($U::LEARNS),*];
                $(learns[$u] |= learns[$l];)*
                let mut finite = -$A::Scalar::ZERO;
                $(
                    if learns[$v] {
                        let errors = learns[$m].then_some($M::errors(&mut deltas.$m));
                        finite += self.$v.back::<R, N>(&tape.$v, &mut deltas.$v, samples, settled, errors)?;
                    }
                    // Only the last layer meets the loss.
                    let settled = false;
                )*
                if learns[0] {
                    finite += self.$a.back::<R, N>(&tape.$a, &mut deltas.$a, samples, settled, below)?;
                }
                Ok(finite)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn update<P: Optimizer<Self::Scalar>, const N: usize>(
                &mut self,
                x: &[Self::Input],
                tape: &Self::Tape<N>,
                deltas: &Self::Deltas<N>,
                slots: &mut Self::Slots<P::Slot>,
                optimizer: &P,
                scale: Self::Scalar,
            ) {
                let samples = x.len();
                self.$a.update(x, &tape.$a, &deltas.$a, &mut slots.$a, optimizer, scale);
                $(
                    let x = first($L::outputs(&tape.$l), samples);
                    self.$u.update(x, &tape.$u, &deltas.$u, &mut slots.$u, optimizer, scale);
                )*
            }

            fn product<const N: usize>(
                x: &[Self::Input],
                tape: &Self::Tape<N>,
                deltas: &Self::Deltas<N>,
                a: usize,
                b: usize,
            ) -> Self::Scalar {
                $A::product(x, &tape.$a, &deltas.$a, a, b)
                $(+ $U::product(first($L::outputs(&tape.$l), x.len()), &tape.$u, &deltas.$u, a, b))*
            }

            fn scale<const N: usize>(deltas: &mut Self::Deltas<N>, sample: usize, factor: Self::Scalar) {
                $A::scale(&mut deltas.$a, sample, factor);
                $($U::scale(&mut deltas.$u, sample, factor);)*
            }

            fn initialize(&mut self, init: &mut impl Init) {
                self.$a.initialize(init);
                $(self.$u.initialize(init);)*
            }

            fn seed<const N: usize>(tape: &mut Self::Tape<N>, seeds: &mut impl FnMut() -> u32) {
                $A::seed(&mut tape.$a, seeds);
                $($U::seed(&mut tape.$u, seeds);)*
            }

            fn visit(&self, visit: &mut impl FnMut(&[Self::Scalar])) {
                self.$a.visit(visit);
                $(self.$u.visit(visit);)*
            }

            fn visit_mut<S: Zero>(
                &mut self,
                slots: &mut Self::Slots<S>,
                visit: &mut impl FnMut(Parameters<Self::Scalar, S>),
            ) {
                self.$a.visit_mut(&mut slots.$a, visit);
                $(self.$u.visit_mut(&mut slots.$u, visit);)*
            }
        }

        impl<$A: Zero, $($U: Zero),*> Zero for ($A, $($U,)*) {
            const ZERO: Self = ($A::ZERO, $($U::ZERO,)*);
        }
    };
}
tuples!(layer);
