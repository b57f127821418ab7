//! Quantised networks from `.safetensors` files, at run time.

use super::dense::{Clamp, Dense, Scales, factor};
use super::fixed::{Multiplier, Rounding};
use super::layer::Layer;
use super::network::Network;
use super::softmax::Softmax;
use super::table::Table;
use super::values::Quantization;
use crate::import::file::{Expected, File};
use crate::import::json::Sizes;
use crate::import::load::numbers;
use crate::import::{ImportError, Text};
use crate::tuples::tuples;
use crate::zero::Zero;

/// Sets a quantised network to that of a `.safetensors` file, which `downhill.convert_tflite` of the package for Python writes from
/// a `TFLite` file, for example.
///
/// Everything is checked before anything is written: names, sizes, number types, scales, factors, clamps, the version and, if the file
/// has it, the architecture. The network is written in place: there is no second one on the stack. The module has a
/// [table](super#from-a-tflite-file) of the tensors. [`import!`](crate::import!) does the same while compiling.
///
/// ```
/// use downhill::quantized::{Dense, Network, Softmax, load};
/// use downhill::{Predictor, Zero};
///
/// type Net = Network<(Dense<64, 32>, Dense<32, 10>, Softmax<10>)>;
/// let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/quantized/digits.safetensors"));
/// let mut network = Net::ZERO; // often a static
/// load(&mut network, file)?;
///
/// let y = Predictor::new(&network).predict(&[0.1; 64]);
/// assert!((y.iter().sum::<f32>() - 1.0).abs() < 0.05);
/// # Ok::<(), downhill::import::ImportError>(())
/// ```
///
/// # Errors
/// The first fault of the file; the network is as before.
pub fn load<L: Loadable>(network: &mut Network<L>, bytes: &[u8]) -> Result<(), ImportError> {
    let file = File::open(bytes)?;
    let x = quantization(&file, INPUT)?;
    let y = L::read(None, &file, Text::EMPTY, x)?;
    let mut tensors = file.tensors();
    while let Some(found) = tensors.next() {
        let mut known = !found.name.has_place();
        L::names(Text::EMPTY, &mut |name| known |= found.name.is(name.as_str()));
        if !known {
            return Err(ImportError::Unknown(found.name.text()));
        }
    }
    file.is_of(L::ARCHITECTURE.fingerprint())?;
    L::read(Some(&mut network.layers), &file, Text::EMPTY, x)?;
    (network.input, network.output) = (x, y);
    Ok(())
}

/// A quantised layer that [`load`] reads from a file: [`Dense`], [`Table`], [`Softmax`] and tuples of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a file",
    note = "the layers Dense, Table and Softmax of `downhill::quantized` can, and tuples of them"
)]
pub trait Loadable: Layer {
    /// Shows the names of the tensors.
    #[doc(hidden)]
    fn names(place: Text, visit: &mut dyn FnMut(Text));

    /// Checks the tensors at a place of a file, and writes the layer, if there is one, after that. Takes how inputs are quantised, and
    /// returns how outputs are. Whether there is an error does not depend on the layer.
    #[doc(hidden)]
    fn read(layer: Option<&mut Self>, file: &File, place: Text, x: Quantization) -> Result<Quantization, ImportError>;
}

/// What the names of the tensors begin with that say how inputs are quantised, and with the layer's place, how outputs are.
pub(super) const INPUT: Text = Text::EMPTY.and("input.");
pub(super) const OUTPUT: &str = "output.";

const fn data<'a>(file: &File<'a>, name: Text, shape: &[usize], number: &'static str) -> Result<&'a [u8], ImportError> {
    file.data(&Expected { name, shape: Sizes::of(shape), number })
}

/// A tensor of one `i8`.
const fn byte(file: &File, name: Text) -> Result<i8, ImportError> {
    match data(file, name, &[1], "i8") {
        Ok([byte, ..]) => Ok(byte.cast_signed()),
        Ok([]) => Ok(0),
        Err(error) => Err(error),
    }
}

/// How values are quantised, from two tensors.
pub(super) const fn quantization(file: &File, place: Text) -> Result<Quantization, ImportError> {
    let name = place.and("scale");
    let scale = match data(file, name, &[1], "f32") {
        Ok([a, b, c, d, ..]) => f32::from_le_bytes([*a, *b, *c, *d]),
        Ok(_) => 0.0,
        Err(error) => return Err(error),
    };
    let zero_point = match byte(file, place.and("zero_point")) {
        Ok(zero_point) => zero_point,
        Err(error) => return Err(error),
    };
    let found = Quantization::new(scale, zero_point);
    // What can't be represented was replaced.
    if found.scale().to_bits() == scale.to_bits() { Ok(found) } else { Err(ImportError::Scale(name)) }
}

