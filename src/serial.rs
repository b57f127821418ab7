//! Arrays of any length, as `serde` writes its own of up to 32 items: as tuples, whose length is known to both sides.

mod parts;

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use crate::scalar::Zero;
use crate::slots::Slots;

/// The items of arrays, and of tuples of them, one after the other.
///
/// Items without bytes, the slots of [`Sgd`](crate::Sgd), say nothing and are left out.
struct Flat<S, K> {
    kept: K,
    item: PhantomData<S>,
}

impl<S, K> Flat<S, K> {
    const fn new(kept: K) -> Self {
        Self { kept, item: PhantomData }
    }

    /// How many items of `A`, which is `K` or what it refers to, are written.
    const fn length<A: Slots<S>>() -> usize {
        if size_of::<S>() == 0 { 0 } else { A::COUNT }
    }
}

impl<S: Serialize, K: Slots<S>> Serialize for Flat<S, &K> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let length = Self::length::<K>();
        let mut tuple = serializer.serialize_tuple(length)?;
        if length > 0 {
            let mut result = Ok(());
            self.kept.parts(&mut |part| {
                if result.is_ok() {
                    result = part.iter().try_for_each(|item| tuple.serialize_element(item));
                }
            });
            result?;
        }
        tuple.end()
    }
}

impl<'de, S: Deserialize<'de>, K: Slots<S>> Deserialize<'de> for Flat<S, K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(Self::length::<K>(), Reader::<Self>(PhantomData))
    }
}

impl<'de, S: Deserialize<'de>, K: Slots<S>> Visitor<'de> for Reader<Flat<S, K>> {
    type Value = Flat<S, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", Self::Value::length::<K>())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut kept = K::ZERO;
        if Self::Value::length::<K>() > 0 {
            let (mut read, mut result) = (0, Ok(()));
            kept.parts_mut(&mut |part| {
                if result.is_ok() {
                    result = part.iter_mut().try_for_each(|item| next(&mut items, item, &mut read, &self));
                }
            });
            result?;
        }
        Ok(Flat::new(kept))
    }
}

/// A matrix, row by row: `[[T; COLUMNS]; ROWS]`.
struct Rows<M>(M);

impl<T: Serialize + Zero, const ROWS: usize, const COLUMNS: usize> Serialize for Rows<&[[T; COLUMNS]; ROWS]> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let mut tuple = serializer.serialize_tuple(ROWS)?;
        for row in self.0 {
            tuple.serialize_element(&Flat::<T, _>::new(row))?;
        }
        tuple.end()
    }
}

impl<'de, T: Deserialize<'de> + Zero, const ROWS: usize, const COLUMNS: usize> Deserialize<'de>
    for Rows<[[T; COLUMNS]; ROWS]>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(ROWS, Reader::<Self>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Zero, const ROWS: usize, const COLUMNS: usize> Visitor<'de>
    for Reader<Rows<[[T; COLUMNS]; ROWS]>>
{
    type Value = Rows<[[T; COLUMNS]; ROWS]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROWS} rows of {COLUMNS} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut rows: [[T; COLUMNS]; ROWS] = Zero::ZERO;
        let mut read = 0;
        for row in &mut rows {
            let mut flat = Flat::<T, [T; COLUMNS]>::new(Zero::ZERO);
            next(&mut items, &mut flat, &mut read, &self)?;
            *row = flat.kept;
        }
        Ok(Rows(rows))
    }
}

/// Reads a `V`.
struct Reader<V>(PhantomData<V>);

/// Reads the next item to its place, and counts it.
fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
    items: &mut A,
    place: &mut T,
    read: &mut usize,
    expected: &impl Visitor<'de>,
) -> Result<(), A::Error> {
    *place = items.next_element()?.ok_or_else(|| A::Error::invalid_length(*read, expected))?;
    *read = read.saturating_add(1);
    Ok(())
}
