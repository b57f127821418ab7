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
    /// Whether errors travel as they are, not multiplied by the derivative of the activation they pass.
    const RAW: bool;

    /// Whether an input's part depends on the weights of this input alone, so that any rows can be sent back by
    /// themselves.
    const BY_ROW: bool = false;

    /// `below[i]` becomes the part of `error` that input `i` answers for. `weights` are input-major, one row of
    /// `error.len()` weights per input.
    ///
    /// # Errors
    /// [`NoShares`] if the rule divides and can't.
    fn send_back<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares>;

    /// [`send_back`](Rule::send_back) for some rows of a layer, where the rule is [by row](Rule::BY_ROW).
    ///
    /// # Errors
    /// As there.
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

    // The loops that all layers share: how many rows there are is not known anyway.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn send_rows<T: Scalar>(weights: &[T], delta: &[T], below: &mut [T]) -> Result<(), NoShares> {
        Kernel::send_back(SEAL, weights, delta, below);
        Ok(())
    }
}

/// The tutorial's step: `below[i] = sum over o of w[i][o] e[o]`, where the raw error `e` has not been multiplied by the
/// activation's derivative.
///
/// Not the gradient, for a hidden layer receives `W e` instead of `W (e y (1 - y))`. It often learns faster at small
/// learning rates, because errors are not damped on their way. (Where loss and last activation are linked, the raw
/// error of the last layer is its delta; the layer below it then receives the gradient, those further down do not.)
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

    // The loops that all layers share: how many rows there are is not known anyway.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn send_rows<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), NoShares> {
        Kernel::send_back(SEAL, weights, error, below);
        Ok(())
    }
}

/// The proportional share: `below[i] = sum over o of e[o] w[i][o] / sum over k of w[k][o]`.
///
/// Not the gradient, but the tutorial's first picture of it: who contributed more to an output answers for more of
/// its error. An output whose weights sum to zero has no shares, which is an error.
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
