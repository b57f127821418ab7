//! Layers that don't learn, or only in part: for them no slot is kept, and no gradient computed.
//!
//! Weights that were learnt elsewhere stay where they are, in flash for example. [`Frozen`] around a reference to a
//! layer or a network never changes; the last layers of a network learn on top of it, or with [`BiasOnly`] its biases
//! alone:
//!
//! ```
//! use downhill::{BiasOnly, Dense, Frozen, Momentum, SquaredError, Trainer};
//!
//! static FEATURES: Dense<64, 32> = Dense::new([[0.01; 32]; 64], [0.0; 32]); // learnt elsewhere
//! static CLASSES: Dense<32, 10> = Dense::new([[0.1; 10]; 32], [0.0; 10]);
//!
//! // The last layer learns.
//! type Last = (Frozen<&'static Dense<64, 32>>, Dense<32, 10>);
//! let network = (Frozen(&FEATURES), CLASSES);
//! let mut trainer = Trainer::<Last, SquaredError, Momentum>::new(network, Momentum::new(0.01, 0.9));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! assert!(size_of_val(&trainer) < 3000); // 19,624 if both did
//!
//! // Ten biases learn.
//! type Biases = (Frozen<&'static Dense<64, 32>>, BiasOnly<&'static Dense<32, 10>>);
//! let network = (Frozen(&FEATURES), BiasOnly::new(&CLASSES));
//! let mut trainer = Trainer::<Biases, SquaredError, Momentum>::new(network, Momentum::new(0.01, 0.9));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! assert!(size_of_val(&trainer) < 500);
//! ```
//!
//! # As a `static` in .bss
//!
//! A reference is an address, so a `static` trainer that holds one lies in .data, and all of its initial value, zeros
//! too, takes flash. A type of its own that [`Deref`]s to the layer has no bytes at all. It is [`Zero`], and so is
//! the trainer:
//!
//! ```
//! use core::ops::Deref;
//! use std::sync::Mutex; // on a chip: static_cell::ConstStaticCell, or a mutex of critical sections
//! use downhill::{BiasOnly, Dense, Frozen, Momentum, SquaredError, Trainer, Zero};
//! # use downhill::init::{Generator, TruncatedNormal};
//!
//! static FEATURES: Dense<64, 32> = Dense::new([[0.01; 32]; 64], [0.0; 32]);
//!
//! #[derive(Clone, Copy)]
//! struct Features;
//!
//! impl Deref for Features {
//!     type Target = Dense<64, 32>;
//!     fn deref(&self) -> &Dense<64, 32> {
//!         &FEATURES
//!     }
//! }
//!
//! impl Zero for Features {
//!     const ZERO: Self = Self;
//! }
//!
//! type Last = (Frozen<Features>, Dense<32, 10>);
//! static TRAINER: Mutex<Trainer<Last, SquaredError, Momentum>> = Mutex::new(Trainer::ZERO);
//!
//! let mut trainer = TRAINER.lock().unwrap();
//! // New weights for the last layer. `start_from(&network, ..)` copies what was learnt elsewhere.
//! trainer.start(Momentum::new(0.01, 0.9), &mut TruncatedNormal(Generator::new(1)));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! ```

use core::fmt;
use core::ops::Deref;

