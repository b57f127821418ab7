//! What a network can change, as bytes: the parameters that learn, in the order of the tensors, then the settings of the layers.

use crate::layer::{Infer, Layer};
use crate::scalar::Scalar;
use crate::slots::Slots;
use crate::storable::{Storable, layout};
use crate::tensor::Name;

/// What a [`Learner`](crate::Learner) predicts with, as bytes: its parameters that learn, the settings of layers, and the scalers. Every
/// [`Layer`] is one.
pub trait Learnt: Infer {
    /// The number of bytes.
    const BYTES: usize;

    /// What they mean, as [`Storable::LAYOUT`]: those of parameters, and of all else.
    const LAYOUTS: [u64; 2];

    /// Hands the bytes to `write`, as [`Storable::store`] does.
    fn store_learnt(&self, write: &mut impl FnMut(&[u8]));

    /// Takes the bytes from `read`, as [`Storable::load`] does.
    fn load_learnt(&mut self, read: &mut impl FnMut(&mut [u8]));
}

impl<N: Layer> Learnt for N {
    const BYTES: usize = parameters::<N>() + N::SETTINGS;
    const LAYOUTS: [u64; 2] = [meaning::<N>(), N::SETTINGS_LAYOUT];

    fn store_learnt(&self, write: &mut impl FnMut(&[u8])) {
        store_parameters(self, write);
        self.store_settings(write);
    }

    fn load_learnt(&mut self, read: &mut impl FnMut(&mut [u8])) {
        load_parameters(self, read);
        self.load_settings(read);
    }
}

/// The number of parameters that learn.
pub(crate) const fn count<N: Layer>() -> usize {
    <N::Slots<()> as Slots<()>>::COUNT
}

/// The number of bytes of the parameters that learn.
pub(crate) const fn parameters<N: Layer>() -> usize {
    count::<N>() * N::Scalar::SIZE
}

/// What the bytes of the parameters mean.
pub(crate) const fn meaning<N: Layer>() -> u64 {
    layout("parameters", &[N::ARCHITECTURE.fingerprint(), N::LEARNT.fingerprint()])
}

pub(crate) fn store_parameters<N: Layer>(network: &N, write: &mut dyn FnMut(&[u8])) {
    each(network, &mut |_, _, numbers| store_numbers(numbers, write));
}

/// Shows every tensor that learns: its name, its shape and its numbers.
#[inline(never)]
#[allow(clippy::type_complexity)]
pub(crate) fn each<N: Layer>(network: &N, visit: &mut dyn FnMut(Name, &[usize], &[N::Scalar])) {
    network.tensors(&mut |tensor| {
        if tensor.learns && !tensor.data.is_empty() {
            visit(tensor.name, tensor.shape, tensor.data);
        }
    });
}

/// Whether all parameters that learn are finite.
pub(crate) fn is_finite<N: Layer>(network: &N) -> bool {
    let mut finite = true;
    each(network, &mut |_, _, numbers| finite &= numbers.iter().all(|number| number.is_finite()));
    finite
}

/// Copies the parameters that learn, and the settings, from place to place: a whole network would go over the stack where nothing is
/// optimised.
pub(crate) fn copy<N: Layer>(from: &N, to: &mut N) {
    both(from, to, &mut |from, to| to.iter_mut().zip(from).for_each(|(to, from)| *to = *from));
}

/// Moves the parameters of `to` that learn towards those of `from`: `to += rate (from - to)`, or `from` if that is not finite.
/// The settings are copied.
pub(crate) fn blend<N: Layer>(from: &N, to: &mut N, rate: N::Scalar) {
    both(from, to, &mut |from, to| blend_numbers(from, to, rate));
}

/// Shows the tensors of two networks that learn, pair by pair, and copies the settings.
#[allow(clippy::type_complexity)]
fn both<N: Layer>(from: &N, to: &mut N, visit: &mut dyn FnMut(&[N::Scalar], &mut [N::Scalar])) {
    let mut index = 0;
    to.tensors_mut(&mut |tensor| {
        if !tensor.learns || tensor.data.is_empty() {
            return;
        }
        let mut other = 0;
        each(from, &mut |_, _, numbers| {
            if other == index {
                visit(numbers, tensor.data);
            }
            other += 1;
        });
        index += 1;
    });
    let mut done = 0;
    to.load_settings(&mut |wanted| {
        let mut start = 0;
        from.store_settings(&mut |part| {
            if start == done {
                wanted.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
            }
            start += part.len();
        });
        done += wanted.len();
    });
}

#[inline(never)]
fn blend_numbers<T: Scalar>(from: &[T], to: &mut [T], rate: T) {
    for (to, &from) in to.iter_mut().zip(from) {
        let blended = *to + rate * (from - *to);
        *to = if blended.is_finite() { blended } else { from };
    }
}

pub(crate) fn load_parameters<N: Layer>(network: &mut N, read: &mut dyn FnMut(&mut [u8])) {
    network.tensors_mut(&mut |tensor| {
        if tensor.learns {
            load_numbers(tensor.data, read);
        }
    });
}

// One for all tensors, and so is `each` for all visits: inlined, they would be a third of the code of a checkpoint.
#[inline(never)]
fn store_numbers<T: Storable>(numbers: &[T], mut write: &mut dyn FnMut(&[u8])) {
    for number in numbers {
        number.store(&mut write);
    }
}

#[inline(never)]
fn load_numbers<T: Storable>(numbers: &mut [T], mut read: &mut dyn FnMut(&mut [u8])) {
    for number in numbers {
        number.load(&mut read);
    }
}
