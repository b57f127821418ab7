//! The gradient is exact: backpropagation against central differences, over the random networks of
//! `gradients/shapes.rs`. And the check means something: it refuses gradients that are wrong in the usual ways.

#[path = "gradients/probe.rs"]
mod probe;
#[path = "gradients/shapes.rs"]
mod shapes;

use downhill::init::{Generator, Random};
use downhill::layer::{Mode, Trace};
use downhill::loss::Loss;
use downhill::rule::{NoShares, Rule};
use downhill::shape::Joins;
use downhill::work::Whole;
use downhill::{
    Biased, BinaryCrossEntropy, ChainRule, CrossEntropy, Dense, ErrorShare, Huber, Identity, Layer, LeakyRelu,
    OfProbabilities, RawError, Relu, Scalar, Sgd, Shape as _, Sigmoid, Softmax, SquaredError, StepError, Tanh, Trainer,
    Unbiased, Zero,
};
use probe::{Probe, Real, Step, array, network, parameters, step};

/// The loss of some network with given parameters, inputs and targets.
type Value = fn(&[f64], &[f64], &[f64]) -> Result<f64, StepError>;

/// The [`Value`] of a network and a loss.
fn value<N, L>(values: &[f64], x: &[f64], target: &[f64]) -> Result<f64, StepError>
where
    N: Layer<Scalar = f64, Input: Zero, Output: Zero> + Zero,
    L: Loss,
{
    Trainer::<N, L, Probe>::with_network(network(values), Probe).loss(&array(x), &array(target))
}

/// A network without its type, so that the check is compiled once.
pub struct Case {
    name: &'static str,
    loss: &'static str,
    layers: &'static [Shape],
    value: Value,
    double: Step,
    single: Step,
}

struct Shape {
    inputs: u16,
    outputs: u16,
    activation: &'static str,
    biases: &'static str,
}

/// The type of a loss after these layers: another one where the last activation does not belong to it.
macro_rules! loss {
    ($loss:ident: $i:literal $o:literal $a:ident $b:ident, $($rest:tt)+) => { loss!($loss: $($rest)+) };
    (CrossEntropy: $i:literal $o:literal Softmax $b:ident) => { CrossEntropy };
    (CrossEntropy: $i:literal $o:literal $a:ident $b:ident) => { OfProbabilities<CrossEntropy> };
    (BinaryCrossEntropy: $i:literal $o:literal Sigmoid $b:ident) => { BinaryCrossEntropy };
    (BinaryCrossEntropy: $i:literal $o:literal $a:ident $b:ident) => { OfProbabilities<BinaryCrossEntropy> };
    ($loss:ident: $i:literal $o:literal $a:ident $b:ident) => { $loss };
}

macro_rules! case {
    ($loss:ident: $($i:literal $o:literal $activation:ident $bias:ident),+) => {
        Case {
            name: stringify!($loss: $($i $o $activation $bias),+),
            loss: stringify!($loss),
            layers: &[$(Shape {
                inputs: $i,
                outputs: $o,
                activation: stringify!($activation),
                biases: stringify!($bias),
            }),+],
            value: value::<
                ($(Dense<$i, $o, $activation, $bias, f64>,)+),
                loss!($loss: $($i $o $activation $bias),+),
            >,
            double: step::<
                f64,
                ($(Dense<$i, $o, $activation, $bias, f64>,)+),
                loss!($loss: $($i $o $activation $bias),+),
                ChainRule,
            >,
            single: step::<
                f32,
                ($(Dense<$i, $o, $activation, $bias, f32>,)+),
                loss!($loss: $($i $o $activation $bias),+),
                ChainRule,
            >,
        }
    };
}
use {case, loss};

/// What a network is checked with. All numbers are exact in `f32`, so that both number types see the same.
struct Sample {
    parameters: Vec<f64>,
    x: Vec<f64>,
    target: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Targets {
    Signed,
    Probabilities,
    Certainties,
    Distribution,
    Class,
}

fn targets(loss: &str) -> &'static [Targets] {
    match loss {
        "SquaredError" | "Huber" => &[Targets::Signed],
        "BinaryCrossEntropy" => &[Targets::Probabilities, Targets::Certainties],
        // Probabilities don't sum to 1.
        "CrossEntropy" => &[Targets::Distribution, Targets::Class, Targets::Probabilities],
        _ => panic!("{loss}"),
    }
}

