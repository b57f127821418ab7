//! Trains networks in `f32` and in integers, on four data sets: `cargo run --release --example integer [-- SEEDS]`.
//!
//! One setting for all: a hidden layer of `Relu`, `Softmax` and cross-entropy, rate 1/64, 30 epochs, weights of 16 bits, activations and
//! deltas of 8, rounded to the nearest; first weights and order of samples by the seed. Printed are the mean accuracies on the test set after the
//! last epoch, in percent, and the standard deviation of those in integers.

#![allow(clippy::cast_precision_loss)]

#[path = "../tests/common/mod.rs"]
mod data;

use std::error::Error;
use std::ops::ControlFlow;

use downhill::fit::Data;
use downhill::init::{Generator, He};
use downhill::integer::{self, Rate};
use downhill::scaler::{Scaler, Standardizer};
use downhill::schedule::Constant;
use downhill::{CrossEntropy, Dense, Fit, Learner, Relu, Samples, Sgd, Softmax, Trainer, encode};

const EPOCHS: u32 = 30;
const RATE: f32 = 1.0 / 64.0;

type Sample<const I: usize> = ([f32; I], usize);

fn main() -> Result<(), Box<dyn Error>> {
    let seeds = std::env::args().nth(1).map_or(Ok(5), |seeds| seeds.parse())?;
    compare::<64, 32, 10>("digits", seeds, false)?;
    compare::<4, 7, 3>("iris", seeds, true)?;
    compare::<30, 8, 2>("breast_cancer", seeds, true)?;
    compare::<84, 16, 9>("japanese_vowels", seeds, true)
}

fn compare<const I: usize, const H: usize, const C: usize>(
    name: &str,
    seeds: u32,
    standardise: bool,
) -> Result<(), Box<dyn Error>> {
    let (mut train, mut test) = (samples::<I>(name, "train"), samples::<I>(name, "test"));
    if standardise {
        let mut scaler = Standardizer::<I>::new(u32::MAX);
        for (x, _) in &train {
            scaler.observe(x);
        }
        train.iter_mut().chain(&mut test).for_each(|(x, _)| scaler.scale(x));
    } else {
        train.iter_mut().chain(&mut test).for_each(|(x, _)| x.iter_mut().for_each(|pixel| *pixel /= 16.0));
    }
    let (mut floats, mut integers) = (Vec::new(), Vec::new());
    for seed in 1..=seeds {
        let mut trainer = Trainer::<(Dense<I, H, Relu>, Dense<H, C, Softmax>), CrossEntropy, Sgd>::new();
        trainer.start(Sgd::new(RATE), &mut He(Generator::new(seed)));
        floats.push(accuracy(trainer, &train, &test, seed)?);

        let mut trainer =
            integer::Trainer::<(integer::Dense<I, H, Relu>, integer::Dense<H, C, Softmax>), CrossEntropy>::new();
        trainer.start(Rate::new(RATE), &mut He(Generator::new(seed)));
        integers.push(accuracy(trainer, &train, &test, seed)?);
    }
    let ((float, _), (integer, deviation)) = (mean(&floats), mean(&integers));
    println!("{name} f32 {float:.2} int8 - integer {integer:.2} sd {deviation:.2}");
    Ok(())
}

fn samples<const I: usize>(name: &str, part: &str) -> Vec<Sample<I>> {
    data::samples(&format!("{name}/{part}.csv"))
}

/// The accuracy on the test set after a fit, in percent.
fn accuracy<T, const I: usize, const C: usize>(
    mut learner: T,
    train: &[Sample<I>],
    test: &[Sample<I>],
    seed: u32,
) -> Result<f64, Box<dyn Error>>
where
    T: Learner<Scalar = f32, Input = [f32; I], Output = [f32; C], Network: Copy>,
{
    let samples = train.mapped(|x, &class| Some((*x, encode::one_hot(class)?)));
    let fit = Fit { seed, ..Fit::new(EPOCHS, Constant(RATE)) };
    fit.run(&mut learner, Data::new(&samples), |_, _| ControlFlow::Continue(()))?;
    let hits = test.iter().filter(|(x, class)| encode::class(&learner.predict(x)) == Some(*class)).count();
    Ok(hits as f64 * 100.0 / test.len() as f64)
}

/// Mean and standard deviation.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}
