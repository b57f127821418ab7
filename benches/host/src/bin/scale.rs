//! What a multiplication of a weight and an input (MAC) costs as networks grow: a table, and a picture.
//!
//! `scale FIGURES PICTURE`: figures are those of the chip, in lines as `scale/run chip` makes them.

#[path = "../../../../examples/common/mod.rs"]
#[allow(dead_code)] // `stroke`, since the legend also shows how thick lines are
mod common;

use std::fs::read_to_string;

use benches::{BUILD, Bench, measure, with_stack};
use common::{Area, BLUE, Drawn, ORANGE, axes, legend, picture};
use downhill::math::Fast;
use downhill::{Dense, Identity, Layer, Sgd, Sigmoid, Zero};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

const GREEN: RGBColor = RGBColor(0, 130, 90);

/// The host's axis, in ns per MAC.
const LEAST: f64 = 0.01;
const MOST: f64 = 20.0;

/// Nanoseconds on the host, the least of 21 times; instructions on the chip.
#[derive(Clone, Copy)]
struct Cost {
    predict: f64,
    step: f64,
}

struct Host {
    sizes: [usize; 3],
    libm: Cost,
    fast: Cost,
    /// A prediction without activations.
    sums: f64,
}

struct Chip {
    sizes: [usize; 3],
    libm: Cost,
    fast: Option<Cost>,
}

#[allow(clippy::cast_precision_loss)]
fn macs([inputs, hidden, outputs]: [usize; 3]) -> f64 {
    (inputs * hidden + hidden * outputs) as f64
}

/// Forward, the gradients of the weights, and what is sent back to the hidden layer.
#[allow(clippy::cast_precision_loss)]
fn training_macs(sizes: [usize; 3]) -> f64 {
    2.0 * macs(sizes) + (sizes[1] * sizes[2]) as f64
}

fn name([inputs, hidden, outputs]: [usize; 3]) -> String {
    format!("{inputs}-{hidden}-{outputs}")
}

fn cost<N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero>() -> Cost {
    let mut bench = Bench::<N, Sgd>::new(Sgd::new(0.05));
    Cost { predict: measure(|turn| bench.predict(turn)).min, step: measure(|turn| bench.step(turn)).min }
}

fn host<const I: usize, const H: usize, const O: usize>() -> Host {
    let mut bench = Bench::<(Dense<I, H, Identity>, Dense<H, O, Identity>), Sgd>::new(Sgd::new(0.05));
    eprintln!("{}", name([I, H, O]));
    Host {
        sizes: [I, H, O],
        libm: cost::<(Dense<I, H, Sigmoid>, Dense<H, O, Sigmoid>)>(),
        fast: cost::<(Dense<I, H, Sigmoid<Fast>>, Dense<H, O, Sigmoid<Fast>>)>(),
        sums: measure(|turn| bench.predict(turn)).min,
    }
}

fn hosts() -> Vec<Host> {
    vec![
        host::<2, 3, 1>(),
        host::<4, 7, 3>(),
        host::<8, 8, 4>(),
        host::<16, 16, 10>(),
        host::<32, 16, 10>(),
        host::<64, 32, 10>(),
        host::<128, 64, 10>(),
        host::<256, 128, 10>(),
        host::<784, 100, 10>(),
        host::<512, 256, 10>(),
        host::<1024, 256, 10>(),
        host::<1024, 512, 10>(),
        host::<2048, 512, 10>(),
    ]
}

/// Reads lines `m4f o3 64-32-10 libm forward N step N ...`.
fn chips(lines: &str) -> Drawn<Vec<Chip>> {
    let mut chips: Vec<Chip> = Vec::new();
    for line in lines.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let ["m4f", "o3", network, backend, "forward", predict, "step", step, ..] = words[..] else {
            return Err(format!("not a line of figures: {line}").into());
        };
        let sizes: Vec<usize> = network.split('-').map(str::parse).collect::<Result<_, _>>()?;
        let sizes = sizes.try_into().map_err(|_| format!("not a network: {network}"))?;
        let cost = Cost { predict: predict.parse()?, step: step.parse()? };
        match (backend, chips.last_mut()) {
            ("libm", _) => chips.push(Chip { sizes, libm: cost, fast: None }),
            ("fast", Some(chip)) if chip.sizes == sizes => chip.fast = Some(cost),
            _ => return Err(format!("out of turn: {line}").into()),
        }
    }
    Ok(chips)
}

fn host_table(hosts: &[Host]) {
    println!(
        "This host, {BUILD} build, ns (in brackets: per MAC; a step has more than twice the MACs of a prediction):\n"
    );
    println!("| network | weights, KB | `predict` | with `Fast` | no activation | `step` | with `Fast` |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for Host { sizes, libm, fast, sums } in hosts {
        let predict = |ns: f64| format!("{ns:.0} ({:.3})", ns / macs(*sizes));
        let step = |ns: f64| format!("{ns:.0} ({:.3})", ns / training_macs(*sizes));
        println!(
            "| {} | {:.1} | {} | {} | {} | {} | {} |",
            name(*sizes),
            macs(*sizes) * 4.0 / 1024.0,
            predict(libm.predict),
            predict(fast.predict),
            predict(*sums),
            step(libm.step),
            step(fast.step)
        );
    }
}

