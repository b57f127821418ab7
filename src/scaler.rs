//! Inputs scaled as they arrive: a [`Standardizer`] or a [`MinMax`] learns from raw samples, one after the other, what a network
//! needs to see numbers around 0.
//!
//! A [`Scaling`] has one inside and takes raw samples. By hand:
//!
//! ```
//! use downhill::scaler::{Scaler, Standardizer};
//!
//! let mut scaler = Standardizer::<2>::new(1000); // two features; forgets with 1/1000
//! # let mut last = [0.0; 2];
//! for x in [[20.1, 101_325.0], [20.3, 101_321.0], [19.9, 101_330.0]] {
//!     scaler.observe(&x);
//!     let z = scaler.scaled(&x);
//!     // trainer.step(&z, ..)
//! #   last = z;
//! }
//! # assert!(last[0] < -0.9 && last[1] > 0.9);
//! ```
//!
//! To deploy a network that no longer learns, [`Standardizer::fold`] moves the scaling into its first layer; [`Scaled`] is a network
//! and its scaler as one.

mod interface;
mod min_max;
mod scaled;
mod scaling;
mod standardizer;

pub use interface::Scaler;
pub(crate) use interface::acceptable;
pub use min_max::MinMax;
pub use scaled::Scaled;
pub use scaling::Scaling;
pub use standardizer::Standardizer;
pub(crate) use standardizer::follow;
