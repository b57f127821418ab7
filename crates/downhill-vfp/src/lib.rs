//! The loops over the weights of a layer that the crate `downhill` learns with: in assembly on Cortex-M4F, Cortex-M7 and
//! Cortex-M33, in plain Rust elsewhere. Both give the same bits; only those of a NaN may differ.

#![no_std]

#[cfg(any(test, not(vfp)))]
mod plain;
#[cfg(vfp)]
mod vfp;

#[cfg(not(vfp))]
use plain as loops;
#[cfg(vfp)]
use vfp as loops;

/// The square root, rounded to nearest; NaN for negative numbers.
#[must_use]
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    loops::sqrt(x)
}
