//! A network in integers.

use core::fmt;
use core::marker::PhantomData;

use super::fixed::{fixed, float, largest};
use super::function::Function;
use super::layers::Layers;
use super::whole::{self, Exponent, Whole, bits};
use crate::architecture::Architecture;
use crate::digest::stored;
use crate::init::Init;
use crate::layer::{Infer, Mode};
use crate::learnt::Learnt;
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::{Storable, layout};
use crate::tensor::Tensor;
use crate::work::Budget;

/// A network of [layers](Layers) in integers, whose activations and deltas are of type `V`, `i8` or `i16`.
///
/// Its inputs and outputs are `f32`: from their bits it takes mantissas with one exponent for all inputs, so the same on every chip, and
/// without floating point. So inputs should be of one scale. It predicts wherever an [`Infer`] does, and alone:
///
/// ```
/// use downhill::integer::{Dense, Network};
/// use downhill::{Predictor, Relu, Softmax, Zero};
///
/// type Net = Network<(Dense<4, 8, Relu>, Dense<8, 3, Softmax>)>;
/// let mut predictor = Predictor::new(Net::ZERO); // or one that was learnt
/// let y = predictor.predict(&[0.5, -1.0, 0.25, 2.0]);
/// assert_eq!(y, [0.33334351; 3]);
/// ```
pub struct Network<N, V = i8> {
    /// The layers.
    pub layers: N,
    values: PhantomData<fn() -> V>,
}

impl<N, V> Network<N, V> {
    /// A network of these layers.
    pub const fn new(layers: N) -> Self {
        Self { layers, values: PhantomData }
    }
}

impl<N: Layers, V: Whole> Network<N, V> {
    /// Draws the weights, and sets the biases to zero.
    pub fn initialize(&mut self, init: &mut impl Init) {
        self.layers.initialize(init);
    }

    /// Goes on from a network of numbers, of dense layers of the same sizes; the activations should be the same, too. Returns false if the
    /// sizes are others; some layers may be taken then.
    ///
    /// ```
    /// use downhill::init::{Generator, He};
    /// use downhill::{Infer, Layer, Predictor, Relu, Softmax, Zero, integer};
    ///
    /// let mut network = <(downhill::Dense<4, 8, Relu>, downhill::Dense<8, 3, Softmax>)>::ZERO;
    /// network.initialize(&mut He(Generator::new(1))); // or trained, or imported
    ///
    /// type Net = integer::Network<(integer::Dense<4, 8, Relu>, integer::Dense<8, 3, Softmax>)>;
    /// let mut integers = Net::ZERO;
    /// assert!(integers.take(&network));
    /// # let x = [0.5, -1.0, 0.25, 2.0];
    /// # let (a, b) = (Predictor::new(network).predict(&x), Predictor::new(integers).predict(&x));
    /// # assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.02), "{a:?} {b:?}");
    /// ```
    ///
    /// The way back, to quantise the network or to save it for Python, is a copy of its tensors, on a host:
    ///
    /// ```
    /// # use downhill::init::{Generator, He};
    /// # use downhill::{Infer, Layer, Predictor, Relu, Softmax, Zero, integer};
    /// # type Net = integer::Network<(integer::Dense<4, 8, Relu>, integer::Dense<8, 3, Softmax>)>;
    /// # let mut integers = Net::ZERO;
    /// # integers.initialize(&mut He(Generator::new(1)));
    /// let mut network = <(downhill::Dense<4, 8, Relu>, downhill::Dense<8, 3, Softmax>)>::ZERO;
    /// integers.tensors(&mut |from| {
    ///     network.tensors_mut(&mut |to| {
    ///         if to.name.is(&from.name.to_string()) {
    ///             to.data.copy_from_slice(from.data); // of the same length, as the layers have the same sizes
    ///         }
    ///     });
    /// });
    /// # let x = [0.5, -1.0, 0.25, 2.0];
    /// # let (a, b) = (Predictor::new(network).predict(&x), Predictor::new(integers).predict(&x));
    /// # assert!(a != [1.0 / 3.0; 3] && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.02), "{a:?} {b:?}");
    /// ```
    pub fn take(&mut self, network: &impl Infer<Scalar = f32>) -> bool {
        let (mut number, mut all) = (0, true);
        network.tensors(&mut |tensor| {
            all &= largest(tensor.data).is_some() && self.layers.take(number, tensor.role, tensor.shape, tensor.data);
            number += 1;
        });
        all && network_parameters(network) == N::PARAMETERS
    }

