//! Dropout: a layer that, while a network learns, forgets some of its inputs.

use crate::activation::Link;
use crate::architecture::Architecture;
use crate::error::StepError;
use crate::import::constant::{Import, Source, Tensors};
use crate::init::{Generator, Random};
use crate::layer::{Infer, Layer, Mode, Pairs, Trace};
use crate::optimizer::{Collected, Parameters};
pub use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, layout, storable};
use crate::tensor::Tensor;
use crate::work::{Budget, DROPOUT};

/// Sets each of its `N` inputs to 0 with the probability [`rate`](Dropout::rate) during a training step, and multiplies
/// the others by 1 / (1 - rate), so that the mean stays: the network can't rely on any one of them. A prediction passes
/// all of them on as they are.
///
/// Nitish Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014, with the
/// scaling at training ("inverted"). The tutorial's version does not rescale: its network answers with other sums than
/// it has learnt with.
///
/// `Q` is the rate: a number that may be changed at any time, `f32` or `f64`, or a [`Ratio`], which belongs to the type.
///
/// One seed decides weights and masks: that of [`Trainer::start`](crate::Trainer::start), of a [`Fit`](crate::Fit), or of
/// [`Trainer::seed`](crate::Trainer::seed), whichever was last. The generator's state lies in the trainer, with the
/// outputs.
///
/// ```
/// use downhill::dropout::Ratio;
/// use downhill::init::{Generator, He};
/// use downhill::{CrossEntropy, Dense, Dropout, Relu, Sgd, Softmax, Trainer};
///
/// type Net = (Dense<4, 16, Relu>, Dropout<16, Ratio<1, 5>>, Dense<16, 3, Softmax>);
/// let mut trainer = Trainer::<Net, CrossEntropy, Sgd>::new();
/// trainer.start(Sgd::new(0.1), &mut He(Generator::new(1)));
/// trainer.step(&[0.1, 0.2, 0.3, 0.4], &[1.0, 0.0, 0.0]).unwrap();
/// ```
///
/// With a number, the rate of `Trainer::new()` is 0, and stays as it is set in spite of `start`:
///
/// ```
/// # use downhill::init::{Generator, He};
/// # use downhill::{CrossEntropy, Dense, Dropout, Relu, Sgd, Softmax, Trainer};
/// # type Net = (Dense<4, 16, Relu>, Dropout<16>, Dense<16, 3, Softmax>);
/// # let mut trainer = Trainer::<Net, CrossEntropy, Sgd>::new();
/// trainer.network.1.rate = 0.2;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Dropout<const N: usize, Q = f32> {
    /// The probability of dropping an input: from 0, which drops none, to below 1.
    pub rate: Q,
}

impl<const N: usize, Q> Dropout<N, Q> {
    /// A layer that drops with this probability, from 0 to below 1.
    pub const fn new(rate: Q) -> Self {
        Self { rate }
    }
}

impl<const N: usize, Q: Zero> Zero for Dropout<N, Q> {
    const ZERO: Self = Self { rate: Q::ZERO };
}

/// With the rate of the type, or 0.
impl<S: Source, const N: usize, Q: Zero> Import<S> for Dropout<N, Q> {
    const TENSORS: Tensors = Tensors::NONE;
    const VALUE: Self = Self::ZERO;
}

/// The probability of dropping an input.
pub trait Rate: Storable + Copy {
    /// The number type of the layer.
    type Scalar: Scalar;

    /// The probability, from 0 to below 1.
    fn probability(self) -> Self::Scalar;
}

impl Rate for f32 {
    type Scalar = Self;

    fn probability(self) -> Self {
        self
    }
}

impl Rate for f64 {
    type Scalar = Self;

    fn probability(self) -> Self {
        self
    }
}

/// `Dropout<16, Ratio<1, 5>>` drops one of five inputs. A rate of 1 or more does not compile:
///
/// ```compile_fail
/// use downhill::dropout::{Rate, Ratio};
/// Ratio::<5, 5>::default().probability();
/// ```
impl<const NUMERATOR: usize, const DENOMINATOR: usize, T: Scalar> Rate for Ratio<NUMERATOR, DENOMINATOR, T> {
    type Scalar = T;

    fn probability(self) -> T {
        const { assert!(NUMERATOR < DENOMINATOR, "a rate of dropout is below 1") }
        Self::number()
    }
}

impl<const N: usize, T: Scalar, Q: Rate<Scalar = T>> Dropout<N, Q> {
    /// What to multiply with: one factor per call, from the next number of the generator.
    pub(crate) fn mask(self, random: &mut Generator) -> T {
        let rate = self.rate.probability();
        // From -1 to below 1: below 2 rate - 1 with the probability `rate`.
        let threshold = rate + rate - T::ONE;
        if T::from_f32(random.signed_unit()) < threshold { T::ZERO } else { T::ONE / (T::ONE - rate) }
    }
}

