//! What the store does, once for blocking flash and once for asynchronous one.

macro_rules! store {
    ($Store:ident, $NorFlash:path, [$($async:tt)?], [$($await:tt)*]) => {
        impl<F: $NorFlash, const BLOCK: usize> $Store<F, BLOCK> {
            const LAYOUT: Layout = Layout::new(F::WRITE_SIZE, F::READ_SIZE, BLOCK);

            /// A store in the pages of this range, for images of up to so many bytes: [`Checkpoint::IMAGE`]. It reads nothing yet.
            ///
            /// # Errors
            /// If the range is none of whole pages inside of the flash, or has no room for two images.
            pub fn new(flash: F, range: Range<u32>, image: usize) -> Result<Self, StoreError<F::Error>> {
                let size = u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX);
                let bytes = range.end.saturating_sub(range.start);
                if range.start.checked_rem(size) != Some(0) || bytes.checked_rem(size) != Some(0) {
                    return Err(StoreError::Borders);
                }
                let count = bytes.checked_div(size).unwrap_or(0);
                Self::with_pages(flash, Pages::Equal { start: range.start, size, count }, image)
            }

            /// As [`new`](Self::new), in sectors of different sizes: the first address of each, and the end of the last.
            ///
            /// # Errors
            /// If the borders don't ascend or leave the flash, or if there is no room for two images wherever the first begins.
            pub fn with_sectors(flash: F, borders: &'static [u32], image: usize) -> Result<Self, StoreError<F::Error>> {
                Self::with_pages(flash, Pages::Unequal(borders), image)
            }

            fn with_pages(flash: F, pages: Pages, image: usize) -> Result<Self, StoreError<F::Error>> {
                let ranges = || (0..pages.count()).map(|page| pages.range(page));
                let whole = |border: u32| usize::try_from(border).is_ok_and(|border| border % BLOCK == 0);
                let within = |end: u32| usize::try_from(end).is_ok_and(|end| end <= flash.capacity());
                let fits = |page: Range<u32>| page.start < page.end && whole(page.start) && whole(page.end) && within(page.end);
                if pages.count() == 0 || !ranges().all(fits) {
                    return Err(StoreError::Borders);
                }
                let smallest = ranges().map(|page| page.end - page.start).min().unwrap_or(0);
                let head = u32::try_from(Self::LAYOUT.payload).unwrap_or(u32::MAX);
                if smallest < head {
                    return Err(StoreError::TooSmall { images: 0, bytes: head });
                }
                let store = Self { flash, pages, image, known: None };
                store.bytes(image)?;
                Ok(store)
            }

            // None of these is inlined: at opt-level 3 they would be 24 KB of code.

            /// The bytes in flash of an image of this size.
            #[inline(never)]
            fn bytes(&self, image: usize) -> Result<u32, StoreError<F::Error>> {
                let bytes = Self::LAYOUT.payload.checked_add(image).and_then(|bytes| u32::try_from(bytes).ok());
                let images = bytes.map_or(0, |bytes| self.pages.images(bytes));
                match bytes {
                    Some(bytes) if images >= 2 => Ok(bytes),
                    _ => Err(StoreError::TooSmall { images, bytes: bytes.unwrap_or(u32::MAX) }),
                }
            }

            /// How many images have room at the same time; see the [module](crate::store) for how many to have.
            pub fn images(&self) -> u32 {
                self.bytes(self.image).map_or(0, |bytes| self.pages.images(bytes))
            }

            /// How many saves wear the flash out, if each page can be erased so often.
            pub fn saves(&self, erases: u32) -> u32 {
                let bytes = self.bytes(self.image).unwrap_or(u32::MAX);
                let pages = self.pages.run(0, bytes).map_or(u32::MAX, |run| run.count);
                let all = u64::from(self.pages.count()) * u64::from(erases);
                u32::try_from(all.checked_div(pages.into()).unwrap_or(0)).unwrap_or(u32::MAX)
            }

            /// Gives the flash back.
            pub fn into_flash(self) -> F {
                self.flash
            }

            /// Reads, and tries once more after an error.
            #[inline(never)]
            $($async)? fn read(&mut self, page: u32, offset: usize, bytes: &mut [u8]) -> Result<(), F::Error> {
                let address = self.pages.address(page, u32::try_from(offset).unwrap_or(u32::MAX));
                match self.flash.read(address, bytes)$($await)* {
                    Ok(()) => Ok(()),
                    Err(_) => self.flash.read(address, bytes)$($await)*,
                }
            }

            /// Writes bytes, and what is missing to whole words as it is in erased flash.
            #[inline(never)]
            $($async)? fn write(&mut self, page: u32, offset: usize, bytes: &[u8]) -> Result<(), F::Error> {
                let mut block = [0xFF; BLOCK];
                block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                let address = self.pages.address(page, u32::try_from(offset).unwrap_or(u32::MAX));
                let whole = bytes.len().next_multiple_of(Self::LAYOUT.unit);
                self.flash.write(address, block.get(..whole).unwrap_or(&block))$($await)*
            }

            #[inline(never)]
            $($async)? fn erase(&mut self, page: u32) -> Result<(), F::Error> {
                let Range { start, end } = self.pages.range(page);
                self.flash.erase(start, end)$($await)*
            }

            #[inline(never)]
            $($async)? fn header(&mut self, page: u32) -> Result<Header, F::Error> {
                let mut block = [0; BLOCK];
                self.read(page, 0, block.get_mut(..Self::LAYOUT.commit).unwrap_or_default())$($await)*?;
                let header = read_header(&block, page);
                let fits = |slot: &Slot| {
                    let head = u32::try_from(Self::LAYOUT.payload).unwrap_or(u32::MAX);
                    slot.bytes >= head && self.pages.run(page, slot.bytes).is_some()
                };
                Ok(if matches!(&header, Header::Slot(slot) if !fits(slot)) { Header::None } else { header })
            }

            /// The checksum of header and image.
            #[inline(never)]
            $($async)? fn checksum(&mut self, slot: &Slot) -> Result<u32, F::Error> {
                let mut digest = CRC.digest();
                digest.update(&header(slot));
                let end = usize::try_from(slot.bytes).unwrap_or(usize::MAX);
                let mut offset = Self::LAYOUT.payload;
                while offset < end {
                    let mut block = [0; BLOCK];
                    self.read(slot.page, offset, &mut block)$($await)*?;
                    digest.update(block.get(..end - offset).unwrap_or(&block));
                    offset += BLOCK;
                }
                Ok(digest.finalize())
            }

            /// What the commit is compared with: the checksum, if it is known.
            #[inline(never)]
            $($async)? fn is_committed(&mut self, slot: &Slot, crc: Option<u32>) -> Result<bool, F::Error> {
                let mut block = [0; BLOCK];
                let words = block.get_mut(..COMMIT.next_multiple_of(Self::LAYOUT.unit)).unwrap_or_default();
                self.read(slot.page, Self::LAYOUT.commit, words)$($await)*?;
                let crc = match crc {
                    Some(crc) => crc,
                    None if block.starts_with(&slot.sequence.to_le_bytes()) => self.checksum(slot)$($await)*?,
                    None => return Ok(false),
                };
                Ok(block.starts_with(&commit(slot, crc)))
            }

            #[inline(never)]
            $($async)? fn is_marked(&mut self, slot: &Slot) -> Result<bool, F::Error> {
                let mut block = [0xFF; BLOCK];
                let words = block.get_mut(..Self::LAYOUT.unit).unwrap_or_default();
                self.read(slot.page, Self::LAYOUT.mark, words)$($await)*?;
                Ok(block != [0xFF; BLOCK])
            }

            /// The readable header with the highest number below this one. Of two with the same number, which only corrupt flash
            /// has, that on the later page is first, and the other one follows.
            #[inline(never)]
            $($async)? fn highest(&mut self, below: (u32, u32), error: &mut Option<F::Error>) -> Option<Slot> {
                let mut highest: Option<Slot> = None;
                for page in 0..self.pages.count() {
                    match self.header(page)$($await)* {
                        Ok(Header::Slot(slot)) => {
                            if slot.key() < below && highest.is_none_or(|other| slot.key() > other.key()) {
                                highest = Some(slot);
                            }
                        }
                        Ok(_) => (),
                        Err(failed) => *error = Some(failed),
                    }
                }
                highest
            }

            /// The newest valid image, of this one and those with a lower number.
            #[inline(never)]
            $($async)? fn newest(&mut self, mut first: Option<Slot>, error: &mut Option<F::Error>) -> Option<Slot> {
                while let Some(slot) = first {
                    match self.is_committed(&slot, None)$($await)* {
                        Ok(true) => return first,
                        Ok(false) => (),
                        Err(failed) => *error = Some(failed),
                    }
                    first = self.highest(slot.key(), error)$($await)*;
                }
                None
            }

            /// The header with this number, which may be this one.
            #[inline(never)]
            $($async)? fn numbered(&mut self, number: u32, known: Option<Slot>) -> Option<Slot> {
                let is_it = |slot: &Slot| slot.sequence == number;
                match known.filter(is_it) {
                    None if number > 0 => self.highest((number, u32::MAX), &mut None)$($await)*.filter(is_it),
                    known => known,
                }
            }

            /// Plans where an image goes, erases that, and writes the header.
            $($async)? fn begin(&mut self, image: usize) -> Result<Slot, StoreError<F::Error>> {
                let bytes = self.bytes(image)?;
                let known = self.known.take();
                let plan = if let Some(saved) = known {
                    Findings::saved(saved).plan(Some(saved), None, &self.pages, bytes)
                } else {
                    let highest = self.highest(ALL, &mut None)$($await)*;
                    let newest = self.newest(highest, &mut None)$($await)*;
                    let marked = match &newest {
                        Some(newest) => self.is_marked(newest)$($await)*.unwrap_or(false),
                        None => false,
                    };
                    let findings = Findings { newest, marked, highest };
                    let mut base = self.numbered(findings.base(), newest)$($await)*;
                    let before = self.numbered(findings.before(), base)$($await)*;
                    if let Some(slot) = base.filter(|_| base != newest) {
                        base = if self.is_committed(&slot, None)$($await)*.unwrap_or(false) { base } else { None };
                    }
                    findings.plan(base, before, &self.pages, bytes)
                };
                let plan = plan.map_err(|unplanned| match unplanned {
                    Unplanned::NoRoom => StoreError::NoRoom,
                    Unplanned::NoNumber => StoreError::Exhausted,
                })?;
                if known.is_none() {
                    for page in 0..self.pages.count() {
                        let torn = !matches!(self.header(page)$($await)*, Ok(Header::Slot(_) | Header::None));
                        let run = Run { first: page, count: 1 };
                        let needed = plan.keep.iter().flatten().chain([&plan.run]);
                        if torn && !needed.into_iter().any(|other| self.pages.overlap(run, *other)) {
                            self.erase(page)$($await)*.map_err(StoreError::Flash)?;
                        }
                    }
                }
                for page in self.pages.pages_of(plan.run) {
                    self.erase(page)$($await)*.map_err(StoreError::Flash)?;
                }
                self.write(plan.slot.page, 0, &header(&plan.slot))$($await)*.map_err(StoreError::Flash)?;
                Ok(plan.slot)
            }

            /// Verifies the image, and commits it.
            $($async)? fn end(&mut self, slot: Slot, crc: u32) -> Result<u32, StoreError<F::Error>> {
                let header = self.header(slot.page)$($await)*.map_err(StoreError::Flash)?;
                let is_written = matches!(header, Header::Slot(found) if found == slot);
                if !is_written || self.checksum(&slot)$($await)*.map_err(StoreError::Flash)? != crc {
                    return Err(StoreError::Unverified);
                }
                self.write(slot.page, Self::LAYOUT.commit, &commit(&slot, crc))$($await)*.map_err(StoreError::Flash)?;
                if !self.is_committed(&slot, Some(crc))$($await)*.map_err(StoreError::Flash)? {
                    return Err(StoreError::Unverified);
                }
                let mark = [0; BLOCK];
                let mark = mark.get(..Self::LAYOUT.unit).unwrap_or(&mark);
                self.write(slot.page, Self::LAYOUT.mark, mark)$($await)*.map_err(StoreError::Flash)?;
                if !self.is_marked(&slot)$($await)*.map_err(StoreError::Flash)? {
                    return Err(StoreError::Unverified);
                }
                self.known = Some(slot);
                Ok(slot.sequence)
            }
        }
    };
}
pub(super) use store;
