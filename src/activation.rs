//! Activation functions and their derivatives. A derivative is computed from the output `y` alone, so that the weighted
//! sums `z` need no memory.

use core::marker::PhantomData;

use crate::hint::keep_rolled;
use crate::kernel::{self, Finite, Magnitude, in_place};
use crate::math::{Backend, Libm};
use crate::scalar::Scalar;
use crate::target::{CHIP, SMALL, SOFT_FLOAT};

/// The link function of a loss: the inverse of the activation that belongs to it. Where activation and loss have the
/// same link, the derivative of one cancels the denominator of the other: the delta of the output is `y - t`, without a
/// division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Link {
    /// [`Identity`] and squared error.
    Identity,
    /// [`Sigmoid`] and binary cross-entropy: the log-odds.
    Logit,
    /// [`Softmax`] and cross-entropy: the log-probabilities, up to a constant.
    MultiLogit,
    /// An activation that belongs to no loss here.
    None,
}

impl Link {
    /// Whether both are the same link; false for [`None`](Link::None).
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        !matches!(self, Self::None) && self as u8 == other as u8
    }
}

/// A function applied to the weighted sums of a layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an activation",
    label = "not an activation",
    note = "the parameters of a dense layer are inputs, outputs, activation, number type and biases: \
            `Dense<2, 3, Relu, Unbiased, f32>`; the activations are Identity, Sigmoid, Tanh, Relu, LeakyRelu and Softmax"
)]
pub trait Activation {
    /// Its name in [`Architecture`](crate::Architecture).
    const NAME: &'static str;

    /// The loss that belongs to this activation.
    const LINK: Link;

    /// The smallest number of outputs at which they depend on their weighted sums. A layer with fewer does not compile.
    const LEAST_OUTPUTS: usize = 1;

    /// Whether an output depends only on its own weighted sum, so that any part of a layer can be activated separately.
    const BY_ELEMENT: bool = true;

    /// Whether every output is from -1 to 1, so that the next layer need not check how large its inputs are.
    const BOUNDED: bool = false;

    /// Whether the host computes several outputs of type `f32` in one vector, in the time of one.
    const VECTOR: bool = false;

    /// Replaces `z` by `y = f(z)`. Returns [`finite`] of `z`.
    #[must_use]
    fn activate<T: Scalar>(z: &mut [T]) -> T;

    /// Replaces `error`, dE/dy, by dE/dz. Returns the [`magnitude`] of dE/dz.
    #[must_use]
    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T;
}

/// 0 if all values are finite, otherwise NaN or infinity.
pub fn finite<T: Scalar>(values: &[T]) -> T {
    kernel::finite(values)
}

/// A bound of the magnitude of the values, from which a step concludes that everything it will write is finite. The
/// bound depends on the processor: the sum of the squares, or the largest magnitude.
pub fn magnitude<T: Scalar>(values: &[T]) -> T {
    kernel::magnitude(values)
}

/// [`Activation::activate`]: one copy of the loop for all layers; it is inlined only for layers so small that this is
/// shorter.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn activate<A: Activation, T: Scalar>(z: &mut [T]) -> T {
    #[inline(never)]
    fn shared<A: Activation, T: Scalar>(z: &mut [T]) -> T {
        // Always true here; lets LLVM assume that they are many.
        if in_place(z.len()) { T::ZERO } else { A::activate(z) }
    }
    #[inline(never)]
    fn unseen<A: Activation, T: Scalar>(z: &mut [T]) {
        let _ = A::activate(z);
    }
    if in_place(z.len()) {
        A::activate(z)
    } else if SOFT_FLOAT {
        // Checked before: in the loop, the result so far would be kept on the stack during each call of the function.
        let finite = kernel::finite(z);
        unseen::<A, T>(z);
        finite
    } else {
        shared::<A, T>(z)
    }
}

/// [`Activation::derivative`], as [`activate`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn derivative<A: Activation, T: Scalar>(y: &[T], error: &mut [T]) -> T {
    #[inline(never)]
    fn shared<A: Activation, T: Scalar>(y: &[T], error: &mut [T]) -> T {
        if in_place(error.len()) { T::ZERO } else { A::derivative(y, error) }
    }
    if in_place(error.len()) { A::derivative(y, error) } else { shared::<A, T>(y, error) }
}

