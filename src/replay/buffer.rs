//! A buffer of samples.

use heapless::Vec;

use super::codec::Codec;
use super::label::Label;
use super::memory::Memory;
use super::policy::Policy;
use crate::scalar::Zero;
use crate::scaler::acceptable;
use crate::shape::Shape;
use crate::storable::{Storable, layout, storable};
use crate::target::Length;

/// Up to `N` samples: inputs kept by the codec `C`, [`Raw`](super::Raw) or [`Codes`](super::Codes), and labels `K`,
/// [`Class`](super::Class) or the target itself. The policy `P` decides which: [`Fifo`](super::Fifo),
/// [`Reservoir`](super::Reservoir) or [`Balanced`](super::Balanced).
///
/// ```
/// use downhill::replay::{Balanced, Buffer, Class, Codes, Memory, Raw, Reservoir};
///
/// // 120 images of 8 by 8 pixels, 2 bits a pixel (16 bytes), of ten classes.
/// let mut images = Buffer::<Codes<[f32; 64], 2, 16>, Class, Balanced<10>, 120>::new();
/// assert!(images.insert(&[0.5; 64], &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
///
/// // 50 samples of a regression.
/// let mut samples = Buffer::<Raw<[f32; 3]>, [f32; 1], Reservoir, 50>::new();
/// assert!(samples.insert(&[0.5, 1.0, 0.2], &[0.7]));
/// assert!(!samples.insert(&[0.5, f32::NAN, 0.2], &[0.7]));
/// assert_eq!(samples.get(0), Some(([0.5, 1.0, 0.2], [0.7])));
/// ```
///
/// Bytes: `N` times those of a row and a label; 4; those of the policy and of the range of codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer<C: Codec, K, P, const N: usize> {
    codec: C,
    policy: P,
    kept: Vec<Entry<C::Row, K>, N, Length>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry<R, K> {
    row: R,
    label: K,
}

storable!("sample": [R: Storable, K: Storable] Entry<R, K> { row: R, label: K });

#[cfg(feature = "defmt")]
impl<C: Codec + defmt::Format, K, P: defmt::Format, const N: usize> defmt::Format for Buffer<C, K, P, N> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Buffer {{ codec: {}, policy: {}, samples: {} }}", self.codec, self.policy, self.kept.len());
    }
}

impl<C: Codec, K, P: Policy, const N: usize> Zero for Buffer<C, K, P, N> {
    const ZERO: Self = Self::new();
}

impl<C: Codec, K, P: Policy, const N: usize> Default for Buffer<C, K, P, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Codec, K, P: Policy, const N: usize> Buffer<C, K, P, N> {
    /// Has no samples.
    pub const fn new() -> Self {
        const { assert!(N > 0, "a buffer has room for at least one sample") };
        Self { codec: C::ZERO, policy: P::ZERO, kept: Vec::new() }
    }

    /// How many samples there are, up to `N`.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Seeds what is random in the policy.
    pub fn seed(&mut self, seed: u32) {
        self.policy.seed(seed);
    }

    /// What inputs are kept by.
    pub const fn codec(&self) -> &C {
        &self.codec
    }

    /// What decides which samples are kept.
    pub const fn policy(&self) -> &P {
        &self.policy
    }

    /// The labels of the samples.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = &K> + Clone {
        self.kept.iter().map(|entry| &entry.label)
    }

    /// Forgets all samples, and the range of the codes.
    pub fn clear(&mut self) {
        self.codec = C::ZERO;
        self.policy = P::ZERO;
        self.kept.clear();
    }
}

impl<C: Codec, Y: Shape, K: Label<Y>, P: Policy, const N: usize> Memory<C::Input, Y> for Buffer<C, K, P, N> {
    fn len(&self) -> usize {
        self.len()
    }

    fn insert(&mut self, x: &C::Input, target: &Y) -> bool {
        const {
            assert!(
                P::CLASSES >= if Y::LENGTH == 1 { 2 } else { Y::LENGTH },
                "`Balanced<C>` needs a class for each output; for a single output, two"
            );
        };
        let Some(label) = K::of(target).filter(|_| acceptable(x.flat())) else { return false };
        let classes = self.kept.iter().map(|entry| entry.label.class());
        let Some(place) = self.policy.place(label.class(), classes, N) else { return true };
        if let Some(before) = self.codec.widen(x) {
            for entry in &mut self.kept {
                entry.row = self.codec.encode(&before.decode(&entry.row));
            }
        }
        let new = Entry { row: self.codec.encode(x), label };
        match self.kept.get_mut(place) {
            Some(entry) => *entry = new,
            // A policy that counts wrong may ask for more than there is room for.
            None => drop(self.kept.push(new)),
        }
        true
    }

    fn get(&self, index: usize) -> Option<(C::Input, Y)> {
        let entry = self.kept.get(index)?;
        Some((self.codec.decode(&entry.row), entry.label.target()?))
    }

    fn seed(&mut self, seed: u32) {
        self.seed(seed);
    }
}

/// All `N` places, those without a sample as zeros.
impl<C: Codec, K: Storable + Zero, P: Policy, const N: usize> Storable for Buffer<C, K, P, N> {
    const SIZE: usize = C::SIZE + P::SIZE + 4 + N * (C::Row::SIZE + K::SIZE);
    const LAYOUT: u64 = layout("buffer", &[C::LAYOUT, P::LAYOUT, N as u64, C::Row::LAYOUT, K::LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.codec.store(write);
        self.policy.store(write);
        u32::try_from(self.kept.len()).unwrap_or(u32::MAX).store(write);
        self.kept.iter().for_each(|entry| entry.store(write));
        let nothing = Entry { row: C::Row::ZERO, label: K::ZERO };
        (self.kept.len()..N).for_each(|_| nothing.store(write));
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.codec.load(read);
        self.policy.load(read);
        let mut length = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        length.load(read);
        self.kept.truncate(fitting(length, N));
        let kept = self.kept.len();
        self.kept.iter_mut().for_each(|entry| entry.load(read));
        for index in kept..N {
            let mut entry = Entry { row: C::Row::ZERO, label: K::ZERO };
            entry.load(read);
            if index < fitting(length, N) {
                drop(self.kept.push(entry));
            }
        }
    }
}

/// A number of samples of which the low bytes may be read already, and the others may be old ones: without high bytes that make
/// it too large.
fn fitting(length: u32, capacity: usize) -> usize {
    [u32::MAX, 0xFF_FFFF, 0xFFFF, 0xFF, 0]
        .into_iter()
        .find_map(|mask| usize::try_from(length & mask).ok().filter(|&length| length <= capacity))
        .unwrap_or(0)
}
