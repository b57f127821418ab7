//! What a guard goes by.

use crate::metrics::{Argmax, Decision};
use crate::samples::Samples;
use crate::shape::Shape;

/// What a [`Guard`](super::Guard) goes by: samples from the factory, in flash, and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Settings<A, R, D = Argmax> {
    /// [`Samples`] of which the live learner has to get as many right as the factory network. Nothing learns from them. 200 are
    /// good; their classes should be as frequent as what matters, not as the stream.
    pub anchors: A,
    /// [`Samples`] that the live learner learns from besides, in turn, one for each sample of the stream. 100 are good. There may be
    /// none: an empty slice.
    pub rehearsed: R,
    /// The live learner is checked after so many accepted samples; 0 counts as 1.
    pub period: u32,
    /// So many anchors less than the factory network the live learner may get right. With 0 a device learns only what costs no
    /// anchor; each anchor more lets it follow a drift further, and may cost as much on what the anchors stand for.
    pub tolerance: u32,
    /// Which class outputs and targets mean.
    pub decision: D,
}

impl<A, R> Settings<A, R> {
    /// A check every 50 samples, no tolerance, and an output for each class. With a single output this does not compile; it needs another
    /// [decision](Settings::decided_by):
    ///
    /// ```compile_fail
    /// use downhill::guard::{Guard, Settings};
    /// use downhill::scaler::{Scaling, Standardizer};
    /// use downhill::{BinaryCrossEntropy, Dense, Sgd, Trainer};
    ///
    /// type Learning = Scaling<Trainer<Dense<2, 1>, BinaryCrossEntropy, Sgd>, Standardizer<2>>;
    /// let anchors = [([0.0, 1.0], [1.0])];
    /// Guard::<Learning, 2>::new().start(&Settings::new(&anchors, &anchors)); // `.decided_by(Threshold)` is missing
    /// ```
    pub const fn new(anchors: A, rehearsed: R) -> Self {
        Self { anchors, rehearsed, period: 50, tolerance: 0, decision: Argmax }
    }
}

impl<A, R, D> Settings<A, R, D> {
    /// The same with another decision: [`Threshold`](crate::metrics::Threshold) or [`Sign`](crate::metrics::Sign) for a single
    /// output.
    pub fn decided_by<E>(self, decision: E) -> Settings<A, R, E> {
        let Self { anchors, rehearsed, period, tolerance, .. } = self;
        Settings { anchors, rehearsed, period, tolerance, decision }
    }

    /// Whether outputs mean the class of the target.
    pub(super) fn is_right<Y: Shape>(&self, target: &Y, outputs: &Y) -> bool
    where
        D: Decision<Y::Scalar>,
    {
        const {
            assert!(
                !matches!((D::SINGLE, Y::LENGTH), (Some(false), 1) | (Some(true), 2..)),
                "a guard with another number of outputs than its decision takes: for a single output, \
                 `Settings::new(..).decided_by(Threshold)` or `Sign`; for an output per class, `Argmax`"
            );
        };
        let class = self.decision.class(target.flat());
        class.is_some() && self.decision.class(outputs.flat()) == class
    }

    /// The anchors that `predict` gets right. One that can't be read is wrong.
    pub(super) fn hits<X, Y: Shape>(&self, mut predict: impl FnMut(&X) -> Y) -> u32
    where
        A: Samples<Input = X, Target = Y>,
        D: Decision<Y::Scalar>,
    {
        let mut hits: u32 = 0;
        for index in 0..self.anchors.len() {
            let right = self.anchors.with(index, |x, target| self.is_right(target, &predict(x)));
            hits = hits.saturating_add(right.unwrap_or(false).into());
        }
        hits
    }
}
