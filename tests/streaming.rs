//! Metrics of a stream: windows and fading against a computation anew, numbers that are none, and bytes.

use downhill::init::{Generator, Random};
use downhill::metrics::{
    Argmax, BinaryF1, ConfusionMatrix, Fading, Kappa, LabelMacroF1, LabelMicroF1, LogLoss, MacroF1, MeanAbsoluteError,
    MeanSquaredError, Metric, Overall, R2, RootMeanSquaredError, Sign, Streaming, SubsetAccuracy, Threshold, Windowed,
};
use downhill::{Shape, Storable, Zero, encode};

/// Targets and outputs of `O` numbers from -1 to 1, whose relation changes on the way.
fn stream<const O: usize>(seed: u32, length: u16) -> Vec<[[f32; O]; 2]> {
    let mut random = Generator::new(seed);
    (0..length)
        .map(|n| {
            let target: [f32; O] = std::array::from_fn(|_| random.signed_unit());
            let noise = if n < length / 2 { 0.2 } else { 0.9 };
            [target, target.map(|target| target + noise * random.signed_unit())]
        })
        .collect()
}

/// A window has what the metric says of its last samples, bit by bit; so no error is left from those before.
fn window<M, Y: Shape<Scalar = f32>, const N: usize>(metric: M, samples: &[[Y; 2]])
where
    M: Streaming<Y> + Copy,
{
    let mut window = Windowed::<M, Y, N>::new(metric);
    assert!(window.is_empty());
    for (n, [target, outputs]) in samples.iter().enumerate() {
        assert!(window.record(target, outputs));
        let mut again = Overall::new(metric);
        for [target, outputs] in &samples[(n + 1).saturating_sub(N)..=n] {
            again.record(target, outputs);
        }
        assert_eq!(window.len(), N.min(n + 1));
        assert_eq!(window.value().map(f32::to_bits), again.value().map(f32::to_bits), "{N} at {n}");
    }
}

fn windows<M, Y: Shape<Scalar = f32>>(metric: M, samples: &[[Y; 2]])
where
    M: Streaming<Y> + Copy,
{
    window::<M, Y, 1>(metric, samples);
    window::<M, Y, 2>(metric, samples);
    window::<M, Y, 7>(metric, samples);
    window::<M, Y, 50>(metric, samples);
    window::<M, Y, 1000>(metric, samples);
}

#[test]
fn a_window_is_its_last_samples() {
    let (one, three) = (stream::<1>(1, 200), stream::<3>(2, 200));
    windows(Argmax, &three);
    windows(Threshold, &three);
    windows(Sign, &one);
    windows(SubsetAccuracy(Sign), &three);
    windows(MacroF1::<3>(Argmax), &three);
    windows(Kappa::<3>(Argmax), &three);
    windows(BinaryF1(Sign), &one);
    windows(LabelMacroF1(Sign), &three);
    windows(LabelMicroF1(Threshold), &three);
    windows(LogLoss, &three);
    windows(MeanAbsoluteError, &one);
    windows(MeanSquaredError, &three);
    windows(RootMeanSquaredError, &three);
    windows(R2, &three);
}

/// Many large errors, then small ones: sums from which the large ones are subtracted would be off by 100 %.
#[test]
fn windows_do_not_drift() {
    let mut window = Windowed::<_, [f32; 1], 10>::new(MeanSquaredError);
    for n in 0..100_000_u32 {
        window.record(&[0.0], &[if n % 3 == 0 { 1e12 } else { 7e11 }]);
    }
    for _ in 0..10 {
        window.record(&[0.0], &[1e-3]);
    }
    assert!((window.value().unwrap() / 1e-6 - 1.0).abs() < 1e-6);
}

/// The weights of all samples, the last one's 1.
fn weights(factor: f64, count: usize) -> Vec<f64> {
    (0..count).map(|n| factor.powi(i32::try_from(count - 1 - n).unwrap())).collect()
}

