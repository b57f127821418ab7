//! A network in integers, and what it takes to train it.

use core::fmt;
use core::marker::PhantomData;

use super::fixed::shifted;
use super::function::Function;
use super::layers::Layers;
use super::network::{Network, numbers};
use super::objective::{Cost, Objective, Target};
use super::rate::{Rate, Step};
use super::rounding::{Nearest, Rounding};
use super::whole::{Exponent, Whole, bits, number};
use crate::error::StepError;
use crate::init::Init;
use crate::scalar::Zero;
use crate::shape::Shape;
use crate::storable::{Storable, layout};

/// Trains a network of the [layers](Layers) `N` to minimise the loss `L`, sample by sample, without floating point; see the
/// [module](super).
///
/// `R` is how updates are [rounded](Rounding), `V` the type of activations and deltas, `i8` or `i16`. All zero bits: it lies in `.bss`.
pub struct Trainer<N: Layers, L, R = Nearest, V: Whole = i8> {
    /// What is trained.
    pub network: Network<N, V>,
    /// The learning rate.
    pub rate: Rate,
    /// How updates are rounded.
    pub rounding: R,
    inputs: N::Inputs<V>,
    tape: N::Tape<V>,
    loss: PhantomData<fn() -> L>,
}

impl<N: Layers, L, R: Rounding, V: Whole> Trainer<N, L, R, V> {
    /// With all bits zero: to be [started](Trainer::start).
    pub const fn new() -> Self {
        Self {
            network: Zero::ZERO,
            rate: Zero::ZERO,
            rounding: Zero::ZERO,
            inputs: Zero::ZERO,
            tape: Zero::ZERO,
            loss: PhantomData,
        }
    }

    /// Draws the weights and a seed for the rounding, and sets the learning rate. Drawing takes floating point, if only in software.
    // With the bound at the `impl`, the compiler would not say which losses there are.
    pub fn start(&mut self, rate: Rate, init: &mut impl Init)
    where
        L: Objective<N::Last>,
    {
        self.network.initialize(init);
        self.rounding.seed(init.seed());
        self.rate = rate;
    }
}

impl<N: Layers, L: Objective<N::Last>, R: Rounding, V: Whole> Trainer<N, L, R, V> {
    /// Learns from a sample, and returns its loss before that.
    ///
    /// # Errors
    /// Inputs that are not finite, targets that are not finite or outside of 0 to 1 for a cross-entropy, a loss above the range of `f32`, or
    /// no learning rate. Nothing is changed then.
    pub fn step(&mut self, x: &N::Input, target: &N::Output) -> Result<f32, StepError> {
        let step = self.sound_rate()?;
        self.step_from(x, target, Some(step), None)
    }

