//! A tuple of layers is a layer: its passes are those of its layers, one after the other.

use super::{Factors, Layer, Mode, first};
use crate::activation::Link;
use crate::architecture::Architecture;
use crate::error::StepError;
use crate::init::Init;
use crate::kernel::{Magnitude, add_now};
use crate::optimizer::{Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::Zero;
use crate::work::{Budget, Sizes};

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
            const SIZES: Sizes = $A::SIZES$(.and($U::SIZES))*;
            const BOUNDED: bool = $Z::BOUNDED;
            const ARCHITECTURE: Architecture = $A::ARCHITECTURE $(.then($U::ARCHITECTURE))*;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn check(&self) -> Result<(), StepError> {
                self.$a.check()?;
                $(self.$u.check()?;)*
                Ok(())
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn linear<W: Budget, const N: usize>(
                &self,
                x: &[Self::Input],
                tape: &mut Self::Tape<N>,
                mode: Mode,
                work: &mut W,
            ) -> Self::Scalar {
                let samples = x.len();
                // -0 is the number that changes nothing when it is added.
                let mut finite = -$A::Scalar::ZERO;
                $(
                    let now = self.$l.forward(x, &mut tape.$l, mode, work);
                    finite = if $l > 0 { add_now(finite, now) } else { now };
                    let x = first($L::outputs(&tape.$l), samples);
                )*
                finite + self.$z.linear(x, &mut tape.$z, mode, work)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn activate<W: Budget, const N: usize>(
                tape: &mut Self::Tape<N>,
                samples: usize,
                work: &mut W,
            ) -> Self::Scalar {
                $Z::activate(&mut tape.$z, samples, work)
            }

            fn outputs<const N: usize>(tape: &Self::Tape<N>) -> &[Self::Output; N] {
                $Z::outputs(&tape.$z)
            }

            fn errors<const N: usize>(deltas: &mut Self::Deltas<N>) -> &mut [Self::Output; N] {
                $Z::errors(&mut deltas.$z)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn back<R: Rule, W: Budget, const N: usize>(
                &self,
                tape: &Self::Tape<N>,
                deltas: &mut Self::Deltas<N>,
                samples: usize,
                settled: bool,
                below: Option<&mut [Self::Input; N]>,
                work: &mut W,
            ) -> Result<Self::Scalar, StepError> {
                // Whether a layer or any below it learns. Without a loop, which the compiler would not see through.
                let mut learns = [below.is_some() || $A::LEARNS, $($U::LEARNS),*];
                $(learns[$u] |= learns[$l];)*
                let mut magnitude = Magnitude::none();
                $(
                    if learns[$v] {
                        let errors = learns[$m].then_some($M::errors(&mut deltas.$m));
                        let now = self.$v.back::<R, W, N>(&tape.$v, &mut deltas.$v, samples, settled, errors, work)?;
                        if $v < $z { magnitude.join_now(now) } else { magnitude.join(now) }
                    }
                    // Only the last layer meets the loss.
                    let settled = false;
                )*
                if learns[0] {
                    magnitude.join(self.$a.back::<R, W, N>(&tape.$a, &mut deltas.$a, samples, settled, below, work)?);
                }
                Ok(magnitude.number())
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn update<P: Optimizer<Self::Scalar>, W: Budget, const N: usize>(
                &mut self,
                x: &[Self::Input],
                tape: &Self::Tape<N>,
                deltas: &Self::Deltas<N>,
                slots: &mut Self::Slots<P::Slot>,
                optimizer: &P,
                scale: Self::Scalar,
                work: &mut W,
            ) {
                let samples = x.len();
                self.$a.update(x, &tape.$a, &deltas.$a, &mut slots.$a, optimizer, scale, work);
                $(
                    let x = first($L::outputs(&tape.$l), samples);
                    self.$u.update(x, &tape.$u, &deltas.$u, &mut slots.$u, optimizer, scale, work);
                )*
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
            fn gradient<const N: usize>(
                x: &[Self::Input],
                tape: &Self::Tape<N>,
                deltas: &Self::Deltas<N>,
                bounded: bool,
                visit: &mut impl FnMut(Factors<Self::Scalar>),
            ) {
                let samples = x.len();
                $A::gradient(x, &tape.$a, &deltas.$a, bounded, visit);
                $(
                    let x = first($L::outputs(&tape.$l), samples);
                    $U::gradient(x, &tape.$u, &deltas.$u, $L::BOUNDED, visit);
                )*
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

            fn rewind<const N: usize>(tape: &mut Self::Tape<N>) {
                $A::rewind(&mut tape.$a);
                $($U::rewind(&mut tape.$u);)*
            }

            fn is_seeded<const N: usize>(tape: &Self::Tape<N>) -> bool {
                $A::is_seeded(&tape.$a) $(&& $U::is_seeded(&tape.$u))*
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
