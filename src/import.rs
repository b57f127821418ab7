//! Networks that were learnt elsewhere, from `.safetensors` files: while compiling, and at run time.
//!
//! A file holds the parameters of a tuple of layers by name: `0.weight` with the sizes `[inputs, outputs]`, `0.bias`, and so on; what
//! else it may hold stands in `docs/checkpoint.md` in the repository. The package for Python writes such files; other programs
//! can, too.
//!
//! # While compiling
//!
//! [`import!`](crate::import!) reads a file and makes the network a constant. Its numbers lie in flash once, as a `static`, and
//! predict there. The file is not part of the program, and no code of the import is:
//!
//! ```
//! use downhill::{Dense, Dropout, Frozen, Predictor, Ratio, Sgd, Softmax, SquaredError, Tanh, Trainer, import};
//!
//! type Net = (Dense<4, 3, Tanh>, Dropout<3, Ratio<1, 4>>, Dense<3, 2, Softmax>);
//! static NET: Net = import!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/import/right.safetensors"));
//! // A file beside the source file: `import!("right.safetensors")`. One tensor of it:
//! static MEAN: [f32; 4] =
//!     import!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/import/right.safetensors"), "standardizer.mean");
//!
//! let y = Predictor::new(&NET).predict(&[0.1, 0.2, 0.3, 0.4]);
//! # assert!((y[0] + y[1] - 1.0).abs() < 1e-6 && MEAN != [0.0; 4]);
//!
//! // All of it learns, in RAM.
//! let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
//! trainer.start_from(&NET, Sgd::new(0.1));
//! # assert_eq!(trainer.predict(&[0.1, 0.2, 0.3, 0.4]), y);
//!
//! // The last layer learns, in RAM; the first stays where it is.
//! type Last = (Frozen<&'static Dense<4, 3, Tanh>>, Dense<3, 2, Softmax>);
//! let mut trainer = Trainer::<Last, SquaredError, Sgd>::with_network((Frozen(&NET.0), NET.2), Sgd::new(0.1));
//! # assert_eq!(trainer.predict(&[0.1, 0.2, 0.3, 0.4]), y);
//! ```
//!
//! A file that does not fit is a build error, which names what does not: `tensor `0.weight`: the file has F32 [3, 4], the network
//! f32 [4, 3]`. Layers of your own implement [`Import`], in a few lines.
//!
//! A layer may have about 600,000 parameters, and a network two million. For larger ones the compiler says that it takes a long
//! time, unless the program allows it: `#![allow(long_running_const_eval)]`. 80,000 parameters take it 1 s, 300,000 take 2.5 s.
//!
//! # At run time
//!
//! Of networks in integers, [`quantized::load`](crate::quantized::load()) is the counterpart of [`load`].
//!
//! [`load`] sets the parameters of a network, [`save`] writes them, and [`replay`] predicts the reference inputs of a file, and
//! returns the largest difference to its reference outputs. They take and give bytes, so that they need no file system, and no
//! heap. A file is refused for the same reasons as while compiling, and the network is then as before. On a Cortex-M4F, `load`
//! takes 9 KB of code.

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
pub(crate) mod file;
pub(crate) mod json;
pub(crate) mod load;
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

/// Reads a network, or one tensor, from a `.safetensors` file while compiling.
///
/// `import!("net.safetensors")` is the network, and `import!("net.safetensors", "standardizer.mean")` an array. What is read is what
/// the place asks for, the type of a `static` for example. The path begins where the source file is, as that of
/// [`include_bytes!`], and may be `concat!(env!("CARGO_MANIFEST_DIR"), "/net.safetensors")`. If the file changes, the program is
/// compiled again. The [module](mod@crate::import) has an example.
///
/// What does not fit does not compile: a tensor that is missing, has other sizes or numbers of another type, or holds a NaN; one of
/// a layer that the network does not have; another architecture, as far as the file names its own; a newer version of the format;
/// a damaged file.
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
