//! Fingerprints of networks, to compare a chip with the host.

use crate::architecture::{OFFSET, bytes};
use crate::layer::Infer;
use crate::storable::Storable;

/// A 64-bit hash of a network's architecture and of all its weights and biases, bit by bit: equal on two machines if the
/// networks are.
///
/// FNV-1a over the [fingerprint](crate::Architecture::fingerprint) of [`Infer::ARCHITECTURE`], then the parameters in the order
/// of [`Infer::tensors`], each as its IEEE 754 bytes or, in a network of [integers](crate::integer), its own; all lowest byte first.
pub fn digest<N: Infer>(network: &N) -> u64 {
    network.hash(bytes(OFFSET, &N::ARCHITECTURE.fingerprint().to_le_bytes()))
}

/// The hash with all that is stored.
pub(crate) fn stored(value: &impl Storable, mut hash: u64) -> u64 {
    value.store(&mut |part| hash = bytes(hash, part));
    hash
}
