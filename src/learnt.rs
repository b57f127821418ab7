//! What a network can change, as bytes: the parameters that learn, in the order of the tensors, then the settings of the layers.

use crate::layer::Layer;
use crate::slots::Slots;
use crate::storable::Storable;

/// The number of bytes.
pub(crate) const fn size<N: Layer>() -> usize {
    <N::Slots<()> as Slots<()>>::COUNT * N::Scalar::SIZE + N::SETTINGS
}

pub(crate) fn store<N: Layer>(network: &N, write: &mut impl FnMut(&[u8])) {
    network.tensors(&mut |tensor| {
        if tensor.learns {
            tensor.data.iter().for_each(|parameter| parameter.store(write));
        }
    });
    network.store_settings(write);
}

pub(crate) fn load<N: Layer>(network: &mut N, read: &mut impl FnMut(&mut [u8])) {
    network.tensors_mut(&mut |tensor| {
        if tensor.learns {
            tensor.data.iter_mut().for_each(|parameter| parameter.load(read));
        }
    });
    network.load_settings(read);
}
