//! First values of weights: distributions, and a small generator whose numbers follow from a seed.

use crate::math::Math;
use crate::scalar::{Scalar, Zero, count};
use crate::storable::{Storable, storable};

/// Draws the first value of a weight.
///
/// `fan_in` and `fan_out` are the numbers of inputs and outputs of the layer; the distributions here treat a `fan_in`
/// of 0 as 1. Biases are not drawn: they start at 0.
pub trait Init {
    /// The next weight.
    fn weight<T: Scalar>(&mut self, fan_in: usize, fan_out: usize) -> T;

    /// A seed for the other random numbers of a network, the masks of [`Dropout`](crate::Dropout). Called once, after
    /// all weights are drawn, and not at all if the network has no masks.
    ///
    /// The distributions here return the next number of their generator; the default makes a seed from one more weight.
    fn seed(&mut self) -> u32 {
        scramble(self.weight::<f32>(1, 1).to_bits())
    }
}

/// A source of uniformly distributed 32-bit numbers: any `FnMut() -> u32`, such as the hardware generator of a chip,
/// or the [`Generator`] here.
pub trait Random {
    /// The next number.
    fn next_u32(&mut self) -> u32;

    /// The next number from [-1, 1), a multiple of 2^-23.
    fn signed_unit(&mut self) -> f32 {
        // 24 bits, which f32 holds exactly.
        #[allow(clippy::cast_precision_loss)]
        let integer = (self.next_u32() >> 8) as f32;
        integer * (1.0 / 8_388_608.0) - 1.0
    }

    /// A number below `length`, all with the same probability to within 2^-32; 0 if the length is 0. Takes one number
    /// of 32 bits, or two if the length is above 2^32.
    #[allow(clippy::cast_possible_truncation)]
    fn below(&mut self, length: usize) -> usize {
        // The upper half of the product of a random number and a length is below the length.
        let mut upper = |length| (u64::from(self.next_u32()) * length) >> 32;
        let length = length as u64;
        if length <= 1 << 32 {
            return upper(length) as usize;
        }
        let (high, low) = (upper(1 << 32), upper(1 << 32));
        ((u128::from(high << 32 | low) * u128::from(length)) >> 64) as usize
    }

    /// Puts the items in random order (Fisher and Yates), for example samples before an epoch.
    fn shuffle<S>(&mut self, items: &mut [S]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            if let Ok([a, b]) = items.get_disjoint_mut([other, last]) {
                core::mem::swap(a, b);
            }
        }
    }
}

impl<F: FnMut() -> u32> Random for F {
    fn next_u32(&mut self) -> u32 {
        self()
    }
}

/// A generator with 32 bits of state: a counter in steps of the golden ratio, scrambled by the finaliser of
/// `MurmurHash3`. Not for cryptography.
///
/// All seeds share one sequence of 2^32 numbers, in which each number occurs once, and which then repeats. A seed is a
/// position in it. So the numbers from two seeds overlap sooner or later: those from the seed `0x9E37_79B9` are those
/// from 0 without the first. Small seeds are far apart: any two from 0 to 1000 by 732,539 numbers or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Generator {
    state: u32,
}

impl Zero for Generator {
    const ZERO: Self = Self::new(0);
}

storable!("generator": [] Generator { state: u32 });

impl Generator {
    /// A generator that starts at `seed`; any seed will do.
    pub const fn new(seed: u32) -> Self {
        Self { state: seed }
    }

    /// [`Random::below`] for a counter, which has 32 bits on every machine.
    #[cfg(feature = "heapless")]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn below_u32(&mut self, length: u32) -> u32 {
        ((u64::from(self.next_u32()) * u64::from(length)) >> 32) as u32
    }

    /// The generator after it has given `numbers` more numbers. After 2^32 numbers it repeats.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn after(self, numbers: usize) -> Self {
        Self { state: self.state.wrapping_add(GOLDEN.wrapping_mul(numbers as u32)) }
    }
}

impl Random for Generator {
    fn next_u32(&mut self) -> u32 {
        self.state = self.state.wrapping_add(GOLDEN);
        scramble(self.state)
    }
}

