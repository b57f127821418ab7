//! A simulated flash: bits only clear, each word is programmed once per erase, and the power fails in the midst of an operation.

use std::rc::Rc;

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power is gone.
    Cut,
    /// A word that was programmed or erased in part can't be read.
    Ecc,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }
}

/// What a cut leaves of the operation that it hits. Of the bits that were to change, some have, some have not, and some are
/// unstable: they are read in either way each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// Nothing has changed but that some bits are unstable; with none, it is as if the operation had not begun.
    Begun,
    /// All is done, but some bits are unstable.
    Ended,
    /// Each bit as it comes.
    Mixed,
    /// Every bit that was to change is unstable.
    Unstable,
}

pub const TORN: [Torn; 4] = [Torn::Begun, Torn::Ended, Torn::Mixed, Torn::Unstable];

/// A page as far as it was written; what follows is erased.
#[derive(Clone, Debug, Default)]
struct Page {
    data: Vec<u8>,
    unstable: Vec<u8>,
    /// Since the last complete erase.
    programmed: Vec<bool>,
    erased_in_part: bool,
    erases: u32,
}

/// How unstable bits are read at present: warm and cold flash read all of them alike.
#[derive(Clone, Copy, Debug)]
enum Reads {
    Zeros,
    Ones,
    Random,
}

/// `W` is the word, `E` the page, or the largest sector if `borders` has others.
#[derive(Clone, Debug)]
pub struct Flash<const W: usize, const E: usize> {
    pages: Vec<Rc<Page>>,
    borders: Rc<Vec<usize>>,
    /// The bytes that are programmed at once, at most; `W` but for serial flash.
    program: usize,
    /// Whether words with unstable bits may fail when they are read.
    ecc: bool,
    random: Random,
    reads: Reads,
    /// The operations until the power fails, and what it leaves of the one that it hits.
    cut: Option<(u32, Torn)>,
    off: bool,
    /// The operations so far: words programmed, pages erased.
    pub operations: u32,
}

impl<const W: usize, const E: usize> Flash<W, E> {
    pub fn new(pages: usize) -> Self {
        Self::with_borders((0..=pages).map(|page| page * E).collect())
    }

    pub fn with_borders(borders: Vec<usize>) -> Self {
        Self {
            pages: vec![Rc::default(); borders.len() - 1],
            borders: Rc::new(borders),
            program: W,
            ecc: false,
            random: Random(0x9E37_79B9_7F4A_7C15),
            reads: Reads::Random,
            cut: None,
            off: false,
            operations: 0,
        }
    }

    pub fn programs_at_once(self, program: usize) -> Self {
        Self { program, ..self }
    }

    pub fn with_ecc(self) -> Self {
        Self { ecc: true, ..self }
    }

    /// The power is to fail in the operation after so many.
    pub fn cut_after(&mut self, operations: u32, torn: Torn) {
        self.cut = Some((operations, torn));
    }

    /// The power comes back; a state of its own for what is unstable.
    pub fn boot(&mut self, seed: u64) {
        self.random = Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        self.random.next();
        self.reads = [Reads::Zeros, Reads::Ones, Reads::Random, Reads::Random][self.random.below(4)];
        (self.off, self.cut) = (false, None);
    }

    /// Whether a page has bits that are read in either way. The fuzz target of the store asks.
    #[allow(dead_code)]
    pub fn unstable(&self, page: usize) -> bool {
        self.pages[page].unstable.iter().any(|byte| *byte != 0)
    }

    pub fn borders(&self) -> &[usize] {
        &self.borders
    }

    pub fn is_off(&self) -> bool {
        self.off
    }

    pub fn erases(&self) -> Vec<u32> {
        self.pages.iter().map(|page| page.erases).collect()
    }

    /// Page and offset within.
    fn place(&self, address: usize) -> (usize, usize) {
        let page = self.borders.partition_point(|border| *border <= address) - 1;
        (page, address - self.borders[page])
    }

    pub fn flip(&mut self, address: usize, bit: u32) {
        let (page, offset) = self.place(address);
        let page = Rc::make_mut(&mut self.pages[page]);
        if page.data.len() <= offset {
            page.data.resize(offset + 1, 0xFF);
        }
        page.data[offset] ^= 1 << bit;
    }

    /// Any content, of which nothing is known.
    pub fn fill(&mut self, bytes: &[u8]) {
        for (page, size) in self.pages.iter_mut().zip(self.borders.windows(2).map(|pair| pair[1] - pair[0])) {
            let data = bytes.iter().copied().cycle().take(if bytes.is_empty() { 0 } else { size }).collect();
            *page = Rc::new(Page { data, erased_in_part: true, ..Page::default() });
        }
    }

