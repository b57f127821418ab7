//! Finds the fault of a machine that nobody has shown to it: `cargo run --release --example anomaly`.
//!
//! The signal is synthetic, since its faults must be known: harmonics of a shaft, noise, and, with the fault, a small impulse now
//! and then (`tests/common/signal.rs`). An autoencoder, 64-8-64, learns from windows of it as they come, one after the other, and
//! so does the threshold of its alarms.
//!
//! Prints means and standard deviations of five seeds. AUC is measured with the network as it is after 20,000 windows, on 10,000
//! windows without and 10,000 with the fault; RMS and kurtosis of the same windows are faded as the network's errors are. False
//! alarms and delays are those of a detector that goes on learning. The picture is that of the first seed.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[allow(dead_code)] // `picture`, of two panels
mod common;
#[path = "../tests/common/signal.rs"]
mod signal;

use std::error::Error;
use std::process::ExitCode;

use common::{Area, BLUE, Drawn, ORANGE, announce, axes, legend, panels, stroke};
use downhill::anomaly::{AnomalyDetector, AnomalyError, State, Verdict};
use downhill::init::{Generator, Xavier};
use downhill::{Dense, Identity, Sgd, SquaredError, Tanh, Trainer};
use plotters::prelude::*;
use signal::{Signal, WINDOW, auc, faded, kurtosis, mean, rms};

type Net = (Dense<WINDOW, 8, Tanh>, Dense<8, WINDOW, Identity>);

const DETECTOR: AnomalyDetector = AnomalyDetector::new();
/// The values of the signal are about 1 and need no scaling; at rates of 0.005 and above, errors rise again after long learning.
const RATE: f32 = 0.003;
const LEARNING: usize = 20_000;
const TEST: usize = 10_000;
const ONSETS: usize = 20;
/// These have chosen nothing: settings were chosen with others.
const SEEDS: [u32; 5] = [31, 32, 33, 34, 35];
const FAULTS: [f64; 2] = [1.0, 1.5];
const PICTURE: &str = "anomaly.svg";

