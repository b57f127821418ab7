//! A quantised network among the others: it takes real numbers, and gives some.

use super::layer::Layer;
use super::values::{Quantization, Values};
use crate::architecture::Architecture;
use crate::digest::stored;
use crate::kernel;
use crate::layer::{Infer, Mode};
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::storable::{Storable, storable};
use crate::tensor::Tensor;
use crate::work::{Budget, Sizes};
use crate::zero::Zero;

/// Quantised layers, and how their inputs and outputs are quantised: a network that a [`Predictor`](crate::Predictor) runs.
///
/// Inputs are rounded to integers, and cut to the range that was seen when the network was quantised; NaN gives one of its ends. Whoever has integers calls
/// [`Layer::predict`] of the [`layers`](Network::layers), and needs no floating point.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Network<L> {
    /// How inputs are quantised.
    pub input: Quantization,
    /// The layers.
    pub layers: L,
    /// How outputs are quantised.
    pub output: Quantization,
}

impl<L: Layer> Network<L> {
    /// The memory in bytes, in RAM or in flash.
    pub const BYTES: usize = size_of::<Self>();

    /// Of these layers.
    pub const fn new(input: Quantization, layers: L, output: Quantization) -> Self {
        Self { input, layers, output }
    }
}

impl<L: Zero> Zero for Network<L> {
    const ZERO: Self = Self { input: Zero::ZERO, layers: L::ZERO, output: Zero::ZERO };
}

storable!("quantized network": [L: Storable] Network<L> { input: Quantization, layers: L, output: Quantization });

impl<L: Layer + Storable> Infer for Network<L> {
    type Scalar = f32;
    type Input = <L::Input as Values>::Real;
    type Output = <L::Output as Values>::Real;
    /// The integers of one sample.
    type Tape<const B: usize> = (L::Input, L::Output, L::Tape);
    type State = ();

    const PARAMETERS: usize = L::PARAMETERS;
    const ARCHITECTURE: Architecture = L::ARCHITECTURE;
    // A sample is one piece.
    const SIZES: Sizes = Sizes { row: L::PARAMETERS, ..Sizes::NONE };

    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[Self::Input],
        y: &mut [Self::Output],
        (inputs, outputs, tape): &mut Self::Tape<B>,
        (): &mut (),
        _: Mode,
        work: &mut W,
    ) -> f32 {
        let mut finite = -f32::ZERO;
        if let Some(now) = work.take(x.len(), L::PARAMETERS) {
            for (x, y) in W::part(x, now.clone()).iter().zip(W::part_mut(y, now)) {
                let x = x.flat();
                for (q, &x) in L::Input::all_mut(core::slice::from_mut(inputs)).iter_mut().zip(x) {
                    *q = self.input.quantized(x);
                }
                finite = finite.either(kernel::finite(x));
                self.layers.forward(inputs, outputs, tape);
                for (y, &q) in y.flat_mut().iter_mut().zip(L::Output::all(core::slice::from_ref(outputs))) {
                    *y = self.output.real(q);
                }
            }
        }
        finite
    }

    /// Integers have no tensors of real numbers.
    fn tensors(&self, _: &mut dyn FnMut(Tensor<&[f32]>)) {}

    /// Of the integers as they are stored.
    fn hash(&self, hash: u64) -> u64 {
        stored(self, hash)
    }
}
