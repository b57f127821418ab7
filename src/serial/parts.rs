//! What has arrays in it, field by field. Values are read by the constructors, whose checks hold when they compile.

use core::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Flat, Rows};
use crate::activation::Activation;
use crate::dense::{Bias, Dense};
use crate::frozen::{BiasOnly, OtherBiases};
use crate::layer::{Infer, Layer};
use crate::loss::Loss;
use crate::optimizer::Optimizer;
use crate::rule::Rule;
use crate::scalar::Scalar;
use crate::trainer::Trainer;

#[derive(Serialize, Deserialize)]
#[serde(rename = "Dense", deny_unknown_fields)]
struct OfDense<W, K> {
    weights: W,
    biases: K,
}

/// `weights[i][o]`, row by row, and the biases.
impl<const I: usize, const O: usize, A, K: Bias, T: Scalar + Serialize> Serialize for Dense<I, O, A, K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OfDense { weights: Rows(&self.weights), biases: Flat::<T, _>::new(&self.biases) }.serialize(serializer)
    }
}

impl<'de, const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar + Deserialize<'de>> Deserialize<'de>
    for Dense<I, O, A, K, T>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = OfDense::<Rows<[[T; O]; I]>, Flat<T, K::Array<T, O>>>::deserialize(deserializer)?;
        Ok(Self::new(parts.weights.0, parts.biases.kept))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "BiasOnly", deny_unknown_fields)]
struct OfBiasOnly<D, K> {
    frozen: D,
    biases: K,
}

impl<L: OtherBiases<Scalar: Serialize>, D: Deref<Target = L> + Serialize> Serialize for BiasOnly<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let biases = Flat::<L::Scalar, _>::new(&self.biases);
        OfBiasOnly { frozen: &self.frozen, biases }.serialize(serializer)
    }
}

/// Not of a reference, which can't be read.
impl<'de, L: OtherBiases<Scalar: Deserialize<'de>>, D: Deref<Target = L> + Deserialize<'de>> Deserialize<'de>
    for BiasOnly<D>
{
    fn deserialize<E: Deserializer<'de>>(deserializer: E) -> Result<Self, E::Error> {
        let parts = OfBiasOnly::<D, Flat<L::Scalar, L::Biases<L::Scalar>>>::deserialize(deserializer)?;
        Ok(Self { frozen: parts.frozen, biases: parts.biases.kept })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Trainer", deny_unknown_fields)]
struct OfTrainer<N, S, Z, T, P> {
    network: N,
    slots: S,
    sums: Z,
    state: T,
    optimizer: P,
}

type Kept<N, S> = Flat<S, <N as Layer>::Slots<S>>;
type Read<N, P, T> =
    OfTrainer<N, Kept<N, <P as Optimizer<T>>::Slot>, Kept<N, <P as Optimizer<T>>::Sum>, <N as Infer>::State, P>;

/// All that a training needs to go on; no outputs and deltas.
impl<N, L, P, R, const B: usize> Serialize for Trainer<N, L, P, B, R>
where
    N: Layer<State: Serialize> + Serialize,
    P: Optimizer<N::Scalar, Slot: Serialize, Sum: Serialize> + Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OfTrainer {
            network: &self.network,
            slots: Flat::<P::Slot, _>::new(&self.slots),
            sums: Flat::<P::Sum, _>::new(&self.sums),
            state: &self.state,
            optimizer: &self.optimizer,
        }
        .serialize(serializer)
    }
}

impl<'de, N, L: Loss, P, R: Rule, const B: usize> Deserialize<'de> for Trainer<N, L, P, B, R>
where
    N: Layer<State: Deserialize<'de>> + Deserialize<'de>,
    P: Optimizer<N::Scalar, Slot: Deserialize<'de>, Sum: Deserialize<'de>> + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Read::<N, P, N::Scalar>::deserialize(deserializer)?;
        let mut trainer = Self::with_network(parts.network, parts.optimizer);
        trainer.slots = parts.slots.kept;
        trainer.sums = parts.sums.kept;
        trainer.state = parts.state;
        Ok(trainer)
    }
}
