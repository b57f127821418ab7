//! Learns handwritten digits, 8 by 8 pixels: `cargo run --release --example digits [-- SEED]`.
//!
//! The seed decides the first weights and the order of the samples; the same seed gives the same network, bit for bit.

#[macro_use]
#[path = "common/out.rs"]
mod out;
mod common;
#[path = "../tests/common/mod.rs"]
mod data;

use std::error::Error;
use std::ops::ControlFlow;
use std::process::ExitCode;

use common::{BLUE, ORANGE, announce, axes, legend, picture, stroke};
use downhill::fit::{Data, Epoch, FitError};
use downhill::init::{Generator, TruncatedNormal};
use downhill::layer::Infer;
use downhill::metrics::ConfusionMatrix;
use downhill::schedule::Constant;
use downhill::{Dense, Fit, Samples, Sgd, SquaredError, Trainer, encode};
use indicatif::{ProgressBar, ProgressStyle};
use plotters::prelude::*;

type Net = (Dense<64, 32>, Dense<32, 10>);
type Digits = Trainer<Net, SquaredError, Sgd>;

const EPOCHS: u32 = 60;
const RATE: f32 = 0.3;
const PICTURE: &str = "digits.svg";

/// Pixels, scaled to 0.01..=1, and class.
type Sample = ([f32; 64], usize);

/// After an epoch: mean loss of its steps, accuracy on the training and on the test set.
struct Progress {
    loss: f32,
    train: f32,
    test: f32,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seed = match arguments.as_slice() {
        [] => Some(1),
        [seed] => seed.parse().ok(),
        _ => None,
    };
    let Some(seed) = seed else {
        eprintln!("digits: expected one seed, a whole number from 0 to {}, got: {}", u32::MAX, arguments.join(" "));
        return ExitCode::from(2);
    };
    match run(seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("digits: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(seed: u32) -> Result<(), Box<dyn Error>> {
    let (train, test) = (samples("digits/train.csv"), samples("digits/test.csv"));
    println!("64-32-10, {} training and {} test images, seed {seed}", train.len(), test.len());

    announce(PICTURE);

    let mut trainer = Digits::new();
    let history = learn(&mut trainer, &train, &test, seed)?;
    // What was learnt is told in any case.
    let drawn = draw(PICTURE, &history);

    let matrix = evaluate(&mut trainer, &test);
    print(&matrix);
    println!(
        "\ntrainer: {} bytes, of which {} are parameters",
        size_of::<Digits>(),
        Net::PARAMETERS * size_of::<f32>()
    );
    println!("test accuracy {:.2} %", percent(&matrix));
    drawn
}

fn samples(file: &str) -> Vec<Sample> {
    let scale = |(pixels, class): ([u8; 64], usize)| (pixels.map(|pixel| encode::scaled(pixel.into(), 16.0)), class);
    data::samples(file).into_iter().map(scale).collect()
}

/// Trains for all epochs, whatever the test set says: it is measured for the picture only.
fn learn(trainer: &mut Digits, train: &[Sample], test: &[Sample], seed: u32) -> Result<Vec<Progress>, FitError> {
    trainer.start(Sgd::new(RATE), &mut TruncatedNormal(Generator::new(seed)));

    // Drawn on standard error, and only if that is a terminal.
    let bar = ProgressBar::new(EPOCHS.into());
    bar.set_style(ProgressStyle::with_template("{bar:40} {msg}").expect("the template is valid"));
    bar.set_message(format!("epoch 1/{EPOCHS} has begun"));
    let mut history = Vec::new();
    let samples = train.mapped(|x, &class| Some((*x, encode::targets(class)?)));
    let fit = Fit { seed, ..Fit::new(EPOCHS, Constant(RATE)) };
    fit.run(trainer, Data::new(&samples), |trainer, &Epoch { number, loss, .. }| {
        let progress =
            Progress { loss, train: percent(&evaluate(trainer, train)), test: percent(&evaluate(trainer, test)) };
        // The epoch's number stands in the message, so that each drawing shows numbers of one epoch.
        bar.set_message(format!("epoch {number}/{EPOCHS}  loss {loss:.4}  training accuracy {:.1} %", progress.train));
        bar.inc(1);
        if number == 1 || number % 10 == 0 {
            bar.suspend(|| println!("epoch {number:2}   loss {loss:.4}   training accuracy {:6.2} %", progress.train));
        }
        history.push(progress);
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    Ok(history)
}

fn evaluate(trainer: &mut Digits, samples: &[Sample]) -> ConfusionMatrix<10> {
    let mut matrix = ConfusionMatrix::new();
    for (x, class) in samples {
        matrix.record(*class, encode::class(&trainer.predict(x)));
    }
    matrix
}

fn percent(matrix: &ConfusionMatrix<10>) -> f32 {
    matrix.accuracy().unwrap_or(0.0) * 100.0
}

fn print(matrix: &ConfusionMatrix<10>) {
    let cells = |cells: [u32; 10]| cells.map(|cell| format!("{cell:5}")).concat();
    let part = |part: Option<f32>| part.map_or("-".into(), |part| format!("{:.1} %", part * 100.0));
    println!("\nconfusion matrix (rows: actual digit, columns: predicted digit)");
    println!("     {}   precision   recall", cells([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    for (class, row) in matrix.counts.iter().enumerate() {
        println!("{class:5}{}{:>12}{:>9}", cells(*row), part(matrix.precision(class)), part(matrix.recall(class)));
    }
}

fn draw(file: &str, history: &[Progress]) -> Result<(), Box<dyn Error>> {
    let points = |value: fn(&Progress) -> f32| -> Vec<(f64, f64)> {
        (1..).zip(history).map(|(epoch, progress)| (f64::from(epoch), f64::from(value(progress)))).collect()
    };
    let (loss, train, test) = (points(|p| p.loss), points(|p| p.train), points(|p| p.test));
    let lowest = |points: &[(f64, f64)]| points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let highest = |points: &[(f64, f64)]| points.iter().map(|point| point.1).fold(0.0, f64::max);
    let epochs = || ("epoch", 0.0..f64::from(EPOCHS));
    let line = |points, colour: RGBColor| LineSeries::new(points, colour.stroke_width(2));

    picture(file, |left, right| {
        let range = (lowest(&loss) * 0.7..highest(&loss) * 1.4).log_scale();
        let mut chart = axes(left, "Training loss", epochs(), ("mean of ½ Σ (t − o)² over the epoch", range))?;
        chart.draw_series(line(loss, BLUE))?.label("training").legend(stroke(BLUE));
        legend(&mut chart, SeriesLabelPosition::UpperRight)?;

        let range = (lowest(&train).min(lowest(&test)) / 10.0).floor() * 10.0..101.0;
        let mut chart = axes(right, "Accuracy", epochs(), ("recognised digits, %", range))?;
        for (name, points, colour) in [("training", train, BLUE), ("test", test, ORANGE)] {
            let last = points.last().map_or(0.0, |point| point.1);
            let label = format!("{name}: {last:.2} % after the last epoch");
            chart.draw_series(line(points, colour))?.label(label).legend(stroke(colour));
        }
        legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}
