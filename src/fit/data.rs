//! What a fit learns from, what it is measured on, and where the best network is kept.

use core::marker::PhantomData;

use super::best::Best;
use crate::layer::Infer;
use crate::samples::Samples;

/// The samples of a [`Fit`](crate::Fit), and what else it is given by name:
///
/// ```
/// # use core::ops::ControlFlow::Continue;
/// # use downhill::schedule::Constant;
/// # use downhill::{Dense, Fit, Sgd, SquaredError, Trainer};
/// use downhill::Best;
/// use downhill::fit::Data;
///
/// # type Net = Dense<1, 1>;
/// # let mut trainer = Trainer::<Net, SquaredError, Sgd>::new(Dense::new([[1.0]], [0.0]), Sgd::new(0.1));
/// # let (train, validation) = ([([1.0], [0.5]), ([0.5], [0.2])], [([0.7], [0.3])]);
/// let mut best = Best::<Net>::ZERO;
/// let data = Data::new(&train).validated_on(&validation).keeping(&mut best);
/// Fit::new(10, Constant(0.1)).run(&mut trainer, data, |_, _| Continue(()))?;
/// # Ok::<(), downhill::fit::FitError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Data<D, V = (), K = ()> {
    pub(super) train: D,
    pub(super) validation: V,
    pub(super) best: K,
}

impl<'a, D: Samples + ?Sized> Data<&'a D> {
    /// Learns from these samples.
    pub const fn new(train: &'a D) -> Self {
        Self { train, validation: (), best: () }
    }
}

impl<F> Data<F> {
    /// Learns from samples in the order in which they arrive: `samples` gives an iterator for each epoch, the first of
    /// which is 0. For [`Fit::stream`](crate::Fit::stream).
    pub const fn stream<I>(samples: F) -> Self
    where
        F: FnMut(u32) -> I,
    {
        Self { train: samples, validation: (), best: () }
    }
}

impl<D, V, K> Data<D, V, K> {
    /// Measures the network on these samples after each epoch.
    pub fn validated_on<W: Samples + ?Sized>(self, validation: &W) -> Data<D, &W, K> {
        Data { train: self.train, validation, best: self.best }
    }

    /// Keeps the best network, and gives it back at the end.
    pub fn keeping<N: Infer>(self, best: &mut Best<N>) -> Data<D, V, &mut Best<N>> {
        Data { train: self.train, validation: self.validation, best }
    }
}

/// What the network is measured on: `()` for nothing, or a reference to samples.
pub trait Validate<X, Y> {
    /// The samples.
    type Samples: Samples<Input = X, Target = Y>;

    /// The samples.
    fn samples(self) -> Self::Samples;
}

impl<X, Y> Validate<X, Y> for () {
    type Samples = NoSamples<X, Y>;

    fn samples(self) -> NoSamples<X, Y> {
        NoSamples(PhantomData)
    }
}

impl<W: Samples + ?Sized> Validate<W::Input, W::Target> for &W {
    type Samples = Self;

    fn samples(self) -> Self {
        self
    }
}

/// No samples, of some type.
#[derive(Clone, Copy, Debug)]
pub struct NoSamples<X, Y>(PhantomData<(X, Y)>);

impl<X, Y> Samples for NoSamples<X, Y> {
    type Input = X;
    type Target = Y;

    fn len(&self) -> usize {
        0
    }

    fn with<R>(&self, _: usize, _: impl FnOnce(&X, &Y) -> R) -> Option<R> {
        None
    }
}

/// Where the best network is kept, if it is: `()` or `&mut Best<N>`.
pub trait Keep<'a, N: Infer> {
    /// The place.
    fn best(self) -> Option<&'a mut Best<N>>;
}

impl<'a, N: Infer> Keep<'a, N> for () {
    fn best(self) -> Option<&'a mut Best<N>> {
        None
    }
}

impl<'a, N: Infer> Keep<'a, N> for &'a mut Best<N> {
    fn best(self) -> Option<&'a mut Best<N>> {
        Some(self)
    }
}
