//! Exclusive or, the smallest task that needs a hidden layer: `cargo run --example xor`.

#[macro_use]
#[path = "common/out.rs"]
mod out;

use downhill::init::{Generator, TruncatedNormal};
use downhill::{Dense, Sgd, SquaredError, StepError, Trainer};

/// Two inputs, three hidden nodes, one output; sigmoid unless said otherwise.
type Net = (Dense<2, 3>, Dense<3, 1>);

fn main() -> Result<(), StepError> {
    let samples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];

    let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
    trainer.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));

    for epoch in 0..=5000 {
        let mut loss = 0.0;
        for (x, target) in &samples {
            loss += trainer.step(x, target)?;
        }
        if epoch % 500 == 0 {
            println!("epoch {epoch:4}   loss {loss:.4}");
        }
    }

    println!();
    for (x, [target]) in &samples {
        let [y] = trainer.predict(x);
        println!("{} xor {}   predicted {y:.3}   target {target}", x[0], x[1]);
    }
    Ok(())
}
