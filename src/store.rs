//! Images in flash that outlive cuts of the power: the store.
//!
//! A [`Store`] keeps [images](crate::checkpoint) of what learns in pages of flash, one after the other, in a ring. Saving never
//! touches the newest image that is known to be whole. Any flash whose driver has the traits of `embedded-storage` will do: words of 1 to 256 bytes that are
//! programmed once, pages of one size or sectors of several.
//!
//! ```
//! use downhill::store::{Loaded, Policy, Store};
//! use downhill::{Adam, Checkpoint, CrossEntropy, Dense, Relu, Softmax, Trainer};
//! # use downhill::init::{Generator, He};
//! # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
//! # struct Ram([u8; 4 * 4096]);
//! # impl ErrorType for Ram {
//! #     type Error = core::convert::Infallible;
//! # }
//! # impl ReadNorFlash for Ram {
//! #     const READ_SIZE: usize = 1;
//! #     fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
//! #         bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
//! #         Ok(())
//! #     }
//! #     fn capacity(&self) -> usize {
//! #         self.0.len()
//! #     }
//! # }
//! # impl NorFlash for Ram {
//! #     const WRITE_SIZE: usize = 4;
//! #     const ERASE_SIZE: usize = 4096;
//! #     fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
//! #         self.0[from as usize..to as usize].fill(0xFF);
//! #         Ok(())
//! #     }
//! #     fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
//! #         self.0[offset as usize..][..bytes.len()].iter_mut().zip(bytes).for_each(|(to, from)| *to &= from);
//! #         Ok(())
//! #     }
//! # }
//! # let mut flash = Ram([0xFF; 4 * 4096]);
//!
//! type Learning = Trainer<(Dense<4, 8, Relu>, Dense<8, 3, Softmax>), CrossEntropy, Adam>;
//! type Saved<'a> = (&'a mut Learning, &'a mut u64); // what learns, and its steps so far
//!
//! let (mut trainer, mut steps) = (Learning::new(), 0_u64);
//! let mut store = Store::<_>::new(&mut flash, 0..4 * 4096, Saved::IMAGE)?; // four pages
//! assert_eq!((store.images(), store.saves(10_000)), (4, 40_000));
//!
//! // After each reset:
//! let loaded = store.load_or(&mut (&mut trainer, &mut steps), |(trainer, steps)| {
//!     trainer.start(Adam::new(0.01), &mut He(Generator::new(1))); // or weights of the factory: `start_from`
//!     **steps = 0;
//! });
//! assert!(matches!(loaded, Loaded::Factory(_))); // the first time
//!
//! let mut policy = Policy::new().every(1000).on_signal();
//! policy.saved(steps, None);
//! while steps < 2500 {
//!     trainer.step(&[0.1, 0.2, 0.3, 0.4], &[0.0, 1.0, 0.0])?;
//!     steps += 1;
//!     let power_goes = steps == 2345; // of the brown-out detector
//!     if policy.due(steps, None, power_goes) {
//!         store.save(&(&mut trainer, &mut steps))?;
//!         policy.saved(steps, None);
//!     }
//! }
//!
//! // A reset:
//! # drop(store);
//! let (mut trainer, mut steps) = (Learning::new(), 0_u64);
//! let mut store = Store::<_>::new(&mut flash, 0..4 * 4096, Saved::IMAGE)?;
//! assert_eq!(store.load(&mut (&mut trainer, &mut steps))?, 3); // the third image
//! assert_eq!(steps, 2345);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//!
//! - Once [`save`](Store::save) has returned `Ok`, [`load`](Store::load) restores that image, or a later one whose save was cut
//!   when all but its mark was written: every bit, whenever the power fails. This holds for so many cuts in a row as the table
//!   below says.
//! - Never is a mixture loaded, nor bytes that were not saved: checksums cover header and image (32 bits, so one damage of many
//!   bits in 4,000,000,000 passes; a single changed bit never does).
//! - What is written is read back before it counts. If the flash is worn out, `save` says [`Unverified`](StoreError::Unverified),
//!   and the images before are there.
//! - The image of another program, [`Refused`](StoreError::Refused), changes nothing, and hides older images of this one: the
//!   next save goes on after it.
//! - If the flash fails or reads otherwise while a checked image is taken, and there is no older one, a part of the learner is
//!   changed: [`load_or`](Store::load_or) starts it.
//!
//! A cut that hits a word or an erase may leave bits that read differently each time, at each boot. With the worst of all
//! readings at each boot, this many saves in a row may be cut, without one in between that returns (`tests/store/model.rs` tries
//! all states):
//!
//! | room for images | cut saves in a row that lose nothing |
//! |---|---|
//! | 2, the least | 2 |
//! | 3 | 5 |
//! | 4 | 7 |
//! | 5 | 7 or more; not searched further |
//!
//! One more can lose only if at every one of these boots the unstable bits read as it is worst. A million simulated cuts, up to
//! 100 in a row, with bits that read as it comes, lost nothing with three images or more (`tests/store.rs`). **Have room for
//! three; for four where contacts bounce.** [`images`](Store::images) tells how many there is room for.
//!
//! # Pages, erases and wear
//!
//! Before an image there are 64 bytes in flash for words of up to 16 bytes, 128 for words of 32 and 768 for those of 256 bytes;
//! larger blocks than 64 bytes round that up. An image begins with a page and takes whole ones. For three images of 10 KB in
//! pages of 4 KB, these are nine pages.
//!
//! A save erases each page that its image takes, once. The first save after a reset also erases unneeded pages that a cut has left
//! half done, or that begin nearly as a header does by chance. All pages are used equally often. [`saves`](Store::saves) tells
//! how many saves wear the flash out: pages, times the erases that a page endures, divided by the pages of an image. Four pages
//! that endure 10,000 erases, with images of one page, make 40,000: one each hour for four and a half years.
//!
//! # Time
//!
//! A save takes an erase per page, a programming per word, and one reading of the image; the first save after
//! a reset also reads all headers three times and an image once; after a cut, headers five times and images three times. With 85 ms per erase and 41 us per word of 4 bytes, an image of 1 KB
//! takes 96 ms, of which the erase is most. A save on a brown-out ([`Policy::on_signal`]) works only if the supply lasts that long;
//! otherwise save [every so many steps](Policy::every). A save that is cut is lost, and nothing else.
//!
//! Loading reads the header of each page (20 bytes, rounded up to words), a commit, and the image three times. Each
//! torn image that is newer adds the headers once, and the image if half of its commit can be read.
//!
//! # Flash with error correction
//!
//! Such flash (STM32L4, U5, H7) allows a word to be programmed once per erase: header, commit and mark have words of their own,
//! and no word is programmed twice, also after a cut. A word that a cut has hit may fail to be read. The driver has to return
//! that as an error; it must not end in a fault handler. The store tries once more, and then takes it for no image.
//!
//! # Asynchronous flash
//!
//! [`AsyncStore`] has the same methods, awaited, and the same bytes. A future that is dropped counts as a cut. It goes through the
//! whole network for each block: a `BLOCK` of 1024 bytes or of a page makes that faster.
//!
//! # Limits
//!
//! The pages belong to one store: whatever else is in them is erased. What has to outlive together is one image, such as
//! `(&mut trainer, &mut state)`. The bytes are described in `docs/checkpoint.md` in the repository.

mod asynchronous;
mod blocking;
mod body;
mod error;
mod layout;
#[cfg(test)]
#[path = "../tests/store/model.rs"]
mod model;
mod pages;
mod plan;
mod policy;

pub use asynchronous::AsyncStore;
pub use blocking::Store;
pub use error::{Loaded, StoreError};
pub use policy::Policy;

/// Below this are all images: number and page.
const ALL: (u32, u32) = (u32::MAX, u32::MAX);