/// Applies `f` to all of `z`: on the host in vectors, on a chip two at a time if `f` is short. The loop overhead then
/// counts, and unrolled by four or eight, as the compiler would choose, the loop is long. `f` passes its argument to
/// [`Finite`]. Returns the same as [`Activation::activate`].
#[cfg_attr(not(unoptimized), inline(always))]
fn map<T: Scalar>(z: &mut [T], short: bool, f: impl Fn(T, &mut Finite<T>) -> T) -> T {
    let mut finite = Finite::new();
    let mut one = |z: &mut T| *z = f(*z, &mut finite);
    if !CHIP {
        // The rest after the fours has a separate loop: it is so short that it is unrolled, and becomes a vector as
        // well.
        let (fours, rest) = z.split_at_mut(z.len() & !3);
        for z in fours {
            one(z);
        }
        for z in rest {
            one(z);
        }
        return finite.number();
    }
    if in_place(z.len()) {
        for z in z {
            one(z);
        }
        return finite.number();
    }
    let mut pairs = z.chunks_exact_mut(if short && !SOFT_FLOAT { 2 } else { 1 });
    for pair in &mut pairs {
        for z in pair {
            one(z);
        }
        keep_rolled();
    }
    for z in pairs.into_remainder() {
        one(z);
    }
    finite.number()
}

/// Makes `f` an argument of [`map`]: a function that passes its argument to [`Finite`] first.
#[cfg_attr(not(unoptimized), inline(always))]
fn seen<T: Scalar>(f: impl Fn(T) -> T) -> impl Fn(T, &mut Finite<T>) -> T {
    move |z, finite| {
        finite.see(z);
        f(z)
    }
}

/// Applies `f` to all errors, two at a time unless they are few or the code is to be small: this saves a fifth of the
/// instructions. Returns the same as [`Activation::derivative`].
#[cfg_attr(not(unoptimized), inline(always))]
fn each<T: Scalar>(y: &[T], error: &mut [T], f: impl Fn(T, T) -> T) -> T {
    let outputs = error.len();
    let mut magnitude = Magnitude::none();
    let mut one = |error: &mut T, y: T| {
        *error = f(*error, y);
        magnitude.see(*error);
    };
    if in_place(outputs) || SMALL {
        for (error, &y) in error.iter_mut().zip(y) {
            one(error, y);
            if !in_place(outputs) {
                keep_rolled();
            }
        }
    } else {
        for (error, y) in error.chunks_exact_mut(2).zip(y.chunks_exact(2)) {
            if let ([error0, error1], [y0, y1]) = (error, y) {
                one(error0, *y0);
                one(error1, *y1);
            }
            keep_rolled();
        }
        if let (false, Some(error), Some(&y)) = (outputs.is_multiple_of(2), error.last_mut(), y.last()) {
            one(error, y);
        }
    }
    magnitude.number()
}

/// `f(z) = z`: a linear layer. Tutorial, "linear networks".
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Identity;

impl Activation for Identity {
    const NAME: &'static str = "identity";
    const LINK: Link = Link::Identity;

    fn activate<T: Scalar>(z: &mut [T]) -> T {
        kernel::finite(z)
    }

    // f'(z) = 1
    fn derivative<T: Scalar>(_: &[T], error: &mut [T]) -> T {
        kernel::magnitude(error)
    }
}

/// `f(z) = 1 / (1 + e^-z)`, between 0 and 1. `M` is the backend of the exponential: see [`math`](crate::math).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sigmoid<M = Libm>(PhantomData<M>);

impl<M: Backend> Activation for Sigmoid<M> {
    const NAME: &'static str = "sigmoid";
    const LINK: Link = Link::Logit;
    const BOUNDED: bool = true;
    const VECTOR: bool = M::SHORT;

    #[cfg_attr(not(any(target_os = "none", unoptimized)), inline(always))]
    fn activate<T: Scalar>(z: &mut [T]) -> T {
        map(z, M::SHORT, |z, finite| M::sigmoid_seen(z, |z| finite.see(z)))
    }

