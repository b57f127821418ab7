//! Losses in integers.

use super::fixed::{exp2, fixed, float, largest, log2, shifted};
use super::function::{ByElement, Function, OUTPUT_BITS, UNIT, below, total};
use super::whole::{self, Exponent, sealed::Sealed};
use super::words::width;
use crate::activation::{Sigmoid, Softmax};
use crate::loss::{BinaryCrossEntropy, CrossEntropy, SquaredError};

/// What a sample should give.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// 1 for the output of this index, 0 for the others; of a single output, this number, 0 or 1.
    Class { class: usize, outputs: usize },
    /// These outputs, which are finite.
    Values(&'a [f32]),
}

impl Target<'_> {
    pub(super) const fn class(class: usize, outputs: usize) -> Self {
        Self::Class { class, outputs }
    }

    /// That of an output, within 29 bits.
    fn at(self, output: usize, exponent: Exponent) -> i32 {
        let value = match self {
            Self::Class { class, outputs } => {
                shifted(i32::from(if outputs == 1 { class == 1 } else { class == output }), -exponent)
            }
            Self::Values(values) => values.get(output).map_or(0, |&value| fixed(value, exponent)),
        };
        value.clamp(1 - (1 << OUTPUT_BITS), (1 << OUTPUT_BITS) - 1)
    }

    /// The largest exponent with which all targets have 29 bits.
    fn exponent(self) -> Exponent {
        let top = match self {
            Self::Class { .. } => 1f32.to_bits(),
            Self::Values(values) => largest(values).unwrap_or(0),
        };
        OUTPUT_BITS + 126 - whole::exponent(top >> 23)
    }

    /// Whether it is finite, and within the range of the loss `L`.
    pub(super) fn is_sound<A, L: Objective<A>>(self) -> bool {
        match self {
            Self::Class { class, outputs } => class < outputs.max(2),
            // Positive numbers order as their bits do; negative ones have the highest bit, and -0 is 0.
            Self::Values(values) if L::FRACTIONS => {
                values.iter().all(|value| value.to_bits() <= 1f32.to_bits() || value.to_bits() == 1 << 31)
            }
            Self::Values(values) => largest(values).is_some(),
        }
    }
}

/// A loss: `mantissa / 2^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cost {
    /// Of 31 bits at most.
    pub mantissa: u32,
    /// May be negative.
    pub exponent: i32,
}

impl Cost {
    /// The loss as a number.
    pub fn get(self) -> f32 {
        // Beyond these, the number is 0 or infinite.
        float(self.mantissa.cast_signed(), self.exponent.clamp(-1000, 1000) as Exponent)
    }

    fn new(mantissa: u32, exponent: Exponent) -> Self {
        Self { mantissa: mantissa.min(i32::MAX.cast_unsigned()), exponent: whole::number(exponent) }
    }
}

/// A loss that has a form in integers, with the last activation `A`: [`CrossEntropy`] with [`Softmax`], [`BinaryCrossEntropy`] with
/// [`Sigmoid`], [`SquaredError`] with any other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no form in integers with the last activation `{A}`",
    label = "no loss of an `integer::Trainer` of this network",
    note = "CrossEntropy goes with Softmax, BinaryCrossEntropy with Sigmoid, and SquaredError with Identity, Relu, Tanh and Sigmoid"
)]
pub trait Objective<A>: Sealed {
    /// Whether all targets are from 0 to 1.
    const FRACTIONS: bool;

    /// Turns weighted sums into outputs, and returns the loss and their exponent.
    #[doc(hidden)]
    fn outputs(sums: &mut [i32], exponent: Exponent, target: Target) -> (Cost, Exponent);

    /// Turns outputs into errors of the weighted sums, and returns their exponent.
    #[doc(hidden)]
    fn errors(outputs: &mut [i32], exponent: Exponent, target: Target) -> Exponent;
}

impl Sealed for CrossEntropy {}
impl Sealed for BinaryCrossEntropy {}
impl Sealed for SquaredError {}

/// The loss from one in units of a doubling: 45426 / 2^16 is the logarithm of 2.
fn natural(doublings: u32, exponent: Exponent) -> Cost {
    #[allow(clippy::cast_possible_truncation)] // smaller than what it was
    let mantissa = ((u64::from(doublings) * 45426) >> 16) as u32;
    Cost::new(mantissa, exponent)
}

