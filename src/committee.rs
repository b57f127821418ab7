//! Several small learners, and their common prediction.

mod members;

pub use members::{Mean, Members, Opinion, Vote};

use core::marker::PhantomData;

use crate::error::StepError;
use crate::learner::{Evaluate, Learner};
use crate::scalar::{Scalar, Zero, count};
use crate::storable::{Storable, layout};

/// `K` learners that learn from the same samples, from different first weights, and predict together: by the [`Mean`] of their
/// outputs, or by a [`Vote`]. On two of three streams five networks of 10
/// hidden neurons are better than one of 32 (`examples/stream.rs`).
///
/// ```
/// use downhill::committee::Committee;
/// # use downhill::init::{Generator, Xavier};
/// use downhill::{CrossEntropy, Dense, Learner, Sgd, Softmax, Tanh, Trainer};
///
/// type Net = (Dense<2, 8, Tanh>, Dense<8, 2, Softmax>);
/// let mut committee = Committee::<Trainer<Net, CrossEntropy, Sgd>, 3>::new();
/// let mut init = Xavier(Generator::new(1)); // one generator, so that the weights differ
/// committee.members.iter_mut().for_each(|member| member.start(Sgd::new(0.1), &mut init));
/// committee.step(&[0.5, -1.0], &[0.0, 1.0], None)?;
/// let y = committee.predict(&[0.5, -1.0]);
/// # assert!((y[0] + y[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), downhill::StepError>(())
/// ```
///
/// A member that refuses a step which others take, because its own sums overflow, is passed over; if all refuse, the error is
/// that of the first one, and nothing is changed. The loss is the mean of the members' losses. Predictions are those of all members, and `evaluate` needs all of them.
#[derive(Debug)]
pub struct Committee<L, const K: usize, V = Mean> {
    /// Those who learn.
    pub members: [L; K],
    opinion: PhantomData<fn() -> V>,
}

impl<L: Clone, const K: usize, V> Clone for Committee<L, K, V> {
    fn clone(&self) -> Self {
        Self { members: self.members.clone(), opinion: PhantomData }
    }
}

#[cfg(feature = "defmt")]
impl<L: defmt::Format, const K: usize, V> defmt::Format for Committee<L, K, V> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Committee {{ members: {} }}", self.members);
    }
}

impl<L: Zero, const K: usize, V> Zero for Committee<L, K, V> {
    const ZERO: Self = {
        assert!(K > 0 && K <= 8, "a committee has one to eight members");
        Self { members: Zero::ZERO, opinion: PhantomData }
    };
}

impl<L: Zero, const K: usize, V> Committee<L, K, V> {
    /// Members with all bits zero, to be started.
    pub const fn new() -> Self {
        Self::ZERO
    }
}

impl<L: Zero, const K: usize, V> Default for Committee<L, K, V> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<L, const K: usize, V> Committee<L, K, V> {
    /// A committee of these members.
    pub const fn with_members(members: [L; K]) -> Self {
        const { assert!(K > 0 && K <= 8, "a committee has one to eight members") };
        Self { members, opinion: PhantomData }
    }
}

