//! A tuple of layers is a layer: its passes are those of its layers, one after the other.

use super::{Infer, Layer, Mode, Pairs, Trace, first, first_mut, scale_errors};
use crate::activation::Link;
use crate::architecture::Architecture;
use crate::error::StepError;
use crate::import::constant::{Import, In, Source, Tensors};
use crate::init::Init;
use crate::kernel::{Magnitude, add_now};
use crate::optimizer::{Collected, Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::Zero;
use crate::shape::Joins;
use crate::slots::Slots;
use crate::storable::{Storable, layout, storable};
use crate::tensor::Tensor;
use crate::tuples::tuples;
use crate::work::{Budget, Sizes};

/// Makes a tuple a layer.
macro_rules! layer {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] [$(($M:ident $m:tt $V:ident $v:tt))*] ($Z:ident $z:tt)) => {
        // A single layer has no neighbours.
        #[allow(unused_variables, unused_mut)]
        impl<$A: Infer, $($U: Infer<Input: Joins<$L::Output>, Scalar = $A::Scalar>),*> Infer for ($A, $($U,)*) {
            type Scalar = $A::Scalar;
            type Input = $A::Input;
            type Output = $Z::Output;
            /// The outputs of all layers but the last, and the layers' tapes.
            type Tape<const B: usize> = (($([$L::Output; B],)*), ($A::Tape<B>, $($U::Tape<B>,)*));
            type State = ($A::State, $($U::State,)*);

            const PARAMETERS: usize = $A::PARAMETERS $(+ $U::PARAMETERS)*;
            const ARCHITECTURE: Architecture = $A::ARCHITECTURE $(.then($U::ARCHITECTURE))*;
            const LINK: Link = $Z::LINK;
            const BOUNDED: bool = $Z::BOUNDED;
            const SIZES: Sizes = $A::SIZES$(.and($U::SIZES))*;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn forward<W: Budget, const B: usize>(
                &self,
                x: &[Self::Input],
                y: &mut [Self::Output],
                (between, tape): &mut Self::Tape<B>,
                state: &mut Self::State,
                mode: Mode,
                work: &mut W,
            ) -> Self::Scalar {
                let samples = x.len();
                // -0 is the number that changes nothing when it is added.
                let mut finite = -$A::Scalar::ZERO;
                $(
                    let lower = first_mut(&mut between.$l, samples);
                    let now = self.$l.outputs(x, lower, &mut tape.$l, &mut state.$l, mode, work);
                    finite = if $l > 0 { add_now(finite, now) } else { now };
                    let x = $U::Input::inputs(first(&between.$l, samples));
                )*
                finite + self.$z.forward(x, y, &mut tape.$z, &mut state.$z, mode, work)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn activate<W: Budget>(y: &mut [Self::Output], work: &mut W) -> Self::Scalar {
                $Z::activate(y, work)
            }

            fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[Self::Scalar]>)) {
                self.$a.tensors(&mut |tensor| tensor.within($a, &mut *visit));
                $(self.$u.tensors(&mut |tensor| tensor.within($u, &mut *visit));)*
            }

            fn hash(&self, hash: u64) -> u64 {
                let hash = self.$a.hash(hash);
                $(let hash = self.$u.hash(hash);)*
                hash
            }
        }

        #[allow(unused_variables, unused_mut)]
        impl<$A: Layer, $($U: Layer<Input: Joins<$L::Output>, Scalar = $A::Scalar>),*> Layer for ($A, $($U,)*) {
            /// The errors of all layers but the last, and the layers' deltas.
            type Deltas<const B: usize> = (($([$L::Output; B],)*), ($A::Deltas<B>, $($U::Deltas<B>,)*));
            type Slots<S: Zero> = ($A::Slots<S>, $($U::Slots<S>,)*);

            const LEARNS: bool = $A::LEARNS $(|| $U::LEARNS)*;
            const LEARNT: Architecture = $A::LEARNT $(.then($U::LEARNT))*;
            const SETTINGS: usize = $A::SETTINGS $(+ $U::SETTINGS)*;
            const SETTINGS_LAYOUT: u64 = layout("tuple", &[$A::SETTINGS_LAYOUT $(, $U::SETTINGS_LAYOUT)*]);

            #[cfg_attr(not(unoptimized), inline(always))]
            fn check(&self) -> Result<(), StepError> {
                self.$a.check()?;
                $(self.$u.check()?;)*
                Ok(())
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn derive<W: Budget>(y: &[Self::Output], errors: &mut [Self::Output], work: &mut W) -> Self::Scalar {
                $Z::derive(y, errors, work)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn back<R: Rule, W: Budget, const B: usize>(
                &self,
                Trace { x, y, errors: deltas, tape: (between, tape) }: Trace<'_, Self, B>,
                (errors, own): &mut Self::Deltas<B>,
                below: Option<&mut [Self::Input]>,
                work: &mut W,
            ) -> Result<Self::Scalar, StepError> {
                let samples = x.len();
                // Whether a layer or any below it learns. Without a loop, which the compiler would not see through.
                let mut learns = [below.is_some() || $A::LEARNS, $($U::LEARNS),*];
                $(learns[$u] |= learns[$l];)*
                let mut magnitude = Magnitude::none();
                $(
                    let lower = first(&between.$m, samples);
                    let lower_errors = first_mut(&mut errors.$m, samples);
                    if learns[$v] {
                        let trace = Trace { x: $V::Input::inputs(lower), y, errors: deltas, tape: &tape.$v };
                        let below = learns[$m].then_some($V::Input::inputs_mut(&mut *lower_errors));
                        magnitude.join(self.$v.back::<R, W, B>(trace, &mut own.$v, below, work)?);
                    }
                    if learns[$m] && !R::RAW {
                        let now = $M::derive(lower, lower_errors, work);
                        if $v < $z { magnitude.join_now(now) } else { magnitude.join(now) }
                    }
                    let (y, deltas) = (lower, &*lower_errors);
                )*
                if learns[0] {
                    let trace = Trace { x, y, errors: deltas, tape: &tape.$a };
                    magnitude.join(self.$a.back::<R, W, B>(trace, &mut own.$a, below, work)?);
                }
                // Raw errors become deltas after all are sent.
                $(
                    if learns[$m] && R::RAW {
                        let (lower, errors) = (first(&between.$m, samples), first_mut(&mut errors.$m, samples));
                        magnitude.join_now($M::derive(lower, errors, work));
                    }
                )*
                Ok(magnitude.number())
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn gradient<const B: usize>(
                Trace { x, y, errors: deltas, tape: (between, tape) }: Trace<'_, Self, B>,
                (errors, own): &Self::Deltas<B>,
                bounded: bool,
                visit: &mut impl FnMut(Pairs<Self::Scalar>),
            ) {
                let samples = x.len();
                $(
                    let (lower, lower_errors) = (first(&between.$l, samples), first(&errors.$l, samples));
                    let trace = Trace { x, y: lower, errors: lower_errors, tape: &tape.$l };
                    $L::gradient(trace, &own.$l, bounded, visit);
                    let (x, bounded) = ($U::Input::inputs(lower), $L::BOUNDED);
                )*
                $Z::gradient(Trace { x, y, errors: deltas, tape: &tape.$z }, &own.$z, bounded, visit);
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn update<P: Optimizer<Self::Scalar>, W: Budget, const B: usize>(
                &mut self,
                Trace { x, y, errors: deltas, tape: (between, tape) }: Trace<'_, Self, B>,
                (errors, own): &Self::Deltas<B>,
                slots: &mut Self::Slots<P::Slot>,
                optimizer: &P,
                scale: Self::Scalar,
                work: &mut W,
            ) {
                let samples = x.len();
                $(
                    let (lower, lower_errors) = (first(&between.$l, samples), first(&errors.$l, samples));
                    let trace = Trace { x, y: lower, errors: lower_errors, tape: &tape.$l };
                    self.$l.update(trace, &own.$l, &mut slots.$l, optimizer, scale, work);
                    let x = $U::Input::inputs(lower);
                )*
                let trace = Trace { x, y, errors: deltas, tape: &tape.$z };
                self.$z.update(trace, &own.$z, &mut slots.$z, optimizer, scale, work);
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn apply<P: Optimizer<Self::Scalar>, W: Budget>(
                &mut self,
                slots: &mut Self::Slots<P::Slot>,
                sums: &mut Self::Slots<P::Sum>,
                optimizer: &P,
                work: &mut W,
            ) {
                self.$a.apply(&mut slots.$a, &mut sums.$a, optimizer, work);
                $(self.$u.apply(&mut slots.$u, &mut sums.$u, optimizer, work);)*
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn parameters<S: Zero, X: Zero>(
                &mut self,
                slots: &mut Self::Slots<S>,
                sums: &mut Self::Slots<X>,
                visit: &mut impl FnMut(Parameters<Self::Scalar, S>, Collected<X>),
            ) {
                self.$a.parameters(&mut slots.$a, &mut sums.$a, visit);
                $(self.$u.parameters(&mut slots.$u, &mut sums.$u, visit);)*
            }

            fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [Self::Scalar]>)) {
                self.$a.tensors_mut(&mut |tensor| tensor.within($a, &mut *visit));
                $(self.$u.tensors_mut(&mut |tensor| tensor.within($u, &mut *visit));)*
            }

            fn scale<const B: usize>(
                (errors, own): &mut Self::Deltas<B>,
                sample: usize,
                factor: Self::Scalar,
            ) {
                $(scale_errors(errors.$l.get_mut(sample), factor);)*
                $A::scale(&mut own.$a, sample, factor);
                $($U::scale(&mut own.$u, sample, factor);)*
            }

            fn store_settings(&self, write: &mut impl FnMut(&[u8])) {
                self.$a.store_settings(write);
                $(self.$u.store_settings(write);)*
            }

            fn load_settings(&mut self, read: &mut impl FnMut(&mut [u8])) {
                self.$a.load_settings(read);
                $(self.$u.load_settings(read);)*
            }

            fn initialize(&mut self, init: &mut impl Init) {
                self.$a.initialize(init);
                $(self.$u.initialize(init);)*
            }

            fn seed(state: &mut Self::State, seeds: &mut impl FnMut() -> u32) {
                $A::seed(&mut state.$a, seeds);
                $($U::seed(&mut state.$u, seeds);)*
            }

            fn is_seeded(state: &Self::State) -> bool {
                $A::is_seeded(&state.$a) $(&& $U::is_seeded(&state.$u))*
            }

            fn rewind<const B: usize>(state: &mut Self::State, (_, tape): &Self::Tape<B>) {
                $A::rewind(&mut state.$a, &tape.$a);
                $($U::rewind(&mut state.$u, &tape.$u);)*
            }
        }

        impl<$A: Zero, $($U: Zero),*> Zero for ($A, $($U,)*) {
            const ZERO: Self = ($A::ZERO, $($U::ZERO,)*);
        }

        impl<S: Source, $A: Import<In<S, $a>>, $($U: Import<In<S, $u>>),*> Import<S> for ($A, $($U,)*) {
            const TENSORS: Tensors = Tensors::all(&[$A::TENSORS, $($U::TENSORS),*]);
            const VALUE: Self = ($A::VALUE, $($U::VALUE,)*);
        }

        impl<S, $A: Slots<S>, $($U: Slots<S>),*> Slots<S> for ($A, $($U,)*) {
            const COUNT: usize = $A::COUNT $(+ $U::COUNT)*;
            const PARTS: usize = $A::PARTS $(+ $U::PARTS)*;

            fn parts(&self, visit: &mut impl FnMut(&[S])) {
                self.$a.parts(visit);
                $(self.$u.parts(visit);)*
            }

            fn parts_mut(&mut self, visit: &mut impl FnMut(&mut [S])) {
                self.$a.parts_mut(visit);
                $(self.$u.parts_mut(visit);)*
            }
        }

        storable!("tuple": [$A: Storable, $($U: Storable),*] ($A, $($U,)*) { $a: $A $(, $u: $U)* });
    };
}
tuples!(layer);
