//! Running mean and variance.

use super::interface::{Scaler, acceptable, clipped};
use crate::dense::{Biased, Dense};
use crate::scalar::{Scalar, Zero, count_u32};
use crate::shape::Shape;
use crate::storable::storable;

/// The largest magnitude of a standardised number.
const LIMIT: f32 = 4.0;

/// Standardises features by their running mean and variance: `z = (x - mean) / sd`, clipped to -4 and 4.
///
/// `F` is the number of means and variances: as many as inputs for one per feature; 1 for one that all inputs share, as the
/// pixels of an image; the number of channels for a window of a signal, `[[T; C]; L]`. Input `i` belongs to feature `i % F`,
/// and the number of inputs is a multiple of `F`.
///
/// With the rate `a = max(1 / n, 1 / m)` at the `n`th number of a feature, `m` being how many of them `memory` samples have: `d = x - mean`, `mean += a d`,
/// `variance = (1 - a) (variance + a d^2)` (Tony Finch, "Incremental calculation of weighted mean and variance", 2009).
///
/// A feature that was constant so far gives 0, and so does the first sample. One that is rarely unlike 0 gives at most 4.
/// A sample that is not finite is ignored as a whole. A single huge number, a spike of a broken sensor, is not:
/// the variance forgets it after several times `memory` samples. A [`Guard`](crate::guard) filters those before.
///
/// Bytes: `8 F` for `f32`, and 8.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Standardizer<const F: usize, T: Scalar = f32> {
    mean: [T; F],
    variance: [T; F],
    /// The numbers per feature so far, up to those of `memory` samples.
    seen: u32,
    memory: u32,
}

storable!("standardizer": [const F: usize, T: Scalar] Standardizer<F, T> {
    mean: [T; F], variance: [T; F], seen: u32, memory: u32
});

impl<const F: usize, T: Scalar> Zero for Standardizer<F, T> {
    const ZERO: Self = Self::new(0);
}

impl<const F: usize, T: Scalar> Standardizer<F, T> {
    /// Has seen nothing. Counts the last `memory` samples most: the weight of a sample falls by `1 - 1 / memory` with each
    /// that follows. With 0 all samples count the same; 1000 is good for most streams. With 1 each sample is its own mean, and all
    /// scaled numbers are 0.
    pub const fn new(memory: u32) -> Self {
        const { assert!(F > 0, "there is at least one feature") };
        Self { mean: [T::ZERO; F], variance: [T::ZERO; F], seen: 0, memory }
    }

    /// The running mean of each feature.
    pub const fn mean(&self) -> &[T; F] {
        &self.mean
    }

    /// The running variance of each feature, 0 for a constant.
    pub const fn variance(&self) -> &[T; F] {
        &self.variance
    }

    /// How many numbers of each feature count: those seen, up to those of `memory` samples.
    pub const fn seen(&self) -> u32 {
        self.seen
    }

    /// Moves the scaling into the first layer of a network, which then takes raw inputs: `w / sd` for each weight, and the bias
    /// less the sum of `mean w / sd`. The weights of a feature that is constant become 0. Equal to rounding where nothing was
    /// clipped; what is outside of -4 and 4 is not clipped any more.
    ///
    /// Returns false, and changes nothing, if a parameter would not be finite.
    pub fn fold<const I: usize, const O: usize, A>(&self, layer: &mut Dense<I, O, A, Biased, T>) -> bool {
        const { assert!(I.is_multiple_of(F), "the number of inputs is a multiple of that of the features") };
        let mut biases = layer.biases;
        let mut finite = true;
        for (weights, (mean, sd)) in layer.weights.iter().zip(self.features()) {
            for (bias, &weight) in biases.iter_mut().zip(weights) {
                let folded = divided(weight, sd);
                *bias += -(mean * folded);
                finite &= folded.is_finite() && bias.is_finite();
            }
        }
        if finite {
            layer.biases = biases;
            for (weights, (_, sd)) in layer.weights.iter_mut().zip(self.features()) {
                for weight in weights {
                    *weight = divided(*weight, sd);
                }
            }
        }
        finite
    }

    /// Mean and standard deviation of each input, over and over.
    fn features(&self) -> impl Iterator<Item = (T, T)> {
        self.mean.iter().zip(&self.variance).map(|(&mean, &variance)| (mean, variance.sqrt())).cycle()
    }
}

/// 0 where nothing varies.
fn divided<T: Scalar>(number: T, sd: T) -> T {
    if sd > T::ZERO { number / sd } else { T::ZERO }
}

impl<const F: usize, T: Scalar, X: Shape<Scalar = T>> Scaler<X> for Standardizer<F, T> {
    fn observe(&mut self, x: &X) -> bool {
        const { assert!(X::LENGTH.is_multiple_of(F), "the number of inputs is a multiple of that of the features") };
        if !acceptable(x.flat()) {
            return false;
        }
        // Of several numbers of a feature each counts, and the memory is that many times as long.
        let most = match self.memory {
            0 => u32::MAX,
            memory => memory.saturating_mul(u32::try_from(X::LENGTH / F).unwrap_or(u32::MAX)),
        };
        for chunk in x.flat().chunks_exact(F) {
            self.seen = self.seen.saturating_add(1).min(most);
            follow(chunk, &mut self.mean, &mut self.variance, T::ONE / count_u32(self.seen));
        }
        true
    }

    fn scale(&self, x: &mut X) {
        let limit = T::from_f32(LIMIT);
        for (x, (mean, sd)) in x.flat_mut().iter_mut().zip(self.features()) {
            // 0 for every finite number, NaN for others: infinity must not be clipped.
            let zero = *x * T::ZERO;
            *x = if sd > T::ZERO { clipped((*x - mean) / sd, limit) + zero } else { zero };
        }
    }
}

/// Moves means and variances towards numbers.
pub(crate) fn follow<T: Scalar>(numbers: &[T], mean: &mut [T], variance: &mut [T], rate: T) {
    for ((&x, mean), variance) in numbers.iter().zip(mean).zip(variance) {
        let difference = x - *mean;
        let step = rate * difference;
        let before = *mean;
        *mean += step;
        // A step that is lost in rounding is made as large as it must be for the mean to move: with a memory of 1000 the mean of 101,325
        // would stay up to 4 beside that of the numbers, and the variance would be that of the error.
        if *mean == before {
            let least = before.larger(T::ZERO) * T::SPACING;
            *mean = if difference > least {
                before + least
            } else if difference < -least {
                before - least
            } else {
                x
            };
        }
        *variance = ((T::ONE - rate) * (*variance + step * difference)).flushed();
    }
}
