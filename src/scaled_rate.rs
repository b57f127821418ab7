//! Layers that learn more slowly than others: a factor for the learning rate.

use crate::architecture::Architecture;
use crate::error::StepError;
use crate::import::constant::{Import, Source, Tensors};
use crate::init::Init;
use crate::layer::inner::{back_by, forward_by, infer_as};
use crate::layer::{Infer, Layer, Pairs, Trace};
use crate::optimizer::{Collected, Optimizer, Parameters};
use crate::ratio::Ratio;
use crate::scalar::{Scalar, Zero};
use crate::storable::{Storable, layout};
use crate::tensor::Tensor;
use crate::work::{Budget, Sizes};

/// A layer, or a tuple of layers, whose learning rate is `factor` times that of the optimiser. Nothing else changes.
///
/// The lower layers of a network that was trained before are usually given a smaller rate than a new last layer: Jeremy
/// Howard and Sebastian Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018 ("discriminative
/// fine-tuning"). `PyTorch` has parameter groups for it, Caffe `lr_mult`.
///
/// ```
/// # use downhill::init::{Generator, Xavier};
/// use downhill::{Adam, CrossEntropy, Dense, Ratio, ScaledRate, Softmax, Tanh, Trainer};
///
/// // Adam's rate for the last layer, a tenth of it for the two below.
/// type Lower = (Dense<8, 16, Tanh>, Dense<16, 16, Tanh>);
/// type Net = (ScaledRate<Lower, Ratio<1, 10>>, Dense<16, 3, Softmax>);
/// let mut trainer = Trainer::<Net, CrossEntropy, Adam>::new();
/// trainer.start(Adam::new(0.01), &mut Xavier(Generator::new(1)));
/// trainer.step(&[0.5; 8], &[0.0, 1.0, 0.0])?;
/// assert_ne!(trainer.network.0.layer.0.biases, [0.0; 16]);
/// # Ok::<(), downhill::StepError>(())
/// ```
///
/// The bits are those of a separate optimiser with the product as its rate, in steps, in [pieces](crate::pieces), in
/// [`step_batch`](crate::Trainer::step_batch) and in a [`Batch`](crate::Batch); with a factor of 1 they are those of
/// the layer alone. So the factor also scales the decay of [`AdamW`](crate::AdamW), but not what is done to the
/// gradient: norms, limits, [`WeightDecay`](crate::WeightDecay). [`Rprop`](crate::Rprop) has no rate; each of its steps
/// is multiplied. The factors of nested wrappers multiply each other, and the rate of a [schedule](crate::schedule). If
/// the product underflows to 0, the parameters do not change.
///
/// `Q` is the factor: a number that may be changed at any time, `f32` or `f64`, or a [`Ratio`], which belongs to the
/// type. As with [`Dropout`](crate::Dropout), a number is 0 in `Trainer::new()`, which a step refuses
/// ([`StepError::RateFactor`]), and [`start`](crate::Trainer::start) does not change it. A factor is at most 1, so that
/// the checks of the optimiser still hold: give the optimiser the largest rate, and each layer its fraction. Instead of
/// a factor of 0, use [`Frozen`](crate::Frozen).
///
/// The [architecture](crate::Architecture), and with it a [`digest`](crate::digest), is that of the layer alone, which
/// computes the same from the same weights.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct ScaledRate<L, Q = f32> {
    /// What the learning rate is multiplied by: above 0, at most 1.
    pub factor: Q,
    /// What learns with this rate.
    pub layer: L,
}

impl<L, Q> ScaledRate<L, Q> {
    /// `layer` with `factor` (above 0, at most 1) times the learning rate.
    pub const fn new(factor: Q, layer: L) -> Self {
        Self { factor, layer }
    }
}

impl<L: Zero, Q: Zero> Zero for ScaledRate<L, Q> {
    const ZERO: Self = Self { factor: Q::ZERO, layer: L::ZERO };
}

/// With the factor of the type, or 0.
impl<S: Source, L: Import<S>, Q: Zero> Import<S> for ScaledRate<L, Q> {
    const TENSORS: Tensors = L::TENSORS;
    const VALUE: Self = Self { factor: Q::ZERO, layer: L::VALUE };
}

/// A factor of the learning rate.
pub trait Factor: Storable + Copy {
    /// The number type of the layer.
    type Scalar: Scalar;

