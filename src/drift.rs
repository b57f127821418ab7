//! Detectors of drift: they watch the errors of a network in use, and alarm when these are no longer what they were.
//!
//! | detector | errors | bytes | instructions per error, M4F / M0 |
//! |---|---|---|---|
//! | [`PageHinkley`] | 0 and 1, or numbers | 24 | 99 / 2,000 |
//! | [`Ddm`] | 0 and 1 | 16 | 71 / 1,400 |
//! | [`Adwin`] | 0 and 1 | 184 | 540 / 3,800 |
//! | [`AdwinReal`] | numbers, from about 0 to 1 | 360 | 2,400 / 9,000 |
//!
//! Built for size, means of 12,288 errors. ADWIN does most of it in a check, with every 32nd error. For most uses, take
//! [`Adwin`]: it has the shortest delay and the fewest false alarms, and sees errors that become fewer, too. [`Ddm`] sees only
//! errors that become more, and warns before. [`PageHinkley`] is the shortest code, but its threshold must fit the errors.
//!
//! The delay is the mean over 40 streams of 10,000 errors, whose probability changes in the middle; DDM missed 11 of these 160
//! changes. False alarms are from 20 streams of 100,000 errors (`cargo test --release --test drift -- --nocapture`):
//!
//! | | delay, .1 to .3 | .1 to .2 | .05 to .1 | .2 to .5 | false alarms in 10^5 at .1 | at .3 |
//! |---|---|---|---|---|---|---|
//! | Page-Hinkley | 216 | 487 | 1,163 | 126 | 3.0 | 8.8 |
//! | DDM | 461 | 1,046 | 910 | 645 | 0.8 | 0.4 |
//! | ADWIN | 118 | 313 | 727 | 88 | 0 | 0 |
//!
//! On these 200 streams all alarms are where those of the library river 0.26.1 are. Its settings are [`Usual`], the ones
//! without another choice. Settings are part of the type, and take no memory. An alarm restarts the detector.
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
mod interface;
mod page_hinkley;
mod window;

pub use adwin::Adwin;
pub use adwin_real::AdwinReal;
pub use cut::AdwinSettings;
pub use ddm::{Ddm, DdmSettings};
pub use interface::{Detector, State, Usual};
pub use page_hinkley::{PageHinkley, PageHinkleySettings};
