//! What the pictures of the examples have in common: colours, fonts, axes and legends.

use std::error::Error;
use std::fs::{OpenOptions, remove_file};
use std::path::Path;

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

pub const BLUE: RGBColor = RGBColor(0, 114, 178);
pub const ORANGE: RGBColor = RGBColor(213, 94, 0);
const INK: RGBColor = RGBColor(50, 50, 50);

/// What drawing returns.
pub type Drawn<T = ()> = Result<T, Box<dyn Error>>;
pub type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
pub type Chart<'a, X, Y> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>;

/// Says so if the file can't be written, before a training and not only after it.
pub fn announce(file: &str) {
    let is_new = !Path::new(file).exists();
    match OpenOptions::new().append(true).create(true).open(file) {
        Err(error) => eprintln!("there will be no picture: {file}: {error}"),
        Ok(_) if is_new => drop(remove_file(file)),
        Ok(_) => {}
    }
}

/// Draws a picture of two panels, left and right.
pub fn picture(file: &str, draw: impl FnOnce(&Area, &Area) -> Drawn) -> Drawn {
    panels(file, (1200, 520), (1, 2), |panels| match panels {
        [left, right] => draw(left, right),
        _ => Ok(()),
    })
}

/// Draws a picture of a width and a height in pixels, with rows and columns of panels, row by row.
pub fn panels(file: &str, size: (u32, u32), split: (usize, usize), draw: impl FnOnce(&[Area]) -> Drawn) -> Drawn {
    let root = SVGBackend::new(file, size).into_drawing_area();
    root.fill(&WHITE)?;
    draw(&root.margin(10, 10, 10, 10).split_evenly(split))?;
    root.present().map_err(|error| format!("{file}: {error}"))?;
    println!("picture: {file} in the current directory");
    Ok(())
}

/// A panel's axes, with their labels and a title.
pub fn axes<'a, X, Y>(
    area: &Area<'a>,
    title: &str,
    (x_label, x): (&str, X),
    (y_label, y): (&str, Y),
) -> Drawn<Chart<'a, X::CoordDescType, Y::CoordDescType>>
where
    X: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
    Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20).into_font().color(&INK))
        .margin(10)
        .x_label_area_size(50)
        .y_label_area_size(70)
        .build_cartesian_2d(x, y)?;
    // Rounded, as ticks are computed in floating point.
    let tick = |value: &f64| ((value * 1e6).round() / 1e6).to_string();
    chart
        .configure_mesh()
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .x_desc(x_label)
        .y_desc(y_label)
        .x_labels(8)
        .y_labels(8)
        .axis_desc_style(("sans-serif", 17).into_font().color(&INK))
        .label_style(("sans-serif", 15).into_font().color(&INK))
        .axis_style(INK)
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .draw()?;
    Ok(chart)
}

/// The legend of all series that have a label.
pub fn legend<X, Y>(chart: &mut Chart<X, Y>, position: SeriesLabelPosition) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    chart
        .configure_series_labels()
        .position(position)
        .margin(12)
        .legend_area_size(30)
        .label_font(("sans-serif", 15).into_font().color(&INK))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

/// How the legend shows a line.
pub fn stroke(colour: RGBColor) -> impl Fn((i32, i32)) -> PathElement<(i32, i32)> {
    move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(2))
}
