//! A quantile of a stream, in constant memory.

use crate::scalar::{Scalar, Zero, count_u32 as number, greater, smaller};
use crate::storable::storable;

/// An estimate of a quantile of all numbers so far, from five of them and four counts: 40 bytes in `f32`.
///
/// The P² algorithm (Raj Jain and Imrich Chlamtac, "The P² algorithm for dynamic calculation of quantiles and histograms without
/// storing observations", 1985). Five markers stand at the smallest number, at the quantiles p/2, p and (1 + p)/2, and at the
/// largest number. With each number, a marker that is off its rank by one or more moves by one rank, and its height by a parabola
/// through its neighbours.
///
/// One thing is added: a number that lies outside of the others by more than their range counts as just that far outside. The
/// markers in the middle go by the outer ones, and a single 1e30 would leave a median of numbers from 0 to 1 at 1e21 after 20,000
/// of them; so it is 0.5.
///
/// Up to five numbers the value is exact: of `n` numbers, the one of rank `p n`, rounded up. After these, a quantile near 1 needs
/// some `10 / (1 - p)` numbers, one near 0 some `10 / p`. Numbers that are NaN or infinite are ignored. At 2^20 numbers, each
/// counts as half a number from then on, so that ranks stay exact and the estimate goes on moving.
///
/// The order of the numbers matters: where they rise or fall slowly, the estimate lags far behind. For those, begin anew from time
/// to time.
///
/// ```
/// use downhill::quantile::Quantile;
///
/// let mut median = Quantile::new(0.5);
/// for x in [3.0, 1.0, f32::NAN, 2.0] {
///     median.record(x);
/// }
/// assert_eq!((median.value(), median.count()), (Some(2.0), 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Quantile<T = f32> {
    probability: T,
    /// The numbers in order, as long as there are up to five; then the heights of the markers.
    heights: [T; 5],
    /// The ranks of the three markers in the middle. That of the first is 1, that of the last the count.
    ranks: [u32; 3],
    count: u32,
}

/// For the quantile 0.
impl<T: Scalar> Zero for Quantile<T> {
    const ZERO: Self = Self::new(T::ZERO);
}

storable!("quantile": [T: Scalar] Quantile<T> { probability: T, heights: [T; 5], ranks: [u32; 3], count: u32 });

/// The count at which it is halved. Ranks in `f32`, and their products with a probability, then err by less than 1/8.
pub(crate) const LIMIT: u32 = 1 << 20;

/// A marker, as an adjustment sees it.
#[derive(Clone, Copy)]
struct Marker<T> {
    rank: u32,
    height: T,
}

impl<T: Scalar> Quantile<T> {
    /// For the quantile `probability`, above 0 and below 1: 0.5 for the median, 0.99 for what one number of a hundred is above.
    /// What is below 0 counts as 0, what is above 1 as 1, and NaN as 0; these are near the smallest and the largest number.
    pub const fn new(probability: T) -> Self {
        Self { probability, heights: [T::ZERO; 5], ranks: [0; 3], count: 0 }
    }

    /// The quantile: a number from 0 to 1.
    pub fn probability(&self) -> T {
        // NaN is not above 0.
        if self.probability > T::ZERO { smaller(self.probability, T::ONE) } else { T::ZERO }
    }

    /// How many numbers were recorded, less what was halved.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The estimate; `None` before the first number.
    pub fn value(&self) -> Option<T> {
        if self.count > 5 {
            return self.heights.get(2).copied();
        }
        let rank = number::<T>(self.count) * self.probability();
        let numbers = (1..=self.count).zip(&self.heights);
        numbers.filter(|(n, _)| *n == self.count || number::<T>(*n) >= rank).map(|(_, height)| *height).next()
    }

    /// Records a number. NaN and infinity change nothing.
    pub fn record(&mut self, x: T) {
        if !x.is_finite() {
            return;
        }
        if self.count < 5 {
            self.insert(x);
            return;
        }
        if self.count >= LIMIT {
            self.halve();
        }
        self.count = self.count.saturating_add(1);
        let [lowest, inner @ .., highest] = &mut self.heights;
        // No number is farther outside than the range, as long as there is one.
        let range = *highest - *lowest;
        let reach = if range > T::ZERO { range } else { T::MAX };
        *lowest = smaller(*lowest, greater(x, *lowest - reach));
        *highest = greater(*highest, smaller(x, *highest + reach));
        for (rank, height) in self.ranks.iter_mut().zip(inner) {
            if x < *height {
                *rank = rank.saturating_add(1);
            }
        }
        self.adjust();
    }

