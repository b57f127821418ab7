//! The tutorial's formulas and numbers, computed by the crate: `cargo run --example tutorial`.
//!
//! The chapter is "Backpropagation in Neural Networks" by Bernd Klein. Its error is `e = t - o`, the crate's is the
//! gradient `o - t`; what is sent back differs in sign only. `tests/tutorial.rs` checks the same formulas.

#[macro_use]
#[path = "common/out.rs"]
mod out;

use std::error::Error;
use std::fmt::Display;

use downhill::dense::Bias;
use downhill::init::{Generator, Init, TruncatedNormal, Uniform, Xavier};
use downhill::layer::Infer;
use downhill::loss::Loss;
use downhill::metrics::ConfusionMatrix;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{Biased, Dense, ErrorShare, Identity, RawError, Sgd, Sigmoid, SquaredError, Trainer, Unbiased, encode};

fn main() -> Result<(), Box<dyn Error>> {
    t1();
    t2()?;
    t3()?;
    t4()?;
    t5()?;
    t6_t7()?;
    t8();
    Ok(())
}

fn heading(number: &str, title: &str, formula: &str) {
    println!("\n{number}  {title}\n    {formula}");
}

/// A number that the crate computed, next to what it is held against.
fn number(call: &str, value: impl Display, reference: &str) {
    println!("{}", format!("    {call:<46} {:<36} {reference}", value.to_string()).trim_end());
}

fn vector(values: &[f64]) -> String {
    values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join("  ")
}

fn t1() {
    heading("T1", "gradient descent, a walk downhill", "w -= rate * dE/dw, on E(w) = w^4 - 4 w^2 + w");
    let sgd = Sgd::new(0.02);
    for (start, reference) in [(0.0, "global minimum at -1.4730"), (0.25, "local minimum at 1.3470")] {
        let mut w = start;
        for _ in 0..200 {
            let gradient = 4.0 * w * w * w - 8.0 * w + 1.0;
            sgd.weight(&mut w, &mut (), gradient);
        }
        number(&format!("200 x Sgd::weight, from {start}"), vector(&[w]), reference);
    }
    println!("    with a picture, and the best of several restarts: cargo run --release --example descent");
}

/// The chapter's weights into its first output, and hidden outputs that make this output 0.92.
const INTO_O1: [f64; 4] = [0.6, 0.4, 0.1, 0.2];
const HIDDEN: [f64; 4] = [1.0, 0.5, 0.6, 0.3];
/// The same four hidden nodes with a second output: `W[i] = [w_i1, w_i2]`.
const W: [[f64; 2]; 4] = [[0.6, 0.3], [0.4, 0.5], [0.1, 0.7], [0.2, 0.1]];

fn t2() -> Result<(), Box<dyn Error>> {
    heading("T2", "linear network", "o = sum over i of x_i w_i,  e = t - o,  E = 1/2 (t - o)^2");
    let layer = Dense::<4, 1, Identity, Unbiased, f64>::new(INTO_O1.map(|w| [w]), []);
    let mut trainer = Trainer::<_, SquaredError, _>::with_network(layer, Sgd::new(0.1));
    let o = trainer.predict(&HIDDEN);
    let mut gradient = [0.0];
    SquaredError::gradient(&o, &[1.0], &mut gradient);
    number("trainer.predict(&x)", vector(&o), "chapter: 0.92");
    number("-SquaredError::gradient(o, t)", vector(&[-gradient[0]]), "chapter: 0.08");
    number("trainer.step(&x, &t), the loss E", vector(&[trainer.step(&HIDDEN, &[1.0])?]), "1/2 * 0.08^2 = 0.0032");
    Ok(())
}

fn t3() -> Result<(), Box<dyn Error>> {
    heading(
        "T3",
        "an output's error, shared in proportion",
        "the share of w_ij in e_j is e_j w_ij / sum over k of w_kj",
    );
    let mut shares = [0.0; 4];
    ErrorShare::send_back(&INTO_O1, &[0.08], &mut shares)?;
    number("ErrorShare::send_back(w, e), share of w_11", vector(&shares[..1]), "chapter: 0.037 (0.08 * 0.6 / 1.3)");
    number("all four shares", vector(&shares), "sum: 0.08");
    ErrorShare::send_back(W.as_flattened(), &[0.08, -0.05], &mut shares)?;
    number("e_hidden = N e, 4 hidden nodes, 2 outputs", vector(&shares), "sum: 0.08 - 0.05 = 0.03");
    if let Err(error) = ErrorShare::send_back(&[0.5, -0.5], &[0.08], &mut [0.0; 2]) {
        number("weights 0.5 and -0.5: an error value", error, "");
    }
    Ok(())
}

fn t4() -> Result<(), Box<dyn Error>> {
    heading("T4", "the same without the denominator", "e_hidden = W e, in the chapter's code who.T . e");
    let mut hidden = [0.0; 4];
    RawError::send_back(&INTO_O1, &[0.08], &mut hidden)?;
    number("RawError::send_back(w, e)", vector(&hidden), "0.6 * 0.08 = 0.048, ...");
    RawError::send_back(W.as_flattened(), &[0.08, -0.05], &mut hidden)?;
    number("4 hidden nodes, 2 outputs", vector(&hidden), "last: w_41 e_1 + w_42 e_2");
    println!("    slip in the chapter: the last row of both matrices has w_22 where w_42 is meant");
    Ok(())
}