/// Fading is a weighted metric: computed anew in `f64` from all samples, after each of them.
#[test]
fn fading_is_a_weighted_metric() {
    for (factor, single) in [(0.0, 0.0_f32), (0.5, 0.5), (0.9, 0.9), (0.99, 0.99), (0.998, 0.998), (1.0, 1.0)] {
        let factor = if factor > 0.0 { f64::from(single) } else { factor };
        let samples = stream::<3>(7, 600);
        let mut accuracy = Fading::new(single, Argmax);
        let mut labels = Fading::new(single, Sign);
        let mut matrix = Fading::new(single, MacroF1::<3>(Argmax));
        let mut mean = Fading::new(single, MeanSquaredError);
        let mut r2 = Fading::new(single, R2);
        let mut worst = [0.0_f64; 5];
        for (n, [target, outputs]) in samples.iter().enumerate() {
            for recorded in [
                accuracy.record(target, outputs),
                labels.record(target, outputs),
                matrix.record(target, outputs),
                mean.record(target, outputs),
                r2.record(target, outputs),
            ] {
                assert!(recorded);
            }
            let weights = weights(factor, n + 1);
            let all = || samples.iter().zip(&weights).map(|([target, y], weight)| (target, y, *weight));
            let total: f64 = weights.iter().sum();
            let weighted = |of: &dyn Fn(&[f32; 3], &[f32; 3]) -> f64| {
                all().map(|(target, y, weight)| weight * of(target, y)).sum::<f64>() / total
            };
            let right = weighted(&|target, y| f64::from(encode::class(target) == encode::class(y)));
            let sides =
                weighted(&|target, y| (0..3).map(|o| f64::from((target[o] > 0.0) == (y[o] > 0.0))).sum::<f64>() / 3.0);
            let square = |a: f32, b: f32| (f64::from(a) - f64::from(b)).powi(2);
            let squares = weighted(&|target, y| (0..3).map(|o| square(target[o], y[o])).sum::<f64>() / 3.0);
            let determination = (0..3)
                .map(|o| {
                    let middle = weighted(&|target, _| f64::from(target[o]));
                    let variation = weighted(&|target, _| (f64::from(target[o]) - middle).powi(2));
                    1.0 - weighted(&|target, y| square(target[o], y[o])) / variation
                })
                .sum::<f64>()
                / 3.0;
            let mut counts = [[0.0; 3]; 3];
            for (target, y, weight) in all() {
                counts[encode::class(target).unwrap()][encode::class(y).unwrap()] += weight;
            }
            let f1: Vec<f64> = (0..3)
                .map(|c| (counts[c][c], (0..3).map(|k| counts[c][k] + counts[k][c]).sum::<f64>()))
                .filter(|&(_, both)| both >= 1.0 / 1024.0)
                .map(|(right, both)| 2.0 * right / both)
                .collect();
            #[allow(clippy::cast_precision_loss)]
            let f1 = f1.iter().sum::<f64>() / f1.len() as f64;
            let mut off = |which: usize, value: Option<f32>, expected: f64| {
                let error = (f64::from(value.unwrap()) - expected).abs() / expected.abs().max(1.0);
                worst[which] = worst[which].max(error);
            };
            off(0, accuracy.value(), right);
            off(1, labels.value(), sides);
            off(2, matrix.value(), f1);
            off(3, mean.value(), squares);
            if n > 1 && factor > 0.0 {
                off(4, r2.value(), determination);
            } else if factor == 0.0 {
                assert_eq!(r2.value(), None);
            }
        }
        println!("factor {factor}: {worst:?}");
        assert!(worst[..4].iter().all(|&worst| worst < 4e-6) && worst[4] < 2e-5);
    }
}

/// Over many samples no error grows; it is that of sums over `1 / (1 - factor)` samples.
#[test]
fn fading_does_not_drift() {
    for factor in [0.9_f32, 0.999, 0.9999] {
        let mut accuracy = Fading::<_, [f32; 2]>::new(factor, Argmax);
        let mut kappa = Fading::<_, [f32; 2]>::new(factor, Kappa::<2>(Argmax));
        for n in 0..200_000_u32 {
            let target = if n % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] };
            let outputs = if n % 4 == 3 { [1.0, 0.0] } else { target };
            accuracy.record(&target, &outputs);
            kappa.record(&target, &outputs);
        }
        // The last sample is wrong, and so is every fourth before it.
        let factor = f64::from(factor);
        let right = 1.0 - (1.0 - factor) / (1.0 - factor.powi(4));
        for value in [accuracy.value(), kappa.faded().accuracy()] {
            let error = (f64::from(value.unwrap()) - right).abs();
            println!("factor {factor}: off by {error:.1e}");
            assert!(error < 1e-7 / (1.0 - factor));
        }
        assert!(kappa.value().is_some_and(|kappa| kappa > 0.3 && kappa < 0.6));
    }
}