use crate::activation::{Activation, Link};
use crate::architecture::Architecture;
use crate::dense::{self, Dense};
use crate::error::StepError;
use crate::init::Init;
use crate::layer::{Factors, Layer, Mode, first, first_mut};
use crate::optimizer::{self, Collected, Gradient, Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::work::{Budget, Sizes};

/// A layer or a network that never changes: it computes, and sends errors back to what learns below it.
///
/// `D` is what leads to it: a reference `&'static L`, a type without bytes that names a `static` (see the
/// [module](self)), or on a host an `Arc<L>` that several trainers share.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Frozen<D>(pub D);

impl<D: Zero> Zero for Frozen<D> {
    const ZERO: Self = Self(D::ZERO);
}

impl<L: Layer, D: Deref<Target = L>> Layer for Frozen<D> {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;
    type Tape<const N: usize> = L::Tape<N>;
    type Deltas<const N: usize> = L::Deltas<N>;
    type Slots<S: Zero> = ();

    const PARAMETERS: usize = L::PARAMETERS;
    const LEARNS: bool = false;
    const LINK: Link = L::LINK;
    const SIZES: Sizes = Sizes { learns: 0, vectors: 0, ..L::SIZES };
    const BOUNDED: bool = L::BOUNDED;
    const ARCHITECTURE: Architecture = L::ARCHITECTURE;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn check(&self) -> Result<(), StepError> {
        L::check(&self.0)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear<W: Budget, const N: usize>(
        &self,
        x: &[L::Input],
        tape: &mut L::Tape<N>,
        mode: Mode,
        work: &mut W,
    ) -> L::Scalar {
        L::linear(&self.0, x, tape, mode, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<W: Budget, const N: usize>(tape: &mut L::Tape<N>, samples: usize, work: &mut W) -> L::Scalar {
        L::activate(tape, samples, work)
    }

    fn outputs<const N: usize>(tape: &L::Tape<N>) -> &[L::Output; N] {
        L::outputs(tape)
    }

    fn errors<const N: usize>(deltas: &mut L::Deltas<N>) -> &mut [L::Output; N] {
        L::errors(deltas)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back<R: Rule, W: Budget, const N: usize>(
        &self,
        tape: &L::Tape<N>,
        deltas: &mut L::Deltas<N>,
        samples: usize,
        settled: bool,
        below: Option<&mut [L::Input; N]>,
        work: &mut W,
    ) -> Result<L::Scalar, StepError> {
        L::back::<R, W, N>(&self.0, tape, deltas, samples, settled, below, work)
    }

    fn update<P: Optimizer<L::Scalar>, W: Budget, const N: usize>(
        &mut self,
        _: &[L::Input],
        _: &L::Tape<N>,
        _: &L::Deltas<N>,
        (): &mut (),
        _: &P,
        _: L::Scalar,
        _: &mut W,
    ) {
    }

    fn apply<P: Optimizer<L::Scalar>, W: Budget>(&mut self, (): &mut (), (): &mut (), _: &P, _: &mut W) {}

    fn gradient<const N: usize>(
        _: &[L::Input],
        _: &L::Tape<N>,
        _: &L::Deltas<N>,
        _: bool,
        _: &mut impl FnMut(Factors<L::Scalar>),
    ) {
    }

    fn scale<const N: usize>(_: &mut L::Deltas<N>, _: usize, _: L::Scalar) {}

    fn initialize(&mut self, _: &mut impl Init) {}

    fn seed<const N: usize>(tape: &mut L::Tape<N>, seeds: &mut impl FnMut() -> u32) {
        L::seed(tape, seeds);
    }

    fn rewind<const N: usize>(tape: &mut L::Tape<N>) {
        L::rewind(tape);
    }

    fn is_seeded<const N: usize>(tape: &L::Tape<N>) -> bool {
        L::is_seeded(tape)
    }

    fn visit(&self, visit: &mut impl FnMut(&[L::Scalar])) {
        L::visit(&self.0, visit);
    }

    fn visit_mut<S: Zero>(&mut self, (): &mut (), _: &mut impl FnMut(Parameters<L::Scalar, S>)) {}
}

/// A dense layer of which only the biases learn; its weights are another's and never change. `D` leads to that
/// layer, as in [`Frozen`].
///
/// The biases start as copies of its biases: in [`new`](BiasOnly::new), and whenever a network that has this layer is
/// [started](crate::Trainer::start). An initialiser draws no weights here, and biases of 0 would not fit the weights.
///
/// A device adapts to its place with it, in the memory of a few biases: Han Cai et al., "`TinyTL`: Reduce Memory, Not
/// Parameters for Efficient On-Device Learning", 2020.
pub struct BiasOnly<D: Deref<Target: Layer>> {
    /// Leads to the layer that has the weights.
    pub frozen: D,
    /// One bias per output, `[T; O]`.
    pub biases: <D::Target as Layer>::Output,
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar> BiasOnly<&'static Dense<I, O, A, T>> {
    /// Borrows the weights of `layer`, and starts from a copy of its biases.
    pub const fn new(layer: &'static Dense<I, O, A, T>) -> Self {
        Self { frozen: layer, biases: layer.biases }
    }
}

// Derived, it would ask for outputs that can be copied in every case, where the type does not promise it.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<D: Deref<Target: Layer<Output: Clone>> + Clone> Clone for BiasOnly<D> {
    fn clone(&self) -> Self {
        Self { frozen: self.frozen.clone(), biases: self.biases.clone() }
    }
}

impl<D: Deref<Target: Layer<Output: Copy>> + Copy> Copy for BiasOnly<D> {}

impl<D: Deref<Target: Layer<Output: fmt::Debug>> + fmt::Debug> fmt::Debug for BiasOnly<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BiasOnly").field("frozen", &self.frozen).field("biases", &self.biases).finish()
    }
}

#[cfg(feature = "defmt")]
impl<D: Deref<Target: Layer<Output: defmt::Format>>> defmt::Format for BiasOnly<D> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "BiasOnly {{ biases: {} }}", self.biases);
    }
}

