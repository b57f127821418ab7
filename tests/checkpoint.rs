//! Images are what `docs/checkpoint.md` says, and whatever is not whole and right is refused before anything is changed.

// What is compared are bits, and what is cut off lengths and bytes.
#![allow(clippy::cast_possible_truncation, clippy::float_cmp)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use crc::{CRC_32_ISO_HDLC, Crc};
use downhill::checkpoint::{
    BLOCK, Check, Kind, LoadError, Network, ReceiveError, Refused, Seekable, Source, check, receive,
};
use downhill::init::{Generator, He, Random};
use downhill::storable::WrongSize;
use downhill::{
    Adam, AdamW, Batch, BiasOnly, Checkpoint, CrossEntropy, Dense, Dropout, Frozen, Infer, Momentum, Owned, Predictor,
    Ratio, Relu, ScaledRate, Sgd, Softmax, SquaredError, Tanh, Trainer, Unbiased, Zero, digest,
};
use embedded_io::{ErrorKind, ErrorType, Read, Seek, SeekFrom, Write};

type Net = (Dense<4, 8, Relu>, Dense<8, 3, Softmax>);
type Learning = Trainer<Net, CrossEntropy, Adam>;

fn learning<C: Default>(start: impl Fn(&mut C)) -> C {
    let mut trainer = C::default();
    start(&mut trainer);
    trainer
}

/// A trainer that has learnt a little.
fn trained(seed: u32) -> Learning {
    learning(|trainer: &mut Learning| {
        trainer.start(Adam::new(0.01), &mut He(Generator::new(seed)));
        for _ in 0..5 {
            trainer.step(&[0.1, 0.7, 0.3, 0.4], &[0.0, 1.0, 0.0]).unwrap();
        }
    })
}

fn image<C: Checkpoint>(saved: &C) -> Vec<u8> {
    let mut image = vec![0; C::IMAGE];
    saved.save(&mut image).unwrap();
    image
}

/// The image with a checksum that is right again.
fn sealed(mut image: Vec<u8>) -> Vec<u8> {
    let end = image.len() - 4;
    let checksum = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&image[..end]);
    image[end..].copy_from_slice(&checksum.to_le_bytes());
    image
}

/// Restores what is wrong: it must be refused, with every bit as it was.
fn refused<C: Checkpoint>(into: &mut C, wrong: &[u8]) -> Refused {
    let before = image(into);
    let refused = into.restore(wrong).expect_err("it is wrong");
    assert_eq!(image(into), before, "{refused}: something was changed");
    refused
}

#[test]
fn what_is_restored_has_every_bit() {
    let trainer = trained(1);
    let image = image(&trainer);
    assert_eq!(image.len(), Learning::IMAGE);
    let mut other = Learning::new();
    assert_eq!(other.restore(&image), Ok(()));
    assert_eq!(self::image(&other), image);
    assert_eq!(digest(&other.network), digest(&trainer.network));
    // More than the image, as a region of flash has.
    let mut other = Learning::new();
    assert_eq!(other.restore(&[&image[..], &[0xFF; 100]].concat()), Ok(()));
    assert_eq!(self::image(&other), image);

    let mut short = vec![7; Learning::IMAGE - 1];
    assert_eq!(trainer.save(&mut short), Err(WrongSize { found: Learning::IMAGE - 1, expected: Learning::IMAGE }));
    assert!(short.iter().all(|byte| *byte == 7));
}

