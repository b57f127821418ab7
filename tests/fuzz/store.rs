//! The store in flash: saves, loads and power cuts, in flash that is erased at first or has any content.

use crc::{CRC_32_ISO_HDLC, Crc};
use downhill::Checkpoint;
use downhill::store::{AsyncStore, Store, StoreError};
use embassy_futures::block_on;
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};

use super::edits::Script;
use flash::{Awaited, Fault, Flash, TORN};
use image::Numbered;

#[allow(dead_code)]
#[path = "../store/flash.rs"]
mod flash;
#[allow(dead_code, clippy::needless_borrows_for_generic_args)]
#[path = "../store/image.rs"]
mod image;

const SECTORS: [u32; 6] = [0, 128, 256, 384, 640, 1152];

fn sectors() -> Flash<4, 512> {
    Flash::with_borders(SECTORS.iter().map(|border| *border as usize).collect())
}

/// Runs a script of saves, loads and cuts.
///
/// The first byte says which flash, and what is in it: nothing, or what the next bytes of the script write there.
pub fn store(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let first = script.byte();
    match first & 7 {
        0 => Device::<4, 128, 64, 16>::new(Flash::new(4), &[]).run(first, &mut script),
        1 => Device::<4, 512, 64, 4>::new(sectors(), &SECTORS).run(first, &mut script),
        2 => Device::<8, 128, 64, 20>::new(Flash::new(3).with_ecc(), &[]).run(first, &mut script),
        3 => Device::<32, 256, 64, 40>::new(Flash::new(3).with_ecc(), &[]).run(first, &mut script),
        4 => Device::<32, 128, 64, 160>::new(Flash::new(11), &[]).run(first, &mut script),
        5 => Device::<16, 128, 64, 60>::new(Flash::new(9).with_ecc(), &[]).run(first, &mut script),
        6 => Device::<1, 256, 64, 100>::new(Flash::new(4).programs_at_once(64), &[]).run(first, &mut script),
        _ => Device::<64, 512, 128, 30>::new(Flash::new(2), &[]).run(first, &mut script),
    }
}

/// What is in flash that the store has not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// Nothing.
    Own,
    /// What was there before, through no cut yet: a save may fail, but one that has returned `Ok` counts.
    Foreign,
    /// Of it nothing is promised but that what is loaded is whole: bits were flipped, or the power has failed amid foreign bytes.
    Changed,
}

/// Words of `W` bytes, pages of `E`, blocks of `B`, and images of `N` bytes.
struct Device<const W: usize, const E: usize, const B: usize, const N: usize> {
    flash: Flash<W, E>,
    sectors: &'static [u32],
    /// The number of the last save that was begun, and of the last that has returned `Ok` if it has to be there.
    begun: u32,
    saved: Option<u32>,
    content: Content,
    /// What may be loaded besides the saved.
    found: Vec<Vec<u8>>,
    seed: u64,
}

/// A store in the whole flash.
macro_rules! open {
    ($device:ident, $Store:ident, $flash:expr) => {
        match $device.sectors {
            [] => $Store::new($flash, 0..$device.end(), Numbered::<N>::IMAGE).unwrap(),
            sectors => $Store::with_sectors($flash, sectors, Numbered::<N>::IMAGE).unwrap(),
        }
    };
}

impl<const W: usize, const E: usize, const B: usize, const N: usize> Device<W, E, B, N> {
    const UNIT: usize = W;
    const COMMIT: usize = 20_usize.next_multiple_of(Self::UNIT);
    const PAYLOAD: usize = (Self::COMMIT + 8_usize.next_multiple_of(Self::UNIT) + Self::UNIT).next_multiple_of(B);

    fn new(flash: Flash<W, E>, sectors: &'static [u32]) -> Self {
        Self { flash, sectors, begun: 0, saved: None, content: Content::Own, found: Vec::new(), seed: 1 }
    }

    fn end(&self) -> u32 {
        u32::try_from(self.flash.capacity()).unwrap()
    }

    fn run(&mut self, first: u8, script: &mut Script) {
        if first & 8 != 0 {
            self.fill(script);
        }
        while !script.is_done() {
            let what = script.byte();
            match what & 7 {
                0..5 => self.session(what, script),
                5 => self.boot(script.byte()),
                6 => self.flips(script),
                _ => {
                    // Somebody erases it all.
                    self.flash.boot(1);
                    self.flash.erase(0, self.end()).unwrap();
                    (self.saved, self.content) = (None, Content::Own);
                    self.found.clear();
                }
            }
        }
        self.boot(1);
        self.boot(2);
    }