fn t5() -> Result<(), Box<dyn Error>> {
    heading("T5", "gradient of an output layer with sigmoid", "dE/dw_ij = -(t_j - o_j) o_j (1 - o_j) h_i");
    let layer = Dense::<4, 1, Sigmoid, Unbiased, f64>::new(INTO_O1.map(|w| [w]), []);
    let mut trainer = Trainer::<_, SquaredError, _>::with_network(layer, Sgd::new(1.0));
    let [o] = trainer.predict(&HIDDEN);
    trainer.step(&HIDDEN, &[1.0])?;
    let gradient: Vec<f64> = INTO_O1.iter().zip(&trainer.network.weights).map(|(old, [new])| old - new).collect();
    let formula = HIDDEN.map(|h| -(1.0 - o) * o * (1.0 - o) * h);
    number("old minus new weights after a step of rate 1", vector(&gradient), "");
    number("the formula, written out", vector(&formula), "");
    println!("    slips in the chapter: the minus sign is missing; the last factor is printed o_j where it is h_i");
    Ok(())
}

type Net = (Dense<2, 2, Sigmoid, Unbiased, f64>, Dense<2, 1, Sigmoid, Unbiased, f64>);
const NET: Net = (Dense::new([[0.5, -0.4], [0.3, 0.8]], []), Dense::new([[0.9], [-0.6]], []));

fn t6_t7() -> Result<(), Box<dyn Error>> {
    let (x, target) = ([1.0, 0.5], [0.9]);
    let first = |network: &Net| vector(network.0.weights.as_flattened());

    heading("T6", "the tutorial's step", "who += eta (e o (1 - o)) h^T,  eh = who^T e,  wih += eta (eh h (1 - h)) x^T");
    let mut raw = Trainer::<Net, SquaredError, Sgd<f64>, 1, RawError>::with_network(NET, Sgd::new(1.0));
    raw.step(&x, &target)?;
    number("wih before", first(&NET), "");
    number("wih after one step of Trainer<.., RawError>", first(&raw.network), "not the gradient of E");

    heading("T7", "the chain rule", "delta_hidden = (W delta_next) sigma'(z),  dE/dw = delta h^T");
    let mut exact = Trainer::<Net, SquaredError, Sgd<f64>>::with_network(NET, Sgd::new(1.0));
    exact.step(&x, &target)?;
    number("wih after one step of Trainer<.., ChainRule>", first(&exact.network), "the gradient of E");
    let loss = |change: f64| {
        let mut network = NET;
        network.0.weights[0][0] += change;
        SquaredError::value(&Trainer::<_, SquaredError, _>::with_network(network, Sgd::new(1.0)).predict(&x), &target)
    };
    let descent = NET.0.weights[0][0] - exact.network.0.weights[0][0];
    number("dE/dw_11 of the step", format!("{descent:.8}"), "");
    let difference = (loss(1e-4) - loss(-1e-4)) / 2e-4;
    number("dE/dw_11 by central differences", format!("{difference:.8}"), "");
    Ok(())
}

fn t8() {
    heading("T8", "the class around it", "sizes, rate, optional bias, first weights, evaluation, scaling");
    number("64-32-10 with biases, PARAMETERS", with_bias::<Biased>(), "64*32 + 32 + 32*10 + 10");
    number("64-32-10 without, PARAMETERS", with_bias::<Unbiased>(), "64*32 + 32*10");

    println!("    first weights for a fan-in of 4 and a fan-out of 2, 10,000 draws: least, largest, mean");
    number("TruncatedNormal", range(TruncatedNormal(Generator::new(1))), "within +-1/sqrt(4) = 0.5");
    number("Uniform", range(Uniform(Generator::new(1))), "within +-1/sqrt(4) = 0.5");
    number("Xavier", range(Xavier(Generator::new(1))), "within +-sqrt(6 / (4 + 2)) = 1");

    let mut matrix = ConfusionMatrix::<2>::new();
    for (actual, predicted) in [(0, 0), (0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (1, 0)] {
        matrix.record(actual, predicted);
    }
    number("ConfusionMatrix (rows: actual class)", format!("{:?}", matrix.counts), "right: 4 of 7");
    number("correct() of total()", format!("{} of {}", matrix.correct(), matrix.total()), "right: 4 of 7");
    number("precision(0)", format!("{:.4}", matrix.precision(0).unwrap_or(f32::NAN)), "3 of the column's 5");
    number("recall(0)", format!("{:.4}", matrix.recall(0).unwrap_or(f32::NAN)), "3 of the row's 4");
    println!("    slip in the tutorial's code: against its own matrix, precision and recall are swapped");

    let ends = [0.0, 255.0_f32].map(|pixel| encode::scaled(pixel, 255.0).to_string()).join("  ");
    number("encode::scaled of 0 and 255", ends, "chapter: 0.01 and 1");
    number(
        "encode::targets of class 1 of 3",
        format!("{:?}", encode::targets::<f32, 3>(1).unwrap_or_default()),
        "chapter: 0.01 and 0.99",
    );
}

fn with_bias<B: Bias>() -> usize {
    <(Dense<64, 32, Sigmoid, B, f32>, Dense<32, 10, Sigmoid, B, f32>)>::PARAMETERS
}

fn range(mut init: impl Init) -> String {
    let draws: Vec<f64> = (0..10_000).map(|_| init.weight(4, 2)).collect();
    let least = draws.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = draws.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    vector(&[least, largest, draws.iter().sum::<f64>() / 10_000.0])
}
