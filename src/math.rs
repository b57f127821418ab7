//! Elementary functions, and the backends of the exponential.
//!
//! [`Sigmoid`](crate::Sigmoid), [`Tanh`](crate::Tanh) and [`Softmax`](crate::Softmax) use the exponential of a backend,
//! which is their type parameter:
//!
//! | backend | sigmoid | tanh | `e^z`, z <= 0 | for |
//! |---|---|---|---|---|
//! | [`Libm`], the default | 2.5 ulp | 2.2 ulp | 1 ulp | everything; the fastest on chips without floating point |
//! | [`Fast`] | 3.5 ulp | 2 ulp | 3 ulp | chips with floating point, and the host, where it is computed in vectors |
//! | `Micromath`, a feature | 0.08 % | 0.0011 | 0.25 % | programs that use the crate `micromath` anyway |
//!
//! These are the largest errors over all `f32`, infinities included: in units in the last place of the exact result
//! (ulp), relative to it (%), or absolute (tanh of `Micromath`). A result below 1.2e-38, which would be subnormal, may
//! be 0. NaN gives NaN. The functions are monotonic up to rounding: from one number to the next, no result falls by
//! more than 2.4e-7 of itself. `tests/math.rs` checks this for a sample, and for all numbers on demand.
//!
//! Each backend has the same bits on every platform, but not the bits of another backend: training must go on with the
//! same backend, or the digest of the network changes.

pub(crate) mod functions;
mod polynomial;
#[cfg(not(vfp))]
mod root;

pub use functions::Math;

use crate::scalar::Scalar;

/// Where activations get their exponential from.
pub trait Backend {
    /// Whether the functions are short, and on the host without branches: then a chip computes two per iteration, and
    /// the host computes them in vectors.
    const SHORT: bool = false;

    /// `1 / (1 + e^-z)`.
    fn sigmoid<T: Scalar>(z: T) -> T;

    /// [`sigmoid`](Backend::sigmoid), which calls `see` with `z` if it may be NaN or infinite: with every `z`, unless
    /// the backend distinguishes large `z` anyway.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn sigmoid_seen<T: Scalar>(z: T, see: impl FnOnce(T)) -> T {
        see(z);
        Self::sigmoid(z)
    }

    /// `(e^z - e^-z) / (e^z + e^-z)`.
    fn tanh<T: Scalar>(z: T) -> T;

    /// `e^z` for `z <= 0`.
    fn exp<T: Scalar>(z: T) -> T;
}

/// The crate `libm`. Its errors are in [`math`](self); softmax over ten outputs, from exact differences, errs by up to
/// 6 ulp.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Libm;

impl Backend for Libm {
    #[inline]
    fn sigmoid<T: Scalar>(z: T) -> T {
        T::ONE / (T::ONE + (-z).exp())
    }

    #[inline]
    fn tanh<T: Scalar>(z: T) -> T {
        z.tanh()
    }

    #[inline]
    fn exp<T: Scalar>(z: T) -> T {
        z.exp()
    }
}

/// Polynomials: two thirds of libm's instructions on a chip with floating point, and vectors without branches on the
/// host.
///
/// Its errors are in [`math`](self); softmax over ten outputs, from exact differences, errs by up to 8 ulp. In `f64`
/// this is the same as [`Libm`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fast;

impl Backend for Fast {
    const SHORT: bool = true;

    #[inline]
    fn sigmoid<T: Scalar>(z: T) -> T {
        z.fast_sigmoid(|_| {})
    }

    #[inline]
    fn sigmoid_seen<T: Scalar>(z: T, see: impl FnOnce(T)) -> T {
        z.fast_sigmoid(see)
    }

    #[inline]
    fn tanh<T: Scalar>(z: T) -> T {
        z.fast_tanh()
    }

    #[inline]
    fn exp<T: Scalar>(z: T) -> T {
        z.fast_exp()
    }
}

/// The exponential of the crate `micromath`, with a relative error of up to 0.25 %; the error of softmax is no larger.
/// In `f64`, the exponential of [`Libm`].
///
/// Sigmoid and tanh are computed from it: `1 / (1 + e^-z)`, and `2 sigmoid(2z) - 1`. Near 0, the latter has the
/// absolute error of a number near 1 (in `f32`, 6e-8).
#[cfg(feature = "micromath")]
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Micromath;

#[cfg(feature = "micromath")]
impl Backend for Micromath {
    #[inline]
    fn sigmoid<T: Scalar>(z: T) -> T {
        T::ONE / (T::ONE + (-z).micromath_exp())
    }

    // 2 / (1 + e^-2z) - 1
    #[inline]
    fn tanh<T: Scalar>(z: T) -> T {
        let y = Self::sigmoid(z + z);
        y + y - T::ONE
    }

    #[inline]
    fn exp<T: Scalar>(z: T) -> T {
        z.micromath_exp()
    }
}