    /// [`step`](Trainer::step) from a sample that counts `weight` times as much: its rate is that many times as high, and so is the loss
    /// that is returned.
    ///
    /// # Errors
    /// As those of a step; and a weight that is negative or not finite, or makes the loss infinite.
    pub fn step_weighted(&mut self, x: &N::Input, target: &N::Output, weight: f32) -> Result<f32, StepError> {
        self.sound_rate()?;
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(StepError::Weight);
        }
        self.step_from(x, target, self.rate.weighted(weight), Some(weight))
    }

    /// The rate is `None` where the sample does not count.
    fn step_from(
        &mut self,
        x: &N::Input,
        target: &N::Output,
        step: Option<Step>,
        weight: Option<f32>,
    ) -> Result<f32, StepError> {
        let exponent = self.accept(x, target)?;
        let target = Target::Values(target.flat());
        let (loss, own) = self.evaluated(exponent, target);
        let loss = loss.get();
        let loss = finite(weight.map_or(loss, |weight| loss * weight))?;
        if let Some(step) = step {
            self.back(exponent, own, target, step);
        }
        Ok(loss)
    }

    /// [`step`](Trainer::step) from inputs that are integers already, `x / 2^exponent`, and the class that they belong to, which has the
    /// target 1, the others 0; a single output has the target 0 for class 0 and 1 for class 1. No floating point at all. `exponent` is from -100 to the bits of an input ([`INPUT_BITS`](Trainer::INPUT_BITS)); inputs
    /// of more bits are cut.
    ///
    /// # Errors
    /// As those of a step; a class that is none is [`StepError::Target`], another exponent [`StepError::Input`].
    pub fn step_integers(&mut self, x: &N::Inputs<V>, exponent: i32, class: usize) -> Result<Cost, StepError> {
        let step = self.sound_rate()?;
        let target = Target::class(class, N::Output::LENGTH);
        if !target.is_sound::<N::Last, L>() {
            return Err(StepError::Target);
        }
        let exponent = self.accept_integers(x, exponent).ok_or(StepError::Input)?;
        let (loss, own) = self.evaluated(exponent, target);
        self.back(exponent, own, target, step);
        Ok(loss)
    }

    /// The loss of a sample; the outputs are those of the sample then.
    ///
    /// # Errors
    /// As those of a step, but for the rate.
    pub fn loss(&mut self, x: &N::Input, target: &N::Output) -> Result<f32, StepError> {
        let exponent = self.accept(x, target)?;
        finite(self.evaluated(exponent, Target::Values(target.flat())).0.get())
    }

    /// Outputs and loss of a network, which may be another one.
    pub(super) fn evaluate_by(
        &mut self,
        network: Option<&Network<N, V>>,
        x: &N::Input,
        target: &N::Output,
    ) -> Result<(f32, N::Output), StepError> {
        let exponent = self.accept(x, target)?;
        let network = network.unwrap_or(&self.network);
        let exponent = network.layers.forward(self.inputs.as_ref(), exponent, &mut self.tape);
        let (loss, exponent) = L::outputs(N::last(&mut self.tape), exponent, Target::Values(target.flat()));
        let loss = finite(loss.get())?;
        let mut y = N::Output::ZERO;
        numbers(N::last(&mut self.tape), exponent, y.flat_mut());
        Ok((loss, y))
    }

    fn sound_rate(&self) -> Result<Step, StepError> {
        if self.rate.is_sound() { Ok(self.rate.step()) } else { Err(StepError::LearningRate) }
    }

    /// Takes the inputs, if they and the targets are sound.
    fn accept(&mut self, x: &N::Input, target: &N::Output) -> Result<Exponent, StepError> {
        let exponent = Network::<N, V>::inputs(x, &mut self.inputs).ok_or(StepError::Input)?;
        let sound = Target::Values(target.flat()).is_sound::<N::Last, L>();
        if sound { Ok(exponent) } else { Err(StepError::Target) }
    }

    /// The loss, the outputs in the tape, and their exponent.
    fn evaluated(&mut self, exponent: Exponent, target: Target) -> (Cost, Exponent) {
        let exponent = self.network.layers.forward(self.inputs.as_ref(), exponent, &mut self.tape);
        L::outputs(N::last(&mut self.tape), exponent, target)
    }

    fn back(&mut self, exponent: Exponent, own: Exponent, target: Target, step: Step) {
        let Self { network, rounding, inputs, tape, .. } = self;
        let errors = L::errors(N::last(tape), own, target);
        network.layers.back((inputs.as_ref(), exponent), tape, errors, step, rounding);
    }
}

/// A loss within the range of `f32`.
fn finite(loss: f32) -> Result<f32, StepError> {
    if loss.is_finite() { Ok(loss) } else { Err(StepError::Loss) }
}

impl<N: Layers, L, R: Rounding, V: Whole> Trainer<N, L, R, V> {
    /// The bits of an input, without the sign: 7, or up to 15 where `V` has 16 and there are few inputs.
    pub const INPUT_BITS: u32 = number(bits(V::BITS, N::Input::LENGTH)).cast_unsigned();

