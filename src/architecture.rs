//! Fingerprints of architectures: they distinguish networks even if all parameters are equal.

/// What a network computes from its parameters: the kinds, sizes and activations of its layers, their number type, and
/// their order.
///
/// Networks that compute the same have the same architecture: a frozen layer and one that learns, nested tuples and a
/// flat one, a network with [`Dropout`](crate::Dropout), which a prediction skips, and one without. The backend of the
/// exponential ([`math`](crate::math)) is left out: the results differ in the last bits only.
///
/// ```
/// use downhill::{BiasOnly, Dense, Dropout, Frozen, Infer, Relu};
///
/// type Net = (Dense<4, 8, Relu>, Dense<8, 2>);
/// type Device = (Frozen<&'static Dense<4, 8, Relu>>, (Dropout<8>, BiasOnly<&'static Dense<8, 2>>));
/// const _: () = assert!(Net::ARCHITECTURE.fingerprint() == Device::ARCHITECTURE.fingerprint());
/// assert_ne!(<(Dense<4, 8>, Dense<8, 2>)>::ARCHITECTURE, Net::ARCHITECTURE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Architecture {
    /// The layers' hashes as the digits of a number in base [`BASE`], modulo 2^64.
    hash: u64,
    /// [`BASE`] to the power of the number of layers. So joining is associative, and nesting does not change the hash.
    factor: u64,
}

/// Odd, so that no power of it is 0 modulo 2^64; the digits of the golden ratio.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

impl Architecture {
    /// Of a part that passes its inputs on unchanged.
    pub const NONE: Self = Self { hash: 0, factor: 1 };

    /// A layer. `names` are its kind and what else has a name (activation, number type), `sizes` all its sizes.
    #[must_use]
    pub const fn layer(names: &[&str], sizes: &[usize]) -> Self {
        let mut hash = OFFSET;
        let mut names = names;
        while let [name, rest @ ..] = names {
            // 0xFF occurs in no UTF-8 text, so it ends the name.
            hash = step(bytes(hash, name.as_bytes()), 0xFF);
            names = rest;
        }
        let mut sizes = sizes;
        while let [size, rest @ ..] = sizes {
            hash = bytes(hash, &(*size as u64).to_le_bytes());
            sizes = rest;
        }
        Self { hash, factor: BASE }
    }

    /// The architecture of this part followed by `next`.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        Self {
            hash: self.hash.wrapping_mul(next.factor).wrapping_add(next.hash),
            factor: self.factor.wrapping_mul(next.factor),
        }
    }

    /// Of a layer that does not learn, or of which only a part does, for [`Layer::LEARNT`](crate::Layer::LEARNT); `kind` says
    /// which.
    #[must_use]
    pub const fn fixed(self, kind: &str) -> Self {
        Self { hash: step(bytes(bytes(OFFSET, kind.as_bytes()), &self.hash.to_le_bytes()), 0xFF), factor: BASE }
    }

    /// A hash of it, the same on every machine.
    #[must_use]
    pub const fn fingerprint(self) -> u64 {
        self.hash
    }
}

/// The first value of FNV-1a with 64 bits.
pub(crate) const OFFSET: u64 = 0xCBF2_9CE4_8422_2325;

/// The hash with one more byte, by FNV-1a.
pub(crate) const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01B3)
}

pub(crate) const fn bytes(mut hash: u64, mut bytes: &[u8]) -> u64 {
    while let [byte, rest @ ..] = bytes {
        hash = step(hash, *byte);
        bytes = rest;
    }
    hash
}
