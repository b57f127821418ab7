//! Every item of the tutorial chapter "Backpropagation in Neural Networks" (Bernd Klein), T1 to T8, run by the crate
//! and held against its number or property. Numbers that are written out here come from the chapter or from paper.
//!
//! The chapter's error is `e = t - o`, the crate's is the gradient `o - t`; what is sent back differs in sign only.

// Some results have to be equal, bit by bit.
#![allow(clippy::float_cmp)]

mod common;

use downhill::init::{Generator, He, Init, Random, TruncatedNormal, Uniform, Xavier};
use downhill::layer::{Infer, Layer};
use downhill::loss::Loss;
use downhill::metrics::ConfusionMatrix;
use downhill::optimizer::Optimizer;
use downhill::rule::{NoShares, Rule};
use downhill::{
    Biased, ChainRule, Dense, ErrorShare, Identity, Momentum, RawError, Sgd, Sigmoid, SquaredError, StepError, Tanh,
    Trainer, Unbiased, encode,
};

/// A few roundings of numbers about 1.
const ROUNDING: f64 = 1e-15;

#[track_caller]
fn near(actual: f64, expected: f64, tolerance: f64) {
    // Written so that NaN fails.
    assert!((actual - expected).abs() <= tolerance, "expected {expected} +- {tolerance}, got {actual}");
}

#[track_caller]
fn all_near(actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    assert!(
        actual.iter().zip(expected).all(|(a, e)| (a - e).abs() <= tolerance),
        "expected {expected:?} +- {tolerance}, got {actual:?}"
    );
}

/// The largest difference between two lists.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn parameters<N: Layer<Scalar = f64>>(network: &N) -> Vec<f64> {
    let mut all = Vec::new();
    network.tensors(&mut |tensor| all.extend_from_slice(tensor.data));
    all
}

// T1 ------------------------------------------------------------------------------------------------------------------

/// The minima of w^4 - 4 w^2 + w, at heights -5.44 and -2.62; the hill between them is at 0.1260.
const GLOBAL: f64 = -1.472_997_601_114_03;
const LOCAL: f64 = 1.346_997_408_527_774;

fn walk(start: f64) -> f64 {
    let sgd = Sgd::new(0.02);
    let mut w = start;
    for _ in 0..400 {
        let gradient = 4.0 * w.powi(3) - 8.0 * w + 1.0;
        sgd.weight(&mut w, &mut (), gradient);
    }
    w
}

#[test]
fn t1_start_decides_between_global_and_local_minimum() {
    for start in [-2.0, -0.5, 0.12] {
        near(walk(start), GLOBAL, 1e-9);
    }
    for start in [0.13, 0.5, 2.0] {
        near(walk(start), LOCAL, 1e-9);
    }
}

type Restart = Trainer<(Dense<2, 2>, Dense<2, 1>), SquaredError, Momentum>;
const XOR: [([f32; 2], [f32; 1]); 4] =
    [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];

fn xor_loss(trainer: &mut Restart) -> f32 {
    XOR.iter().map(|(x, target)| SquaredError::value(&trainer.predict(x), target)).sum()
}

fn train_xor(trainer: &mut Restart, seed: u32) -> f32 {
    trainer.start(Momentum::new(0.1, 0.9), &mut TruncatedNormal(Generator::new(seed)));
    for (x, target) in XOR.iter().cycle().take(12_000) {
        trainer.step(x, target).unwrap();
    }
    xor_loss(trainer)
}