    /// Writes any content. The checksums of some of it are made right.
    fn fill(&mut self, script: &mut Script) {
        let mut content = vec![0xFF; self.flash.bytes().len()];
        let borders = self.flash.borders().to_vec();
        for _ in 0..script.byte() & 15 {
            let kind = script.byte();
            let page = borders[script.below(borders.len() - 1)];
            match kind & 3 {
                0 => {
                    let at = (page + usize::from(script.byte())).min(content.len());
                    let count = usize::from(script.byte() & 63);
                    content[at..].iter_mut().zip(script.bytes(count)).for_each(|(to, from)| *to = *from);
                }
                1 => {
                    let count = script.below(content.len());
                    content[page..].iter_mut().take(count).for_each(|byte| *byte = kind >> 2);
                }
                _ => Self::slot(kind, page, &mut content, script),
            }
        }
        self.flash.fill(&[0xFF]);
        for (at, byte) in content.iter().enumerate() {
            (0..8).filter(|bit| byte >> bit & 1 == 0).for_each(|bit| self.flash.flip(at, bit));
        }
        self.content = Content::Foreign;
        self.look();
    }

    /// Writes an image of the number, with a header that says other things about it.
    fn slot(kind: u8, page: usize, content: &mut [u8], script: &mut Script) {
        let number = |script: &mut Script| match script.byte() {
            byte @ 0..250 => u32::from(byte),
            byte => u32::MAX - 255 + u32::from(byte),
        };
        let (sequence, base, of) = (number(script), number(script), u32::from(script.byte()));
        let mut image = vec![0; Numbered::<N>::IMAGE];
        Numbered::<N>::new(of).save(&mut image).unwrap();
        let mut length = u32::try_from(Self::PAYLOAD + image.len()).unwrap();
        if kind & 4 != 0 {
            length = length.wrapping_add(u32::from(script.byte())).wrapping_sub(64);
        }
        if kind & 8 != 0 {
            let end = image.len() - 4;
            let at = script.below(end);
            image[at] ^= script.byte();
            let checksum = crc(&image[..end]);
            image[end..].copy_from_slice(&checksum.to_le_bytes());
        }
        let fields = [*b"dhs1", sequence.to_le_bytes(), base.to_le_bytes(), length.to_le_bytes()].concat();
        let header = [&fields[..], &crc(&fields).to_le_bytes()].concat();
        let mut put = |offset: usize, bytes: &[u8]| {
            let capacity = content.len();
            bytes.iter().enumerate().for_each(|(index, byte)| content[(page + offset + index) % capacity] = *byte);
        };
        put(0, &header);
        put(Self::PAYLOAD, &image);
        if kind & 16 == 0 {
            let whole = Self::payload(content, page, length).unwrap_or_default();
            let checksum = crc(&[&header[..], &whole].concat());
            let mut put = |offset: usize, bytes: &[u8]| content[page + offset..][..bytes.len()].copy_from_slice(bytes);
            put(Self::COMMIT, &[sequence.to_le_bytes(), checksum.to_le_bytes()].concat());
        }
        if kind & 32 == 0 {
            content[page + Self::COMMIT + 8_usize.next_multiple_of(Self::UNIT)] = kind;
        }
    }

    /// The bytes of an image, if the header has a length that fits.
    fn payload(content: &[u8], page: usize, length: u32) -> Option<Vec<u8>> {
        let length = usize::try_from(length).unwrap();
        // From the page on around, whole pages.
        if length < Self::PAYLOAD || length > content.len() {
            return None;
        }
        Some((Self::PAYLOAD..length).map(|offset| content[(page + offset) % content.len()]).collect())
    }

    /// Adds what is whole and valid in flash to what may be loaded, by the diagram in `docs/checkpoint.md`.
    fn look(&mut self) {
        let content = self.flash.bytes();
        let number = |bytes: &[u8], at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
        for &page in &self.flash.borders()[..self.flash.borders().len() - 1] {
            let (header, commit) = (&content[page..][..20], &content[page + Self::COMMIT..][..8]);
            if header[..4] != *b"dhs1" || number(header, 16) != crc(&header[..16]) || number(header, 4) == 0 {
                continue;
            }
            let Some(payload) = Self::payload(&content, page, number(header, 12)) else { continue };
            let checksum = crc(&[header, &payload].concat());
            if commit[..4] != header[4..8] || number(commit, 4) != checksum || payload.len() < 16 {
                continue;
            }
            let length = usize::try_from(number(&payload, 8)).unwrap();
            if payload[..4] != *b"dhck" || length < 16 || length > payload.len() {
                continue;
            }
            let (image, checksum) = payload[..length].split_at(length - 4);
            if checksum == crc(image).to_le_bytes() && image.len() >= N {
                // The added bytes stand anywhere if there are sections of other kinds, too.
                let mut start = 12 + 16 * usize::from(u16::from_le_bytes([image[6], image[7]]));
                for entry in image[12..].chunks_exact(16).take((start - 12) / 16) {
                    let end = start.saturating_add(usize::try_from(number(entry, 4)).unwrap());
                    if let Some(bytes) = image.get(start..end).filter(|_| entry[0] == 3) {
                        self.found.push(bytes.to_vec());
                    }
                    start = end;
                }
            }
        }
    }

