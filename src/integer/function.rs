//! Activations in integers.

use super::fixed::{Shift, exp2, narrow, rounded, sigmoid, tanh, twelve};
use super::kernel::round;
use super::whole::{Exponent, Whole, sealed::Sealed};
use super::words::{unsigned, width};
use crate::activation::{Identity, Relu, Sigmoid, Softmax, Tanh};

/// The bits of outputs of a last layer without an exponent of their own, so that a difference from a target fits into 32 bits.
pub(super) const OUTPUT_BITS: Exponent = 29;
/// The exponent of outputs that lie within -1 and 1.
pub(super) const UNIT: Exponent = 15;

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
    fn inner<V: Whole>(sums: &mut [i32], exponent: Exponent, values: &mut [V], bits: Exponent) -> Exponent;

    /// Errors of values become those of weighted sums; returns their exponent.
    #[doc(hidden)]
    fn derive<V: Whole>(values: &[V], own: Exponent, errors: &mut [i32], exponent: Exponent) -> Exponent;

    /// Outputs of the last layer from its weighted sums; returns their exponent.
    #[doc(hidden)]
    fn output(sums: &mut [i32], exponent: Exponent) -> Exponent;
}

/// A [`Function`] of single sums, which goes with a squared error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` in integers does not go with a squared error",
    label = "no last activation of an `integer::Trainer` with `SquaredError`",
    note = "CrossEntropy goes with Softmax, BinaryCrossEntropy with Sigmoid, and SquaredError with Identity, Relu, Tanh and Sigmoid"
)]
pub trait ByElement: Function {
    /// The slope where the output is this one.
    #[doc(hidden)]
    fn slope(output: i32) -> i32;

    /// The exponent of a slope.
    #[doc(hidden)]
    const SLOPE: Exponent = UNIT;
}

impl Sealed for Identity {}

impl Function for Identity {
    const NAME: &'static str = "identity";

    fn inner<V: Whole>(sums: &mut [i32], exponent: Exponent, values: &mut [V], bits: Exponent) -> Exponent {
        round(sums, exponent, values, bits, bits)
    }

    fn derive<V: Whole>(_: &[V], _: Exponent, _: &mut [i32], exponent: Exponent) -> Exponent {
        exponent
    }

    fn output(sums: &mut [i32], exponent: Exponent) -> Exponent {
        narrow(sums, exponent, OUTPUT_BITS)
    }
}

impl ByElement for Identity {
    const SLOPE: Exponent = 0;

    fn slope(_: i32) -> i32 {
        1
    }
}

impl Sealed for Relu {}

impl Function for Relu {
    const NAME: &'static str = "relu";

    fn inner<V: Whole>(sums: &mut [i32], exponent: Exponent, values: &mut [V], bits: Exponent) -> Exponent {
        for sum in &mut *sums {
            *sum = (*sum).max(0);
        }
        round(sums, exponent, values, bits, bits)
    }

    // What has rounded to 0 does not learn either.
    fn derive<V: Whole>(values: &[V], _: Exponent, errors: &mut [i32], exponent: Exponent) -> Exponent {
        for (error, &value) in errors.iter_mut().zip(values) {
            if value.into() == 0 {
                *error = 0;
            }
        }
        exponent
    }

    fn output(sums: &mut [i32], exponent: Exponent) -> Exponent {
        for sum in &mut *sums {
            *sum = (*sum).max(0);
        }
        narrow(sums, exponent, OUTPUT_BITS)
    }
}

impl ByElement for Relu {
    const SLOPE: Exponent = 0;

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

            fn inner<V: Whole>(sums: &mut [i32], exponent: Exponent, values: &mut [V], bits: Exponent) -> Exponent {
                let largest = (1 << bits) - 1;
                for (value, &sum) in values.iter_mut().zip(&*sums) {
                    let y = rounded($function(twelve(sum, exponent)), UNIT - bits);
                    *value = V::of(y.clamp($least(largest), largest));
                }
                bits
            }