#[test]
fn a_class_that_has_faded_is_gone() {
    let mut f1 = Fading::<_, [f32; 2]>::new(0.9, MacroF1::<2>(Argmax));
    f1.record(&[0.0, 1.0], &[1.0, 0.0]);
    // It counts as long as it weighs 2^-10: 0.9^65 is 0.00106, 0.9^66 is 0.00096.
    for samples in 1..100 {
        f1.record(&[1.0, 0.0], &[1.0, 0.0]);
        assert_eq!(f1.faded().f1(1), (samples <= 65).then_some(0.0), "{samples}");
        assert_eq!(f1.value().is_some_and(|f1| f1 < 0.51), samples <= 65, "{samples}");
    }
    let mut kappa = Fading::<_, [f32; 2]>::new(0.9, Kappa::<2>(Argmax));
    kappa.record(&[0.0, 1.0], &[0.0, 1.0]);
    for _ in 0..10_000 {
        kappa.record(&[1.0, 0.0], &[1.0, 0.0]);
    }
    assert_eq!(kappa.value(), None);
    assert_eq!(kappa.faded().recall(1), None);
    // All bits: nothing is subnormal.
    assert_eq!(kappa.faded().counts[1][1].to_bits(), 0);
}

/// What each way says after a sample that is `bad`, and after 20 right ones before and after it.
fn with<M, Y: Shape<Scalar = f32> + PartialEq>(
    metric: M,
    right: &[Y; 2],
    bad: &[Y; 2],
    counts: bool,
) -> [Option<f32>; 3]
where
    M: Streaming<Y> + Copy,
{
    let mut all = Overall::new(metric);
    let mut last = Windowed::<_, _, 64>::new(metric);
    let mut faded = Fading::new(0.9, metric);
    let [target, outputs] = right;
    for _ in 0..20 {
        assert!(all.record(target, outputs) && last.record(target, outputs) && faded.record(target, outputs));
    }
    let before = [all.value(), last.value(), faded.value()];
    for _ in 0..3 {
        let [target, outputs] = bad;
        assert_eq!(all.record(target, outputs), counts);
        assert_eq!(last.record(target, outputs), counts);
        assert_eq!(faded.record(target, outputs), counts);
    }
    let after = [all.value(), last.value(), faded.value()];
    assert_eq!(before == after, !counts);
    for _ in 0..500 {
        faded.record(target, outputs);
        last.record(target, outputs);
    }
    // It is forgotten.
    let close = |a: Option<f32>, b: Option<f32>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6,
        (a, b) => a == b,
    };
    assert!(close(last.value(), before[1]) && close(faded.value(), before[2]), "{:?} {before:?}", faded.value());
    after
}

const NAN: f32 = f32::NAN;
const INFINITY: f32 = f32::INFINITY;

