//! Learns from streams, one raw sample after the other: `cargo run --release --example stream [-- FILE]`.
//!
//! Each sample is predicted, then learnt from, with one setting for all streams. Means of 20 seeds; the setting was chosen with other
//! seeds. A FILE is a stream of your own: a line for each sample, up to 32 numbers and then the class, a whole number
//! from 0 to 9, separated by commas, in the order of their arrival.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[allow(dead_code)] // a picture of two panels
mod common;
#[path = "../tests/common/mod.rs"]
mod data;
#[path = "common/streams.rs"]
mod streams;

use std::error::Error;
use std::fs::read_to_string;
use std::process::ExitCode;

use common::{Area, BLUE, Drawn, ORANGE, announce, axes, legend, panels, stroke};
use downhill::drift::{Adwin, Detector, State};
use downhill::metrics::{Argmax, ConfusionMatrix, Fading};
use downhill::{Learner, Zero, encode};
use plotters::prelude::*;
use streams::{Many, One, start};

const SEEDS: std::ops::RangeInclusive<u32> = 301..=320;
const PICTURE: &str = "stream.svg";
/// How much each earlier sample still counts in the curves: the last 200 decide.
const FADE: f32 = 0.995;
/// The copy that is watched for drift is taken after so many samples, and anew so many samples after it has drifted.
const SETTLED: usize = 500;

/// Accuracy and F1 in percent, and bytes, of the best model of river 0.26.1 and of this learner.
struct River {
    name: &'static str,
    model: &'static str,
    accuracy: f32,
    f1: Option<f32>,
}

const RIVER: [River; 3] = [
    River { name: "image_segments", model: "k nearest neighbours", accuracy: 86.4, f1: None },
    River { name: "phishing", model: "streaming random patches, 10", accuracy: 91.3, f1: Some(90.1) },
    River { name: "sea_abrupt", model: "logistic regression", accuracy: 88.1, f1: Some(90.5) },
];

type Samples<const I: usize> = [([f32; I], usize)];

/// What a learner came to on a stream.
struct Run {
    accuracy: f32,
    f1: f32,
    /// For the picture, of the first seed.
    curve: Vec<(f64, f64)>,
    /// Where an alarm was: of the errors of a copy that does not learn, and of the learner's own.
    served: Vec<f64>,
    live: Vec<f64>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [] => run(),
        [file] => run_file(file),
        _ => {
            eprintln!("stream: expected at most one file, got: {}", arguments.join(" "));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stream: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    announce(PICTURE);
    println!("                          river's best           committee              one network");
    let panels = [
        compare::<18, 7>(&RIVER[0], &data::samples("image_segments/stream.csv")),
        compare::<9, 2>(&RIVER[1], &data::samples("phishing/stream.csv")),
        compare::<3, 2>(&RIVER[2], &data::samples("sea_abrupt/stream.csv")),
    ];
    println!();
    for (name, run, ram) in &panels {
        println!("{name} accuracy {:.2} f1 {:.2} ram {ram}", run.accuracy, run.f1);
    }
    draw(&panels)
}

/// A stream of the user's.
fn run_file(file: &str) -> Result<(), Box<dyn Error>> {
    let text = read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let mut samples = Vec::new();
    let mut inputs = None;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let (sample, length) = parse(line).map_err(|what| {
            let header = if number == 1 { "; remove a header, if this is one" } else { "" };
            format!("{file}, line {number}: {what}{header}: {line}")
        })?;
        if *inputs.get_or_insert(length) != length {
            return Err(format!(
                "{file}, line {number}: {length} numbers before the class, where the lines above have another number: {line}"
            )
            .into());
        }
        samples.push(sample);
    }
    if samples.is_empty() {
        return Err(format!("{file}: no samples").into());
    }
    announce(PICTURE);
    let run = follow::<32, 10, _>(&samples, started::<Many<32, 10>>(1, start));
    let ram = size_of::<Many<32, 10>>();
    println!("The F1 is the mean over all classes, and the bytes are those of 32 inputs and 10 classes.");
    println!("{file} accuracy {:.2} f1 {:.2} ram {ram}", run.accuracy, run.f1);
    draw(&[(file, run, ram)])
}

/// A sample, and how many inputs it has. Those that are missing are 0 always, which a standardiser makes 0: they take part in nothing.
fn parse(line: &str) -> Result<(([f32; 32], usize), usize), String> {
    let (inputs, class) = line.rsplit_once(',').ok_or("expected numbers and a class, separated by commas")?;
    let class = class.trim();
    let class = class
        .parse()
        .ok()
        .filter(|&class| class < 10)
        .ok_or(format!("the class is a whole number from 0 to 9, not {class:?}"))?;
    let (mut x, mut length) = ([0.0; 32], 0);
    for (column, number) in (1..).zip(inputs.split(',')) {
        let place = x.get_mut(length).ok_or("there are at most 32 numbers before the class")?;
        *place = (number.trim().parse().ok())
            .filter(|number: &f32| number.is_finite())
            .ok_or(format!("column {column} is no number: {number:?}"))?;
        length += 1;
    }
    Ok(((x, class), length))
}

fn started<L: Learner + Zero>(seed: u32, start: impl Fn(&mut L, u32)) -> L {
    let mut learner = L::ZERO;
    start(&mut learner, seed);
    learner
}

