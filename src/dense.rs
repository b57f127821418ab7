//! The dense layer: every input is joined to every output.

use core::fmt::Debug;
use core::marker::PhantomData;

use crate::activation::{self, Activation, Link, Sigmoid};
use crate::init::Init;
use crate::kernel;
use crate::layer::Layer;
use crate::optimizer::{Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// A fully connected layer with `I` inputs, `O` outputs, activation `A`, number type `T`, and biases unless `B` is
/// [`Unbiased`]: `y = A(b + x W)`.
///
/// A layer without inputs or outputs does not compile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dense<const I: usize, const O: usize, A = Sigmoid, T: Scalar = f32, B: Bias = Biased> {
    /// `weights[i][o]` joins input `i` to output `o`.
    pub weights: [[T; O]; I],
    /// One bias per output, or none.
    pub biases: B::Array<T, O>,
    activation: PhantomData<A>,
}

impl<const I: usize, const O: usize, A, T: Scalar, B: Bias> Dense<I, O, A, T, B> {
    /// A layer with these parameters, for example a network that was trained elsewhere.
    pub const fn new(weights: [[T; O]; I], biases: B::Array<T, O>) -> Self {
        const { assert!(I > 0 && O > 0, "a dense layer needs at least one input and one output") };
        Self { weights, biases, activation: PhantomData }
    }
}

impl<const I: usize, const O: usize, A, T: Scalar, B: Bias> Zero for Dense<I, O, A, T, B> {
    const ZERO: Self = Self::new(Zero::ZERO, Zero::ZERO);
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, B: Bias> Layer for Dense<I, O, A, T, B> {
    type Scalar = T;
    type Input = [T; I];
    type Output = [T; O];
    type Tape = [T; O];
    type Deltas = [T; O];
    type Slots<S: Zero> = Slots<S, I, O, B>;

    const PARAMETERS: usize = I * O + size_of::<B::Array<T, O>>() / size_of::<T>();
    const LINK: Link = A::LINK;

    // z[o] = b[o] + sum over i of x[i] w[i][o]
    #[inline(always)]
    fn linear(&self, x: &[T; I], z: &mut [T; O]) -> bool {
        kernel::forward(self.weights.as_flattened(), self.biases.as_ref(), x, z);
        // A sum that has met a NaN or an infinity never becomes finite again, so any one tells of all inputs.
        z.first().is_some_and(|z| z.is_finite())
    }

    #[inline(always)]
    fn activate(z: &mut [T; O]) {
        activation::activate::<A, T>(z);
    }

    fn output(y: &[T; O]) -> &[T; O] {
        y
    }

    fn error(deltas: &mut [T; O]) -> &mut [T; O] {
        deltas
    }

    // delta[o] = error[o] A'(z[o]);  below[i] = sum over o of delta[o] w[i][o], or as the rule has it
    #[inline(always)]
    fn back<R: Rule>(
        &self,
        y: &[T; O],
        error: &mut [T; O],
        settled: bool,
        below: Option<&mut [T; I]>,
    ) -> Result<(), StepError> {
        let derive = |error: &mut [T; O]| {
            let finite = if settled { kernel::finite(error) } else { activation::derivative::<A, T>(y, error) };
            if finite { Ok(()) } else { Err(StepError::Delta) }
        };
        if !R::RAW {
            derive(error)?;
        }
        if let Some(below) = below {
            kernel::apart(I * O, &self.weights, error, below, |weights, error, below| {
                R::send_back(weights.as_flattened(), error, below)
            })?;
        }
        if R::RAW {
            derive(error)?;
        }
        Ok(())
    }

    // dE/dw[i][o] = x[i] delta[o];  dE/db[o] = delta[o]
    #[inline(always)]
    fn update<P: Optimizer<T>>(
        &mut self,
        x: &[T; I],
        _: &[T; O],
        delta: &[T; O],
        slots: &mut Slots<P::Slot, I, O, B>,
        optimizer: &P,
    ) {
        kernel::apart(I * O, x, delta, self, |x, delta, layer| {
            let layer = Parameters {
                weights: layer.weights.as_flattened_mut(),
                weight_slots: slots.weights.as_flattened_mut(),
                biases: layer.biases.as_mut(),
                bias_slots: slots.biases.as_mut(),
            };
            optimizer.update(layer, x, delta);
        });
    }

    fn initialize(&mut self, init: &mut impl Init) {
        for weight in self.weights.as_flattened_mut() {
            *weight = init.weight(I, O);
        }
        self.biases.as_mut().fill(T::ZERO);
    }

    fn visit(&self, visit: &mut impl FnMut(&[T])) {
        visit(self.weights.as_flattened());
        visit(self.biases.as_ref());
    }
}

#[cfg(feature = "defmt")]
impl<const I: usize, const O: usize, A, T: Scalar + defmt::Format, B: Bias> defmt::Format for Dense<I, O, A, T, B> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Dense {{ weights: {}, biases: {} }}", self.weights.as_flattened(), self.biases.as_ref());
    }
}

/// What an optimiser keeps for a dense layer: an `S` for each weight and each bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slots<S: Zero, const I: usize, const O: usize, B: Bias> {
    weights: [[S; O]; I],
    biases: B::Array<S, O>,
}

impl<S: Zero, const I: usize, const O: usize, B: Bias> Zero for Slots<S, I, O, B> {
    const ZERO: Self = Self { weights: Zero::ZERO, biases: Zero::ZERO };
}

/// Whether a layer has biases: [`Biased`] or [`Unbiased`].
pub trait Bias {
    /// One `S` per output, or nothing.
    type Array<S: Zero, const O: usize>: AsRef<[S]> + AsMut<[S]> + Zero;
}

/// A layer with one bias per output.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Biased;

impl Bias for Biased {
    type Array<S: Zero, const O: usize> = [S; O];
}

/// A layer without biases.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unbiased;

impl Bias for Unbiased {
    type Array<S: Zero, const O: usize> = [S; 0];
}