    /// Counts an operation. Whether the power fails in it, and with what.
    fn operation(&mut self) -> Option<Torn> {
        self.operations += 1;
        match &mut self.cut {
            Some((0, torn)) => {
                self.off = true;
                Some(*torn)
            }
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let sizes = self.borders.windows(2).map(|pair| pair[1] - pair[0]);
        let page = |(page, size): (&Rc<Page>, usize)| {
            let mut data = page.data.clone();
            data.resize(size, 0xFF);
            data
        };
        self.pages.iter().zip(sizes).flat_map(page).collect()
    }
}

/// A torn change of a byte: what is there now, and what of it is unstable.
fn tear(old: u8, new: u8, torn: Torn, random: &mut Random) -> (u8, u8) {
    let some = |random: &mut Random| (random.next() & random.next() & random.next() & random.next()) as u8;
    let changing = old ^ new;
    match torn {
        Torn::Begun => (old, some(random) & changing),
        Torn::Ended => (new, some(random) & changing),
        Torn::Mixed => (old ^ (changing & random.next() as u8), changing & random.next() as u8),
        Torn::Unstable => (old, changing),
    }
}

impl<const W: usize, const E: usize> ErrorType for Flash<W, E> {
    type Error = Fault;
}

impl<const W: usize, const E: usize> ReadNorFlash for Flash<W, E> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::Cut);
        }
        let (mut address, mut rest) = (offset as usize, bytes);
        assert!(address + rest.len() <= self.capacity(), "reads behind the end");
        while !rest.is_empty() {
            let (at, start) = self.place(address);
            let length = rest.len().min(self.borders[at + 1] - address);
            let (now, later) = rest.split_at_mut(length);
            let page = &self.pages[at];
            let there = page.data.len().saturating_sub(start).min(length);
            now[..there].copy_from_slice(&page.data[start.min(page.data.len())..][..there]);
            now[there..].fill(0xFF);
            if page.unstable.len() > start {
                for (byte, unstable) in
                    now.iter_mut().zip(&page.unstable[start..]).filter(|(_, unstable)| **unstable != 0)
                {
                    if self.ecc && self.random.below(2) == 0 {
                        return Err(Fault::Ecc);
                    }
                    let read = match self.reads {
                        Reads::Zeros => 0,
                        Reads::Ones => 0xFF,
                        Reads::Random => self.random.next() as u8,
                    };
                    *byte = (*byte & !unstable) | (read & unstable);
                }
            }
            (address, rest) = (address + length, later);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.borders[self.borders.len() - 1]
    }
}

impl<const W: usize, const E: usize> NorFlash for Flash<W, E> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = E;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let (from, to) = (from as usize, to as usize);
        assert!(self.borders.contains(&from) && self.borders.contains(&to) && from < to, "erases {from}..{to}");
        let (mut at, _) = self.place(from);
        while self.borders[at] < to {
            if self.off {
                return Err(Fault::Cut);
            }
            let torn = self.operation();
            let page = Rc::make_mut(&mut self.pages[at]);
            page.erases += 1;
            if let Some(torn) = torn {
                page.unstable.resize(page.data.len(), 0);
                for (byte, unstable) in page.data.iter_mut().zip(&mut page.unstable) {
                    let (now, new) = tear(*byte, 0xFF, torn, &mut self.random);
                    (*byte, *unstable) = (now, new | (*unstable & !now));
                }
                page.erased_in_part = true;
                return Err(Fault::Cut);
            }
            *page = Page { erases: page.erases, ..Page::default() };
            at += 1;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        let start = offset as usize;
        assert!(start.is_multiple_of(W) && bytes.len().is_multiple_of(W), "writes {} bytes at {start}", bytes.len());
        assert!(start + bytes.len() <= self.capacity(), "writes behind the end");
        let mut address = start;
        while address < start + bytes.len() {
            if self.off {
                return Err(Fault::Cut);
            }
            let end = (address / self.program * self.program + self.program).min(start + bytes.len());
            let torn = self.operation();
            let (at, within) = self.place(address);
            let page = Rc::make_mut(&mut self.pages[at]);
            assert!(!page.erased_in_part, "programs a page that was erased in part");
            let length = within + end - address;
            if page.data.len() < length {
                page.data.resize(length, 0xFF);
                page.programmed.resize(length.div_ceil(W), false);
            }
            for word in within / W..length / W {
                assert!(!page.programmed[word], "programs a word twice, page {at} offset {}", word * W);
                page.programmed[word] = true;
            }
            if torn.is_some() {
                page.unstable.resize(page.data.len(), 0);
            }
            for (byte, at) in bytes[address - start..end - start].iter().zip(within..) {
                let old = page.data[at];
                match torn {
                    None => page.data[at] = old & byte,
                    Some(torn) => (page.data[at], page.unstable[at]) = tear(old, old & byte, torn, &mut self.random),
                }
            }
            if torn.is_some() {
                return Err(Fault::Cut);
            }
            address = end;
        }
        Ok(())
    }
}

/// The same flash, whose operations are awaited.
#[derive(Clone, Debug)]
pub struct Awaited<const W: usize, const E: usize>(pub Flash<W, E>);

impl<const W: usize, const E: usize> ErrorType for Awaited<W, E> {
    type Error = Fault;
}

impl<const W: usize, const E: usize> embedded_storage_async::nor_flash::ReadNorFlash for Awaited<W, E> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        embassy_futures::yield_now().await;
        self.0.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<const W: usize, const E: usize> embedded_storage_async::nor_flash::NorFlash for Awaited<W, E> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = E;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        embassy_futures::yield_now().await;
        self.0.erase(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        embassy_futures::yield_now().await;
        self.0.write(offset, bytes)
    }
}
