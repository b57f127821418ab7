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
//! let mut trainer = Trainer::<Last, SquaredError, Momentum>::with_network(network, Momentum::new(0.01, 0.9));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! assert!(size_of_val(&trainer) < 3000); // 19,624 if both did
//!
//! // Ten biases learn.
//! type Biases = (Frozen<&'static Dense<64, 32>>, BiasOnly<&'static Dense<32, 10>>);
//! let network = (Frozen(&FEATURES), BiasOnly::new(&CLASSES));
//! let mut trainer = Trainer::<Biases, SquaredError, Momentum>::with_network(network, Momentum::new(0.01, 0.9));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! assert!(size_of_val(&trainer) < 500);
//! ```
//!
//! # As a `static` in .bss
//!
//! A reference is an address, so a `static` trainer that holds one lies in .data, and all of its initial value, zeros
//! too, takes flash. A type of its own that [`Deref`]s to the layer has no bytes at all. It is [`Zero`], so
//! that `Trainer::new()` makes the trainer:
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
//! static TRAINER: Mutex<Trainer<Last, SquaredError, Momentum>> = Mutex::new(Trainer::new());
//!
//! let mut trainer = TRAINER.lock().unwrap();
//! // New weights for the last layer. `start_from(&network, ..)` copies what was learnt elsewhere.
//! trainer.start(Momentum::new(0.01, 0.9), &mut TruncatedNormal(Generator::new(1)));
//! trainer.step(&[0.5; 64], &[0.1; 10]).unwrap();
//! ```

mod bias_only;

use core::ops::Deref;

pub use bias_only::{BiasOnly, OtherBiases};

use crate::architecture::Architecture;
use crate::error::StepError;
use crate::layer::inner::{back_by, forward_by, infer_as};
use crate::layer::{Infer, Layer, Pairs, Trace};
use crate::optimizer::{Collected, Parameters};
use crate::scalar::Zero;
use crate::tensor::Tensor;
use crate::work::Sizes;

/// A layer or a network that never changes: it computes, and sends errors back to what learns below it.
///
/// `D` is what leads to it: a reference `&'static L`, a type without bytes that names a `static` (see the
/// [module](self)), or on a host an `Arc<L>` that several trainers share.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Frozen<D>(pub D);

impl<D: Zero> Zero for Frozen<D> {
    const ZERO: Self = Self(D::ZERO);
}

/// A network that a [`Frozen`] layer owns, in memory: `Frozen<Owned<Dense<64, 32>>>`, for one that is met at run time.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Owned<L>(pub L);

impl<L> Deref for Owned<L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0
    }
}

impl<L: Zero> Zero for Owned<L> {
    const ZERO: Self = Self(L::ZERO);
}

impl<L: Layer, D: Deref<Target = L>> Infer for Frozen<D> {
    infer_as!(L);

    const SIZES: Sizes = Sizes { learns: 0, vectors: 0, ..L::SIZES };

    forward_by!(L, this => &this.0);

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[L::Scalar]>)) {
        self.0.tensors(&mut |tensor| visit(tensor.frozen()));
    }

    fn hash(&self, hash: u64) -> u64 {
        self.0.hash(hash)
    }
}

impl<L: Layer, D: Deref<Target = L>> Layer for Frozen<D> {
    type Deltas<const B: usize> = L::Deltas<B>;
    type Slots<S: Zero> = ();

    const LEARNS: bool = false;
    const LEARNT: Architecture = L::ARCHITECTURE.fixed("frozen");

    back_by!(L, this => &this.0);

    #[cfg_attr(not(unoptimized), inline(always))]
    fn check(&self) -> Result<(), StepError> {
        self.0.check()
    }

    fn gradient<const B: usize>(
        _: Trace<'_, Self, B>,
        _: &L::Deltas<B>,
        _: bool,
        _: &mut impl FnMut(Pairs<L::Scalar>),
    ) {
    }

    fn parameters<S: Zero, Z: Zero>(
        &mut self,
        (): &mut (),
        (): &mut (),
        _: &mut impl FnMut(Parameters<L::Scalar, S>, Collected<Z>),
    ) {
    }

    fn tensors_mut(&mut self, _: &mut dyn FnMut(Tensor<&mut [L::Scalar]>)) {}
}