/// Reads an image by the diagram alone.
#[test]
fn the_diagram() {
    let trainer = trained(2);
    let bytes = image(&trainer);
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((&bytes[..4], u16_at(4), u16_at(6), u32_at(8)), (&b"dhck"[..], 1, 2, bytes.len()));
    // Parameters in f32, of four tensors; then the training.
    assert_eq!((bytes[12], bytes[13], u16_at(14)), (1, 4, 4));
    assert_eq!((bytes[28], bytes[29], u16_at(30)), (2, 0, 0));
    let parameters = 12 + 2 * 16;
    assert_eq!(u32_at(16), 4 * 40 + Net::PARAMETERS * 4);
    assert_eq!(parameters + u32_at(16) + u32_at(32) + 4, bytes.len());

    let mut numbers = parameters + 4 * 40;
    let mut found = BTreeMap::new();
    for tensor in 0..4 {
        let at = parameters + 40 * tensor;
        let name = String::from_utf8(bytes[at..at + 23].to_vec()).unwrap();
        let sizes: Vec<usize> = (0..4).map(|size| u32_at(at + 24 + 4 * size)).collect();
        let (shape, rest) = sizes.split_at(bytes[at + 23].into());
        assert!(rest.iter().all(|size| *size == 0));
        let next = numbers + 4 * shape.iter().product::<usize>();
        let data: Vec<u32> = (numbers..next).step_by(4).map(|at| u32_at(at) as u32).collect();
        found.insert(name.trim_end_matches('\0').to_owned(), (shape.to_vec(), data));
        numbers = next;
    }
    let mut tensors = 0;
    trainer.network.tensors(&mut |tensor| {
        let data: Vec<u32> = tensor.data.iter().map(|number| number.to_bits()).collect();
        assert_eq!(found[&tensor.name.to_string()], (tensor.shape.to_vec(), data), "{}", tensor.name);
        tensors += 1;
    });
    assert_eq!((tensors, found.len()), (4, 4));
    assert_eq!(sealed(bytes.clone()), bytes);
}

#[test]
fn every_flipped_bit_is_refused() {
    let (mut flips, mut times) = (0_u64, 0_u64);
    let mut all = |mut into: Learning, whole: &[u8]| {
        let before = image(&into);
        let mut wrong = whole.to_vec();
        for bit in 0..whole.len() * 8 {
            wrong[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            times += u64::from(into.restore(&wrong).is_err());
            assert!(image(&into) == before, "bit {bit}: something was changed");
            wrong[bit / 8] ^= 1 << (bit % 8);
        }
    };
    all(trained(3), &image(&trained(4)));
    println!("bit flips {flips} refused {times}");
    assert_eq!((times, flips), (flips, 8 * Learning::IMAGE as u64));
}

#[test]
fn every_end_that_comes_too_early_is_told() {
    let whole = image(&trained(5));
    let mut into = trained(6);
    for found in 0..whole.len() {
        let expected = if found < 12 { 12 } else { whole.len() };
        assert_eq!(refused(&mut into, &whole[..found]), Refused::Truncated { found, expected });
    }
}

#[test]
fn what_is_something_else() {
    let mut into = trained(7);
    let whole = image(&trained(8));
    assert_eq!(refused(&mut into, &[0xFF; 4096]), Refused::NotAnImage);
    assert_eq!(refused(&mut into, &[0; 4096]), Refused::NotAnImage);
    assert_eq!(refused(&mut into, b"PK"), Refused::NotAnImage);
    let with = |at: usize, bytes: &[u8]| {
        let mut wrong = whole.clone();
        wrong[at..at + bytes.len()].copy_from_slice(bytes);
        sealed(wrong)
    };
    assert_eq!(refused(&mut into, &with(4, &[2, 0])), Refused::Newer { version: 2 });
    assert_eq!(refused(&mut into, &with(4, &[0, 0])), Refused::NotAnImage);
    // Lengths that contradict each other, under a checksum that holds.
    for (at, bytes) in [
        (6, &[0xFF, 0xFF][..]),
        (8, &[15, 0, 0, 0]),
        (16, &[0xFF; 4]),
        (16, &[0; 4]),
        (14, &[3, 0]),
        (32, &[0xFF; 4]),
        (28, &[1]),
    ] {
        let found = refused(&mut into, &with(at, bytes));
        let twice = at == 28; // two sections of parameters, of which the second is another's
        assert_eq!(found, if twice { Refused::OtherNetwork } else { Refused::Corrupt }, "at {at}");
    }
    // Four bytes of the parameters are given to the training.
    let lengths = [16, 32].map(|at| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()));
    let mut moved = whole.clone();
    moved[16..20].copy_from_slice(&(lengths[0] - 4).to_le_bytes());
    moved[32..36].copy_from_slice(&(lengths[1] + 4).to_le_bytes());
    assert_eq!(refused(&mut into, &sealed(moved)), Refused::Corrupt);
    // The same section of parameters twice, and then the training.
    let (header, body) = whole.split_at(44);
    let parameters = &body[..lengths[0] as usize];
    let length = (whole.len() + 16 + parameters.len()) as u32;
    let table = [&header[12..28], &header[12..28], &header[28..44]].concat();
    let mut twice = [b"dhck", &[1, 0, 3, 0][..], &length.to_le_bytes(), &table, parameters, body].concat();
    assert_eq!(twice.len(), length as usize);
    twice = sealed(twice);
    assert_eq!(refused(&mut into, &twice), Refused::Corrupt);
    assert_eq!(refused(&mut into, &with(28, &[77])), Refused::Missing(Kind::Training));
    assert_eq!(refused(&mut into, &with(12, &[77])), Refused::Missing(Kind::Parameters));
    // In another section, these bits are nobody's business.
    let first = 44 + 160;
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN, f32::from_bits(0x7F80_0001)] {
        assert_eq!(refused(&mut into, &with(first, &number.to_le_bytes())), Refused::NotFinite, "{number}");
        assert_eq!(refused(&mut into, &with(first + 66 * 4, &number.to_le_bytes())), Refused::NotFinite);
    }
    for number in [f32::MAX, f32::MIN, f32::MIN_POSITIVE, -0.0, f32::from_bits(1)] {
        assert_eq!(into.restore(&with(first, &number.to_le_bytes())), Ok(()));
        assert_eq!(into.network.0.weights[0][0].to_bits(), number.to_bits());
    }
}

