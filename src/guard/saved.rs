//! What of a guard outlives a reset.

use core::marker::PhantomData;

use super::counts::Paired;
use super::{Filter, Guard, Record};
use crate::checkpoint::{Checkpoint, Kind, Network, Section, Sections, write_parameters};
use crate::layer::{Infer, Layer};
use crate::learner::Learner;
use crate::learnt::{self, Learnt};
use crate::scaler::{Scaled, Scaler};
use crate::storable::{Storable, layout};

/// What an image has beside the parameters.
type Added<N, S, const I: usize> = (Settings<N>, S, Filter<I, <N as Infer>::Scalar>, Record);

/// The settings of the layers of a network, for their size and layout.
struct Settings<N>(PhantomData<fn() -> N>);

impl<N: Layer> Storable for Settings<N> {
    const SIZE: usize = N::SETTINGS;
    const LAYOUT: u64 = N::SETTINGS_LAYOUT;

    fn store(&self, _: &mut impl FnMut(&[u8])) {}

    fn load(&mut self, _: &mut impl FnMut(&mut [u8])) {}
}

/// The good network with the settings of its layers, its scaler, the filter and what was counted. When it is read, the live learner goes on from the good network;
/// its optimiser stays, and so does what is [`Frozen`](crate::Frozen), which is not in the image. An image belongs to its anchors: firmware with others starts anew.
impl<L, N, S, const I: usize> Checkpoint for Guard<L, I>
where
    L: Learner<Network = Scaled<N, S>, Scalar = N::Scalar>,
    N: Layer + Copy,
    S: Scaler<N::Input>,
{
    const SECTIONS: Sections = {
        let [parameters, ..] = <Network<'_, N> as Checkpoint>::SECTIONS;
        [parameters, None, Some(Section::added::<Added<N, S, I>>())]
    };

    fn is_sound(&self) -> bool {
        learnt::is_finite(&self.good.network)
    }

    fn store_section(&self, kind: Kind, mut write: &mut dyn FnMut(&[u8])) {
        match kind {
            Kind::Parameters => write_parameters(&self.good.network, write),
            Kind::Training => (),
            Kind::Added => {
                self.good.network.store_settings(&mut write);
                self.good.scaler.store(&mut write);
                self.filter.store(&mut write);
                self.record.store(&mut write);
            }
        }
    }

    fn load_section(&mut self, kind: Kind, mut read: &mut dyn FnMut(&mut [u8])) {
        match kind {
            Kind::Parameters => Network(&mut self.good.network).load_section(kind, read),
            Kind::Training => (),
            Kind::Added => {
                self.good.network.load_settings(&mut read);
                self.good.scaler.load(&mut read);
                self.filter.load(&mut read);
                self.record.load(&mut read);
            }
        }
        self.roll_back();
        // With the frozen layers of the live one.
        self.live.copy_network(&mut self.good);
    }
}

impl<L: Learner<Network: Learnt> + Storable, const I: usize> Storable for Guard<L, I> {
    const SIZE: usize =
        L::SIZE + L::Network::BYTES + Filter::<I, L::Scalar>::SIZE + Record::SIZE + Paired::SIZE + u32::SIZE;
    const LAYOUT: u64 = {
        let [parameters, rest] = L::Network::LAYOUTS;
        let filter = Filter::<I, L::Scalar>::LAYOUT;
        layout("guard", &[L::LAYOUT, parameters, rest, filter, Record::LAYOUT, Paired::LAYOUT])
    };

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.live.store(write);
        self.good.store_learnt(write);
        self.filter.store(write);
        self.record.store(write);
        self.paired.store(write);
        self.since.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.live.load(read);
        self.good.load_learnt(read);
        self.filter.load(read);
        self.record.load(read);
        self.paired.load(read);
        self.since.load(read);
    }
}
