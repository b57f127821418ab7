//! Three outputs do not feed four inputs.
use downhill::{Dense, Sgd, SquaredError, Trainer};

type Net = (Dense<2, 3>, Dense<4, 1>);

static TRAINER: Trainer<Net, SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
