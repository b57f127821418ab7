//! Losses that have no form in integers with the last activation.
use downhill::init::{Generator, He};
use downhill::integer::{Dense, Rate, Trainer};
use downhill::{BinaryCrossEntropy, Softmax, SquaredError};

type Net = (Dense<2, 3, Softmax>,);

fn main() {
    let mut init = He(Generator::new(1));
    Trainer::<Net, SquaredError>::new().start(Rate::power(5), &mut init);
    Trainer::<Net, BinaryCrossEntropy>::new().start(Rate::power(5), &mut init);
}