            // An error has 14 bits at most, and so has a slope: 28.
            fn derive<V: Whole>(values: &[V], own: Exponent, errors: &mut [i32], exponent: Exponent) -> Exponent {
                let exponent = narrow(errors, exponent, 14);
                // Of `i8`, it is no other.
                let own = if V::BITS == 7 { 7 } else { own };
                for (error, &value) in errors.iter_mut().zip(values) {
                    let y: i32 = value.into();
                    *error *= $slope(y, own) >> 1;
                }
                exponent + UNIT - 1
            }

            fn output(sums: &mut [i32], exponent: Exponent) -> Exponent {
                for sum in sums {
                    *sum = $function(twelve(*sum, exponent));
                }
                UNIT
            }
        }

        impl<M: 'static> ByElement for $name<M> {
            fn slope(output: i32) -> i32 {
                $slope(output, UNIT)
            }
        }
    };
}
/// `y (1 - y)`, of `y / 2^bits`, in units of 2^-15.
fn sigmoid_slope(y: i32, bits: Exponent) -> i32 {
    square_unit(magnitudes(y, (1 << bits) - y, bits), bits)
}

/// `1 - y^2`, of `y / 2^bits`, in units of 2^-15.
fn tanh_slope(y: i32, bits: Exponent) -> i32 {
    square_unit((1 << (2 * bits)) - magnitudes(y.abs(), y.abs(), bits), bits)
}

/// `a b`, of numbers of `bits` bits without a sign, or of 2^bits.
fn magnitudes(a: i32, b: i32, bits: Exponent) -> i32 {
    unsigned(a.cast_unsigned(), b.cast_unsigned(), bits + 1).cast_signed()
}

/// In units of 2^-15, from units of 2^(-2 bits).
fn square_unit(square: i32, bits: Exponent) -> i32 {
    if 2 * bits < UNIT { square << (UNIT - 2 * bits) } else { square >> (2 * bits - UNIT) }
}

// The outputs are at most 1, in units of 2^-15: no product has more than 30 bits.
table!(Sigmoid, "sigmoid", sigmoid, |_| 1, sigmoid_slope);
table!(Tanh, "tanh", tanh, |largest: i32| -largest, tanh_slope);

impl<M> Sealed for Softmax<M> {}

impl<M: 'static> Function for Softmax<M> {
    const NAME: &'static str = "softmax";
    const INNER: bool = false;

    fn inner<V: Whole>(_: &mut [i32], _: Exponent, _: &mut [V], _: Exponent) -> Exponent {
        0
    }

    fn derive<V: Whole>(_: &[V], _: Exponent, _: &mut [i32], exponent: Exponent) -> Exponent {
        exponent
    }

    // Both factors are at most 2^15 and 2^16.
    fn output(sums: &mut [i32], exponent: Exponent) -> Exponent {
        let (top, total) = total(sums, exponent);
        let extra = (width(total) - 16).max(0);
        // From 2^15 to below 2^16.
        let places = Shift::new(15 + extra);
        let inverse = (1u32 << 31).checked_div(total >> extra).unwrap_or(0);
        for sum in sums {
            let part = exp2(below(top, *sum, exponent)) * inverse;
            *sum = places.of((part >> 1).cast_signed());
        }
        UNIT
    }
}

/// How far a sum is below the largest, in doublings of the probability, in units of 1/4096: 23 of them at most.
pub(super) fn below(top: i32, sum: i32, exponent: Exponent) -> u32 {
    let distance = top.abs_diff(sum);
    let places = exponent - 12;
    let natural = if distance == 0 || places >= 32 {
        0
    } else if places >= 0 {
        distance >> places
    } else if width(distance) <= 16 + places {
        distance << -places
    } else {
        0xFFFF
    };
    // 23637 / 2^14 is the logarithm of e to base 2; the product is below 2^31.
    (natural.min(0xFFFF) * 23637) >> 14
}

/// The largest of the sums, and the sum of all exponentials, in units of 2^-15 of its own: at least 2^15. With up to 2^16 outputs it fits.
pub(super) fn total(sums: &[i32], exponent: Exponent) -> (i32, u32) {
    let top = sums.iter().fold(i32::MIN, |top, &sum| top.max(sum));
    let total = sums.iter().fold(0u32, |total, &sum| total.saturating_add(exp2(below(top, sum, exponent))));
    (top, total.max(1 << 15))
}
