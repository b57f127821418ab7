//! A confusion matrix to read: `Display` as a table, `defmt::Format` row by row.

use core::fmt::{self, Display, Write};

use super::confusion::ConfusionMatrix;
use super::count::Count;

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.saturating_add(text.chars().count());
        Ok(())
    }
}

/// How many characters a value takes, with one digit after the point if it has any.
fn width(value: impl Display) -> usize {
    let mut length = Length(0);
    if write!(length, "{value:.1}").is_ok() { length.0 } else { 0 }
}

/// A fraction with three digits after the point; a dash where it is not defined.
fn fraction<T: Display>(f: &mut fmt::Formatter<'_>, value: Option<T>, width: usize) -> fmt::Result {
    match value {
        Some(value) => write!(f, "  {value:>width$.3}"),
        None => write!(f, "  {:>width$}", "-"),
    }
}

/// A table with aligned columns. A column `none` holds the samples for which no class was predicted, if there are any.
/// Counts that fade have one digit after the point.
impl<const C: usize, N: Count<Ratio: Display> + Display> Display for ConfusionMatrix<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = || 0..C;
        let first = "precision".len().max("actual ".len().saturating_add(width(C.saturating_sub(1))));
        let counts = self.counts.as_flattened().iter().copied().chain(classes().map(|class| self.undecided(class)));
        let column = counts.map(width).fold("0.000".len().max(width(C.saturating_sub(1))), usize::max);
        let none = classes().any(|class| self.undecided(class) > N::ZERO);

        write!(f, "{:<first$}", "predicted")?;
        for class in classes() {
            write!(f, "  {class:>column$}")?;
        }
        if none {
            write!(f, "  {:>column$}", "none")?;
        }
        writeln!(f, "  recall")?;
        for (class, row) in self.counts.iter().enumerate() {
            write!(f, "actual {class:<0$}", first.saturating_sub("actual ".len()))?;
            for count in row {
                write!(f, "  {count:>column$.1}")?;
            }
            if none {
                write!(f, "  {:>column$.1}", self.undecided(class))?;
            }
            fraction(f, self.recall(class), "recall".len())?;
            writeln!(f)?;
        }
        write!(f, "{:<first$}", "precision")?;
        for class in classes() {
            fraction(f, self.precision(class), column)?;
        }
        write!(f, "\n{:<first$}", "accuracy")?;
        fraction(f, self.accuracy(), column)?;
        writeln!(f, " of {:.1}", self.total())
    }
}

/// The rows, one per line, with the recall of each; precisions and accuracy below. `None` where one is not defined.
#[cfg(feature = "defmt")]
impl<const C: usize, N: Count<Ratio: defmt::Format> + defmt::Format> defmt::Format for ConfusionMatrix<C, N> {
    fn format(&self, f: defmt::Formatter) {
        for (class, row) in self.counts.iter().enumerate() {
            defmt::write!(f, "actual {=usize}: predicted {}", class, row);
            if self.undecided(class) > N::ZERO {
                defmt::write!(f, ", none {}", self.undecided(class));
            }
            defmt::write!(f, ", recall {}\n", self.recall(class));
        }
        for class in 0..C {
            defmt::write!(f, "predicted {=usize}: precision {}\n", class, self.precision(class));
        }
        defmt::write!(f, "accuracy {} of {}", self.accuracy(), self.total());
    }
}
