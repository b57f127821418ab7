//! Scores chosen by type: accuracies by the largest output, by threshold and by sign, and errors of a regression.

use downhill::fit::{Data, Epoch, Score, epoch, evaluate};
use downhill::init::{Generator, Random};
use downhill::loss::Loss;
use downhill::metrics::{Argmax, ConfusionMatrix, Decision, MeanAbsoluteError, Metric, R2, Sign, Threshold};
use downhill::schedule::Constant;
use downhill::{
    BinaryCrossEntropy, Dense, Fit, Identity, Layer, Sgd, Shape, SquaredError, Tanh, Trainer, Zero, encode,
};
use std::ops::ControlFlow::Continue;

#[test]
fn a_class_needs_numbers() {
    const NAN: f32 = f32::NAN;
    assert_eq!(encode::class(&[NAN, 0.1, 0.9]), None);
    assert_eq!(encode::class(&[0.1, NAN, 0.9]), None);
    assert_eq!(encode::class(&[0.1, 0.9, NAN]), None);
    assert_eq!(encode::class::<f32>(&[]), None);
    assert_eq!(encode::class(&[0.9_f32]), None);
    assert_eq!(encode::class(&[0.1, 0.9, 0.2]), Some(1));
    assert_eq!(encode::class(&[0.3, 0.3]), Some(0));
    assert_eq!(encode::class(&[0.0, f64::INFINITY, -1.0]), Some(1));
    assert_eq!(encode::class(&[f32::NEG_INFINITY, -3e38]), Some(1));
    // By level.
    let by_level = |y: &[f32]| (Threshold.class(y), Sign.class(y));
    assert_eq!(by_level(&[0.5]), (Some(0), Some(1)));
    assert_eq!(by_level(&[0.6]), (Some(1), Some(1)));
    assert_eq!(by_level(&[-0.1]), (Some(0), Some(0)));
    assert_eq!(by_level(&[0.0]), (Some(0), Some(0)));
    assert_eq!(by_level(&[NAN]), (None, None));
    assert_eq!(by_level(&[]), (None, None));
    assert_eq!(by_level(&[0.6, 0.6]), (None, None));
}

#[test]
fn one_output_tells_two_classes_apart() {
    assert_eq!(encode::targets(0), Some([0.01_f32]));
    assert_eq!(encode::targets(1), Some([0.99_f32]));
    assert_eq!(encode::targets::<f32, 1>(2), None);
    assert_eq!(encode::one_hot(0), Some([0.0_f32]));
    assert_eq!(encode::one_hot(1), Some([1.0_f32]));
    assert_eq!(encode::one_hot::<f32, 1>(2), None);
    assert_eq!(encode::smoothed(0, 0.5), Some([0.25_f32]));
    assert_eq!(encode::smoothed(1, 0.5), Some([0.75_f32]));
    // Two outputs, and none.
    assert_eq!(encode::smoothed(1, 0.5), Some([0.25_f32, 0.75]));
    assert_eq!(encode::one_hot(0), Some([1.0_f32, 0.0]));
    assert_eq!(encode::one_hot::<f32, 2>(2), None);
    assert_eq!(encode::one_hot::<f32, 0>(0), None);
}

/// Points of which those right of a line are of class 1, and a few are on the wrong side.
fn halves<const C: usize>(encode: impl Fn(usize) -> [f32; C]) -> Vec<([f32; 2], [f32; C])> {
    let mut random = Generator::new(5);
    (0..400)
        .map(|_| {
            let [x, y, noise] = std::array::from_fn(|_| random.signed_unit());
            ([x, y], encode(usize::from(x + 0.3 * y + 0.15 * noise > 0.2)))
        })
        .collect()
}

/// Learns the halves, and counts. Returns the matrix, and the accuracy as a fit and as `evaluate` say it.
fn learnt<N, L, D>(decision: D, samples: &[([f32; 2], N::Output)]) -> (ConfusionMatrix<2>, [Option<f32>; 2])
where
    N: Layer<Scalar = f32, Input = [f32; 2]> + Zero + Copy,
    L: Loss,
    D: Decision<f32> + Metric<f32, N::Output> + Copy,
{
    let mut trainer = Trainer::<N, L, Sgd>::with_network(N::ZERO, Sgd::new(0.1));
    let fit = Fit::new(20, Constant(0.1)).measured_by(decision);
    let none: &[([f32; 2], N::Output)] = &[];
    let mut last = None;
    let on_epoch = |_: &mut _, epoch: &Epoch<f32, Score>| {
        last = Some(epoch.validation);
        Continue(())
    };
    fit.run(&mut trainer, Data::new(samples).validated_on(samples), on_epoch).unwrap();
    assert_eq!(evaluate(&mut trainer, none, decision), Ok(None));
    let score = evaluate(&mut trainer, samples, decision).unwrap().unwrap();
    let mut matrix = ConfusionMatrix::<2>::new();
    for (x, target) in samples {
        assert!(matrix.record_by(decision, target.flat(), trainer.predict(x).flat()));
    }
    println!("{matrix:?} {score:?}");
    (matrix, [last.unwrap().metric, score.metric])
}

