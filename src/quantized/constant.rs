//! Quantised networks from `.safetensors` files, while compiling.
//!
//! What a layer computes depends on how its inputs are quantised, which a file says of the layer before. So the inputs are a type, too.

use core::marker::PhantomData;

use super::dense::{Dense, PerChannel, PerTensor};
use super::layer::Layer;
use super::load::{INPUT, OUTPUT, clamp, multiplier, quantization};
use super::network::Network;
use super::softmax::Softmax;
use super::table::Table;
use super::values::Quantization;
use crate::import::constant::accepted;
use crate::import::{Bias, Import, ImportError, In, Named, Of, Source, Tensors, Weight};
use crate::tuples::tuples;

/// A quantised layer that [`import!`](crate::import!) reads at the place `S`, with inputs from `X`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a file while compiling",
    note = "the layers Dense, Table and Softmax of `downhill::quantized` can, and tuples of them"
)]
pub trait Constant<S: Source, X: Inputs>: Outputs<S> + Sized {
    /// The tensors that it is made of.
    const TENSORS: Tensors;
    /// What the file has.
    const VALUE: Self;
}

/// How the outputs of a layer are quantised, at the place `S`.
pub trait Outputs<S: Source> {
    /// What the file says.
    const OUTPUT: Result<Quantization, ImportError>;
}

/// How the inputs of a layer are quantised.
pub trait Inputs {
    /// What the file says.
    const INPUT: Result<Quantization, ImportError>;
}

/// The inputs of a network.
pub struct First<S>(PhantomData<S>);

/// The outputs of the layer `L` at the place `S`.
pub struct After<L, S>(PhantomData<(L, S)>);

impl<S: Source> Inputs for First<S> {
    const INPUT: Result<Quantization, ImportError> = quantization(&S::FILE, S::PLACE.and(INPUT.as_str()));
}

impl<S: Source, L: Outputs<S>> Inputs for After<L, S> {
    const INPUT: Result<Quantization, ImportError> = L::OUTPUT;
}

/// Names of tensors, as types.
macro_rules! names {
    ($($Name:ident $name:literal)*) => {
        $(struct $Name;

        impl Named for $Name {
            const NAME: &'static str = $name;
        })*
    };
}
names! {
    Scale "scale"
    Clamp "clamp"
    Entries "table"
    InputScale "input.scale"
    InputZero "input.zero_point"
    OutputScale "output.scale"
    OutputZero "output.zero_point"
}

impl<S: Source, L: Layer + Constant<S, First<S>>> Import<S> for Network<L> {
    const TENSORS: Tensors = Tensors::all(&[
        <[f32; 1] as Import<Of<S, InputScale>>>::TENSORS,
        <[i8; 1] as Import<Of<S, InputZero>>>::TENSORS,
        Tensors::without(<First<S> as Inputs>::INPUT),
        L::TENSORS,
    ]);
    const VALUE: Self = Self::new(accepted(<First<S> as Inputs>::INPUT), L::VALUE, accepted(L::OUTPUT));
}