#[test]
fn nan_as_an_answer_is_wrong() {
    let right = [[0.9, 0.1], [0.8, 0.2]];
    let wrong = [[0.9, 0.1], [0.2, 0.8]];
    let accuracy = with(Argmax, &right, &wrong, true);
    for nan in [[NAN, 0.2], [0.8, NAN], [NAN, NAN]] {
        let nan = [[0.9, 0.1], nan];
        assert_eq!(with(Argmax, &right, &nan, true), accuracy);
        assert_eq!(with(SubsetAccuracy(Threshold), &right, &nan, true), accuracy);
        // It is one of both that is wrong in F1: class 0 has 2 * 20 / (23 + 20).
        assert_eq!(with(MacroF1::<2>(Argmax), &right, &nan, true)[0], Some(40.0 / 43.0));
        assert_eq!(with(LabelMicroF1(Threshold), &right, &nan, true).map(|f1| f1 < Some(1.0)), [true; 3]);
        let [loss, ..] = with(LogLoss, &right, &nan, true);
        let expected = -(20.0 * 0.8_f64.ln() + 3.0 * f64::from(f32::EPSILON).ln()) / 23.0;
        assert!((f64::from(loss.unwrap()) - expected).abs() < 1e-6);
    }
    // Of each label by itself.
    let sides = [[[0.9, 0.1], [0.8, NAN]], [[0.9, 0.1], [0.8, 0.7]]].map(|bad| with(Threshold, &right, &bad, true));
    assert_eq!(sides[0], sides[1]);
    let labels = [[NAN, NAN], [0.1, 0.9]].map(|bad| with(LabelMacroF1(Threshold), &right, &[[0.9, 0.1], bad], true));
    assert_eq!(labels[0], labels[1]);
    // Infinite outputs are numbers to a decision.
    assert_eq!(with(Argmax, &right, &[[0.9, 0.1], [-INFINITY, INFINITY]], true), accuracy);
    let [low, ..] = with(LogLoss, &[[1.0], [0.8]], &[[1.0], [-INFINITY]], true);
    assert_eq!(low, with(LogLoss, &[[1.0], [0.8]], &[[1.0], [0.0]], true)[0]);
}

/// A target that is no number says nothing; and an error of a regression that is no number has no mean.
#[test]
fn what_cannot_be_counted_changes_nothing() {
    let right = [[0.9, 0.1], [0.8, 0.2]];
    for target in [[NAN, 0.1], [NAN, NAN]] {
        let bad = [target, [0.2, 0.8]];
        with(Argmax, &right, &bad, false);
        with(MacroF1::<2>(Argmax), &right, &bad, false);
        with(Kappa::<2>(Argmax), &right, &bad, false);
        with(SubsetAccuracy(Threshold), &right, &bad, false);
        with(LabelMacroF1(Threshold), &right, &bad, false);
        with(LogLoss, &right, &bad, false);
        with(MeanAbsoluteError, &right, &bad, false);
    }
    let right = [[0.5], [0.25]];
    for number in [NAN, INFINITY, -INFINITY, f32::MAX, 1e20] {
        for bad in [[[number], [0.5]], [[0.5], [number]]] {
            with(MeanAbsoluteError, &right, &bad, false);
            with(MeanSquaredError, &right, &bad, false);
            with(RootMeanSquaredError, &right, &bad, false);
            with(R2, &right, &bad, false);
        }
    }
    // As large as may be, for ever: all stays finite.
    for factor in [0.5, 0.999, 0.999_999_9] {
        let mut mean = Fading::<_, [f32; 8]>::new(factor, MeanSquaredError);
        let mut r2 = Fading::<_, [f32; 8]>::new(factor, R2);
        for n in 0..100_000 {
            let target = [if n % 2 == 0 { 1.1e15 } else { -1.1e15 }; 8];
            assert!(mean.record(&target, &target.map(|target| -target)) && r2.record(&target, &[1.1e15; 8]));
        }
        assert!(mean.value().is_some_and(f32::is_finite) && r2.value().is_some_and(f32::is_finite));
    }
}

/// What `fit::evaluate` calls keeps NaN, so that it can't be overlooked; the value is `None` then.
#[test]
fn sums_that_are_no_numbers_have_no_value() {
    fn value<M: Metric<f32, f32>>(metric: &M) -> Option<f32> {
        let mut state = M::State::ZERO;
        metric.record(&mut state, &0.5, &NAN);
        metric.record(&mut state, &0.5, &0.5);
        metric.value(&state)
    }
    assert_eq!(value(&MeanAbsoluteError), None);
    assert_eq!(value(&MeanSquaredError), None);
    assert_eq!(value(&RootMeanSquaredError), None);
}

#[test]
fn a_factor_that_is_none_records_nothing() {
    for factor in [NAN, INFINITY, -0.1, 1.1] {
        let mut accuracy = Fading::<_, [f32; 2]>::new(factor, Argmax);
        assert!(!accuracy.record(&[0.0, 1.0], &[0.0, 1.0]));
        assert_eq!(accuracy.value(), None);
    }
    // 0, that of a static that was not set, sees the last sample alone.
    let mut accuracy = Fading::<Argmax, [f32; 2]>::ZERO;
    assert_eq!(accuracy.value(), None);
    assert!(accuracy.record(&[0.0, 1.0], &[0.0, 1.0]));
    assert!(accuracy.record(&[0.0, 1.0], &[1.0, 0.0]));
    assert_eq!(accuracy.value(), Some(0.0));
}

