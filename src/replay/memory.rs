//! What keeps samples.

use crate::scalar::Zero;
use crate::storable::Storable;

/// What keeps samples for a [`Rehearsal`](super::Rehearsal): a [`Buffer`](super::Buffer), or `()`, which keeps none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep samples with inputs `{X}` and targets `{Y}`",
    label = "keeps other samples than the learner takes",
    note = "the buffer of a learner has its inputs and outputs: `Buffer<Codes<[f32; 6], 8, 6>, Class, Fifo, 100>` for inputs `[f32; 6]`; a \
            `window` of several channels can be a vector"
)]
pub trait Memory<X, Y>: Zero + Storable {
    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Considers a new sample: keeps it or not, as the policy says. Returns false, and changes nothing, if a number is not finite,
    /// or an input is above [`GRADIENT_LIMIT`](crate::Scalar::GRADIENT_LIMIT).
    fn insert(&mut self, x: &X, target: &Y) -> bool;

    /// A sample; `None` if there are not as many.
    fn get(&self, index: usize) -> Option<(X, Y)>;

    /// Seeds what is random in `insert`.
    fn seed(&mut self, seed: u32);
}

impl<X, Y> Memory<X, Y> for () {
    fn len(&self) -> usize {
        0
    }

    fn insert(&mut self, _: &X, _: &Y) -> bool {
        true
    }

    fn get(&self, _: usize) -> Option<(X, Y)> {
        None
    }

    fn seed(&mut self, _: u32) {}
}
