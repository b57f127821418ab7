//! A step in pieces ends in the bits of a step in one, keeps to its budget, and can be dropped at any time.

use std::cell::Cell;

use downhill::activation::{Activation, Link};
use downhill::init::{Generator, Random, Uniform};
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::pieces::{ACTIVATION, Progress};
use downhill::rule::Rule;
use downhill::{
    Adam, AdamW, Batch, BiasOnly, Biased, BinaryCrossEntropy, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense,
    Dropout, ErrorShare, Frozen, Identity, Infer, Layer, LeakyRelu, Momentum, Nesterov, OfProbabilities, RawError,
    Relu, RmsProp, Rprop, Scalar, Sgd, Shape, Sigmoid, Softmax, SquaredError, StepError, Tanh, Trainer, Unbiased,
    WeightDecay, Zero, digest,
};

/// A case: a network that takes 7 numbers to 3, and what trains it. `made` makes it anew, with the same weights.
trait Case {
    fn same_bits(&self);
    fn dropped(&self);
}

struct Made<F>(&'static str, F);

const STEPS: usize = 12;

/// How a call's budget follows from the call.
fn budgets() -> Vec<(String, Box<dyn FnMut() -> usize>)> {
    let fixed = |macs: usize| (macs.to_string(), Box::new(move || macs) as Box<dyn FnMut() -> usize>);
    let mut budgets: Vec<_> = [0, 1, 7, 50, 100, 1000, usize::MAX].map(fixed).into();
    for (seed, most) in [(1, 20), (2, 200), (3, 1000)] {
        let mut random = Generator::new(seed);
        budgets.push((format!("random below {most}"), Box::new(move || random.next_u32() as usize % most)));
    }
    budgets
}

fn samples<X: Shape<Scalar = T>, Y: Shape<Scalar = T>, T: Scalar>() -> Vec<(X, Y)> {
    let mut random = Generator::new(5);
    let sample = |_| {
        let (mut x, mut y) = (X::ZERO, Y::ZERO);
        x.flat_mut().fill_with(|| T::from_f32(random.signed_unit()));
        y.flat_mut().fill_with(|| T::from_f32(random.signed_unit() * 0.4 + 0.5));
        (x, y)
    };
    (0..STEPS).map(sample).collect()
}

fn same<T: Scalar>(a: T, b: T) -> bool {
    a.bits() == b.bits()
}

impl<N, L, P, R, F, const B: usize> Case for Made<F>
where
    N: Layer<Input: Zero, Output: Zero>,
    L: Loss,
    P: Optimizer<N::Scalar>,
    R: Rule,
    F: Fn() -> Trainer<N, L, P, B, R>,
{
    fn same_bits(&self) {
        let largest = Trainer::<N, L, P, B, R>::LARGEST_PIECE;
        let (mut total, mut largest_seen) = (None, 0);
        for (budget, mut macs) in budgets() {
            let context = format!("{}, budget {budget}", self.0);
            let (mut whole, mut trainer) = (self.1(), self.1());
            let mut spent = 0;
            for (x, target) in &samples::<N::Input, N::Output, _>() {
                let mut step = trainer.step_in_pieces(x, target);
                let loss = loop {
                    let macs = macs();
                    let progress = step.run(macs).unwrap();
                    assert!(step.spent() <= macs.max(largest), "{context}: {} MACs", step.spent());
                    spent += step.spent();
                    if budget == "0" {
                        largest_seen = largest_seen.max(step.spent());
                    }
                    if let Progress::Done(loss) = progress {
                        break loss;
                    }
                };
                assert!(!step.is_writing());
                assert_eq!(step.run(100), Err(StepError::Over));
                drop(step);
                assert!(same(loss, whole.step(x, target).unwrap()), "{context}: the loss");
                assert_eq!(digest(&trainer.network), digest(&whole.network), "{context}: the weights");

                let mut prediction = trainer.predict_in_pieces(x);
                let y = loop {
                    let macs = macs();
                    match prediction.run(macs) {
                        Progress::More => assert!(prediction.spent() <= macs.max(largest), "{context}"),
                        Progress::Done(y) => break y,
                    }
                };
                let expected = whole.predict(x);
                let expected = expected.flat();
                assert!(y.flat().iter().zip(expected).all(|(&y, &e)| same(y, e)), "{context}: the prediction");
                assert!(matches!(prediction.run(1), Progress::Done(y) if same(y.flat()[0], expected[0])));
            }
            // However it is cut, it is the same work.
            assert_eq!(*total.get_or_insert(spent), spent, "{context}: the work");
        }
        println!("{}: {} MACs per step, largest piece {largest_seen} of {largest}", self.0, total.unwrap() / STEPS);
    }

    fn dropped(&self) {
        let samples = samples::<N::Input, N::Output, _>();
        let others = &samples[4..];
        let experienced = || {
            let mut trainer = self.1();
            for (x, target) in &samples[..3] {
                trainer.step(x, target).unwrap();
            }
            trainer
        };
        let (x, target) = &samples[3];
        for macs in [1, 60] {
            let (mut stayed, mut finished, mut calls) = (0, 0, 0);
            loop {
                let mut trainer = experienced();
                let mut step = trainer.step_in_pieces(x, target);
                let mut done = false;
                for _ in 0..calls {
                    done = step.run(macs).unwrap() != Progress::More;
                }
                let writing = step.is_writing();
                drop(step);
                // A twin that either never began or did all of it.
                let mut twin = experienced();
                if writing || done {
                    twin.step(x, target).unwrap();
                    finished += 1;
                } else {
                    stayed += 1;
                }
                let context = format!("{}, dropped after {calls} calls of {macs}", self.0);
                assert_eq!(digest(&trainer.network), digest(&twin.network), "{context}: the weights");
                // Masks that were drawn for a dropped step are not drawn again.
                trainer.seed(9);
                twin.seed(9);
                for (x, target) in others {
                    assert!(same(trainer.step(x, target).unwrap(), twin.step(x, target).unwrap()), "{context}");
                }
                assert_eq!(digest(&trainer.network), digest(&twin.network), "{context}: the weights later");
                if done {
                    break;
                }
                calls += 1;
            }
            assert!(stayed > 1 && (macs > 1 || finished > 1), "{}: {stayed} stayed, {finished} finished", self.0);
        }
    }
}

fn start<N, L, P, R, const B: usize>(
    mut trainer: Trainer<N, L, P, B, R>,
    optimizer: P,
    prepare: impl Fn(&mut N),
) -> Trainer<N, L, P, B, R>
where
    N: Layer,
    L: Loss,
    P: Optimizer<N::Scalar>,
    R: Rule,
{
    trainer.start(optimizer, &mut Uniform(Generator::new(3)));
    prepare(&mut trainer.network);
    trainer.seed(4);
    trainer
}

macro_rules! case {
    ($name:literal, $network:ty, $loss:ty, $rule:ty, $optimizer:expr $(, $prepare:expr)?) => {{
        let made = move || {
            let optimizer = $optimizer;
            #[allow(unused_mut, unused_assignments)]
            let mut prepare: fn(&mut $network) = |_| {};
            $(prepare = $prepare;)?
            start(Trainer::<$network, $loss, _, 1, $rule>::new(), optimizer, prepare)
        };
        Box::new(Made($name, made)) as Box<dyn Case>
    }};
}

static FROZEN: Dense<7, 9, Tanh> = Dense::new([[0.2; 9]; 7], [0.1; 9]);
static FROZEN_LAST: (Dense<9, 5>, Dense<5, 3>) = (
    Dense::new([[0.3, -0.2, 0.1, -0.4, 0.2]; 9], [0.1, -0.1, 0.0, 0.2, 0.0]),
    Dense::new([[0.5, -0.5, 0.3], [0.2, 0.1, -0.4], [-0.3, 0.2, 0.6], [0.1, 0.4, -0.2], [0.7, -0.6, 0.3]], [0.0; 3]),
);
static ODD: Dense<9, 3> = Dense::new([[0.3, -0.2, 0.1]; 9], [0.1, -0.1, 0.0]);

type Plain = (Dense<7, 9>, Dense<9, 3>);

fn cases() -> Vec<Box<dyn Case>> {
    type F64 = (Dense<7, 9, Tanh, Biased, f64>, Dense<9, 3, Sigmoid, Biased, f64>);
    type Drops = (Dropout<7>, Dense<7, 9, Relu>, Dropout<9>, Dense<9, 3, Softmax>);
    let drops = |network: &mut Drops| (network.0.rate, network.2.rate) = (0.2, 0.5);
    let mut cases = vec![
        case!("plain", Plain, SquaredError, downhill::ChainRule, Sgd::new(0.3)),
        case!("one layer", Dense<7, 3, Identity>, SquaredError, downhill::ChainRule, Sgd::new(0.1)),
        case!("a tuple of one", (Dense<7, 3, Softmax>,), SquaredError, downhill::ChainRule, Sgd::new(0.1)),
        case!("64 bits", F64, BinaryCrossEntropy, downhill::ChainRule, Adam::new(0.01)),
        case!("raw error", Plain, SquaredError, RawError, Sgd::new(0.3)),
        case!("shares", Plain, SquaredError, ErrorShare, Momentum::new(0.01, 0.5)),
        case!("dropout", Drops, CrossEntropy, downhill::ChainRule, Momentum::new(0.1, 0.9), drops),
        case!(
            "wide",
            (Dense<7, 40, Relu>, Dense<40, 33, LeakyRelu, Unbiased, f32>, Dense<33, 3, Softmax>),
            CrossEntropy,
            downhill::ChainRule,
            Sgd::new(0.1)
        ),
        case!(
            "nested and unlinked",
            ((Dense<7, 5, Softmax>, Dense<5, 6, Tanh>), (Dense<6, 4>, (Dense<4, 3>,))),
            OfProbabilities<CrossEntropy>,
            downhill::ChainRule,
            Nesterov::new(0.05, 0.9)
        ),
        case!(
            "eight layers",
            (
                Dense<7, 4, Tanh>,
                Dense<4, 4, Tanh>,
                Dense<4, 4, Tanh>,
                Dense<4, 4, Tanh>,
                Dense<4, 4, Tanh>,
                Dense<4, 4, Tanh>,
                Dense<4, 4, Tanh>,
                Dense<4, 3>
            ),
            BinaryCrossEntropy,
            downhill::ChainRule,
            WeightDecay::new(0.001, Sgd::new(0.1))
        ),
        case!("components", Plain, SquaredError, downhill::ChainRule, ClipValue::new(0.01, RmsProp::new(0.01))),
        case!("norm", Plain, SquaredError, downhill::ChainRule, ClipNorm::new(0.05, AdamW::new(0.01, 0.1))),
        case!("sample", Plain, SquaredError, downhill::ChainRule, ClipSample::new(0.05, Momentum::new(0.3, 0.9))),
        case!("batch", Plain, SquaredError, downhill::ChainRule, Batch::new(4, Sgd::new(0.3))),
        case!("batch of one", Plain, SquaredError, downhill::ChainRule, Batch::new(1, Rprop::new())),
        case!(
            "batch of norms",
            (Dropout<7>, Dense<7, 9>, Dense<9, 3>),
            SquaredError,
            downhill::ChainRule,
            ClipSample::new(0.1, Batch::new(4, ClipNorm::new(0.05, WeightDecay::new(0.01, Momentum::new(0.3, 0.9))))),
            |network| network.0.rate = 0.3
        ),
    ];
    // References have no zero.
    cases.push(Box::new(Made("frozen first", || {
        let network = (Frozen(&FROZEN), Dense::<9, 3>::ZERO);
        start(Trainer::<_, SquaredError, _>::with_network(network, Momentum::ZERO), Momentum::new(0.3, 0.9), |_| {})
    })));
    cases.push(Box::new(Made("frozen last, room for 3", || {
        let network = (Dense::<7, 9>::ZERO, Frozen(&FROZEN_LAST));
        start(Trainer::<_, SquaredError, _, 3, RawError>::with_network(network, Sgd::ZERO), Sgd::new(0.3), |_| {})
    })));
    cases.push(Box::new(Made("biases", || {
        let network = (Frozen(&FROZEN), BiasOnly::new(&ODD));
        start(Trainer::<_, SquaredError, _>::with_network(network, Adam::ZERO), Adam::new(0.1), |_| {})
    })));
    cases
}

#[test]
fn the_bits_of_a_whole_step() {
    for case in cases() {
        case.same_bits();
    }
}

/// Every other of the cases, from `first` on: two tests run at the same time.
fn dropped_at_any_time(first: usize) {
    for case in cases().into_iter().skip(first).step_by(2) {
        case.dropped();
    }
}

#[test]
fn dropped_at_any_time_even() {
    dropped_at_any_time(0);
}

#[test]
fn dropped_at_any_time_odd() {
    dropped_at_any_time(1);
}

/// The MACs of the end of a batch are counted: `Optimizer::MACS` for each parameter, and the norm.
#[test]
fn the_end_of_a_batch_is_counted() {
    type Net = (Dense<7, 5>, Dense<5, 3>);
    let spent = |size| {
        let adam = Adam::new(0.01);
        let mut trainer = Trainer::<Net, SquaredError, _>::with_network(Zero::ZERO, Batch::new(size, adam));
        let mut step = trainer.step_in_pieces(&[0.5; 7], &[0.5; 3]);
        assert!(matches!(step.run(usize::MAX), Ok(Progress::Done(_))));
        step.spent()
    };
    assert_eq!(spent(1) - spent(2), Net::PARAMETERS * <Batch<Adam> as Optimizer<f32>>::MACS + ACTIVATION);
}

thread_local! {
    /// What was computed since the last look, in MACs.
    static WORK: Cell<usize> = const { Cell::new(0) };
}

fn count(macs: usize) {
    WORK.set(WORK.get() + macs);
}

/// Descent that counts.
struct CountingSgd;

impl Optimizer<f32> for CountingSgd {
    type Slot = ();
    type Sum = ();

    fn check(&self) -> Result<(), StepError> {
        Ok(())
    }

    fn set_rate(&mut self, _: f32) {}

    fn rate(&self) -> Option<f32> {
        None
    }

    fn scaled(&self, _: f32) -> Self {
        Self
    }

    fn weight(&self, weight: &mut f32, (): &mut (), gradient: f32) {
        count(1);
        *weight -= 0.1 * gradient;
    }
}

/// An activation that counts.
struct CountingSigmoid;

impl Activation for CountingSigmoid {
    const NAME: &'static str = "counting sigmoid";
    const LINK: Link = Link::Logit;

    fn activate<T: Scalar>(z: &mut [T]) -> T {
        count(z.len() * ACTIVATION);
        Sigmoid::<downhill::math::Libm>::activate(z)
    }

    fn derivative<T: Scalar>(y: &[T], error: &mut [T]) -> T {
        count(error.len());
        Sigmoid::<downhill::math::Libm>::derivative(y, error)
    }
}

/// Sending back that counts.
struct CountingRule;

impl Rule for CountingRule {
    const RAW: bool = false;
    const BY_ROW: bool = true;

    fn send_back<T: Scalar>(weights: &[T], error: &[T], below: &mut [T]) -> Result<(), downhill::rule::NoShares> {
        assert_eq!(weights.len(), error.len() * below.len());
        count(weights.len());
        downhill::ChainRule::send_back(weights, error, below)
    }
}

#[test]
fn what_is_spent_is_what_is_done() {
    type Net = (Dense<20, 30, CountingSigmoid>, Dense<30, 10, CountingSigmoid>);
    type Counting = Trainer<Net, SquaredError, CountingSgd, 1, CountingRule>;
    for macs in [1, 10, 33, 100, 500, 2000] {
        let bound = macs.max(Counting::LARGEST_PIECE);
        let mut trainer = Counting::with_network(Zero::ZERO, CountingSgd);
        let (x, target) = ([0.5; 20], [0.1; 10]);
        let mut step = trainer.step_in_pieces(&x, &target);
        let (mut calls, mut total, mut spent) = (0, 0, 0);
        loop {
            WORK.set(0);
            let progress = step.run(macs).unwrap();
            assert!(WORK.get() <= step.spent() && step.spent() <= bound, "{} of {bound}", WORK.get());
            (calls, total, spent) = (calls + 1, total + WORK.get(), spent + step.spent());
            if progress != Progress::More {
                break;
            }
        }
        // Weights, both ways of the upper layer, biases, activations and their derivatives.
        assert_eq!(total, 20 * 30 + 30 * 10 * 2 + 40 + 40 * (ACTIVATION + 1));
        // With the forward pass, whose loops are not seen from here.
        let all = total + 20 * 30 + 30 * 10;
        assert!(spent >= all && calls >= all.div_ceil(bound), "{calls} calls, {spent} of {all} MACs");
        // And no call stops before the next piece is too much for it.
        if macs > Counting::LARGEST_PIECE {
            assert!(calls <= spent / (macs - Counting::LARGEST_PIECE) + 1, "{calls} calls of {macs} MACs");
        }
    }
}

#[test]
fn the_largest_piece() {
    type Digits<A, L, P, R = downhill::ChainRule> = Trainer<(Dense<64, 32>, Dense<32, 10, A>), L, P, 1, R>;
    // The squared error of ten outputs; a row has 32.
    assert_eq!(Digits::<Sigmoid, SquaredError, Sgd>::LARGEST_PIECE, 40);
    assert_eq!(Digits::<Softmax, CrossEntropy, Sgd>::LARGEST_PIECE, 640);
    assert_eq!(Digits::<Sigmoid, SquaredError, Adam>::LARGEST_PIECE, 32 * 48);
    assert_eq!(Digits::<Sigmoid, SquaredError, ClipNorm<Sgd>>::LARGEST_PIECE, 32 + 2 * (64 + 32 + 32 + 10));
    assert_eq!(Digits::<Sigmoid, SquaredError, Sgd, ErrorShare>::LARGEST_PIECE, 64 * 32 * 8);
}

/// A step in one and a step in pieces fail alike, and leave the weights and the way they go on alike.
fn refuses<N, L, P, R>(make: impl Fn() -> Trainer<N, L, P, 1, R>, x: &N::Input, target: &N::Output, error: StepError)
where
    N: Layer<Input: Zero, Output: Zero>,
    L: Loss,
    P: Optimizer<N::Scalar>,
    R: Rule,
{
    for macs in [1, 30, 200, usize::MAX] {
        let (mut whole, mut trainer) = (make(), make());
        let before = digest(&trainer.network);
        assert_eq!(whole.step(x, target).err(), Some(error));
        let mut step = trainer.step_in_pieces(x, target);
        let found = loop {
            match step.run(macs) {
                Ok(Progress::More) => {}
                Ok(Progress::Done(_)) => panic!("{error}: not seen"),
                Err(error) => break error,
            }
        };
        assert_eq!(found, error);
        assert!(!step.is_writing());
        assert_eq!(step.run(macs), Err(StepError::Over));
        drop(step);
        assert_eq!(digest(&trainer.network), before, "{error}: the weights changed");
        for (x, target) in &samples::<N::Input, N::Output, N::Scalar>() {
            match (trainer.step(x, target), whole.step(x, target)) {
                (Ok(a), Ok(b)) => assert!(same(a, b)),
                (a, b) => assert_eq!(a.err(), b.err()),
            }
        }
        assert_eq!(digest(&trainer.network), digest(&whole.network), "{error}: the next steps are others");
    }
}

#[test]
fn errors() {
    type Drops = (Dropout<7>, Dense<7, 3>);
    type Linear<P> = Trainer<Dense<7, 3, Identity>, SquaredError, P>;
    const X: [f32; 7] = [0.5; 7];
    const T: [f32; 3] = [0.5; 3];
    let momentum = || start(Trainer::<Plain, SquaredError, Momentum>::new(), Momentum::new(0.3, 0.9), |_| {});
    for bad in [f32::NAN, f32::INFINITY] {
        let mut x = X;
        x[6] = bad;
        refuses(momentum, &x, &T, StepError::Input);
        let mut target = T;
        target[1] = bad;
        refuses(momentum, &X, &target, StepError::Target);
        refuses(momentum, &x, &target, StepError::Input);
        let rate = || start(Trainer::<Plain, SquaredError, Sgd>::new(), Sgd::new(bad), |_| {});
        refuses(rate, &x, &target, StepError::LearningRate);
    }
    let decay = || start(Trainer::<Plain, SquaredError, Momentum>::new(), Momentum::new(0.3, 1.0), |_| {});
    refuses(decay, &X, &T, StepError::Momentum);
    let drops = || start(Trainer::<Drops, SquaredError, Sgd>::new(), Sgd::new(0.1), |n| n.0.rate = 1.0);
    refuses(drops, &X, &T, StepError::Dropout);
    // Masks were drawn before the input was seen to be bad, in both.
    let drops = || start(Trainer::<Drops, SquaredError, Sgd>::new(), Sgd::new(0.1), |n| n.0.rate = 0.5);
    refuses(drops, &[f32::NAN; 7], &T, StepError::Input);
    let linear = || start(Linear::new(), Sgd::new(0.1), |_| {});
    refuses(linear, &X, &[1e30; 3], StepError::Loss);
    let weights = || start(Linear::new(), Sgd::new(0.1), |network| network.weights[6][2] = f32::NAN);
    refuses(weights, &X, &T, StepError::Loss);
    let steep = || {
        let network = (Dense::<7, 1, Identity>::ZERO, Dense::<1, 3, Identity>::new([[1e30, 0.0, 0.0]], [0.0; 3]));
        Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(1e-38))
    };
    refuses(steep, &X, &[1e18, 0.0, 0.0], StepError::Delta);
    let shares = || Trainer::<_, SquaredError, Sgd, 1, ErrorShare>::with_network(Plain::ZERO, Sgd::new(0.1));
    refuses(shares, &X, &T, StepError::NoShares(downhill::rule::NoShares { output: 0 }));
    // A gradient of 1e16 or so, which only a limit makes small enough.
    let (long, far) = ([1e4; 7], [1e12; 3]);
    refuses(|| start(Linear::new(), Sgd::new(0.1), |_| {}), &long, &far, StepError::Gradient);
    // The biases have gradients that no limit makes small enough.
    let (long, far) = ([1e15; 7], [1e18; 3]);
    refuses(|| start(Linear::new(), ClipNorm::new(1.0, Sgd::new(0.1)), |_| {}), &long, &far, StepError::Gradient);
    refuses(|| start(Linear::new(), ClipSample::new(1.0, Sgd::new(0.1)), |_| {}), &long, &far, StepError::Gradient);
    let batch = || start(Linear::new(), Batch::new(1, ClipNorm::new(1.0, Sgd::new(0.1))), |_| {});
    refuses(batch, &long, &far, StepError::Gradient);
}

#[test]
fn weights_of_samples() {
    let make = || start(Trainer::<Plain, SquaredError, Momentum>::new(), Momentum::new(0.3, 0.9), |_| {});
    for macs in [1, 50, usize::MAX] {
        let (mut whole, mut trainer) = (make(), make());
        for (i, (x, target)) in samples::<[f32; 7], [f32; 3], f32>().iter().enumerate() {
            let weight = [0.0, 0.5, 3.0, -1.0, f32::NAN][i % 5];
            let mut step = trainer.step_in_pieces(x, target).weighted(weight);
            let result = loop {
                match step.run(macs) {
                    Ok(Progress::More) => {}
                    Ok(Progress::Done(loss)) => break Ok(loss),
                    Err(error) => break Err(error),
                }
            };
            drop(step);
            assert_eq!(result, whole.step_weighted(x, target, weight));
            assert_eq!(digest(&trainer.network), digest(&whole.network));
        }
    }
}