pub(super) const fn clamp(file: &File, place: Text) -> Result<Clamp, ImportError> {
    let name = place.and("clamp");
    match byte(file, name) {
        Ok(number) => match Clamp::of_number(number) {
            Some(clamp) => Ok(clamp),
            None => Err(ImportError::Clamp(name)),
        },
        Err(error) => Err(error),
    }
}

/// What a layer multiplies its sums by, from a scale of its weights.
pub(super) const fn multiplier(
    place: Text,
    scale: f32,
    x: Quantization,
    y: Quantization,
) -> Result<Multiplier, ImportError> {
    const MOST: f64 = 1_073_741_824.0;
    let (name, factor) = (place.and("scale"), factor(x, scale, y));
    if scale <= 0.0 {
        Err(ImportError::Scale(name))
    } else if factor >= MOST {
        Err(ImportError::Multiplier(name))
    } else {
        Ok(Multiplier::new(factor))
    }
}

fn show(place: Text, names: &[&str], visit: &mut dyn FnMut(Text)) {
    for name in names {
        visit(place.and(name));
    }
}

impl<const I: usize, const O: usize, S: Scales, R: Rounding> Loadable for Dense<I, O, S, R> {
    fn names(place: Text, visit: &mut dyn FnMut(Text)) {
        show(place, &["weight", "bias", "scale", "clamp", "output.scale", "output.zero_point"], visit);
    }

    fn read(layer: Option<&mut Self>, file: &File, place: Text, x: Quantization) -> Result<Quantization, ImportError> {
        let count = <S::Array<i8, O>>::ZERO.as_ref().len();
        let weights = data(file, place.and("weight"), &[O, I], "i8")?;
        let biases = data(file, place.and("bias"), &[O], "i32")?;
        let scales = data(file, place.and("scale"), &[count], "f32")?;
        let y = quantization(file, place.and(OUTPUT))?;
        let clamp = clamp(file, place)?;
        let multipliers = || numbers(scales).map(|scale| multiplier(place, scale, x, y));
        multipliers().try_for_each(|multiplier| multiplier.map(|_| ()))?;
        if let Some(layer) = layer {
            layer.set(numbers(weights), numbers(biases), multipliers().flatten(), (x, y), clamp);
        }
        Ok(y)
    }
}

impl<const N: usize> Loadable for Table<N> {
    fn names(place: Text, visit: &mut dyn FnMut(Text)) {
        show(place, &["table", "output.scale", "output.zero_point"], visit);
    }

    fn read(layer: Option<&mut Self>, file: &File, place: Text, _: Quantization) -> Result<Quantization, ImportError> {
        let outputs = data(file, place.and("table"), &[256], "i8")?;
        let y = quantization(file, place.and(OUTPUT))?;
        if let Some(layer) = layer {
            let mut all = [0; 256];
            for (output, found) in all.iter_mut().zip(numbers(outputs)) {
                *output = found;
            }
            *layer = Self::of_outputs(all);
        }
        Ok(y)
    }
}

impl<const N: usize> Loadable for Softmax<N> {
    fn names(_: Text, _: &mut dyn FnMut(Text)) {}

    fn read(layer: Option<&mut Self>, _: &File, _: Text, x: Quantization) -> Result<Quantization, ImportError> {
        if let Some(layer) = layer {
            *layer = Self::new(x);
        }
        Ok(Quantization::UNIT)
    }
}

macro_rules! tuple {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] $down:tt $last:tt) => {
        impl<$A: Loadable, $($U: Loadable<Input = $L::Output>),*> Loadable for ($A, $($U,)*) {
            fn names(place: Text, visit: &mut dyn FnMut(Text)) {
                $A::names(place.number($a).and("."), visit);
                $($U::names(place.number($u).and("."), visit);)*
            }

            fn read(
                mut layers: Option<&mut Self>,
                file: &File,
                place: Text,
                x: Quantization,
            ) -> Result<Quantization, ImportError> {
                let x = $A::read(layers.as_deref_mut().map(|layers| &mut layers.$a), file, place.number($a).and("."), x)?;
                $(let x = $U::read(layers.as_deref_mut().map(|layers| &mut layers.$u), file, place.number($u).and("."), x)?;)*
                Ok(x)
            }
        }
    };
}
tuples!(tuple);