fn draw(case: &Case, targets: Targets, random: &mut Generator) -> Sample {
    let exact = |value: f64| f64::from(f32::nearest(value));
    let mut signed = |bound: f64| exact(bound * f64::from(random.signed_unit()));
    let mut parameters = Vec::new();
    let mut outputs = 0;
    for layer in case.layers {
        // Sigmoid and softmax are flat: with small weights, the deltas would vanish below them.
        let steep = if matches!(layer.activation, "Sigmoid" | "Softmax") { 3.0 } else { 1.5 };
        let bound = steep / f64::from(layer.inputs).sqrt();
        parameters.extend((0..layer.inputs * layer.outputs).map(|_| signed(bound)));
        if layer.biases == "Biased" {
            parameters.extend((0..layer.outputs).map(|_| signed(1.0)));
        }
        outputs = layer.outputs;
    }
    let x = (0..case.layers[0].inputs).map(|_| signed(1.0)).collect();
    let mut target: Vec<f64> = (0..outputs).map(|_| signed(1.0)).collect();
    if !matches!(targets, Targets::Signed) {
        target = target.iter().map(|t| exact(f64::midpoint(*t, 1.0))).collect();
    }
    match targets {
        Targets::Signed | Targets::Probabilities => {}
        Targets::Certainties => target = target.iter().map(|t| t.round()).collect(),
        Targets::Distribution => {
            let sum: f64 = target.iter().sum();
            target = target.iter().map(|t| exact(t / sum)).collect();
        }
        Targets::Class => {
            target.fill(0.0);
            target[usize::from(outputs / 2)] = 1.0;
        }
    }
    Sample { parameters, x, target }
}

/// Why a sample can't be used.
#[derive(Clone, Copy, Debug)]
enum Redraw {
    /// The loss is not defined, or huge, at the outputs or next to them.
    Domain,
    /// Other steps give other differences: there is a kink (`ReLU`) or a pole in between.
    Kink,
    /// Nearly no gradient reaches the first layer, so it would not be checked.
    Flat,
}

/// Central differences of eighth order with the steps h and 2h, h = 1/256; the result is that of h.
///
/// The truncation error, h^8 / 630 times the ninth derivative, is nothing beside the rounding error, which is about
/// 2^-53 / h = 3e-14 for a loss of 1. Where both steps do not agree ten times better than [`TOLERANCE`] asks of the
/// gradient, the differences are no reference. Only losses are looked at here, never the gradient under test.
fn differences(case: &Case, sample: &Sample) -> Result<Vec<f64>, Redraw> {
    const STEP: f64 = 1.0 / 256.0;
    let mut parameters = sample.parameters.clone();
    let mut loss = |index: usize, offset: f64| {
        let old = parameters[index];
        parameters[index] = old + offset;
        let result = (case.value)(&parameters, &sample.x, &sample.target);
        parameters[index] = old;
        match result {
            Ok(loss) if loss.abs() < 50.0 => Ok(loss),
            Ok(_) | Err(StepError::Loss) => Err(Redraw::Domain),
            Err(error) => panic!("{}: {error}", case.name),
        }
    };
    loss(0, 0.0)?;
    let mut gradient = Vec::new();
    for index in 0..sample.parameters.len() {
        let mut slopes = [0.0; 9];
        for (k, h) in [1_u8, 2, 3, 4, 6, 8].map(|k| (usize::from(k), STEP * f64::from(k))) {
            slopes[k] = (loss(index, h)? - loss(index, -h)?) / (2.0 * h);
        }
        let eighth_order =
            |k: usize| (56.0 * slopes[k] - 28.0 * slopes[2 * k] + 8.0 * slopes[3 * k] - slopes[4 * k]) / 35.0;
        let (narrow, wide) = (eighth_order(1), eighth_order(2));
        if error(wide, narrow, FLOOR) > TOLERANCE / 10.0 {
            return Err(Redraw::Kink);
        }
        gradient.push(narrow);
    }
    let first = case.layers[0].inputs * case.layers[0].outputs;
    if gradient.iter().take(first.into()).all(|g| g.abs() < 1e-3) {
        return Err(Redraw::Flat);
    }
    Ok(gradient)
}

