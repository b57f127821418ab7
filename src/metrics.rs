//! How good a classifier is: the confusion matrix, and what can be read from it.

/// Counts of `C` classes. Rows are the actual class, columns the predicted one.
///
/// The tutorial's matrix has the same orientation; its precision and recall are the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ConfusionMatrix<const C: usize> {
    /// `counts[actual][predicted]`.
    pub counts: [[u32; C]; C],
}

impl<const C: usize> ConfusionMatrix<C> {
    /// A matrix without samples.
    pub const fn new() -> Self {
        Self { counts: [[0; C]; C] }
    }

    /// Counts one sample. Returns false, and counts nothing, if a class is not below `C`.
    pub fn record(&mut self, actual: usize, predicted: usize) -> bool {
        let Some(count) = self.counts.get_mut(actual).and_then(|row| row.get_mut(predicted)) else {
            return false;
        };
        *count = count.saturating_add(1);
        true
    }

    /// All samples.
    pub fn total(&self) -> u32 {
        sum(self.counts.as_flattened())
    }

    /// Samples whose class was predicted.
    pub fn correct(&self) -> u32 {
        sum(self.counts.iter().enumerate().filter_map(|(class, row)| row.get(class)))
    }

    /// The part of all samples whose class was predicted; `None` without samples.
    pub fn accuracy(&self) -> Option<f32> {
        ratio(self.correct(), self.total())
    }

    /// The part of the samples predicted as `class` that are of this class; `None` if none was, or there is no such
    /// class.
    pub fn precision(&self, class: usize) -> Option<f32> {
        let predicted = sum(self.counts.iter().filter_map(|row| row.get(class)));
        ratio(*self.counts.get(class)?.get(class)?, predicted)
    }

    /// The part of the samples of `class` that were predicted so; `None` if there were none, or there is no such class.
    pub fn recall(&self, class: usize) -> Option<f32> {
        let row = self.counts.get(class)?;
        ratio(*row.get(class)?, sum(row))
    }
}

impl<const C: usize> Default for ConfusionMatrix<C> {
    fn default() -> Self {
        Self::new()
    }
}

fn sum<'a>(counts: impl IntoIterator<Item = &'a u32>) -> u32 {
    counts.into_iter().fold(0, |sum, &count| sum.saturating_add(count))
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: u32, whole: u32) -> Option<f32> {
    (whole > 0).then(|| part as f32 / whole as f32)
}
