//! The loops in assembly.

mod root;

pub(crate) use root::sqrt;