/// Largest error of a parameter's `f64` gradient, relative to the differences or to [`FLOOR`].
const TOLERANCE: f64 = 1e-7;

/// Gradients below it are compared as if they were as large: to 1e-12, as the differences are exact to about 3e-14.
const FLOOR: f64 = 1e-5;

/// Largest error of a parameter's `f32` gradient, relative to the `f64` gradient or to [`SINGLE_FLOOR`].
const SINGLE_TOLERANCE: f64 = 1e-3;

/// A delta is a sum of numbers of the order of 1 that may cancel; each rounding is up to 6e-8 wrong, and a few layers
/// of sums make that 1e-6, which is the tolerance times the floor.
const SINGLE_FLOOR: f64 = 1e-3;

fn error(a: f64, b: f64, floor: f64) -> f64 {
    let error = (a - b).abs() / a.abs().max(b.abs()).max(floor);
    if error.is_nan() { f64::INFINITY } else { error }
}

/// The largest error of any parameter.
fn worst(a: &[f64], b: &[f64], floor: f64) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(&a, &b)| error(a, b, floor)).fold(0.0, f64::max)
}

/// A sample on which the network's differences exist, together with them; and the draws that it took to find it.
fn sample(case: &Case, targets: Targets, seed: u32) -> (Sample, Vec<f64>, [u32; 3]) {
    let mut random = Generator::new(seed);
    let mut redraws = [0; 3];
    loop {
        let sample = draw(case, targets, &mut random);
        match differences(case, &sample) {
            Ok(gradient) => return (sample, gradient, redraws),
            Err(reason) => redraws[reason as usize] += 1,
        }
        // Three outputs that must all be probabilities by chance are the rarest.
        let [domain, kink, flat] = redraws;
        assert!(domain < 500 && kink < 50 && flat < 50, "{} {targets:?}: {redraws:?}", case.name);
    }
}

fn check(loss: &str) {
    let (mut samples, mut parameters, mut small) = (0, 0, 0);
    let (mut double, mut single) = (0.0_f64, 0.0_f64);
    let (mut total, mut most) = ([0; 3], [0; 3]);
    let cases = || shapes::CASES.iter().filter(|case| case.loss == loss);
    for (case, seed) in cases().zip(0..) {
        for &targets in self::targets(loss) {
            let (sample, numeric, redraws) = sample(case, targets, seed);
            let step = |step: Step| {
                let result = step(&sample.parameters, &sample.x, &sample.target);
                result.unwrap_or_else(|error| panic!("{} {targets:?}: {error}", case.name)).1
            };
            let exact = step(case.double);
            let error = worst(&exact, &numeric, FLOOR);
            assert!(error <= TOLERANCE, "{} {targets:?}: f64 error {error:e}", case.name);
            double = double.max(error);
            let error = worst(&step(case.single), &exact, SINGLE_FLOOR);
            assert!(error <= SINGLE_TOLERANCE, "{} {targets:?}: f32 error {error:e}", case.name);
            single = single.max(error);

            samples += 1;
            parameters += numeric.len();
            small += numeric.iter().filter(|g| g.abs() < FLOOR).count();
            for ((total, most), redraws) in total.iter_mut().zip(&mut most).zip(redraws) {
                *total += redraws;
                *most = redraws.max(*most);
            }
        }
    }
    assert_eq!(samples, cases().count() * targets(loss).len());
    println!(
        "{loss}: {} networks, {samples} samples, {parameters} gradients ({small} below the floor)",
        cases().count()
    );
    println!("  worst error {double:.1e} in f64, {single:.1e} in f32");
    println!("  redrawn for [domain, kink, flat]: {total:?}, at most {most:?} for one sample");
}

