//! What is written is finite, whatever comes in: steps with values from subnormal to 3e38, with every optimiser and
//! modifier, in every way to learn. After `Ok`, parameters and slots are finite; after an error, they are as they were.
//!
//! `cargo test --release --test poison -- --include-ignored --nocapture` takes a million steps for each.

use downhill::init::{Generator, He, Random};
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::{
    Adam, AdamW, Batch, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense, Identity, Layer, Momentum, Nesterov,
    Relu, RmsProp, Rprop, Sgd, Sigmoid, Softmax, SquaredError, StepError, Tanh, Trainer, WeightDecay, Zero, digest,
};

type Rectified = (Dense<3, 4, Relu>, Dense<4, 2, Identity>);
type Bounded = (Dense<3, 4, Tanh>, Dense<4, 3, Sigmoid>, Dense<3, 2, Softmax>);

/// Room for so many samples.
const ROOM: usize = 3;

/// One step in one of the ways.
struct Deed<const I: usize> {
    x: [[f32; I]; ROOM],
    targets: [[f32; 2]; ROOM],
    way: Way,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Step,
    Weighted(f32),
    Slice(usize),
    Layer(usize),
    Flush,
}

fn act<N, L, P>(trainer: &mut Trainer<N, L, P, ROOM>, deed: &Deed<3>) -> Result<f32, StepError>
where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]>,
    L: Loss,
    P: Optimizer<f32>,
{
    let (x, target) = (&deed.x[0], &deed.targets[0]);
    match deed.way {
        Way::Step => trainer.step(x, target),
        Way::Weighted(weight) => trainer.step_weighted(x, target, weight),
        Way::Slice(samples) => trainer.step_batch(&deed.x[..samples], &deed.targets[..samples]),
        Way::Layer(macs) => {
            let mut step = trainer.step_in_pieces(x, target);
            loop {
                if let Progress::Done(loss) = step.run(macs)? {
                    return Ok(loss);
                }
            }
        }
        Way::Flush => trainer.flush().map(|()| 0.0),
    }
}

/// A number of any magnitude, now and then none at all.
fn poison(random: &mut Generator) -> f32 {
    let bits = random.next_u32();
    match bits % 64 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::NEG_INFINITY,
        3 | 4 => f32::MAX,
        5 | 6 => f32::from_bits(random.next_u32() % 0x80_0000),
        _ => {
            let value = f32::from_bits((bits & 0x807F_FFFF) | ((random.next_u32() % 255) << 23));
            if value.is_finite() { value } else { 1.0 }
        }
    }
}

fn draw(random: &mut Generator, probabilities: bool) -> Deed<3> {
    let kind = random.next_u32() % 4;
    let mut x = [[0.0; 3]; ROOM];
    let mut targets = [[0.0; 2]; ROOM];
    for (x, target) in x.iter_mut().zip(&mut targets) {
        *x = std::array::from_fn(|_| random.signed_unit());
        let part = random.signed_unit().midpoint(1.0);
        *target = [part, 1.0 - part];
        match kind {
            0 => {}
            1 => x[random.next_u32() as usize % 3] = poison(random),
            2 => target[random.next_u32() as usize % 2] = poison(random),
            _ => {
                *x = std::array::from_fn(|_| poison(random));
                *target = std::array::from_fn(|_| poison(random));
            }
        }
        if probabilities && kind != 3 {
            *target = [part, 1.0 - part];
        }
    }
    let way = match random.next_u32() % 8 {
        0 => Way::Weighted(poison(random).abs()),
        1 | 2 => Way::Slice(1 + random.next_u32() as usize % ROOM),
        3 => Way::Layer(1 + random.next_u32() as usize % 200),
        4 => Way::Flush,
        _ => Way::Step,
    };
    Deed { x, targets, way }
}

