//! Detectors of drift: they watch the errors of a network that is in use, and tell when these are no longer what they were.
//!
//! | detector | errors | bytes | for |
//! |---|---|---|---|
//! | [`PageHinkley`] | 0 and 1, or numbers | 24 | the shortest code; the threshold depends on how large errors are |
//! | [`Ddm`] | 0 and 1 | 16 | errors that become more; warns before |
//! | [`Adwin`] | 0 and 1 | 184 | the shortest delay and the fewest false alarms |
//! | [`AdwinReal`] | numbers, about 0 to 1 | 360 | the same for losses |
//!
//! Delays and false alarms, on streams of 10,000 errors whose probability changes in the middle (40 of each), and of
//! 100,000 errors of one probability (20 of each), `cargo test --release --test drift -- --nocapture`:
//!
//! | | .1 to .3 | .1 to .2 | .05 to .1 | .2 to .5 | false in 10^5 at .1 | at .3 |
//! |---|---|---|---|---|---|---|
//!
//! The settings are part of the type, and take no memory; [`Usual`] are those of the library river, whose alarms (version
//! 0.26.1) are at the same positions. An alarm restarts the detector.
//!
//! A network that goes on learning hides a drift: watch one that does not, such as the last good copy.
//!
//! ```
//! use downhill::drift::{Adwin, Detector, State};
//!
//! let mut detector = Adwin::new();
//! # let samples = (0..2000).map(|i| (i, if i < 1000 { i } else { i + i % 2 }));
//! # let predict = |i| i;
//! let mut alarms = 0;
//! for (x, class) in samples {
//!     let wrong = predict(x) != class;
//!     if detector.record(wrong) == State::Drift {
//!         alarms += 1;
//!     }
//! }
//! assert_eq!(alarms, 1);
//! ```

mod adwin;
mod adwin_real;
mod cut;
mod ddm;
mod page_hinkley;
mod window;

pub use adwin::{Adwin, AdwinSettings};
pub use adwin_real::AdwinReal;
pub use ddm::{Ddm, DdmSettings};
pub use page_hinkley::{PageHinkley, PageHinkleySettings};

/// What a detector says of the errors so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// No change is seen.
    Stable,
    /// There are more errors than before, but not enough for an alarm. Only [`Ddm`] warns.
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
fn number(error: bool) -> f32 {
    if error { 1.0 } else { 0.0 }
}
