//! The loops over the weights of a dense layer, and the order in which they sum.
//!
//! Weights are input-major: row `i` holds the weights from input `i` to every output, `w[i * outputs + o]`.
//! The order of sums is a contract, because floating-point addition is not associative: whoever keeps it gets the same
//! bits, however the loop is cut into blocks or vectors. A multiplication and the addition after it round separately.
//!
//! 1. [`forward`](Kernel::forward): `z[o]` starts as the bias (0 without one); then `z[o] += x[i] * w[i][o]` for rising `i`.
//! 2. [`send_back`](Kernel::send_back): lane `l` of eight sums `d[o] * w[i][o]` over the `o` with `o mod 8 = l`, rising,
//!    from its first product; then `lane[l] += lane[l + 4]`, `lane[l] += lane[l + 2]`, `lane[0] += lane[1]`, where lanes
//!    without a product are left out.
//! 3. [`descend`](Kernel::descend): `w[i][o] -= x[i] * d[o]`, where the caller has put the learning rate into `d`.

use crate::scalar::Scalar;

const LANES: usize = 8;

/// One instance of every loop per number type, shared by all layers: code that is generic over a layer's size would
/// stand in flash once per layer.
pub trait Kernel: Sized {
    /// Pre-activations of a layer: `z = b + x W`. `z` holds the biases (or zeros) on entry.
    fn forward(weights: &[Self], x: &[Self], z: &mut [Self]);

    /// Deltas sent back through a layer's weights: `back = W d`.
    fn send_back(weights: &[Self], delta: &[Self], back: &mut [Self]);

    /// The update `W -= x d`, an outer product.
    fn descend(weights: &mut [Self], x: &[Self], delta: &[Self]);
}

macro_rules! kernel {
    ($t:ty) => {
        impl Kernel for $t {
            #[inline(never)]
            fn forward(weights: &[Self], x: &[Self], z: &mut [Self]) {
                forward(weights, x, z);
            }

            #[inline(never)]
            fn send_back(weights: &[Self], delta: &[Self], back: &mut [Self]) {
                send_back(weights, delta, back);
            }

            #[inline(never)]
            fn descend(weights: &mut [Self], x: &[Self], delta: &[Self]) {
                descend(weights, x, delta);
            }
        }
    };
}
kernel!(f32);
kernel!(f64);

fn forward<T: Scalar>(weights: &[T], x: &[T], z: &mut [T]) {
    for (row, &x) in rows(weights, z.len()).zip(x) {
        for (z, &w) in z.iter_mut().zip(row) {
            *z += x * w;
        }
    }
}

fn send_back<T: Scalar>(weights: &[T], delta: &[T], back: &mut [T]) {
    for (row, back) in rows(weights, delta.len()).zip(back) {
        // -0 is the number that changes nothing when it is added, the sign of a zero included.
        let mut lanes = [-T::ZERO; LANES];
        for (row, delta) in row.chunks(LANES).zip(delta.chunks(LANES)) {
            for ((lane, &w), &d) in lanes.iter_mut().zip(row).zip(delta) {
                *lane += d * w;
            }
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        *back = ((a + e) + (c + g)) + ((b + f) + (d + h));
    }
}

fn descend<T: Scalar>(weights: &mut [T], x: &[T], delta: &[T]) {
    let outputs = delta.len().max(1);
    for (row, &x) in weights.chunks_exact_mut(outputs).zip(x) {
        for (w, &d) in row.iter_mut().zip(delta) {
            *w -= x * d;
        }
    }
}

/// The rows of a weight matrix. No layer has zero outputs; the `max` shows the compiler that this can't panic.
pub(crate) fn rows<T>(weights: &[T], outputs: usize) -> core::slice::ChunksExact<'_, T> {
    weights.chunks_exact(outputs.max(1))
}

/// Whether all values are finite.
pub(crate) fn finite<T: Scalar>(values: &[T]) -> bool {
    values.iter().all(|v| v.is_finite())
}
