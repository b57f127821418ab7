//! A random order of samples that takes no memory: a bijection instead of a shuffled list of indices.

use crate::init::{GOLDEN, scramble};

/// An order of `0..len` that follows from a seed. It is computed, index by index, in the memory of a few numbers.
///
/// ```
/// use downhill::permutation::Permutation;
///
/// let order = Permutation::new(5, 1);
/// let indices: Vec<usize> = (0..5).filter_map(|position| order.get(position)).collect();
/// assert_eq!(indices, [1, 0, 2, 4, 3]);
/// ```
///
/// A Feistel network: the bits of an index are split in two halves, and each half is changed in turn by a function of
/// the other, which can be undone, whatever the function is. It works on the next power of two; what falls on `len` or
/// beyond goes through it again until it falls below ("cycle walking"), less than twice in the mean. The function is
/// the finaliser of [`Generator`](crate::init::Generator). Not for cryptography.
///
/// Michael Luby and Charles Rackoff, "How to construct pseudorandom permutations from pseudorandom functions", 1988;
/// John Black and Phillip Rogaway, "Ciphers with Arbitrary Finite Domains", 2002.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Permutation {
    len: usize,
    key: u32,
}

/// How often each half is changed. Four are enough for many bits; halves of one or two bits need more before all orders
/// are equally frequent (`tests/permutation.rs`).
const ROUNDS: u32 = 8;

impl Permutation {
    /// The order of `0..len` that belongs to `seed`; any seed will do.
    pub const fn new(len: usize, seed: u32) -> Self {
        // Neighbouring seeds become keys that are far apart.
        Self { len, key: scramble(seed.wrapping_add(GOLDEN)) }
    }

    /// How many indices there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The index at `position`; `None` if this is not below the length.
    pub const fn get(&self, position: usize) -> Option<usize> {
        if position >= self.len {
            return None;
        }
        let bits = usize::BITS - (self.len - 1).leading_zeros();
        // A cycle that has left the range comes back to it, to the position at the latest.
        let mut index = self.network(position, bits);
        while index >= self.len {
            index = self.network(index, bits);
        }
        Some(index)
    }

    const fn network(&self, index: usize, bits: u32) -> usize {
        let low_bits = bits.div_ceil(2);
        let high_mask = (1 << (bits - low_bits)) - 1;
        let low_mask = (1 << low_bits) - 1;
        let (mut high, mut low) = (index >> low_bits, index & low_mask);
        let mut key = self.key;
        let mut round = 0;
        while round < ROUNDS {
            high ^= function(low, key) & high_mask;
            low ^= function(high, key.wrapping_add(GOLDEN)) & low_mask;
            key = key.wrapping_add(GOLDEN).wrapping_add(GOLDEN);
            round += 1;
        }
        (high << low_bits) | low
    }
}

/// A half has at most 32 bits.
#[allow(clippy::cast_possible_truncation)]
const fn function(half: usize, key: u32) -> usize {
    scramble((half as u32).wrapping_add(key)) as usize
}