#[test]
fn what_is_not_finite_in_f64() {
    type Doubles = Dense<2, 2, Tanh, Unbiased, f64>;
    let mut network = Doubles::new([[1.0, 2.0], [f64::MAX, f64::MIN]], []);
    let whole = image(&Network(&mut network));
    assert_eq!(Network(&mut network).restore(&whole), Ok(()));
    for (at, number) in [(0, f64::NAN), (1, f64::INFINITY), (3, f64::NEG_INFINITY)] {
        let mut wrong = whole.clone();
        wrong[12 + 16 + 40 + 8 * at..][..8].copy_from_slice(&number.to_le_bytes());
        assert_eq!(refused(&mut Network(&mut network), &sealed(wrong)), Refused::NotFinite);
    }
}

/// The bytes of another type, as it was when it had learnt.
fn of<C: Checkpoint + Default>() -> Vec<u8> {
    image(&C::default())
}

#[test]
fn what_belongs_to_something_else() {
    type With<N, P> = Trainer<N, CrossEntropy, P>;
    let mut into = trained(9);
    for other in [
        of::<With<(Dense<4, 8, Tanh>, Dense<8, 3, Softmax>), Adam>>(), // an activation
        of::<With<(Dense<4, 8, Relu>, Dense<8, 4, Softmax>), Adam>>(), // a size
        of::<With<(Dense<4, 8, Relu, Unbiased>, Dense<8, 3, Softmax>), Adam>>(), // biases
        of::<With<(Dense<4, 8, Relu>, Dense<8, 8, Relu>, Dense<8, 3, Softmax>), Adam>>(), // a layer
        of::<With<(Dense<4, 8, Relu>, Frozen<Owned<Dense<8, 3, Softmax>>>), Adam>>(), // of which not all learns
    ] {
        assert_eq!(refused(&mut into, &other), Refused::OtherNetwork);
    }
    for other in [
        of::<With<Net, AdamW>>(), // the same numbers of slots
        of::<With<Net, Sgd>>(),
        of::<With<Net, Batch<Adam>>>(),
        of::<With<(Dense<4, 8, Relu>, Dropout<8>, Dense<8, 3, Softmax>), Adam>>(), // the same network when it predicts
    ] {
        assert_eq!(refused(&mut into, &other), Refused::OtherTraining);
    }
    let parameters = image(&Network(&mut trained(10).network));
    assert_eq!(refused(&mut into, &parameters), Refused::Missing(Kind::Training));

    // What was added.
    let mut plain = trained(11);
    let with_state = image(&(&mut plain, &mut [1.5_f32, 2.5]));
    assert_eq!(plain.restore(&with_state), Ok(()), "less than there is may be asked for");
    let mut state = [0.0_f32; 2];
    assert_eq!((&mut plain, &mut state).restore(&with_state), Ok(()));
    assert_eq!(state, [1.5, 2.5]);
    assert_eq!(refused(&mut (&mut plain, &mut [0_u64]), &with_state), Refused::OtherAddition);
    let without = image(&plain);
    assert_eq!(refused(&mut (&mut plain, &mut state), &without), Refused::Missing(Kind::Added));
}

