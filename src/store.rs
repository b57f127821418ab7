//! Store.
mod asynchronous;
mod blocking;
mod body;
mod error;
mod layout;
#[cfg(test)]
mod model;
mod pages;
mod plan;
mod policy;

pub use asynchronous::AsyncStore;
pub use blocking::Store;
pub use error::{Loaded, StoreError};
pub use policy::Policy;

/// Below this are all images: number and page.
const ALL: (u32, u32) = (u32::MAX, u32::MAX);
