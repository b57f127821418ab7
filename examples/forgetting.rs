//! Learns handwritten digits two at a time, 0 and 1 first, and is asked about all: how much memory keeps a network from forgetting?
//! `cargo run --release --features heapless --example forgetting`.
//!
//! Prints the accuracy after the last task for buffers of some sizes, and draws how each task was forgotten.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[allow(dead_code)] // Axes and legends.
mod common;
#[path = "../tests/common/mod.rs"]
mod data;

use std::env;
use std::error::Error;
use std::fmt;

use common::{Area, BLUE, Drawn, announce, picture};
use downhill::fit::{self, FitError};
use downhill::init::{Generator, Random, Xavier};
use downhill::loss::Loss;
use downhill::metrics::Argmax;
use downhill::replay::{Balanced, Buffer, Class, Codes, Memory, Rehearsal};
use downhill::{CrossEntropy, Dense, Learner, Masked, Sgd, Softmax, Tanh, Trainer, encode};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

type Net = (Dense<64, 32, Tanh>, Dense<32, 10, Softmax>);
type Learning<L, M> = Rehearsal<Trainer<Net, L, Sgd>, M>;
/// As many samples as fit, with a byte for the class.
type Kept<const BITS: usize, const BYTES: usize, const N: usize> =
    Buffer<Codes<[f32; 64], BITS, BYTES>, Class, Balanced<10>, N>;
type Sample = ([f32; 64], [f32; 10]);
/// Percent of the test images of each task, after each task.
type Matrix = [[f64; TASKS]; TASKS];

const TASKS: usize = 5;
const DIGITS: [&str; TASKS] = ["0, 1", "2, 3", "4, 5", "6, 7", "8, 9"];
const RATE: f32 = 0.02;
/// Of the images of a task. Besides each, one from the buffer is repeated.
const EPOCHS: u32 = 3;
/// Over the buffer, at the end of a task.
const PASSES: u32 = 10;
const SEEDS: [u32; 5] = [1, 2, 3, 4, 5];
/// Bytes and bits of the buffer in the picture.
const DRAWN: (usize, usize) = (2048, 2);
/// The least accuracies for bytes and bits.
const REACH: [(usize, usize, f64); 3] = [(1024, 2, 91.0), (2048, 2, 93.5), (4096, 2, 95.0)];
const PICTURE: &str = "forgetting.svg";

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(argument) = env::args().nth(1) {
        return Err(format!("expected no argument, got: {argument}").into());
    }
    announce(PICTURE);
    let (train, test) = (tasks("digits/train.csv"), tasks("digits/test.csv"));
    println!("64-32-10, five tasks of two digits, {} seeds", SEEDS.len());
    let all = [train.concat()];
    println!("joint training {}", accuracy::<CrossEntropy, ()>(&all, &test)?);
    let without = accuracy::<CrossEntropy, ()>(&train, &test)?;
    println!("no memory {without}");
    // Of the outputs, only those of the task's digits learn.
    let masked = masked(&train);
    println!("no memory, masked {}", accuracy::<Masked<CrossEntropy>, ()>(&masked, &test)?);

    let mut kept = None;
    let mut missed = Vec::new();
    macro_rules! rows {
        ($(($bits:literal, $row:literal)),*; $sizes:tt) => { $(rows!(@ $bits, $row; $sizes);)* };
        (@ $bits:literal, $row:literal; [$($bytes:literal),*]) => { $(
            let found = accuracy::<CrossEntropy, Kept<$bits, $row, { $bytes / ($row + 1) }>>(&train, &test)?;
            println!("bytes {} bits {} {found}", $bytes, $bits);
            if REACH.iter().any(|&(bytes, bits, least)| (bytes, bits) == ($bytes, $bits) && found.mean() < least) {
                missed.push(format!("{} bytes, {} bits: {found}, which should be more", $bytes, $bits));
            }
            if ($bytes, $bits) == DRAWN {
                kept = Some(found);
            }
        )* };
    }
    rows!((8, 64), (4, 32), (2, 16), (1, 8); [650, 1024, 2048, 4096]);
    draw(PICTURE, &without, &kept.ok_or("the row to draw is missing")?)?;
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ").into()) }
}

/// The images of a file, of digits 0 and 1, 2 and 3, and so on.
fn tasks(file: &str) -> [Vec<Sample>; TASKS] {
    let mut tasks = [const { Vec::new() }; TASKS];
    for (pixels, class) in data::samples::<u8, usize, 64>(file) {
        if let (Some(task), Some(target)) = (tasks.get_mut(class / 2), encode::one_hot(class)) {
            task.push((pixels.map(|pixel| f32::from(pixel) / 8.0 - 1.0), target));
        }
    }
    tasks
}

fn masked(tasks: &[Vec<Sample>; TASKS]) -> [Vec<Sample>; TASKS] {
    let mut task = 0..;
    tasks.clone().map(|mut samples| {
        let task = task.next();
        for (_, target) in &mut samples {
            let known = std::array::from_fn(|class| Some(class / 2) == task);
            *target = encode::class(&*target).and_then(|class| encode::masked(class, known)).unwrap_or(*target);
        }
        samples
    })
}

