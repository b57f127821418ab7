//! Fingerprints of networks, to compare a chip with the host.

use crate::architecture::{OFFSET, bytes, step};
use crate::layer::Infer;
use crate::scalar::Scalar;

/// A 64-bit hash of a network's architecture and of all its weights and biases, bit by bit: equal on two machines if the
/// networks are.
///
/// FNV-1a over the [fingerprint](crate::Architecture::fingerprint) of [`Infer::ARCHITECTURE`], then the parameters in the order
/// of [`Infer::tensors`], each as its IEEE 754 bytes; all lowest byte first.
pub fn digest<N: Infer>(network: &N) -> u64 {
    let mut hash = bytes(OFFSET, &N::ARCHITECTURE.fingerprint().to_le_bytes());
    network.tensors(&mut |tensor| {
        for parameter in tensor.data {
            for byte in parameter.bits().to_le_bytes().iter().take(size_of::<N::Scalar>()) {
                hash = step(hash, *byte);
            }
        }
    });
    hash
}
