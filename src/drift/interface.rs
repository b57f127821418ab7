//! What detectors have in common.

/// What a detector says of the errors so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// No change is seen.
    Stable,
    /// There are more errors than before, but not enough for an alarm. Only [`Ddm`](super::Ddm) warns.
    Warning,
    /// The errors have changed: an alarm. The detector starts anew with the next error.
    Drift,
}

/// A detector of errors of the type `E`: `bool`, true for an error, or `f32`. All detectors take `bool`.
pub trait Detector<E> {
    /// Takes the error of one sample. NaN and infinity are ignored: the answer is [`State::Stable`].
    fn record(&mut self, error: E) -> State;
}

/// The usual settings of each detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Usual;

/// The number of an error of 0 or 1.
pub(super) fn number(error: bool) -> f32 {
    if error { 1.0 } else { 0.0 }
}
