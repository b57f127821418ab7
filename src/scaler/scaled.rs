//! A network and the scaler of its inputs.

use super::interface::Scaler;
use crate::activation::Link;
use crate::architecture::Architecture;
use crate::layer::{Infer, Mode, first};
use crate::learnt::Learnt;
use crate::scalar::Zero;
use crate::shape::Shape;
use crate::storable::layout;
use crate::tensor::Tensor;
use crate::work::{Budget, DROPOUT, Sizes};

/// A network that takes raw inputs and scales them: what a [`Scaling`](super::Scaling) predicts with.
///
/// ```
/// use downhill::scaler::{Scaled, Scaler, Standardizer};
/// use downhill::{Dense, Predictor};
///
/// # let network = Dense::<2, 1>::new([[1.0], [2.0]], [0.0]);
/// # let mut scaler = Standardizer::<2>::new(1000);
/// # for x in [[1.0, 2.0], [2.0, 3.0], [4.0, 2.5]] { scaler.observe(&x); }
/// let z = scaler.scaled(&[3.0, 2.2]);
/// let mut predictor = Predictor::new(Scaled { network, scaler });
/// assert_eq!(predictor.predict(&[3.0, 2.2]), Predictor::new(network).predict(&z));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scaled<N, S> {
    /// The network.
    pub network: N,
    /// What its inputs are scaled by.
    pub scaler: S,
}

impl<N: Zero, S: Zero> Zero for Scaled<N, S> {
    const ZERO: Self = Self { network: N::ZERO, scaler: S::ZERO };
}

impl<N: Infer, S: Scaler<N::Input>> Infer for Scaled<N, S> {
    type Scalar = N::Scalar;
    type Input = N::Input;
    type Output = N::Output;
    /// The scaled inputs, and the network's tape.
    type Tape<const B: usize> = ([N::Input; B], N::Tape<B>);
    type State = N::State;

    const PARAMETERS: usize = N::PARAMETERS;
    const ARCHITECTURE: Architecture = Architecture::layer(&["scaled"], &[]).then(N::ARCHITECTURE);
    const LINK: Link = N::LINK;
    const BOUNDED: bool = N::BOUNDED;
    const SIZES: Sizes = N::SIZES;

    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[N::Input],
        y: &mut [N::Output],
        (scaled, tape): &mut Self::Tape<B>,
        state: &mut N::State,
        mode: Mode,
        work: &mut W,
    ) -> N::Scalar {
        let samples = x.len();
        if let Some(now) = work.take(samples, DROPOUT * N::Input::LENGTH) {
            for (z, x) in W::part_mut(scaled, now.clone()).iter_mut().zip(W::part(x, now)) {
                *z = *x;
                self.scaler.scale(z);
            }
        }
        self.network.forward(first(scaled, samples), y, tape, state, mode, work)
    }

    fn activate<W: Budget>(y: &mut [N::Output], work: &mut W) -> N::Scalar {
        N::activate(y, work)
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[N::Scalar]>)) {
        self.network.tensors(visit);
    }

    fn hash(&self, hash: u64) -> u64 {
        self.network.hash(hash)
    }
}

impl<N: Learnt, S: Scaler<N::Input>> Learnt for Scaled<N, S> {
    const BYTES: usize = N::BYTES + S::SIZE;
    const LAYOUTS: [u64; 2] = {
        let [parameters, rest] = N::LAYOUTS;
        [parameters, layout("scaled", &[rest, S::LAYOUT])]
    };

    fn store_learnt(&self, write: &mut impl FnMut(&[u8])) {
        self.network.store_learnt(write);
        self.scaler.store(write);
    }

    fn load_learnt(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.network.load_learnt(read);
        self.scaler.load(read);
    }
}
