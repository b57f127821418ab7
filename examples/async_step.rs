//! One task learns while another reads a sensor, as under embassy: `cargo run --release --example async_step`.
//!
//! Between two pieces of a step the executor gets its turn. Learning can also be given up: `select` drops it when the
//! other task ends.

#[macro_use]
#[path = "common/out.rs"]
mod out;

use core::cell::Cell;

use downhill::init::{Generator, Random, TruncatedNormal};
use downhill::pieces::Progress;
use downhill::{Dense, Sgd, SquaredError, StepError, Trainer, digest};
use embassy_futures::block_on;
use embassy_futures::join::join;
use embassy_futures::select::{Either, select};
use embassy_futures::yield_now;

type Model = Trainer<(Dense<16, 24>, Dense<24, 2>), SquaredError, Sgd>;
type Sample = ([f32; 16], [f32; 2]);

const MACS: usize = 300;

/// [`Trainer::step`], but others get their turn.
async fn step(trainer: &mut Model, (x, target): &Sample) -> Result<f32, StepError> {
    let mut step = trainer.step_in_pieces(x, target);
    loop {
        match step.run(MACS)? {
            Progress::More => yield_now().await,
            Progress::Done(loss) => return Ok(loss),
        }
    }
}

async fn learn(trainer: &mut Model, samples: &[Sample], steps: usize) -> Result<(), StepError> {
    for sample in samples.iter().cycle().take(steps) {
        step(trainer, sample).await?;
        yield_now().await;
    }
    Ok(())
}

/// Reads so many values of a sensor, one per turn.
async fn sense(readings: usize, seen: &Cell<usize>) {
    for _ in 0..readings {
        seen.set(seen.get() + 1);
        yield_now().await;
    }
}

fn started() -> Model {
    let mut trainer = Model::new();
    trainer.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));
    trainer
}

fn main() -> Result<(), StepError> {
    // Whether there is more in the first half of a signal, or in the second.
    let mut random = Generator::new(2);
    let samples: Vec<Sample> = (0..100)
        .map(|_| {
            let x: [f32; 16] = core::array::from_fn(|_| random.signed_unit());
            let first = x[..8].iter().sum::<f32>() > x[8..].iter().sum::<f32>();
            (x, if first { [0.9, 0.1] } else { [0.1, 0.9] })
        })
        .collect();

    // Both to their end.
    let mut trainer = started();
    let seen = Cell::new(0);
    let (result, ()) = block_on(join(learn(&mut trainer, &samples, 2000), sense(10_000, &seen)));
    result?;
    let mut alone = started();
    for (x, target) in samples.iter().cycle().take(2000) {
        alone.step(x, target)?;
    }
    println!("2000 steps while the sensor was read {} times", seen.get());
    println!("digest {:016x}, uninterrupted {:016x}", digest(&trainer.network), digest(&alone.network));
    assert_eq!(digest(&trainer.network), digest(&alone.network));

    // The sensor is ready after some turns, perhaps in the middle of a step: the step is dropped, and the weights are
    // old or new, but whole.
    let before = digest(&alone.network);
    alone.step(&samples[0].0, &samples[0].1)?;
    let after = digest(&alone.network);
    for turns in 0..9 {
        let mut trainer = started();
        for (x, target) in samples.iter().cycle().take(2000) {
            trainer.step(x, target)?;
        }
        let ended = block_on(select(sense(turns, &seen), step(&mut trainer, &samples[0])));
        let what = if matches!(ended, Either::First(())) { "dropped" } else { "done" };
        let now = digest(&trainer.network);
        assert!(now == before || now == after);
        println!(
            "after {turns} turns the step is {what}, and the weights are {}",
            if now == before { "old" } else { "new" }
        );
    }
    Ok(())
}
