//! Training in integers, for chips without floating point.
//!
//! On a Cortex-M0 or rv32imc a multiplication of `f32` is a function of software. Here all numbers are integers with a common exponent
//! (*block floating point*): a layer's weights are `i16` or `i8` with one exponent, activations and deltas are `i8` or `i16` with one per
//! vector, and sums have 32 bits.
//!
//! ```
//! use downhill::init::{Generator, He};
//! use downhill::integer::{Dense, Rate, Trainer};
//! use downhill::{CrossEntropy, Relu, Softmax};
//!
//! type Net = (Dense<2, 8, Relu>, Dense<8, 2, Softmax>);
//! let mut trainer = Trainer::<Net, CrossEntropy>::new(); // or a static, in .bss
//! trainer.start(Rate::power(4), &mut He(Generator::new(1))); // the rate 1/16
//! for _ in 0..500 {
//!     for (x, class) in [([0, 0], 0), ([0, 64], 1), ([64, 0], 1), ([64, 64], 0)] {
//!         let loss = trainer.step_integers(&x, 6, class)?; // inputs 0 and 64 / 2^6 = 1
//! #       let _ = loss;
//!     }
//! }
//! assert_eq!(trainer.class_of_integers(&[64, 0], 6), Some(1));
//!
//! // The same from numbers, which become integers by their bits:
//! let loss = trainer.step(&[1.0, 0.0], &[0.0, 1.0])?;
//! assert!(loss < 0.1 && trainer.predict(&[1.0, 0.0])[1] > 0.9);
//! # Ok::<(), downhill::StepError>(())
//! ```
//!
//! A [`Trainer`] is a [`Learner`](crate::Learner): a [`Fit`](crate::Fit) trains it, a [`Guard`](crate::guard::Guard) watches it, and what goes
//! around learners takes it. Its loss is `CrossEntropy` after `Softmax`, `BinaryCrossEntropy` after `Sigmoid`, or `SquaredError` after `Identity`,
//! `Relu`, `Tanh` and `Sigmoid`; other pairs do not compile. It is [`Storable`](crate::Storable), and no [`Checkpoint`](crate::Checkpoint) itself, nor is a
//! `Guard` around it: their images are those of a [`Value`](crate::checkpoint::Value).
//!
//! ```
//! use downhill::checkpoint::{Checkpoint, Value};
//! # use downhill::integer::{Dense, Trainer};
//! # use downhill::{CrossEntropy, Softmax};
//! # type Learning = Trainer<(Dense<2, 2, Softmax>,), CrossEntropy>;
//! # let mut trainer = Learning::new();
//!
//! let mut image = [0; Value::<Learning>::IMAGE];
//! Value(&mut trainer).save(&mut image)?;
//! Value(&mut trainer).restore(&image)?; // goes on with the same bits
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a step does
//!
//! 1. Inputs become mantissas of [`INPUT_BITS`](Trainer::INPUT_BITS) with the exponent that the largest needs, and at most that of 1: so
//!    scale inputs to a common range.
//! 2. Weighted sums are exact. `Relu` and `Identity` round them to 7 bits, with the exponent of the largest of the vector; `Sigmoid` and
//!    `Tanh` come from a table between whose entries is interpolated, with an error below 3.4e-4 and 6.8e-4 and a fixed exponent, and where a
//!    layer follows, are rounded to its bits, a sigmoid to one unit at least; `Softmax` has 15 bits, and an error below 2e-4 and another
//!    2^-15 for each output, as what is below 2^-15 of the largest counts as 0: 5e-4 of 10 outputs, 0.003 of 100.
//! 3. Errors become deltas as sums become activations, with an exponent for each vector, so that small gradients are not lost.
//! 4. A weight changes by delta times input times [rate](Rate), which are shifted to the exponent of the weights and [rounded](Rounding):
//!    to the [`Nearest`], or [`Stochastic`] where weights have 8 bits. When one leaves the range, all weights of the layer are halved
//!    and its exponent is one less. Biases have 8 bits more.
//!
//! # No sum overflows
//!
//! Each is proven by an assertion that is evaluated when the network is compiled ([`Dense::LIMIT`]). Let `m(n) = 2^b - 1` be the largest magnitude of
//! an activation or a delta in a vector of `n`, where `b` is 7 for `i8`; for `i16` it is 16 less the bits of `n`, but 7 at least.
//! Let `w` be the largest weight, `2^15 - 1` or `2^7 - 1`, or as much less as the layer is wider than 515 inputs or 516 outputs.
//!
//! | sum | at most |
//! |---|---|
//! | weighted sum of `I` inputs and a bias | `w (I m(I) + 2^b) < 2^31`, as inputs have an exponent of `b` at most, with which a bias counts as a weight of an input `2^b` |
//! | error of an input, from `O` deltas | `w O m(O) < 2^31` |
//! | delta times rate | `m(O) 2^8`, which is shifted to 15 bits |
//! | this times input, and what rounds it | `2^15 2^15 + 2^30 - 1 < 2^31` |
//! | weight less change | `w`: before a step, a layer is halved until the largest change fits; where it may not be halved any more, changes are limited to `2 w`, and weights to `w` |
//! | bias less change | `3 w 2^8 < 2^25` |
//! | output less target | `2 2^29 = 2^30` |
//! | error or difference times slope | `2^14 2^14` or `2^15 2^15` |
//! | exponentials of `Softmax` | `O 2^15 < 2^32` for up to 131,071 outputs, else it saturates |
//! | losses | saturate |
//!
//! Exponents are `i32`, change by 40 at most from vector to vector, and start from those of `f32`. Weights, biases and exponents that are
//! read from an image are cut to these ranges: what a layer has stored is within them, and keeps every bit.
//!
//! # Settings
//!
//! One setting did for all sets that were tried: weights of 16 bits, activations and deltas of 8, [`Nearest`], `He` weights, `Relu` and
//! `Softmax`, the rate 1/32, inputs standardised or from 0 to 1. [`docs/integer.md`](https://docs.rs/crate/downhill/latest/source/docs/integer.md)
//! has accuracies beside `f32`, bytes and instructions.
//!
//! Weights of 8 bits halve the memory. They classify well with [`Stochastic`] rounding. They do not
//! - rounded to the nearest: most updates are below half a unit, and are lost;
//! - at high rates, from 1/16 on in small networks;
//! - where outputs should be exact, as in a regression.
//!
//! # What differs from `f32`
//!
//! - Updates below half a unit of a weight are lost when rounded to the nearest. With 16 bits and weights below 1, a unit is 2^-15.
//! - There is no batch and no optimiser but gradient descent. Momentum would take 2 bytes a weight or more.
//! - A mean of weights over many steps would stand still, as its changes are below half a unit: [`Averaged`](crate::averaged::Averaged)
//!   takes no network of integers.
//! - A sample is never refused because its gradient is too large: changes saturate.
//! - The exponent of a layer never rises again: a sample whose error is a thousand times that of others takes five of the bits of all
//!   weights for good. Cut such targets, or let a [`Guard`](crate::guard::Guard) go back. A learning rate that is too high does the same; no
//!   step is refused then, and only `start` or an older image helps.
//! - With `SquaredError`, targets of `Sigmoid` and `Tanh` count as 2^14 at most.

mod dense;
mod fixed;
mod function;
mod kernel;
mod layers;
mod learner;
mod network;
mod objective;
mod rate;
mod rounding;
mod trainer;
mod whole;
mod words;

pub use dense::Dense;
pub use function::{ByElement, Function};
pub use layers::{Layer, Layers};
pub use network::Network;
pub use objective::{Cost, Objective};
pub use rate::Rate;
pub use rounding::{Nearest, Rounding, Stochastic};
pub use trainer::Trainer;
pub use whole::Whole;
