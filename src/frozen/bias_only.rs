//! A layer whose biases alone learn.

use core::fmt;
use core::ops::Deref;

use crate::architecture::Architecture;
use crate::error::StepError;
use crate::init::Init;
use crate::layer::inner::{back_by, infer_as};
use crate::layer::{Infer, Layer, Mode, Pairs, Trace};
use crate::optimizer::{Collected, Parameters};
use crate::scalar::Zero;
use crate::shape::Shape;
use crate::slots::Slots;
use crate::tensor::{Role, Tensor};
use crate::work::{Budget, Sizes};

/// A layer with one group of [parameters](Layer::parameters) that can compute with biases of somebody else, so that
/// [`BiasOnly`] can train them.
pub trait OtherBiases: Layer {
    /// One `S` for each bias, `[S; O]`.
    type Biases<S: Zero>: Slots<S> + AsRef<[S]> + AsMut<[S]>;

    /// The biases of the layer.
    fn biases(&self) -> &Self::Biases<Self::Scalar>;

    /// [`Infer::forward`] with these biases.
    fn forward_with<W: Budget, const B: usize>(
        &self,
        biases: &Self::Biases<Self::Scalar>,
        x: &[Self::Input],
        y: &mut [Self::Output],
        tape: &mut Self::Tape<B>,
        work: &mut W,
    ) -> Self::Scalar;
}

type Biases<D> = <<D as Deref>::Target as OtherBiases>::Biases<<<D as Deref>::Target as Infer>::Scalar>;

/// A layer of which only the biases learn; its weights are another's and never change. `D` leads to that
/// layer, as in [`Frozen`](super::Frozen).
///
/// The biases start as copies of its biases: in [`new`](BiasOnly::new), and whenever a network that has this layer is
/// [started](crate::Trainer::start). An initialiser draws no weights here, and biases of 0 would not fit the weights.
///
/// A device adapts to its place with it, in the memory of a few biases: Han Cai et al., "`TinyTL`: Reduce Memory, Not
/// Parameters for Efficient On-Device Learning", 2020.
pub struct BiasOnly<D: Deref<Target: OtherBiases>> {
    /// Leads to the layer that has the weights.
    pub frozen: D,
    /// One bias per output, `[T; O]`.
    pub biases: Biases<D>,
}

// Derived, it would ask for biases that can be copied in every case, where the type does not promise it.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<D: Deref<Target: OtherBiases> + Clone> Clone for BiasOnly<D>
where
    Biases<D>: Clone,
{
    fn clone(&self) -> Self {
        Self { frozen: self.frozen.clone(), biases: self.biases.clone() }
    }
}

impl<D: Deref<Target: OtherBiases> + Copy> Copy for BiasOnly<D> where Biases<D>: Copy {}

impl<D: Deref<Target: OtherBiases>> fmt::Debug for BiasOnly<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BiasOnly({} biases)", self.biases.as_ref().len())
    }
}

#[cfg(feature = "defmt")]
impl<D: Deref<Target: OtherBiases>> defmt::Format for BiasOnly<D> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "BiasOnly({} biases)", self.biases.as_ref().len());
    }
}

/// With biases of 0, until the network is [started](crate::Trainer::start).
impl<D: Deref<Target: OtherBiases> + Zero> Zero for BiasOnly<D> {
    const ZERO: Self = Self { frozen: D::ZERO, biases: Zero::ZERO };
}

impl<L: OtherBiases, D: Deref<Target = L>> Infer for BiasOnly<D> {
    infer_as!(L);

    const SIZES: Sizes = Sizes { vectors: L::Output::LENGTH, ..L::SIZES };

    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[L::Input],
        y: &mut [L::Output],
        tape: &mut L::Tape<B>,
        _: &mut L::State,
        _: Mode,
        work: &mut W,
    ) -> L::Scalar {
        self.frozen.forward_with(&self.biases, x, y, tape, work)
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[L::Scalar]>)) {
        self.frozen.tensors(&mut |tensor| match tensor.role {
            Role::Bias => visit(Tensor { data: self.biases.as_ref(), ..tensor }),
            Role::Weight { .. } => visit(tensor.frozen()),
        });
    }
}

impl<L: OtherBiases, D: Deref<Target = L>> Layer for BiasOnly<D> {
    type Deltas<const B: usize> = L::Deltas<B>;
    type Slots<S: Zero> = L::Biases<S>;

    const LEARNS: bool = true;
    const LEARNT: Architecture = L::ARCHITECTURE.fixed("bias only");

    back_by!(L, this => &this.frozen);

    #[cfg_attr(not(unoptimized), inline(always))]
    fn check(&self) -> Result<(), StepError> {
        self.frozen.check()
    }

    // dE/db[o] = delta[o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn gradient<const B: usize>(
        trace: Trace<'_, Self, B>,
        deltas: &L::Deltas<B>,
        _: bool,
        visit: &mut impl FnMut(Pairs<L::Scalar>),
    ) {
        L::gradient(trace.of(), deltas, true, &mut |pairs| visit(pairs.of_biases()));
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn parameters<S: Zero, Z: Zero>(
        &mut self,
        slots: &mut L::Biases<S>,
        sums: &mut L::Biases<Z>,
        visit: &mut impl FnMut(Parameters<L::Scalar, S>, Collected<Z>),
    ) {
        visit(
            Parameters {
                weights: &mut [],
                weight_slots: &mut [],
                biases: self.biases.as_mut(),
                bias_slots: slots.as_mut(),
            },
            Collected { weights: &mut [], biases: sums.as_mut() },
        );
    }

    fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [L::Scalar]>)) {
        let Self { frozen, biases } = self;
        frozen.tensors(&mut |tensor| {
            if tensor.role == Role::Bias {
                visit(tensor.over(biases.as_mut()));
            }
        });
    }

    /// Sets the biases to those of the layer that has the weights.
    fn initialize(&mut self, _: &mut impl Init) {
        for (bias, &learnt) in self.biases.as_mut().iter_mut().zip(self.frozen.biases().as_ref()) {
            *bias = learnt;
        }
    }
}
