//! The functions beyond arithmetic. All come from `libm`, called by path: the float methods of `std` take whatever
//! the platform has, and the bits would differ between host and chip.

/// Elementary functions, with the same bits on every platform.
pub trait Math: Sized {
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
}

impl Math for f32 {
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

    fn sqrt(self) -> Self {
        libm::sqrtf(self)
    }
}

impl Math for f64 {
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
}
