//! What is read from a file at run time.

use core::iter;

use crate::import::error::ImportError;
use crate::import::file::{Expected, File};
use crate::import::json::Sizes;
use crate::import::text::Text;
use crate::layer::{Infer, Layer, Tensor};
use crate::predictor::Predictor;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::storable::Storable;
use crate::tensor::{Name, Part};
use crate::zero::Zero;

/// Sets the parameters of a network to those of a `.safetensors` file.
///
/// Everything is checked before anything is written: names, sizes, number types, that all numbers are finite, the version and,
/// if the file has them, the architecture and the numbers of frozen layers, which can't be written. A training goes on from there
/// with what its optimiser has kept; [`Trainer::start_from`](crate::Trainer::start_from) begins anew.
///
/// # Errors
/// The first fault of the file; the network is as before.
pub fn load<N: Layer>(network: &mut N, bytes: &[u8]) -> Result<(), ImportError> {
    let file = File::open(bytes)?;
    check(network, &file)?;
    file.is_of(N::ARCHITECTURE.fingerprint())?;
    network.tensors_mut(&mut |tensor| {
        let expected = expected::<N::Scalar, _>(&tensor);
        if let Ok(bytes) = file.data(&expected) {
            fill(tensor.data, bytes);
        }
    });
    Ok(())
}

fn check<N: Layer>(network: &mut N, file: &File) -> Result<(), ImportError> {
    let mut result = Ok(());
    // A tensor that does not learn may still be one that can be written: then it is among those of `tensors_mut`.
    let (mut differ, mut first) = (0_usize, None);
    network.tensors(&mut |tensor| {
        let expected = expected::<N::Scalar, _>(&tensor);
        match file.data(&expected) {
            Ok(bytes) if tensor.learns || same(tensor.data, bytes) => {}
            Ok(_) => (differ, first) = (differ + 1, first.or(Some(expected.name))),
            Err(ImportError::Missing { .. }) if !tensor.learns => {}
            Err(error) => result = result.and(Err(error)),
        }
    });
    network.tensors_mut(&mut |tensor| match file.data(&expected::<N::Scalar, _>(&tensor)) {
        Ok(bytes) if tensor.learns || same(tensor.data, bytes) => {}
        Ok(_) => differ = differ.saturating_sub(1),
        Err(error) => result = result.and(Err(error)),
    });
    result?;
    if let (1.., Some(name)) = (differ, first) {
        return Err(ImportError::Frozen(name));
    }
    let mut tensors = file.tensors();
    while let Some(found) = tensors.next() {
        let mut known = !found.name.has_place();
        network.tensors(&mut |tensor| known |= found.name.is(name(&tensor.name).as_str()));
        if !known {
            return Err(ImportError::Unknown(found.name.text()));
        }
    }
    Ok(())
}

/// Reads a tensor of this name and shape from a `.safetensors` file, for example `standardizer.mean`.
///
/// # Errors
/// If there are not as many values as the shape has, if the file has no such tensor, or another fault. Nothing is written then.
pub fn load_tensor<T: Scalar>(values: &mut [T], name: &str, shape: &[usize], bytes: &[u8]) -> Result<(), ImportError> {
    let expected = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    if expected != Some(values.len()) {
        return Err(ImportError::of_count::<T>(Text::EMPTY.and(name), shape, values.len()));
    }
    fill(values, tensor::<T>(&File::open(bytes)?, name, shape)?);
    Ok(())
}

/// Predicts the reference inputs of a `.safetensors` file, and returns the largest difference to its reference outputs. If
/// the file has a standardizer, inputs pass it before the network.
///
/// # Errors
/// If the file has no reference, is not of this network, or has another fault; if the network refuses an input.
pub fn replay<N: Infer, L>(predictor: &mut Predictor<N, L>, bytes: &[u8]) -> Result<N::Scalar, ImportError> {
    let (inputs, outputs, size) = (N::Input::LENGTH, N::Output::LENGTH, size_of::<N::Scalar>());
    let file = File::open(bytes)?;
    file.is_of(N::ARCHITECTURE.fingerprint())?;
    let reference = file.find(&Text::EMPTY.and("reference.inputs"))?.ok_or(ImportError::NoReference)?;
    let [samples @ 1..=u32::MAX, ..] = reference.shape.sizes else { return Err(ImportError::NoReference) };
    let samples = samples as usize;
    let xs = tensor::<N::Scalar>(&file, "reference.inputs", &[samples, inputs])?;
    let ys = tensor::<N::Scalar>(&file, "reference.outputs", &[samples, outputs])?;
    let mean = tensor::<N::Scalar>(&file, "standardizer.mean", &[inputs]);
    let scale = tensor::<N::Scalar>(&file, "standardizer.scale", &[inputs]);
    let standardizer = match (mean, scale) {
        (Err(ImportError::Missing { .. }), Err(ImportError::Missing { .. })) => None,
        (mean, scale) => Some((mean?, scale?)),
    };
    let mut largest = N::Scalar::ZERO;
    for (from, to) in parts(xs, inputs * size).zip(parts(ys, outputs * size)) {
        let (mut x, mut expected) = (N::Input::ZERO, N::Output::ZERO);
        fill(x.flat_mut(), from);
        fill(expected.flat_mut(), to);
        if let Some((mean, scale)) = standardizer {
            for ((x, mean), scale) in x.flat_mut().iter_mut().zip(numbers(mean)).zip(numbers(scale)) {
                *x = (*x - mean) / scale;
            }
        }
        let y = predictor.try_predict(&x).map_err(ImportError::Reference)?;
        for (&y, &expected) in y.flat().iter().zip(expected.flat()) {
            largest = largest.larger(y - expected);
        }
    }
    Ok(largest)
}

fn tensor<'a, T: Scalar>(file: &File<'a>, name: &str, shape: &[usize]) -> Result<&'a [u8], ImportError> {
    file.data(&Expected { name: Text::EMPTY.and(name), shape: Sizes::of(shape), number: T::NAME })
}

fn expected<T: Scalar, D>(tensor: &Tensor<D>) -> Expected {
    Expected { name: name(&tensor.name), shape: Sizes::of(tensor.shape), number: T::NAME }
}

/// A name as a text.
pub(crate) fn name(name: &Name) -> Text {
    let (mut text, mut name) = (Text::EMPTY, *name);
    loop {
        match name.0 {
            Part::Own(own) => return text.and(own),
            Part::In(index, inner) => (text, name) = (text.number(index).and("."), *inner),
        }
    }
}

/// Parts of this many bytes. Unlike those of `chunks_exact`, they are not counted, by a division that could be by zero.
fn parts(mut bytes: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    iter::from_fn(move || {
        let part;
        (part, bytes) = bytes.split_at_checked(size)?;
        Some(part)
    })
}

/// The numbers of some bytes, lowest byte first.
pub(crate) fn numbers<T: Storable + Zero>(bytes: &[u8]) -> impl Iterator<Item = T> {
    parts(bytes, size_of::<T>()).map(|bytes| {
        let mut number = T::ZERO;
        number.load(&mut |part| part.iter_mut().zip(bytes).for_each(|(to, &from)| *to = from));
        number
    })
}

fn fill<T: Scalar>(values: &mut [T], bytes: &[u8]) {
    for (value, number) in values.iter_mut().zip(numbers(bytes)) {
        *value = number;
    }
}

/// Whether they are the same, bit by bit.
fn same<T: Scalar>(values: &[T], bytes: &[u8]) -> bool {
    values.iter().zip(numbers::<T>(bytes)).all(|(value, number)| value.bits() == number.bits())
}
