//! Activations in integers.

use super::fixed::{exp2, narrow, right, sigmoid, tanh, twelve};
use super::kernel::round;
use super::whole::{Whole, sealed::Sealed};
use crate::activation::{Identity, Relu, Sigmoid, Softmax, Tanh};

/// The bits of outputs of a last layer without an exponent of their own, so that a difference from a target fits into 32 bits.
pub(super) const OUTPUT_BITS: u32 = 29;
/// The exponent of outputs that lie within -1 and 1.
pub(super) const UNIT: i32 = 15;

/// An activation that has a form in integers: [`Relu`], [`Tanh`], [`Sigmoid`], [`Identity`], and [`Softmax`] in the last layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no form in integers",
    label = "no activation of an `integer` layer",
    note = "the activations in integers are Relu, Tanh, Sigmoid, Identity, and Softmax in the last layer"
)]
pub trait Function: Sealed {
    /// Its name in [`Architecture`](crate::Architecture).
    const NAME: &'static str;

    /// Whether a layer may follow.
    const INNER: bool = true;

    /// Values of `bits` bits from weighted sums, for the layer that follows; returns their exponent.
    #[doc(hidden)]
    fn inner<V: Whole>(sums: &mut [i32], exponent: i32, values: &mut [V], bits: u32) -> i32;

    /// Errors of values become those of weighted sums; returns their exponent.
    #[doc(hidden)]
    fn derive<V: Whole>(values: &[V], own: i32, errors: &mut [i32], exponent: i32) -> i32;

    /// Outputs of the last layer from its weighted sums; returns their exponent.
    #[doc(hidden)]
    fn output(sums: &mut [i32], exponent: i32) -> i32;
}

/// A [`Function`] of single sums, which goes with a squared error.
pub trait ByElement: Function {
    /// The slope where the output is this one.
    #[doc(hidden)]
    fn slope(output: i32) -> i32;

    /// The exponent of a slope.
    #[doc(hidden)]
    const SLOPE: i32 = UNIT;
}

impl Sealed for Identity {}

impl Function for Identity {
    const NAME: &'static str = "identity";

    fn inner<V: Whole>(sums: &mut [i32], exponent: i32, values: &mut [V], bits: u32) -> i32 {
        round(sums, exponent, values, bits, bits.cast_signed())
    }

    fn derive<V: Whole>(_: &[V], _: i32, _: &mut [i32], exponent: i32) -> i32 {
        exponent
    }

    fn output(sums: &mut [i32], exponent: i32) -> i32 {
        narrow(sums, exponent, OUTPUT_BITS)
    }
}

impl ByElement for Identity {
    const SLOPE: i32 = 0;

    fn slope(_: i32) -> i32 {
        1
    }
}

impl Sealed for Relu {}

impl Function for Relu {
    const NAME: &'static str = "relu";

    fn inner<V: Whole>(sums: &mut [i32], exponent: i32, values: &mut [V], bits: u32) -> i32 {
        for sum in &mut *sums {
            *sum = (*sum).max(0);
        }
        round(sums, exponent, values, bits, bits.cast_signed())
    }

    // What has rounded to 0 does not learn either.
    fn derive<V: Whole>(values: &[V], _: i32, errors: &mut [i32], exponent: i32) -> i32 {
        for (error, &value) in errors.iter_mut().zip(values) {
            if value.into() == 0 {
                *error = 0;
            }
        }
        exponent
    }

    fn output(sums: &mut [i32], exponent: i32) -> i32 {
        for sum in &mut *sums {
            *sum = (*sum).max(0);
        }
        narrow(sums, exponent, OUTPUT_BITS)
    }
}

impl ByElement for Relu {
    const SLOPE: i32 = 0;

    fn slope(output: i32) -> i32 {
        i32::from(output > 0)
    }
}

