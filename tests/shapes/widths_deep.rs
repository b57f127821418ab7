//! The error names the two widths that do not fit, wherever they are.
use downhill::{Dense, Sgd, SquaredError, Trainer};

type Net = (Dense<5, 5>, Dense<5, 5>, Dense<5, 6>, Dense<7, 5>, Dense<5, 5>);

static TRAINER: Trainer<Net, SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
