//! The shapes of inputs and outputs: `[T; N]`, `[[T; C]; L]`, `[[[T; C]; W]; H]`.
//!
//! A vector has `N` numbers, a signal `L` steps of `C` channels, an image `H` rows of `W` pixels of `C` channels. A
//! layer whose outputs are a signal or an image may be followed by one that takes a vector of as many numbers: the
//! memory is the same, so that no conversion is needed.

use core::slice::{from_mut, from_ref};

use crate::scalar::{Scalar, Zero};

/// A number, or an array of shapes: what a layer takes and gives.
pub trait Shape: Zero + Copy + 'static {
    /// The number type.
    type Scalar: Scalar;

    /// How many numbers there are.
    const LENGTH: usize;

    /// All numbers, in the order of memory.
    fn numbers(values: &[Self]) -> &[Self::Scalar];

    /// [`numbers`](Shape::numbers), mutable.
    fn numbers_mut(values: &mut [Self]) -> &mut [Self::Scalar];

    /// The numbers of this value.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn flat(&self) -> &[Self::Scalar] {
        Self::numbers(from_ref(self))
    }

    /// [`flat`](Shape::flat), mutable.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn flat_mut(&mut self) -> &mut [Self::Scalar] {
        Self::numbers_mut(from_mut(self))
    }
}

impl<T: Scalar> Shape for T {
    type Scalar = T;
    const LENGTH: usize = 1;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn numbers(values: &[T]) -> &[T] {
        values
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn numbers_mut(values: &mut [T]) -> &mut [T] {
        values
    }
}

impl<S: Shape, const N: usize> Shape for [S; N] {
    type Scalar = S::Scalar;
    const LENGTH: usize = N * S::LENGTH;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn numbers(values: &[[S; N]]) -> &[S::Scalar] {
        S::numbers(values.as_flattened())
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn numbers_mut(values: &mut [[S; N]]) -> &mut [S::Scalar] {
        S::numbers_mut(values.as_flattened_mut())
    }
}

/// Inputs that can take the outputs `Y`: the same shape, or a vector of as many numbers.
///
/// ```
/// use downhill::shape::Joins;
///
/// // Three steps of two channels are a vector of six.
/// assert_eq!(<[f32; 6]>::inputs(&[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);
/// ```
///
/// Another length does not compile. A note of the error names both shapes: `<[f32; 5] as Joins<[[f32; 2]; 3]>>`.
///
/// ```compile_fail
/// # use downhill::shape::Joins;
/// <[f32; 5]>::inputs(&[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "a layer with outputs `{Y}` cannot be followed by one with inputs `{Self}`",
    label = "the inputs of a layer are the outputs of the one before: `{Y}`, where this one has `{Self}`",
    note = "a signal or an image, `[[T; C]; L]` or `[[[T; C]; W]; H]`, may also be taken as a vector of as many numbers"
)]
pub trait Joins<Y: Shape>: Shape {
    /// The outputs of some samples, seen as inputs.
    fn inputs(outputs: &[Y]) -> &[Self];

    /// [`inputs`](Joins::inputs), mutable.
    fn inputs_mut(outputs: &mut [Y]) -> &mut [Self];
}

/// The same shape.
macro_rules! same {
    ($shape:ty, $($n:ident)*) => {
        impl<T: Scalar, $(const $n: usize),*> Joins<$shape> for $shape {
            #[cfg_attr(not(unoptimized), inline(always))]
            fn inputs(outputs: &[$shape]) -> &[$shape] {
                outputs
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn inputs_mut(outputs: &mut [$shape]) -> &mut [$shape] {
                outputs
            }
        }
    };
}
same!([T; N], N);
same!([[T; C]; L], C L);
same!([[[T; C]; W]; H], C W H);

/// A vector of the numbers of another shape.
macro_rules! vector {
    ($shape:ty, $($n:ident)*) => {
        impl<T: Scalar, const N: usize, $(const $n: usize),*> Joins<$shape> for [T; N] {
            fn inputs(outputs: &[$shape]) -> &[[T; N]] {
                const { as_many(N, <$shape>::LENGTH) };
                <$shape>::numbers(outputs).as_chunks().0
            }

            fn inputs_mut(outputs: &mut [$shape]) -> &mut [[T; N]] {
                const { as_many(N, <$shape>::LENGTH) };
                <$shape>::numbers_mut(outputs).as_chunks_mut().0
            }
        }
    };
}
vector!([[T; C]; L], C L);
vector!([[[T; C]; W]; H], C W H);

const fn as_many(inputs: usize, outputs: usize) {
    assert!(inputs == outputs, "a layer takes as many numbers as the one before it gives");
}
