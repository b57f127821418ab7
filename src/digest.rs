//! Fingerprints of networks, to compare a chip with the host.

use crate::architecture::{OFFSET, bytes, step};
use crate::layer::Layer;
use crate::scalar::Scalar;

/// A 64-bit hash of a network's architecture and of all its weights and biases, bit by bit: equal on two machines if the
/// networks are.
///
/// FNV-1a over the [fingerprint](crate::Architecture::fingerprint) of [`Layer::ARCHITECTURE`], then the parameters in the order
/// of [`Layer::visit`], each as its IEEE 754 bytes; all lowest byte first.
pub fn digest<N: Layer>(network: &N) -> u64 {
    let mut hash = bytes(OFFSET, &N::ARCHITECTURE.fingerprint().to_le_bytes());
    network.visit(&mut |parameters| {
        for parameter in parameters {
            for byte in parameter.bits().to_le_bytes().iter().take(size_of::<N::Scalar>()) {
                hash = step(hash, *byte);
            }
        }
    });
    hash
}