/// A classifier with one output had a matrix of [[400, 0], [0, 0]].
#[test]
fn one_output_and_two_have_the_same_matrix() {
    type Linear<A, const C: usize> = Dense<2, C, A>;
    let one = learnt::<Dense<2, 1>, BinaryCrossEntropy, _>(Threshold, &halves(|class| encode::one_hot(class).unwrap()));
    let sign = learnt::<Linear<Tanh, 1>, SquaredError, _>(Sign, &halves(|class| [[-0.9], [0.9]][class]));
    let two = learnt::<Dense<2, 2>, BinaryCrossEntropy, _>(Argmax, &halves(|class| encode::one_hot(class).unwrap()));
    for (matrix, scores) in [one, sign, two] {
        let [[a, b], [c, d]] = matrix.counts;
        assert!(a > 150 && d > 100 && b > 0 && c > 0, "{matrix:?}");
        assert_eq!(matrix.total(), 400);
        let accuracy = matrix.accuracy();
        assert!(accuracy > Some(0.94), "{accuracy:?}");
        assert_eq!(scores, [accuracy; 2]);
    }
    // Zeros and ones of the one are the ones and zeros of the second of two.
    assert_eq!(one.0, two.0);
}

#[test]
fn a_matrix_counts_decisions_alone() {
    let mut matrix = ConfusionMatrix::<2>::new();
    assert!(matrix.record_by(Threshold, &[0.0], &[0.9]));
    assert!(matrix.record(1, encode::class(&[0.2, 0.7])));
    assert!(matrix.record(1, 0));
    assert!(!matrix.record_by(Threshold, &[0.0], &[f32::NAN]));
    assert!(!matrix.record_by(Threshold, &[f32::NAN], &[0.0]));
    assert!(!matrix.record_by(Argmax, &[0.0], &[0.9]));
    assert!(!matrix.record_by(Argmax, &[0.0, 0.1, 0.9], &[0.0, 0.1, 0.9]));
    assert!(!matrix.record(1, encode::class(&[0.2, f32::NAN])));
    assert!(!matrix.record(1, None));
    assert_eq!(matrix.counts, [[0, 1], [1, 1]]);
}

/// What a metric says of some samples.
#[allow(clippy::needless_pass_by_value)]
fn metric<T: downhill::Scalar, M: Metric<T, [T; C]>, const C: usize>(metric: M, samples: &[[[T; C]; 2]]) -> Option<T> {
    let mut state = M::State::ZERO;
    for [target, outputs] in samples {
        metric.record(&mut state, target, outputs);
    }
    metric.value(&state)
}

#[test]
fn labels_are_counted_one_by_one() {
    let labels = [[[0.0, 1.0, 1.0], [0.4, 0.6, 0.3]], [[1.0, 0.0, 0.0], [0.51, 0.49, 0.5]]];
    assert_eq!(metric(Threshold, &labels), Some(5.0 / 6.0));
    assert_eq!(metric(Argmax, &labels), Some(1.0));
    let signs = [[[-0.9, 0.9], [-0.1, -0.2]], [[0.9, -0.9], [0.3, 0.4]]];
    assert_eq!(metric(Sign, &signs), Some(0.5));
    assert_eq!(metric(Threshold, &signs), Some(0.5));
    assert_eq!(metric(Argmax, &signs), Some(0.0));
    // NaN is on no side, and never right.
    assert_eq!(metric(Threshold, &[[[0.0], [f32::NAN]], [[0.0], [0.1]]]), Some(0.5));
    assert_eq!(metric(Argmax, &[[[1.0, 0.0], [f32::NAN, 0.0]], [[0.0, 1.0], [0.1, 0.2]]]), Some(0.5));
    // Nothing to decide.
    assert_eq!(metric(Argmax, &[[[1.0_f32], [1.0]]]), None);
    assert_eq!(metric::<f32, _, 2>(Argmax, &[]), None);
    assert_eq!(metric::<f32, _, 2>(Threshold, &[]), None);
    assert_eq!(metric::<f32, _, 2>(Sign, &[]), None);
}

fn close(value: Option<f64>, expected: f64) {
    assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?}, not {expected}");
}

/// The values are those of scikit-learn's `r2_score` and `mean_absolute_error` (its documentation's examples).
#[test]
fn errors_of_a_regression() {
    let one = [[[3.0], [2.5]], [[-0.5], [0.0]], [[2.0], [2.0]], [[7.0], [8.0]]];
    close(metric(R2, &one), 0.948_608_137_044_967_9);
    close(metric(MeanAbsoluteError, &one), 0.5);
    let two = [[[0.5, 1.0], [0.0, 2.0]], [[-1.0, 1.0], [-1.0, 2.0]], [[7.0, -6.0], [8.0, -5.0]]];
    // By hand: 1 - 1.25 / 36.1666..., and 1 - 3 / 32.6666...
    close(metric(R2, &two), (2.0 - 1.25 / (217.0 / 6.0) - 3.0 / (98.0 / 3.0)) / 2.0);
    close(metric(MeanAbsoluteError, &two), 0.75);
    // As good as the mean of the targets, and worse.
    close(metric(R2, &[[[1.0], [2.0]], [[2.0], [2.0]], [[3.0], [2.0]]]), 0.0);
    close(metric(R2, &[[[1.0], [3.0]], [[2.0], [2.0]], [[3.0], [1.0]]]), -3.0);
    // Targets that are all equal.
    close(metric(R2, &[[[1.0], [1.0]], [[1.0], [1.0]]]), 1.0);
    close(metric(R2, &[[[1.0], [1.0]], [[1.0], [1.5]]]), 0.0);
    assert_eq!(metric(R2, &[[[1.0_f64], [1.0]]]), None);
    assert_eq!(metric::<f64, _, 1>(R2, &[]), None);
    assert_eq!(metric::<f64, _, 1>(MeanAbsoluteError, &[]), None);
}