    // f'(z) = y (1 - y)
    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T {
        each(y, error, |error, y| error * y * (T::ONE - y))
    }
}

/// `f(z) = tanh(z)`, between -1 and 1. `M` is the backend that computes it: see [`math`](crate::math).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Tanh<M = Libm>(PhantomData<M>);

impl<M: Backend> Activation for Tanh<M> {
    const NAME: &'static str = "tanh";
    const LINK: Link = Link::None;
    const BOUNDED: bool = true;
    const VECTOR: bool = M::SHORT;

    #[cfg_attr(not(any(target_os = "none", unoptimized)), inline(always))]
    fn activate<T: Scalar>(z: &mut [T]) -> T {
        map(z, M::SHORT, seen(M::tanh))
    }

    // f'(z) = 1 - y^2
    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T {
        each(y, error, |error, y| error * (T::ONE - y * y))
    }
}

/// `f(z) = max(z, 0)`. The derivative at 0 is taken as 0.
///
/// A neuron whose weighted sum is negative for all inputs no longer learns. In a small network all neurons may be in
/// this state from the start, in 20 of 100 networks with three hidden neurons (`docs/when-it-does-not-learn.md`).
/// [`LeakyRelu`] has no such state.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Relu;

impl Activation for Relu {
    const NAME: &'static str = "relu";
    const LINK: Link = Link::None;

    fn activate<T: Scalar>(z: &mut [T]) -> T {
        // NaN is not below zero and stays visible.
        map(z, true, seen(|z| if z < T::ZERO { T::ZERO } else { z }))
    }

    // f'(z) = 1 where y > 0, else 0
    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T {
        each(y, error, |error, y| if y > T::ZERO { error } else { T::ZERO })
    }
}

/// `f(z) = z` for positive `z`, else `z / 100`. The derivative at 0 is taken as 1/100.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LeakyRelu;

impl LeakyRelu {
    fn slope<T: Scalar>() -> T {
        T::ONE / T::from_f32(100.0)
    }
}

impl Activation for LeakyRelu {
    const NAME: &'static str = "leaky relu";
    const LINK: Link = Link::None;

    fn activate<T: Scalar>(z: &mut [T]) -> T {
        map(z, true, seen(|z| if z < T::ZERO { z * Self::slope() } else { z }))
    }

    // f'(z) = 1 where y > 0, else 1/100
    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T {
        each(y, error, |error, y| if y > T::ZERO { error } else { error * Self::slope() })
    }
}

/// `f(z)[o] = e^z[o] / sum over k of e^z[k]`: positive numbers that sum to 1, computed relative to the largest `z`, so
/// that nothing overflows. `M` is the backend of the exponential: see [`math`](crate::math).
///
/// A single output would always be 1 and never learn, so it does not compile. For two classes use one [`Sigmoid`]
/// output or two softmax outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Softmax<M = Libm>(PhantomData<M>);

impl<M: Backend> Activation for Softmax<M> {
    const NAME: &'static str = "softmax";
    const LINK: Link = Link::MultiLogit;
    const BOUNDED: bool = true;
    const LEAST_OUTPUTS: usize = 2;
    const BY_ELEMENT: bool = false;

    fn activate<T: Scalar>(z: &mut [T]) -> T {
        let top = largest(z);
        let mut finite = Finite::new();
        let mut sum = T::ZERO;
        for z in z.iter_mut() {
            finite.see(*z);
            *z = M::exp(*z - top);
            sum += *z;
        }
        for z in z {
            *z = *z / sum;
        }
        finite.number()
    }

    // dE/dz[o] = y[o] (dE/dy[o] - sum over k of dE/dy[k] y[k])
    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T {
        let mut mean = T::ZERO;
        for (&error, &y) in error.iter().zip(y) {
            mean += error * y;
        }
        each(y, error, |error, y| y * (error - mean))
    }
}

/// The largest of the values; zero if there are none.
pub(crate) fn largest<T: Scalar>(values: &[T]) -> T {
    values.iter().copied().reduce(|top, v| if v > top { v } else { top }).unwrap_or(T::ZERO)
}
