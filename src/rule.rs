//! How errors travel back from a layer's outputs to its inputs: three rules, one of which is the gradient.

pub use crate::error::NoShares;
use crate::kernel::{self, Kernel, SEAL};
use crate::scalar::Scalar;

/// How the errors of a layer's outputs become the errors of its inputs.
///
/// | rule | sends back | tutorial | the gradient |
/// |---|---|---|---|
/// | [`ChainRule`] | the deltas, weighted | T7 | yes |
/// | [`RawError`] | the errors, weighted | T4, T6 | no |
/// | [`ErrorShare`] | the errors, in proportion to the weights | T3 | no |
pub trait Rule {
    /// Whether errors are sent back as they are, not multiplied by the derivative of the activation.
    const RAW: bool;

    /// Whether the error of an input depends only on the weights of this input, so that any rows can be sent back
    /// separately.
    const BY_ROW: bool = false;

    /// Sets `below[i]` to the error of input `i`, computed from `error`, the errors of the outputs. `weights` are
    /// input-major, one row of `error.len()` weights per input.
    ///
    /// # Errors
    /// [`NoShares`] if the rule has to divide by a sum that is 0 or not finite.
    fn send_back<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares>;

    /// [`send_back`](Rule::send_back) for some rows of a layer, where the rule is [by row](Rule::BY_ROW).
    ///
    /// # Errors
    /// Those of [`send_back`](Rule::send_back).
    fn send_rows<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares> {
        Self::send_back(weights, error, below)
    }
}

/// The chain rule: `below[i] = sum over o of w[i][o] delta[o]`. This one is the gradient of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChainRule;

impl Rule for ChainRule {
    const RAW: bool = false;
    const BY_ROW: bool = true;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn send_back<T: Scalar>(weights: &[T], delta: &[T], below: &mut [T]) -> Result<(), NoShares> {
        kernel::send_back(weights, delta, below);
        Ok(())
    }

    // Uses the loops that all layers share: the number of rows is not constant anyway.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn send_rows<T: Scalar>(weights: &[T], delta: &[T], below: &mut [T]) -> Result<(), NoShares> {
        Kernel::send_back(SEAL, weights, delta, below);
        Ok(())
    }
}

/// The tutorial's step: `below[i] = sum over o of w[i][o] e[o]`, where the raw error `e` has not been multiplied by the
/// activation's derivative.
///
/// Not the gradient, because a hidden layer receives `W e` instead of `W (e y (1 - y))`. It often learns faster at
/// small learning rates, because errors are not reduced on their way. (Where loss and last activation are linked, the
/// raw error of the last layer is its delta; the layer below it then receives the gradient, those further down do not.)
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RawError;

impl Rule for RawError {
    const RAW: bool = true;
    const BY_ROW: bool = true;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn send_back<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares> {
        kernel::send_back(weights, error, below);
        Ok(())
    }

    // Uses the loops that all layers share: the number of rows is not constant anyway.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn send_rows<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares> {
        Kernel::send_back(SEAL, weights, error, below);
        Ok(())
    }
}

/// The proportional share: `below[i] = sum over o of e[o] w[i][o] / sum over k of w[k][o]`.
///
/// Not the gradient, but the tutorial's first explanation of it: an input that contributed more to an output gets a
/// larger share of its error. An output whose weights sum to zero has no shares, which is an error.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ErrorShare;

impl Rule for ErrorShare {
    const RAW: bool = true;

    // Sums over k in rising order; the shares of rising o are added to 0.
    fn send_back<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares> {
        below.fill(T::ZERO);
        for (output, &e) in error.iter().enumerate() {
            let column = || weights.iter().skip(output).step_by(error.len().max(1));
            let sum = column().fold(T::ZERO, |sum, &w| sum + w);
            if sum == T::ZERO || !sum.is_finite() {
                return Err(NoShares { output });
            }
            for (below, &w) in below.iter_mut().zip(column()) {
                *below += e * w / sum;
            }
        }
        Ok(())
    }
}