/// `steps` steps of two trainers: what one refuses, the other never sees. So they differ as soon as an error leaves a trace.
fn run<N, L, P>(name: &str, steps: usize, probabilities: bool, optimizers: &[P]) -> [usize; 3]
where
    N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]> + Zero,
    L: Loss,
    P: Optimizer<f32> + Copy + Zero,
{
    let mut random = Generator::new(1);
    let (mut trainer, mut twin) = (Trainer::<N, L, P, ROOM>::new(), Trainer::<N, L, P, ROOM>::new());
    let (mut good, mut not_finite, mut changed, mut refused) = (0, 0, 0, 1000);
    for step in 0..steps {
        if refused > 20 {
            let (seed, optimizer) = (random.next_u32(), optimizers[step % optimizers.len()]);
            trainer.start(optimizer, &mut He(Generator::new(seed)));
            twin.start(optimizer, &mut He(Generator::new(seed)));
        }
        let deed = draw(&mut random, probabilities);
        let result = act(&mut trainer, &deed);
        if let Ok(loss) = result {
            good += 1;
            refused = 0;
            assert!(loss.is_finite());
            let twins = act(&mut twin, &deed);
            changed += usize::from(twins.map(f32::to_bits) != Ok(loss.to_bits()));
        } else {
            refused += 1;
        }
        not_finite += usize::from(!trainer.is_finite());
        if digest(&trainer.network) != digest(&twin.network) {
            changed += 1;
            refused = 1000;
        }
    }
    assert!(good > steps / 10, "{name}: {good} of {steps} steps were taken");
    [good, not_finite, changed]
}

/// Both networks with one optimiser, in several settings.
fn poisoned<P: Optimizer<f32> + Copy + Zero>(steps: usize, name: &str, optimizers: &[P]) {
    let half = steps / 2;
    let [_, a, b] = run::<Rectified, SquaredError, P>(name, half, false, optimizers);
    let [_, c, d] = run::<Bounded, CrossEntropy, P>(name, steps - half, true, optimizers);
    println!("poisoned {name} steps {steps} not_finite {} changed_after_error {}", a + c, b + d);
    assert_eq!([a + c, b + d], [0, 0], "{name}");
}

fn all(steps: usize) {
    let rates = [0.01, 1.0, 5e7];
    poisoned(steps, "Sgd", &rates.map(Sgd::new));
    poisoned(steps, "Momentum", &[Momentum::new(0.01, 0.9), Momentum::new(5e7, 0.999_999_9), Momentum::new(1.0, 0.0)]);
    poisoned(steps, "Nesterov", &[Nesterov::new(0.01, 0.9), Nesterov::new(5e7, 0.999_999_9)]);
    let rms = RmsProp::new;
    poisoned(
        steps,
        "RmsProp",
        &[rms(0.001), RmsProp { decay: 0.0, ..rms(0.1) }, RmsProp { epsilon: 1e-15, decay: 0.999_999_9, ..rms(0.5) }],
    );
    let adam = Adam::new;
    let with = |rate, [mean_decay, square_decay]: [f32; 2], epsilon| {
        let mut adam = Adam::new(rate);
        (adam.mean_decay, adam.square_decay, adam.epsilon) = (mean_decay, square_decay, epsilon);
        adam
    };
    let odd = [adam(0.001), with(0.1, [0.999_999_9, 0.0], 1e-8), with(0.5, [0.0, 0.999_999_9], 1e-15)];
    poisoned(steps, "Adam", &odd);
    poisoned(steps, "AdamW", &[AdamW::new(0.001, 0.01), AdamW::new(0.5, 2.0)]);
    poisoned(steps, "Rprop", &[Rprop::new(), Rprop { grow: f32::MAX, range: [1e-30, 5e7], ..Rprop::new() }]);
    poisoned(steps, "WeightDecay<Adam>", &[WeightDecay::new(0.01, adam(0.001)), WeightDecay::new(f32::MAX, adam(0.1))]);
    poisoned(steps, "WeightDecay<Momentum>", &[WeightDecay::new(1e30, Momentum::new(1.0, 0.999))]);
    poisoned(steps, "ClipValue<Adam>", &[ClipValue::new(0.5, adam(0.01)), ClipValue::new(f32::MAX, adam(0.01))]);
    poisoned(steps, "ClipNorm<Sgd>", &[ClipNorm::new(1.0, Sgd::new(0.1)), ClipNorm::new(f32::MAX, Sgd::new(5e7))]);
    poisoned(steps, "ClipNorm<RmsProp>", &[ClipNorm::new(1e-30, rms(0.01)), ClipNorm::new(1e6, rms(0.01))]);
    poisoned(
        steps,
        "ClipSample<Sgd>",
        &[ClipSample::new(1.0, Sgd::new(0.1)), ClipSample::new(f32::MAX, Sgd::new(1.0))],
    );
    poisoned(steps, "Batch<Sgd>", &rates.map(|rate| Batch::new(3, Sgd::new(rate))));
    poisoned(steps, "Batch<Adam>", &odd.map(|adam| Batch::new(usize::MAX, adam)));
    let clipped = Batch::new(4, ClipNorm::new(f32::MAX, WeightDecay::new(0.01, Momentum::new(1.0, 0.99))));
    poisoned(steps, "ClipSample<Batch<ClipNorm<WeightDecay>>>", &[ClipSample::new(f32::MAX, clipped)]);
    poisoned(steps, "Batch<ClipValue<RmsProp>>", &[Batch::new(2, ClipValue::new(1e30, rms(0.1)))]);
}

