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
//!     let verdict = detector.observe(&mut trainer, &mut state, &window(n, 0.0))?;
//!     assert!(!verdict.alarm);
//! }
//! let verdict = detector.observe(&mut trainer, &mut state, &window(3000, 4.0))?;
//! assert!(verdict.alarm && verdict.threshold.is_some_and(|threshold| verdict.score > threshold));
//! # Ok::<(), downhill::anomaly::AnomalyError>(())
//! ```
//!
//! # What is learnt from
//!
//! - **Warm-up**: no alarms. Its first half trains the network only, its second half makes the threshold besides: errors of a
//!   network that knows nothing yet would make it too high.
//! - **Afterwards** the network learns from samples without an alarm. Scores of alarms still count for the threshold, because
//!   without the largest of its scores, a quantile would sink for ever. But they wait until it is known that they were few.
//! - **Many alarms**, above some times as many as the quantile lets expect, stop it all: nothing is learnt or counted, also not
//!   from samples between the alarms, until alarms are rare again. So an anomaly that persists is not learnt away.
//! - **After [`patience`](AnomalyDetector::patience)** samples of this, what was an anomaly is taken for a world that has changed:
//!   a new warm-up begins. This is the limit: a fault that nobody attends to for so long becomes normal. [`State::warm_ups`]
//!   tells; a patience of 0 never takes anything for normal, and stays with its alarm.
//!
//! A fault that is there from the start is normal to it. So is one that grows so slowly that it hardly ever alarms.

mod detector;
mod error;
mod state;

pub use detector::{AnomalyDetector, Verdict};
pub use error::AnomalyError;
pub use state::State;
