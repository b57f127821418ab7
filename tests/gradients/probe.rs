//! Training steps from given parameters, and their gradients.

use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{Layer, Scalar, Shape, StepError, Trainer, Zero};

#[allow(dead_code)] // where only the function is used
/// One training step of some network from given parameters, in the order of `Infer::tensors`, with inputs and targets:
/// the loss, and the gradient with respect to each parameter, or what the rule takes for it.
pub type Step = fn(&[f64], &[f64], &[f64]) -> Result<(f64, Vec<f64>), StepError>;

/// `f32` and `f64`, from and to `f64`.
pub trait Real: Scalar + Into<f64> {
    fn nearest(value: f64) -> Self;
}

impl Real for f32 {
    #[allow(clippy::cast_possible_truncation)]
    fn nearest(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn nearest(value: f64) -> Self {
        value
    }
}

/// An optimiser that puts the gradient in the place of the parameter.
pub struct Probe;

impl<T: Real> Optimizer<T> for Probe {
    type Slot = ();
    type Sum = ();

    fn check(&self) -> Result<(), StepError> {
        Ok(())
    }

    fn set_rate(&mut self, _: T) {}

    fn rate(&self) -> Option<T> {
        None
    }

    fn scaled(&self, _: T) -> Self {
        Self
    }

    fn weight(&self, weight: &mut T, (): &mut (), gradient: T) {
        *weight = gradient;
    }
}

fn fill<T: Real>(to: &mut [T], from: &[f64]) {
    assert_eq!(to.len(), from.len());
    for (to, &from) in to.iter_mut().zip(from) {
        *to = T::nearest(from);
    }
}

/// Inputs or targets.
pub fn array<A: Shape<Scalar: Real>>(values: &[f64]) -> A {
    let mut array = A::ZERO;
    fill(array.flat_mut(), values);
    array
}

/// A network with these parameters.
pub fn network<T: Real, N: Layer<Scalar = T, Input: Zero> + Zero>(parameters: &[f64]) -> N {
    let mut network = N::ZERO;
    let mut rest = parameters;
    network.tensors_mut(&mut |tensor| {
        let (first, others) = rest.split_at(tensor.data.len());
        fill(tensor.data, first);
        rest = others;
    });
    assert!(rest.is_empty(), "too many parameters");
    network
}

/// All parameters of a network.
pub fn parameters<T: Real>(network: &impl Layer<Scalar = T>) -> Vec<f64> {
    let mut all = Vec::new();
    network.tensors(&mut |tensor| all.extend(tensor.data.iter().map(|&p| p.into())));
    all
}

/// The [`Step`] of a network, a loss and a rule.
pub fn step<T, N, L, R>(values: &[f64], x: &[f64], target: &[f64]) -> Result<(f64, Vec<f64>), StepError>
where
    T: Real,
    N: Layer<Scalar = T, Input: Zero, Output: Zero> + Zero,
    L: Loss,
    R: Rule,
{
    let mut trainer = Trainer::<N, L, Probe, 1, R>::with_network(network(values), Probe);
    let loss = trainer.step(&array(x), &array(target))?;
    Ok((loss.into(), parameters(&trainer.network)))
}