#[test]
fn t1_best_of_the_restarts_is_kept() {
    let mut trainer = Restart::new();
    let mut kept = (f32::INFINITY, trainer.network);
    let mut losses = Vec::new();
    for seed in 1..=10 {
        let loss = train_xor(&mut trainer, seed);
        losses.push(loss);
        if loss < kept.0 {
            kept = (loss, trainer.network);
        }
    }
    let stuck = losses.iter().filter(|&&loss| loss > 0.2).count();
    let learned = losses.iter().filter(|&&loss| loss < 0.01).count();
    assert!(stuck >= 1 && learned >= 1, "the restarts end in different basins: {losses:?}");

    let (loss, network) = kept;
    assert!(losses.iter().all(|&other| loss <= other));
    assert_eq!(xor_loss(&mut Restart::with_network(network, Momentum::new(0.1, 0.9))), loss);

    // A restart remembers nothing: neither weights nor velocities.
    for (seed, loss) in (1..).zip(losses) {
        let mut fresh = Restart::new();
        assert_eq!(train_xor(&mut fresh, seed), loss);
    }
}

// T2 ------------------------------------------------------------------------------------------------------------------

#[test]
fn t2_error_of_an_output() {
    let mut gradient = [0.0];
    SquaredError::gradient(&[0.92], &[1.0], &mut gradient);
    near(-gradient[0], 0.08, ROUNDING);
    near(SquaredError::value(&[0.92], &[1.0]), 0.5 * 0.08 * 0.08, ROUNDING);
    // Outputs add up: 1/2 (0.08^2 + 0.5^2).
    near(SquaredError::value(&[0.92, 0.7], &[1.0, 0.2]), 0.1282, ROUNDING);
}

#[test]
fn t2_linear_network_is_a_weighted_sum() {
    let first = Dense::<3, 2, Identity, Unbiased, f64>::new([[1.0, -2.0], [0.5, 4.0], [-1.5, 0.25]], []);
    let second = Dense::<2, 1, Identity, Unbiased, f64>::new([[3.0], [-1.0]], []);
    let x = [2.0, -1.0, 4.0];
    let mut trainer = Trainer::<_, SquaredError, _>::with_network((first, second), Sgd::new(0.1));
    // 2 - 0.5 - 6 = -4.5;  -4 - 4 + 1 = -7;  3 (-4.5) - (-7) = -6.5: exact in binary.
    assert_eq!(trainer.predict(&x), [-6.5]);
    assert_eq!(trainer.step(&x, &[-6.0]), Ok(0.125));

    let biased = Dense::<3, 2, Identity, Biased, f64>::new([[1.0, -2.0], [0.5, 4.0], [-1.5, 0.25]], [0.5, 8.0]);
    assert_eq!(Trainer::<_, SquaredError, _>::with_network(biased, Sgd::new(0.1)).predict(&x), [-4.0, 1.0]);
}

// T3, T4 --------------------------------------------------------------------------------------------------------------

/// The chapter's picture: four hidden nodes, two outputs. Column 1 is the chapter's (sum 1.3), column 2 sums to 1.6.
const W: [[f64; 2]; 4] = [[0.6, 0.3], [0.4, 0.5], [0.1, 0.7], [0.2, 0.1]];
const E: [f64; 2] = [0.08, -0.05];

#[test]
fn t3_shares_of_one_output() {
    let mut shares = [f64::NAN; 4];
    ErrorShare::send_back(&[0.6, 0.4, 0.1, 0.2], &[0.08], &mut shares).unwrap();
    // The chapter prints 0.037.
    near(shares[0], 0.036_923_076_923_076_92, 1e-16);
    all_near(&shares, &[0.08 * 0.6 / 1.3, 0.08 * 0.4 / 1.3, 0.08 * 0.1 / 1.3, 0.08 * 0.2 / 1.3], 1e-16);
    near(shares.iter().sum(), 0.08, 1e-16);
}

#[test]
fn t3_shares_as_a_matrix() {
    let mut shares = [f64::NAN; 4];
    ErrorShare::send_back(W.as_flattened(), &E, &mut shares).unwrap();
    let expected = [
        0.08 * 0.6 / 1.3 - 0.05 * 0.3 / 1.6,
        0.08 * 0.4 / 1.3 - 0.05 * 0.5 / 1.6,
        0.08 * 0.1 / 1.3 - 0.05 * 0.7 / 1.6,
        0.08 * 0.2 / 1.3 - 0.05 * 0.1 / 1.6,
    ];
    all_near(&shares, &expected, 1e-16);
}

