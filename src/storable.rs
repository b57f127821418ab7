//! What outlives a call, as bytes: for a reset, for another machine.

use core::fmt;

use crate::zero::Zero;

/// A value that can be written to bytes and read back, bit by bit the same.
///
/// The bytes are those of the fields in their order, without gaps, each lowest byte first (little-endian), and their number is
/// a constant: equal on every machine, so that what a host writes, a chip reads, and the other way round. A `usize` takes eight
/// bytes, and what is above the largest of a machine is read as its largest. An `Option` is a byte, 0 or 1, then the value, or
/// a zero of its type.
///
/// Reading accepts any bytes. A checksum has to say whether they are whole, and a number of your own whether they belong to this
/// type: [`Infer::ARCHITECTURE`](crate::Infer::ARCHITECTURE) tells networks apart, not optimisers or schedules.
///
/// ```
/// use downhill::{Adam, Dense, SquaredError, Storable, Trainer};
/// # use downhill::init::{Generator, Xavier};
///
/// type Learning = Trainer<(Dense<2, 3>, Dense<3, 1>), SquaredError, Adam>;
/// let mut trainer = Learning::new();
/// # trainer.start(Adam::new(0.1), &mut Xavier(Generator::new(1)));
/// trainer.step(&[0.1, 0.2], &[0.3])?;
/// let mut bytes = [0; Learning::SIZE];
/// trainer.to_bytes(&mut bytes)?;
/// // After a reset, or on another machine:
/// let mut other = Learning::new();
/// other.from_bytes(&bytes)?;
/// assert_eq!(other.step(&[0.1, 0.2], &[0.3]), trainer.step(&[0.1, 0.2], &[0.3]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Storable {
    /// The number of bytes.
    const SIZE: usize;

    /// Hands the bytes to `write`, some at a time.
    fn store(&self, write: &mut impl FnMut(&[u8]));

    /// Takes the bytes from `read`, which fills what it gets, as many at a time as [`store`](Storable::store) has written.
    fn load(&mut self, read: &mut impl FnMut(&mut [u8]));

    /// Writes all bytes to a buffer.
    ///
    /// # Errors
    /// If the buffer has not [`SIZE`](Storable::SIZE) bytes; nothing is written then. Also if [`store`](Storable::store) writes
    /// another number of them, which is a mistake in the type.
    fn to_bytes(&self, bytes: &mut [u8]) -> Result<(), WrongSize> {
        WrongSize::check(Self::SIZE, bytes.len())?;
        let mut done: usize = 0;
        self.store(&mut |part| {
            if let Some(room) = bytes.get_mut(done..).and_then(|rest| rest.get_mut(..part.len())) {
                room.copy_from_slice(part);
            }
            done = done.saturating_add(part.len());
        });
        WrongSize::check(Self::SIZE, done)
    }

    /// Reads all bytes from a buffer.
    ///
    /// # Errors
    /// If the buffer has not [`SIZE`](Storable::SIZE) bytes; nothing is changed then. Also if [`load`](Storable::load) reads
    /// another number of them, which is a mistake in the type.
    #[allow(clippy::wrong_self_convention)]
    fn from_bytes(&mut self, bytes: &[u8]) -> Result<(), WrongSize> {
        WrongSize::check(Self::SIZE, bytes.len())?;
        let mut done: usize = 0;
        self.load(&mut |part| {
            if let Some(found) = bytes.get(done..).and_then(|rest| rest.get(..part.len())) {
                part.copy_from_slice(found);
            }
            done = done.saturating_add(part.len());
        });
        WrongSize::check(Self::SIZE, done)
    }
}

/// A buffer has another size than what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WrongSize {
    /// The bytes that there are.
    pub found: usize,
    /// The bytes that there have to be.
    pub expected: usize,
}

impl WrongSize {
    fn check(expected: usize, found: usize) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Self { found, expected }) }
    }
}

impl fmt::Display for WrongSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes where {} are expected", self.found, self.expected)
    }
}

impl core::error::Error for WrongSize {}

/// Numbers, lowest byte first.
macro_rules! numbers {
    ($($t:ty),*) => {
        $(impl Storable for $t {
            const SIZE: usize = size_of::<$t>();

            fn store(&self, write: &mut impl FnMut(&[u8])) {
                write(&self.to_le_bytes());
            }

            fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
                let mut bytes = [0; size_of::<$t>()];
                read(&mut bytes);
                *self = Self::from_le_bytes(bytes);
            }
        })*
    };
}
numbers!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

impl Storable for usize {
    const SIZE: usize = 8;

    // The largest stands for "no end", whatever it is on a machine.
    fn store(&self, write: &mut impl FnMut(&[u8])) {
        let number = if *self == Self::MAX { u64::MAX } else { *self as u64 };
        number.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let mut number = 0_u64;
        number.load(read);
        *self = Self::try_from(number).unwrap_or(Self::MAX);
    }
}

impl Storable for bool {
    const SIZE: usize = 1;

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        u8::from(*self).store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let mut byte = 0_u8;
        byte.load(read);
        *self = byte != 0;
    }
}

impl<S: Storable + Zero> Storable for Option<S> {
    const SIZE: usize = 1 + S::SIZE;

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.is_some().store(write);
        self.as_ref().unwrap_or(&S::ZERO).store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let (mut some, mut value) = (false, S::ZERO);
        some.load(read);
        value.load(read);
        *self = some.then_some(value);
    }
}

impl<S: Storable, const N: usize> Storable for [S; N] {
    const SIZE: usize = N * S::SIZE;

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        for item in self {
            item.store(write);
        }
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        for item in self {
            item.load(read);
        }
    }
}

/// Makes a struct or a tuple storable, field by field.
macro_rules! storable {
    ($(#[$meta:meta])* [$($generics:tt)*] $type:ty { $($field:tt: $of:ty),* $(,)? }) => {
        #[allow(unused_variables)]
        $(#[$meta])*
        impl<$($generics)*> $crate::storable::Storable for $type {
            const SIZE: usize = 0 $(+ <$of as $crate::storable::Storable>::SIZE)*;

            fn store(&self, write: &mut impl FnMut(&[u8])) {
                $($crate::storable::Storable::store(&self.$field, write);)*
            }

            fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
                $($crate::storable::Storable::load(&mut self.$field, read);)*
            }
        }
    };
}
pub(crate) use storable;

storable!([] () {});
