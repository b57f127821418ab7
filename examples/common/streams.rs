//! The learners of `stream`, on the host and on the chips: one setting for all streams.

use downhill::averaged::Averaged;
use downhill::committee::Committee;
use downhill::init::{Generator, Xavier};
use downhill::replay::{Buffer, Class, Codes, Fifo, Rehearsal};
use downhill::scaler::{Scaling, Standardizer};
use downhill::{CrossEntropy, Dense, Sgd, Softmax, Tanh, Trainer};

/// A network with `I` inputs, `H` hidden neurons and `C` classes that predicts by its averaged weights.
pub type Averaging<const I: usize, const H: usize, const C: usize> =
    Averaged<Trainer<(Dense<I, H, Tanh>, Dense<H, C, Softmax>), CrossEntropy, Sgd>>;

/// The last `N` samples, raw, a byte for each input.
pub type Last<const I: usize, const N: usize> = Buffer<Codes<[f32; I], 8, I, I>, Class, Fifo, N>;

/// `K` networks that take raw samples and rehearse the last `N` of them.
pub type Field<const I: usize, const H: usize, const C: usize, const K: usize, const N: usize> =
    Rehearsal<Scaling<Committee<Averaging<I, H, C>, K>, Standardizer<I>>, Last<I, N>>;

/// Five networks of 10 hidden neurons, the last 480 samples, five of which are replayed with each that arrives.
pub type Many<const I: usize, const C: usize> = Field<I, 10, C, 5, 480>;

/// One network of 32 hidden neurons, the last 256 samples, four of which are replayed.
pub type One<const I: usize, const C: usize> = Field<I, 32, C, 1, 256>;

/// Starts a learner of a stream from new weights.
pub fn start<const I: usize, const H: usize, const C: usize, const K: usize, const N: usize>(
    learner: &mut Field<I, H, C, K, N>,
    seed: u32,
) {
    learner.replays = if K == 1 { 4 } else { 5 };
    learner.learner.scaler = Standardizer::new(1000);
    let mut init = Xavier(Generator::new(seed));
    for member in &mut learner.learner.learner.members {
        member.learner.start(Sgd::new(0.1), &mut init);
        member.set_memory(350);
    }
}
