//! Networks of real numbers that can be quantised: dense layers, by their activations, and tuples of them.

use super::dense::{Clamp, Dense, PerChannel};
use super::fixed::Rounding;
use super::layer::Layer;
use super::range::Range;
use super::softmax::Softmax;
use super::table::Table;
use super::values::{Quantization, Values};
use crate::activation::{self, Activation, Identity, Relu, Sigmoid, Tanh};
use crate::dense::{self, Bias};
use crate::layer::{Infer, Mode};
use crate::math::Backend;
use crate::shape::Joins;
use crate::storable::Storable;
use crate::tuples::tuples;
use crate::work::Whole;
use crate::zero::Zero;

/// A network that can be quantised: a [`Dense`](crate::Dense) of `f32` with the activation [`Identity`], [`Relu`], [`Sigmoid`],
/// [`Tanh`] or [`Softmax`](activation::Softmax), [`Dropout`](crate::Dropout), and tuples of these, frozen ([`Frozen`](crate::Frozen)) or with a
/// rate of their own ([`ScaledRate`](crate::ScaledRate)). A [`Scaled`](crate::scaler::Scaled) network is none: move its scaling into the
/// first layer ([`Standardizer::fold`](crate::scaler::Standardizer::fold)), and the network takes raw inputs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be quantised",
    label = "no layer in integers does the same",
    note = "dense layers of `f32` can, with the activations Identity, Relu, Sigmoid, Tanh and Softmax, also frozen; Dropout; and tuples"
)]
pub trait Quantize: Infer<Scalar = f32> {
    /// The inputs in integers.
    type Inputs: Values<Real = Self::Input>;
    /// The outputs in integers.
    type Outputs: Values<Real = Self::Output>;
    /// What does the same in integers, with the rounding `R`.
    type Layers<R: Rounding>: Layer<Input = Self::Inputs, Output = Self::Outputs>;
    /// A range for what each layer quantises.
    type Ranges<C: Range>: Zero + Storable;

    /// Computes the outputs `y`, and shows to `ranges` what each layer quantises. Returns 0 if all of it is finite, otherwise NaN or
    /// infinity.
    fn observe<C: Range>(
        &self,
        x: &[Self::Input],
        y: &mut [Self::Output],
        tape: &mut Self::Tape<1>,
        ranges: &mut Self::Ranges<C>,
    ) -> f32;

    /// Writes the layers in integers, in place, for inputs that are quantised as `x`. Returns how the outputs are.
    fn convert<C: Range, R: Rounding>(
        &self,
        x: Quantization,
        ranges: &Self::Ranges<C>,
        layers: &mut Self::Layers<R>,
    ) -> Quantization;
}

/// What an activation is in integers.
pub trait Quantizable: Activation {
    /// A dense layer with this activation.
    type Layers<const I: usize, const O: usize, R: Rounding>: Layer<Input = [i8; I], Output = [i8; O]>;

    /// Whether the range is that of the outputs, and not of the sums.
    const AFTER: bool = false;

    /// Writes the layers, whose sums are in the range `z`. Returns how the outputs are quantised.
    fn convert<const I: usize, const O: usize, R: Rounding>(
        real: (&[[f32; O]; I], &[f32]),
        x: Quantization,
        z: Quantization,
        layers: &mut Self::Layers<I, O, R>,
    ) -> Quantization;
}

/// Layers that are nothing but a clamp.
macro_rules! clamps {
    ($($A:ident: $clamp:ident, after $after:literal;)*) => {
        $(impl Quantizable for $A {
            type Layers<const I: usize, const O: usize, R: Rounding> = Dense<I, O, PerChannel, R>;

            const AFTER: bool = $after;

            fn convert<const I: usize, const O: usize, R: Rounding>(
                real: (&[[f32; O]; I], &[f32]),
                x: Quantization,
                z: Quantization,
                layers: &mut Dense<I, O, PerChannel, R>,
            ) -> Quantization {
                layers.quantize(real, (x, z), Clamp::$clamp);
                z
            }
        })*
    };
}
clamps! {
    Identity: None, after false;
    Relu: Relu, after true;
}

