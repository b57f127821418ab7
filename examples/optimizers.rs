//! Which optimiser? Learns handwritten digits with each of them: `cargo run --release --example optimizers`.
//!
//! Prints a table and draws the curves. docs/optimizers.md has both, and more columns: `-- --update` writes them there,
//! `-- --check` fails if its table is another. The instructions in the table come from the emulated chips:
//! `examples/firmware/measure --update` counts them.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[allow(dead_code)] // `stroke`, since the legend also shows how thick lines are.
mod common;
#[path = "../tests/common/mod.rs"]
mod data;

use std::error::Error;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::{env, fs};

use common::{Area, BLUE, Drawn, ORANGE, announce, axes, legend, panels};
use downhill::fit::{Data, FitError};
use downhill::init::{Generator, Xavier};
use downhill::optimizer::Optimizer;
use downhill::schedule::Constant;
use downhill::{
    Adam, AdamW, Batch, CrossEntropy, Dense, Fit, Momentum, Nesterov, RmsProp, Rprop, Sgd, Softmax, Tanh, Trainer,
    WeightDecay, Zero, encode,
};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

type Net = (Dense<64, 32, Tanh>, Dense<32, 10, Softmax>);
type Sample = ([f32; 64], [f32; 10]);

const PICTURE: &str = "optimizers.svg";
const SEEDS: [u32; 3] = [1, 2, 3];

/// What one optimiser came to.
struct Row {
    name: &'static str,
    setting: &'static str,
    /// How the lines of `figures/learners.txt` call it.
    key: &'static str,
    /// Bytes that the optimiser keeps for each parameter.
    slot: usize,
    /// For each seed: training loss and test accuracy in percent after each epoch.
    runs: Vec<Vec<(f32, f32)>>,
}

impl Row {
    /// Trains from each seed.
    #[allow(clippy::too_many_arguments)]
    fn new<P: Optimizer<f32> + Zero>(
        name: &'static str,
        setting: &'static str,
        key: &'static str,
        epochs: u32,
        rate: f32,
        optimizer: impl Fn() -> P,
        (train, test): (&[Sample], &[Sample]),
    ) -> Result<Self, FitError> {
        let mut runs = Vec::new();
        for seed in SEEDS {
            let mut trainer = Box::new(Trainer::<Net, CrossEntropy, P>::new());
            trainer.start(optimizer(), &mut Xavier(Generator::new(seed)));
            let mut run = Vec::new();
            let fit = Fit { seed, ..Fit::new(epochs, Constant(rate)) };
            // The test set decides nothing: no weights are kept or restored.
            fit.run(&mut *trainer, Data::new(train).validated_on(test), |_, epoch| {
                let accuracy = epoch.validation.metric.map_or(0.0, |accuracy| accuracy * 100.0);
                run.push((epoch.loss, accuracy));
                ControlFlow::Continue(())
            })?;
            runs.push(run);
        }
        Ok(Self { name, setting, key, slot: size_of::<P::Slot>() + size_of::<P::Sum>(), runs })
    }

    /// The mean over the seeds of what `value` reads from a run.
    fn mean(&self, value: impl Fn(&[(f32, f32)]) -> f32) -> f32 {
        self.runs.iter().map(|run| value(run)).sum::<f32>() / count(self.runs.len())
    }

    fn accuracy(&self) -> f32 {
        self.mean(|run| run.last().map_or(0.0, |epoch| epoch.1))
    }

    /// Epochs until 95 % of the test set are known, in the mean; `None` if a seed never gets there.
    fn epochs_to_95(&self) -> Option<f32> {
        let first = |run: &Vec<(f32, f32)>| run.iter().position(|epoch| epoch.1 >= 95.0);
        let epochs: Option<Vec<usize>> = self.runs.iter().map(first).collect();
        epochs.map(|epochs| count(epochs.iter().map(|epoch| epoch + 1).sum()) / count(self.runs.len()))
    }

    fn epochs(&self) -> usize {
        self.runs.first().map_or(0, Vec::len)
    }
}

