//! Images of checkpoints.

use crc::{CRC_32_ISO_HDLC, Crc};
use downhill::checkpoint::{Check, LoadError, ReceiveError, Refused, Seekable, receive};
use downhill::init::{Generator, He};
use downhill::{
    Adam, Batch, Biased, Checkpoint, CrossEntropy, Dense, Dropout, Identity, Infer, Momentum, Predictor, Relu, Scalar,
    Softmax, SquaredError, Tanh, Trainer, Unbiased,
};
use embedded_io::{ErrorKind, ErrorType, Read, Seek, SeekFrom};

use super::edits::{Script, edit};

type Adaptive = Trainer<(Dense<2, 3, Relu>, Dense<3, 2, Softmax>), CrossEntropy, Adam>;
type Alone = Predictor<(Dense<2, 3, Relu>, Dense<3, 2, Softmax>)>;
type Doubles = (Dense<2, 2, Tanh, Biased, f64>, Dropout<2, f64>, Dense<2, 1, Identity, Unbiased, f64>);
/// Of numbers in `f64`, with a state in its layers, and with something added.
type More = (Trainer<Doubles, SquaredError, Batch<Momentum<f64>, f64>>, [u32; 3]);

/// What is restored.
trait Subject: Checkpoint {
    /// It has learnt a little.
    fn new(seed: u32) -> Self;
    fn is_finite(&self) -> bool;
    /// Goes on with whatever was restored: it may end in an error.
    fn step(&mut self);
}

fn is_finite<N: Infer>(network: &N) -> bool {
    let mut finite = true;
    network.tensors(&mut |tensor| finite &= tensor.data.iter().all(|number| number.is_finite()));
    finite
}

impl Subject for Adaptive {
    fn new(seed: u32) -> Self {
        let mut trainer = Self::new();
        trainer.start(Adam::new(0.01), &mut He(Generator::new(seed)));
        Subject::step(&mut trainer);
        trainer
    }

    fn is_finite(&self) -> bool {
        is_finite(&self.network)
    }

    fn step(&mut self) {
        for _ in 0..2 {
            let _ = Self::step(self, &[0.1, 0.7], &[0.0, 1.0]);
        }
    }
}

impl Subject for Alone {
    fn new(seed: u32) -> Self {
        Self::new(<Adaptive as Subject>::new(seed).network)
    }

    fn is_finite(&self) -> bool {
        is_finite(&self.network)
    }

    fn step(&mut self) {
        let _ = self.try_predict(&[0.1, 0.7]);
    }
}

impl Subject for More {
    fn new(seed: u32) -> Self {
        let mut trainer = Trainer::new();
        trainer.start(Batch::new(2, Momentum::new(0.1, 0.9)), &mut He(Generator::new(seed)));
        let mut more = (trainer, [seed; 3]);
        Subject::step(&mut more);
        more
    }

    fn is_finite(&self) -> bool {
        is_finite(&self.0.network)
    }

    fn step(&mut self) {
        for _ in 0..3 {
            let _ = self.0.step(&[0.1, 0.7], &[0.3]);
        }
    }
}

fn image<C: Checkpoint>(saved: &C) -> Vec<u8> {
    let mut image = vec![0; C::IMAGE];
    saved.save(&mut image).unwrap();
    image
}

/// Refused images change nothing, whichever way they come; accepted ones give finite parameters, and the same value in each way.
///
/// The first byte says what is restored, and whether the rest is an image or a script that edits one.
pub fn load(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let first = script.byte();
    let wrong = if first & 4 == 0 { script.rest().to_vec() } else { edited(first, &mut script) };
    match first & 3 {
        0 => restore::<Adaptive>(&wrong),
        1 => restore::<Alone>(&wrong),
        _ => restore::<More>(&wrong),
    }
}

/// An image after some edits, most of the time with a length and a checksum that are right again.
fn edited(first: u8, script: &mut Script) -> Vec<u8> {
    let mut file = match first >> 3 & 3 {
        0 => image(&<Adaptive as Subject>::new(2)),
        1 => image(&<Alone as Subject>::new(2)),
        _ => image(&<More as Subject>::new(2)),
    };
    let infinite = f64::INFINITY.to_le_bytes();
    let words: [&[u8]; 8] =
        [b"dhck", &[0xFF; 4], &[0; 4], &[0; 40], &infinite, &f32::NAN.to_le_bytes(), &[3; 16], &[1, 0]];
    while !script.is_done() {
        edit(&mut file, script, &words);
    }
    let (length, keep) = (file.len(), first >> 5);
    if keep & 1 == 0 && length >= 12 {
        file[8..12].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    }
    if keep & 2 == 0 && length >= 16 {
        let (before, checksum) = file.split_at_mut(length - 4);
        checksum.copy_from_slice(&crc(before).to_le_bytes());
    }
    file
}

