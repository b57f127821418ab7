//! The bytes of a slot, and the order in which they are written, are what `docs/checkpoint.md` says.

use crc::{CRC_32_ISO_HDLC, Crc};
use downhill::Checkpoint;
use downhill::store::Store;

use super::flash::Flash;
use super::image::Numbered;
use super::shared::Shared;

const N: usize = 600;
const IMAGE: usize = <Numbered<N> as Checkpoint>::IMAGE;

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().unwrap())
}

fn slot<const W: usize, const R: usize, const B: usize>([commit, mark, payload]: [usize; 3]) {
    const PAGE: usize = 4096;
    let flash = Shared::<W, PAGE, R>::new(Flash::new(3));
    let mut store = Store::<_, B>::new(flash.clone(), 0..3 * PAGE as u32, IMAGE).unwrap();
    let unit = W.max(R);
    for saved in 1..4 {
        let numbered = Numbered::<N>::new(saved);
        flash.writes.borrow_mut().clear();
        assert_eq!(store.save(&numbered), Ok(saved));

        let start = (saved as usize - 1) * PAGE;
        let blocks = (0..IMAGE).step_by(B).map(|at| (start + payload + at, (IMAGE - at).min(B).next_multiple_of(unit)));
        let mut expected = vec![(start, 20_usize.next_multiple_of(unit))];
        expected.extend(blocks);
        expected.extend([(start + commit, 8_usize.next_multiple_of(unit)), (start + mark, unit)]);
        assert_eq!(*flash.writes.borrow(), expected, "words of {W} and {R}");

        let bytes = &flash.flash.borrow().bytes()[start..start + PAGE];
        let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
        assert_eq!(bytes[..4], *b"STO1");
        assert_eq!([4, 8, 12].map(|at| number(&bytes[at..at + 4])), [saved, saved - 1, (payload + IMAGE) as u32]);
        assert_eq!(number(&bytes[16..20]), crc.checksum(&bytes[..16]));
        let mut image = vec![0; IMAGE];
        numbered.save(&mut image).unwrap();
        assert!(bytes[payload..payload + IMAGE] == image);
        assert_eq!(number(&bytes[commit..commit + 4]), saved);
        let both = [&bytes[..20], &image].concat();
        assert_eq!(number(&bytes[commit + 4..commit + 8]), crc.checksum(&both));
        assert!(bytes[mark..mark + unit].iter().all(|byte| *byte == 0));
        let between = [20..commit, commit + 8..mark, mark + unit..payload, payload + IMAGE..PAGE];
        assert!(between.into_iter().all(|range| bytes[range].iter().all(|byte| *byte == 0xFF)));
    }
}

#[test]
fn a_slot_is_as_documented() {
    slot::<1, 1, 64>([20, 28, 64]);
    slot::<2, 1, 64>([20, 28, 64]);
    slot::<4, 1, 64>([20, 28, 64]);
    slot::<1, 4, 64>([20, 28, 64]);
    slot::<8, 1, 64>([24, 32, 64]);
    slot::<16, 1, 64>([32, 48, 64]);
    slot::<32, 1, 64>([32, 64, 128]);
    slot::<256, 1, 256>([256, 512, 768]);
    slot::<4, 1, 1024>([20, 28, 1024]);
}