type Sharing = Trainer<Net, SquaredError, Sgd<f64>, 1, ErrorShare>;

#[test]
fn t3_no_shares_is_an_error_and_changes_nothing() {
    let cases = [
        // Sums to zero, exactly.
        ([[0.5, 0.25], [-0.5, 0.5], [0.25, 0.5], [-0.25, 0.5]], 0),
        ([[0.5, 0.0], [0.5, 0.0], [0.25, 0.0], [0.25, 0.0]], 1),
        // A sum too large.
        ([[0.5, 1e308], [0.5, 1e308], [0.5, 0.0], [0.5, 0.0]], 1),
        ([[0.5, f64::NAN], [0.5, 0.0], [0.5, 0.0], [0.5, 0.0]], 1),
    ];
    for (weights, output) in cases {
        let mut shares = [0.0; 4];
        assert_eq!(ErrorShare::send_back(weights.as_flattened(), &E, &mut shares), Err(NoShares { output }));
        assert!(shares.iter().all(|share| share.is_finite()), "{shares:?}");
    }
    for (weights, output) in &cases[..2] {
        let mut network = NET;
        network.1.weights = *weights;
        let mut trainer = Sharing::with_network(network, Sgd::new(0.5));
        assert_eq!(trainer.step(&X, &T), Err(StepError::NoShares(NoShares { output: *output })));
        assert_eq!(trainer.network, network);
    }
}

#[test]
fn t4_raw_error_without_the_denominator() {
    let mut sent = [f64::NAN; 4];
    RawError::send_back(W.as_flattened(), &E, &mut sent).unwrap();
    // The last row is w_41, w_42; the chapter prints w_22 in place of w_42, which would give -0.009.
    all_near(&sent, &[0.048 - 0.015, 0.032 - 0.025, 0.008 - 0.035, 0.016 - 0.005], 1e-17);

    // who, stored with the receiving node first: who.T . e.
    let who = [[0.6, 0.4, 0.1, 0.2], [0.3, 0.5, 0.7, 0.1]];
    let transposed: [f64; 4] = std::array::from_fn(|i| who[0][i] * E[0] + who[1][i] * E[1]);
    all_near(&sent, &transposed, 1e-17);

    // The denominator only scales: each output's errors stand in the same proportion as its shares.
    let (mut raw, mut shares) = ([0.0; 4], [0.0; 4]);
    RawError::send_back(&[0.6, 0.4, 0.1, 0.2], &[0.08], &mut raw).unwrap();
    ErrorShare::send_back(&[0.6, 0.4, 0.1, 0.2], &[0.08], &mut shares).unwrap();
    all_near(&raw, &shares.map(|share| share * 1.3), 1e-16);
}

// T5 ------------------------------------------------------------------------------------------------------------------

#[test]
fn t5_gradient_of_an_output_layer() {
    let (h, t, rate) = ([0.9, 0.2, 0.5, 0.7], [0.99, 0.01], 0.3);
    let layer = Dense::<4, 2, Sigmoid, Unbiased, f64>::new(W, []);
    let mut trainer = Trainer::<_, SquaredError, _>::with_network(layer, Sgd::new(rate));
    let loss = trainer.step(&h, &t).unwrap();

    let o: [f64; 2] = std::array::from_fn(|j| sigmoid((0..4).map(|i| W[i][j] * h[i]).sum()));
    near(loss, 0.5 * (t[0] - o[0]).powi(2) + 0.5 * (t[1] - o[1]).powi(2), ROUNDING);
    for i in 0..4 {
        for j in 0..2 {
            let gradient = -(t[j] - o[j]) * o[j] * (1.0 - o[j]) * h[i];
            let change = trainer.network.weights[i][j] - W[i][j];
            near(change, -rate * gradient, ROUNDING);
            // The chapter's slips: the sign, and o_j in place of h_i.
            let slip = -(t[j] - o[j]) * o[j] * (1.0 - o[j]) * o[j];
            assert!((change - rate * gradient).abs() > 1e-3 && (change + rate * slip).abs() > 1e-4);
        }
    }
    let after = SquaredError::value(&trainer.predict(&h), &t);
    assert!(after < loss, "downhill: from {loss} to {after}");
}

