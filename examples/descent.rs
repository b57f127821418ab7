//! Gradient descent, told as a walk downhill in fog: `cargo run --release --example descent`.
//!
//! Where the walk ends depends on where it starts. So a network is started several times, and the best is kept.

#[macro_use]
#[path = "common/out.rs"]
mod out;
mod common;

use std::error::Error;

use common::{BLUE, ORANGE, announce, axes, legend, picture, stroke};
use downhill::init::{Generator, Random, TruncatedNormal};
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::{Dense, Sgd, SquaredError, StepError, Trainer};
use plotters::prelude::*;

const PICTURE: &str = "descent.svg";
const GREY: RGBColor = RGBColor(110, 110, 110);

/// The island: height at `w`, with a global minimum on the left, a local one on the right, and a hill in between.
fn height(w: f64) -> f64 {
    w.powi(4) - 4.0 * w * w + w + 6.0
}

fn slope(w: f64) -> f64 {
    4.0 * w.powi(3) - 8.0 * w + 1.0
}

/// Looks at the slope, steps against it, looks again.
fn walk(start: f64) -> Vec<f64> {
    let sgd = Sgd::new(0.02);
    let step = |&w: &f64| {
        let mut next = w;
        sgd.weight(&mut next, &mut (), slope(w));
        Some(next)
    };
    std::iter::successors(Some(start), step).take(60).collect()
}

/// Exclusive or with as few nodes as will do: descent gets stuck in a basin now and then.
type Net = (Dense<2, 2>, Dense<2, 1>);
type Xor = Trainer<Net, SquaredError, Sgd>;

const RESTARTS: usize = 16;
const EPOCHS: u32 = 8000;
const SAMPLES: [([f32; 2], [f32; 1]); 4] =
    [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];

/// Epoch and loss.
type Points = Vec<(f64, f64)>;

fn loss(trainer: &mut Xor) -> f32 {
    SAMPLES.iter().map(|(x, target)| SquaredError::value(&trainer.predict(x), target)).sum()
}

/// Trains from new random weights. Returns the loss on the way.
fn restart(trainer: &mut Xor, random: &mut Generator) -> Result<Points, StepError> {
    trainer.start(Sgd::new(1.0), &mut TruncatedNormal(|| random.next_u32()));
    let mut losses = vec![(0.0, loss(trainer).into())];
    for epoch in 1..=EPOCHS {
        for (x, target) in &SAMPLES {
            trainer.step(x, target)?;
        }
        if epoch % 100 == 0 {
            losses.push((epoch.into(), loss(trainer).into()));
        }
    }
    Ok(losses)
}

fn main() -> Result<(), Box<dyn Error>> {
    announce(PICTURE);
    // A little to the left and a little to the right of the hilltop at 0.13.
    let walks = [walk(0.0), walk(0.25)];
    for walk in &walks {
        let (start, end) = (walk[0], walk[walk.len() - 1]);
        println!("from {start:4.2} down to {end:5.2}, height {:.2}", height(end));
    }

    println!("\nexclusive or, 2-2-1, {RESTARTS} random restarts");
    let mut random = Generator::new(7);
    let mut trainer = Xor::new();
    let mut best: Option<(usize, f32, Net)> = None;
    let mut restarts = Vec::new();
    for number in 0..RESTARTS {
        restarts.push(restart(&mut trainer, &mut random)?);
        let loss = loss(&mut trainer);
        if best.is_none_or(|(_, least, _)| loss < least) {
            best = Some((number, loss, trainer.network));
        }
        println!("restart {:2}   loss {loss:.6}", number + 1);
    }

    let (number, least, network) = best.ok_or("no restart was good")?;
    let mut trainer = Xor::with_network(network, Sgd::new(1.0));
    println!("kept: restart {}, loss {least:.6}; loss of the kept copy {:.6}", number + 1, loss(&mut trainer));
    for (x, _) in &SAMPLES {
        println!("  {} xor {} = {:.3}", x[0], x[1], trainer.predict(x)[0]);
    }
    println!();
    draw(PICTURE, &walks, restarts, number)
}

fn draw(file: &str, walks: &[Vec<f64>], mut restarts: Vec<Points>, best: usize) -> Result<(), Box<dyn Error>> {
    picture(file, |left, right| {
        let mut chart = axes(left, "Where a walk ends depends on its start", ("w", -2.4..2.4), ("E(w)", 0.0..10.0))?;
        let curve = (-46..=42).map(|w| f64::from(w) / 20.0).map(|w| (w, height(w)));
        chart
            .draw_series(LineSeries::new(curve, GREY.stroke_width(2)))?
            .label("E(w) = w⁴ − 4w² + w + 6")
            .legend(stroke(GREY));
        let walkers = [("to the global minimum", BLUE), ("to the local minimum", ORANGE)];
        for (walk, (end, colour)) in walks.iter().zip(walkers) {
            let start = walk[0];
            chart.draw_series([Circle::new((start, height(start)), 8, colour.stroke_width(2))])?;
            chart
                .draw_series(walk.iter().map(|&w| Circle::new((w, height(w)), 4, colour.filled())))?
                .label(format!("from {start:.2} {end}"))
                .legend(move |(x, y)| Circle::new((x + 12, y), 4, colour.filled()));
        }
        legend(&mut chart, SeriesLabelPosition::UpperMiddle)?;

        let title = format!("{RESTARTS} random restarts of a 2-2-1 network");
        let range = (1e-4..2.0).log_scale();
        let mut chart =
            axes(right, &title, ("epoch", 0.0..f64::from(EPOCHS)), ("½ Σ (t − o)² over the four samples", range))?;
        let last = |points: &Points| points.last().map_or(f64::NAN, |point| point.1);
        let kept = restarts.swap_remove(best);
        let (stuck, learned): (Vec<_>, Vec<_>) = restarts.into_iter().partition(|points| last(points) > 0.1);
        let labels = [
            format!("{} learned as well", learned.len()),
            format!("{} got stuck in a basin", stuck.len()),
            format!("restart {} has the lowest loss, {:.6}: kept", best + 1, last(&kept)),
        ];
        // The kept one last, so that nothing covers it.
        let groups = [(learned, GREY, 1), (stuck, ORANGE, 1), (vec![kept], BLUE, 3)];
        for ((runs, colour, width), label) in groups.into_iter().zip(labels) {
            // A series of nothing, for a legend with one entry per group.
            chart.draw_series(LineSeries::new([], colour))?.label(label).legend(stroke(colour));
            for points in runs {
                chart.draw_series(LineSeries::new(points, colour.stroke_width(width)))?;
            }
        }
        legend(&mut chart, SeriesLabelPosition::MiddleRight)
    })
}