/// The settings of a layer are not taken for those of another one.
#[test]
fn whose_setting_it_is() {
    type With<A, B> = Trainer<(A, B), SquaredError, Sgd>;
    type One = With<ScaledRate<Dense<2, 3>>, Dense<3, 1>>;
    type Other = With<Dense<2, 3>, ScaledRate<Dense<3, 1>>>;
    type Number = Dropout<3>;
    type Fixed = Dropout<3, Ratio<1, 4>>;
    type Dropping<A, B> = Trainer<(Dense<2, 3>, A, Dense<3, 3>, B, Dense<3, 1>), SquaredError, Sgd>;
    assert_eq!(
        refused(&mut Dropping::<Fixed, Number>::new(), &of::<Dropping<Number, Fixed>>()),
        Refused::OtherTraining
    );
    assert_eq!(refused(&mut Other::new(), &of::<One>()), Refused::OtherTraining);
    let mut same = Dropping::<Number, Fixed>::new();
    assert_eq!(same.restore(&of::<Dropping<Number, Fixed>>()), Ok(()));
}

/// Layers of equal sizes, of which one learns: which one counts.
#[test]
fn which_layer_learns() {
    type Layer = Dense<3, 3, Tanh>;
    type Fixed = Frozen<Owned<Layer>>;
    static LAYER: Layer = Layer::ZERO;
    type First = (Layer, Fixed);
    type Second = (Fixed, Layer);
    let (mut first, mut second) = (First::ZERO, Second::ZERO);
    let (of_first, of_second) = (image(&Network(&mut first)), image(&Network(&mut second)));
    assert_eq!(of_first.len(), of_second.len());
    assert_eq!(First::ARCHITECTURE, Second::ARCHITECTURE);
    assert_eq!(refused(&mut Network(&mut first), &of_second), Refused::OtherNetwork);
    assert_eq!(refused(&mut Network(&mut second), &of_first), Refused::OtherNetwork);
    let (mut one, mut other) = ((Frozen(&LAYER), BiasOnly::new(&LAYER)), (BiasOnly::new(&LAYER), Frozen(&LAYER)));
    let of_one = image(&Network(&mut one));
    assert_eq!(refused(&mut Network(&mut other), &of_one), Refused::OtherNetwork);
    // However the frozen ones are grouped, each has its place.
    let mut grouped = (Frozen(Owned((Layer::ZERO, Layer::ZERO))), Layer::ZERO);
    let mut single = (Frozen(Owned(Layer::ZERO)), Layer::ZERO, Layer::ZERO);
    let of_grouped = image(&Network(&mut grouped));
    assert_eq!(refused(&mut Network(&mut single), &of_grouped), Refused::OtherNetwork);
}

/// A network that predicts takes the parameters from what a trainer has saved, with dropout or in nested tuples.
#[test]
fn a_predictor_takes_what_a_trainer_has_learnt() {
    type Dropping = Trainer<(Dense<4, 8, Relu>, Dropout<8>, (Dense<8, 3, Softmax>,)), CrossEntropy, Momentum>;
    let trainer = trained(12);
    let mut predictor = Predictor::new(Net::ZERO);
    assert_eq!(predictor.restore(&image(&trainer)), Ok(()));
    assert_eq!(digest(&predictor.network), digest(&trainer.network));

    let mut dropping = Dropping::new();
    dropping.start(Momentum::new(0.1, 0.9), &mut He(Generator::new(3)));
    assert_eq!(predictor.restore(&image(&dropping)), Ok(()));
    assert_eq!(digest(&predictor.network), digest(&dropping.network));
    let back = image(&predictor);
    assert_eq!(back.len(), Network::<Net>::IMAGE);
    assert_eq!(Network(&mut dropping.network).restore(&back), Ok(()));
}

/// Sections that a later version may add are passed over, wherever they are.
#[test]
fn sections_of_other_kinds_are_skipped() {
    let trainer = trained(13);
    let whole = image(&trainer);
    let (first, second) = (44 + 160 + 67 * 4, whole.len() - 4);
    for place in 0..3 {
        let new_entry = [&[200, 0, 0, 0, 5, 0, 0, 0][..], &[9; 8]].concat();
        let mut entries = vec![whole[12..28].to_vec(), whole[28..44].to_vec()];
        let mut sections = vec![whole[44..first].to_vec(), whole[first..second].to_vec()];
        entries.insert(place, new_entry);
        sections.insert(place, vec![1, 2, 3, 4, 5]);
        let length = (whole.len() + 16 + 5) as u32;
        let mut later = [b"dhck", &[1, 0, 3, 0][..], &length.to_le_bytes()].concat();
        later.extend(entries.concat());
        later.extend(sections.concat());
        later.extend([0; 4]);
        let mut other = Learning::new();
        assert_eq!(other.restore(&sealed(later)), Ok(()));
        assert_eq!(image(&other), whole);
    }
}

