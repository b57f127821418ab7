//! Networks that were learnt elsewhere: `.safetensors` files.

/// `?` in constant functions.
macro_rules! ok {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

pub(crate) mod constant;
mod error;
mod file;
mod json;
mod load;
mod save;
mod text;

pub use constant::{Bias, File, Import, In, Named, Of, Source, Tensors, Weight};
pub use error::{ImportError, Sizes, Text};
pub use load::{load, load_tensor, replay};
pub use save::{Extra, save};

use crate::import::constant::accepted;
use crate::layer::Infer;

/// The network in the file, all of whose faults are panics while compiling.
#[doc(hidden)]
#[track_caller]
pub const fn network<S: Source, N: Import<S> + Infer>() -> N {
    accepted(N::TENSORS.check(&S::FILE));
    let mut tensors = S::FILE.tensors();
    while let Some(tensor) = tensors.next() {
        if tensor.name.has_place() && !N::TENSORS.has(tensor.name) {
            accepted::<()>(Err(ImportError::Unknown(tensor.name.text())));
        }
    }
    accepted(S::FILE.is_of(N::ARCHITECTURE.fingerprint()));
    value::<S, N>()
}

/// A tensor.
#[doc(hidden)]
#[track_caller]
pub const fn tensor<S: Source, A: Import<S>>() -> A {
    accepted(A::TENSORS.check(&S::FILE));
    value::<S, A>()
}

/// In a function of its own, because the constants of a function are evaluated before it begins, and faults would be reported
/// there.
const fn value<S: Source, V: Import<S>>() -> V {
    V::VALUE
}

impl<'a> File<'a> {
    /// A file, whose faults are panics.
    #[doc(hidden)]
    #[track_caller]
    pub const fn of(bytes: &'a [u8]) -> Self {
        accepted(Self::open(bytes))
    }
}

impl Text {
    /// A text.
    #[doc(hidden)]
    pub const fn new(text: &str) -> Self {
        Self::EMPTY.and(text)
    }
}

/// Reads a network, or a tensor, from a `.safetensors` file while compiling.
#[macro_export]
macro_rules! import {
    ($path:expr $(,)?) => {
        $crate::import!(@from $path, "", network)
    };
    ($path:expr, $tensor:expr $(,)?) => {
        $crate::import!(@from $path, $tensor, tensor)
    };
    (@from $path:expr, $place:expr, $what:ident) => {{
        struct Exchange;
        impl $crate::import::Source for Exchange {
            const FILE: $crate::import::File<'static> = $crate::import::File::of(::core::include_bytes!($path));
            const PLACE: $crate::import::Text = $crate::import::Text::new($place);
        }
        const { $crate::import::$what::<Exchange, _>() }
    }};
}
