//! The loops, as functions of a number type.

/// An argument that only this crate can make, so that only this crate can call the loops of a number type.
#[derive(Clone, Copy)]
pub struct Seal(());

/// The only value.
pub(crate) const SEAL: Seal = Seal(());

/// One instance of every loop per number type, shared by all layers on a chip: code that is generic over a layer's size
/// would be in flash once per layer.
pub trait Kernel: Sized {
    /// `a + b`, inlined where that is an instruction.
    fn sum(_: Seal, a: Self, b: Self) -> Self;

    /// `a b`, inlined where that is an instruction.
    fn product(_: Seal, a: Self, b: Self) -> Self;

    /// `a b + sum`, inlined where these are instructions: the product is rounded, then the sum.
    fn add_product(_: Seal, sum: Self, a: Self, b: Self) -> Self;

    /// `x d scale`, inlined where these are instructions.
    fn gradient(_: Seal, x: Self, d: Self, scale: Self) -> Self;

    /// `z = b + x W`, with as many biases as outputs; without biases `z += x W`.
    fn forward(_: Seal, weights: &[Self], biases: &[Self], x: &[Self], z: &mut [Self]);

    /// `back = W d`.
    fn send_back(_: Seal, weights: &[Self], delta: &[Self], back: &mut [Self]);

    /// `W -= x (rate d)`, `b -= rate d`.
    fn descend(_: Seal, weights: &mut [Self], biases: &mut [Self], x: &[Self], delta: &[Self], rate: Self);

    /// [`forward`](Kernel::forward) for several samples. `size` is the number of inputs and of outputs of a sample.
    fn forward_samples(_: Seal, weights: &[Self], biases: &[Self], x: &[Self], z: &mut [Self], size: (usize, usize));

    /// 0 if all values are finite, otherwise NaN or infinity.
    fn finite(_: Seal, values: &[Self]) -> Self;

    /// The [`Magnitude`](super::magnitude::Magnitude) of the values.
    fn magnitude(_: Seal, values: &[Self]) -> Self;

    /// Momentum, or Nesterov's, for the weights of a layer and one sample. `factors`: scale, momentum, rate. `false` if there is
    /// no such loop, and nothing was done.
    #[cfg(vfp)]
    #[inline(always)]
    fn momentum<const NESTEROV: bool>(
        _: Seal,
        _weights: &mut [Self],
        _velocities: &mut [Self],
        _gradient: (&[Self], &[Self]),
        _factors: &[Self; 3],
    ) -> bool {
        false
    }

    /// Adam, or `AdamW`, as above. `factors`: scale; how much of the mean stays, and does not; of the mean square; rate; the
    /// factor of the root; epsilon; decay.
    #[cfg(vfp)]
    #[inline(always)]
    fn adam<const DECAY: bool>(
        _: Seal,
        _weights: &mut [Self],
        _slots: &mut [[Self; 2]],
        _gradient: (&[Self], &[Self]),
        _factors: &[Self; 9],
    ) -> bool {
        false
    }

    /// `RmsProp`, as above. `factors`: scale; how much of the mean square stays, and does not; rate; epsilon.
    #[cfg(vfp)]
    #[inline(always)]
    fn rms_prop(
        _: Seal,
        _weights: &mut [Self],
        _squares: &mut [Self],
        _gradient: (&[Self], &[Self]),
        _factors: &[Self; 5],
    ) -> bool {
        false
    }

    /// Descent from several samples. `size`: inputs, outputs, samples. `factors`: scale, rate. `false` as above.
    #[cfg(vfp)]
    #[inline(always)]
    fn descend_samples(
        _: Seal,
        _weights: &mut [Self],
        _samples: (&[Self], &[Self]),
        _size: (usize, usize, usize),
        _factors: [Self; 2],
    ) -> bool {
        false
    }

    /// The gradients of the weights from input `place.0` to the outputs from `place.1` on. `size` as above. `None` if there is no
    /// such loop.
    #[cfg(vfp)]
    #[inline(always)]
    fn block_of_gradients<const N: usize>(
        _: Seal,
        _samples: (&[Self], &[Self]),
        _size: (usize, usize, usize),
        _place: (usize, usize),
    ) -> Option<[Self; N]> {
        None
    }
}
