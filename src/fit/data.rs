//! What a fit learns from, what it is measured on, and where the best network is kept.

use super::best::Best;
use super::epoch::{Score, epoch, score, shuffled_epoch};
use crate::error::FitError;
use crate::layer::Infer;
use crate::learner::Learner;
use crate::metrics::Metric;
use crate::samples::{Sample, Samples};
use crate::scalar::Scalar;

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
/// # let mut trainer = Trainer::<Net, SquaredError, Sgd>::with_network(Dense::new([[1.0]], [0.0]), Sgd::new(0.1));
/// # let (train, validation) = ([([1.0], [0.5]), ([0.5], [0.2])], [([0.7], [0.3])]);
/// let mut best = Best::<Net>::new();
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

impl<F> Data<Stream<F>> {
    /// Learns from samples in the order in which they arrive: `samples` gives an iterator for each epoch, the first of
    /// which is 0, over `(inputs, target)`, `(inputs, target, weight)`, or references to such a [`Sample`].
    ///
    /// They cannot be read a second time, so the network can't be measured on them: to [keep](Data::keeping) the best, a fit
    /// needs validation samples, and without does not compile.
    pub const fn stream<I>(samples: F) -> Self
    where
        F: FnMut(u32) -> I,
    {
        Self { train: Stream(samples), validation: (), best: () }
    }
}

impl<D, V, K> Data<D, V, K> {
    /// What was given. Constants, not values, say that the best can't be found on a stream alone.
    pub(super) fn parts<'a, T>(self) -> (D, V, Option<&'a mut Best<T::Network>>)
    where
        T: Learner<Network: 'a>,
        D: Train<T>,
        V: Validate<T>,
        K: Keep<'a, T::Network>,
    {
        const {
            assert!(
                !K::KEEPS || D::AGAIN || <V::Score as Validation<T::Scalar>>::GIVEN,
                "the best network of a stream is found on validation samples: Data::stream(..).validated_on(..)"
            );
        }
        (self.train, self.validation, self.best.best())
    }

    /// Measures the network on these samples after each epoch.
    pub fn validated_on<W: Samples + ?Sized>(self, validation: &W) -> Data<D, &W, K> {
        Data { train: self.train, validation, best: self.best }
    }

    /// Keeps the best network, and gives it back at the end.
    pub fn keeping<N: Infer>(self, best: &mut Best<N>) -> Data<D, V, &mut Best<N>> {
        Data { train: self.train, validation: self.validation, best }
    }
}

/// What a learner `T` learns from: a reference to [`Samples`], or a [`Stream`].
pub trait Train<T: Learner> {
    /// Whether the samples can be read again.
    const AGAIN: bool;

    /// Learns once from each sample of the epoch of this number, which counts from 0. Samples without an order of their own come
    /// in one that follows from the seed. Returns the mean of the losses.
    ///
    /// # Errors
    /// As [`epoch`](super::epoch).
    fn learn(&mut self, learner: &mut T, number: u32, seed: u32) -> Result<T::Scalar, FitError>;

    /// How good the learner is on the samples; `None` if they can't be read again.
    ///
    /// # Errors
    /// As [`evaluate`](super::evaluate).
    fn score<M>(&self, learner: &mut T, metric: &M) -> Result<Option<Score<T::Scalar>>, FitError>
    where
        M: Metric<T::Scalar, T::Output>;
}

impl<T: Learner, D: Samples<Input = T::Input, Target = T::Output> + ?Sized> Train<T> for &D {
    const AGAIN: bool = true;

    fn learn(&mut self, learner: &mut T, _: u32, seed: u32) -> Result<T::Scalar, FitError> {
        shuffled_epoch(learner, *self, seed)
    }

    fn score<M>(&self, learner: &mut T, metric: &M) -> Result<Option<Score<T::Scalar>>, FitError>
    where
        M: Metric<T::Scalar, T::Output>,
    {
        score(learner, *self, metric).map_err(|error| match error {
            FitError::Validation(index, error) => FitError::Step(index, error),
            error => error,
        })
    }
}

