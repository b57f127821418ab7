//! The functions of each number type.

use super::polynomial;
#[cfg(not(vfp))]
use super::root;
#[cfg(not(vfp))]
use crate::target::{AVX, CHIP};
#[cfg(vfp)]
use downhill_vfp::sqrt;

/// Elementary functions of a number type, from `libm`: the float methods of `std` call the library of the platform, and
/// the bits would differ between host and chip. Square roots are correctly rounded, so that their bits do not depend on
/// the method: the host may use an instruction, and chips a shorter function for `f32`.
pub trait Math: Sized {
    /// The ratio of a circle's circumference to its diameter.
    const PI: Self;

    /// e to the power of `self`.
    #[must_use]
    fn exp(self) -> Self;

    /// Natural logarithm of 1 + `self`, exact near zero.
    #[must_use]
    fn ln_1p(self) -> Self;

    /// Natural logarithm.
    #[must_use]
    fn ln(self) -> Self;

    /// Hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;

    /// Square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Cosine of an angle in radians.
    #[must_use]
    fn cos(self) -> Self;

    /// [`Fast`](super::Fast)'s e to the power of `self`, for `self` up to 0.
    #[must_use]
    fn fast_exp(self) -> Self;

    /// [`Fast`](super::Fast)'s sigmoid; see [`Backend::sigmoid_seen`](super::Backend::sigmoid_seen).
    #[must_use]
    fn fast_sigmoid(self, see: impl FnOnce(Self)) -> Self;

    /// [`Fast`](super::Fast)'s hyperbolic tangent.
    #[must_use]
    fn fast_tanh(self) -> Self;

    /// `micromath`'s e to the power of `self`.
    #[cfg(feature = "micromath")]
    #[must_use]
    fn micromath_exp(self) -> Self;
}

#[cfg(not(vfp))]
#[inline]
fn sqrt(x: f32) -> f32 {
    if CHIP {
        root::sqrt(x)
    } else if AVX {
        root::sqrt_in_double(x)
    } else {
        libm::sqrtf(x)
    }
}

impl Math for f32 {
    const PI: Self = core::f32::consts::PI;

    #[inline]
    fn exp(self) -> Self {
        libm::expf(self)
    }

    fn ln_1p(self) -> Self {
        libm::log1pf(self)
    }

    fn ln(self) -> Self {
        libm::logf(self)
    }

    fn tanh(self) -> Self {
        libm::tanhf(self)
    }

    #[inline]
    fn sqrt(self) -> Self {
        sqrt(self)
    }

    fn cos(self) -> Self {
        libm::cosf(self)
    }

    #[inline]
    fn fast_exp(self) -> Self {
        polynomial::exp(self)
    }

    #[inline]
    fn fast_sigmoid(self, see: impl FnOnce(Self)) -> Self {
        polynomial::sigmoid(self, see)
    }

    #[inline]
    fn fast_tanh(self) -> Self {
        polynomial::tanh(self)
    }

    #[cfg(feature = "micromath")]
    fn micromath_exp(self) -> Self {
        // From 88 on, `micromath` gives NaN for infinity and panics where overflow is checked. For NaN it gives a
        // number.
        if self < 88.0 { micromath::F32(self).exp().0 } else { self * f32::MAX }
    }
}

impl Math for f64 {
    const PI: Self = core::f64::consts::PI;

    fn exp(self) -> Self {
        libm::exp(self)
    }

    fn ln_1p(self) -> Self {
        libm::log1p(self)
    }

    fn ln(self) -> Self {
        libm::log(self)
    }

    fn tanh(self) -> Self {
        libm::tanh(self)
    }

    fn sqrt(self) -> Self {
        libm::sqrt(self)
    }

    fn cos(self) -> Self {
        libm::cos(self)
    }

    fn fast_exp(self) -> Self {
        self.exp()
    }

    fn fast_sigmoid(self, see: impl FnOnce(Self)) -> Self {
        see(self);
        1.0 / (1.0 + (-self).exp())
    }

    fn fast_tanh(self) -> Self {
        self.tanh()
    }

    #[cfg(feature = "micromath")]
    fn micromath_exp(self) -> Self {
        self.exp()
    }
}