#[test]
fn ten_thousand_steps() {
    all(10_000);
}

#[test]
#[ignore = "a million steps for each optimiser take minutes unless they are optimised"]
fn a_million_steps() {
    all(1_000_000);
}

/// Trains `Layer`s of one weight with what was found to break them.
fn one<A: downhill::activation::Activation>(weight: f32, bias: f32) -> Dense<1, 1, A> {
    Dense::new([[weight]], [bias])
}

fn refuses<N: Layer<Scalar = f32> + Zero, P: Optimizer<f32>>(
    network: N,
    optimizer: P,
    (x, target): (&N::Input, &N::Output),
    error: StepError,
) {
    let mut trainer = Trainer::<N, SquaredError, P>::with_network(network, optimizer);
    let before = digest(&trainer.network);
    assert_eq!(trainer.step(x, target), Err(error));
    assert_eq!(digest(&trainer.network), before);
    assert!(trainer.is_finite());
}

/// A hidden output overflows, and its delta is 0: the product was NaN.
#[test]
fn an_infinite_hidden_output() {
    let network = || (one::<Relu>(1e20, 0.0), one::<Relu>(1e20, 0.0), one::<Relu>(-1.0, 0.0));
    refuses(network(), Sgd::new(0.1), (&[1.0], &[0.0]), StepError::Sum);
    refuses(network(), Adam::new(0.1), (&[1.0], &[0.0]), StepError::Sum);
}

/// From a usual start: 27 of 3200 seeds ended with weights that are NaN.
#[test]
fn a_diverging_network_of_rectifiers() {
    type Net = (Dense<2, 8, Relu>, Dense<8, 8, Relu>, Dense<8, 8, Relu>, Dense<8, 1, Relu>);
    let mut refused = 0;
    for seed in 0..800 {
        let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
        trainer.start(Sgd::new([0.05, 0.5, 1.0, 5.0][seed as usize % 4]), &mut He(Generator::new(seed)));
        let mut random = Generator::new(seed);
        for _ in 0..50 {
            let x = [0; 2].map(|_| 100.0 * random.signed_unit());
            refused += usize::from(trainer.step(&x, &[x[0] * 0.5]).is_err());
            assert!(trainer.is_finite(), "{seed}");
        }
    }
    assert!(refused > 100, "{refused}");
}

