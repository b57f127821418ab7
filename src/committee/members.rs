//! The networks of a committee, as a network that predicts.

use core::marker::PhantomData;

use crate::architecture::Architecture;
use crate::encode;
use crate::layer::{Infer, Mode, first, first_mut};
use crate::learnt::Learnt;
use crate::scalar::{Scalar, Zero, count};
use crate::shape::Shape;
use crate::storable::layout;
use crate::tensor::Tensor;
use crate::work::{Budget, Sizes};

/// How the outputs of several networks become those of all.
pub trait Opinion<Y: Shape> {
    /// Its name in [`Architecture`].
    const NAME: &'static str;

    /// Adds the outputs of one of `members` networks to `y`, which was zero before the first.
    fn join(y: &mut Y, outputs: &Y, members: usize);
}

/// The mean of all outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mean;

impl<Y: Shape> Opinion<Y> for Mean {
    const NAME: &'static str = "mean";

    fn join(y: &mut Y, outputs: &Y, members: usize) {
        let part = Y::Scalar::ONE / count(members);
        for (y, &output) in y.flat_mut().iter_mut().zip(outputs.flat()) {
            *y += output * part;
        }
    }
}

/// Each network votes for the class of its largest output ([`encode::class`]); an output is the fraction of votes for its
/// class. A network whose outputs mean no class does not vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Vote;

impl<Y: Shape> Opinion<Y> for Vote {
    const NAME: &'static str = "vote";

    fn join(y: &mut Y, outputs: &Y, members: usize) {
        const { assert!(Y::LENGTH > 1, "a single output is no class to vote for: use `Mean`") };
        let part = Y::Scalar::ONE / count(members);
        if let Some(votes) = encode::class(outputs.flat()).and_then(|class| y.flat_mut().get_mut(class)) {
            *votes += part;
        }
    }
}

/// The networks of a [`Committee`](super::Committee): they predict as it does.
#[derive(Debug)]
pub struct Members<N, const K: usize, V = Mean> {
    /// All networks.
    pub networks: [N; K],
    opinion: PhantomData<fn() -> V>,
}

impl<N, const K: usize, V> Members<N, K, V> {
    /// A committee of networks that are learnt.
    pub const fn new(networks: [N; K]) -> Self {
        const { assert!(K > 0 && K <= 8, "a committee has one to eight members") };
        Self { networks, opinion: PhantomData }
    }
}

impl<N: Clone, const K: usize, V> Clone for Members<N, K, V> {
    fn clone(&self) -> Self {
        Self { networks: self.networks.clone(), opinion: PhantomData }
    }
}

impl<N: Copy, const K: usize, V> Copy for Members<N, K, V> {}

impl<N: PartialEq, const K: usize, V> PartialEq for Members<N, K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.networks == other.networks
    }
}

impl<N: Zero, const K: usize, V> Zero for Members<N, K, V> {
    const ZERO: Self = Self::new(Zero::ZERO);
}

#[cfg(feature = "defmt")]
impl<N: defmt::Format, const K: usize, V> defmt::Format for Members<N, K, V> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Members {{ networks: {} }}", self.networks);
    }
}

impl<N: Infer, const K: usize, V: Opinion<N::Output>> Infer for Members<N, K, V> {
    type Scalar = N::Scalar;
    type Input = N::Input;
    type Output = N::Output;
    /// The outputs and the tape of the network that is at work.
    type Tape<const B: usize> = ([N::Output; B], N::Tape<B>);
    type State = N::State;

    const PARAMETERS: usize = K * N::PARAMETERS;
    const ARCHITECTURE: Architecture = {
        let mut all = Architecture::layer(&["committee", V::NAME], &[K]);
        let mut member = 0;
        while member < K {
            all = all.then(N::ARCHITECTURE);
            member += 1;
        }
        all
    };
    const SIZES: Sizes = N::SIZES;

    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[N::Input],
        y: &mut [N::Output],
        (outputs, tape): &mut Self::Tape<B>,
        state: &mut N::State,
        mode: Mode,
        work: &mut W,
    ) -> N::Scalar {
        let samples = x.len();
        // -0 is the number that changes nothing when it is added.
        let mut finite = -N::Scalar::ZERO;
        for (member, network) in self.networks.iter().enumerate() {
            finite += network.outputs(x, first_mut(outputs, samples), tape, state, mode, work);
            if work.one(samples * N::Output::LENGTH) {
                for (y, outputs) in y.iter_mut().zip(first(outputs, samples)) {
                    if member == 0 {
                        *y = Zero::ZERO;
                    }
                    V::join(y, outputs, K);
                }
            }
        }
        finite
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[N::Scalar]>)) {
        for (member, network) in self.networks.iter().enumerate() {
            network.tensors(&mut |tensor| tensor.within(member, &mut *visit));
        }
    }

    fn hash(&self, hash: u64) -> u64 {
        self.networks.iter().fold(hash, |hash, network| network.hash(hash))
    }
}

impl<N: Learnt, const K: usize, V: Opinion<N::Output>> Learnt for Members<N, K, V> {
    const BYTES: usize = K * N::BYTES;
    const LAYOUTS: [u64; 2] = {
        let [parameters, rest] = N::LAYOUTS;
        [layout(V::NAME, &[K as u64, parameters]), rest]
    };

    fn store_learnt(&self, write: &mut impl FnMut(&[u8])) {
        self.networks.iter().for_each(|network| network.store_learnt(write));
    }

    fn load_learnt(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.networks.iter_mut().for_each(|network| network.load_learnt(read));
    }
}