// T6, T7 --------------------------------------------------------------------------------------------------------------

type Net = (Dense<3, 4, Sigmoid, Unbiased, f64>, Dense<4, 2, Sigmoid, Unbiased, f64>);
const WIH: [[f64; 4]; 3] = [[0.5, -0.4, 0.3, 0.8], [-0.7, 0.2, 0.9, -0.1], [0.6, 0.1, -0.5, 0.4]];
const NET: Net = (Dense::new(WIH, []), Dense::new(W, []));
const X: [f64; 3] = [0.9, 0.3, 0.6];
const T: [f64; 2] = [0.99, 0.01];
/// Large, so that the order of updates is seen.
const RATE: f64 = 2.0;

/// What is sent back to the hidden layer.
#[derive(Clone, Copy, PartialEq)]
enum Sent {
    /// T6: `who^T e`.
    Raw,
    /// T7: `who^T (e o (1 - o))`.
    Delta,
    /// T3: `N e`.
    Share,
}

/// The four lines of the chapter's training step, index by index, on weights stored sender first. `late` sends back
/// through the weights from after their update.
fn written_out(sent: Sent, late: bool) -> Vec<f64> {
    let (mut wih, mut who) = (WIH, W);
    let h: [f64; 4] = std::array::from_fn(|i| sigmoid((0..3).map(|k| wih[k][i] * X[k]).sum()));
    let o: [f64; 2] = std::array::from_fn(|j| sigmoid((0..4).map(|i| who[i][j] * h[i]).sum()));
    let e: [f64; 2] = std::array::from_fn(|j| T[j] - o[j]);
    for i in 0..4 {
        for j in 0..2 {
            who[i][j] += RATE * (e[j] * o[j] * (1.0 - o[j])) * h[i];
        }
    }
    let back = if late { who } else { W };
    let eh: [f64; 4] = std::array::from_fn(|i| {
        let through = |j: usize| match sent {
            Sent::Raw => back[i][j] * e[j],
            Sent::Delta => back[i][j] * (e[j] * o[j] * (1.0 - o[j])),
            Sent::Share => e[j] * back[i][j] / (0..4).map(|k| back[k][j]).sum::<f64>(),
        };
        (0..2).map(through).sum()
    });
    for k in 0..3 {
        for i in 0..4 {
            wih[k][i] += RATE * (eh[i] * h[i] * (1.0 - h[i])) * X[k];
        }
    }
    [wih.as_flattened(), who.as_flattened()].concat()
}

fn one_step<R: Rule>() -> Vec<f64> {
    let mut trainer = Trainer::<Net, SquaredError, Sgd<f64>, 1, R>::with_network(NET, Sgd::new(RATE));
    trainer.step(&X, &T).unwrap();
    parameters(&trainer.network)
}

/// A step of the crate is the step written out, and not the same with updated weights.
#[track_caller]
fn is_step<R: Rule>(sent: Sent) {
    all_near(&one_step::<R>(), &written_out(sent, false), ROUNDING);
    assert!(distance(&one_step::<R>(), &written_out(sent, true)) > 1e-3);
}

#[test]
fn t3_step_with_shares() {
    is_step::<ErrorShare>(Sent::Share);
}

#[test]
fn t6_tutorial_step() {
    is_step::<RawError>(Sent::Raw);
}

#[test]
fn t7_chain_rule_step() {
    is_step::<ChainRule>(Sent::Delta);
}