/// What the seeds came to.
struct Found {
    /// Percent of all test images, after the last task.
    accuracies: Vec<f64>,
    /// The mean.
    matrix: Matrix,
}

impl Found {
    fn mean(&self) -> f64 {
        self.accuracies.iter().sum::<f64>() / count(SEEDS.len())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mean = self.mean();
        let squares: f64 = self.accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum();
        write!(f, "accuracy {mean:.2} sd {:.2}", (squares / count(SEEDS.len() - 1)).sqrt())
    }
}

#[allow(clippy::cast_precision_loss)]
fn count(n: usize) -> f64 {
    n as f64
}

/// Learns task by task, from each seed.
fn accuracy<L: Loss, M: Memory<[f32; 64], [f32; 10]>>(
    train: &[Vec<Sample>],
    test: &[Vec<Sample>; TASKS],
) -> Result<Found, Box<dyn Error>> {
    let mut found = Found { accuracies: Vec::new(), matrix: [[0.0; TASKS]; TASKS] };
    let everything = test.concat();
    for seed in SEEDS {
        let mut learning = Box::new(Learning::<L, M>::new(1));
        learning.learner.start(Sgd::new(RATE), &mut Xavier(Generator::new(seed)));
        learning.seed(seed);
        let mut order = Generator::new(!seed);
        for (task, row) in train.iter().zip(&mut found.matrix) {
            let mut task: Vec<&Sample> = task.iter().collect();
            for epoch in 0..EPOCHS {
                order.shuffle(&mut task);
                for (x, target) in &task {
                    // Kept once, not again in each epoch.
                    if epoch == 0 {
                        learning.learn(x, target, None)?;
                    } else {
                        learning.learner.step(x, target)?;
                        learning.replay();
                    }
                }
            }
            learning.replay_all(PASSES);
            for (samples, cell) in test.iter().zip(row) {
                *cell += percent(&mut learning, samples)? / count(SEEDS.len());
            }
        }
        found.accuracies.push(percent(&mut learning, &everything)?);
    }
    Ok(found)
}

fn percent<L: Loss, M: Memory<[f32; 64], [f32; 10]>>(
    learning: &mut Learning<L, M>,
    samples: &[Sample],
) -> Result<f64, FitError> {
    let score = fit::evaluate(learning, samples, Argmax)?;
    Ok(score.and_then(|score| score.metric).map_or(0.0, |accuracy| f64::from(accuracy) * 100.0))
}

fn draw(file: &str, without: &Found, kept: &Found) -> Drawn {
    let (bytes, bits) = DRAWN;
    picture(file, |left, right| {
        table(left, &format!("Without a memory: {:.1} % of all", without.mean()), &without.matrix)?;
        let title = format!("With {bytes} bytes, {bits} bits a pixel: {:.1} % of all", kept.mean());
        table(right, &title, &kept.matrix)
    })
}

/// In the row of each task after which it was measured: a cell for each task that was learnt by then.
fn table(area: &Area, title: &str, matrix: &Matrix) -> Drawn {
    const INK: RGBColor = RGBColor(50, 50, 50);
    /// Distances from cell to cell.
    const CELL: (i32, i32) = (84, 74);
    const ORIGIN: (i32, i32) = (130, 120);
    const GAP: i32 = 3;
    let style =
        |size: i32, colour: RGBColor, h| ("sans-serif", size).into_font().color(&colour).pos(Pos::new(h, VPos::Center));
    let (heading, ink) = (style(20, INK, HPos::Center), style(17, INK, HPos::Center));
    let (above, beside) = (style(15, INK, HPos::Center), style(15, INK, HPos::Right));
    let (centre, end) = (ORIGIN.0 + CELL.0 * 5 / 2, ORIGIN.0 - 14);
    area.draw(&Text::new(title, (centre, 22), heading))?;
    area.draw(&Text::new("recognised test images of these digits, %", (centre, 68), ink))?;
    area.draw(&Text::new("after learning", (end, 98), beside.clone()))?;
    let mut top = ORIGIN.1;
    for (task, (row, digits)) in matrix.iter().zip(DIGITS).enumerate() {
        area.draw(&Text::new(digits, (end, top + CELL.1 / 2), beside.clone()))?;
        let mut left = ORIGIN.0;
        for (column, (&percent, name)) in row.iter().zip(DIGITS).enumerate() {
            let middle = (left + (CELL.0 - GAP) / 2, top + (CELL.1 - GAP) / 2);
            if task == 0 {
                area.draw(&Text::new(name, (middle.0, 98), above.clone()))?;
            }
            if column <= task {
                let cell = [(left, top), (left + CELL.0 - GAP, top + CELL.1 - GAP)];
                area.draw(&Rectangle::new(cell, BLUE.mix(percent / 100.0).filled()))?;
                area.draw(&Rectangle::new(cell, BLACK.mix(0.25)))?;
                let colour = if percent > 55.0 { WHITE } else { INK };
                area.draw(&Text::new(format!("{percent:.0}"), middle, style(20, colour, HPos::Center)))?;
            }
            left += CELL.0;
        }
        top += CELL.1;
    }
    Ok(())
}