fn main() -> ExitCode {
    if std::env::args().len() > 1 {
        eprintln!("anomaly: takes no arguments");
        return ExitCode::from(2);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("anomaly: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    println!(
        "64-8-64 on windows of 64 samples: {} bytes of trainer, {} of state; means of {} seeds",
        size_of::<Trainer<Net, SquaredError, Sgd>>(),
        size_of::<State>(),
        SEEDS.len(),
    );
    announce(PICTURE);
    let mut figures = Figures::default();
    let mut drawn = Ok(());
    for seed in SEEDS {
        let mut machine = Machine::new(seed);
        let learning = machine.run(LEARNING)?;
        measure(&machine, &mut figures)?;
        if seed == SEEDS[0] {
            // What was measured is told in any case.
            drawn = draw(PICTURE, &learning, machine);
        }
    }
    figures.print();
    drawn
}

/// A machine, and the detector that listens to it.
#[derive(Clone)]
struct Machine {
    signal: Signal,
    trainer: Trainer<Net, SquaredError, Sgd>,
    state: State,
}

impl Machine {
    fn new(seed: u32) -> Self {
        let mut trainer = Trainer::new();
        trainer.start(Sgd::new(RATE), &mut Xavier(Generator::new(seed)));
        Self { signal: Signal::new(seed), trainer, state: State::new() }
    }

    /// The same machine with a fault from now on.
    fn with_fault(&self, fault: f64) -> Self {
        let mut machine = self.clone();
        machine.signal.fault = fault;
        machine
    }

    /// Learns from the next window.
    fn observe(&mut self) -> Result<Verdict, AnomalyError> {
        DETECTOR.step(&mut self.trainer, &mut self.state, &self.signal.window())
    }

    fn run(&mut self, windows: usize) -> Result<Vec<Verdict>, AnomalyError> {
        (0..windows).map(|_| self.observe()).collect()
    }

    /// Scores of the next windows: of the network, which does not learn from them, of RMS and of kurtosis.
    fn scores(&self) -> Result<[Vec<f32>; 3], AnomalyError> {
        let Self { mut signal, mut trainer, .. } = self.clone();
        let mut state = State::new();
        let (mut network, mut windows) = (Vec::new(), Vec::new());
        for _ in 0..TEST {
            let window = signal.window();
            network.push(DETECTOR.watch(&mut trainer, &mut state, &window)?.score);
            windows.push(window);
        }
        Ok([network, faded(&windows, rms), faded(&windows, kurtosis)])
    }
}

/// Named figures, each of all seeds.
#[derive(Default)]
struct Figures(Vec<(String, &'static str, Vec<f64>)>);

impl Figures {
    fn add(&mut self, name: String, unit: &'static str, value: f64) {
        match self.0.iter_mut().find(|figure| figure.0 == name) {
            Some(figure) => figure.2.push(value),
            None => self.0.push((name, unit, vec![value])),
        }
    }

    /// The AUC of the network at the first fault comes last, without its deviation.
    fn print(&self) {
        let mut last = None;
        for (name, unit, values) in &self.0 {
            let mean_value = mean(values.iter().copied());
            let squares: f64 = values.iter().map(|value| (value - mean_value).powi(2)).sum();
            #[allow(clippy::cast_precision_loss)]
            let deviation = (squares / (values.len() - 1) as f64).sqrt();
            println!("{name} {mean_value:.2}{unit} sd {deviation:.2}");
            if name == "auc impulse 1" {
                last = Some(mean_value);
            }
        }
        if let Some(auc) = last {
            println!("auc {auc:.2}");
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn measure(machine: &Machine, figures: &mut Figures) -> Result<(), AnomalyError> {
    let verdicts = machine.clone().run(TEST)?;
    let percent = |n: usize| n as f64 * 100.0 / TEST as f64;
    figures.add("false alarms".into(), " %", percent(verdicts.iter().filter(|verdict| verdict.alarm).count()));
    for fault in FAULTS {
        let verdicts = machine.with_fault(fault).run(TEST)?;
        let alarms = verdicts.iter().filter(|verdict| verdict.alarm).count();
        figures.add(format!("alarms impulse {fault}"), " %", percent(alarms));
        let mut normal = machine.clone();
        let mut delays = 0;
        for _ in 0..ONSETS {
            normal.run(50)?;
            let mut faulty = normal.with_fault(fault);
            while !faulty.observe()?.alarm && delays < TEST {
                delays += 1;
            }
        }
        figures.add(format!("delay impulse {fault}"), " windows", delays as f64 / ONSETS as f64);
    }
    let normal = machine.scores()?;
    for fault in FAULTS {
        let faulty = machine.with_fault(fault).scores()?;
        for (name, (normal, faulty)) in ["", " rms", " kurtosis"].iter().zip(normal.iter().zip(&faulty)) {
            figures.add(format!("auc{name} impulse {fault}"), "", auc(normal, faulty));
        }
    }
    Ok(())
}

const GREY: RGBColor = RGBColor(120, 120, 120);

/// How the fault comes and goes in the picture: windows and height of the impulses.
const SECTIONS: [(usize, f64); 5] = [(300, 0.0), (300, 1.0), (300, 0.0), (300, 1.5), (300, 0.0)];

/// The signal where the fault begins, the score while the network learns, and the score while the fault comes and goes.
fn draw(file: &str, learning: &[Verdict], mut machine: Machine) -> Drawn {
    let signal = machine.signal.clone();
    let mut verdicts = Vec::new();
    for (windows, fault) in SECTIONS {
        machine.signal.fault = fault;
        verdicts.extend(machine.run(windows)?);
    }
    panels(file, (1200, 1150), (3, 1), |panels| match panels {
        [upper, middle, lower] => {
            onset(upper, signal)?;
            learn(middle, learning)?;
            score(lower, &verdicts)
        }
        _ => Ok(()),
    })
}

/// The signal from four windows before to eight after a fault begins, and the impulses in it.
fn onset(area: &Area, mut signal: Signal) -> Drawn {
    const FAULT: f64 = 1.5;
    const SHIFT: f64 = 4.0;
    let mut chart = axes(
        area,
        "The signal, in which a fault begins",
        ("sample, counted from the onset of the fault", -256.0..512.0),
        ("signal", -3.0..6.0),
    )?;
    let mut points: Vec<(f64, f64)> = (-256..0).map(|n| (f64::from(n), f64::from(signal.sample()))).collect();
    // The same noise in both: the difference is the impulses.
    let mut faulty = Signal { fault: FAULT, ..signal.clone() };
    let after: Vec<[f64; 3]> = (0..512).map(|n| [n.into(), faulty.sample().into(), signal.sample().into()]).collect();
    points.extend(after.iter().map(|[n, faulty, _]| (*n, *faulty)));
    let impulses = after.iter().map(|[n, faulty, normal]| (*n, faulty - normal + SHIFT));
    chart.draw_series(LineSeries::new(points, BLUE.stroke_width(1)))?.label("signal").legend(stroke(BLUE));
    chart
        .draw_series(LineSeries::new(impulses, ORANGE.stroke_width(1)))?
        .label(format!("the impulses of {FAULT} in it, shifted up"))
        .legend(stroke(ORANGE));
    legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

/// The score, and the threshold that follows it block by block.
fn learn(area: &Area, verdicts: &[Verdict]) -> Drawn {
    const EVERY: usize = 10;
    /// The first scores are above.
    const TOP: f64 = 9.0;
    #[allow(clippy::cast_precision_loss)]
    let points = |value: fn(&Verdict) -> Option<f32>| -> Vec<(f64, f64)> {
        let verdicts = verdicts.iter().enumerate().step_by(EVERY);
        let points = verdicts.filter_map(|(n, verdict)| Some((n as f64, value(verdict)?.into())));
        points.filter(|point| point.1 <= TOP).collect()
    };
    let mut chart = axes(
        area,
        "Learning, without faults: no alarms in the warm-up of 4000 windows, then a threshold for each block of 2000 scores",
        #[allow(clippy::cast_precision_loss)]
        ("window", 0.0..LEARNING as f64 * 1.01),
        ("score, every tenth", 2.0..TOP),
    )?;
    chart
        .draw_series(LineSeries::new(points(|verdict| Some(verdict.score)), BLUE.stroke_width(1)))?
        .label("score: faded reconstruction error")
        .legend(stroke(BLUE));
    chart
        .draw_series(LineSeries::new(points(|verdict| verdict.threshold), BLACK.stroke_width(2)))?
        .label("threshold: 99 % quantile of a block")
        .legend(stroke(BLACK));
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}

/// The score while the fault comes and goes, with the alarms.
#[allow(clippy::cast_precision_loss)]
fn score(area: &Area, verdicts: &[Verdict]) -> Drawn {
    let points = |value: fn(&Verdict) -> Option<f32>| -> Vec<(f64, f64)> {
        verdicts.iter().enumerate().filter_map(|(n, verdict)| Some((n as f64, value(verdict)?.into()))).collect()
    };
    let highest = verdicts.iter().map(|verdict| f64::from(verdict.score)).fold(0.0, f64::max);
    let lowest = verdicts.iter().map(|verdict| f64::from(verdict.score)).fold(highest, f64::min);
    let (bottom, top) = (lowest - 0.15 * (highest - lowest), highest + 0.6 * (highest - lowest));
    let mut chart = axes(
        area,
        "Watching: the fault comes and goes",
        ("window, after those of the panel above", 0.0..verdicts.len() as f64),
        ("score", bottom..top),
    )?;
    let mut start = 0;
    for (windows, fault) in SECTIONS {
        let end = start + windows;
        if fault > 0.0 {
            let (left, right) = (start as f64, end as f64);
            chart.draw_series([Rectangle::new([(left, bottom), (right, top)], ORANGE.mix(0.12).filled())])?;
            let text = format!("impulses of {fault}");
            let style = ("sans-serif", 15).into_font().color(&GREY);
            chart.draw_series([Text::new(text, (left + 10.0, top - 0.03 * (top - bottom)), style)])?;
        }
        start = end;
    }
    chart
        .draw_series(LineSeries::new(points(|verdict| Some(verdict.score)), BLUE.stroke_width(1)))?
        .label("score")
        .legend(stroke(BLUE));
    chart
        .draw_series(LineSeries::new(points(|verdict| verdict.threshold), BLACK.stroke_width(2)))?
        .label("threshold")
        .legend(stroke(BLACK));
    let dot = |at: (f64, f64)| Circle::new(at, 2, ORANGE.filled());
    chart
        .draw_series(points(|verdict| verdict.alarm.then_some(verdict.score)).into_iter().map(dot))?
        .label("alarm")
        .legend(|at| Circle::new((at.0 + 12, at.1), 3, ORANGE.filled()));
    legend(&mut chart, SeriesLabelPosition::UpperLeft)
}
