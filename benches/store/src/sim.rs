//! NOR flash of a host: words are programmed once per erase, and power can be cut in any operation.

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

use crate::now;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    PowerCut,
    /// A word was to be programmed twice.
    Twice,
    Range,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// What the operation in which power is cut leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing happened.
    Before,
    /// Of a word the first half is programmed; of a page the first half is erased.
    Front,
    /// Of a word the last half is programmed; of a page the last half is erased.
    Back,
    /// Some of the bits are programmed, or erased.
    Bits,
    /// The operation was done, and no one learns of it.
    After,
    /// The word reads as erased, and can't be programmed any more. A page is erased.
    Spent,
}

/// The last one is no part of this, and counted on its own.
pub const LEFT: [Left; 5] = [Left::Before, Left::Front, Left::Back, Left::Bits, Left::After];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub reads: u64,
    pub bytes_read: u64,
    pub words: u64,
    pub erases: u64,
}

#[derive(Clone)]
pub struct Sim<const WORD: usize, const PAGE: usize> {
    bytes: Vec<u8>,
    programmed: Vec<bool>,
    pub counts: Counts,
    /// How many words and pages are still programmed and erased before power is cut, and what that leaves.
    pub cut: Option<(u64, Left)>,
    /// Whether a word may be programmed again.
    pub again: bool,
    off: bool,
    random: u64,
}

impl<const WORD: usize, const PAGE: usize> Sim<WORD, PAGE> {
    pub fn new(pages: usize) -> Self {
        Self {
            bytes: vec![0xFF; pages * PAGE],
            programmed: vec![false; pages * PAGE / WORD],
            counts: Counts::default(),
            cut: None,
            again: false,
            off: false,
            random: 1,
        }
    }

    pub fn size(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("no chip has more")
    }

    /// Power is back.
    pub fn boot(&mut self) {
        self.cut = None;
        self.off = false;
    }

    /// Words and pages programmed and erased so far.
    pub fn operations(&self) -> u64 {
        self.counts.words + self.counts.erases
    }

    fn random(&mut self) -> u8 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 56) as u8
    }

    /// What this operation leaves, where it is the one in which power is cut.
    fn next(&mut self) -> Option<Left> {
        let (after, left) = self.cut.as_mut()?;
        if *after == 0 {
            self.off = true;
            return Some(*left);
        }
        *after -= 1;
        None
    }

    fn alive(&self) -> Result<(), Fault> {
        if self.off { Err(Fault::PowerCut) } else { Ok(()) }
    }
}

impl<const WORD: usize, const PAGE: usize> ErrorType for Sim<WORD, PAGE> {
    type Error = Fault;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for Sim<WORD, PAGE> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        self.alive()?;
        self.counts.reads += 1;
        self.counts.bytes_read += bytes.len() as u64;
        let place = self.bytes.get(offset as usize..).and_then(|rest| rest.get(..bytes.len()));
        bytes.copy_from_slice(place.ok_or(Fault::Range)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for Sim<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let (from, to) = (from as usize, to as usize);
        if !from.is_multiple_of(PAGE) || !to.is_multiple_of(PAGE) || from > to || to > self.bytes.len() {
            return Err(Fault::Range);
        }
        for page in (from..to).step_by(PAGE) {
            self.alive()?;
            let left = self.next();
            let (bytes, words) = (page..page + PAGE, page / WORD..(page + PAGE) / WORD);
            let half = page + PAGE / 2;
            match left {
                None | Some(Left::After | Left::Spent) => {
                    self.bytes[bytes].fill(0xFF);
                    self.programmed[words].fill(false);
                }
                Some(Left::Before) => {}
                Some(Left::Front) => self.bytes[page..half].fill(0xFF),
                Some(Left::Back) => self.bytes[half..page + PAGE].fill(0xFF),
                Some(Left::Bits) => {
                    for byte in bytes {
                        let random = self.random();
                        self.bytes[byte] |= random;
                    }
                }
            }
            if let Some(left @ (Left::Front | Left::Back)) = left {
                let middle = half / WORD;
                let erased = if left == Left::Front { page / WORD..middle } else { middle..(page + PAGE) / WORD };
                self.programmed[erased].fill(false);
            }
            self.alive()?;
            self.counts.erases += 1;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        let offset = offset as usize;
        if !offset.is_multiple_of(WORD) || !bytes.len().is_multiple_of(WORD) || offset + bytes.len() > self.bytes.len()
        {
            return Err(Fault::Range);
        }
        for (at, word) in (offset..).step_by(WORD).zip(bytes.chunks(WORD)) {
            self.alive()?;
            if self.programmed[at / WORD] && !self.again {
                return Err(Fault::Twice);
            }
            let left = self.next();
            for (index, &byte) in word.iter().enumerate() {
                let kept = match left {
                    None | Some(Left::After) => 0,
                    Some(Left::Before | Left::Spent) => 0xFF,
                    Some(Left::Front) => {
                        if index * 2 < WORD {
                            0
                        } else {
                            0xFF
                        }
                    }
                    Some(Left::Back) => {
                        if index * 2 < WORD {
                            0xFF
                        } else {
                            0
                        }
                    }
                    Some(Left::Bits) => self.random(),
                };
                self.bytes[at + index] &= byte | kept;
            }
            self.programmed[at / WORD] = left != Some(Left::Before);
            self.alive()?;
            self.counts.words += 1;
        }
        Ok(())
    }
}

/// A store on that flash as after a boot, with nothing but its buffer.
pub fn booted<'a, M: crate::Images<&'a mut Sim<W, P>>, const W: usize, const P: usize>(
    flash: &'a mut Sim<W, P>,
    chunk: usize,
) -> (M, Vec<u8>) {
    let range = 0..flash.size();
    (M::new(flash, range, chunk).expect("the pages suit"), vec![0; (chunk + 8).max(16)])
}

/// Finds, then saves.
pub fn save<'a, M: crate::Images<&'a mut Sim<W, P>>, const W: usize, const P: usize>(
    flash: &'a mut Sim<W, P>,
    chunk: usize,
    image: &[u8],
) -> Result<(), crate::Error<Fault>> {
    let (mut images, mut buffer) = booted::<M, W, P>(flash, chunk);
    let mut whole = vec![0; image.len()];
    now(async {
        images.load(&mut buffer, &mut whole).await?;
        images.save(&mut buffer, image).await
    })
}

pub fn load<'a, M: crate::Images<&'a mut Sim<W, P>>, const W: usize, const P: usize>(
    flash: &'a mut Sim<W, P>,
    chunk: usize,
    most: usize,
) -> Result<Option<Vec<u8>>, crate::Error<Fault>> {
    let (mut images, mut buffer) = booted::<M, W, P>(flash, chunk);
    let mut image = vec![0; most];
    let length = now(images.load(&mut buffer, &mut image))?;
    Ok(length.map(|length| image[..length].to_vec()))
}