    /// Flips bits.
    fn flips(&mut self, script: &mut Script) {
        let capacity = self.flash.bytes().len();
        for _ in 0..=script.byte() & 7 {
            self.flash.flip(script.below(capacity), u32::from(script.byte() & 7));
        }
        (self.saved, self.content) = (None, Content::Changed);
        self.look();
    }

    /// Boots, loads or not, and saves some times in a row, with a cut or without.
    fn session(&mut self, what: u8, script: &mut Script) {
        let (times, loads) = (1 + u32::from(what >> 3 & 3), what & 32 != 0);
        self.reset(script.byte());
        if what & 7 > 1 {
            let torn = TORN[usize::from(script.byte() & 3)];
            self.flash.cut_after(u32::from(script.byte() & 127), torn);
        }
        let (mut loaded, mut into, before) = (None, Numbered::<N>::nothing(), self.begun);
        let mut result = Ok(());
        if what & 64 == 0 {
            let mut store: Store<_, B> = open!(self, Store, self.flash.clone());
            if loads {
                loaded = Some(store.load(&mut into).map(drop));
            }
            while result.is_ok() && self.begun < before + times {
                self.begun += 1;
                result = store.save(&Numbered::<N>::new(self.begun)).map(drop);
            }
            self.flash = store.into_flash();
        } else {
            let mut store: AsyncStore<_, B> = open!(self, AsyncStore, Awaited(self.flash.clone()));
            if loads {
                loaded = Some(block_on(store.load(&mut into)).map(drop));
            }
            while result.is_ok() && self.begun < before + times {
                self.begun += 1;
                result = block_on(store.save(&Numbered::<N>::new(self.begun))).map(drop);
            }
            self.flash = store.into_flash().0;
        }
        if let Some(loaded) = loaded {
            let begun = std::mem::replace(&mut self.begun, before);
            self.judge(loaded, &into);
            self.begun = begun;
        }
        if let Err(error) = result {
            assert!(self.flash.is_off() || self.content != Content::Own, "a save failed: {error:?}");
            if self.content == Content::Own {
                // The last one failed.
                self.saved = self.saved.max(Some(self.begun - 1).filter(|number| *number > before));
            } else {
                (self.saved, self.content) = (None, Content::Changed);
            }
        } else if self.content != Content::Changed {
            self.saved = Some(self.begun);
        }
        self.boot(script.byte());
    }

    fn reset(&mut self, seed: u8) {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(seed));
        self.flash.boot(self.seed);
    }

    /// Boots and loads in both ways.
    fn boot(&mut self, seed: u8) {
        self.reset(seed);
        let (mut into, mut other) = (Numbered::<N>::nothing(), Numbered::<N>::nothing());
        let mut store: Store<_, B> = open!(self, Store, self.flash.clone());
        let result = store.load(&mut into).map(drop);
        let mut store: AsyncStore<_, B> = open!(self, AsyncStore, Awaited(self.flash.clone()));
        let again = block_on(store.load(&mut other)).map(drop);
        self.judge(result, &into);
        self.judge(again, &other);
        if self.is_stable() {
            assert_eq!((result, into), (again, other), "blocking and asynchronous");
        }
    }

    fn is_stable(&self) -> bool {
        (0..self.flash.borders().len() - 1).all(|page| !self.flash.unstable(page))
    }

    /// What was loaded is an image that was saved, and not older than the last save that returned `Ok`.
    fn judge(&self, result: Result<(), StoreError<Fault>>, into: &Numbered<N>) {
        match result {
            Ok(()) => {
                let number = into.number().filter(|number| (1..=self.begun).contains(number));
                assert!(number.is_some() || self.found.contains(&into.0), "loads what nobody has saved");
                if let Some(saved) = self.saved {
                    assert!(number >= Some(saved), "loads {number:?} after {saved} was saved");
                }
            }
            Err(error) => {
                assert!(self.saved.is_none(), "{error:?} after {:?} was saved", self.saved);
                let expected =
                    self.content != Content::Own || matches!(error, StoreError::Empty | StoreError::Flash(Fault::Ecc));
                assert!(expected, "{error:?}");
                if matches!(error, StoreError::Empty | StoreError::Refused(_)) && self.is_stable() {
                    assert_eq!(*into, Numbered::nothing(), "{error:?}: something was changed");
                }
            }
        }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}
