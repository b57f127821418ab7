//! A prediction that can be interrupted.

use core::slice::from_ref;

use crate::layer::{Infer, Mode};
use crate::work::{Progress, Work};

/// A prediction under way, from [`Trainer::predict_in_pieces`](crate::Trainer::predict_in_pieces).
#[must_use = "a prediction does nothing unless it is run"]
pub struct Prediction<'a, N: Infer, const B: usize> {
    pub(super) network: &'a N,
    pub(super) tape: &'a mut N::Tape<B>,
    pub(super) state: &'a mut N::State,
    pub(super) y: &'a mut [N::Output],
    pub(super) x: &'a N::Input,
    pub(super) work: Work,
}

impl<N: Infer, const B: usize> Prediction<'_, N, B> {
    /// Does at most `macs` more [MACs](crate::pieces#what-a-mac-is), or one piece that is larger. Returns the outputs
    /// when all is done, and again with every call after that.
    pub fn run(&mut self, macs: usize) -> Progress<&N::Output> {
        self.work.resume(macs);
        let Self { network, tape, state, y, x, work } = self;
        let _ = network.forward(from_ref(x), y, tape, state, Mode::Predict, work);
        let _ = N::activate(y, work);
        match self.y.first() {
            Some(y) if !self.work.paused => Progress::Done(y),
            _ => Progress::More,
        }
    }

    /// What the last call of [`run`](Prediction::run) has done, in [MACs](crate::pieces#what-a-mac-is).
    pub fn spent(&self) -> usize {
        self.work.spent
    }
}