/// The mean loss of those who learn; the first error if nobody does.
fn mean<T: Scalar>(results: impl Iterator<Item = Result<T, StepError>>) -> Result<T, StepError> {
    let (mut sum, mut learnt, mut refused) = (T::ZERO, 0, None);
    for result in results {
        match result {
            Ok(loss) => {
                sum += loss;
                learnt += 1;
            }
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    match refused {
        Some(error) if learnt == 0 => Err(error),
        _ => Ok(sum / count(learnt.max(1))),
    }
}

impl<L: Learner, const K: usize, V: Opinion<L::Output>> Evaluate for Committee<L, K, V> {
    type Scalar = L::Scalar;
    type Input = L::Input;
    type Output = L::Output;

    fn evaluate(&mut self, x: &L::Input, target: &L::Output) -> Result<(L::Scalar, L::Output), StepError> {
        let mut y = L::Output::ZERO;
        let mut sum = L::Scalar::ZERO;
        for member in &mut self.members {
            let (loss, outputs) = member.evaluate(x, target)?;
            V::join(&mut y, &outputs, K);
            sum += loss;
        }
        Ok((sum / count(K), y))
    }
}

impl<L: Learner<Network: Copy>, const K: usize, V: Opinion<L::Output>> Learner for Committee<L, K, V> {
    type Network = Members<L::Network, K, V>;

    fn step(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        mean(self.members.iter_mut().map(|member| member.step(x, target, weight)))
    }

    /// False if it is of no use to any member.
    fn observe(&mut self, x: &L::Input) -> bool {
        let mut useful = false;
        for member in &mut self.members {
            useful |= member.observe(x);
        }
        useful
    }

    fn learn(&mut self, x: &L::Input, target: &L::Output, weight: Option<L::Scalar>) -> Result<L::Scalar, StepError> {
        mean(self.members.iter_mut().map(|member| member.learn(x, target, weight)))
    }

    fn rehearse(
        &mut self,
        x: &L::Input,
        target: &L::Output,
        weight: Option<L::Scalar>,
    ) -> Result<L::Scalar, StepError> {
        mean(self.members.iter_mut().map(|member| member.rehearse(x, target, weight)))
    }

    fn flush(&mut self) -> Result<(), StepError> {
        // All of them: who refuses is passed over, as in a step.
        let mut results = [Ok(()); K];
        for (member, result) in self.members.iter_mut().zip(&mut results) {
            *result = member.flush();
        }
        results.iter().find(|result| result.is_ok()).or(results.first()).copied().unwrap_or(Ok(()))
    }

    fn discard(&mut self) {
        self.members.iter_mut().for_each(Learner::discard);
    }

    fn clear(&mut self) {
        self.members.iter_mut().for_each(Learner::clear);
    }

    fn predict(&mut self, x: &L::Input) -> L::Output {
        let mut y = L::Output::ZERO;
        for member in &mut self.members {
            V::join(&mut y, &member.predict(x), K);
        }
        y
    }

    /// Each member gets a seed of its own.
    fn seed(&mut self, seed: u32) {
        for (member, number) in self.members.iter_mut().zip(0..) {
            member.seed(seed.wrapping_add(number));
        }
    }

    /// That of the first member.
    fn rate(&self) -> Option<L::Scalar> {
        self.members.first()?.rate()
    }

    fn set_rate(&mut self, rate: L::Scalar) {
        self.members.iter_mut().for_each(|member| member.set_rate(rate));
    }

    fn copy_network(&self, to: &mut Self::Network) {
        for (member, to) in self.members.iter().zip(&mut to.networks) {
            member.copy_network(to);
        }
    }

    fn blend_network(&self, to: &mut Self::Network, rate: L::Scalar) {
        for (member, to) in self.members.iter().zip(&mut to.networks) {
            member.blend_network(to, rate);
        }
    }

    fn set_network(&mut self, from: &Self::Network) {
        for (member, from) in self.members.iter_mut().zip(&from.networks) {
            member.set_network(from);
        }
    }

    fn predict_with(&mut self, network: &Self::Network, x: &L::Input) -> L::Output {
        let mut y = L::Output::ZERO;
        for (member, network) in self.members.iter_mut().zip(&network.networks) {
            V::join(&mut y, &member.predict_with(network, x), K);
        }
        y
    }

    fn evaluate_with(
        &mut self,
        network: &Self::Network,
        x: &L::Input,
        target: &L::Output,
    ) -> Result<(L::Scalar, L::Output), StepError> {
        let mut y = L::Output::ZERO;
        let mut sum = L::Scalar::ZERO;
        for (member, network) in self.members.iter_mut().zip(&network.networks) {
            let (loss, outputs) = member.evaluate_with(network, x, target)?;
            V::join(&mut y, &outputs, K);
            sum += loss;
        }
        Ok((sum / count(K), y))
    }
}

impl<L: Learner + Storable, const K: usize, V: Opinion<L::Output>> Storable for Committee<L, K, V> {
    const SIZE: usize = <[L; K]>::SIZE;
    const LAYOUT: u64 = layout("committee", &[layout(V::NAME, &[]), <[L; K]>::LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.members.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.members.load(read);
    }
}