macro_rules! dense {
    ($($Scales:ident [$count:tt] $new:ident ($scale:pat => $scales:expr);)*) => {
        $(impl<S: Source, const I: usize, const O: usize, R> Outputs<S> for Dense<I, O, $Scales, R> {
            const OUTPUT: Result<Quantization, ImportError> = quantization(&S::FILE, S::PLACE.and(OUTPUT));
        }

        impl<S: Source, X: Inputs, const I: usize, const O: usize, R> Constant<S, X> for Dense<I, O, $Scales, R> {
            const TENSORS: Tensors = Tensors::all(&[
                <[[i8; I]; O] as Import<Of<S, Weight>>>::TENSORS,
                <[i32; O] as Import<Of<S, Bias>>>::TENSORS,
                <[f32; $count] as Import<Of<S, Scale>>>::TENSORS,
                <[f32; 1] as Import<Of<S, OutputScale>>>::TENSORS,
                <[i8; 1] as Import<Of<S, OutputZero>>>::TENSORS,
                Tensors::without(<Self as Outputs<S>>::OUTPUT),
                <[i8; 1] as Import<Of<S, Clamp>>>::TENSORS,
                Tensors::without(clamp(&S::FILE, S::PLACE)),
                Tensors::without(check::<S, X, Self, $count>()),
            ]);
            const VALUE: Self = {
                let $scale = <[f32; $count] as Import<Of<S, Scale>>>::VALUE;
                Self::$new(
                    <[[i8; I]; O] as Import<Of<S, Weight>>>::VALUE,
                    <[i32; O] as Import<Of<S, Bias>>>::VALUE,
                    $scales,
                    (accepted(X::INPUT), accepted(<Self as Outputs<S>>::OUTPUT)),
                    accepted(clamp(&S::FILE, S::PLACE)),
                )
            };
        })*
    };
}
dense! {
    PerChannel [O] per_channel (scales => scales);
    PerTensor [1] per_tensor ([scale] => scale);
}

/// The first fault of the scales of the weights.
const fn check<S: Source, X: Inputs, L: Outputs<S>, const N: usize>() -> Result<(), ImportError> {
    let (Ok(x), Ok(y)) = (X::INPUT, L::OUTPUT) else { return Ok(()) };
    let tensors = <[f32; N] as Import<Of<S, Scale>>>::TENSORS;
    if let Err(error) = tensors.check(&S::FILE) {
        return Err(error);
    }
    let scales = <[f32; N] as Import<Of<S, Scale>>>::VALUE;
    let mut scales = scales.as_slice();
    while let [scale, rest @ ..] = scales {
        if let Err(error) = multiplier(S::PLACE, *scale, x, y) {
            return Err(error);
        }
        scales = rest;
    }
    Ok(())
}

impl<S: Source, const N: usize> Outputs<S> for Table<N> {
    const OUTPUT: Result<Quantization, ImportError> = quantization(&S::FILE, S::PLACE.and(OUTPUT));
}

impl<S: Source, X: Inputs, const N: usize> Constant<S, X> for Table<N> {
    const TENSORS: Tensors = Tensors::all(&[
        <[i8; 256] as Import<Of<S, Entries>>>::TENSORS,
        <[f32; 1] as Import<Of<S, OutputScale>>>::TENSORS,
        <[i8; 1] as Import<Of<S, OutputZero>>>::TENSORS,
        Tensors::without(<Self as Outputs<S>>::OUTPUT),
    ]);
    const VALUE: Self = Self::of_outputs(<[i8; 256] as Import<Of<S, Entries>>>::VALUE);
}

impl<S: Source, const N: usize> Outputs<S> for Softmax<N> {
    const OUTPUT: Result<Quantization, ImportError> = Ok(Quantization::UNIT);
}

impl<S: Source, X: Inputs, const N: usize> Constant<S, X> for Softmax<N> {
    const TENSORS: Tensors = Tensors::NONE;
    const VALUE: Self = Self::new(accepted(X::INPUT));
}

macro_rules! tuple {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] $down:tt ($Z:ident $z:tt)) => {
        impl<S: Source, $A: Outputs<In<S, $a>>, $($U: Outputs<In<S, $u>>),*> Outputs<S> for ($A, $($U,)*) {
            const OUTPUT: Result<Quantization, ImportError> = $Z::OUTPUT;
        }

        impl<
            S: Source,
            X: Inputs,
            $A: Constant<In<S, $a>, X>,
            $($U: Constant<In<S, $u>, After<$L, In<S, $l>>>),*
        > Constant<S, X> for ($A, $($U,)*) {
            const TENSORS: Tensors = Tensors::all(&[$A::TENSORS, $($U::TENSORS),*]);
            const VALUE: Self = ($A::VALUE, $($U::VALUE,)*);
        }
    };
}
tuples!(tuple);
