//! The loops over the weights of a dense layer, and the order in which they sum.
//!
//! Weights are input-major: row `i` holds the weights from input `i` to every output, `w[i * outputs + o]`.
//! Floating-point addition is not associative, so the order of sums is a contract: all loops that keep it give the same
//! bits, however they are cut into blocks or vectors. A product is rounded before it is added.
//!
//! 1. Forward: `z[o]` starts as the bias (0 without one); then `z[o] += x[i] * w[i][o]` for rising `i`. So some rows
//!    may be added in one call, and the next rows in a later call.
//! 2. Sending back, in eight lanes: lane `l` sums `d[o] * w[i][o]` over the `o` with `o mod 8 = l`, rising, and starts
//!    with its first product. Then `lane[l] += lane[l + 4]`, `lane[l] += lane[l + 2]`, `lane[0] += lane[1]`; lanes
//!    without a product are left out.
//! 3. Descent: `s[o] = rate * d[o]`; then `w[i][o] -= x[i] * s[o]` and `b[o] -= s[o]`.
//! 4. The gradient of several samples: `g[i][o]` starts as 0; then `g[i][o] += x[i] * d[o]`, sample after sample. For a
//!    bias, `x[i]` is 1.
//!
//! `plain.rs` is the reference implementation.

// A chip compiles `blocks`, and with the feature of its name `vfp`; the host `samples` and `wide`. Tests on the host compile
// all of these but `vfp`, to compare them.
#[cfg(any(test, target_os = "none"))]
mod blocks;
pub(crate) mod interface;
mod magnitude;
mod plain;
#[cfg(not(target_os = "none"))]
mod samples;
// `build.rs` says for which chips.
#[cfg(any(test, soft_single))]
mod soft;
#[cfg(vfp)]
mod vfp;
#[cfg(not(target_os = "none"))]
mod wide;

#[cfg(target_os = "none")]
use blocks::{self as loops, self as several};
#[cfg(not(target_os = "none"))]
use {samples as several, wide as loops};

#[cfg(not(vfp))]
use several::gradients as sums_of_samples;
#[cfg(vfp)]
use vfp::gradients as sums_of_samples;

// Those of `f32`.
#[cfg(soft_single)]
use soft::{self as single, self as several_single};
#[cfg(not(any(soft_single, vfp)))]
use {loops as single, several as several_single};

#[cfg(target_os = "none")]
pub(crate) use plain::tree as sum_lanes;
#[cfg(not(target_os = "none"))]
pub(crate) use wide::sum_lanes;

pub(crate) use interface::{Kernel, SEAL, Seal};
pub(crate) use magnitude::{Finite, Magnitude, add_now, larger_product, largest, product_and_limit, times};

use crate::scalar::Scalar;
use crate::target::{FEW_REGISTERS, FOR_SIZE, SHARED};

macro_rules! kernel {
    ($t:ty, $loops:ident, $several:ident) => {
        impl Kernel for $t {
            #[cfg_attr(not(unoptimized), inline(always))]
            fn sum(_: Seal, a: Self, b: Self) -> Self {
                $loops::sum(a, b)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn product(_: Seal, a: Self, b: Self) -> Self {
                $loops::product(a, b)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn add_product(_: Seal, sum: Self, a: Self, b: Self) -> Self {
                $loops::add_product(sum, a, b)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn gradient(_: Seal, x: Self, d: Self, scale: Self) -> Self {
                $loops::gradient(x, d, scale)
            }

            #[inline(never)]
            fn forward(_: Seal, weights: &[Self], biases: &[Self], x: &[Self], z: &mut [Self]) {
                $loops::forward(weights, biases, x, z);
            }

            #[inline(never)]
            fn send_back(_: Seal, weights: &[Self], delta: &[Self], back: &mut [Self]) {
                $loops::send_back(weights, delta, back);
            }

            #[inline(never)]
            fn descend(_: Seal, weights: &mut [Self], biases: &mut [Self], x: &[Self], delta: &[Self], rate: Self) {
                $loops::descend(weights, biases, x, delta, rate);
            }

            #[inline(never)]
            fn forward_samples(
                _: Seal,
                weights: &[Self],
                biases: &[Self],
                x: &[Self],
                z: &mut [Self],
                size: (usize, usize),
            ) {
                $several::forward_samples(weights, biases, x, z, size);
            }

            #[inline(never)]
            fn finite(_: Seal, values: &[Self]) -> Self {
                plain::finite(values)
            }

            #[inline(never)]
            fn magnitude(_: Seal, values: &[Self]) -> Self {
                loops::magnitude(values)
            }
        }
    };
}
#[cfg(not(vfp))]
kernel!(f32, single, several_single);
kernel!(f64, loops, several);

/// Whether a layer has so few weights that inlined loops are faster than a call of the shared ones, and hardly longer.
const fn tiny(weights: usize) -> bool {
    weights <= 16
}

/// Calls `loops`; on the host from a separate function for each layer. As arguments of a function, `a` and `b` are
/// known not to overlap `c`, so the compiler can keep them in registers.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn apart<A: ?Sized, B: ?Sized, C: ?Sized, R>(
    weights: usize,
    a: &A,
    b: &B,
    c: &mut C,
    loops: impl FnOnce(&A, &B, &mut C) -> R,
) -> R {
    #[inline(never)]
    fn own<A: ?Sized, B: ?Sized, C: ?Sized, R>(a: &A, b: &B, c: &mut C, loops: impl FnOnce(&A, &B, &mut C) -> R) -> R {
        loops(a, b, c)
    }
    if SHARED || tiny(weights) { loops(a, b, c) } else { own(a, b, c, loops) }
}

/// Weighted sums: `z = b + x W`, with as many biases as outputs; `z += x W` without biases. `weights` has one row per
/// input, with one weight per output. If lengths do not match, the excess is ignored.
// Inlined, as the functions below: so the compiler knows the lengths where the size of the layer is constant.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn forward<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T]) {
    if !SHARED {
        loops::forward(weights, biases, x, z);
    } else if tiny(weights.len()) {
        plain::forward(weights, biases, x, z);
    } else {
        T::forward(SEAL, weights, biases, x, z);
    }
}

/// The sums of [`forward`] for a tiny layer with three outputs and biases, on the host only; otherwise `None`. A fourth
/// sum fills the vector register and is not used.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn forward_four<T: Scalar>(weights: &[T], biases: &[T], x: &[T]) -> Option<[T; 4]> {
    let three = biases.first_chunk().filter(|_| !SHARED && biases.len() == 3 && tiny(weights.len()))?;
    Some(plain::forward_four(weights, three, x))
}