#[allow(clippy::cast_precision_loss)]
fn count(n: usize) -> f32 {
    n as f32
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (update, check) = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => (false, false),
        ["--update"] => (true, false),
        ["--check"] => (false, true),
        _ => return Err(format!("expected nothing, --update or --check, got: {}", arguments.join(" ")).into()),
    };
    announce(PICTURE);
    let (train, test) = (samples("digits/train.csv"), samples("digits/test.csv"));
    let rows = learn(&train, &test)?;
    let counts = Counts::read()?;
    print(&rows, &counts);
    draw(PICTURE, &rows)?;
    let (page, table) = (root().join("docs/optimizers.md"), table(&rows, &counts, train.len())?);
    if update {
        fs::copy(PICTURE, page.with_file_name(PICTURE))?;
        replace(&page, &table)?;
    }
    if check && !fs::read_to_string(&page)?.contains(&format!("{}\n{table}\n{}", MARKS[0], MARKS[1])) {
        return Err("docs/optimizers.md has another table: cargo run --release --example optimizers -- --update".into());
    }
    for name in ["Adam", "Batch<Rprop>"] {
        let row = rows.iter().find(|row| row.name == name).ok_or("a row is missing")?;
        if row.accuracy() < 96.5 {
            return Err(format!("{name} knows {:.2} % of the test set, and should know 96.5 %", row.accuracy()).into());
        }
    }
    Ok(())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn samples(file: &str) -> Vec<Sample> {
    let sample = |(pixels, class): ([u8; 64], usize)| {
        Some((pixels.map(|pixel| encode::scaled(pixel.into(), 16.0)), encode::one_hot(class)?))
    };
    data::samples(file).into_iter().filter_map(sample).collect()
}

fn learn(train: &[Sample], test: &[Sample]) -> Result<Vec<Row>, FitError> {
    const EPOCHS: u32 = 30;
    let data = (train, test);
    let all = usize::MAX;
    Ok(vec![
        Row::new("Sgd", "rate 0.05", "", EPOCHS, 0.05, || Sgd::new(0.05), data)?,
        Row::new(
            "Momentum",
            "rate 0.005, momentum 0.9",
            "momentum",
            EPOCHS,
            0.005,
            || Momentum::new(0.005, 0.9),
            data,
        )?,
        Row::new(
            "Nesterov",
            "rate 0.005, momentum 0.9",
            "nesterov",
            EPOCHS,
            0.005,
            || Nesterov::new(0.005, 0.9),
            data,
        )?,
        Row::new("RmsProp", "rate 0.001", "rmsprop", EPOCHS, 0.001, || RmsProp::new(0.001), data)?,
        Row::new("Adam", "rate 0.001", "adam", EPOCHS, 0.001, || Adam::new(0.001), data)?,
        Row::new("AdamW", "rate 0.001, decay 0.01", "adamw", EPOCHS, 0.001, || AdamW::new(0.001, 0.01), data)?,
        Row::new("Batch<Sgd>", "8 samples, rate 0.1", "batch", EPOCHS, 0.1, || Batch::new(8, Sgd::new(0.1)), data)?,
        Row::new(
            "Batch<Rprop>",
            "all samples, weight decay 1e-4",
            "rprop",
            100,
            1.0,
            || Batch::new(all, WeightDecay::new(1e-4, Rprop::new())),
            data,
        )?,
    ])
}

/// The instructions of a step on a chip, from the lines that `measure --update` wrote.
struct Counts(String);

impl Counts {
    fn read() -> std::io::Result<Self> {
        fs::read_to_string(root().join("examples/firmware/figures/learners.txt")).map(Self)
    }

    fn get(&self, chip: &str, key: &str, name: &str) -> Option<&str> {
        let workload = if key.is_empty() { "W2".into() } else { format!("W2/{key}") };
        let line = self.0.lines().find(|line| line.starts_with(&format!("{chip} o3 {workload} libm ")))?;
        let mut words = line.split(' ').skip_while(|word| *word != name);
        words.nth(1)
    }

    /// The cells of a row: bytes of trainer and stack, and a step on each chip.
    fn cells(&self, key: &str) -> String {
        let cells = [("m4f", "ram"), ("m4f", "stack"), ("m4f", "step"), ("m0", "step"), ("rv32", "step")];
        cells.map(|(chip, name)| format!(" {} |", thousands(self.get(chip, key, name)))).concat()
    }
}

fn thousands(number: Option<&str>) -> String {
    let Some(number) = number else { return "–".into() };
    let digits: Vec<char> = number.chars().collect();
    digits.rchunks(3).rev().map(String::from_iter).collect::<Vec<_>>().join(",")
}

/// For a terminal of 80 columns.
fn print(rows: &[Row], counts: &Counts) {
    println!("                   bytes        instructions of a step   epochs until   test accuracy");
    println!("optimiser      per param.   Cortex-M4F       rv32imc     95 % known   after epochs");
    for row in rows {
        println!(
            "{:<14}{:>11}{:>13}{:>14}{:>15}{:>8.2} %{:>5}",
            row.name,
            row.slot,
            thousands(counts.get("m4f", row.key, "step")),
            thousands(counts.get("rv32", row.key, "step")),
            row.epochs_to_95().map_or("–".into(), |epochs| format!("{epochs:.1}")),
            row.accuracy(),
            row.epochs(),
        );
    }
    println!("means of {} seeds; settings, memory and more: docs/optimizers.md", SEEDS.len());
}

