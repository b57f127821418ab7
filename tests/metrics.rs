//! Metrics of `data/metrics`, which scikit-learn computed: over all samples, over the last ones, and with the past fading.

use downhill::fit::evaluate;
use downhill::metrics::{
    Argmax, BinaryF1, ConfusionMatrix, Fading, Kappa, LabelMacroF1, LabelMicroF1, LogLoss, MacroF1, MeanAbsoluteError,
    MeanSquaredError, Metric, Overall, R2, RootMeanSquaredError, Streaming, SubsetAccuracy, Threshold, Windowed,
};
use downhill::{Dense, Identity, Scalar, Sgd, SquaredError, Trainer, Zero};

const REFERENCE: &str = include_str!("data/metrics/reference.txt");

/// The settings of `data/metrics/generate.py`.
const WINDOW: usize = 40;
const FACTOR: f64 = 0.9;

fn numbers<T: Scalar + std::str::FromStr<Err: std::fmt::Debug>, const N: usize>(text: &str) -> [T; N] {
    let numbers: Vec<T> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// The rows that begin so, without their beginning.
fn rows(beginning: &str) -> impl Iterator<Item = &'static str> {
    REFERENCE.lines().filter_map(move |line| line.strip_prefix(beginning))
}

trait Real: Scalar + std::str::FromStr<Err: std::fmt::Debug> + Into<f64> {
    fn nearest(value: f64) -> Self;
}

impl Real for f64 {
    fn nearest(value: f64) -> Self {
        value
    }
}

impl Real for f32 {
    #[allow(clippy::cast_possible_truncation)]
    fn nearest(value: f64) -> Self {
        value as f32
    }
}

/// Compares a metric with the rows of `name`: over all samples, in windows, and faded. Returns how many there were.
fn check<T: Real, M, const O: usize>(kind: &str, name: &str, metric: M, tolerance: f64)
where
    M: Streaming<[T; O]> + Copy,
{
    let samples: Vec<[[T; O]; 2]> = (rows(&format!("sample {kind}: ")))
        .map(|row| row.split_once("; ").map(|(target, outputs)| [numbers(target), numbers(outputs)]).unwrap())
        .collect();
    let mut found = [0; 3];
    for row in rows(&format!("value {kind} {name} ")) {
        let (place, expected) = row.split_once(": ").unwrap();
        let (over, at) = place.split_once(' ').unwrap();
        let expected: f64 = expected.parse().unwrap();
        let samples = &samples[..at.parse().unwrap()];
        let mut all = Overall::new(metric);
        let mut last = Windowed::<_, _, WINDOW>::new(metric);
        let mut faded = Fading::new(T::nearest(FACTOR), metric);
        let mut state = <M as Metric<T, [T; O]>>::State::ZERO;
        for [target, outputs] in samples {
            assert!(all.record(target, outputs) && last.record(target, outputs) && faded.record(target, outputs));
            metric.record(&mut state, target, outputs);
        }
        assert_eq!(last.len(), samples.len().min(WINDOW));
        let kinds = ["all", "last", "faded"];
        let which = kinds.iter().position(|&name| name == over).unwrap();
        found[which] += 1;
        let value = [all.value(), last.value(), faded.value()][which];
        let close = |value: Option<T>| {
            value.map_or(expected.is_nan(), |value| {
                (value.into() - expected).abs() <= tolerance * expected.abs().max(1.0)
            })
        };
        assert!(close(value), "{kind} {name} {over} {at}: {value:?}, not {expected}");
        // `fit::evaluate` calls the metric so.
        assert!(which > 0 || close(metric.value(&state)), "{kind} {name} {at}");
    }
    assert_eq!(found, [9; 3], "{kind} {name}");
}

/// Whole counts are divided in `f32`.
const RATIO: f64 = 1e-7;
const DOUBLE: f64 = 1e-12;
const SINGLE: f64 = 2e-6;

#[test]
fn classes_as_scikit_learn() {
    check::<f64, _, 5>("classes", "accuracy", Argmax, DOUBLE);
    check::<f64, _, 5>("classes", "macro_f1", MacroF1::<5>(Argmax), RATIO);
    check::<f64, _, 5>("classes", "kappa", Kappa::<5>(Argmax), RATIO);
    check::<f64, _, 5>("classes", "log_loss", LogLoss, DOUBLE);
    check::<f32, _, 5>("classes", "accuracy", Argmax, SINGLE);
    check::<f32, _, 5>("classes", "macro_f1", MacroF1::<5>(Argmax), SINGLE);
    check::<f32, _, 5>("classes", "kappa", Kappa::<5>(Argmax), SINGLE);
    check::<f32, _, 5>("classes", "log_loss_single", LogLoss, SINGLE);
}