impl<const N: usize, T: Scalar, Q: Rate<Scalar = T>> Infer for Dropout<N, Q> {
    type Scalar = T;
    type Input = [T; N];
    type Output = [T; N];
    /// The generator before the masks of the last pass.
    type Tape<const B: usize> = Generator;
    /// The generator after them.
    type State = MaskGenerator;

    const PARAMETERS: usize = 0;
    const ARCHITECTURE: Architecture = Architecture::NONE;
    const LINK: Link = Link::Identity;

    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[[T; N]],
        y: &mut [[T; N]],
        before: &mut Generator,
        MaskGenerator { random, .. }: &mut MaskGenerator,
        mode: Mode,
        work: &mut W,
    ) -> T {
        let (x, y) = (x.as_flattened(), y.as_flattened_mut());
        if let Some(elements) = work.take(y.len(), DROPOUT) {
            if mode == Mode::Train && elements.start == 0 {
                *before = *random;
            }
            for (y, &x) in W::part_mut(y, elements.clone()).iter_mut().zip(W::part(x, elements)) {
                *y = if mode == Mode::Train { x * self.mask(random) } else { x };
            }
        }
        -T::ZERO
    }

    /// What has become infinite shows in the layer above, or in the loss.
    fn activate<W: Budget>(_: &mut [[T; N]], _: &mut W) -> T {
        -T::ZERO
    }

    fn tensors(&self, _: &mut dyn FnMut(Tensor<&[T]>)) {}
}

impl<const N: usize, T: Scalar, Q: Rate<Scalar = T>> Layer for Dropout<N, Q> {
    type Deltas<const B: usize> = ();
    type Slots<S: Zero> = ();

    const SETTINGS: usize = Q::SIZE;
    const SETTINGS_LAYOUT: u64 = layout("dropout", &[Q::LAYOUT]);

    fn check(&self) -> Result<(), StepError> {
        let rate = self.rate.probability();
        if rate >= T::ZERO && rate < T::ONE { Ok(()) } else { Err(StepError::Dropout) }
    }

    /// What is too large shows in the layer below.
    fn derive<W: Budget>(_: &[[T; N]], _: &mut [[T; N]], _: &mut W) -> T {
        -T::ZERO
    }

    // dE/dx = dE/dy mask: the same numbers once more
    fn back<R: Rule, W: Budget, const B: usize>(
        &self,
        trace: Trace<'_, Self, B>,
        (): &mut (),
        below: Option<&mut [[T; N]]>,
        work: &mut W,
    ) -> Result<T, StepError> {
        let Some(below) = below else { return Ok(-T::ZERO) };
        let errors = trace.errors.as_flattened();
        if let Some(elements) = work.take(errors.len(), DROPOUT) {
            let mut random = trace.tape.after(elements.start);
            let below = W::part_mut(below.as_flattened_mut(), elements.clone());
            for (below, &error) in below.iter_mut().zip(W::part(errors, elements)) {
                *below = error * self.mask(&mut random);
            }
        }
        Ok(-T::ZERO)
    }

    fn gradient<const B: usize>(_: Trace<'_, Self, B>, (): &(), _: bool, _: &mut impl FnMut(Pairs<T>)) {}

    fn parameters<S: Zero, Z: Zero>(
        &mut self,
        (): &mut (),
        (): &mut (),
        _: &mut impl FnMut(Parameters<T, S>, Collected<Z>),
    ) {
    }

    fn tensors_mut(&mut self, _: &mut dyn FnMut(Tensor<&mut [T]>)) {}

    fn store_settings(&self, write: &mut impl FnMut(&[u8])) {
        self.rate.store(write);
    }

    fn load_settings(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.rate.load(read);
    }

    fn seed(state: &mut MaskGenerator, seeds: &mut impl FnMut() -> u32) {
        *state = MaskGenerator { random: Generator::new(seeds()), seeded: true };
    }

    fn is_seeded(state: &MaskGenerator) -> bool {
        state.seeded
    }

    fn rewind<const B: usize>(state: &mut MaskGenerator, before: &Generator) {
        state.random = *before;
    }
}

/// What the masks of a [`Dropout`] are drawn from, and whether it was seeded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct MaskGenerator {
    random: Generator,
    seeded: bool,
}

impl Zero for MaskGenerator {
    const ZERO: Self = Self { random: Generator::ZERO, seeded: false };
}

storable!("mask generator": [] MaskGenerator { random: Generator, seeded: bool });
