//! Layers that don't learn, or only in part: for them no slot is kept, and no gradient computed.
//!
//! A reference `&'static L` is a layer, too: its weights stay where they are, in flash for example, and never change.
//! So the last layers of a network learn on top of frozen ones, or its biases alone:
//!
//! ```
//! use downhill::{BiasOnly, Dense, Layer, Momentum, SquaredError, Trainer};
//!
//! static FEATURES: Dense<64, 32> = Dense::new([[0.01; 32]; 64], [0.0; 32]); // learnt elsewhere
//! static CLASSES: Dense<32, 10> = Dense::new([[0.1; 10]; 32], [0.0; 10]);
//!
//! // The last layer learns.
//! type Last = (&'static Dense<64, 32>, Dense<32, 10>);
//! let mut trainer = Trainer::<Last, SquaredError, Momentum>::new((&FEATURES, CLASSES), Momentum::new(0.01, 0.9));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! assert!(size_of_val(&trainer) < 3000); // 19,624 if both did
//!
//! // Ten biases learn.
//! type Biases = (&'static Dense<64, 32>, BiasOnly<32, 10>);
//! let network = (&FEATURES, BiasOnly::new(&CLASSES));
//! let mut trainer = Trainer::<Biases, SquaredError, Momentum>::new(network, Momentum::new(0.01, 0.9));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! assert!(size_of_val(&trainer) < 500);
//! ```

use core::marker::PhantomData;

