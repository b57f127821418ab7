//! Networks that compute something else have other fingerprints and other digests, also where the same numbers lie in
//! them.

use downhill::{
    Architecture, BiasOnly, Biased, Dense, Dropout, Frozen, Identity, Layer, LeakyRelu, Relu, Scalar, Sigmoid, Softmax,
    Tanh, Unbiased, Zero, digest,
};

const fn fingerprint<N: Layer>() -> u64 {
    N::ARCHITECTURE.fingerprint()
}

/// The parameters alone, as FNV-1a has them: what the digest was before it told architectures apart.
fn of_parameters<N: Layer>(network: &N, start: &[u8]) -> u64 {
    let mut bytes = start.to_vec();
    network.tensors(&mut |tensor| {
        for parameter in tensor.data {
            bytes.extend_from_slice(&parameter.bits().to_le_bytes()[..size_of::<N::Scalar>()]);
        }
    });
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn the_same_numbers_in_another_network() {
    let wide = Dense::<2, 3, Tanh, Unbiased, f32>::new([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], []);
    let deep = Dense::<3, 2, Relu, Unbiased, f32>::new([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], []);
    assert_eq!(of_parameters(&wide, &[]), of_parameters(&deep, &[]));
    assert_ne!(digest(&wide), digest(&deep));
    // Six numbers, one of which is a bias.
    let biased = Dense::<1, 3, Tanh>::new([[0.1, 0.2, 0.3]], [0.4, 0.5, 0.6]);
    assert_eq!(of_parameters(&wide, &[]), of_parameters(&biased, &[]));
    assert_ne!(digest(&wide), digest(&biased));
}

#[test]
fn a_digest_is_that_of_the_fingerprint_and_the_parameters() {
    fn check<N: Layer + Zero>() {
        let start = fingerprint::<N>().to_le_bytes();
        assert_eq!(digest(&N::ZERO), of_parameters(&N::ZERO, &start));
    }
    check::<Dense<2, 3>>();
    check::<(Dense<2, 3, Relu, Biased, f64>, Dense<3, 5, Softmax, Unbiased, f64>)>();
}

#[test]
fn all_that_is_computed_counts() {
    let all = [
        fingerprint::<Dense<4, 4, Identity>>(),
        fingerprint::<Dense<4, 4, Sigmoid>>(),
        fingerprint::<Dense<4, 4, Tanh>>(),
        fingerprint::<Dense<4, 4, Relu>>(),
        fingerprint::<Dense<4, 4, LeakyRelu>>(),
        fingerprint::<Dense<4, 4, Softmax>>(),
        fingerprint::<Dense<4, 5, Sigmoid>>(),
        fingerprint::<Dense<5, 4, Sigmoid>>(),
        fingerprint::<Dense<4, 4, Sigmoid, Unbiased, f32>>(),
        fingerprint::<Dense<4, 4, Sigmoid, Biased, f64>>(),
        fingerprint::<(Dense<4, 4>, Dense<4, 4>)>(),
        fingerprint::<(Dense<4, 4>, Dense<4, 4>, Dense<4, 4>)>(),
        fingerprint::<(Dense<4, 4>, Dense<4, 4, Relu>)>(),
        fingerprint::<(Dense<4, 4, Relu>, Dense<4, 4>)>(),
        fingerprint::<Dropout<4>>(),
    ];
    for (n, a) in all.iter().enumerate() {
        assert!(!all[..n].contains(a), "{n}");
    }
}

#[test]
fn how_it_is_written_does_not_count() {
    type Flat = (Dense<4, 8, Relu>, Dense<8, 6, Tanh>, Dense<6, 2>);
    const FLAT: u64 = fingerprint::<Flat>();
    assert_eq!(fingerprint::<((Dense<4, 8, Relu>, Dense<8, 6, Tanh>), Dense<6, 2>)>(), FLAT);
    assert_eq!(fingerprint::<(Dense<4, 8, Relu>, (Dense<8, 6, Tanh>, (Dense<6, 2>,)))>(), FLAT);
    assert_eq!(fingerprint::<Frozen<&'static Flat>>(), FLAT);
    assert_eq!(
        fingerprint::<(Frozen<&'static Dense<4, 8, Relu>>, BiasOnly<&'static Dense<8, 6, Tanh>>, Dense<6, 2>)>(),
        FLAT
    );
    assert_eq!(fingerprint::<(Dense<4, 8, Relu>, Dropout<8>, Dense<8, 6, Tanh>, Dropout<6>, Dense<6, 2>)>(), FLAT);
    assert_eq!(fingerprint::<Dense<4, 8, Sigmoid<downhill::math::Fast>, Biased, f32>>(), fingerprint::<Dense<4, 8>>());
}

/// Stored networks depend on them, on machines of 32 bits as well: a change is a format break.
#[test]
fn fingerprints_stay() {
    assert_eq!(fingerprint::<(Dense<64, 32>, Dense<32, 10, Softmax>)>(), 0xa83a_f6ef_f597_5ae6);
    assert_eq!(Architecture::layer(&["a layer of one's own"], &[3, 4]).fingerprint(), 0xe5bb_1c12_5356_ff96);
    assert_eq!(f32::NAME, "f32");
}