#[test]
fn t6_tutorial_step_is_not_the_gradient() {
    let (raw, exact, shared) = (one_step::<RawError>(), one_step::<ChainRule>(), one_step::<ErrorShare>());
    // They part below the last layer only.
    assert_eq!(raw[12..], exact[12..]);
    assert_eq!(shared[12..], exact[12..]);
    assert!(distance(&raw[..12], &exact[..12]) > 1e-2);
    assert!(distance(&shared[..12], &exact[..12]) > 1e-2);
    assert!(distance(&shared[..12], &raw[..12]) > 1e-2);
}

type Deep = (Dense<3, 4, Sigmoid, Biased, f64>, Dense<4, 3, Tanh, Biased, f64>, Dense<3, 2, Sigmoid, Biased, f64>);

/// Largest difference between the step and central differences (four points), relative to the largest gradient.
fn deviation<R: Rule>() -> f64 {
    let mut network = <Deep as downhill::Zero>::ZERO;
    network.initialize(&mut Xavier(Generator::new(5)));
    let loss = |parameter: usize, change: f64| {
        let mut network = network;
        let (a, b, c) = (&mut network.0, &mut network.1, &mut network.2);
        let mut all = (a.weights.as_flattened_mut().iter_mut().chain(&mut a.biases))
            .chain(b.weights.as_flattened_mut().iter_mut().chain(&mut b.biases))
            .chain(c.weights.as_flattened_mut().iter_mut().chain(&mut c.biases));
        *all.nth(parameter).unwrap() += change;
        SquaredError::value(&Trainer::<_, SquaredError, _>::with_network(network, Sgd::new(1.0)).predict(&X), &T)
    };
    let step = 1e-3;
    let slope = |parameter| {
        let difference = |step| loss(parameter, step) - loss(parameter, -step);
        (8.0 * difference(step) - difference(2.0 * step)) / (12.0 * step)
    };
    let expected: Vec<f64> = (0..Deep::PARAMETERS).map(slope).collect();

    let mut trainer = Trainer::<Deep, SquaredError, Sgd<f64>, 1, R>::with_network(network, Sgd::new(1.0));
    trainer.step(&X, &T).unwrap();
    let gradient: Vec<f64> =
        parameters(&network).iter().zip(parameters(&trainer.network)).map(|(old, new)| old - new).collect();
    assert_eq!(gradient.len(), 16 + 15 + 8);
    distance(&gradient, &expected) / distance(&expected, &vec![0.0; expected.len()])
}

#[test]
fn t7_chain_rule_is_the_gradient_of_three_layers() {
    let exact = deviation::<ChainRule>();
    assert!(exact <= 1e-10, "{exact}");
    let raw = deviation::<RawError>();
    assert!(raw > 0.1, "the check tells the tutorial's rule from the gradient: {raw}");
}

// T8: the network -----------------------------------------------------------------------------------------------------

#[test]
fn t8_sizes_and_optional_bias() {
    type Biased = (Dense<5, 4>, Dense<4, 3>, Dense<3, 2>);
    type Bare =
        (Dense<5, 4, Sigmoid, Unbiased, f32>, Dense<4, 3, Sigmoid, Unbiased, f32>, Dense<3, 2, Sigmoid, Unbiased, f32>);
    assert_eq!(Biased::PARAMETERS, 20 + 4 + 12 + 3 + 6 + 2);
    assert_eq!(Bare::PARAMETERS, 20 + 12 + 6);
    assert_eq!(size_of::<Biased>(), 4 * Biased::PARAMETERS);
    assert_eq!(size_of::<Bare>(), 4 * Bare::PARAMETERS);

    // Without inputs, a layer answers with its biases; without biases, with sigma(0).
    let mut biased = Trainer::<Dense<2, 2>, SquaredError, Sgd>::new();
    let mut bare = Trainer::<Dense<2, 2, Sigmoid, Unbiased, f32>, SquaredError, Sgd>::new();
    biased.start(Sgd::new(0.5), &mut Uniform(Generator::new(1)));
    bare.start(Sgd::new(0.5), &mut Uniform(Generator::new(1)));
    assert_eq!(biased.predict(&[0.0, 0.0]), [0.5, 0.5]);
    for _ in 0..10 {
        biased.step(&[0.0, 0.0], &[0.9, 0.1]).unwrap();
        bare.step(&[0.0, 0.0], &[0.9, 0.1]).unwrap();
    }
    let [high, low] = biased.predict(&[0.0, 0.0]);
    assert!(high > 0.55 && low < 0.45, "biases learn: {high}, {low}");
    assert_eq!(bare.predict(&[0.0, 0.0]), [0.5, 0.5]);
}