/// A file that fails after some bytes, or is another one after some.
struct File {
    bytes: Vec<u8>,
    position: usize,
    /// How many bytes can still be read or written, and by how many at a time.
    good: usize,
    at_a_time: usize,
}

impl File {
    fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), position: 0, good: usize::MAX, at_a_time: 7 }
    }

    fn take(&mut self, wanted: usize) -> Result<usize, ErrorKind> {
        let taken = wanted.min(self.at_a_time).min(self.good);
        self.good -= taken;
        if taken == 0 && wanted > 0 { Err(ErrorKind::Other) } else { Ok(taken) }
    }
}

impl ErrorType for File {
    type Error = ErrorKind;
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let left = self.bytes.len() - self.position;
        let taken = self.take(buffer.len().min(left))?;
        buffer[..taken].copy_from_slice(&self.bytes[self.position..][..taken]);
        self.position += taken;
        Ok(taken)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let taken = self.take(bytes.len())?;
        self.bytes.extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, ErrorKind> {
        self.position = match to {
            SeekFrom::Start(position) => usize::try_from(position).unwrap(),
            SeekFrom::End(0) => self.bytes.len(),
            _ => return Err(ErrorKind::Unsupported),
        };
        Ok(self.position as u64)
    }
}

#[test]
fn streams() {
    let trainer = trained(14);
    let whole = image(&trainer);
    let mut file = File::new(&[]);
    trainer.save_to(&mut file).unwrap();
    assert_eq!(file.bytes, whole);
    for good in 0..whole.len() {
        let mut file = File { good, ..File::new(&[]) };
        assert_eq!(trainer.save_to(&mut file), Err(ErrorKind::Other));
        assert_eq!(file.bytes, whole[..good]);
    }

    // Read once, into a buffer.
    let mut buffer = [0; 4096];
    let mut file = File::new(&[&whole[..], &[1, 2, 3]].concat());
    let received = receive(&mut file, &mut buffer).unwrap();
    assert_eq!(received, whole);
    assert_eq!(file.position, whole.len(), "what follows is left in the stream");
    let mut other = Learning::new();
    assert_eq!(other.restore(received), Ok(()));
    for found in 0..whole.len() {
        let expected = if found < 12 { 12 } else { whole.len() };
        let truncated = Err(ReceiveError::Refused(Refused::Truncated { found, expected }));
        assert_eq!(receive(&mut File::new(&whole[..found]), &mut buffer), truncated);
        let failed = Err(ReceiveError::Read(ErrorKind::Other));
        assert_eq!(receive(&mut File { good: found, ..File::new(&whole) }, &mut buffer), failed);
    }
    let too_large = |image, buffer| Err(ReceiveError::TooLarge { image, buffer });
    assert_eq!(receive(&mut File::new(&whole), &mut buffer[..11]), too_large(12, 11));
    assert_eq!(
        receive(&mut File::new(&whole), &mut buffer[..whole.len() - 1]),
        too_large(whole.len(), whole.len() - 1)
    );
    assert_eq!(receive(&mut File::new(&[9; 99]), &mut buffer), Err(ReceiveError::Refused(Refused::NotAnImage)));

    // Read twice, without a buffer.
    let mut into = trained(15);
    let before = image(&into);
    assert_eq!(into.restore_from(&mut Seekable::new(File::new(&whole)).unwrap()), Ok(()));
    assert_eq!(image(&into), whole);
    // A source that fails the first time changes nothing, and is told of in any case.
    let mut mixed = 0;
    for good in 0..2 * whole.len() {
        let mut into = Learning::new();
        into.restore(&before).unwrap();
        let mut file = Seekable::new(File { good, ..File::new(&whole) }).unwrap();
        assert!(matches!(into.restore_from(&mut file), Err(LoadError::Read(_))));
        assert!(good >= whole.len() || image(&into) == before);
        let now = image(&into);
        mixed += u32::from(now != before);
        // Each parameter is the old one or the new one.
        let parameters = (204..204 + 4 * Net::PARAMETERS).step_by(4).map(|at| at..at + 4);
        assert!(parameters.clone().all(|at| [&before[at.clone()], &whole[at.clone()]].contains(&&now[at])));
    }
    assert!(mixed > 0, "the second time, a part had been taken");
}