/// Classes of which there is none.
#[test]
fn undefined_without_samples() {
    let argmax = Windowed::<_, [f32; 2], 4>::new(Argmax);
    assert_eq!((argmax.value(), argmax.len()), (None, 0));
    assert_eq!(Fading::<_, [f32; 2]>::new(0.9, LogLoss).value(), None);
    assert_eq!(Fading::<_, [f32; 2]>::new(0.9, R2).value(), None);
    assert_eq!(Overall::<_, [f32; 2]>::new(LabelMicroF1(Threshold)).value(), None);
    assert_eq!(Fading::<_, [f32; 2]>::new(0.9, RootMeanSquaredError).value(), None);
    // A label that neither occurs nor is predicted.
    let mut labels = Overall::new(LabelMacroF1(Threshold));
    labels.record(&[1.0, 0.0], &[0.9_f32, 0.1]);
    assert_eq!((labels.state().f1(0), labels.state().f1(1), labels.value()), (Some(1.0), None, Some(1.0)));
    labels.record(&[0.0, 0.0], &[0.1, 0.9]);
    assert_eq!((labels.state().f1(1), labels.value(), labels.state().f1(2)), (Some(0.0), Some(0.5), None));
    assert_eq!(labels.state().micro_f1(), Some(2.0 / 3.0));
}

fn bytes<S: Storable>(value: &S) -> Vec<u8> {
    let mut bytes = vec![0; S::SIZE];
    value.to_bytes(&mut bytes).unwrap();
    bytes
}

/// After half of the samples, what was read from the bytes goes on with the same bits.
macro_rules! goes_on {
    ($($new:expr, $zero:ty, $samples:expr;)*) => {
        $({
            let samples = $samples;
            let mut whole = $new;
            for [target, outputs] in &samples[..samples.len() / 2] {
                whole.record(target, outputs);
            }
            let mut resumed = <$zero>::ZERO;
            resumed.from_bytes(&bytes(&whole)).unwrap();
            assert_eq!(resumed, whole);
            for [target, outputs] in &samples[samples.len() / 2..] {
                assert_eq!(resumed.record(target, outputs), whole.record(target, outputs));
                assert_eq!(resumed.value().map(f32::to_bits), whole.value().map(f32::to_bits));
            }
            assert_eq!(bytes(&resumed), bytes(&whole));
            // Any bytes are read, and none panics.
            for byte in [0x01, 0x80, 0xFF] {
                resumed.from_bytes(&[byte; <$zero>::SIZE]).unwrap();
                for [target, outputs] in &samples {
                    resumed.record(target, outputs);
                    resumed.value();
                }
            }
        })*
    };
}