#[test]
fn t8_rate_scales_the_step() {
    let change = |rate| {
        let mut trainer = Trainer::<Net, SquaredError, Sgd<f64>>::with_network(NET, Sgd::new(rate));
        trainer.step(&X, &T).unwrap();
        parameters(&trainer.network).iter().zip(parameters(&NET)).map(|(new, old)| new - old).collect::<Vec<_>>()
    };
    let tripled: Vec<f64> = change(0.1).iter().map(|change| 3.0 * change).collect();
    all_near(&change(0.3), &tripled, ROUNDING);
    assert!(distance(&change(0.1), &[0.0; 20]) > 1e-3);
}

// T8: the first weights -----------------------------------------------------------------------------------------------

const DRAWS: u32 = 200_000;
const BINS: usize = 20;

/// Draws `DRAWS` weights, checks bound, mean and standard deviation, and returns the counts of equal bins from -bound
/// to bound.
#[track_caller]
fn draw(mut init: impl Init, (fan_in, fan_out): (usize, usize), bound: f64, deviation: f64) -> [f64; BINS] {
    let weights: Vec<f64> = (0..DRAWS).map(|_| init.weight(fan_in, fan_out)).collect();
    // Bounds are computed in f32.
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!((-1.000_000_1..-0.999).contains(&(least / bound)), "least weight: {least}");
    assert!((0.999..1.000_000_1).contains(&(largest / bound)), "largest weight: {largest}");

    // Four standard errors of the mean; those of the standard deviation are smaller.
    let n = f64::from(DRAWS);
    let tolerance = 4.0 * deviation / n.sqrt();
    let mean = weights.iter().sum::<f64>() / n;
    near(mean, 0.0, tolerance);
    near((weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n).sqrt(), deviation, tolerance);

    let mut counts = [0.0; BINS];
    for weight in weights {
        let edges = (1..BINS).map(|bin| edge(bin) * bound);
        counts[edges.filter(|&edge| edge <= weight).count()] += 1.0;
    }
    counts
}

/// Lower edge of a bin, from -1 to 1.
fn edge(bin: usize) -> f64 {
    f64::from(u32::try_from(bin).unwrap()) / 10.0 - 1.0
}

/// Pearson's chi-squared of the counts against a distribution on [-1, 1], 19 degrees of freedom: 19 +- 6 is usual,
/// below 5.4 and above 43.8 lies one in a thousand each.
fn chi_squared(counts: &[f64; BINS], distribution: impl Fn(f64) -> f64) -> f64 {
    let all = distribution(1.0) - distribution(-1.0);
    let term = |(bin, count): (usize, &f64)| {
        let expected = f64::from(DRAWS) * (distribution(edge(bin + 1)) - distribution(edge(bin))) / all;
        (count - expected).powi(2) / expected
    };
    counts.iter().enumerate().map(term).sum()
}

const CHI_SQUARED: std::ops::Range<f64> = 5.4..43.8;

fn flat(x: f64) -> f64 {
    x
}

fn normal(x: f64) -> f64 {
    libm::erf(x / 2.0_f64.sqrt())
}

#[test]
fn t8_truncated_normal() {
    // Fan-in 1, where the normal distribution is cut at one standard deviation. On paper: variance
    // 1 - 2 phi(1) / (Phi(1) - Phi(-1)) = 1 - 0.483941 / 0.682689.
    let counts = draw(TruncatedNormal(Generator::new(1)), (1, 7), 1.0, 0.539_560);
    let fit = chi_squared(&counts, normal);
    assert!(CHI_SQUARED.contains(&fit), "{fit}");
    let uniform = chi_squared(&counts, flat);
    assert!(uniform > 1000.0, "not the uniform distribution: {uniform}");
}

