//! What keeps samples.

use crate::scalar::Zero;
use crate::storable::Storable;

/// What keeps samples for a [`Rehearsal`](super::Rehearsal): a [`Buffer`](super::Buffer), or `()`, which keeps none.
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