#[test]
fn squared_error() {
    check("SquaredError");
}

#[test]
fn binary_cross_entropy() {
    check("BinaryCrossEntropy");
}

#[test]
fn cross_entropy() {
    check("CrossEntropy");
}

#[test]
fn huber() {
    check("Huber");
}

#[test]
fn every_combination_is_listed() {
    const LOSSES: [&str; 4] = ["SquaredError", "BinaryCrossEntropy", "CrossEntropy", "Huber"];
    let networks = || shapes::CASES.iter().filter_map(|case| Some((case.loss, case.layers.split_last()?)));
    assert!(shapes::CASES.len() >= 200);
    assert!(shapes::CASES.iter().all(|case| LOSSES.contains(&case.loss)));
    for activation in ["Identity", "Sigmoid", "Tanh", "Relu", "LeakyRelu", "Softmax"] {
        for biases in ["Biased", "Unbiased"] {
            let is = |layer: &Shape| layer.activation == activation && layer.biases == biases;
            for loss in LOSSES {
                let listed = networks().any(|(of, (last, _))| of == loss && is(last));
                assert!(listed, "{loss} of {activation} {biases}");
            }
            assert!(networks().any(|(_, (_, hidden))| hidden.iter().any(is)), "hidden {activation} {biases}");
        }
    }
    for depth in 1..=8 {
        assert!(shapes::CASES.iter().any(|case| case.layers.len() == depth), "{depth} layers");
    }
}

/// A broken rule: the chain rule without its sign.
struct DroppedSign;

impl Rule for DroppedSign {
    const RAW: bool = false;

    fn send_back<T: Scalar>(weights: &[T], delta: &[T], below: &mut [T]) -> Result<(), NoShares> {
        ChainRule::send_back(weights, delta, below)?;
        for b in below {
            *b = -*b;
        }
        Ok(())
    }
}

/// A broken step: the layers `B` are updated with this rate before the deltas go back through them to `A`.
fn update_first<A, B, L>(rate: f64, values: &[f64], x: &[f64], target: &[f64]) -> Result<(f64, Vec<f64>), StepError>
where
    A: Layer<Scalar = f64, Input: Zero> + Zero,
    B: Layer<Scalar = f64, Input = A::Output> + Zero,
    A::Output: Joins<A::Output>,
    L: Loss,
{
    let (loss, mut gradient) = step::<f64, (A, B), L, ChainRule>(values, x, target)?;
    let (lower, upper) = values.split_at(A::PARAMETERS);
    let (mut lower, mut upper): (A, B) = (network(lower), network(upper));
    let (mut lower_tape, mut upper_tape) = (A::Tape::<1>::ZERO, B::Tape::<1>::ZERO);
    let (mut lower_deltas, mut upper_deltas) = (A::Deltas::<1>::ZERO, B::Deltas::<1>::ZERO);
    let (mut lower_slots, mut upper_slots) = (A::Slots::ZERO, B::Slots::ZERO);
    let (mut lower_state, mut upper_state) = (A::State::ZERO, B::State::ZERO);

    let x = [array(x)];
    let (mut h, mut below) = ([A::Output::ZERO], [A::Output::ZERO]);
    lower.outputs(&x, &mut h, &mut lower_tape, &mut lower_state, Mode::Train, &mut Whole);
    let (mut y, mut errors) = ([B::Output::ZERO], [B::Output::ZERO]);
    upper.outputs(&h, &mut y, &mut upper_tape, &mut upper_state, Mode::Train, &mut Whole);
    L::gradient(y[0].flat(), target, errors[0].flat_mut());
    B::derive(&y, &mut errors, &mut Whole);
    let trace = Trace { x: &h, y: &y, errors: &errors, tape: &upper_tape };
    upper.back::<ChainRule, _, 1>(trace, &mut upper_deltas, None, &mut Whole)?;
    upper.update(trace, &upper_deltas, &mut upper_slots, &Sgd::new(rate), 1.0, &mut Whole);

    upper.back::<ChainRule, _, 1>(trace, &mut upper_deltas, Some(&mut below), &mut Whole)?;
    A::derive(&h, &mut below, &mut Whole);
    let trace = Trace { x: &x, y: &h, errors: &below, tape: &lower_tape };
    lower.back::<ChainRule, _, 1>(trace, &mut lower_deltas, None, &mut Whole)?;
    lower.update(trace, &lower_deltas, &mut lower_slots, &Probe, 1.0, &mut Whole);
    gradient.splice(..A::PARAMETERS, parameters(&lower));
    Ok((loss, gradient))
}