/// Means of all seeds, as a line of the table.
fn compare<const I: usize, const C: usize>(river: &'static River, samples: &Samples<I>) -> (&'static str, Run, usize) {
    let many = mean(SEEDS.map(|seed| follow::<I, C, _>(samples, started::<Many<I, C>>(seed, start))).collect());
    let one = mean(SEEDS.map(|seed| follow::<I, C, _>(samples, started::<One<I, C>>(seed, start))).collect());
    let cell = |accuracy: f32, f1: Option<f32>, bytes: Option<usize>| {
        let f1 = f1.map_or("   -".into(), |f1| format!("{f1:.1}"));
        let bytes = bytes.map_or(String::new(), |bytes| format!("{bytes:7} B"));
        format!("{accuracy:.1} / {f1}{bytes}")
    };
    let (many_bytes, one_bytes) = (size_of::<Many<I, C>>(), size_of::<One<I, C>>());
    println!(
        "{:22}    {:20}   {}   {}   ({})",
        river.name,
        cell(river.accuracy, river.f1, None),
        cell(many.accuracy, Some(many.f1), Some(many_bytes)),
        cell(one.accuracy, Some(one.f1), Some(one_bytes)),
        river.model,
    );
    (river.name, many, many_bytes)
}

#[allow(clippy::cast_precision_loss)]
fn mean(runs: Vec<Run>) -> Run {
    let of = |value: fn(&Run) -> f32| runs.iter().map(value).sum::<f32>() / runs.len() as f32;
    let (accuracy, f1) = (of(|run| run.accuracy), of(|run| run.f1));
    let first = runs.into_iter().next().expect("there are seeds");
    Run { accuracy, f1, ..first }
}

/// Predicts each sample, then learns from it. Watches two networks for drift: the one that learns, and a copy that does not, as a
/// guard serves it.
#[allow(clippy::cast_precision_loss)]
fn follow<const I: usize, const C: usize, L>(samples: &Samples<I>, mut learner: L) -> Run
where
    L: Learner<Scalar = f32, Input = [f32; I], Output = [f32; C], Network: Zero + Copy>,
{
    let mut matrix = ConfusionMatrix::<C>::new();
    let mut fading = Fading::<_, [f32; C]>::new(FADE, Argmax);
    let mut copy = Box::new(L::Network::ZERO);
    let mut renew = Some(SETTLED);
    let (mut watches_copy, mut watches_live) = (Adwin::new(), Adwin::new());
    let (mut curve, mut served, mut live) = (vec![], vec![], vec![]);
    for (at, (x, class)) in samples.iter().enumerate() {
        learner.observe(x);
        let y = learner.predict(x);
        let target = encode::one_hot(*class).expect("the class is among them");
        matrix.record(*class, encode::class(&y));
        fading.record(&target, &y);
        let arrived = at as f64;
        if at > SETTLED / 5 && at % (samples.len() / 500).max(1) == 0 {
            curve.push((arrived, fading.value().map_or(0.0, |accuracy| f64::from(accuracy) * 100.0)));
        }
        if watches_live.record(encode::class(&y) != Some(*class)) == State::Drift {
            live.push(arrived);
        }
        match renew {
            Some(when) if at < when => {}
            Some(_) => {
                learner.copy_network(&mut copy);
                (watches_copy, renew) = (Adwin::new(), None);
            }
            None => {
                let wrong = encode::class(&learner.predict_with(&copy, x)) != Some(*class);
                if watches_copy.record(wrong) == State::Drift {
                    served.push(arrived);
                    renew = Some(at + SETTLED);
                }
            }
        }
        learner.learn(x, &target, None).expect("the numbers of a file are finite");
    }
    let percent = |part: Option<f32>| part.map_or(0.0, |part| part * 100.0);
    let f1 = if C == 2 { matrix.f1(1) } else { matrix.macro_f1() };
    Run { accuracy: percent(matrix.accuracy()), f1: percent(f1), curve, served, live }
}

fn draw(runs: &[(&str, Run, usize)]) -> Drawn {
    let height = 60 + 330 * u32::try_from(runs.len())?;
    panels(PICTURE, (1200, height), (runs.len(), 1), |areas| {
        runs.iter().zip(areas).try_for_each(|((name, run, _), area)| panel(area, name, run))
    })
}

fn panel(area: &Area, name: &str, run: &Run) -> Drawn {
    let end = run.curve.last().map_or(1.0, |point| point.0);
    let lowest = run.curve.iter().map(|point| point.1).fold(100.0, f64::min);
    // Below the curve there is room for the legend.
    let floor = (lowest / 10.0).floor() * 10.0 - 10.0;
    let title = format!("{name}: {:.1} % of all samples", run.accuracy);
    let mut chart = axes(area, &title, ("samples", 0.0..end), ("fading accuracy, %", floor..100.0))?;
    for (name, alarms, colour, part) in [
        ("drift of a copy that does not learn", &run.served, ORANGE, 1.0),
        ("drift of the network that learns", &run.live, BLUE, 0.75),
    ] {
        let (low, high) = (100.0 - 0.55 * (100.0 - floor), floor + part * (100.0 - floor));
        let marks = alarms.iter().map(|&at| PathElement::new([(at, low), (at, high)], colour.stroke_width(2)));
        let label = format!("{name}: {}", alarms.len());
        chart.draw_series(marks)?.label(label).legend(stroke(colour));
    }
    let line = LineSeries::new(run.curve.iter().copied(), BLACK.stroke_width(2));
    chart.draw_series(line)?.label("predicted right").legend(stroke(BLACK));
    legend(&mut chart, SeriesLabelPosition::LowerRight)
}