fn chip_table(chips: &[Chip]) {
    println!("\nEmulated Cortex-M4F, `opt-level = 3`, instructions (in brackets: per MAC):\n");
    println!("| network | weights, KB | `predict` | with `Fast` | `step` | with `Fast` |");
    println!("|---|--:|--:|--:|--:|--:|");
    for Chip { sizes, libm, fast } in chips {
        let cell = |n: Option<f64>, macs: f64| n.map_or("–".into(), |n| format!("{n} ({:.2})", n / macs));
        println!(
            "| {} | {:.1} | {} | {} | {} | {} |",
            name(*sizes),
            macs(*sizes) * 4.0 / 1024.0,
            cell(Some(libm.predict), macs(*sizes)),
            cell(fast.map(|fast| fast.predict), macs(*sizes)),
            cell(Some(libm.step), training_macs(*sizes)),
            cell(fast.map(|fast| fast.step), training_macs(*sizes))
        );
    }
}

/// The sizes of the data caches of the first and second level, in bytes, where the system tells.
fn caches() -> Vec<(&'static str, f64)> {
    let size = |index: u32| {
        let text = read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size")).ok()?;
        text.trim().strip_suffix('K')?.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
    };
    [("L1", size(0)), ("L2", size(2))].into_iter().filter_map(|(name, size)| Some((name, size?))).collect()
}

/// MACs, and cost per MAC.
type Points = Vec<(f64, f64)>;

fn predictions<'a>(rows: impl Iterator<Item = ([usize; 3], f64)> + 'a) -> Points {
    rows.map(|(sizes, cost)| (macs(sizes), cost / macs(sizes))).collect()
}

fn steps<'a>(rows: impl Iterator<Item = ([usize; 3], f64)> + 'a) -> Points {
    rows.map(|(sizes, cost)| (macs(sizes), cost / training_macs(sizes))).collect()
}

/// A panel with series (label, points, colour, thickness), and marks where the weights fill a cache.
fn panel<const S: usize, Y>(
    area: &Area,
    title: &str,
    y: (&str, Y),
    caches: &[(&str, f64)],
    series: [(&str, Points, RGBColor, u32); S],
) -> Drawn
where
    Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
{
    let mut chart = axes(area, title, ("weights of the network (MACs of a prediction)", (4.0..2e6).log_scale()), y)?;
    for &(cache, bytes) in caches {
        let x = bytes / 4.0;
        chart.draw_series([PathElement::new([(x, LEAST), (x, MOST)], BLACK.mix(0.5))])?;
        chart.draw_series([Text::new(format!(" {cache} full"), (x, LEAST * 1.25), ("sans-serif", 15))])?;
    }
    for (label, points, colour, width) in series {
        chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(width)))?
            .label(label)
            .legend(move |at| PathElement::new([at, (at.0 + 24, at.1)], colour.stroke_width(width)));
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}

fn main() -> Drawn {
    let mut arguments = std::env::args().skip(1);
    let (Some(figures), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: scale FIGURES PICTURE".into());
    };
    let chips = chips(&read_to_string(&figures).map_err(|error| format!("{figures}: {error}"))?)?;
    let hosts = with_stack(hosts);
    host_table(&hosts);
    chip_table(&chips);
    println!();
    picture(&file, |left, right| {
        let host = |cost: fn(&Host) -> f64| hosts.iter().map(move |row| (row.sizes, cost(row)));
        let title = format!("Host, {BUILD} build");
        panel(
            left,
            &title,
            ("ns per MAC", (LEAST..MOST).log_scale()),
            &caches(),
            [
                ("step", steps(host(|row| row.libm.step)), BLUE, 3),
                ("step, Fast", steps(host(|row| row.fast.step)), ORANGE, 3),
                ("predict", predictions(host(|row| row.libm.predict)), BLUE, 1),
                ("predict, Fast", predictions(host(|row| row.fast.predict)), ORANGE, 1),
                ("predict, no activation", predictions(host(|row| row.sums)), GREEN, 1),
            ],
        )?;
        let libm = |cost: fn(&Cost) -> f64| chips.iter().map(move |row| (row.sizes, cost(&row.libm)));
        let fast =
            |cost: fn(&Cost) -> f64| chips.iter().filter_map(move |row| Some((row.sizes, cost(row.fast.as_ref()?))));
        panel(
            right,
            "Emulated Cortex-M4F",
            ("instructions per MAC", 0.0..25.0),
            &[],
            [
                ("step", steps(libm(|cost| cost.step)), BLUE, 3),
                ("step, Fast", steps(fast(|cost| cost.step)), ORANGE, 3),
                ("predict", predictions(libm(|cost| cost.predict)), BLUE, 1),
                ("predict, Fast", predictions(fast(|cost| cost.predict)), ORANGE, 1),
            ],
        )
    })
}
