//! The best network so far.

use crate::layer::{Infer, copy};
use crate::learnt::Learnt;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, layout};

/// Whether a loss is finite and below the best, if there is one.
pub(super) fn below<T: Scalar>(loss: T, best: Option<T>) -> bool {
    loss.is_finite() && best.is_none_or(|best| loss < best)
}

/// Room for a copy of a network `N`, the best of a [`Fit`](super::Fit), and its loss. As large as the network, and all
/// of the memory that keeping it takes; in firmware it usually is a `static`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        bound(
            serialize = "N: serde::Serialize, N::Scalar: serde::Serialize",
            deserialize = "N: serde::Deserialize<'de>, N::Scalar: serde::Deserialize<'de>"
        ),
        deny_unknown_fields
    )
)]
pub struct Best<N: Infer> {
    network: N,
    loss: Option<N::Scalar>,
}

impl<N: Infer> Best<N> {
    /// Room for a network that has no [`Zero`], such as one with layers in flash. What of `network` learns may be any; it is never
    /// taken for the best. What is [`Frozen`](crate::Frozen) is that of the networks that are kept.
    pub const fn with_network(network: N) -> Self {
        Self { network, loss: None }
    }

    /// The best network and its loss, if there is one.
    pub fn get(&self) -> Option<(&N, N::Scalar)> {
        Some((&self.network, self.loss?))
    }

    /// Forgets the network. A fit does so at its beginning.
    pub fn clear(&mut self) {
        self.loss = None;
    }
}

impl<N: Infer> Best<N> {
    /// [`keep`](Best::keep) with the network of a learner.
    pub(super) fn keep_by(&mut self, loss: N::Scalar, copy: impl FnOnce(&mut N)) -> bool {
        let better = below(loss, self.loss);
        if better {
            copy(&mut self.network);
            self.loss = Some(loss);
        }
        better
    }
}

impl<N: Infer + Copy> Best<N> {
    /// Keeps a copy of the network, if its loss is finite and below that of the best. Returns whether it was.
    pub fn keep(&mut self, network: &N, loss: N::Scalar) -> bool {
        self.keep_by(loss, |kept| copy(network, kept))
    }

    /// Makes `network` the best one, and returns true; leaves it as it is if there is none. Hyperparameters of layers, such as
    /// the rate of a [`Dropout`](crate::Dropout), are part of the network and come back with it.
    ///
    /// What an optimiser keeps belongs to other weights then: [`Trainer::clear`](crate::Trainer::clear).
    pub fn restore(&self, network: &mut N) -> bool {
        let kept = self.loss.is_some();
        if kept {
            copy(&self.network, network);
        }
        kept
    }
}

impl<N: Infer + Zero> Best<N> {
    /// Room for a network, with all bits zero.
    pub const fn new() -> Self {
        Self::with_network(N::ZERO)
    }
}

impl<N: Infer + Zero> Default for Best<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The parameters of the network that learn, the settings of its layers, and the loss. What is [`Frozen`](crate::Frozen) comes
/// from the network that was there before: read into [`Best::with_network`].
impl<N: Learnt> Storable for Best<N> {
    const SIZE: usize = N::BYTES + Option::<N::Scalar>::SIZE;
    const LAYOUT: u64 = {
        let [parameters, settings] = N::LAYOUTS;
        layout("best", &[parameters, settings, Option::<N::Scalar>::LAYOUT])
    };

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.network.store_learnt(write);
        self.loss.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.network.load_learnt(read);
        self.loss.load(read);
    }
}
