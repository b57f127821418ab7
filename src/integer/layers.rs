//! Layers in integers, one after the other.

use super::fixed::fixed;
use super::function::Function;
use super::kernel::round;
use super::rate::Step;
use super::rounding::Rounding;
use super::whole::{Exponent, Whole, bits, sealed::Sealed};
use crate::architecture::Architecture;
use crate::init::Init;
use crate::scalar::Zero;
use crate::shape::Shape;
use crate::storable::Storable;
use crate::tensor::{Role, Tensor};
use crate::tuples::tuples;

/// What a pass of a layer leaves: weighted sums, which the layer above replaces by their errors, and activations, which are replaced by
/// deltas.
#[derive(Clone, Copy, Debug)]
pub struct Tape<V, const O: usize> {
    sums: [i32; O],
    values: [V; O],
    exponent: Exponent,
}

impl<V: Zero, const O: usize> Zero for Tape<V, O> {
    const ZERO: Self = Self { sums: Zero::ZERO, values: Zero::ZERO, exponent: 0 };
}

/// A [`Tape`] of any length.
pub trait Scratch<V>: Zero + Copy {
    /// Sums, values, and the exponent of the values.
    fn parts(&mut self) -> (&mut [i32], &mut [V], &mut Exponent);

    /// The values, and their exponent.
    fn values(&self) -> (&[V], Exponent);
}

impl<V: Whole, const O: usize> Scratch<V> for Tape<V, O> {
    fn parts(&mut self) -> (&mut [i32], &mut [V], &mut Exponent) {
        (&mut self.sums, &mut self.values, &mut self.exponent)
    }

    fn values(&self) -> (&[V], Exponent) {
        (&self.values, self.exponent)
    }
}

/// Above all exponents: those of `f32` are below 150, and a layer adds 29 at most.
const NO_CAP: Exponent = 1 << 12;

/// Errors of weighted sums become deltas.
fn settle<V: Whole>(tape: &mut impl Scratch<V>, exponent: Exponent) {
    let (errors, deltas, own) = tape.parts();
    *own = round(errors, exponent, deltas, bits(V::BITS, errors.len()), NO_CAP);
}

/// A layer in integers: [`Dense`](super::Dense).
#[allow(clippy::type_complexity)]
pub trait Layer: Sealed + Zero + Storable + Copy {
    /// The inputs, where they are numbers.
    type Input: Shape<Scalar = f32>;
    /// The outputs, where they are numbers.
    type Output: Shape<Scalar = f32>;
    /// The activation.
    type Function: Function;
    /// The inputs.
    type Inputs<V: Whole>: Zero + Copy + AsRef<[V]> + AsMut<[V]>;
    /// What a pass leaves.
    #[doc(hidden)]
    type Tape<V: Whole>: Scratch<V>;

    /// The number of inputs.
    const INPUTS: usize;
    /// The number of outputs.
    const OUTPUTS: usize;
    /// The number of parameters.
    const PARAMETERS: usize;
    /// What the layer computes.
    const ARCHITECTURE: Architecture;

    /// Weighted sums; returns their exponent.
    #[doc(hidden)]
    fn sums<V: Whole>(&self, x: &[V], exponent: Exponent, sums: &mut [i32]) -> Exponent;

    /// Sends the deltas to `below`, then changes the weights; returns the exponent of what was sent. Inputs and deltas with their
    /// exponents; deltas have `bits` bits.
    #[doc(hidden)]
    fn learn<V: Whole, R: Rounding>(
        &mut self,
        x: (&[V], Exponent),
        deltas: (&[V], Exponent),
        below: Option<&mut [i32]>,
        bits: Exponent,
        step: Step,
        rounding: &mut R,
    ) -> Exponent;

    /// Draws the weights.
    #[doc(hidden)]
    fn initialize(&mut self, init: &mut impl Init);

    /// Takes a tensor of numbers; false if it is another one.
    #[doc(hidden)]
    fn take(&mut self, role: Role, shape: &[usize], data: &[f32]) -> bool;

    /// Moves `to` by `rate / 2^15` towards this.
    #[doc(hidden)]
    fn blend(&self, to: &mut Self, rate: i32);

    /// Shows the parameters as numbers.
    #[doc(hidden)]
    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[f32]>));
}

/// A tuple of one to eight layers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of one to eight layers of integers",
    label = "no layers of an `integer::Network`",
    note = "a network of integers is `integer::Network<(Dense<2, 3>, Dense<3, 2, Softmax>)>`, with the `Dense` of the module `integer`"
)]
pub trait Layers: Sealed + Zero + Storable + Copy {
    /// The inputs, where they are numbers.
    type Input: Shape<Scalar = f32>;
    /// The outputs, where they are numbers.
    type Output: Shape<Scalar = f32>;
    /// The inputs.
    type Inputs<V: Whole>: Zero + Copy + AsRef<[V]> + AsMut<[V]>;
    /// The activation of the last layer.
    type Last: Function;
    /// What a pass leaves.
    #[doc(hidden)]
    type Tape<V: Whole>: Zero + Copy;

    /// The number of parameters.
    const PARAMETERS: usize;
    /// What the layers compute.
    const ARCHITECTURE: Architecture;