    /// Of the first five numbers: each to its place.
    fn insert(&mut self, x: T) {
        let mut x = x;
        for (n, height) in (0..).zip(&mut self.heights) {
            if n == self.count {
                *height = x;
                break;
            }
            if x < *height {
                core::mem::swap(height, &mut x);
            }
        }
        self.count = self.count.saturating_add(1);
        self.ranks = [2, 3, 4];
    }

    /// Moves the markers in the middle towards the ranks where they should be, one after the other.
    fn adjust(&mut self) {
        let probability = self.probability();
        let half = T::ONE / (T::ONE + T::ONE);
        let wanted = |fraction| T::ONE + number::<T>(self.count.saturating_sub(1)) * fraction;
        let marker = |rank, height| Marker { rank, height };
        let [lowest, below, middle, above, highest] = self.heights;
        let [rank_below, rank, rank_above] = self.ranks;
        let (first, last) = (marker(1, lowest), marker(self.count, highest));
        let (middle, above) = (marker(rank, middle), marker(rank_above, above));
        let below = moved([first, marker(rank_below, below), middle], wanted(probability * half));
        let middle = moved([below, middle, above], wanted(probability));
        let above = moved([middle, above, last], wanted((T::ONE + probability) * half));
        self.heights = [lowest, below.height, middle.height, above.height, highest];
        self.ranks = [below.rank, middle.rank, above.rank];
    }

    /// Lets the numbers so far count half.
    fn halve(&mut self) {
        self.count /= 2;
        let last = self.count;
        let [a, b, c] = self.ranks.map(|rank| rank / 2);
        // Each has a rank of its own.
        let a = a.max(2);
        let b = b.max(a.saturating_add(1));
        let c = b.saturating_add(1).max(c).min(last.saturating_sub(1));
        let b = b.min(c.saturating_sub(1));
        self.ranks = [a.min(b.saturating_sub(1)), b, c];
    }

    /// Another quantile of the same numbers, to which the markers move with the numbers to come.
    pub(crate) fn aim(&mut self, probability: T) {
        self.probability = probability;
    }
}

/// The marker between two others, one rank nearer to where it should be if it is off by one or more and there is room.
fn moved<T: Scalar>([left, at, right]: [Marker<T>; 3], wanted: T) -> Marker<T> {
    let off = wanted - number(at.rank);
    // Where bytes that were never stored were loaded, ranks may be in any order: then none has room.
    let (below, above) = (at.rank.saturating_sub(left.rank), right.rank.saturating_sub(at.rank));
    let (up, neighbour, gap) = if off >= T::ONE {
        (true, right, above)
    } else if off <= -T::ONE {
        (false, left, below)
    } else {
        return at;
    };
    if gap <= 1 || below == 0 || above == 0 {
        return at;
    }
    let (m, n) = (number::<T>(below), number::<T>(above));
    let (slope_below, slope_above) = ((at.height - left.height) / m, (right.height - at.height) / n);
    // The parabola. Numbers so large that it overflows give infinity or NaN, which is not between the neighbours.
    let curved = if up {
        at.height + ((m + T::ONE) * slope_above + (n - T::ONE) * slope_below) / (m + n)
    } else {
        at.height - ((m - T::ONE) * slope_above + (n + T::ONE) * slope_below) / (m + n)
    };
    let height = if curved > left.height && curved < right.height {
        curved
    } else {
        // The line to the neighbour. The gap is 2 or more, so that the quotients' difference is finite.
        let gap = number::<T>(gap);
        let straight = at.height + (neighbour.height / gap - at.height / gap);
        smaller(greater(straight, left.height), right.height)
    };
    Marker { rank: if up { at.rank.saturating_add(1) } else { at.rank.saturating_sub(1) }, height }
}
