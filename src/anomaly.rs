//! Anomaly detection: what a network cannot reconstruct is unlike what it has learnt.
//!
//! An autoencoder learns to give back its inputs through a layer that is narrower than they are. Its loss on a sample is the
//! reconstruction error, which is small for what it saw often, and large for what is new. An [`AnomalyDetector`] takes one sample
//! after the other, unlabelled, and learns both at once: the network, and from its faded errors the threshold above which it
//! raises an alarm.
//!
//! ```
//! use downhill::anomaly::{AnomalyDetector, State};
//! # use downhill::init::{Generator, Random, Xavier};
//! use downhill::{Dense, Identity, Sgd, SquaredError, Tanh, Trainer};
//!
//! type Autoencoder = (Dense<16, 3, Tanh>, Dense<3, 16, Identity>);
//! let mut trainer = Trainer::<Autoencoder, SquaredError, Sgd>::new();
//! # let mut generator = Generator::new(1);
//! # let mut window = |n: u32, fault: f32| -> [f32; 16] {
//! #     core::array::from_fn(|i| ((n as usize * 16 + i) as f32 * 0.21).sin() + 0.1 * generator.signed_unit() + if i == 7 { fault } else { 0.0 })
//! # };
//! # trainer.start(Sgd::new(0.01), &mut Xavier(Generator::new(1)));
//! let mut state = State::new();
//! let detector = AnomalyDetector { warm_up: 2000, tolerance: 1.5, ..AnomalyDetector::new() };
//! for n in 0..3000 {
//!     // A window of the signal, scaled so that its values are about 1.
//!     let verdict = detector.step(&mut trainer, &mut state, &window(n, 0.0))?;
//!     assert!(!verdict.alarm);
//! }
//! let verdict = detector.step(&mut trainer, &mut state, &window(3000, 4.0))?;
//! assert!(verdict.alarm && verdict.threshold.is_some_and(|threshold| verdict.score > threshold));
//! # Ok::<(), downhill::anomaly::AnomalyError>(())
//! ```
//!
//! # What is learnt from
//!
//! - **In a warm-up** there are no alarms. Its first half trains the network only, its second half makes the threshold besides:
//!   with the errors of a network that knows nothing yet it would be too high.
//! - **Afterwards** the network learns from samples that do not alarm. The threshold is the quantile of the last complete block of
//!   scores, so that it falls with the errors of a network that still gets better. Scores of alarms are part of it, for a quantile
//!   without the largest scores sinks from block to block; but they are counted only when it is known that they were few.
//! - **When alarms are many**, more than ten times as many as the quantile lets expect, nothing is learnt or counted, also not from
//!   samples between the alarms, until alarms are rare again. So an anomaly that persists is not learnt away.
//! - **After [`patience`](AnomalyDetector::patience)** samples of this, the anomaly is taken for a world that has changed, and a new
//!   warm-up begins, with the network as it is; [`State::restarts`] tells.
//!
//! Measured with the signal of `examples/anomaly.rs`, impulses of 1 that do not end, in % of windows (means of 5 seeds, blocks of
//! 2000 windows):
//!
//! | rule | false alarms | alarms, first 4000 windows of the fault | from then on |
//! |---|--:|--:|--:|
//! | learn from and count all samples | 1.2 | 36 | 1.1 |
//! | learn from no alarms, count all | 1.1 | 38 | 1.0 |
//! | neither learn from nor count alarms | 3.8 | 84 | 84 |
//! | as here | 1.1 | 78 | 78 |
//!
//! # Limits
//!
//! - Inputs are scaled before: by a factor, or by `scaler.scaled(&x)`. A [`Scaling`](crate::scaler::Scaling) learner is of no use here: it
//!   scales its inputs, and its targets stay raw.
//! - A single bad sample alarms several times, as the score fades; with a `fade` of 1 it alarms once.
//! - A fault that nobody attends to until patience ends becomes normal. A patience of 0 never ends; then a change of the world
//!   alarms until somebody begins with a new [`State`].
//! - A fault that is there from the start is normal. So is one that grows slowly, or alarms in less than about ten times the
//!   expected fraction of samples, 10 % at a quantile of 0.99: after the next block its scores belong to the threshold. (Impulses of
//!   0.5 alarm in 5 % of the windows, then in 1 %; those of 0.7 in 30 %, and that stays.)
//! - The detector cannot tell a fault of the machine from one of the network. At learning rates that are too high, errors jump by
//!   themselves; if that stops learning, the alarm stays until patience ends. Halve the rate where alarms come in long rows.
//!
mod detector;
mod error;
mod state;

pub use detector::{AnomalyDetector, Verdict};
pub use error::AnomalyError;
pub use state::State;