/// Has other bytes when it is read again.
struct Unstable<'a> {
    bytes: &'a [u8],
    reads: usize,
    bit: usize,
}

impl Source for Unstable<'_> {
    type Error = Infallible;

    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> Result<(), Infallible> {
        assert!(
            offset.is_multiple_of(BLOCK) && bytes.len() == BLOCK.min(self.bytes.len() - offset),
            "as `Source` promises"
        );
        bytes.copy_from_slice(&self.bytes[offset..][..bytes.len()]);
        self.reads += 1;
        if self.reads > self.bytes.len().div_ceil(BLOCK) && (offset..offset + bytes.len()).contains(&(self.bit / 8)) {
            bytes[self.bit / 8 - offset] ^= 1 << (self.bit % 8);
        }
        Ok(())
    }
}

#[test]
fn a_source_that_changes_is_told_of() {
    let whole = image(&trained(16));
    for bit in (0..whole.len() * 8).step_by(13) {
        let mut source = Unstable { bytes: &whole, reads: 0, bit };
        assert_eq!(trained(17).restore_from(&mut source), Err(LoadError::Changed));
    }
}

/// An image piece by piece, in pieces of any size.
#[test]
fn pieces() {
    let trainer = trained(18);
    let whole = image(&trainer);
    for size in [1, 2, 3, 5, 64, 100, 1000, 5000] {
        let mut other = trained(19);
        let (mut all, mut checked) = (Vec::new(), Check::new(&Learning::SECTIONS));
        for offset in (0..whole.len()).step_by(size) {
            let mut piece = vec![0; size.min(whole.len() - offset)];
            trainer.part(offset, &mut piece);
            checked.feed(&piece).unwrap();
            all.extend(piece);
        }
        assert_eq!(all, whole);
        let places = checked.finish().unwrap();
        assert_eq!(Ok(places), check::<Learning, _>(&mut &whole[..]));
        for (number, piece) in whole.chunks(size).enumerate() {
            other.load_part(&places, number * size, piece);
        }
        assert!(image(&other) == whole, "in pieces of {size}");
    }
}

/// The header of an image whose fields are chosen by an attacker who knows the checksum: an error, or what it says, never a panic.
#[test]
fn hostile_headers() {
    let mut random = Generator::new(20);
    let whole = image(&trained(21));
    let mut into = trained(22);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut wrong = whole.clone();
        for _ in 0..=random.next_u32() % 3 {
            let at = 4 + random.next_u32() as usize % 40;
            wrong[at] = [0, 1, 0xFF, 0x7F, random.next_u32() as u8][random.next_u32() as usize % 5];
        }
        if random.next_u32().is_multiple_of(2) {
            wrong.truncate(16 + random.next_u32() as usize % (whole.len() - 16));
        }
        let before = image(&into);
        match into.restore(&sealed(wrong)) {
            Ok(()) => accepted += 1,
            Err(_) => assert!(image(&into) == before),
        }
    }
    assert!(accepted > 0, "some changes put back what was there");
}

#[test]
fn messages() {
    for (refused, message) in [
        (Refused::NotAnImage, "this is not a checkpoint image"),
        (Refused::Newer { version: 3 }, "the image has format 3, which is newer than this program"),
        (Refused::Truncated { found: 5, expected: 12 }, "the image ends after 5 of 12 bytes"),
        (Refused::Corrupt, "the image is damaged: its checksum or its lengths are wrong"),
        (Refused::OtherNetwork, "the image is that of a network of another architecture"),
        (Refused::OtherTraining, "the image is that of another optimiser, or of layers with another state"),
        (Refused::OtherAddition, "what was saved with the learner is of another type"),
        (Refused::Missing(Kind::Training), "the image has no state of a training"),
        (Refused::NotFinite, "a parameter in the image is NaN or infinite"),
    ] {
        assert_eq!(refused.to_string(), message);
        assert_eq!(LoadError::<Infallible>::Refused(refused).to_string(), message);
    }
}
