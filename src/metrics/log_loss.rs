//! The logarithmic loss of probabilities.

use super::metric::{Metric, metric};
use super::streaming::{Mean, Streaming};
use crate::encode;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::storable::Storable;
use crate::sum::Sum;

/// The mean of `-ln p`, where `p` is the probability that the outputs give to the class of the target: the largest of
/// several targets, [`encode::class`](crate::encode::class); of a single output, which is that of class 1, `1 - y` where
/// the target is at most 1/2. Not for outputs per label, of which several may be right.
///
/// `p` is clipped to `e..=1 - e` with the machine epsilon `e`, 2^-23 in `f32` and 2^-52 in `f64`, as scikit-learn's
/// `log_loss` does, so that one certain error costs 15.9 in `f32`, 36.0 in `f64`, and not infinity. Outputs with a NaN
/// cost as much. Samples whose target means no class are not counted. `None` without samples.
///
/// [`Score::loss`](crate::fit::Score) of cross-entropy with one-hot targets is the same without clipping. In a window
/// 4 bytes per sample, in `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LogLoss;

/// The machine epsilon: the distance from 1 to the next larger number.
fn epsilon<T: Scalar>() -> T {
    // 2^-23, or 2^-52 = 2^-23 * 2^-23 / 2^6, which `f32` has, too.
    T::from_f32(if T::SIZE == f32::SIZE { f32::EPSILON } else { f32::EPSILON * f32::EPSILON / 64.0 })
}

impl<T: Scalar, Y: Shape<Scalar = T>> Metric<T, Y> for LogLoss {
    type State = Sum<T>;

    fn record(&self, state: &mut Sum<T>, target: &Y, outputs: &Y) {
        if let Some(loss) = self.entry(target, outputs) {
            state.add(loss);
        }
    }

    fn value(&self, state: &Sum<T>) -> Option<T> {
        state.mean()
    }
}

impl<T: Scalar, Y: Shape<Scalar = T>> Streaming<Y> for LogLoss {
    type Entry = T;
    type Faded = Mean<T>;

    fn entry(&self, target: &Y, outputs: &Y) -> Option<T> {
        let (target, outputs) = (target.flat(), outputs.flat());
        let p = match (target, outputs) {
            (&[target], &[y]) => {
                let one = target.partial_cmp(&T::from_f32(0.5))?.is_gt();
                if one { y } else { T::ONE - y }
            }
            _ => *outputs.get(encode::class(target)?)?,
        };
        let (least, most) = (epsilon(), T::ONE - epsilon());
        // NaN is above nothing.
        let unknown = outputs.iter().any(|y| y.partial_cmp(y).is_none());
        Some(
            -(if unknown || p < least {
                least
            } else if p > most {
                most
            } else {
                p
            })
            .ln(),
        )
    }

    fn add(&self, state: &mut Sum<T>, &loss: &T) {
        state.add(loss);
    }

    fn fade(&self, faded: &mut Mean<T>, factor: T, &loss: &T) {
        faded.fade(factor, loss, T::ONE);
    }

    fn faded_value(&self, faded: &Mean<T>) -> Option<T> {
        faded.value()
    }
}

metric!(LogLoss, "log loss");