/// An activation from a table: its values have as many bits after the point as they have.
macro_rules! table {
    ($name:ident, $text:literal, $function:ident, $least:expr, $slope:expr) => {
        impl<M> Sealed for $name<M> {}

        impl<M: 'static> Function for $name<M> {
            const NAME: &'static str = $text;

            fn inner<V: Whole>(sums: &mut [i32], exponent: i32, values: &mut [V], bits: u32) -> i32 {
                let largest = (1 << bits) - 1;
                for (value, &sum) in values.iter_mut().zip(&*sums) {
                    let y = right($function(twelve(sum, exponent)), UNIT.cast_unsigned() - bits);
                    *value = V::of(y.clamp($least(largest), largest));
                }
                bits.cast_signed()
            }

            // An error has 14 bits at most, and so has a slope: 28.
            fn derive<V: Whole>(values: &[V], own: i32, errors: &mut [i32], exponent: i32) -> i32 {
                let exponent = narrow(errors, exponent, 14);
                for (error, &value) in errors.iter_mut().zip(values) {
                    let y: i32 = value.into();
                    *error *= $slope(y << (UNIT - own)) >> 1;
                }
                exponent + UNIT - 1
            }

            fn output(sums: &mut [i32], exponent: i32) -> i32 {
                for sum in sums {
                    *sum = $function(twelve(*sum, exponent));
                }
                UNIT
            }
        }

        impl<M: 'static> ByElement for $name<M> {
            fn slope(output: i32) -> i32 {
                $slope(output)
            }
        }
    };
}
// The outputs are at most 1, in units of 2^-15: no product has more than 30 bits.
table!(Sigmoid, "sigmoid", sigmoid, |_| 1, |y: i32| (y * (32768 - y)) >> UNIT);
table!(Tanh, "tanh", tanh, |largest: i32| -largest, |y: i32| ((32768 - y.abs()) * (32768 + y.abs())) >> UNIT);

impl<M> Sealed for Softmax<M> {}

impl<M: 'static> Function for Softmax<M> {
    const NAME: &'static str = "softmax";
    const INNER: bool = false;

    fn inner<V: Whole>(_: &mut [i32], _: i32, _: &mut [V], _: u32) -> i32 {
        0
    }

    fn derive<V: Whole>(_: &[V], _: i32, _: &mut [i32], exponent: i32) -> i32 {
        exponent
    }

    // Both factors are at most 2^15 and 2^16.
    fn output(sums: &mut [i32], exponent: i32) -> i32 {
        let (top, total) = total(sums, exponent);
        let extra = 16u32.saturating_sub(total.leading_zeros());
        // From 2^15 to below 2^16.
        let inverse = (1u32 << 31).checked_div(total >> extra).unwrap_or(0);
        for sum in sums {
            let part = exp2(below(top, *sum, exponent)) * inverse;
            *sum = right((part >> 1).cast_signed(), 15 + extra);
        }
        UNIT
    }
}

/// How far a sum is below the largest, in doublings of the probability, in units of 1/4096: 23 of them at most.
pub(super) fn below(top: i32, sum: i32, exponent: i32) -> u32 {
    let distance = top.abs_diff(sum);
    let shift = (exponent - 12).unsigned_abs();
    let natural = if exponent >= 12 {
        distance.checked_shr(shift).unwrap_or(0)
    } else if distance.leading_zeros() > shift {
        distance << shift
    } else if distance == 0 {
        0
    } else {
        u32::MAX
    };
    // 23637 / 2^14 is the logarithm of e to base 2; the product is below 2^31.
    (natural.min(0xFFFF) * 23637) >> 14
}

/// The largest of the sums, and the sum of all exponentials, in units of 2^-15 of its own: at least 2^15. With up to 2^16 outputs it fits.
pub(super) fn total(sums: &[i32], exponent: i32) -> (i32, u32) {
    let top = sums.iter().fold(i32::MIN, |top, &sum| top.max(sum));
    let total = sums.iter().fold(0u32, |total, &sum| total.saturating_add(exp2(below(top, sum, exponent))));
    (top, total.max(1 << 15))
}