/// Samples that arrive one after the other: [`Data::stream`].
#[derive(Clone, Copy, Debug)]
pub struct Stream<F>(F);

impl<T: Learner, F, I> Train<T> for Stream<F>
where
    F: FnMut(u32) -> I,
    I: IntoIterator<Item: Sample<T::Input, T::Output>>,
{
    const AGAIN: bool = false;

    fn learn(&mut self, learner: &mut T, number: u32, _: u32) -> Result<T::Scalar, FitError> {
        epoch(learner, (self.0)(number))
    }

    fn score<M>(&self, _: &mut T, _: &M) -> Result<Option<Score<T::Scalar>>, FitError>
    where
        M: Metric<T::Scalar, T::Output>,
    {
        Ok(None)
    }
}

/// What a learner `T` is measured on: a reference to [`Samples`], or `()` for nothing.
pub trait Validate<T: Learner> {
    /// What an epoch tells of it: a [`Score`], or `()`.
    type Score: Validation<T::Scalar>;

    /// Looks, before anything is learnt, whether there are samples.
    ///
    /// # Errors
    /// [`FitError::NoValidation`] if there are none where some were given.
    fn check(&self) -> Result<(), FitError>;

    /// How good the learner is.
    ///
    /// # Errors
    /// As [`evaluate`](super::evaluate), and [`FitError::NoValidation`] if there are no samples.
    fn score<M>(&self, learner: &mut T, metric: &M) -> Result<Self::Score, FitError>
    where
        M: Metric<T::Scalar, T::Output>;
}

impl<T: Learner> Validate<T> for () {
    type Score = ();

    fn check(&self) -> Result<(), FitError> {
        Ok(())
    }

    fn score<M>(&self, _: &mut T, _: &M) -> Result<(), FitError>
    where
        M: Metric<T::Scalar, T::Output>,
    {
        Ok(())
    }
}

impl<T: Learner, W: Samples<Input = T::Input, Target = T::Output> + ?Sized> Validate<T> for &W {
    type Score = Score<T::Scalar>;

    fn check(&self) -> Result<(), FitError> {
        if self.is_empty() { Err(FitError::NoValidation) } else { Ok(()) }
    }

    fn score<M>(&self, learner: &mut T, metric: &M) -> Result<Score<T::Scalar>, FitError>
    where
        M: Metric<T::Scalar, T::Output>,
    {
        score(learner, *self, metric)?.ok_or(FitError::NoValidation)
    }
}

/// What is known of a network from validation samples: a [`Score`], or nothing, `()`.
pub trait Validation<T>: Copy {
    /// Whether there is a loss.
    const GIVEN: bool;

    /// The loss, if there is one.
    fn loss(&self) -> Option<T>;
}

impl<T> Validation<T> for () {
    const GIVEN: bool = false;

    fn loss(&self) -> Option<T> {
        None
    }
}

impl<T: Scalar> Validation<T> for Score<T> {
    const GIVEN: bool = true;

    fn loss(&self) -> Option<T> {
        Some(self.loss)
    }
}

/// Where the best network is kept, if it is: `()` or `&mut Best<N>`.
pub trait Keep<'a, N: Infer> {
    /// Whether there is a place.
    const KEEPS: bool;

    /// The place.
    fn best(self) -> Option<&'a mut Best<N>>;
}

impl<'a, N: Infer> Keep<'a, N> for () {
    const KEEPS: bool = false;

    fn best(self) -> Option<&'a mut Best<N>> {
        None
    }
}

impl<'a, N: Infer> Keep<'a, N> for &'a mut Best<N> {
    const KEEPS: bool = true;

    fn best(self) -> Option<&'a mut Best<N>> {
        Some(self)
    }
}
