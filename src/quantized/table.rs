//! Activations of one input, as a table.

use core::array::from_fn;
use core::fmt::{self, Debug};

use super::layer::Layer;
use super::values::{Quantization, clamped, rounded};
use crate::architecture::Architecture;
use crate::math::functions::Math;
use crate::storable::storable;
use crate::zero::Zero;

/// A function of each of `N` values, looked up: each of the 256 outputs is the integer nearest to the exact one. It takes 256 bytes in each
/// layer of `Sigmoid` or `Tanh`, where a `Relu` takes none.
///
/// ```
/// use downhill::quantized::{Layer, Quantization, Table};
///
/// const X: Quantization = Quantization::new(0.05, 0);
/// let sigmoid = Table::<2>::sigmoid(X);
/// assert_eq!(sigmoid.predict(&[0, 40]), [0, 97]); // 1/2, and the nearest to the sigmoid of 2
/// assert_eq!(Quantization::UNIT.real(97), 225.0 / 256.0); // 0.8789, where the sigmoid of 2 is 0.8808
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Table<const N: usize> {
    /// For 0, 1, ..., 127, -128, ..., -1.
    entries: [i8; 256],
}

impl<const N: usize> Table<N> {
    /// The function `f`, from inputs quantised as `x` to outputs as `y`; halves go away from 0, and NaN gives what stands for 0.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // a byte for each entry
    pub fn new(x: Quantization, y: Quantization, f: impl Fn(f64) -> f64) -> Self {
        Self {
            entries: from_fn(|byte| {
                let steps = i32::from(byte as u8 as i8) - i32::from(x.zero_point());
                let z = f(f64::from(x.scale()) * f64::from(steps)) / f64::from(y.scale());
                shifted(z, y.zero_point())
            }),
        }
    }

    /// The outputs for the inputs -128, -127, ..., 127.
    #[must_use]
    pub const fn of_outputs(outputs: [i8; 256]) -> Self {
        let mut entries = [0; 256];
        let (halves, entries_halves) = (outputs.as_chunks::<128>().0, entries.as_chunks_mut::<128>().0);
        if let ([negative, others], [first, second]) = (halves, entries_halves) {
            (*first, *second) = (*others, *negative);
        }
        Self { entries }
    }

    /// `1 / (1 + e^-x)`. The outputs are [`Quantization::UNIT`].
    #[must_use]
    pub fn sigmoid(x: Quantization) -> Self {
        Self::new(x, Quantization::UNIT, |x| 1.0 / (1.0 + Math::exp(-x)))
    }

    /// The hyperbolic tangent. The outputs are [`Quantization::SIGNED_UNIT`].
    #[must_use]
    pub fn tanh(x: Quantization) -> Self {
        Self::new(x, Quantization::SIGNED_UNIT, Math::tanh)
    }
}

/// `z`, rounded, and the zero point.
fn shifted(z: f64, zero_point: i8) -> i8 {
    // Rounded before the sum, so that halves of negative numbers go away from 0, too.
    clamped(rounded(z).saturating_add(zero_point.into()))
}

impl<const N: usize> Layer for Table<N> {
    type Input = [i8; N];
    type Output = [i8; N];
    type Tape = ();

    const PARAMETERS: usize = 0;
    const ARCHITECTURE: Architecture = Architecture::layer(&["quantized table"], &[N]);

    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward(&self, x: &[i8; N], y: &mut [i8; N], (): &mut ()) {
        for (y, &x) in y.iter_mut().zip(x) {
            // There is an entry for every byte.
            *y = self.entries.get(usize::from(x.cast_unsigned())).copied().unwrap_or_default();
        }
    }
}

impl<const N: usize> Zero for Table<N> {
    const ZERO: Self = Self { entries: [0; 256] };
}

storable!("quantized table": [const N: usize] Table<N> { entries: [i8; 256] });

/// The size, not the entries.
impl<const N: usize> Debug for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({N})")
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Table<N> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Table({})", N);
    }
}
