//! The loops, as functions of a number type.

/// An argument that only this crate can make, so that only this crate can call the loops of a number type.
#[derive(Clone, Copy)]
pub struct Seal(());

/// The only value.
pub(crate) const SEAL: Seal = Seal(());

/// One instance of every loop per number type, shared by all layers on a chip: code that is generic over a layer's size
/// would be in flash once per layer.
pub trait Kernel: Sized {
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
}
