//! What is read from a file while the program compiles.
//!
//! Traits have no constant functions, but constants. So a file, and a place in it, are a type, and what is read there is a
//! constant of the type that it is read into.

use core::marker::PhantomData;

use crate::import::error::ImportError;
use crate::import::file::Expected;
pub use crate::import::file::File;
use crate::import::json::{Quoted, Sizes};
use crate::import::text::Text;
use crate::zero::Zero;

/// A file, and a place in it. [`import!`](crate::import!) makes the type.
pub trait Source {
    /// The file.
    const FILE: File<'static>;
    /// What the names of the tensors begin with.
    const PLACE: Text;
}

/// The layer of this index in the tuple at the place `S`.
#[derive(Clone, Copy, Debug)]
pub struct In<S, const INDEX: usize>(PhantomData<S>);

impl<S: Source, const INDEX: usize> Source for In<S, INDEX> {
    const FILE: File<'static> = S::FILE;
    const PLACE: Text = S::PLACE.number(INDEX).and(".");
}

/// The tensor `N` of the layer at the place `S`.
#[derive(Clone, Copy, Debug)]
pub struct Of<S, N>(PhantomData<(S, N)>);

impl<S: Source, N: Named> Source for Of<S, N> {
    const FILE: File<'static> = S::FILE;
    const PLACE: Text = S::PLACE.and(N::NAME);
}

/// A name in a type.
pub trait Named {
    /// The name.
    const NAME: &'static str;
}

/// The name `weight`.
#[derive(Clone, Copy, Debug)]
pub struct Weight;

impl Named for Weight {
    const NAME: &'static str = "weight";
}

/// The name `bias`.
#[derive(Clone, Copy, Debug)]
pub struct Bias;

impl Named for Bias {
    const NAME: &'static str = "bias";
}

/// What can be read from a file while the program compiles, at the place `S`: arrays of `f32`, `f64`, `i8` and `i32` up to four
/// dimensions, layers, tuples of them, and [quantised networks](crate::quantized::Network).
///
/// A layer of your own is made of arrays:
///
/// ```
/// use downhill::import::{Bias, Import, Of, Source, Tensors, Weight};
///
/// struct Mine<const I: usize, const O: usize, T> {
///     weights: [[T; O]; I],
///     biases: [T; O],
/// }
///
/// impl<S: Source, const I: usize, const O: usize, T> Import<S> for Mine<I, O, T>
/// where
///     [[T; O]; I]: Import<Of<S, Weight>>,
///     [T; O]: Import<Of<S, Bias>>,
/// {
///     const TENSORS: Tensors = Tensors::all(&[<[[T; O]; I]>::TENSORS, <[T; O]>::TENSORS]);
///     const VALUE: Self = Self { weights: Import::VALUE, biases: Import::VALUE };
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a file while compiling",
    note = "layers and tuples of layers can, and arrays of `f32`, `f64`, `i8` and `i32`; a frozen layer refers to a `static` that can: `Frozen(&NET)`"
)]
pub trait Import<S: Source>: Sized {
    /// The tensors that it is made of.
    const TENSORS: Tensors;
    /// What the file has at this place.
    const VALUE: Self;
}

/// What [`Import`] reads.
#[derive(Clone, Copy, Debug)]
pub struct Tensors(Tree);

#[derive(Clone, Copy, Debug)]
enum Tree {
    One(Expected),
    Fault(ImportError),
    All(&'static [Tensors]),
}

impl Tensors {
    /// No tensor.
    pub const NONE: Self = Self::all(&[]);

    /// Those of several parts, in this order.
    pub const fn all(parts: &'static [Self]) -> Self {
        Self(Tree::All(parts))
    }

    /// No tensor, but a fault of the file if `result` is one.
    pub(crate) const fn without<V: Copy>(result: Result<V, ImportError>) -> Self {
        match result {
            Ok(_) => Self::NONE,
            Err(error) => Self(Tree::Fault(error)),
        }
    }

    /// The first fault of the file, if it has one.
    pub(crate) const fn check(&self, file: &File) -> Result<(), ImportError> {
        match self.0 {
            Tree::One(expected) => match file.data(&expected) {
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            },
            Tree::Fault(error) => Err(error),
            Tree::All(mut parts) => {
                while let [part, rest @ ..] = parts {
                    if let Err(error) = part.check(file) {
                        return Err(error);
                    }
                    parts = rest;
                }
                Ok(())
            }
        }
    }

    /// Whether a tensor of this name is among them.
    pub(crate) const fn has(&self, name: Quoted) -> bool {
        match self.0 {
            Tree::One(expected) => name.is(expected.name.as_str()),
            Tree::Fault(_) => false,
            Tree::All(mut parts) => {
                while let [part, rest @ ..] = parts {
                    if part.has(name) {
                        return true;
                    }
                    parts = rest;
                }
                false
            }
        }
    }
}

/// Arrays of numbers. One without numbers, the biases of an unbiased layer, is in no file.
macro_rules! arrays {
    ($t:ident, $bits:ty, $of:path, [$($byte:ident $shift:literal)*], $read:ident) => {
        /// Reads numbers, lowest byte first. A call for each number and a turn of the loop are what the compiler counts before it
        /// warns of a long evaluation.
        const fn $read(mut to: &mut [$t], from: &[u8]) {
            let (mut from, _) = from.as_chunks();
            while let [[$($byte),*], others @ ..] = from {
                let [number, rest @ ..] = to else { return };
                *number = $of(0 $(| (*$byte as $bits) << $shift)*);
                to = rest;
                from = others;
            }
        }

        arrays!(@of $t, $read, [$t; A], [A], all => all);
        arrays!(@of $t, $read, [[$t; B]; A], [A B], all => all.as_flattened_mut());
        arrays!(@of $t, $read, [[[$t; C]; B]; A], [A B C], all => all.as_flattened_mut().as_flattened_mut());
        arrays!(@of $t, $read, [[[[$t; D]; C]; B]; A], [A B C D],
            all => all.as_flattened_mut().as_flattened_mut().as_flattened_mut());
    };
    (@of $t:ident, $read:ident, $array:ty, [$($N:ident)*], $all:ident => $flat:expr) => {
        impl<S: Source, $(const $N: usize),*> Import<S> for $array {
            const TENSORS: Tensors = if 1 $(* $N)* == 0 {
                Tensors::NONE
            } else {
                Tensors(Tree::One(Expected { name: S::PLACE, shape: Sizes::of(&[$($N),*]), number: stringify!($t) }))
            };

            const VALUE: Self = {
                let mut array = <Self as Zero>::ZERO;
                if let Tree::One(expected) = <Self as Import<S>>::TENSORS.0 {
                    let $all = &mut array;
                    $read($flat, accepted(S::FILE.data(&expected)));
                }
                array
            };
        }
    };
}
arrays!(i8, u8, u8::cast_signed, [a 0], read_i8);
arrays!(i32, u32, u32::cast_signed, [a 0 b 8 c 16 d 24], read_i32);
arrays!(f32, u32, f32::from_bits, [a 0 b 8 c 16 d 24], read_f32);
arrays!(f64, u64, f64::from_bits, [a 0 b 8 c 16 d 24 e 32 f 40 g 48 h 56], read_f64);

/// The value of a result, or a panic, which only ever happens while compiling, at the line of the caller.
#[track_caller]
pub(crate) const fn accepted<V: Copy>(result: Result<V, ImportError>) -> V {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{}", error.message().as_str()),
    }
}