/// 2^32 divided by the golden ratio: its multiples, modulo 2^32, are far from each other.
pub(crate) const GOLDEN: u32 = 0x9E37_79B9;

/// The finaliser of `MurmurHash3`, a bijection: every bit of the result depends on every bit of `z`.
pub(crate) const fn scramble(mut z: u32) -> u32 {
    z = (z ^ (z >> 16)).wrapping_mul(0x85EB_CA6B);
    z = (z ^ (z >> 13)).wrapping_mul(0xC2B2_AE35);
    z ^ (z >> 16)
}

#[cfg(feature = "rand_core")]
impl rand_core::TryRng for Generator {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(Random::next_u32(self))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        rand_core::utils::next_u64_via_u32(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        rand_core::utils::fill_bytes_via_next_word(dst, || self.try_next_u32())
    }
}

#[cfg(feature = "rand_core")]
impl rand_core::SeedableRng for Generator {
    type Seed = [u8; 4];

    fn from_seed(seed: [u8; 4]) -> Self {
        Self::new(u32::from_le_bytes(seed))
    }
}

/// At least 1, so that nothing is divided by 0.
fn inputs(number: usize) -> usize {
    number.max(1)
}

/// Uniform within +-1/sqrt(fan-in).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Uniform<G>(pub G);

storable!("uniform": [G: Storable] Uniform<G> { 0: G });

impl<G: Random> Init for Uniform<G> {
    fn weight<T: Scalar>(&mut self, fan_in: usize, _: usize) -> T {
        T::from_f32(self.0.signed_unit() / Math::sqrt(count::<f32>(inputs(fan_in))))
    }

    fn seed(&mut self) -> u32 {
        self.0.next_u32()
    }
}

/// The normal distribution with mean 0 and standard deviation 1, cut off at +-1/sqrt(fan-in), from which the tutorial
/// draws its weights.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TruncatedNormal<G>(pub G);

storable!("truncated normal": [G: Storable] TruncatedNormal<G> { 0: G });

impl<G: Random> Init for TruncatedNormal<G> {
    fn weight<T: Scalar>(&mut self, fan_in: usize, fan_out: usize) -> T {
        // Rejection sampling: a uniform draw is kept with the probability e^(-w^2/2), at least 0.6. After 64 rejections
        // in a row the generator must be broken, and the loop would never end.
        for _ in 0..64 {
            let weight: f32 = Uniform(|| self.0.next_u32()).weight(fan_in, fan_out);
            let keep = (self.0.signed_unit() + 1.0) * 0.5;
            if keep < libm::expf(-0.5 * weight * weight) {
                return T::from_f32(weight);
            }
        }
        T::ZERO
    }

    fn seed(&mut self) -> u32 {
        self.0.next_u32()
    }
}

/// Uniform within +-sqrt(6 / (fan-in + fan-out)). Xavier Glorot and Yoshua Bengio, "Understanding the difficulty of
/// training deep feedforward neural networks", 2010; for sigmoid and tanh.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Xavier<G>(pub G);

storable!("xavier": [G: Storable] Xavier<G> { 0: G });

impl<G: Random> Init for Xavier<G> {
    fn weight<T: Scalar>(&mut self, fan_in: usize, fan_out: usize) -> T {
        T::from_f32(self.0.signed_unit() * Math::sqrt(6.0 / count::<f32>(inputs(fan_in.saturating_add(fan_out)))))
    }

    fn seed(&mut self) -> u32 {
        self.0.next_u32()
    }
}

/// Uniform within +-sqrt(6 / fan-in). Kaiming He et al., "Delving deep into rectifiers", 2015; for `ReLU` and its
/// variants.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct He<G>(pub G);

storable!("he": [G: Storable] He<G> { 0: G });

impl<G: Random> Init for He<G> {
    fn weight<T: Scalar>(&mut self, fan_in: usize, _: usize) -> T {
        T::from_f32(self.0.signed_unit() * Math::sqrt(6.0 / count::<f32>(inputs(fan_in))))
    }

    fn seed(&mut self) -> u32 {
        self.0.next_u32()
    }
}