#[test]
fn bytes_go_on() {
    type Three = [f32; 3];
    let three = || stream::<3>(9, 60);
    goes_on! {
        Overall::new(Argmax), Overall<Argmax, Three>, three();
        Overall::new(Kappa::<3>(Argmax)), Overall<Kappa<3>, Three>, three();
        Overall::new(LabelMacroF1(Sign)), Overall<LabelMacroF1<Sign>, Three>, three();
        Overall::new(R2), Overall<R2, Three>, three();
        Overall::new(LogLoss), Overall<LogLoss, Three>, three();
        Windowed::new(MacroF1::<3>(Argmax)), Windowed<MacroF1<3>, Three, 20>, three();
        Windowed::new(Threshold), Windowed<Threshold, Three, 40>, three();
        Windowed::new(LabelMicroF1(Sign)), Windowed<LabelMicroF1<Sign>, Three, 7>, three();
        Windowed::new(R2), Windowed<R2, Three, 20>, three();
        Windowed::new(RootMeanSquaredError), Windowed<RootMeanSquaredError, Three, 20>, three();
        Fading::new(0.9, MacroF1::<3>(Argmax)), Fading<MacroF1<3>, Three>, three();
        Fading::new(0.9, SubsetAccuracy(Sign)), Fading<SubsetAccuracy<Sign>, Three>, three();
        Fading::new(0.9, LabelMicroF1(Sign)), Fading<LabelMicroF1<Sign>, Three>, three();
        Fading::new(0.9, R2), Fading<R2, Three>, three();
        Fading::new(0.9, MeanAbsoluteError), Fading<MeanAbsoluteError, Three>, three();
        Fading::new(0.9, BinaryF1(Sign)), Fading<BinaryF1<Sign>, [f32; 1]>, stream::<1>(9, 60);
    }
    let mut matrix = ConfusionMatrix::<2>::new();
    matrix.record(1, 0);
    matrix.record_undecided(0);
    let mut read = ConfusionMatrix::<2>::ZERO;
    read.from_bytes(&bytes(&matrix)).unwrap();
    assert_eq!(read, matrix);
    // Other metrics of the same bytes are told apart.
    let layouts = [
        Fading::<MacroF1<3>, Three>::LAYOUT,
        Fading::<Kappa<3>, Three>::LAYOUT,
        Overall::<MacroF1<3>, Three>::LAYOUT,
        Overall::<MeanAbsoluteError, Three>::LAYOUT,
        Overall::<MeanSquaredError, Three>::LAYOUT,
        Windowed::<MeanSquaredError, Three, 4>::LAYOUT,
    ];
    assert!(layouts.iter().enumerate().all(|(n, layout)| !layouts[..n].contains(layout)));
}

/// Whatever the bytes were, a window is its last samples again once it is full.
#[test]
fn a_window_of_any_bytes() {
    let samples = stream::<2>(11, 7);
    for byte in [0x03, 0x7F, 0x80, 0xFF] {
        let mut window = Windowed::<MeanSquaredError, [f32; 2], 7>::ZERO;
        window.from_bytes(&[byte; Windowed::<MeanSquaredError, [f32; 2], 7>::SIZE]).unwrap();
        let mut right = Windowed::<_, [f32; 2], 7>::new(MeanSquaredError);
        for [target, outputs] in &samples {
            assert!(window.record(target, outputs) && right.record(target, outputs));
        }
        assert_eq!(window.len(), 7);
        let off = window.value().unwrap() / right.value().unwrap() - 1.0;
        assert!(off.abs() < 1e-6, "{byte}: {off}");
    }
}

/// The bytes that the pages promise.
#[test]
fn sizes() {
    assert_eq!(size_of::<Fading<Argmax, [f32; 10]>>(), 12);
    assert_eq!(size_of::<Fading<MeanSquaredError, [f32; 10]>>(), 12);
    assert_eq!(size_of::<Fading<MacroF1<10>, [f32; 10]>>(), 4 + 4 * 10 * 11);
    assert_eq!(size_of::<Fading<R2, [f32; 2]>>(), 4 + 16 * 2);
    assert_eq!(size_of::<Fading<LabelMacroF1, [f32; 5]>>(), 4 + 12 * 5);
    assert_eq!(size_of::<Overall<Kappa<3>, [f32; 3]>>(), 4 * 3 * 4);
    assert_eq!(size_of::<Windowed<Argmax, [f32; 10], 1000>>(), 1008);
    assert_eq!(size_of::<Windowed<Kappa<10>, [f32; 10], 1000>>(), 2008);
    assert_eq!(size_of::<Windowed<Threshold, [f32; 10], 1000>>(), 2008);
    assert_eq!(size_of::<Windowed<MeanSquaredError, [f32; 10], 1000>>(), 4008);
    assert_eq!(size_of::<Windowed<LabelMacroF1, [f32; 10], 1000>>(), 8008);
    assert_eq!(size_of::<Windowed<R2, [f32; 2], 100>>(), 1608);
}

/// As firmware keeps them.
static MACRO_F1: Fading<MacroF1<10>, [f32; 10]> = Fading::new(0.999, MacroF1(Argmax));
static LAST: Windowed<Argmax, [f32; 10], 500> = Windowed::ZERO;

#[test]
fn statics() {
    assert_eq!((MACRO_F1.value(), LAST.value()), (None, None));
}
