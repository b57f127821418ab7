//! What is fuzzed: each target takes any bytes, and panics where a promise is broken. `tests/fuzz.rs` runs the bytes in `corpus`,
//! and the package in `fuzz` looks for others.

mod edits;
mod import;
mod load;
mod store;

pub use import::import;
pub use load::load;
pub use store::store;