#[test]
fn one_output_as_scikit_learn() {
    check::<f64, _, 1>("binary", "accuracy", Threshold, DOUBLE);
    check::<f64, _, 1>("binary", "binary_f1", BinaryF1(Threshold), RATIO);
    check::<f64, _, 1>("binary", "macro_f1", MacroF1::<2, _>(Threshold), RATIO);
    check::<f64, _, 1>("binary", "kappa", Kappa::<2, _>(Threshold), RATIO);
    check::<f64, _, 1>("binary", "log_loss", LogLoss, DOUBLE);
    check::<f32, _, 1>("binary", "binary_f1", BinaryF1(Threshold), SINGLE);
    check::<f32, _, 1>("binary", "macro_f1", MacroF1::<2, _>(Threshold), SINGLE);
}

#[test]
fn labels_as_scikit_learn() {
    check::<f64, _, 6>("labels", "subset", SubsetAccuracy(Threshold), DOUBLE);
    check::<f64, _, 6>("labels", "hamming", Threshold, DOUBLE);
    check::<f64, _, 6>("labels", "macro_f1", LabelMacroF1(Threshold), RATIO);
    check::<f64, _, 6>("labels", "micro_f1", LabelMicroF1(Threshold), RATIO);
    check::<f32, _, 6>("labels", "hamming", Threshold, SINGLE);
    check::<f32, _, 6>("labels", "macro_f1", LabelMacroF1(Threshold), SINGLE);
}

#[test]
fn regression_as_scikit_learn() {
    check::<f64, _, 2>("regression", "mae", MeanAbsoluteError, DOUBLE);
    check::<f64, _, 2>("regression", "mse", MeanSquaredError, DOUBLE);
    check::<f64, _, 2>("regression", "rmse", RootMeanSquaredError, DOUBLE);
    check::<f64, _, 2>("regression", "r2", R2, DOUBLE);
    check::<f32, _, 2>("regression", "mae", MeanAbsoluteError, SINGLE);
    check::<f32, _, 2>("regression", "mse", MeanSquaredError, SINGLE);
    check::<f32, _, 2>("regression", "rmse", RootMeanSquaredError, SINGLE);
    check::<f32, _, 2>("regression", "r2", R2, SINGLE);
}

/// What `fit::evaluate` says of a network whose outputs are its inputs.
fn score(metric: impl Metric<f32, [f32; 2]>) -> Option<f32> {
    let network = Dense::<2, 2, Identity>::new([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]);
    let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
    let samples =
        [([0.9, 0.2], [1.0, 0.0]), ([0.4, 0.7], [1.0, 0.0]), ([0.1, 0.8], [0.0, 1.0]), ([0.7, 0.9], [1.0; 2])];
    evaluate(&mut trainer, &samples, metric).unwrap().unwrap().metric
}

#[test]
fn evaluated() {
    // Classes: 0 as 0, 0 as 1, 1 as 1, and 0 (the first of equal targets) as 1.
    close(score(MacroF1::<2>(Argmax)), f64::midpoint(2.0 / 4.0, 2.0 / 4.0));
    close(score(BinaryF1(Argmax)), 0.5);
    close(score(Kappa::<2>(Argmax)), 1.0 - 0.5 / (1.0 - (3.0 + 3.0) / 16.0));
    close(score(SubsetAccuracy(Threshold)), 0.75);
    close(score(Threshold), 6.0 / 8.0);
    close(score(LabelMicroF1(Threshold)), 8.0 / 10.0);
    close(score(MeanSquaredError), 1.05 / 8.0);
    close(score(RootMeanSquaredError), (1.05_f64 / 8.0).sqrt());
}

/// Probabilities are clipped to 2^-23 and 1 - 2^-23.
#[test]
fn log_loss_is_finite() {
    let loss = |target: [f32; 2], y: [f32; 2]| {
        let mut loss = Overall::new(LogLoss);
        assert!(loss.record(&target, &y));
        loss.value().unwrap()
    };
    let (least, most) = (1.192_093e-7, 15.942_385);
    for y in [[1.0, 0.0], [2.0, -1.0], [f32::INFINITY, f32::NEG_INFINITY], [1.0 - 6e-8, 6e-8]] {
        assert!((loss([1.0, 0.0], y) / least - 1.0).abs() < 1e-6, "{y:?}");
        assert!((loss([0.0, 1.0], y) / most - 1.0).abs() < 1e-6, "{y:?}");
    }
    let mut one = Overall::new(LogLoss);
    assert!(one.record(&0.0, &1.0_f32));
    assert!((one.value().unwrap() / most - 1.0).abs() < 1e-6);
}

