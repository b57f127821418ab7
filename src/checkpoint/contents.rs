//! What can be saved.

use super::format::{Kind, Section, Sections, write_parameters};
use super::interface::Checkpoint;
use crate::layer::Layer;
use crate::learnt::{is_finite, load_parameters};
use crate::loss::Loss;
use crate::optimizer::Optimizer;
use crate::predictor::Predictor;
use crate::storable::Storable;
use crate::trainer::Trainer;

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar, Slot: Storable> + Storable, R, const B: usize> Checkpoint
    for Trainer<N, L, P, B, R>
{
    const SECTIONS: Sections =
        [Some(Section::parameters::<N>()), Some(Section::training(Self::REST, Self::REST_LAYOUT)), None];

    fn is_sound(&self) -> bool {
        is_finite(&self.network)
    }

    fn store_section(&self, kind: Kind, mut write: &mut dyn FnMut(&[u8])) {
        match kind {
            Kind::Parameters => write_parameters(&self.network, write),
            Kind::Training => self.store_rest(&mut write),
            Kind::Added => (),
        }
    }

    fn load_section(&mut self, kind: Kind, mut read: &mut dyn FnMut(&mut [u8])) {
        match kind {
            Kind::Parameters => load_parameters(&mut self.network, read),
            Kind::Training => self.load_rest(&mut read),
            Kind::Added => (),
        }
    }
}

/// A network alone: the parameters of it that learn.
///
/// ```
/// use downhill::checkpoint::Network;
/// use downhill::{Checkpoint, Dense, Zero};
///
/// type Net = (Dense<2, 3>, Dense<3, 1>);
/// let mut network = Net::ZERO;
/// let mut image = [0; Network::<Net>::IMAGE];
/// Network(&mut network).save(&mut image)?;
/// Network(&mut network).restore(&image)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Network<'a, N>(pub &'a mut N);

impl<N: Layer> Checkpoint for Network<'_, N> {
    const SECTIONS: Sections = [Some(Section::parameters::<N>()), None, None];

    fn is_sound(&self) -> bool {
        is_finite(self.0)
    }

    fn store_section(&self, kind: Kind, write: &mut dyn FnMut(&[u8])) {
        if kind == Kind::Parameters {
            write_parameters(self.0, write);
        }
    }

    fn load_section(&mut self, kind: Kind, read: &mut dyn FnMut(&mut [u8])) {
        if kind == Kind::Parameters {
            load_parameters(self.0, read);
        }
    }
}

impl<N: Layer, L> Checkpoint for Predictor<N, L> {
    const SECTIONS: Sections = Network::<N>::SECTIONS;

    fn is_sound(&self) -> bool {
        is_finite(&self.network)
    }

    fn store_section(&self, kind: Kind, write: &mut dyn FnMut(&[u8])) {
        if kind == Kind::Parameters {
            write_parameters(&self.network, write);
        }
    }

    fn load_section(&mut self, kind: Kind, read: &mut dyn FnMut(&mut [u8])) {
        Network(&mut self.network).load_section(kind, read);
    }
}

/// Any value that is [`Storable`], as the state of a training: a learner that is made of others, such as a
/// [`Committee`](crate::committee::Committee), with all that it keeps.
///
/// ```
/// use downhill::checkpoint::Value;
/// use downhill::scaler::{Scaler, Standardizer};
/// use downhill::Checkpoint;
///
/// let mut scaler = Standardizer::<2>::new(1000);
/// # scaler.observe(&[1.0, 2.0]);
/// let mut image = [0; Value::<Standardizer<2>>::IMAGE];
/// Value(&mut scaler).save(&mut image)?;
/// # let before = scaler;
/// # scaler.observe(&[2.0, 3.0]);
/// Value(&mut scaler).restore(&image)?;
/// # assert_eq!(scaler, before);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Value<'a, S>(pub &'a mut S);

impl<S: Storable> Checkpoint for Value<'_, S> {
    const SECTIONS: Sections = [None, Some(Section::training(S::SIZE, S::LAYOUT)), None];

    fn store_section(&self, kind: Kind, mut write: &mut dyn FnMut(&[u8])) {
        if kind == Kind::Training {
            self.0.store(&mut write);
        }
    }

    fn load_section(&mut self, kind: Kind, mut read: &mut dyn FnMut(&mut [u8])) {
        if kind == Kind::Training {
            self.0.load(&mut read);
        }
    }
}

/// What learns, and what else has to outlive a reset: `(&mut trainer, &mut state)`.
impl<C: Checkpoint, S: Storable> Checkpoint for (C, S) {
    const SECTIONS: Sections = {
        let [parameters, training, added] = C::SECTIONS;
        assert!(
            added.is_none(),
            "what is saved has a section of additions already, as a pair or a guard has: save `(learner, (one, other))`, or a `Value`"
        );
        [parameters, training, Some(Section::added::<S>())]
    };

    fn is_sound(&self) -> bool {
        self.0.is_sound()
    }

    fn store_section(&self, kind: Kind, mut write: &mut dyn FnMut(&[u8])) {
        match kind {
            Kind::Added => self.1.store(&mut write),
            kind => self.0.store_section(kind, write),
        }
    }

    fn load_section(&mut self, kind: Kind, mut read: &mut dyn FnMut(&mut [u8])) {
        match kind {
            Kind::Added => self.1.load(&mut read),
            kind => self.0.load_section(kind, read),
        }
    }
}

impl<C: Checkpoint> Checkpoint for &mut C {
    const SECTIONS: Sections = C::SECTIONS;

    fn is_sound(&self) -> bool {
        C::is_sound(self)
    }

    fn store_section(&self, kind: Kind, write: &mut dyn FnMut(&[u8])) {
        C::store_section(self, kind, write);
    }

    fn load_section(&mut self, kind: Kind, read: &mut dyn FnMut(&mut [u8])) {
        C::load_section(self, kind, read);
    }
}