    /// Takes inputs; returns their exponent, or `None` if one is not finite.
    pub(super) fn inputs(x: &N::Input, values: &mut N::Inputs<V>) -> Option<Exponent> {
        let x = x.flat();
        let top = largest(x)?;
        let bits = const { bits(V::BITS, N::Input::LENGTH) };
        // The largest magnitude lies from 2^(power - 127) to below twice that.
        let power = whole::exponent(top >> 23);
        let exponent = (bits + 126 - power).min(bits);
        let most = (1 << bits) - 1;
        for (value, &x) in values.as_mut().iter_mut().zip(x) {
            *value = V::of(fixed(x, exponent).clamp(-most, most));
        }
        Some(exponent)
    }

    /// The outputs in the last part of the tape; returns their exponent.
    pub(super) fn outputs(&self, values: &N::Inputs<V>, exponent: Exponent, tape: &mut N::Tape<V>) -> Exponent {
        let exponent = self.layers.forward(values.as_ref(), exponent, tape);
        N::Last::output(N::last(tape), exponent)
    }

    /// Outputs as numbers. Returns 0, or NaN if the inputs were not finite.
    pub(super) fn predict_into(
        &self,
        x: &N::Input,
        y: &mut N::Output,
        values: &mut N::Inputs<V>,
        tape: &mut N::Tape<V>,
    ) -> f32 {
        let Some(exponent) = Self::inputs(x, values) else {
            y.flat_mut().fill(f32::NAN);
            return f32::NAN;
        };
        let exponent = self.outputs(values, exponent, tape);
        numbers(N::last(tape), exponent, y.flat_mut());
        0.0
    }
}

fn network_parameters<N: Infer>(_: &N) -> usize {
    N::PARAMETERS
}

/// Outputs as numbers.
pub(super) fn numbers(outputs: &[i32], exponent: Exponent, y: &mut [f32]) {
    for (y, &output) in y.iter_mut().zip(outputs) {
        *y = float(output, exponent);
    }
}

// Derived, these would ask the same of `V`, of which the network has no value.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<N: Copy, V> Clone for Network<N, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N: Copy, V> Copy for Network<N, V> {}

impl<N: PartialEq, V> PartialEq for Network<N, V> {
    fn eq(&self, other: &Self) -> bool {
        self.layers == other.layers
    }
}

impl<N: fmt::Debug, V: Whole> fmt::Debug for Network<N, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "integer::Network<{}>", V::NAME)?;
        self.layers.fmt(f)
    }
}

#[cfg(feature = "defmt")]
impl<N: defmt::Format, V: Whole> defmt::Format for Network<N, V> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "integer::Network<{}>({})", V::NAME, self.layers);
    }
}

impl<N: Zero, V> Zero for Network<N, V> {
    const ZERO: Self = Self::new(N::ZERO);
}

impl<N: Layers, V: Whole> Infer for Network<N, V> {
    type Scalar = f32;
    type Input = N::Input;
    type Output = N::Output;
    /// The inputs in integers, and what the layers leave.
    type Tape<const B: usize> = (N::Inputs<V>, N::Tape<V>);
    type State = ();

    const PARAMETERS: usize = N::PARAMETERS;
    const ARCHITECTURE: Architecture = Architecture::layer(&["integers", V::NAME], &[]).then(N::ARCHITECTURE);

    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[N::Input],
        y: &mut [N::Output],
        (values, tape): &mut Self::Tape<B>,
        (): &mut (),
        _: Mode,
        work: &mut W,
    ) -> f32 {
        let mut finite = -f32::ZERO;
        // An integer MAC is cheaper than one of floating point: the sample is a single piece.
        if work.one(x.len().saturating_mul(N::PARAMETERS)) {
            for (x, y) in x.iter().zip(y) {
                finite = finite.either(self.predict_into(x, y, values, tape));
            }
        }
        finite
    }

    /// Each tensor as `f32` on the stack, one after the other.
    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[f32]>)) {
        self.layers.tensors(visit);
    }

    /// Of the integers as they are stored.
    fn hash(&self, hash: u64) -> u64 {
        stored(&self.layers, hash)
    }
}

impl<N: Layers, V: Whole> Learnt for Network<N, V> {
    const BYTES: usize = N::SIZE;
    const LAYOUTS: [u64; 2] = [layout("integers", &[layout(V::NAME, &[]), N::LAYOUT]), 0];

    fn store_learnt(&self, write: &mut impl FnMut(&[u8])) {
        self.layers.store(write);
    }

    fn load_learnt(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.layers.load(read);
    }
}

impl<N: Layers, V: Whole> Storable for Network<N, V> {
    const SIZE: usize = Self::BYTES;
    const LAYOUT: u64 = {
        let [parameters, _] = Self::LAYOUTS;
        parameters
    };

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.layers.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.layers.load(read);
    }
}
