//! Every case of bad input: which error it gives, and that the trainer keeps every bit. The host runs all of them
//! (`tests/bad_input.rs`), and so does every chip (`examples/firmware/src/bin/bad_networks.rs` and `bad_steps.rs`).

mod hyperparameters;
mod networks;
mod values;
mod ways;

use core::fmt;

use downhill::init::{Generator, Uniform};
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{StepError, Trainer, Zero};

/// How many cases [`networks`] has.
pub const NETWORKS: u32 = 1755;

/// How many cases [`steps`] has.
pub const STEPS: u32 = 1092;

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// Runs the cases of bad numbers at each place of inputs and targets, and tells `failed` of those that are not as they should
/// be. Returns how many there were.
pub fn networks(failed: &mut dyn FnMut(&Failure)) -> u32 {
    run(&[networks::all], failed)
}

/// [`networks`] for all other cases. Both together would not fit into the flash of a small chip.
pub fn steps(failed: &mut dyn FnMut(&Failure)) -> u32 {
    run(&[ways::all, hyperparameters::all, values::all], failed)
}

fn run(parts: &[fn(&mut Cases)], failed: &mut dyn FnMut(&Failure)) -> u32 {
    let mut cases = Cases { group: "", number: 0, failed };
    for part in parts {
        part(&mut cases);
    }
    cases.number
}

/// A case that is not as it should be.
pub struct Failure {
    /// The trainer.
    group: &'static str,
    /// What is bad.
    what: &'static str,
    /// The number of the case, from 1.
    number: u32,
    expected: StepError,
    /// The error, if there was one.
    error: Option<StepError>,
    /// Whether weights and optimiser were what they had been, and good steps after it led where they would have led
    /// without.
    kept: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, what, number, expected, error, kept } = self;
        let trainer = if *kept { "kept" } else { "not kept" };
        write!(f, "case {number}, {what} ({group}): expected {expected:?}, got {error:?}, trainer {trainer}")
    }
}

struct Cases<'a> {
    group: &'static str,
    number: u32,
    failed: &'a mut dyn FnMut(&Failure),
}

impl Cases<'_> {
    #[inline(never)]
    fn tell(&mut self, what: &'static str, expected: StepError, error: Option<StepError>, twins: &mut dyn Alike) {
        self.number += 1;
        let mut kept = twins.are_alike();
        for _ in 0..3 {
            kept &= twins.step();
            kept &= twins.are_alike();
        }
        if error != Some(expected) || !kept {
            (self.failed)(&Failure { group: self.group, what, number: self.number, expected, error, kept });
        }
    }
}

/// Two trainers of equal bits, of which one alone meets what is bad. Its inputs and targets are good ones.
struct Twins<N: Layer, L, P: Optimizer<f32>, R, const B: usize, const I: usize, const O: usize>
where
    N: Layer<Scalar = f32>,
{
    trainer: Trainer<N, L, P, B, R>,
    untouched: Trainer<N, L, P, B, R>,
    x: [f32; I],
    target: [f32; O],
    /// Whether good steps succeed.
    learn: bool,
}

type Step<'a, T> = &'a dyn Fn(&mut T) -> Result<f32, StepError>;

impl<N, L, P, R, const B: usize, const I: usize, const O: usize> Twins<N, L, P, R, B, I, O>
where
    N: Layer<Scalar = f32, Input = [f32; I], Output = [f32; O]>,
    L: Loss,
    P: Optimizer<f32> + PartialEq,
    R: Rule,
{
    fn new(make: impl Fn() -> Trainer<N, L, P, B, R>) -> Self {
        Self { trainer: make(), untouched: make(), x: first(X), target: first(T), learn: true }
    }

    /// Twins that have learnt for a while, so that weights and velocities are of all sizes.
    fn experienced(optimizer: P) -> Self
    where
        N: Copy + Zero,
        P: Copy + Zero,
    {
        let mut twins = Self::new(|| Trainer::new());
        let network = drawn();
        twins.each(|trainer| trainer.start_from(&network, optimizer));
        warm_up(&mut twins);
        twins
    }

    #[inline(never)]
    fn each(&mut self, change: impl Fn(&mut Trainer<N, L, P, B, R>)) {
        change(&mut self.trainer);
        change(&mut self.untouched);
    }

    /// A case: the step `bad` is refused with `expected`, and good steps after it lead where they would have led without.
    #[inline(never)]
    fn refuse(
        &mut self,
        cases: &mut Cases,
        what: &'static str,
        expected: StepError,
        bad: Step<Trainer<N, L, P, B, R>>,
    ) {
        let error = bad(&mut self.trainer).err();
        cases.tell(what, expected, error, self);
    }
}

/// [`Twins`] of whatever types.
trait Alike {
    fn are_alike(&self) -> bool;

    /// Takes a good step with both. Whether they do the same.
    fn step(&mut self) -> bool;
}

impl<N, L, P, R, const B: usize, const I: usize, const O: usize> Alike for Twins<N, L, P, R, B, I, O>
where
    N: Layer<Scalar = f32, Input = [f32; I], Output = [f32; O]>,
    L: Loss,
    P: Optimizer<f32> + PartialEq,
    R: Rule,
{
    fn are_alike(&self) -> bool {
        self.trainer.optimizer == self.untouched.optimizer
            && fingerprint(&self.trainer.network) == fingerprint(&self.untouched.network)
    }

    fn step(&mut self) -> bool {
        let result = good(&mut self.trainer, &self.x, &self.target);
        result == good(&mut self.untouched, &self.x, &self.target) && result.is_ok() == self.learn
    }
}

/// Of all parameters, bit by bit. Less code for each of many networks than [`downhill::digest`].
#[inline(never)]
fn fingerprint<N: Layer<Scalar = f32>>(network: &N) -> u64 {
    #[inline(never)]
    fn add(hash: &mut u64, parameters: &[f32]) {
        for parameter in parameters {
            *hash = (*hash ^ u64::from(parameter.to_bits())).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
        }
    }
    let mut hash = 1;
    network.tensors(&mut |tensor| add(&mut hash, tensor.data));
    hash
}

/// A network with random weights, compiled once whatever it is trained with.
#[inline(never)]
fn drawn<N: Layer + Zero>() -> N {
    let mut network = N::ZERO;
    network.initialize(&mut Uniform(Generator::new(7)));
    network
}

#[inline(never)]
fn warm_up(twins: &mut dyn Alike) {
    for _ in 0..10 {
        assert!(twins.step(), "a good step was refused");
    }
}

/// A step, compiled once for a trainer.
#[inline(never)]
fn good<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    x: &N::Input,
    target: &N::Output,
) -> Result<N::Scalar, StepError> {
    trainer.step(x, target)
}

const X: [f32; 4] = [0.3, -0.4, 0.9, 0.2];
const T: [f32; 5] = [0.9, 0.1, 0.3, 0.2, 0.7];

fn first<const N: usize, const M: usize>(values: [f32; M]) -> [f32; N] {
    core::array::from_fn(|i| values.get(i).copied().unwrap_or_default())
}

/// The values with another one at a place.
fn with<const N: usize>(mut values: [f32; N], place: usize, value: f32) -> [f32; N] {
    values[place] = value;
    values
}