/// With biases of 0, until the network is [started](crate::Trainer::start).
impl<D: Deref<Target: Layer<Output: Zero>> + Zero> Zero for BiasOnly<D> {
    const ZERO: Self = Self { frozen: D::ZERO, biases: Zero::ZERO };
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, D: Deref<Target = Dense<I, O, A, T>>> Layer
    for BiasOnly<D>
{
    type Scalar = T;
    type Input = [T; I];
    type Output = [T; O];
    type Tape<const N: usize> = [[T; O]; N];
    type Deltas<const N: usize> = [[T; O]; N];
    type Slots<S: Zero> = [S; O];

    const PARAMETERS: usize = I * O + O;
    const LEARNS: bool = true;
    const LINK: Link = A::LINK;
    const SIZES: Sizes = Sizes { vectors: O, ..Dense::<I, O, A, T>::SIZES };
    const BOUNDED: bool = A::BOUNDED;
    const ARCHITECTURE: Architecture = Dense::<I, O, A, T>::ARCHITECTURE;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear<W: Budget, const N: usize>(&self, x: &[[T; I]], z: &mut [[T; O]; N], _: Mode, work: &mut W) -> T {
        dense::forward(&self.frozen.weights, &self.biases, x, z, work);
        -T::ZERO
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<W: Budget, const N: usize>(z: &mut [[T; O]; N], samples: usize, work: &mut W) -> T {
        dense::activate::<A, _, _, _, N>(z, samples, work)
    }

    fn outputs<const N: usize>(y: &[[T; O]; N]) -> &[[T; O]; N] {
        y
    }

    fn errors<const N: usize>(deltas: &mut [[T; O]; N]) -> &mut [[T; O]; N] {
        deltas
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back<R: Rule, W: Budget, const N: usize>(
        &self,
        y: &[[T; O]; N],
        errors: &mut [[T; O]; N],
        samples: usize,
        settled: bool,
        below: Option<&mut [[T; I]; N]>,
        work: &mut W,
    ) -> Result<T, StepError> {
        let below = below.map(|below| &mut below[..]);
        dense::back::<R, A, _, _, _, _>(
            &self.frozen.weights,
            first(y, samples),
            first_mut(errors, samples),
            settled,
            below,
            work,
        )
    }

    // dE/db[o] = delta[o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update<P: Optimizer<T>, W: Budget, const N: usize>(
        &mut self,
        x: &[[T; I]],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        slots: &mut [P::Slot; O],
        optimizer: &P,
        scale: T,
        work: &mut W,
    ) {
        let deltas = first(deltas, x.len()).as_flattened();
        let gradient = Gradient { x: &[], deltas, scale };
        if deltas.len() == O {
            if work.one(O * P::MACS) {
                optimizer.update(self.parameters(slots), gradient);
            }
        } else if W::WHOLE && N > 1 {
            optimizer.update_batch(self.parameters(slots), gradient, (0, O));
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn apply<P: Optimizer<T>, W: Budget>(
        &mut self,
        slots: &mut [P::Slot; O],
        sums: &mut [P::Sum; O],
        optimizer: &P,
        work: &mut W,
    ) {
        optimizer::apply(optimizer, self.parameters(slots), Collected { weights: &mut [], biases: sums }, work);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn gradient<const N: usize>(
        x: &[[T; I]],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        _: bool,
        visit: &mut impl FnMut(Factors<T>),
    ) {
        let deltas = first(deltas, x.len()).as_flattened();
        visit(Factors { x: &[], deltas, outputs: O, biases: true, bounded: true });
    }

    fn scale<const N: usize>(deltas: &mut [[T; O]; N], sample: usize, factor: T) {
        dense::scale(deltas, sample, factor);
    }

    /// Sets the biases to those of the layer that has the weights.
    fn initialize(&mut self, _: &mut impl Init) {
        self.biases = self.frozen.biases;
    }

    fn seed<const N: usize>(_: &mut [[T; O]; N], _: &mut impl FnMut() -> u32) {}

    fn visit(&self, visit: &mut impl FnMut(&[T])) {
        visit(self.frozen.weights.as_flattened());
        visit(&self.biases);
    }

    fn visit_mut<S: Zero>(&mut self, slots: &mut [S; O], visit: &mut impl FnMut(Parameters<T, S>)) {
        visit(self.parameters(slots));
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, D: Deref<Target = Dense<I, O, A, T>>> BiasOnly<D> {
    pub(crate) fn parameters<'a, S>(&'a mut self, slots: &'a mut [S; O]) -> Parameters<'a, T, S> {
        Parameters { weights: &mut [], weight_slots: &mut [], biases: &mut self.biases, bias_slots: slots }
    }
}
