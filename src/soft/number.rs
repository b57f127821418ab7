//! A number whose operators are those of this module where they are shorter than the compiler's.

use core::ops::{Add, Mul, Neg, Sub};

use crate::kernel::interface::{Kernel, SEAL};
use crate::target::SOFT_SINGLE;

/// `(Soft(a) * b + c).0` is `a * b + c`, in the same bits.
#[derive(Clone, Copy)]
pub(crate) struct Soft<T>(pub(crate) T);

/// What [`Soft`] may hold. [`Scalar`](crate::Scalar) would be a circle: its `Math` computes with this.
pub(crate) trait Number: Kernel + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self> {}

impl<T: Kernel + Sub<Output = T> + Mul<Output = T> + Neg<Output = T>> Number for T {}

impl<T: Number> Soft<T> {
    /// `a b + self`: shorter than one after the other.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn plus(self, a: T, b: T) -> Self {
        Self(T::add_product(SEAL, self.0, a, b))
    }

    /// `self - a b`.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn minus(self, a: T, b: T) -> Self {
        Self(if SOFT_SINGLE { T::add_product(SEAL, self.0, -a, b) } else { self.0 - a * b })
    }
}

/// The operators with a number, and with another [`Soft`].
macro_rules! operator {
    ($operator:ident, $method:ident, |$a:ident, $b:ident| $result:expr) => {
        impl<T: Number> $operator<T> for Soft<T> {
            type Output = Self;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn $method(self, other: T) -> Self {
                let ($a, $b) = (self.0, other);
                Self($result)
            }
        }

        impl<T: Number> $operator for Soft<T> {
            type Output = Self;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn $method(self, other: Self) -> Self {
                $operator::<T>::$method(self, other.0)
            }
        }
    };
}
operator!(Add, add, |a, b| Kernel::sum(SEAL, a, b));
operator!(Mul, mul, |a, b| Kernel::product(SEAL, a, b));
operator!(Sub, sub, |a, b| if SOFT_SINGLE { Kernel::sum(SEAL, a, -b) } else { a - b });