use crate::activation::{Activation, Link, Sigmoid};
use crate::dense::{self, Biased, Dense};
use crate::init::Init;
use crate::layer::{Layer, Mode, first, first_mut};
use crate::optimizer::{Gradient, Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::trainer::StepError;

/// A frozen layer or network: it computes, and sends errors back to what learns below it, but never changes.
impl<L: Layer> Layer for &'static L {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;
    type Tape<const N: usize> = L::Tape<N>;
    type Deltas<const N: usize> = L::Deltas<N>;
    type Slots<S: Zero> = ();

    const PARAMETERS: usize = L::PARAMETERS;
    const LEARNS: bool = false;
    const LINK: Link = L::LINK;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn check(&self) -> Result<(), StepError> {
        L::check(self)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear<const N: usize>(&self, x: &[L::Input], tape: &mut L::Tape<N>, mode: Mode) -> L::Scalar {
        L::linear(self, x, tape, mode)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<const N: usize>(tape: &mut L::Tape<N>, samples: usize) {
        L::activate(tape, samples);
    }

    fn outputs<const N: usize>(tape: &L::Tape<N>) -> &[L::Output; N] {
        L::outputs(tape)
    }

    fn errors<const N: usize>(deltas: &mut L::Deltas<N>) -> &mut [L::Output; N] {
        L::errors(deltas)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back<R: Rule, const N: usize>(
        &self,
        tape: &L::Tape<N>,
        deltas: &mut L::Deltas<N>,
        samples: usize,
        settled: bool,
        below: Option<&mut [L::Input; N]>,
    ) -> Result<L::Scalar, StepError> {
        L::back::<R, N>(self, tape, deltas, samples, settled, below)
    }

    fn update<P: Optimizer<L::Scalar>, const N: usize>(
        &mut self,
        _: &[L::Input],
        _: &L::Tape<N>,
        _: &L::Deltas<N>,
        (): &mut (),
        _: &P,
        _: L::Scalar,
    ) {
    }

    fn product<const N: usize>(_: &[L::Input], _: &L::Tape<N>, _: &L::Deltas<N>, _: usize, _: usize) -> L::Scalar {
        L::Scalar::ZERO
    }

    fn scale<const N: usize>(_: &mut L::Deltas<N>, _: usize, _: L::Scalar) {}

    fn initialize(&mut self, _: &mut impl Init) {}

    fn seed<const N: usize>(tape: &mut L::Tape<N>, seeds: &mut impl FnMut() -> u32) {
        L::seed(tape, seeds);
    }

    fn visit(&self, visit: &mut impl FnMut(&[L::Scalar])) {
        L::visit(self, visit);
    }

    fn visit_mut<S: Zero>(&mut self, (): &mut (), _: &mut impl FnMut(Parameters<L::Scalar, S>)) {}
}

/// A dense layer of which only the biases learn; its weights are borrowed from another and never change.
///
/// A device adapts to its place with it, in the memory of a few biases: Han Cai et al., "`TinyTL`: Reduce Memory, Not
/// Parameters for Efficient On-Device Learning", 2020.
#[derive(Clone, Copy, Debug)]
pub struct BiasOnly<const I: usize, const O: usize, A = Sigmoid, T: Scalar = f32> {
    pub(crate) frozen: &'static [[T; O]; I],
    /// One bias per output.
    pub biases: [T; O],
    activation: PhantomData<A>,
}

impl<const I: usize, const O: usize, A, T: Scalar> BiasOnly<I, O, A, T> {
    /// Borrows the weights of `layer`, and starts from a copy of its biases.
    pub const fn new(layer: &'static Dense<I, O, A, T, Biased>) -> Self {
        Self { frozen: &layer.weights, biases: layer.biases, activation: PhantomData }
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar> Layer for BiasOnly<I, O, A, T> {
    type Scalar = T;
    type Input = [T; I];
    type Output = [T; O];
    type Tape<const N: usize> = [[T; O]; N];
    type Deltas<const N: usize> = [[T; O]; N];
    type Slots<S: Zero> = [S; O];

    const PARAMETERS: usize = I * O + O;
    const LEARNS: bool = true;
    const LINK: Link = A::LINK;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear<const N: usize>(&self, x: &[[T; I]], z: &mut [[T; O]; N], _: Mode) -> T {
        dense::forward(self.frozen, &self.biases, x, z)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<const N: usize>(z: &mut [[T; O]; N], samples: usize) {
        dense::activate::<A, _, _, N>(z, samples);
    }

    fn outputs<const N: usize>(y: &[[T; O]; N]) -> &[[T; O]; N] {
        y
    }

    fn errors<const N: usize>(deltas: &mut [[T; O]; N]) -> &mut [[T; O]; N] {
        deltas
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back<R: Rule, const N: usize>(
        &self,
        y: &[[T; O]; N],
        errors: &mut [[T; O]; N],
        samples: usize,
        settled: bool,
        below: Option<&mut [[T; I]; N]>,
    ) -> Result<T, StepError> {
        let below = below.map(|below| &mut below[..]);
        dense::back::<R, A, _, _, _>(self.frozen, first(y, samples), first_mut(errors, samples), settled, below)
    }

    // dE/db[o] = delta[o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update<P: Optimizer<T>, const N: usize>(
        &mut self,
        x: &[[T; I]],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        slots: &mut [P::Slot; O],
        optimizer: &P,
        scale: T,
    ) {
        let deltas = first(deltas, x.len()).as_flattened();
        let gradient = Gradient { x: &[], deltas, scale };
        if deltas.len() == O {
            optimizer.update(self.parameters(slots), gradient);
        } else if N > 1 {
            optimizer.update_batch(self.parameters(slots), gradient, (0, O));
        }
    }

    fn product<const N: usize>(_: &[[T; I]], _: &[[T; O]; N], deltas: &[[T; O]; N], a: usize, b: usize) -> T {
        dense::pair(deltas, a, b)
    }

    fn scale<const N: usize>(deltas: &mut [[T; O]; N], sample: usize, factor: T) {
        dense::scale(deltas, sample, factor);
    }

    /// Sets the biases to zero.
    fn initialize(&mut self, _: &mut impl Init) {
        self.biases.fill(T::ZERO);
    }

    fn seed<const N: usize>(_: &mut [[T; O]; N], _: &mut impl FnMut() -> u32) {}

    fn visit(&self, visit: &mut impl FnMut(&[T])) {
        visit(self.frozen.as_flattened());
        visit(&self.biases);
    }

    fn visit_mut<S: Zero>(&mut self, slots: &mut [S; O], visit: &mut impl FnMut(Parameters<T, S>)) {
        visit(self.parameters(slots));
    }
}

impl<const I: usize, const O: usize, A, T: Scalar> BiasOnly<I, O, A, T> {
    pub(crate) fn parameters<'a, S>(&'a mut self, slots: &'a mut [S; O]) -> Parameters<'a, T, S> {
        Parameters { weights: &mut [], weight_slots: &mut [], biases: &mut self.biases, bias_slots: slots }
    }
}