/// Activations that are a layer of their own.
macro_rules! separate {
    ($($A:ident: $Layer:ident by $new:ident gives $y:ident;)*) => {
        $(impl<M: Backend> Quantizable for $A<M> {
            type Layers<const I: usize, const O: usize, R: Rounding> = (Dense<I, O, PerChannel, R>, $Layer<O>);

            fn convert<const I: usize, const O: usize, R: Rounding>(
                real: (&[[f32; O]; I], &[f32]),
                x: Quantization,
                z: Quantization,
                (dense, activation): &mut Self::Layers<I, O, R>,
            ) -> Quantization {
                dense.quantize(real, (x, z), Clamp::None);
                *activation = $Layer::$new(z);
                Quantization::$y
            }
        })*
    };
}
use activation::Softmax as RealSoftmax;
separate! {
    Sigmoid: Table by sigmoid gives UNIT;
    Tanh: Table by tanh gives SIGNED_UNIT;
    RealSoftmax: Softmax by new gives UNIT;
}

impl<const I: usize, const O: usize, A: Quantizable, K: Bias> Quantize for dense::Dense<I, O, A, K, f32> {
    type Inputs = [i8; I];
    type Outputs = [i8; O];
    type Layers<R: Rounding> = A::Layers<I, O, R>;
    type Ranges<C: Range> = C;

    fn observe<C: Range>(&self, x: &[[f32; I]], y: &mut [[f32; O]], (): &mut (), range: &mut C) -> f32 {
        let mut see = |y: &[[f32; O]]| y.as_flattened().iter().filter(|y| y.is_finite()).for_each(|y| range.see(*y));
        let mut finite = self.forward::<_, 1>(x, y, &mut (), &mut (), Mode::Predict, &mut Whole);
        if !A::AFTER {
            see(y);
        }
        finite += Self::activate(y, &mut Whole);
        if A::AFTER {
            see(y);
        }
        finite
    }

    fn convert<C: Range, R: Rounding>(&self, x: Quantization, range: &C, layers: &mut Self::Layers<R>) -> Quantization {
        let [low, high] = range.ends().unwrap_or_default();
        A::convert((&self.weights, self.biases.as_ref()), x, Quantization::of_range(low, high), layers)
    }
}

macro_rules! network {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] $down:tt ($Z:ident $z:tt)) => {
        // A single layer has no neighbours.
        #[allow(unused_variables)]
        impl<$A: Quantize, $($U: Quantize<Input: Joins<$L::Output>, Inputs = $L::Outputs>),*> Quantize for ($A, $($U,)*) {
            type Inputs = $A::Inputs;
            type Outputs = $Z::Outputs;
            type Layers<R: Rounding> = ($A::Layers<R>, $($U::Layers<R>,)*);
            type Ranges<C: Range> = ($A::Ranges<C>, $($U::Ranges<C>,)*);

            fn observe<C: Range>(
                &self,
                x: &[Self::Input],
                y: &mut [Self::Output],
                (between, tape): &mut Self::Tape<1>,
                ranges: &mut Self::Ranges<C>,
            ) -> f32 {
                let finite = 0.0;
                $(
                    let finite = finite + self.$l.observe(x, &mut between.$l, &mut tape.$l, &mut ranges.$l);
                    let x = $U::Input::inputs(&between.$l);
                )*
                finite + self.$z.observe(x, y, &mut tape.$z, &mut ranges.$z)
            }

            fn convert<C: Range, R: Rounding>(
                &self,
                x: Quantization,
                ranges: &Self::Ranges<C>,
                layers: &mut Self::Layers<R>,
            ) -> Quantization {
                let x = self.$a.convert(x, &ranges.$a, &mut layers.$a);
                $(let x = self.$u.convert(x, &ranges.$u, &mut layers.$u);)*
                x
            }
        }
    };
}
tuples!(network);
