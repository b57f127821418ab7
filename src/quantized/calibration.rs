//! From a network of real numbers to one of integers, on the device.

use core::fmt;
use core::slice::{from_mut, from_ref};

use super::convert::Quantize;
use super::fixed::{Rounding, Single};
use super::network::Network;
use super::range::{MinMax, Range};
use super::values::Quantization;
use crate::kernel;
use crate::shape::Shape;
use crate::storable::storable;
use crate::zero::Zero;

/// The network `N` in integers.
pub type Quantized<N, R = Single> = Network<<N as Quantize>::Layers<R>>;

/// The ranges that a network's numbers have in some samples: what it takes to quantise the network.
///
/// All bits are zero at first, so that a `static` lies in `.bss`. Samples may come one by one, as a device sees them.
///
/// ```
/// use downhill::quantized::{Calibration, Quantized};
/// use downhill::{Dense, Predictor, Relu, Softmax, Zero};
///
/// type Net = (Dense<2, 3, Relu>, Dense<3, 2, Softmax>);
/// let network: Net = (Dense::new([[0.5, -1.0, 2.0], [1.5, 1.0, -0.7]], [0.1; 3]), Dense::new([[1.0, -2.0]; 3], [0.0; 2]));
///
/// let mut calibration = Calibration::<Net>::new();
/// for x in [[0.1, 0.9], [0.8, 0.2], [0.4, 0.4]] {
///     calibration.observe(&network, &x)?;
/// }
/// let mut quantized = Quantized::<Net>::ZERO; // often a static
/// calibration.quantize(&network, &mut quantized)?;
///
/// let [real, _] = Predictor::new(&network).predict(&[0.5, 0.3]);
/// let [found, _] = Predictor::new(&quantized).predict(&[0.5, 0.3]);
/// assert!((real - found).abs() < 0.01);
/// # Ok::<(), downhill::quantized::QuantizeError>(())
/// ```
pub struct Calibration<N: Quantize, C: Range = MinMax> {
    input: C,
    ranges: N::Ranges<C>,
}

impl<N: Quantize, C: Range> Zero for Calibration<N, C> {
    const ZERO: Self = Self { input: C::ZERO, ranges: Zero::ZERO };
}

storable!("calibration": [N: Quantize, C: Range] Calibration<N, C> { input: C, ranges: N::Ranges<C> });

impl<N: Quantize, C: Range> Calibration<N, C> {
    /// Before the first sample.
    #[must_use]
    pub const fn new() -> Self {
        Self::ZERO
    }

    /// Takes a sample into account. Takes the scratch of a prediction on the stack.
    ///
    /// # Errors
    /// [`QuantizeError::Input`] if an input is NaN or infinite; nothing has changed then. [`QuantizeError::Sum`] if a weighted sum is:
    /// those that are not were taken into account.
    pub fn observe(&mut self, network: &N, x: &N::Input) -> Result<(), QuantizeError> {
        if !kernel::finite(x.flat()).is_finite() {
            return Err(QuantizeError::Input);
        }
        x.flat().iter().for_each(|x| self.input.see(*x));
        let (mut y, mut tape) = (N::Output::ZERO, <N::Tape<1>>::ZERO);
        let finite = network.observe(from_ref(x), from_mut(&mut y), &mut tape, &mut self.ranges);
        if finite.is_finite() { Ok(()) } else { Err(QuantizeError::Sum) }
    }

    /// Writes the network in integers, in place. No other network than the one that was observed has these ranges.
    ///
    /// Ranges are those of [`Quantization::of_range`]: numbers beyond 1e11 are cut, and those below 2^-30 become 0. Weights have a scale
    /// per output. Takes some 20 operations of real numbers per weight, once.
    ///
    /// # Errors
    /// [`QuantizeError::Empty`] if there was no sample.
    pub fn quantize<R: Rounding>(&self, network: &N, quantized: &mut Quantized<N, R>) -> Result<(), QuantizeError> {
        let [low, high] = self.input.ends().ok_or(QuantizeError::Empty)?;
        quantized.input = Quantization::of_range(low, high);
        quantized.output = network.convert(quantized.input, &self.ranges, &mut quantized.layers);
        Ok(())
    }
}

impl<N: Quantize, C: Range> Default for Calibration<N, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Quantize, C: Range + fmt::Debug> fmt::Debug for Calibration<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calibration").field("input", &self.input).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<N: Quantize, C: Range + defmt::Format> defmt::Format for Calibration<N, C> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Calibration {{ input: {} }}", self.input);
    }
}

/// Writes `network` in integers to `quantized`, with the smallest and the largest numbers that it has in `samples` as ranges:
/// [`Calibration`] in one call.
///
/// # Errors
/// Those of [`Calibration::observe`] and [`Calibration::quantize`]; nothing is written then.
pub fn quantize<'a, N: Quantize, R: Rounding>(
    network: &N,
    samples: impl IntoIterator<Item = &'a N::Input>,
    quantized: &mut Quantized<N, R>,
) -> Result<(), QuantizeError> {
    let mut calibration = Calibration::<N>::new();
    for x in samples {
        calibration.observe(network, x)?;
    }
    calibration.quantize(network, quantized)
}

/// Why a network was not quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum QuantizeError {
    /// There was no sample, and so there is no range.
    Empty,
    /// An input is NaN or infinite.
    Input,
    /// A weighted sum is NaN or infinite.
    Sum,
}

impl fmt::Display for QuantizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there are no samples to take ranges from",
            Self::Input => "an input is NaN or infinite",
            Self::Sum => "a weighted sum is NaN or infinite",
        })
    }
}

impl core::error::Error for QuantizeError {}
