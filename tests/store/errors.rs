//! What is said when nothing is saved or loaded, and that nothing is changed then.

use downhill::Checkpoint;
use downhill::checkpoint::Refused;
use downhill::store::{Loaded, Store, StoreError};

use super::flash::{Fault, Flash, Random};
use super::image::Numbered;
use super::shared::{Call, Shared, Way};

const N: usize = 100;
const IMAGE: usize = <Numbered<N> as Checkpoint>::IMAGE;
const PAGE: usize = 512;
type Device = Shared<4, PAGE>;

fn open(flash: &Device) -> Store<Device> {
    let end = flash.flash.borrow().borders().last().copied().unwrap();
    Store::new(flash.clone(), 0..end as u32, IMAGE).unwrap()
}

/// Loads the number that this store, or the next one, finds.
fn loaded(store: &mut Store<Device>) -> Result<u32, StoreError<Fault>> {
    let mut into = Numbered::<N>::nothing();
    store.load(&mut into).map(|_| into.number().expect("a mixture was loaded"))
}

#[test]
fn pages_that_are_none() {
    let descending = std::ops::Range { start: 512, end: 0 };
    let new = |range: std::ops::Range<u32>| Store::<_>::new(Flash::<4, 256>::new(4), range, 100).err();
    for range in [0..0, 1..1025, 0..1000, 128..1024, 0..1280, 256..u32::MAX - 255, 0xFFFF_FF00..0xFFFF_FF00, descending]
    {
        assert_eq!(new(range.clone()), Some(StoreError::Borders), "{range:?}");
    }
    assert_eq!(new(256..1024), None);
    // A block that does not divide the pages.
    assert_eq!(Store::<_, 192>::new(Flash::<4, 256>::new(4), 0..1024, 100).err(), Some(StoreError::Borders));
    let sectors = |borders| Store::<_>::with_sectors(Flash::<4, 256>::new(8), borders, 100).err();
    let wrong: [&'static [u32]; 7] = [&[], &[0], &[0, 0], &[0, 512, 256, 1024], &[0, 100, 512], &[0, 4096], &[256, 0]];
    for borders in wrong {
        assert_eq!(sectors(borders), Some(StoreError::Borders), "{borders:?}");
    }
    assert_eq!(sectors(&[0, 256, 768, 1024, 2048]), None);
    assert_eq!(StoreError::<Fault>::Borders.to_string(), "the store's pages are not whole pages of the flash");
}

#[test]
fn too_small() {
    let new = |pages: usize, image| Store::<_>::new(Flash::<4, 256>::new(pages), 0..(pages * 256) as u32, image);
    let error = new(1, 100).unwrap_err();
    assert_eq!(error, StoreError::TooSmall { images: 1, bytes: 164 });
    let message = "there is room for 1 images of 164 bytes each in flash, and two are needed";
    assert_eq!(error.to_string(), message);
    assert_eq!(new(3, 256).unwrap_err(), StoreError::TooSmall { images: 1, bytes: 320 });
    assert_eq!(new(3, 5000).unwrap_err(), StoreError::TooSmall { images: 0, bytes: 5064 });
    assert_eq!(new(3, usize::MAX).unwrap_err(), StoreError::TooSmall { images: 0, bytes: u32::MAX });
    assert_eq!(new(4, 256).unwrap().images(), 2);
    // The page has no room for what is before the image.
    let narrow = Store::<_>::new(Flash::<64, 64>::new(9), 0..576, 10).err();
    assert_eq!(narrow, Some(StoreError::TooSmall { images: 0, bytes: 192 }));
    // An image that is larger than what the store was made for, and than the room: nothing is erased.
    let flash = Device::new(Flash::new(3));
    let mut store = open(&flash);
    store.save(&Numbered::<N>::new(1)).unwrap();
    let before = flash.flash.borrow().bytes();
    assert!(matches!(store.save(&Numbered::<1000>::new(2)), Err(StoreError::TooSmall { images: 1, .. })));
    assert!(flash.flash.borrow().bytes() == before);
    assert_eq!(loaded(&mut store), Ok(1));
}

#[test]
fn nothing_is_found_in_what_is_no_image() {
    let mut random = Random(5);
    let noise: Vec<u8> = (0..999).map(|_| random.next() as u8).collect();
    let header = {
        let flash = Device::new(Flash::new(3));
        open(&flash).save(&Numbered::<N>::new(1)).unwrap();
        let bytes = flash.flash.borrow().bytes();
        bytes[..20].to_vec()
    };
    for content in [&[][..], &[0xFF], &[0], &[0x55], b"STO1", &noise, &header, &header[..19]] {
        let flash = Device::new(Flash::new(3));
        flash.flash.borrow_mut().fill(content);
        let before = flash.flash.borrow().bytes();
        let mut store = open(&flash);
        assert_eq!(loaded(&mut store), Err(StoreError::Empty));
        let mut into = Numbered::<N>::nothing();
        let result = store.load_or(&mut into, |into| *into = Numbered::new(77));
        assert_eq!(result, Loaded::Factory(StoreError::Empty));
        assert_eq!(into.number(), Some(77));
        assert!(flash.flash.borrow().bytes() == before, "loading has changed the flash");
        // Whatever was there, saving works, and again after a reset.
        for number in 1..6 {
            assert!(store.save(&Numbered::<N>::new(number)).is_ok(), "{content:?}");
            assert_eq!(loaded(&mut open(&flash)), Ok(number), "{content:?}");
            if number % 2 == 0 {
                store = open(&flash);
            }
        }
        let result = open(&flash).load_or(&mut into, |_| panic!("there is an image"));
        assert!(matches!(result, Loaded::Image(_)));
        assert_eq!(into.number(), Some(5));
    }
    assert_eq!(StoreError::<Fault>::Empty.to_string(), "there is no image in flash");
}

#[test]
fn the_image_of_another_program() {
    let flash = Device::new(Flash::new(3));
    let mut store = open(&flash);
    store.save(&Numbered::<N>::new(1)).unwrap();
    store.save(&Numbered::<60>::new(2)).unwrap();
    let before = flash.flash.borrow().bytes();
    for mut store in [store, open(&flash)] {
        let mut into = Numbered::<N>::nothing();
        let refused = StoreError::Refused(Refused::OtherAddition);
        assert_eq!(store.load(&mut into), Err(refused));
        assert_eq!(into, Numbered::nothing());
        // The factory's weights then; the flash stays as it is, and its program still finds its image.
        assert_eq!(store.load_or(&mut into, |into| *into = Numbered::new(9)), Loaded::Factory(refused));
        assert_eq!(into.number(), Some(9));
        assert!(flash.flash.borrow().bytes() == before);
        let mut other = Numbered::<60>::nothing();
        assert_eq!(store.load(&mut other), Ok(2));
        assert_eq!(other.number(), Some(2));
    }
    // A save goes on from there.
    assert_eq!(open(&flash).save(&Numbered::<N>::new(3)), Ok(3));
    assert_eq!(loaded(&mut open(&flash)), Ok(3));
}

/// What would not be restored is not saved, and hides nothing.
#[test]
fn numbers_that_are_not_finite() {
    use downhill::{Dense, Sgd, SquaredError, Trainer};
    type Small = Trainer<Dense<2, 1>, SquaredError, Sgd>;
    let refused = StoreError::Refused(Refused::NotFinite);
    let (flash, mut trainer, mut steps) = (Device::new(Flash::new(3)), Small::new(), 5_u32);
    let mut store: Store<Device> = Store::new(flash.clone(), 0..3 * PAGE as u32, Small::IMAGE + 30).unwrap();
    assert_eq!(store.save(&(&mut trainer, &mut steps)), Ok(1));
    trainer.network.biases[0] = f32::NAN;
    let before = flash.flash.borrow().bytes();
    assert_eq!(store.save(&(&mut trainer, &mut steps)), Err(refused));
    assert_eq!(store.save(&downhill::checkpoint::Network(&mut trainer.network)), Err(refused));
    assert!(flash.flash.borrow().bytes() == before);
    assert_eq!(store.load(&mut (&mut trainer, &mut steps)), Ok(1));
    assert_eq!(trainer.network.biases[0].to_bits(), 0);
}

/// An image of another program may take all pages of this one.
#[test]
fn no_room() {
    let flash = Device::new(Flash::new(8));
    let large = 4 * PAGE - 64;
    assert_eq!(<Numbered<{ 4 * PAGE - 64 - 32 }> as Checkpoint>::IMAGE, large);
    let mut before: Store<Device> = Store::new(flash.clone(), 0..8 * PAGE as u32, large).unwrap();
    before.save(&Numbered::<{ 4 * PAGE - 64 - 32 }>::new(1)).unwrap();
    let mut store: Store<Device> = Store::new(flash.clone(), 0..4 * PAGE as u32, IMAGE).unwrap();
    assert_eq!((store.images(), store.save(&Numbered::<N>::new(2))), (4, Err(StoreError::NoRoom)));
    assert_eq!(StoreError::<Fault>::NoRoom.to_string(), "the image in flash, of another program, leaves no room");
}

/// Each call fails once: the save says so, the image before stays, and the next save works.
#[test]
fn flash_that_fails() {
    for (call, way) in [Call::Write, Call::Erase].into_iter().flat_map(|call| [(call, Way::Once), (call, Way::Always)])
    {
        let mut failed = 0;
        for after in 0.. {
            let flash = Device::new(Flash::new(3));
            let mut store = open(&flash);
            store.save(&Numbered::<N>::new(1)).unwrap();
            store.save(&Numbered::<N>::new(2)).unwrap();
            flash.fail(call, after, way);
            let result = store.save(&Numbered::<N>::new(3));
            if flash.repair() || result.is_ok() {
                assert_eq!(result, Ok(3));
                break;
            }
            assert_eq!(result, Err(StoreError::Flash(Fault::Ecc)), "{call:?} {after}");
            failed += 1;
            // The mark is the last word: without it, the image is there already.
            let (here, next) = (loaded(&mut store).unwrap(), loaded(&mut open(&flash)).unwrap());
            assert_eq!(here, next);
            assert!(here == 2 || (call == Call::Write && here == 3), "{call:?} {after}: {here}");
            store.save(&Numbered::<N>::new(4)).unwrap();
            assert_eq!(loaded(&mut open(&flash)), Ok(4));
        }
        assert!(failed >= if call == Call::Write { 5 } else { 1 }, "{call:?}: {failed}");
    }
    assert_eq!(StoreError::Flash(Fault::Ecc).to_string(), "the flash failed: Ecc");
}

#[test]
fn reading_is_tried_twice() {
    let flash = Device::new(Flash::new(3));
    let mut store = open(&flash);
    store.save(&Numbered::<N>::new(1)).unwrap();
    for after in 0..40 {
        flash.fail(Call::Read, after, Way::Once);
        assert_eq!(loaded(&mut open(&flash)), Ok(1), "{after}");
        flash.fail(Call::Read, after, Way::Once);
        store.save(&Numbered::<N>::new(1)).unwrap();
        flash.repair();
    }
    let before = flash.flash.borrow().bytes();
    for after in 0..5 {
        flash.fail(Call::Read, after, Way::Always);
        assert_eq!(loaded(&mut open(&flash)), Err(StoreError::Flash(Fault::Ecc)), "{after}");
        flash.repair();
    }
    assert!(flash.flash.borrow().bytes() == before);
    assert!(loaded(&mut store).is_ok());
}

/// Words that are not written, and bits that can't be.
#[test]
fn what_was_written_is_read_back() {
    let mut unverified = 0;
    for after in 0.. {
        let flash = Device::new(Flash::new(3));
        let mut store = open(&flash);
        store.save(&Numbered::<N>::new(1)).unwrap();
        flash.fail(Call::Write, after, Way::Silent);
        let result = store.save(&Numbered::<N>::new(2));
        if flash.repair() {
            break;
        }
        assert_eq!(result, Err(StoreError::Unverified), "write {after}");
        unverified += 1;
        // Without its mark, the image is there already.
        let number = loaded(&mut open(&flash)).unwrap();
        assert!(number == 1 || number == 2, "write {after}: {number}");
        store.save(&Numbered::<N>::new(3)).unwrap();
        assert_eq!(loaded(&mut open(&flash)), Ok(3));
    }
    assert_eq!(unverified, 6, "header, three blocks, commit and mark");

    let (mut unverified, mut fine) = (0, 0);
    for at in PAGE..2 * PAGE {
        let flash = Device::new(Flash::new(3));
        let mut store = open(&flash);
        store.save(&Numbered::<N>::new(1)).unwrap();
        flash.stuck.set(Some((at, 0x10)));
        let expected = match store.save(&Numbered::<N>::new(2)) {
            Ok(_) => 2,
            Err(error) => {
                assert_eq!(error, StoreError::Unverified, "byte {at}");
                1
            }
        };
        (unverified, fine) = (unverified + 2 - expected, fine + expected - 1);
        assert_eq!(loaded(&mut open(&flash)), Ok(expected), "byte {at}");
    }
    println!("stuck bits: {unverified} unverified, {fine} without a consequence");
    assert!(unverified > 50 && fine > 300);
    let message = "the flash has other bytes than what was written";
    assert_eq!(StoreError::<Fault>::Unverified.to_string(), message);
}