#[test]
fn t8_truncated_normal_is_cut_at_the_fan_in() {
    // Fan-in 64: cut at 1/8, where the density falls by less than 1 %, and the deviation is 0.1 % below the uniform's.
    let counts = draw(TruncatedNormal(Generator::new(2)), (64, 7), 0.125, 0.125 / 3.0_f64.sqrt());
    let fit = chi_squared(&counts, |x| normal(x / 8.0));
    assert!(CHI_SQUARED.contains(&fit), "{fit}");
}

#[test]
fn t8_uniform_xavier_he() {
    // A uniform distribution deviates by its bound over sqrt(3).
    let third = 1.0 / 3.0_f64.sqrt();
    let checks = [
        // 1/sqrt(25), whatever the fan-out
        draw(Uniform(Generator::new(3)), (25, 3), 0.2, 0.2 * third),
        // sqrt(6 / (15 + 9)), sqrt(6 / (9 + 15))
        draw(Xavier(Generator::new(4)), (15, 9), 0.5, 0.5 * third),
        draw(Xavier(Generator::new(5)), (9, 15), 0.5, 0.5 * third),
        // sqrt(6 / 24), whatever the fan-out
        draw(He(Generator::new(6)), (24, 3), 0.5, 0.5 * third),
    ];
    for counts in checks {
        let fit = chi_squared(&counts, flat);
        assert!(CHI_SQUARED.contains(&fit), "{fit}");
        let normal = chi_squared(&counts, normal);
        assert!(normal > 1000.0, "not the normal distribution: {normal}");
    }
}

#[test]
fn t8_layers_start_within_their_own_fan_in() {
    let mut trainer = Trainer::<(Dense<64, 32>, Dense<32, 10>), SquaredError, Sgd>::new();
    let mut generator = Generator::new(1);
    trainer.start(Sgd::new(0.1), &mut TruncatedNormal(|| generator.next_u32()));
    let (first, second) = &trainer.network;
    let largest = |weights: &[f32]| weights.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
    // 1/sqrt(64) and 1/sqrt(32); of 320 and more draws the largest comes close.
    assert!((0.123..=0.125).contains(&largest(first.weights.as_flattened())));
    assert!((0.170..=0.176_777).contains(&largest(second.weights.as_flattened())));
    assert_eq!((first.biases, second.biases), ([0.0; 32], [0.0; 10]));

    let once = trainer.network;
    trainer.start(Sgd::new(0.1), &mut TruncatedNormal(|| generator.next_u32()));
    assert_ne!(trainer.network, once, "the generator went on");
    trainer.start(Sgd::new(0.1), &mut TruncatedNormal(Generator::new(1)));
    assert_eq!(trainer.network, once, "the seed decides");
}

// T8: evaluation ------------------------------------------------------------------------------------------------------

#[test]
fn t8_confusion_matrix() {
    let counts = [[5, 1, 0], [2, 6, 2], [0, 0, 4]];
    let mut matrix = ConfusionMatrix::<3>::new();
    for (actual, row) in counts.iter().enumerate() {
        for (predicted, &count) in row.iter().enumerate() {
            (0..count).for_each(|_| assert!(matrix.record(actual, predicted)));
        }
    }
    assert_eq!(matrix.counts, counts);
    // Evaluate: 15 right, 5 wrong.
    assert_eq!((matrix.correct(), matrix.total()), (15, 20));
    assert_eq!(matrix.accuracy(), Some(0.75));
    // Precision by columns: 5/7, 6/7, 4/6. Recall by rows: 5/6, 6/10, 4/4.
    assert_eq!([0, 1, 2].map(|class| matrix.precision(class)), [Some(5.0 / 7.0), Some(6.0 / 7.0), Some(4.0 / 6.0)]);
    assert_eq!([0, 1, 2].map(|class| matrix.recall(class)), [Some(5.0 / 6.0), Some(0.6), Some(1.0)]);
}