/// The product of a finite input and a finite delta overflows.
#[test]
fn an_infinite_product() {
    fn check<P: Optimizer<f32>>(optimizer: P) {
        refuses(one::<Identity>(0.05, 0.0), optimizer, (&[3.6e20], &[0.0]), StepError::Delta);
    }
    check(Sgd::new(0.1));
    check(Momentum::new(0.1, 0.9));
    check(Nesterov::new(0.1, 0.9));
    check(Batch::new(1, Sgd::new(0.1)));
    check(Batch::new(2, Sgd::new(0.1)));
    check(Adam::new(0.1));
    check(AdamW::new(0.1, 0.01));
    check(RmsProp { decay: 0.0, ..RmsProp::new(0.1) });
}

/// One gradient above 1.8e19 made the mean square infinite, and the weight never moved again.
#[test]
fn a_glitch_of_a_sensor() {
    fn check<P: Optimizer<f32>>(optimizer: P) {
        let mut trainer = Trainer::<_, SquaredError, P>::with_network(one::<Identity>(0.5, 0.0), optimizer);
        assert_eq!(trainer.step(&[1e10], &[-1e10]), Err(StepError::Gradient));
        for _ in 0..2000 {
            trainer.step(&[1.0], &[1.0]).unwrap();
        }
        let [y] = trainer.predict(&[1.0]);
        assert!((y - 1.0).abs() < 0.05, "{y}");
    }
    check(Adam::new(0.01));
    check(AdamW::new(0.01, 0.001));
    check(RmsProp::new(0.01));
}

/// The sum over a slice, or over a batch, overflows.
#[test]
fn an_infinite_sum() {
    fn check<P: Optimizer<f32>>(optimizer: P, taken: usize) {
        let mut trainer = Trainer::<_, SquaredError, P, 2>::with_network(one::<Identity>(0.0, 0.0), optimizer);
        let result = trainer.step_batch(&[[1e18]; 2], &[[-1e18], [-1e18]]);
        assert_eq!(result.is_ok(), taken > 0, "{result:?}");
        for _ in 0..10 {
            let _ = trainer.step(&[1e19], &[-1e18]);
        }
        trainer.flush().unwrap();
        assert!(trainer.is_finite());
    }
    check(Sgd::new(0.1), 0);
    check(Batch::new(usize::MAX, Sgd::new(0.1)), 0);
    check(Batch::new(usize::MAX, ClipValue::new(1.0, Sgd::new(0.1))), 0);
}

/// It goes unnoticed in the outputs, for a sigmoid makes a number of it.
#[test]
fn an_infinite_weight_behind_a_sigmoid() {
    for bad in [f32::INFINITY, f32::NEG_INFINITY] {
        let network = (one::<Sigmoid>(bad, 0.0), one::<Sigmoid>(0.5, 0.0));
        let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
        assert_eq!(trainer.step(&[1.0], &[0.5]), Err(StepError::Sum));
        assert_eq!(trainer.loss(&[1.0], &[0.5]), Err(StepError::Sum));
        assert_eq!(trainer.try_predict(&[1.0]).err(), Some(StepError::Sum));
        assert_eq!(trainer.network.0.weights[0][0].to_bits(), bad.to_bits());
        let network = (one::<Sigmoid>(1.0, 0.0), one::<Sigmoid>(0.5, bad));
        let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
        assert_eq!(trainer.step(&[1.0], &[0.5]), Err(StepError::Sum));
    }
}

#[test]
fn predictions_that_mean_nothing() {
    let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(one::<Sigmoid>(2.0, 0.0), Sgd::new(0.1));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(trainer.try_predict(&[bad]).err(), Some(StepError::Input));
    }
    assert_eq!(trainer.try_predict(&[f32::MAX]).err(), Some(StepError::Sum));
    assert_eq!(trainer.try_predict(&[0.0]).ok(), Some([0.5]));
}