fn restore<C: Subject>(bytes: &[u8]) {
    let mut value = C::new(1);
    let before = image(&value);
    let result = value.restore(bytes);
    let after = image(&value);
    if let Err(refused) = result {
        assert!(after == before, "{refused}: something was changed");
    } else {
        assert!(value.is_finite(), "a parameter is NaN or infinite");
    }
    assert_eq!(result.is_ok(), is_valid(bytes, &before), "{result:?}");

    let mut other = C::new(1);
    let from = other.restore_from(&mut Seekable::new(Stream { bytes, position: 0 }).unwrap());
    let from = from.map_err(|error| match error {
        LoadError::Refused(refused) => refused,
        error => panic!("{error:?}"),
    });
    assert_eq!((from, image(&other)), (result, after.clone()), "from a stream that can go back");

    let mut other = C::new(1);
    let mut buffer = vec![0; C::IMAGE + 40];
    match receive(&mut Stream { bytes, position: 0 }, &mut buffer) {
        Ok(received) => {
            assert_eq!(received, &bytes[..received.len()]);
            assert_eq!((other.restore(received), image(&other)), (result, after.clone()), "from a stream");
        }
        // Whoever asks for nothing sees less.
        Err(ReceiveError::Refused(_)) => assert!(result.is_err(), "{result:?}"),
        Err(ReceiveError::TooLarge { image, .. }) => assert!(image > C::IMAGE + 40),
        Err(ReceiveError::Read(error)) => panic!("{error:?}"),
        Err(error) => panic!("{error:?}"),
    }

    for piece in [1, 7, 64] {
        let mut other = C::new(1);
        assert_eq!(in_pieces(&mut other, bytes, piece), result, "in pieces of {piece}");
        assert_eq!(image(&other), after, "in pieces of {piece}");
    }

    if result.is_ok() {
        assert_eq!((other.restore(&after), image(&other)), (Ok(()), after), "what was restored, saved again");
        Subject::step(&mut value);
    }
}

/// Whether an image has all sections of the other one, by the diagram in `docs/checkpoint.md`.
fn is_valid(bytes: &[u8], other: &[u8]) -> bool {
    let Some(found) = sections(bytes) else { return false };
    let mut places = Vec::new();
    let all = sections(other).unwrap().iter().all(|(wanted, _)| {
        let mut same = found.iter().enumerate().filter(|(_, (entry, _))| entry[0] == wanted[0]);
        let (Some((place, (entry, section))), None) = (same.next(), same.next()) else { return false };
        places.push(place);
        let numbers = &section.get(usize::from(entry[2]) * 40..).unwrap_or_default();
        let finite = match (wanted[0], wanted[1]) {
            (1, 4) => numbers.as_chunks().0.iter().all(|number| f32::from_le_bytes(*number).is_finite()),
            (1, _) => numbers.as_chunks().0.iter().all(|number| f64::from_le_bytes(*number).is_finite()),
            _ => true,
        };
        // The size of a number is part of the fingerprint, too.
        entry[2..] == wanted[2..] && finite
    });
    all && places.is_sorted()
}

/// The entries and sections of an image, if it is whole.
fn sections(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let u32_at = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let image = bytes.get(..usize::try_from(u32_at(8)?).unwrap())?;
    let table = image.get(12..12 + 16 * usize::from(u16::from_le_bytes([bytes[6], bytes[7]])))?;
    let (before, checksum) = image.split_last_chunk()?;
    let whole = bytes.starts_with(b"dhck\x01\x00") && crc(before).to_le_bytes() == *checksum;
    let mut rest = before.get(12 + table.len()..).filter(|_| whole)?;
    let mut all = Vec::new();
    for (entry, length) in table.chunks(16).zip((16..).step_by(16)) {
        let (section, others) = rest.split_at_checked(usize::try_from(u32_at(length)?).unwrap())?;
        all.push((entry, section));
        rest = others;
    }
    Some(all).filter(|_| rest.is_empty())
}

fn crc(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}

fn in_pieces<C: Checkpoint>(into: &mut C, bytes: &[u8], piece: usize) -> Result<(), Refused> {
    let mut check = Check::new(const { &C::SECTIONS });
    bytes.chunks(piece).try_for_each(|bytes| check.feed(bytes))?;
    let places = check.finish()?;
    for (index, part) in bytes[..places.length()].chunks(piece).enumerate() {
        into.load_part(&places, index * piece, part);
    }
    Ok(())
}

/// Gives a few bytes at a time.
struct Stream<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl ErrorType for Stream<'_> {
    type Error = ErrorKind;
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let count = rest.len().min(buffer.len()).min(1 + self.position % 13);
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

impl Seek for Stream<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, ErrorKind> {
        self.position = match to {
            SeekFrom::Start(position) => usize::try_from(position).unwrap(),
            SeekFrom::End(0) => self.bytes.len(),
            _ => return Err(ErrorKind::Unsupported),
        };
        Ok(self.position as u64)
    }
}