#[test]
fn t8_confusion_matrix_without_an_answer() {
    let mut matrix = ConfusionMatrix::<2>::default();
    assert_eq!((matrix.accuracy(), matrix.precision(0), matrix.recall(0)), (None, None, None));
    assert!(matrix.record(0, 0));
    assert_eq!((matrix.precision(0), matrix.recall(0)), (Some(1.0), Some(1.0)));
    assert_eq!((matrix.precision(1), matrix.recall(1)), (None, None));
    assert!(!matrix.record(2, 0) && !matrix.record(0, 2));
    assert_eq!((matrix.total(), matrix.precision(2), matrix.recall(2)), (1, None, None));
}

#[test]
fn t8_inputs_and_targets() {
    // One rounding of a number of at most 1.
    for (value, expected) in [(0.0, 0.01), (255.0, 1.0), (51.0, 0.208)] {
        near(encode::scaled(value, 255.0_f32).into(), expected, 1e-7);
        near(encode::scaled(value.into(), 255.0_f64), expected, 1e-15);
    }
    assert!((0..=255_u8).all(|pixel| (0.01..=1.0).contains(&encode::scaled(pixel.into(), 255.0_f32))));

    assert_eq!(encode::targets(2), Some([0.01_f32, 0.01, 0.99, 0.01]));
    assert_eq!(encode::targets::<f32, 4>(4), None);
    assert_eq!(encode::class(&[0.2, 0.1, 0.7, 0.3]), Some(2));
    assert_eq!(encode::class(&[0.1, 0.7, 0.7]), Some(1));
}

// T8: the reference configuration -------------------------------------------------------------------------------------

type Sample = ([f32; 64], usize);

/// Both sets with mean 0 and standard deviation 1 per pixel over the training set; pixels that are always white stay 0.
fn standardized() -> [Vec<Sample>; 2] {
    let mut sets: [Vec<Sample>; 2] = [common::samples("digits/train.csv"), common::samples("digits/test.csv")];
    for pixel in 0..64 {
        let values: Vec<f32> = sets[0].iter().map(|(x, _)| x[pixel]).collect();
        let mean = |values: &[f32]| values.iter().sum::<f32>() / 1257.0;
        let center = mean(&values);
        let deviation = mean(&values.iter().map(|value| (value - center).powi(2)).collect::<Vec<_>>()).sqrt();
        for (x, _) in sets.iter_mut().flatten() {
            x[pixel] = if deviation > 0.0 { (x[pixel] - center) / deviation } else { 0.0 };
        }
    }
    sets
}

/// 64-20-10, rate 0.1, 50 epochs; an independent implementation reached 97.6 +- 0.4 % (5 seeds).
#[test]
fn t8_digits_reference() {
    let [mut train, test] = standardized();
    let mut random = Generator::new(1);
    let mut trainer = Trainer::<(Dense<64, 20>, Dense<20, 10>), SquaredError, Sgd>::new();
    trainer.start(Sgd::new(0.1), &mut Uniform(|| random.next_u32()));
    for _ in 0..50 {
        for last in (1..train.len()).rev() {
            train.swap(last, random.next_u32() as usize % (last + 1));
        }
        for (x, class) in &train {
            trainer.step(x, &encode::targets(*class).unwrap()).unwrap();
        }
    }
    let mut matrix = ConfusionMatrix::<10>::new();
    for (x, class) in &test {
        assert!(matrix.record(*class, encode::class(&trainer.predict(x))));
    }
    assert_eq!(matrix.total(), 540);
    let accuracy = matrix.accuracy().unwrap() * 100.0;
    println!("64-20-10: {accuracy:.2} %");
    assert!((96.5..=98.8).contains(&accuracy), "{accuracy}");
}
