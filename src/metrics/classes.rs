//! Measures of classifiers that a confusion matrix gives: F1 and kappa.

use super::accuracy::Argmax;
use super::confusion::ConfusionMatrix;
use super::metric::{Decision, Metric, metric};
use super::streaming::Streaming;
use crate::scalar::Scalar;
use crate::shape::Shape;

/// The mean of the F1 of the classes that occur or are predicted, [`ConfusionMatrix::macro_f1`], of `C` classes.
///
/// `MacroF1::<10>(Argmax)` for an output per class, `MacroF1::<2>(Threshold)` for one sigmoid output. Fewer classes than
/// outputs do not compile. Samples whose outputs mean no class, as with a NaN, are
/// [undecided](ConfusionMatrix::record_undecided), and wrong; those whose target means no class below `C` are not
/// counted. `None` without samples.
///
/// What is kept is the whole matrix, `4 * C * (C + 1)` bytes, from which accuracy, F1 of a class and kappa follow as well.
/// In a window 2 bytes per sample, for up to 255 classes; more do not compile. Whole counts are divided in `f32`, also for
/// networks in `f64`.
///
/// ```
/// use downhill::fit;
/// use downhill::metrics::{Argmax, MacroF1};
/// # use downhill::{Dense, Identity, Sgd, SquaredError, Trainer};
///
/// # let network = Dense::<2, 2, Identity>::new([[1.0, 0.0], [0.0, 1.0]], [0.0; 2]);
/// # let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
/// # let test = [([0.9, 0.2], [1.0, 0.0]), ([0.4, 0.7], [1.0, 0.0]), ([0.1, 0.8], [0.0, 1.0])];
/// let score = fit::evaluate(&mut trainer, &test, MacroF1::<2>(Argmax))?;
/// # assert_eq!(score.and_then(|score| score.metric), Some(2.0 / 3.0));
/// # Ok::<(), fit::FitError>(())
/// ```
///
/// Too few classes:
///
/// ```compile_fail
/// # use downhill::metrics::{Argmax, MacroF1, Overall};
/// Overall::new(MacroF1::<2>(Argmax)).record(&[0.0, 0.0, 1.0], &[0.1, 0.2, 0.7_f32]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MacroF1<const C: usize, D = Argmax>(pub D);

/// Cohen's kappa, [`ConfusionMatrix::kappa`], of `C` classes: accuracy beyond chance. `None` if there is nothing beyond
/// chance, as all samples are of one class and were predicted so; otherwise as [`MacroF1`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Kappa<const C: usize, D = Argmax>(pub D);

/// The F1 of class 1 of two, the positive one: `ConfusionMatrix::f1(1)`. `BinaryF1(Threshold)` for one sigmoid output,
/// `BinaryF1(Argmax)` for two outputs. `None` if class 1 neither occurs nor is predicted; otherwise as [`MacroF1`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BinaryF1<D = Argmax>(pub D);

/// The actual and the predicted class.
fn classes<Y: Shape, const C: usize>(
    decision: &impl Decision<Y::Scalar>,
    target: &Y,
    outputs: &Y,
) -> Option<(usize, Option<usize>)> {
    const { assert!(Y::LENGTH <= C, "a class per output: `MacroF1::<10>(Argmax)` for ten outputs") };
    let below = |class: &usize| *class < C;
    let actual = decision.class(target.flat()).filter(below)?;
    Some((actual, decision.class(outputs.flat()).filter(below)))
}

/// The class of an entry that stands for none.
const NONE: u8 = u8::MAX;

impl<const C: usize, N: super::count::Count> ConfusionMatrix<C, N> {
    fn count(&mut self, actual: usize, predicted: Option<usize>) {
        if !self.record(actual, predicted) {
            self.record_undecided(actual);
        }
    }

    fn count_entry(&mut self, [actual, predicted]: [u8; 2]) {
        self.count(actual.into(), (predicted != NONE).then_some(predicted.into()));
    }
}

macro_rules! of_matrix {
    ($metric:ident [$(const $class:ident)?] $C:expr, $matrix:ident => $value:expr) => {
        impl<T: Scalar, Y: Shape<Scalar = T>, $(const $class: usize,)? D: Decision<T>> Metric<T, Y>
            for $metric<$($class,)? D>
        {
            type State = ConfusionMatrix<{ $C }>;

            fn record(&self, state: &mut Self::State, target: &Y, outputs: &Y) {
                if let Some((actual, predicted)) = classes::<Y, { $C }>(&self.0, target, outputs) {
                    state.count(actual, predicted);
                }
            }

            fn value(&self, $matrix: &Self::State) -> Option<T> {
                $value.map(T::from_f32)
            }
        }

        impl<Y: Shape, $(const $class: usize,)? D: Decision<Y::Scalar>> Streaming<Y> for $metric<$($class,)? D> {
            /// The actual and the predicted class; 255 is none.
            type Entry = [u8; 2];
            type Faded = ConfusionMatrix<{ $C }, Y::Scalar>;

            fn entry(&self, target: &Y, outputs: &Y) -> Option<[u8; 2]> {
                const { assert!($C <= 255, "an entry distinguishes up to 255 classes") };
                let (actual, predicted) = classes::<Y, { $C }>(&self.0, target, outputs)?;
                let predicted = predicted.and_then(|class| u8::try_from(class).ok()).unwrap_or(NONE);
                Some([u8::try_from(actual).ok()?, predicted])
            }

            fn add(&self, state: &mut Self::State, &entry: &[u8; 2]) {
                state.count_entry(entry);
            }

            fn fade(&self, faded: &mut Self::Faded, factor: Y::Scalar, &entry: &[u8; 2]) {
                faded.fade(factor);
                faded.count_entry(entry);
            }

            fn faded_value(&self, $matrix: &Self::Faded) -> Option<Y::Scalar> {
                $value
            }
        }
    };
}
of_matrix!(MacroF1[const C] C, matrix => matrix.macro_f1());
of_matrix!(Kappa[const C] C, matrix => matrix.kappa());
of_matrix!(BinaryF1[] 2, matrix => matrix.f1(1));

metric!(MacroF1[C], "macro f1");
metric!(Kappa[C], "kappa");
metric!(BinaryF1[], "binary f1");