    /// The outputs for the inputs `x`: NaN, if an input is not finite.
    pub fn predict(&mut self, x: &N::Input) -> N::Output {
        let mut y = N::Output::ZERO;
        let Self { network, inputs, tape, .. } = self;
        let _ = network.predict_into(x, &mut y, inputs, tape);
        y
    }

    /// The class of the largest weighted sum, the first of equal ones, or, of a single output, 1 if it is a half or more, else 0. Inputs are those
    /// of [`step_integers`](Trainer::step_integers); `None` for an exponent that it refuses.
    pub fn class_of_integers(&mut self, x: &N::Inputs<V>, exponent: i32) -> Option<usize> {
        let exponent = self.accept_integers(x, exponent)?;
        let Self { network, inputs, tape, .. } = self;
        // The largest weighted sum is that of the largest output, or of one of them where several are rounded or rectified to the same.
        let exponent = network.layers.forward(inputs.as_ref(), exponent, tape);
        if N::Output::LENGTH == 1 {
            let exponent = N::Last::output(N::last(tape), exponent);
            let half = shifted(1, 1 - exponent).max(1);
            return N::last(tape).first().map(|&output| (output >= half).into());
        }
        let mut best = None;
        for (class, &sum) in N::last(tape).iter().enumerate() {
            if best.is_none_or(|(_, top)| sum > top) {
                best = Some((class, sum));
            }
        }
        best.map(|(class, _)| class)
    }

    fn accept_integers(&mut self, x: &N::Inputs<V>, exponent: i32) -> Option<Exponent> {
        let most = (1 << Self::INPUT_BITS) - 1;
        for (own, &x) in self.inputs.as_mut().iter_mut().zip(x.as_ref()) {
            *own = V::of(x.into().clamp(-most, most));
        }
        (-100..=Self::INPUT_BITS.cast_signed()).contains(&exponent).then_some(exponent as Exponent)
    }

    /// The outputs of another network.
    pub(super) fn predict_by(&mut self, network: &Network<N, V>, x: &N::Input) -> N::Output {
        let mut y = N::Output::ZERO;
        let _ = network.predict_into(x, &mut y, &mut self.inputs, &mut self.tape);
        y
    }
}

impl<N: Layers, L, R: Rounding, V: Whole> Zero for Trainer<N, L, R, V> {
    const ZERO: Self = Self::new();
}

impl<N: Layers, L, R: Rounding, V: Whole> Default for Trainer<N, L, R, V> {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(clippy::expl_impl_clone_on_copy)]
impl<N: Layers, L, R: Rounding, V: Whole> Clone for Trainer<N, L, R, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N: Layers, L, R: Rounding, V: Whole> Copy for Trainer<N, L, R, V> {}

impl<N: Layers + fmt::Debug, L, R: fmt::Debug, V: Whole> fmt::Debug for Trainer<N, L, R, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("integer::Trainer")
            .field("network", &self.network)
            .field("rate", &self.rate)
            .field("rounding", &self.rounding)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<N: Layers + defmt::Format, L, R: defmt::Format, V: Whole> defmt::Format for Trainer<N, L, R, V> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(
            f,
            "integer::Trainer {{ network: {}, rate: {}, rounding: {} }}",
            self.network,
            self.rate,
            self.rounding
        );
    }
}

/// The parameters, the learning rate, and the generator of the rounding: a trainer that reads them goes on as the one that wrote them, with
/// the same bits. As a checkpoint, a [`Value`](crate::checkpoint::Value) of it.
impl<N: Layers, L, R: Rounding, V: Whole> Storable for Trainer<N, L, R, V> {
    const SIZE: usize = Network::<N, V>::SIZE + Rate::SIZE + R::SIZE;
    const LAYOUT: u64 = layout("integer trainer", &[Network::<N, V>::LAYOUT, Rate::LAYOUT, R::LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.network.store(write);
        self.rate.store(write);
        self.rounding.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.network.load(read);
        self.rate.load(read);
        self.rounding.load(read);
    }
}