    /// The factor, above 0, at most 1.
    fn factor(self) -> Self::Scalar;
}

impl Factor for f32 {
    type Scalar = Self;

    fn factor(self) -> Self {
        self
    }
}

impl Factor for f64 {
    type Scalar = Self;

    fn factor(self) -> Self {
        self
    }
}

/// `ScaledRate<L, Ratio<1, 10>>` learns with a tenth of the rate. A factor of 0, or above 1, does not compile:
///
/// ```compile_fail
/// use downhill::Ratio;
/// use downhill::scaled_rate::Factor;
/// Ratio::<0, 5>::default().factor();
/// ```
///
/// ```compile_fail
/// use downhill::Ratio;
/// use downhill::scaled_rate::Factor;
/// Ratio::<6, 5>::default().factor();
/// ```
impl<const NUMERATOR: usize, const DENOMINATOR: usize, T: Scalar> Factor for Ratio<NUMERATOR, DENOMINATOR, T> {
    type Scalar = T;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn factor(self) -> T {
        const { assert!(0 < NUMERATOR && NUMERATOR <= DENOMINATOR, "a factor of a rate is above 0 and at most 1") }
        Self::number()
    }
}

impl<L: Layer, Q: Factor<Scalar = L::Scalar>> Infer for ScaledRate<L, Q> {
    infer_as!(L);

    const SIZES: Sizes = L::SIZES;

    forward_by!(L, this => &this.layer);

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[L::Scalar]>)) {
        self.layer.tensors(visit);
    }

    fn hash(&self, hash: u64) -> u64 {
        self.layer.hash(hash)
    }
}

impl<L: Layer, Q: Factor<Scalar = L::Scalar>> Layer for ScaledRate<L, Q> {
    type Deltas<const B: usize> = L::Deltas<B>;
    type Slots<S: Zero> = L::Slots<S>;

    const LEARNS: bool = L::LEARNS;
    const LEARNT: Architecture = L::LEARNT;
    const SETTINGS: usize = Q::SIZE + L::SETTINGS;
    const SETTINGS_LAYOUT: u64 = layout("scaled rate", &[Q::LAYOUT, L::SETTINGS_LAYOUT]);

    back_by!(L, this => &this.layer);

    #[cfg_attr(not(unoptimized), inline(always))]
    fn check(&self) -> Result<(), StepError> {
        let factor = self.factor.factor();
        if factor > L::Scalar::ZERO && factor <= L::Scalar::ONE {
            self.layer.check()
        } else {
            Err(StepError::RateFactor)
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn gradient<const B: usize>(
        trace: Trace<'_, Self, B>,
        deltas: &L::Deltas<B>,
        bounded: bool,
        visit: &mut impl FnMut(Pairs<L::Scalar>),
    ) {
        L::gradient(trace.of(), deltas, bounded, visit);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn parameters<S: Zero, Z: Zero>(
        &mut self,
        slots: &mut L::Slots<S>,
        sums: &mut L::Slots<Z>,
        visit: &mut impl FnMut(Parameters<L::Scalar, S>, Collected<Z>),
    ) {
        self.layer.parameters(slots, sums, visit);
    }

    // rate = factor * rate
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update<P: Optimizer<L::Scalar>, W: Budget, const B: usize>(
        &mut self,
        trace: Trace<'_, Self, B>,
        deltas: &L::Deltas<B>,
        slots: &mut L::Slots<P::Slot>,
        optimizer: &P,
        scale: L::Scalar,
        work: &mut W,
    ) {
        self.layer.update(trace.of(), deltas, slots, &optimizer.scaled(self.factor.factor()), scale, work);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn apply<P: Optimizer<L::Scalar>, W: Budget>(
        &mut self,
        slots: &mut L::Slots<P::Slot>,
        sums: &mut L::Slots<P::Sum>,
        optimizer: &P,
        work: &mut W,
    ) {
        self.layer.apply(slots, sums, &optimizer.scaled(self.factor.factor()), work);
    }

    fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [L::Scalar]>)) {
        self.layer.tensors_mut(visit);
    }

    fn store_settings(&self, write: &mut impl FnMut(&[u8])) {
        self.factor.store(write);
        self.layer.store_settings(write);
    }

    fn load_settings(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.factor.load(read);
        self.layer.load_settings(read);
    }

    fn initialize(&mut self, init: &mut impl Init) {
        self.layer.initialize(init);
    }
}
