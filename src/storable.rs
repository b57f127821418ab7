//! What outlives a call, as bytes: for a reset, for another machine.
//!
//! # Other formats
//!
//! With the feature `serde`, what is [`Storable`] here is `Serialize` and `Deserialize`, too, for those who prefer postcard, JSON or
//! another format of `serde`; so are [`Dense`](crate::Dense) and the layers around others. Not so what goes around a trainer in the field:
//! scalers, averages, committees, rehearsal, guard, metrics. What differs:
//!
//! - A value is read whole, and returned. On a chip it passes over the stack, where [`Storable::load`] and a
//!   [checkpoint](crate::checkpoint) read to the place where it stays.
//! - A trainer is a struct of `network`, `slots`, `sums`, `state` and `optimizer`. The weights of a [`Dense`](crate::Dense) are rows,
//!   `weights[i][o]`; slots and sums are flat, in the order of the [tensors](crate::Infer::tensors), and empty where nothing is kept.
//! - A wrong length, or a field that is missing or unknown, is an error of the format. Values are not checked, nor that the
//!   activations and the loss are those of the trainer that has written. Fields may change with a version, where images of
//!   checkpoints are stable.
//! - What is frozen is written with the rest: read back is what the layer owns ([`Owned`](crate::Owned)), or a type without bytes
//!   that derives both traits. A trainer that has a reference, `Frozen<&'static L>`, can be written but not read; use a checkpoint.
//! - Binary formats such as postcard keep every bit. JSON keeps those of finite numbers (`serde_json` with its feature
//!   `float_roundtrip`), and has no others. A `usize` that is too large for the machine that reads, the size of
//!   `Batch::new(usize::MAX, ..)` from a host for example, is an error there.

use core::fmt;

use crate::architecture::{OFFSET, bytes, step};
use crate::zero::Zero;

/// A value that can be written to bytes and read back, bit by bit the same.
///
/// The bytes are those of the fields in their order, without gaps, each lowest byte first (little-endian), and their number is
/// a constant: equal on every machine, so that what a host writes, a chip reads, and the other way round. A `usize` takes eight
/// bytes, and what is above the largest of a machine is read as its largest. An `Option` is a byte, 0 or 1, then the value, or
/// a zero of its type.
///
/// Reading accepts any bytes. A [`Checkpoint`](crate::Checkpoint) puts around them what says whether they are whole, and whether
/// they belong to this type.
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

    /// What the bytes mean, as a hash: a [`layout`] of the type's name and of what it is made of.
    const LAYOUT: u64;

    /// Hands the bytes to `write`, some at a time.
    fn store(&self, write: &mut impl FnMut(&[u8]));

    /// Takes the bytes from `read`, which fills what it gets, as many at a time as [`store`](Storable::store) has written. What is
    /// handed to `read` holds the bytes of the present value, as some of them may stay: so a reader that has the bytes piece by
    /// piece calls `load` once for each piece.
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

impl<S: Storable> Storable for &mut S {
    const SIZE: usize = S::SIZE;
    const LAYOUT: u64 = S::LAYOUT;

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        S::store(self, write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        S::load(self, read);
    }
}

/// A value of [`Storable::LAYOUT`]: a hash of the type's name and of its parts, the same on every machine (FNV-1a).
#[must_use]
pub const fn layout(name: &str, mut parts: &[u64]) -> u64 {
    let mut hash = step(bytes(OFFSET, name.as_bytes()), 0xFF);
    while let [part, rest @ ..] = parts {
        hash = bytes(hash, &part.to_le_bytes());
        parts = rest;
    }
    hash
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
    pub(crate) fn check(expected: usize, found: usize) -> Result<(), Self> {
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
            const LAYOUT: u64 = layout(stringify!($t), &[]);

            fn store(&self, write: &mut impl FnMut(&[u8])) {
                write(&self.to_le_bytes());
            }

            fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
                let mut bytes = self.to_le_bytes();
                read(&mut bytes);
                *self = Self::from_le_bytes(bytes);
            }
        })*
    };
}
numbers!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

/// The largest stands for "no end", whatever it is on a machine.
const fn wide(number: usize) -> u64 {
    if number == usize::MAX { u64::MAX } else { number as u64 }
}

impl Storable for usize {
    const SIZE: usize = 8;
    const LAYOUT: u64 = layout("usize", &[]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        wide(*self).store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let mut number = wide(*self);
        number.load(read);
        *self = Self::try_from(number).unwrap_or(Self::MAX);
    }
}

impl Storable for bool {
    const SIZE: usize = 1;
    const LAYOUT: u64 = layout("bool", &[]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        u8::from(*self).store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let mut byte = u8::from(*self);
        byte.load(read);
        *self = byte != 0;
    }
}

impl<S: Storable + Zero> Storable for Option<S> {
    const SIZE: usize = 1 + S::SIZE;
    const LAYOUT: u64 = layout("option", &[S::LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.is_some().store(write);
        self.as_ref().unwrap_or(&S::ZERO).store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        let mut some = self.is_some();
        let mut value = self.take().unwrap_or(S::ZERO);
        some.load(read);
        value.load(read);
        *self = some.then_some(value);
    }
}

impl<S: Storable, const N: usize> Storable for [S; N] {
    const SIZE: usize = N * S::SIZE;
    const LAYOUT: u64 = layout("array", &[N as u64, S::LAYOUT]);

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

/// Makes a struct or a tuple storable, field by field, under a name that stays as it is: it is part of saved bytes.
macro_rules! storable {
    ($name:literal: $(#[$meta:meta])* [$($generics:tt)*] $type:ty { $($field:tt: $of:ty),* $(,)? }) => {
        #[allow(unused_variables)]
        $(#[$meta])*
        impl<$($generics)*> $crate::storable::Storable for $type {
            const SIZE: usize = 0 $(+ <$of as $crate::storable::Storable>::SIZE)*;
            const LAYOUT: u64 = $crate::storable::layout($name, &[$(<$of as $crate::storable::Storable>::LAYOUT),*]);

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

storable!("unit": [] () {});
