//! A fingerprint of a network, to compare a chip with the host.

use crate::layer::Layer;
use crate::scalar::Scalar;

/// A 64-bit hash of all weights and biases, bit by bit: equal on two machines if the networks are.
///
/// FNV-1a over the parameters in the order of [`Layer::visit`], each as its IEEE 754 bytes, lowest first.
pub fn digest<N: Layer>(network: &N) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    network.visit(&mut |parameters| {
        for parameter in parameters {
            for byte in parameter.bits().to_le_bytes().iter().take(size_of::<N::Scalar>()) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        }
    });
    hash
}