fn close(value: Option<f32>, expected: f64) {
    assert!((f64::from(value.unwrap()) - expected).abs() < 1e-7, "{value:?}, not {expected}");
}

#[test]
fn f1_and_kappa_of_a_matrix() {
    // F1: 2 right / (actual + predicted). Class 3 neither occurs nor is predicted.
    let matrix = ConfusionMatrix::from([[5, 1, 0, 0], [2, 3, 1, 0], [0, 0, 8, 0], [0, 0, 0, 0]]);
    close(matrix.f1(0), 10.0 / 13.0);
    close(matrix.f1(1), 6.0 / 10.0);
    close(matrix.f1(2), 16.0 / 17.0);
    assert_eq!((matrix.f1(3), matrix.f1(4)), (None, None));
    close(matrix.macro_f1(), (10.0 / 13.0 + 6.0 / 10.0 + 16.0 / 17.0) / 3.0);
    // By chance: (6 * 7 + 6 * 4 + 8 * 9) / 20^2.
    let chance = 138.0 / 400.0;
    close(matrix.kappa(), (16.0 / 20.0 - chance) / (1.0 - chance));
    // Predicted alone, and never right: it counts, as 0.
    let alone = ConfusionMatrix::from([[3, 1], [0, 0]]);
    assert_eq!(alone.f1(1), Some(0.0));
    close(alone.macro_f1(), 6.0 / 7.0 / 2.0);
    assert_eq!(alone.kappa(), Some(0.0));
    // Worse than chance.
    assert_eq!(ConfusionMatrix::from([[0, 2], [2, 0]]).kappa(), Some(-1.0));
    // One class, always right; nothing at all; no classes.
    let one = ConfusionMatrix::from([[9, 0], [0, 0]]);
    assert_eq!((one.kappa(), one.macro_f1(), one.f1(1)), (None, Some(1.0), None));
    let none = ConfusionMatrix::<2>::new();
    assert_eq!((none.kappa(), none.macro_f1(), none.f1(0), none.accuracy()), (None, None, None, None));
    let empty = ConfusionMatrix::<0>::new();
    assert_eq!((empty.kappa(), empty.macro_f1(), empty.accuracy()), (None, None, None));
    // One of a million is of another class, and seen: a difference of fractions would have lost it.
    close(ConfusionMatrix::from([[999_999, 0], [0, 1]]).kappa(), 1.0);
    let rare = ConfusionMatrix::from([[999_998, 1], [0, 1]]);
    let chance = (999_999.0 * 999_998.0 + 2.0) / 1e12;
    close(rare.kappa(), (0.999_999 - chance) / (1.0 - chance));
}

/// Samples without a prediction are wrong: what answers NaN does not score better.
#[test]
fn undecided_samples_are_wrong() {
    let mut matrix = ConfusionMatrix::from([[3, 1], [0, 4]]);
    assert!(matrix.record_undecided(0) && matrix.record_undecided(0));
    assert!(!matrix.record_undecided(2));
    assert_eq!((matrix.total(), matrix.correct(), matrix.undecided(0), matrix.undecided(1)), (10, 7, 2, 0));
    assert_eq!((matrix.accuracy(), matrix.recall(0), matrix.precision(0)), (Some(0.7), Some(0.5), Some(1.0)));
    close(matrix.f1(0), 6.0 / 9.0);
    // As with a third class that is predicted twice: (6 * 3 + 4 * 5) / 10^2.
    close(matrix.kappa(), (0.7 - 0.38) / (1.0 - 0.38));
    assert_eq!(ConfusionMatrix::from([[3, 1, 2], [0, 4, 0], [0, 0, 0]]).kappa(), matrix.kappa());
}

#[test]
fn counters_saturate() {
    let mut matrix = ConfusionMatrix::from([[u32::MAX, 0], [0, 0]]);
    assert!(matrix.record(0, 0) && matrix.record(1, 1) && matrix.record_undecided(1));
    assert_eq!(matrix.counts, [[u32::MAX, 0], [0, 1]]);
    assert_eq!(matrix.total(), u32::MAX);
    assert_eq!((matrix.accuracy(), matrix.recall(0), matrix.f1(0)), (Some(1.0), Some(1.0), Some(1.0)));
    let full = ConfusionMatrix::from([[u32::MAX; 2]; 2]);
    assert!(full.f1(0).unwrap() <= 1.0 && full.kappa().is_none_or(f32::is_finite));
}