/// Errors of the inputs, from the deltas of the outputs: `back = W d`.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn send_back<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
    // Built for size and with few registers, the compiler would not unroll the lanes, and they would be on the stack.
    // Not those of `f32`: a program with tiny layers alone does without their arithmetic, which is 1 KB.
    #[inline(never)]
    fn in_turn<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
        loops::send_back(weights, delta, back);
    }
    if tiny(weights.len()) {
        if FEW_REGISTERS && FOR_SIZE {
            in_turn(weights, delta, back);
        } else {
            plain::send_back(weights, delta, back);
        }
    } else if SHARED {
        T::send_back(SEAL, weights, delta, back);
    } else {
        loops::send_back(weights, delta, back);
    }
}

/// [`Kernel::descend`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn descend<T: Scalar>(weights: &mut [T], biases: &mut [T], x: &[T], delta: &[T], rate: T) {
    if !SHARED {
        loops::descend(weights, biases, x, delta, rate);
    } else if tiny(weights.len()) {
        plain::descend(weights, biases, x, delta, rate);
    } else {
        T::descend(SEAL, weights, biases, x, delta, rate);
    }
}

/// [`Kernel::forward_samples`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn forward_samples<T: Scalar>(weights: &[T], biases: &[T], x: &[T], z: &mut [T], size: (usize, usize)) {
    if SHARED {
        T::forward_samples(SEAL, weights, biases, x, z, size);
    } else {
        several::forward_samples(weights, biases, x, z, size);
    }
}

/// Calls `learn` with each weight, its slot and its gradient, which is the sum over all samples. `size` is the number
/// of inputs and of outputs of a sample.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn gradients<T: Scalar, S>(
    parameters: (&mut [T], &mut [S]),
    samples: (&[T], &[T]),
    size: (usize, usize),
    learn: impl Fn(&mut T, &mut S, T),
) {
    sums_of_samples(parameters, samples, size, learn);
}

/// How many gradients of a row are summed in one pass: this many sums stay in registers.
pub(crate) const TOGETHER: usize = 8;

/// The gradients of a row of `outputs` outputs, [`TOGETHER`] at a time. `x` gives the value of the row's input in each
/// pair. Places past the last output are 0.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn row_gradients<T: Scalar>(
    x: impl Iterator<Item = T> + Clone,
    (deltas, outputs): (&[T], usize),
) -> impl Iterator<Item = [T; TOGETHER]> {
    (0..outputs).step_by(TOGETHER).map(move |first| plain::sums(x.clone(), (deltas, outputs), first))
}

/// [`gradients`] of biases.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn bias_gradients<T: Scalar, S>(
    parameters: (&mut [T], &mut [S]),
    deltas: &[T],
    learn: impl Fn(&mut T, &mut S, T),
) {
    let outputs = parameters.0.len();
    plain::learn_row(parameters, &core::iter::repeat(T::ONE), (deltas, outputs), learn);
}

/// [`Kernel::finite`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn finite<T: Scalar>(values: &[T]) -> T {
    if in_place(values.len()) { plain::finite(values) } else { T::finite(SEAL, values) }
}

/// [`Kernel::magnitude`].
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn magnitude<T: Scalar>(values: &[T]) -> T {
    if in_place(values.len()) { plain::magnitude(values) } else { T::magnitude(SEAL, values) }
}

/// Whether a loop over `outputs` outputs is inlined, where their number is constant: on a chip up to 4, on the host
/// always.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) const fn in_place(outputs: usize) -> bool {
    outputs <= 4 || !SHARED
}

/// Whether one comparison at the end checks that outputs, loss and deltas are finite: on a chip with few outputs. With
/// many, or where the crate is built for size, a comparison for each keeps fewer numbers on the stack; on the host, it
/// keeps the loops separate.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) const fn checked_together(outputs: usize) -> bool {
    SHARED && in_place(outputs) && !FOR_SIZE
}

#[cfg(test)]
mod tests;