fn table(rows: &[Row], counts: &Counts, samples: usize) -> Result<String, Box<dyn Error>> {
    let mut table = String::from(
        "| optimiser | setting | bytes per parameter | trainer | stack | Cortex-M4F | Cortex-M0 | rv32imc | epochs to 95 % | \
         steps to 95 % | accuracy, % | after epochs |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let (epochs, steps) = row.epochs_to_95().map_or(("–".into(), None), |epochs| {
            (format!("{epochs:.1}"), Some(format!("{:.0}", epochs * count(samples))))
        });
        writeln!(
            table,
            "| `{}` | {} | {} |{} {epochs} | {} | {:.2} | {} |",
            row.name,
            row.setting,
            row.slot,
            counts.cells(row.key),
            thousands(steps.as_deref()),
            row.accuracy(),
            row.epochs(),
        )?;
    }
    table += "\n| what learns, with `Momentum` | trainer | stack | Cortex-M4F | Cortex-M0 | rv32imc |\n|---|--:|--:|--:|--:|--:|\n";
    for (name, key) in
        [("both layers", "momentum"), ("the last layer", "frozen"), ("the biases of the last layer", "biases")]
    {
        writeln!(table, "| {name} |{}", counts.cells(key))?;
    }
    table += "\n| 8 samples with `Sgd`, per sample | trainer | stack | Cortex-M4F | Cortex-M0 | rv32imc |\n|---|--:|--:|--:|--:|--:|\n";
    for (name, key) in
        [("one by one, `step`", ""), ("collected, `Batch<Sgd>`", "batch"), ("at once, `step_batch`", "slices")]
    {
        writeln!(table, "| {name} |{}", counts.cells(key))?;
    }
    Ok(table)
}

/// Where the table stands on the page.
const MARKS: [&str; 2] = ["<!-- table -->\n", "<!-- end of table -->\n"];

/// Puts the table between the marks of the page.
fn replace(page: &Path, table: &str) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(page)?;
    let (before, rest) = text.split_once(MARKS[0]).ok_or("the page has no mark")?;
    let (_, after) = rest.split_once(MARKS[1]).ok_or("the page has no end mark")?;
    fs::write(page, format!("{before}{}\n{table}\n{}{after}", MARKS[0], MARKS[1]))?;
    Ok(())
}

/// A panel shows curves of these names, from thick to thin: one that lies on another does not hide it.
const FAMILIES: [(&str, &[&str]); 4] = [
    ("descent", &["Sgd", "Batch<Sgd>"]),
    ("momentum", &["Momentum", "Nesterov"]),
    ("adaptive", &["RmsProp", "Adam", "AdamW"]),
    ("signs alone", &["Batch<Rprop>"]),
];
const STYLES: [(RGBColor, u32); 3] = [(ORANGE, 6), (BLUE, 3), (BLACK, 1)];
const GREY: RGBColor = RGBColor(205, 205, 205);

/// Training loss above, test errors below, in the mean of the seeds; a column per family, in which all others are grey.
fn draw(file: &str, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    panels(file, (1400, 820), (2, FAMILIES.len()), |panels| {
        let (losses, errors) = panels.split_at(FAMILIES.len());
        for ((family, names), (upper, lower)) in FAMILIES.iter().zip(losses.iter().zip(errors)) {
            let loss = ("mean cross-entropy of an epoch", (2e-3..6.0).log_scale());
            curves(upper, &format!("Training loss: {family}"), loss, rows, names, |at| at.0)?;
            let error = ("test images not recognised, %", (1.0..200.0).log_scale());
            curves(lower, &format!("Test errors: {family}"), error, rows, names, |at| 100.0 - at.1)?;
        }
        Ok(())
    })
}

fn curves(
    area: &Area,
    title: &str,
    y: (&str, impl AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>),
    rows: &[Row],
    names: &[&str],
    value: impl Fn(&(f32, f32)) -> f32,
) -> Drawn {
    let mut chart = axes(area, title, ("epoch", (1.0..100.0).log_scale()), y)?;
    let points = |row: &Row| {
        let mean = |epoch| f64::from(row.mean(|run| run.get(epoch).map_or(f32::NAN, &value)));
        (0..row.epochs()).map(|epoch| (f64::from(count(epoch + 1)), mean(epoch))).collect::<Vec<_>>()
    };
    for row in rows {
        chart.draw_series(LineSeries::new(points(row), GREY.stroke_width(1)))?;
    }
    for (name, (colour, width)) in names.iter().zip(STYLES) {
        let row = rows.iter().find(|row| row.name == *name).ok_or("a row is missing")?;
        chart
            .draw_series(LineSeries::new(points(row), colour.stroke_width(width)))?
            .label(format!("{name}  "))
            .legend(move |at| PathElement::new([at, (at.0 + 24, at.1)], colour.stroke_width(width)));
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}