    /// All up to the weighted sums of the last layer; returns their exponent.
    #[doc(hidden)]
    fn forward<V: Whole>(&self, x: &[V], exponent: Exponent, tape: &mut Self::Tape<V>) -> Exponent;

    /// The weighted sums of the last layer, or what has become of them.
    #[doc(hidden)]
    fn last<V: Whole>(tape: &mut Self::Tape<V>) -> &mut [i32];

    /// Learns from the errors of the weighted sums of the last layer.
    #[doc(hidden)]
    fn back<V: Whole, R: Rounding>(
        &mut self,
        x: (&[V], Exponent),
        tape: &mut Self::Tape<V>,
        exponent: Exponent,
        step: Step,
        rounding: &mut R,
    );

    /// Draws the weights.
    #[doc(hidden)]
    fn initialize(&mut self, init: &mut impl Init);

    /// Takes the tensor of this number from a network of numbers; false if it is another one.
    #[doc(hidden)]
    fn take(&mut self, number: usize, role: Role, shape: &[usize], data: &[f32]) -> bool;

    /// Moves `to` by `rate`, from 0 to 1, towards this.
    #[doc(hidden)]
    fn blend(&self, to: &mut Self, rate: f32);

    /// Shows the parameters as numbers.
    #[doc(hidden)]
    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[f32]>));
}

const fn fits<L: Layer, U: Layer>() {
    assert!(L::OUTPUTS == U::INPUTS, "a layer takes as many numbers as the one before it gives");
    assert!(L::Function::INNER, "Softmax is for the last layer only");
}

/// Makes a tuple of layers.
macro_rules! layers {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] [$(($M:ident $m:tt $V:ident $v:tt))*] ($Z:ident $z:tt)) => {
        impl<$A: Layer, $($U: Layer),*> Sealed for ($A, $($U,)*) {}

        // A single layer has no neighbours.
        #[allow(unused_variables, unused_mut)]
        impl<$A: Layer, $($U: Layer),*> Layers for ($A, $($U,)*) {
            type Input = $A::Input;
            type Output = $Z::Output;
            type Inputs<T: Whole> = $A::Inputs<T>;
            type Last = $Z::Function;
            type Tape<T: Whole> = ($A::Tape<T>, $($U::Tape<T>,)*);

            const PARAMETERS: usize = $A::PARAMETERS $(+ $U::PARAMETERS)*;
            const ARCHITECTURE: Architecture = $A::ARCHITECTURE $(.then($U::ARCHITECTURE))*;

            fn forward<T: Whole>(&self, x: &[T], exponent: Exponent, tape: &mut Self::Tape<T>) -> Exponent {
                $(const { fits::<$L, $U>() };)*
                let (sums, ..) = tape.$a.parts();
                let mut exponent = self.$a.sums(x, exponent, sums);
                $(
                    let (sums, values, own) = tape.$l.parts();
                    *own = $L::Function::inner(sums, exponent, values, bits(T::BITS, $L::OUTPUTS));
                    let (x, exponent_of_x) = tape.$l.values();
                    let (sums, ..) = tape.$u.parts();
                    exponent = self.$u.sums(x, exponent_of_x, sums);
                )*
                exponent
            }

            fn last<T: Whole>(tape: &mut Self::Tape<T>) -> &mut [i32] {
                tape.$z.parts().0
            }

            fn back<T: Whole, R: Rounding>(
                &mut self,
                x: (&[T], Exponent),
                tape: &mut Self::Tape<T>,
                exponent: Exponent,
                step: Step,
                rounding: &mut R,
            ) {
                settle(&mut tape.$z, exponent);
                $({
                    let (errors, values, own) = tape.$m.parts();
                    let (x, deltas) = ((&*values, *own), tape.$v.values());
                    let delta_bits = bits(T::BITS, $V::OUTPUTS);
                    let exponent = self.$v.learn(x, deltas, Some(errors), delta_bits, step, rounding);
                    let exponent = $M::Function::derive(values, *own, errors, exponent);
                    settle(&mut tape.$m, exponent);
                })*
                self.$a.learn(x, tape.$a.values(), None, bits(T::BITS, $A::OUTPUTS), step, rounding);
            }

            fn initialize(&mut self, init: &mut impl Init) {
                $(const { fits::<$L, $U>() };)*
                self.$a.initialize(init);
                $(self.$u.initialize(init);)*
            }

            fn take(&mut self, number: usize, role: Role, shape: &[usize], data: &[f32]) -> bool {
                match number / 2 {
                    $a => self.$a.take(role, shape, data),
                    $($u => self.$u.take(role, shape, data),)*
                    _ => false,
                }
            }

            fn blend(&self, to: &mut Self, rate: f32) {
                let rate = fixed(rate, 15).clamp(0, 1 << 15);
                self.$a.blend(&mut to.$a, rate);
                $(self.$u.blend(&mut to.$u, rate);)*
            }

            fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[f32]>)) {
                self.$a.tensors(&mut |tensor| tensor.within($a, &mut *visit));
                $(self.$u.tensors(&mut |tensor| tensor.within($u, &mut *visit));)*
            }
        }
    };
}
tuples!(layers);