/// The difference from the targets: both have 29 bits at most.
fn subtract(outputs: &mut [i32], exponent: Exponent, target: Target) {
    for (index, output) in outputs.iter_mut().enumerate() {
        *output -= target.at(index, exponent);
    }
}

impl<M: 'static> Objective<Softmax<M>> for CrossEntropy {
    const FRACTIONS: bool = true;

    // Targets have 12 bits, logarithms 18: a product has 30. Targets that sum to more than 2 saturate.
    fn outputs(sums: &mut [i32], exponent: Exponent, target: Target) -> (Cost, Exponent) {
        let (top, total) = total(sums, exponent);
        let all = log2(total) - (15 << 12);
        let doublings =
            sums.iter().enumerate().fold(0u32, |loss, (index, &sum)| match target.at(index, 12).unsigned_abs() {
                0 => loss,
                t => loss.saturating_add(t * (all + below(top, sum, exponent))),
            });
        (natural(doublings, 24), Softmax::<M>::output(sums, exponent))
    }

    fn errors(outputs: &mut [i32], exponent: Exponent, target: Target) -> Exponent {
        subtract(outputs, exponent, target);
        exponent
    }
}

impl<M: 'static> Objective<Sigmoid<M>> for BinaryCrossEntropy {
    const FRACTIONS: bool = true;

    // ln(1 + e^-|z|), and |z| times the target that speaks against the sign of z. The products have 24 and 29 bits.
    fn outputs(sums: &mut [i32], exponent: Exponent, target: Target) -> (Cost, Exponent) {
        let loss = sums.iter().enumerate().fold(0u32, |loss, (index, &sum)| {
            let wrong = below(0, sum, exponent);
            let right = log2(exp2_and_one(wrong)) - (15 << 12);
            let t = target.at(index, 12).unsigned_abs();
            let against = if sum > 0 { 4096 - t.min(4096) } else { t };
            loss.saturating_add(right * 4096 + against * wrong)
        });
        (natural(loss, 24), Sigmoid::<M>::output(sums, exponent))
    }

    fn errors(outputs: &mut [i32], exponent: Exponent, target: Target) -> Exponent {
        subtract(outputs, exponent, target);
        exponent
    }
}

fn exp2_and_one(z: u32) -> u32 {
    (1 << 15) + exp2(z)
}

impl<A: ByElement> Objective<A> for SquaredError {
    const FRACTIONS: bool = false;

    // The differences get as many bits as leave the sum of their squares 31.
    fn outputs(sums: &mut [i32], exponent: Exponent, target: Target) -> (Cost, Exponent) {
        let mut exponent = A::output(sums, exponent);
        let room = target.exponent();
        if A::SLOPE == 0 && room < exponent {
            for sum in &mut *sums {
                *sum = shifted(*sum, exponent - room);
            }
            exponent = room;
        }
        let length = whole::exponent(usize::BITS - sums.len().leading_zeros());
        let bits = (31 - length) / 2;
        let differences = || sums.iter().enumerate().map(|(index, &y)| y - target.at(index, exponent));
        let all = differences().fold(0, |all, difference| all | difference.unsigned_abs());
        let shift = (width(all) - bits).max(0);
        let loss = differences().fold(0u32, |loss, difference| {
            let part = difference.unsigned_abs() >> shift;
            loss.saturating_add(part * part)
        });
        (Cost::new(loss, 2 * (exponent - shift) + 1), exponent)
    }

    // A slope has 15 bits, as has a difference that is multiplied by it.
    fn errors(outputs: &mut [i32], exponent: Exponent, target: Target) -> Exponent {
        if A::SLOPE == 0 {
            for (index, output) in outputs.iter_mut().enumerate() {
                *output = (*output - target.at(index, exponent)) * A::slope(*output);
            }
            return exponent;
        }
        let all = outputs
            .iter()
            .enumerate()
            .fold(0, |all, (index, &y)| all | (y - target.at(index, exponent)).unsigned_abs());
        let shift = (width(all) - 15).max(0);
        for (index, output) in outputs.iter_mut().enumerate() {
            *output = ((*output - target.at(index, exponent)) >> shift) * A::slope(*output);
        }
        exponent - shift + UNIT
    }
}
