//! A random order of samples that takes no memory: a bijection instead of a shuffled list of indices.

use crate::init::{GOLDEN, scramble};

/// An order of `0..len` that follows from a seed. It is computed index by index, and stored in a few numbers.
///
/// ```
/// use downhill::permutation::Permutation;
///
/// let order = Permutation::new(5, 1);
/// let indices: Vec<usize> = (0..5).filter_map(|position| order.get(position)).collect();
/// assert_eq!(indices, [4, 3, 1, 0, 2]);
/// ```
///
/// A seed has 32 bits, so there are at most 2^32 orders of a length. Over the seeds, within statistical error, every
/// order of up to eight indices is equally frequent, every index is at every position equally often, as are any two or
/// three indices at any positions, and half of the orders are odd permutations: `tests/permutation.rs`. Not for
/// cryptography.
///
/// Up to 16 indices are stored in one number, four bits each, and shuffled when the order is made (Fisher and Yates).
///
/// More indices are permuted by a Feistel network: the bits of an index are split into two halves, and each half is
/// changed in turn by a function of the other half. This can be undone, whatever the function is. The network permutes
/// the numbers below the next power of two; a result of `len` or more goes through it again until it is below `len`
/// ("cycle walking"), less than twice in the mean. The function is the finaliser of
/// [`Generator`](crate::init::Generator). Such a network is an even permutation of a power of two; for half of the
/// seeds, two indices are exchanged before it.
///
/// Michael Luby and Charles Rackoff, "How to construct pseudorandom permutations from pseudorandom functions", 1988;
/// John Black and Phillip Rogaway, "Ciphers with Arbitrary Finite Domains", 2002.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Permutation {
    len: usize,
    /// For up to [`PACKED`] indices, the order: four bits each, the first in the lowest. Otherwise the key of the
    /// network.
    key: u64,
}

/// How many indices a `u64` holds.
const PACKED: usize = 16;

/// How often each half is changed. Four times are enough, even for halves of three bits: any three indices are then at
/// all positions equally often (`tests/permutation.rs`); after three times they are not. Six leave a margin.
const ROUNDS: u32 = 6;

impl Permutation {
    /// The order of `0..len` that belongs to `seed`; any seed will do.
    pub const fn new(len: usize, seed: u32) -> Self {
        // Neighbouring seeds become keys that are far apart.
        let key = scramble(seed.wrapping_add(GOLDEN));
        let key = if len <= PACKED { packed(len, key) } else { (scramble(!key) as u64) << 32 | key as u64 };
        Self { len, key }
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
        if self.len <= PACKED {
            return Some((self.key >> (4 * position) & 15) as usize);
        }
        let bits = usize::BITS - (self.len - 1).leading_zeros();
        // Makes the even permutation odd.
        let exchanged = position < 2 && self.key >> 63 == 1;
        // This ends: a cycle that leaves the range comes back to it, at the latest to its own start.
        let mut index = self.network(if exchanged { 1 - position } else { position }, bits);
        while index >= self.len {
            index = self.network(index, bits);
        }
        Some(index)
    }

    #[allow(clippy::cast_possible_truncation)]
    const fn network(&self, index: usize, bits: u32) -> usize {
        let low_bits = bits.div_ceil(2);
        let high_mask = (1 << (bits - low_bits)) - 1;
        let low_mask = (1 << low_bits) - 1;
        let (mut high, mut low) = (index >> low_bits, index & low_mask);
        // Odd, so that the keys of all rounds differ.
        let step = (self.key >> 32) as u32 | 1;
        let mut key = self.key as u32;
        let mut round = 0;
        while round < ROUNDS {
            high ^= function(low, key) & high_mask;
            key = key.wrapping_add(step);
            low ^= function(high, key) & low_mask;
            key = key.wrapping_add(step);
            round += 1;
        }
        (high << low_bits) | low
    }
}

/// Fisher's and Yates's shuffle of up to 16 indices.
const fn packed(len: usize, mut key: u32) -> u64 {
    let mut order = 0xFEDC_BA98_7654_3210_u64;
    let mut last = len;
    while last > 1 {
        key = key.wrapping_add(GOLDEN);
        // Below `last`.
        let other = (scramble(key) as u64 * last as u64) >> 32;
        last -= 1;
        let difference = (order >> (4 * last) ^ order >> (4 * other)) & 15;
        order ^= difference << (4 * last) ^ difference << (4 * other);
    }
    order
}

/// A half has at most 32 bits.
#[allow(clippy::cast_possible_truncation)]
const fn function(half: usize, key: u32) -> usize {
    scramble((half as u32).wrapping_add(key)) as usize
}
