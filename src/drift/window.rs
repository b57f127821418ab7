//! Errors so far in buckets that grow with their age.

use core::ops::{Add, Mul, Sub};

use crate::storable::{Storable, storable};
use crate::zero::Zero;

const ROWS: usize = 16;
const BUCKETS: usize = 5;

/// What is kept of 2^r errors in row r.
pub(super) trait Bucket: Zero + Copy {
    type Sum: Sum;

    /// Two buckets of a row as one of the next.
    fn merge(self, other: Self) -> Self;

    /// The sum of `samples` errors.
    fn sum(self, samples: u32) -> Self::Sum;
}

/// A sum of errors, and products of sums and widths.
pub(super) trait Sum:
    Zero + Copy + From<u32> + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// Rounded once.
    fn single(self) -> f32;

    /// Rounded once, if at all.
    fn double(self) -> f64;
}

/// The number of ones: up to 2^15 in the last row.
impl Bucket for u16 {
    type Sum = i64;

    /// A bucket of 2^16 ones would be 65,535; it is forgotten, as there is no row for it.
    fn merge(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn sum(self, _: u32) -> i64 {
        self.into()
    }
}

/// Products are below 2^39, in any window of [`Storable`] bytes below 2^55.
#[allow(clippy::cast_precision_loss)]
impl Sum for i64 {
    fn single(self) -> f32 {
        self as f32
    }

    fn double(self) -> f64 {
        self as f64
    }
}

/// The mean of the errors.
impl Bucket for f32 {
    type Sum = f64;

    /// Each is halved before, so that the sum of large numbers does not overflow.
    fn merge(self, other: Self) -> Self {
        0.5 * self + 0.5 * other
    }

    fn sum(self, samples: u32) -> f64 {
        f64::from(self) * f64::from(samples)
    }
}

#[allow(clippy::cast_possible_truncation)]
impl Sum for f64 {
    fn single(self) -> f32 {
        self as f32
    }

    fn double(self) -> f64 {
        self
    }
}

/// Up to 327,675 errors, each of them in a bucket of 1, 2, 4, ... errors, with up to five buckets of each size.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(super) struct Window<B> {
    /// `rows[r]`: those of 2^r errors, the oldest first.
    rows: [[B; BUCKETS]; ROWS],
    /// The number of buckets in each row.
    filled: [u8; ROWS],
    /// The number of errors in all buckets.
    width: u32,
}

storable!("window": [B: Storable] Window<B> { rows: [[B; BUCKETS]; ROWS], filled: [u8; ROWS], width: u32 });

impl<B: Zero> Zero for Window<B> {
    const ZERO: Self = Self { rows: Zero::ZERO, filled: Zero::ZERO, width: 0 };
}

impl<B: Bucket> Window<B> {
    pub(super) fn width(&self) -> u32 {
        self.width
    }

    /// Adds the bucket of one error. Returns whether the oldest errors had to go, which is when all rows are full.
    pub(super) fn insert(&mut self, mut bucket: B) -> bool {
        self.width = self.width.saturating_add(1);
        for (row, filled) in self.rows.iter_mut().zip(&mut self.filled) {
            if let Some(free) = row.get_mut(usize::from(*filled)) {
                *free = bucket;
                *filled += 1;
                return false;
            }
            // Of six buckets, the two oldest become one of the next row.
            let [first, second, a, b, c] = *row;
            *row = [a, b, c, bucket, B::ZERO];
            *filled = 4;
            bucket = first.merge(second);
        }
        self.width = self.width.saturating_sub(1 << ROWS);
        true
    }

    /// The size of each bucket and the sum of its errors, the oldest first.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u32, B::Sum)> {
        let rows = self.rows.iter().zip(&self.filled).enumerate().rev();
        rows.flat_map(|(row, (buckets, &filled))| {
            let samples = 1_u32 << row;
            buckets.iter().take(filled.into()).map(move |bucket| (samples, bucket.sum(samples)))
        })
    }

    /// The sum of all errors.
    pub(super) fn sum(&self) -> B::Sum {
        self.buckets().fold(B::Sum::ZERO, |sum, (_, bucket)| sum + bucket)
    }

    /// The mean of all errors; NaN without any.
    pub(super) fn mean(&self) -> f64 {
        self.sum().double() / f64::from(self.width)
    }
}
