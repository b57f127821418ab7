//! What the device learns, without the chip: the firmware and the tests on your computer run this same code.

#![cfg_attr(not(test), no_std)]

pub mod samples;

use downhill::init::{Generator, TruncatedNormal};
use downhill::pieces::Progress;
use downhill::{Dense, Sgd, SquaredError, StepError, Trainer, encode};

/// Four inputs, seven hidden neurons, three outputs: one for each species.
pub type Learner = Trainer<(Dense<4, 7>, Dense<7, 3>), SquaredError, Sgd>;

/// The RAM that learning may take besides the stack. A larger network does not compile.
const _: () = assert!(Learner::BYTES <= 512);

/// How often the device learns from all samples.
pub const ROUNDS: u32 = 100;

/// How much work is done between two feedings of the watchdog, in multiplications. A Cortex-M0, whose floating point is
/// software, takes about 230 instructions for one, so some 70,000 for 300.
const PIECE: usize = 300;

/// Draws the weights. The same seed gives the same weights on every chip.
pub fn start(learner: &mut Learner) {
    learner.start(Sgd::new(1.0), &mut TruncatedNormal(Generator::new(2)));
}

/// Learns from one flower, and returns its loss. Calls `feed` after each piece of work.
///
/// # Errors
/// If the sample is refused, for example because a sensor gave NaN. The weights are then what they were before.
pub fn learn(
    learner: &mut Learner,
    centimetres: &[f32; 4],
    species: usize,
    mut feed: impl FnMut(),
) -> Result<f32, StepError> {
    let (x, target) = (inputs(centimetres), encode::one_hot(species).ok_or(StepError::Target)?);
    let mut step = learner.step_in_pieces(&x, &target);
    loop {
        let progress = step.run(PIECE)?;
        feed();
        if let Progress::Done(loss) = progress {
            return Ok(loss);
        }
    }
}

/// The species of a flower. `None` if an input is NaN.
pub fn predict(learner: &mut Learner, centimetres: &[f32; 4]) -> Option<usize> {
    encode::class(&learner.predict(&inputs(centimetres)))
}

/// From 0 to 1: inputs of about this size are learnt best.
fn inputs(centimetres: &[f32; 4]) -> [f32; 4] {
    centimetres.map(|length| encode::scaled(length, 8.0))
}

#[cfg(test)]
mod tests {
    use downhill::digest;

    use super::*;

    /// Of the network that has learnt, here and on every chip. It changes with the data, the network and the seed.
    const DIGEST: u64 = 0xa1a8_2d34_d0f5_888c;

    /// What the firmware does, up to the digest that it logs.
    #[test]
    fn learns_as_the_chip_does() {
        let mut learner = Learner::new();
        start(&mut learner);
        let mut fed = 0;
        for _ in 0..ROUNDS {
            for (centimetres, species) in &samples::TRAIN {
                learn(&mut learner, centimetres, *species, || fed += 1).expect("a good sample");
            }
        }
        assert_eq!(fed, 3 * 30 * ROUNDS, "three pieces for each step");
        let known = samples::TEST.iter().filter(|(x, species)| predict(&mut learner, x) == Some(*species)).count();
        assert!(known >= 14, "knows {known} of {}", samples::TEST.len());

        let digest = digest(&learner.network);
        println!("digest {digest:016x}");
        assert!(digest == DIGEST, "expected {DIGEST:016x}, got {digest:016x}");
    }

    #[test]
    fn bad_samples_change_nothing() {
        let mut learner = Learner::new();
        start(&mut learner);
        let before = digest(&learner.network);
        assert_eq!(learn(&mut learner, &[f32::NAN, 3.0, 5.0, 2.0], 1, || {}), Err(StepError::Input));
        assert_eq!(learn(&mut learner, &[6.0, 3.0, 5.0, 2.0], 3, || {}), Err(StepError::Target));
        assert_eq!(digest(&learner.network), before);
    }
}