/// A network with steps that are right and steps that are wrong.
struct Control {
    case: Case,
    right: [Step; 2],
    wrong: [(&'static str, Step); 4],
}

macro_rules! control {
    ($loss:ident: $($i:literal $o:literal $a:ident $b:ident),+; $($j:literal $p:literal $c:ident $d:ident),+) => {{
        type Lower = ($(Dense<$i, $o, $a, $b, f64>,)+);
        type Upper = ($(Dense<$j, $p, $c, $d, f64>,)+);
        type Loss = loss!($loss: $($j $p $c $d),+);
        Control {
            case: case!($loss: $($i $o $a $b,)+ $($j $p $c $d),+),
            right: [
                step::<f64, (Lower, Upper), Loss, ChainRule>,
                |w, x, t| update_first::<Lower, Upper, Loss>(0.0, w, x, t),
            ],
            wrong: [
                ("dropped sign", step::<f64, (Lower, Upper), Loss, DroppedSign>),
                ("raw error", step::<f64, (Lower, Upper), Loss, RawError>),
                ("error share", step::<f64, (Lower, Upper), Loss, ErrorShare>),
                ("updated weights", |w, x, t| update_first::<Lower, Upper, Loss>(1e-3, w, x, t)),
            ],
        }
    }};
}

#[test]
fn wrong_gradients_are_refused() {
    let controls = [
        control!(SquaredError: 4 5 Sigmoid Biased; 5 3 Sigmoid Biased),
        control!(SquaredError: 3 6 Tanh Unbiased; 6 4 LeakyRelu Biased, 4 2 Identity Biased),
        // Where loss and last activation are linked, the raw error is the delta: only one more layer shows the mistake.
        control!(BinaryCrossEntropy: 5 9 Relu Biased; 9 4 Sigmoid Unbiased, 4 3 Sigmoid Biased),
        control!(CrossEntropy: 2 8 Tanh Biased, 8 5 Sigmoid Biased; 5 3 Softmax Biased),
        control!(CrossEntropy: 4 6 Identity Biased; 6 7 Softmax Biased, 7 2 Sigmoid Biased),
    ];
    for (control, seed) in controls.iter().zip(0..) {
        let case = &control.case;
        let (sample, numeric, _) = sample(case, targets(case.loss)[0], seed);
        let error = |step: Step| {
            let (_, gradient) = step(&sample.parameters, &sample.x, &sample.target).unwrap();
            worst(&gradient, &numeric, FLOOR)
        };
        for step in control.right {
            assert!(error(step) <= TOLERANCE, "{}", case.name);
        }
        for (mistake, step) in control.wrong {
            let error = error(step);
            println!("{}: {mistake}: error {error:.1e}", case.name);
            assert!(error > TOLERANCE, "{}: {mistake} passes", case.name);
        }
        // A single parameter that is a little too large or too small, or not a number.
        let (_, exact) = (case.double)(&sample.parameters, &sample.x, &sample.target).unwrap();
        for index in (0..exact.len()).filter(|&index| exact[index].abs() > FLOOR) {
            for factor in [1.0 + 3e-7, 1.0 - 3e-7, f64::NAN] {
                let mut wrong = exact.clone();
                wrong[index] *= factor;
                let error = worst(&wrong, &numeric, FLOOR);
                assert!(error > TOLERANCE, "{}: parameter {index} times {factor} passes", case.name);
            }
        }
    }
}
