//! What a trainer keeps, by name and as bytes.

use super::Trainer;
use crate::layer::Layer;
use crate::learnt;
use crate::loss::Loss;
use crate::optimizer::{Optimizer, Sum};
use crate::slots::Slots;
use crate::storable::{Storable, layout};
use crate::tensor::Tensor;

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R, const B: usize> Trainer<N, L, P, B, R> {
    /// Shows every tensor of the network to `visit`, in the order of [`Infer::tensors`](crate::Infer::tensors), and what the
    /// optimiser keeps for its parameters: nothing for a tensor that does not learn.
    ///
    /// ```
    /// use downhill::{Dense, Frozen, Momentum, SquaredError, Trainer};
    ///
    /// static FEATURES: Dense<64, 32> = Dense::new([[0.01; 32]; 64], [0.0; 32]);
    /// let network = (Frozen(&FEATURES), Dense::<32, 10>::new([[0.1; 10]; 32], [0.0; 10]));
    /// let mut trainer = Trainer::<_, SquaredError, Momentum>::with_network(network, Momentum::new(0.01, 0.9));
    /// trainer.step(&[0.5; 64], &[0.1; 10])?;
    /// trainer.tensors(&mut |tensor, velocities| {
    ///     println!("{} {:?}: {} velocities", tensor.name, tensor.shape, velocities.len());
    /// #   assert_eq!(velocities.len(), if tensor.name.is("1.weight") { 320 } else if tensor.name.is("1.bias") { 10 } else { 0 });
    /// });
    /// # Ok::<(), downhill::StepError>(())
    /// ```
    #[allow(clippy::type_complexity)]
    pub fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[N::Scalar]>, &[P::Slot])) {
        let mut learning = 0;
        self.network.tensors(&mut |tensor| {
            if !tensor.learns || tensor.data.is_empty() {
                return visit(tensor, &[]);
            }
            let mut part = 0;
            self.slots.parts(&mut |slots| {
                if part == learning {
                    visit(tensor, slots);
                }
                part += 1;
            });
            learning += 1;
        });
    }
}

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar, Slot: Storable> + Storable, R, const B: usize> Trainer<N, L, P, B, R> {
    /// The number of bytes of what is stored besides the parameters.
    pub(crate) const REST: usize =
        N::SETTINGS + learnt::count::<N>() * (P::Slot::SIZE + P::Sum::SIZE) + N::State::SIZE + P::SIZE;

    /// What these bytes mean.
    pub(crate) const REST_LAYOUT: u64 = layout(
        "training",
        &[
            N::SETTINGS_LAYOUT,
            learnt::count::<N>() as u64,
            P::Slot::LAYOUT,
            P::Sum::LAYOUT,
            N::State::LAYOUT,
            P::LAYOUT,
        ],
    );

    pub(crate) fn store_rest(&self, write: &mut impl FnMut(&[u8])) {
        self.network.store_settings(write);
        self.slots.parts(&mut |slots| slots.iter().for_each(|slot| slot.store(write)));
        if P::Sum::COLLECTS {
            self.sums.parts(&mut |sums| sums.iter().for_each(|sum| sum.store(write)));
        }
        self.state.store(write);
        self.optimizer.store(write);
    }

    pub(crate) fn load_rest(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.network.load_settings(read);
        self.slots.parts_mut(&mut |slots| slots.iter_mut().for_each(|slot| slot.load(read)));
        if P::Sum::COLLECTS {
            self.sums.parts_mut(&mut |sums| sums.iter_mut().for_each(|sum| sum.load(read)));
        }
        self.state.load(read);
        self.optimizer.load(read);
    }
}

/// The parameters that learn, the settings of layers such as the rate of a [`Dropout`](crate::Dropout), what the optimiser keeps
/// for the parameters, the sums of a [`Batch`](crate::Batch) that is not complete, the generators of the layers, and the optimiser
/// with its hyperparameters and counters: a trainer that reads them goes on as the one that wrote them, with the same bits.
///
/// What does not change is not among them: what is [`Frozen`](crate::Frozen), and the weights of a
/// [`BiasOnly`](crate::BiasOnly). The trainer that reads has its own.
impl<N: Layer, L: Loss, P: Optimizer<N::Scalar, Slot: Storable> + Storable, R, const B: usize> Storable
    for Trainer<N, L, P, B, R>
{
    const SIZE: usize = learnt::parameters::<N>() + Self::REST;
    const LAYOUT: u64 = layout("trainer", &[learnt::meaning::<N>(), Self::REST_LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        learnt::store_parameters(&self.network, write);
        self.store_rest(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        learnt::load_parameters(&mut self.network, read);
        self.load_rest(read);
    }
}