/// Far from 0, where sums of squares would cancel, and over many samples.
#[test]
fn a_regression_far_from_zero() {
    let samples: Vec<[[f32; 1]; 2]> = (0..200_000_u32)
        .map(|i| {
            let target = 1000.0 + f32::from(u16::try_from(i * 31 % 1000).unwrap()) / 500.0;
            [[target], [target + if i % 2 == 0 { 0.25 } else { -0.125 }]]
        })
        .collect();
    let count = 200_000.0;
    let mean = samples.iter().map(|[[t], _]| f64::from(*t)).sum::<f64>() / count;
    let variation: f64 = samples.iter().map(|[[t], _]| (f64::from(*t) - mean).powi(2)).sum();
    let errors: f64 = samples.iter().map(|[[t], [y]]| (f64::from(*y) - f64::from(*t)).powi(2)).sum();
    let absolute: f64 = samples.iter().map(|[[t], [y]]| (f64::from(*y) - f64::from(*t)).abs()).sum();
    let r2 = f64::from(metric(R2, &samples).unwrap());
    println!("r2 {r2}, right {}", 1.0 - errors / variation);
    assert!((r2 / (1.0 - errors / variation) - 1.0).abs() < 1e-6);
    let mae = f64::from(metric(MeanAbsoluteError, &samples).unwrap());
    assert!((mae / (absolute / count) - 1.0).abs() < 1e-6);
}

type Flat = Trainer<Dense<1, 1, Identity>, SquaredError, Sgd>;

/// Losses t^2 / 2 of a network that always says 0.
fn flat() -> Flat {
    Trainer::with_network(Dense::ZERO, Sgd::new(1e-30))
}

/// A plain sum is off by 1e-4 after 100,000 samples. A million of them: in `src/sum.rs`.
#[test]
fn means_are_exact() {
    for (kind, base, spread, n) in [
        ("equal", 0.3, 0.0, 100_000_u32),
        ("small and large", 0.01, 30.0, 100_000),
        ("of both signs", -0.3, 0.61, 60_000),
        ("few", 0.5, 1.0, 1_000),
    ] {
        let samples = || {
            (0..n).map(|i| {
                let part = f32::from(u16::try_from(u64::from(i) * 7919 % 1000).unwrap()) / 1000.0;
                ([0.0], [base + spread * part * part * part])
            })
        };
        let losses = || samples().map(|([_], [t])| 0.5 * (t * t));
        let right = losses().map(f64::from).sum::<f64>() / f64::from(n);
        let off = |mean: f32| f64::from(mean) / right - 1.0;
        #[allow(clippy::cast_precision_loss)]
        let plain = off(losses().sum::<f32>() / n as f32);
        let learnt = off(epoch(&mut flat(), samples()).unwrap());
        let samples: Vec<_> = samples().take(60_000).collect();
        let few = losses().take(60_000).map(f64::from).sum::<f64>() / f64::from(n.min(60_000));
        let score = evaluate(&mut flat(), &samples[..], MeanAbsoluteError).unwrap().unwrap();
        let measured = f64::from(score.loss) / few - 1.0;
        println!("{kind}, {n} losses: off by {learnt:.1e} and {measured:.1e}; a plain sum by {plain:.1e}");
        assert!(learnt.abs() < 2e-7 && measured.abs() < 2e-7);
    }
}

/// Where errors or variation can't be told, there is no R2.
#[test]
fn no_r2_without_numbers() {
    let r2 = |samples: &[(f32, f32)]| {
        let mut state = Zero::ZERO;
        for &(target, y) in samples {
            Metric::<f32, [f32; 1]>::record(&R2, &mut state, &[target], &[y]);
        }
        Metric::<f32, [f32; 1]>::value(&R2, &state)
    };
    assert_eq!(r2(&[(0.0, f32::NAN), (0.0, f32::NAN)]), None);
    assert_eq!(r2(&[(0.0, 1e20), (0.0, 2e20)]), None);
    assert_eq!(r2(&[(0.0, 5e19), (1e20, 5e19)]), None);
    assert_eq!(r2(&[(0.0, 1e-23), (1e-23, 0.0)]), None);
    assert_eq!(r2(&[(0.0, 0.0), (1.0, 1.0)]), Some(1.0));
}
