//! What is saved: bytes that depend on a number, so that no other bytes are taken for them.

use downhill::Checkpoint;
use downhill::checkpoint::{Kind, Section, Sections};

/// `N` bytes, made of the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<const N: usize>(pub Vec<u8>);

impl<const N: usize> Numbered<N> {
    pub fn new(number: u32) -> Self {
        let mut state = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5555;
        let mut bytes = number.to_le_bytes().to_vec();
        while bytes.len() < N {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.extend((state >> 32).to_le_bytes().iter().take((N - bytes.len()).min(4)));
        }
        Self(bytes)
    }

    pub fn nothing() -> Self {
        Self(vec![0; N])
    }

    /// The number, if these are its bytes.
    pub fn number(&self) -> Option<u32> {
        let number = u32::from_le_bytes(self.0[..4].try_into().unwrap());
        (self.0 == Self::new(number).0).then_some(number)
    }
}

impl<const N: usize> Checkpoint for Numbered<N> {
    const SECTIONS: Sections = [None, None, Some(Section::added::<[u8; N]>())];

    fn store_section(&self, _: Kind, write: &mut dyn FnMut(&[u8])) {
        self.0.chunks(100).for_each(write);
    }

    fn load_section(&mut self, _: Kind, read: &mut dyn FnMut(&mut [u8])) {
        self.0.chunks_mut(100).for_each(read);
    }
}
