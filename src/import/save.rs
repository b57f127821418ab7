//! Networks as `.safetensors` files.

use crate::import::error::ImportError;
use crate::import::file::VERSION;
use crate::import::load::name;
use crate::import::text::Text;
use crate::layer::Infer;
use crate::scalar::Scalar;
use crate::storable::Storable;

/// What a file holds besides the network.
#[derive(Clone, Copy, Debug)]
pub struct Extra<'a, T> {
    /// What the network is called, its type in Rust for example. Who refuses the file tells it.
    pub network: Option<&'a str>,
    /// Other tensors, each with its name and sizes: `standardizer.mean` for example.
    pub tensors: &'a [(&'a str, &'a [usize], &'a [T])],
}

impl<T> Extra<'_, T> {
    /// Nothing.
    pub const NONE: Self = Self { network: None, tensors: &[] };
}

/// Hands the bytes of a `.safetensors` file with this network to `write`, some at a time.
///
/// ```
/// use downhill::import::{Extra, load, save};
/// use downhill::{Dense, Zero};
///
/// type Net = (Dense<2, 3>, Dense<3, 1>);
/// let network: Net = (Dense::new([[0.1; 3]; 2], [0.2; 3]), Dense::new([[0.3]; 3], [0.4]));
/// let mut file = Vec::new();
/// save(&network, Extra { network: Some("(Dense<2, 3>, Dense<3, 1>)"), ..Extra::NONE }, &mut |bytes| file.extend(bytes))?;
///
/// let mut other = Net::ZERO;
/// load(&mut other, &file)?;
/// assert_eq!(other, network);
/// # Ok::<(), downhill::import::ImportError>(())
/// ```
///
/// # Errors
/// If a number is NaN or infinite, the sizes of an extra tensor do not fit its numbers, or a name is too long or taken. Nothing is
/// written then.
pub fn save<N: Infer>(network: &N, extra: Extra<N::Scalar>, write: &mut dyn FnMut(&[u8])) -> Result<(), ImportError> {
    let mut result = Ok(());
    let mut length = 0;
    header::<N>(network, extra, &mut |text| length += text.len());
    each(network, extra, &mut |tensor, shape, values| {
        let expected = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let fault = if tensor.is_full() {
            ImportError::LongName(tensor)
        } else if expected != Some(values.len()) {
            ImportError::of_count::<N::Scalar>(tensor, shape, values.len())
        } else if shape.len() > 4 {
            ImportError::Rank(tensor)
        } else if !values.iter().all(|value| value.is_finite()) {
            ImportError::NotFinite(tensor)
        } else {
            return;
        };
        result = result.and(Err(fault));
    });
    for (index, &(name, ..)) in extra.tensors.iter().enumerate() {
        let again = extra.tensors.iter().take(index).any(|&(other, ..)| other == name);
        // Of a tensor in a layer: `0.weight`.
        let has_place = name.split_once('.').is_some_and(|(place, _)| place.bytes().all(|byte| byte.is_ascii_digit()));
        if again || has_place || name.is_empty() || name == "__metadata__" || name.bytes().any(|byte| byte < b' ') {
            result = result.and(Err(ImportError::Name(Text::EMPTY.and(name))));
        }
    }
    result?;
    // Spaces, so that the numbers lie at a multiple of eight bytes.
    let spaces = length.wrapping_neg() % 8;
    write(&((length + spaces) as u64).to_le_bytes());
    header::<N>(network, extra, write);
    (0..spaces).for_each(|_| write(b" "));
    each(network, extra, &mut |_, _, values| values.iter().for_each(|value| value.store(&mut |bytes| write(bytes))));
    Ok(())
}

/// Shows all tensors.
#[allow(clippy::type_complexity)]
fn each<N: Infer>(network: &N, extra: Extra<N::Scalar>, visit: &mut dyn FnMut(Text, &[usize], &[N::Scalar])) {
    network.tensors(&mut |tensor| visit(name(&tensor.name), tensor.shape, tensor.data));
    for &(name, shape, values) in extra.tensors {
        visit(Text::EMPTY.and(name), shape, values);
    }
}

fn header<N: Infer>(network: &N, extra: Extra<N::Scalar>, write: &mut dyn FnMut(&[u8])) {
    let digits = Text::<16>::EMPTY.hexadecimal(N::ARCHITECTURE.fingerprint());
    write(b"{\"__metadata__\":{\"downhill\":");
    quoted(VERSION, write);
    write(b",\"architecture\":");
    quoted(digits.as_str(), write);
    if let Some(text) = extra.network {
        write(b",\"network\":");
        quoted(text, write);
    }
    write(b"}");
    let (size, mut start) = (size_of::<N::Scalar>(), 0);
    each(network, extra, &mut |name, shape, values| {
        write(b",");
        quoted(name.as_str(), write);
        write(if size == 4 { b":{\"dtype\":\"F32\",\"shape\":" } else { b":{\"dtype\":\"F64\",\"shape\":" });
        numbers(shape, write);
        write(b",\"data_offsets\":");
        let end = start + size * values.len();
        numbers(&[start, end], write);
        write(b"}");
        start = end;
    });
    write(b"}");
}

fn numbers(all: &[usize], write: &mut dyn FnMut(&[u8])) {
    write(b"[");
    for (index, &number) in all.iter().enumerate() {
        let comma = Text::<24>::EMPTY.and(if index > 0 { "," } else { "" });
        write(comma.number(number).as_bytes());
    }
    write(b"]");
}

/// A text as a string of JSON.
fn quoted(text: &str, write: &mut dyn FnMut(&[u8])) {
    write(b"\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => write(&[b'\\', byte]),
            0..b' ' => write(b"?"),
            _ => write(&[byte]),
        }
    }
    write(b"\"");
}
