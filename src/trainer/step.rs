//! The stages of a training step. Nothing is written before all is looked at.

use super::Trainer;
use super::gradient::{self, add_squares};
use crate::error::StepError;
use crate::hint::afresh;
use crate::kernel::{Finite, checked_together};
use crate::layer::{Layer, Mode, Trace, first, first_mut, scale_errors, visit_slots};
use crate::loss::{Loss, gradient_and_value};
use crate::optimizer::{Collect, Optimizer, Sum, mean, shrink};
use crate::refuse::{accepts, refuse};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::work::Whole;

impl<N: Layer, L: Loss, P: Optimizer<N::Scalar>, R: Rule, const B: usize> Trainer<N, L, P, B, R> {
    /// A whole step, from one sample or several.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn learn_from(
        mut self: &mut Self,
        x: &[N::Input],
        targets: &[N::Output],
        weight: Option<N::Scalar>,
    ) -> Result<N::Scalar, StepError> {
        self.network.check()?;
        self.optimizer.check()?;
        self.seed_once();
        let (loss, unchecked) = match self.errors(x, targets, weight) {
            Ok(found) => found,
            Err(error) => return Err(self.refused(error)),
        };
        self = afresh(self, N::PARAMETERS);
        if let Err(error) = self.deltas(x, targets, loss, unchecked) {
            return Err(self.refused(error));
        }
        self = afresh(self, N::PARAMETERS);
        self.write(x);
        Ok(if x.len() == 1 { loss } else { loss * mean(x.len()) })
    }

    /// Leaves no trace of a step that comes to nothing.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn refused(&mut self, error: StepError) -> StepError {
        N::rewind(&mut self.state, &self.tape);
        error
    }

    /// The first stage of a step: outputs, their errors, and the sum of the losses. Beside it, 0, or NaN or infinity where
    /// something is not finite that is left to the second stage, so that a small step has one comparison for all.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn errors(
        &mut self,
        x: &[N::Input],
        targets: &[N::Output],
        weight: Option<N::Scalar>,
    ) -> Result<(N::Scalar, N::Scalar), StepError> {
        let (mut loss, finite) = self.forward(x, targets);
        // The weight is a factor of the loss, which is looked at before it.
        let together = weight.is_none() && targets.first().is_some_and(|target| checked_together(target.flat().len()));
        if !accepts::<L, _>(targets) || !together && !finite.all() {
            return Err(refuse::<L, _, _>(x, targets, loss));
        }
        if let Some(weight) = weight {
            loss = self.weigh(loss, weight)?;
        }
        Ok((loss, if together { finite.number() } else { -N::Scalar::ZERO }))
    }

    /// The second stage: the deltas, and whether they let the optimiser write what is finite.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn deltas(
        &mut self,
        x: &[N::Input],
        targets: &[N::Output],
        loss: N::Scalar,
        unchecked: N::Scalar,
    ) -> Result<(), StepError> {
        let Self { network, tape, outputs, deltas, errors, .. } = &mut *self;
        let (y, errors) = (first(outputs, x.len()), first_mut(errors, x.len()));
        let deltas = gradient::deltas::<N, R, _, B>(network, Self::LINKED, x, y, errors, tape, deltas, &mut Whole);
        let inputs = gradient::inputs::<N, B>(self.trace(x), &self.deltas);
        if !deltas.is_ok_and(|deltas| gradient::is_small(inputs, deltas, unchecked)) {
            if !unchecked.is_finite() {
                return Err(refuse::<L, _, _>(x, targets, loss));
            }
            deltas?;
            self.examine(x)?;
        }
        if let Some(limit) = self.optimizer.sample_limit() {
            self.limit(x, limit);
        }
        Ok(())
    }

    /// What the last forward pass of the samples left, and their errors.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn trace<'a>(&'a self, x: &'a [N::Input]) -> Trace<'a, N, B> {
        let Self { tape, outputs, errors, .. } = self;
        Trace { x, y: first(outputs, x.len()), errors: first(errors, x.len()), tape }
    }

    /// [`gradient::examine`], with no other address than the trainer's: those of its parts would wait for it on the stack.
    #[cold]
    #[inline(never)]
    pub(crate) fn examine(&self, x: &[N::Input]) -> Result<(), StepError> {
        gradient::examine::<N, B>(self.trace(x), &self.deltas, self.optimizer.gradient_limit())
    }

    /// The third stage: the weights.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn write(&mut self, x: &[N::Input]) {
        if P::Sum::COLLECTS && self.optimizer.is_new() {
            self.discard();
        }
        let Self { network, optimizer, slots, sums, tape, outputs, deltas, errors, .. } = self;
        let trace = Trace { x, y: first(outputs, x.len()), errors: first(errors, x.len()), tape };
        let scale = optimizer.begin(x.len(), || gradient::norm::<N, B>(trace, deltas, None));
        if !P::Sum::COLLECTS {
            network.update(trace, deltas, slots, optimizer, scale, &mut Whole);
            return;
        }
        network.update(trace, deltas, sums, &Collect::NEW, scale, &mut Whole);
        if self.optimizer.due() {
            self.apply();
        }
    }

    /// Outputs, their errors, and the sum of the losses, and whether this and all weighted sums are finite. So are the inputs
    /// and targets then: neither a sum nor a loss that has met a NaN or an infinity becomes finite again.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward(&mut self, x: &[N::Input], targets: &[N::Output]) -> (N::Scalar, Finite<N::Scalar>) {
        let samples = x.len();
        let Self { network, tape, state, outputs, errors, .. } = self;
        let (y, errors) = (first_mut(outputs, samples), first_mut(errors, samples));
        let mut finite = Finite::new();
        finite.join(network.forward(x, y, tape, state, Mode::Train, &mut Whole));
        // -0 is the number that changes nothing when it is added.
        let mut loss = -N::Scalar::ZERO;
        if Self::LINKED {
            for (z, target) in y.iter().zip(targets) {
                loss += L::linked_value(z.flat(), target.flat());
            }
            finite.join(N::activate(y, &mut Whole));
            for ((y, target), error) in y.iter().zip(targets).zip(errors) {
                L::linked_gradient(y.flat(), target.flat(), error.flat_mut());
            }
        } else {
            finite.join(N::activate(y, &mut Whole));
            for ((y, target), error) in y.iter().zip(targets).zip(errors) {
                loss += gradient_and_value::<L, _>(y.flat(), target.flat(), error.flat_mut());
            }
        }
        finite.see(loss);
        (loss, finite)
    }

    /// Multiplies the error of the first sample, and returns its loss.
    pub(crate) fn weigh(&mut self, loss: N::Scalar, weight: N::Scalar) -> Result<N::Scalar, StepError> {
        if !weight.is_finite() || weight < N::Scalar::ZERO {
            return Err(StepError::Weight);
        }
        let loss = loss * weight;
        if !loss.is_finite() {
            return Err(StepError::Loss);
        }
        scale_errors(self.errors.first_mut(), weight);
        Ok(loss)
    }

    /// Shrinks the gradient of each sample to the norm `limit`.
    pub(crate) fn limit(&mut self, x: &[N::Input], limit: N::Scalar) {
        for sample in 0..x.len() {
            let factor = shrink(gradient::norm::<N, B>(self.trace(x), &self.deltas, Some(sample)), limit);
            scale_errors(self.errors.get_mut(sample), factor);
            N::scale(&mut self.deltas, sample, factor);
        }
    }

    /// Ends a batch.
    pub(super) fn apply(&mut self) {
        let Self { network, optimizer, slots, sums, .. } = self;
        optimizer.finish(|| {
            gradient::norm_of(|scale| {
                let mut square = N::Scalar::ZERO;
                visit_slots(network, sums, &mut |layer| {
                    add_squares(&mut square, P::Sum::values(layer.weight_slots), scale);
                    add_squares(&mut square, P::Sum::values(layer.bias_slots), scale);
                });
                square
            })
        });
        network.apply(slots, sums, optimizer, &mut Whole);
    }
}
