//! One network computes in one number type.
use downhill::{Dense, Sigmoid, Sgd, SquaredError, Trainer};

type Net = (Dense<2, 3, Sigmoid>, Dense<3, 1, Sigmoid, Biased, f64>);

static TRAINER: Trainer<Net, SquaredError, Sgd> = Trainer::new();

fn main() {
    let _ = &TRAINER;
}
