//! Learning-rate schedules against the schedulers of `PyTorch` (`data/schedules`), and with parameters that make no
//! sense.

use std::fmt::Debug;
use std::path::Path;

use downhill::Scalar;
use downhill::optimizer::Optimizer;
use downhill::schedule::{Constant, Cosine, Exponential, Plateau, Schedule, StepDecay};
use downhill::{Batch, ClipNorm, Sgd, StepError};

/// Largest error of a rate, relative to the reference, in `f64`. Both sides round, in other orders.
const DOUBLE: f64 = 1e-12;

/// The same in `f32`, whose numbers are rounded by 6e-8: of a power, a few rounded factors, of which the squares double
/// their error.
const SINGLE: f64 = 1e-6;

/// The same for a cosine in `f32`. Near the end the cosine of an angle near a right one is small, and its error is the
/// angle's.
const SINGLE_COSINE: f64 = 2e-5;

/// A number type that reads the references, all parameters of which are exact in both.
trait Number: Scalar + Into<f64> {
    fn nearest(value: f64) -> Self;
}

impl Number for f32 {
    #[allow(clippy::cast_possible_truncation)]
    fn nearest(value: f64) -> Self {
        value as f32
    }
}

impl Number for f64 {
    fn nearest(value: f64) -> Self {
        value
    }
}

/// A schedule's name, parameters and rates.
struct Row {
    name: String,
    parameters: Vec<f64>,
    rates: Vec<f64>,
}

fn reference() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schedules/reference.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let numbers = |text: &str| text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let row = |line: &str| {
        let (schedule, rates) = line.split_once(':').unwrap();
        let (name, parameters) = schedule.split_once(' ').unwrap_or((schedule, ""));
        Row { name: name.into(), parameters: numbers(parameters), rates: numbers(rates) }
    };
    text.lines().map(row).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: f64) -> u32 {
    value as u32
}

/// Compares all rates of a schedule. Returns the largest error.
fn compare<T: Number>(mut schedule: impl Schedule<T>, row: &Row, losses: &[f64], tolerance: f64) -> f64 {
    let mut worst: f64 = 0.0;
    for (epoch, &reference) in (0..).zip(&row.rates) {
        let loss = losses.get((epoch as usize).wrapping_sub(1)).map(|&loss| T::nearest(loss));
        let rate: f64 = schedule.rate(epoch, loss).into();
        let error = if reference == 0.0 { rate.abs() } else { (rate / reference - 1.0).abs() };
        // The other way round, a NaN would pass.
        assert!(
            error <= tolerance,
            "{} {:?}: rate {rate} in epoch {epoch}, reference {reference}",
            row.name,
            row.parameters
        );
        worst = worst.max(error);
    }
    worst
}

/// All schedules of the reference in the number type `T`.
fn check<T: Number>(tolerance: f64, cosine_tolerance: f64) {
    let rows = reference();
    let losses = &rows.iter().find(|row| row.name == "losses").unwrap().rates;
    let mut seen = Vec::new();
    for row in &rows {
        let t = |index: usize| T::nearest(row.parameters[index]);
        let n = |index: usize| whole(row.parameters[index]);
        let worst = match row.name.as_str() {
            "constant" => compare(Constant(t(0)), row, losses, 0.0),
            "step" => compare(StepDecay::new(t(0), n(1), t(2)), row, losses, tolerance),
            "exponential" => compare(Exponential::new(t(0), t(1)), row, losses, tolerance),
            "cosine" => {
                let schedule = Cosine { rate: t(0), lowest: t(1), warmup: n(2), epochs: n(3) };
                compare(schedule, row, losses, cosine_tolerance)
            }
            "plateau" => {
                let mut schedule = Plateau::new(t(0), t(1), n(2));
                schedule.lowest = t(3);
                compare(schedule, row, losses, tolerance)
            }
            "losses" => continue,
            name => panic!("no schedule {name}"),
        };
        println!("{} {:?}: largest error {worst:.1e}", row.name, row.parameters);
        seen.push(row.name.as_str());
    }
    seen.dedup();
    assert_eq!(seen, ["constant", "step", "exponential", "cosine", "plateau"]);
}

#[test]
fn as_pytorch_in_f64() {
    check::<f64>(DOUBLE, DOUBLE);
}

#[test]
fn as_pytorch_in_f32() {
    check::<f32>(SINGLE, SINGLE_COSINE);
}

/// The bits of a few rates, the same on every machine.
#[test]
fn bits() {
    let mut cosine = Cosine { lowest: 0.001, warmup: 3, ..Cosine::new(0.3_f32, 40) };
    let mut exponential = Exponential::new(0.3_f32, 0.97);
    let rates = [cosine.rate(1, None), cosine.rate(22, None), cosine.rate(39, None), exponential.rate(39, None)];
    assert_eq!(rates.map(f32::to_bits), [0x3E19_999A, 0x3E13_9D60, 0x3AC9_AA08, 0x3DBB_4E11]);
}

#[test]
fn reach_the_optimizer() {
    let mut optimizer = Batch::<_, f32>::new(4, ClipNorm::new(1.0, Sgd::new(0.5)));
    optimizer.set_rate(StepDecay::new(0.5, 1, 0.5).rate(2, None));
    assert_eq!(optimizer.inner.inner.rate.to_bits(), 0.125_f32.to_bits());
}

#[test]
fn a_closure_is_a_schedule() {
    fn rate(mut schedule: impl Schedule<f32>, epoch: u32) -> u32 {
        schedule.rate(epoch, Some(1.0)).to_bits()
    }
    assert_eq!(rate(|epoch, _| if epoch < 3 { 0.5 } else { 0.25 }, 3), 0.25_f32.to_bits());
}

const EXTREMES: [u32; 6] = [0, 1, 2, 1000, u32::MAX - 1, u32::MAX];
const ODD: [f32; 7] = [0.0, -0.0, -1.0, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];

/// The rates of all extreme epochs, and that there is one for each.
fn rates<S: Schedule<f32> + Debug>(mut schedule: S) -> [f32; 6] {
    EXTREMES.map(|epoch| schedule.rate(epoch, Some(0.5)))
}

#[test]
fn periods_of_zero_count_as_one() {
    let zero = StepDecay::new(0.5_f32, 0, 0.75);
    assert_eq!(rates(zero).map(f32::to_bits), rates(StepDecay { period: 1, ..zero }).map(f32::to_bits));
}

#[test]
fn a_cosine_without_epochs_is_at_its_end() {
    for warmup in EXTREMES {
        let schedule = Cosine { lowest: 0.25, warmup, ..Cosine::new(0.5, 0) };
        assert_eq!(rates(schedule).map(f32::to_bits), [0.25_f32.to_bits(); 6]);
    }
}

#[test]
fn a_warmup_beyond_the_epochs_ends_with_them() {
    let mut schedule = Cosine { lowest: 0.0625, warmup: 7, ..Cosine::new(1.0_f32, 3) };
    let rates: Vec<f32> = (0..5).map(|epoch| schedule.rate(epoch, None)).collect();
    assert_eq!(rates, [0.125, 0.25, 0.375, 0.0625, 0.0625]);
    // As long as the training: all of it is warm-up.
    let mut schedule = Cosine { warmup: 3, ..Cosine::new(1.0_f32, 3) };
    assert_eq!((0..3).map(|epoch| schedule.rate(epoch, None)).collect::<Vec<f32>>(), [0.25, 0.5, 0.75]);
}

#[test]
fn nothing_panics() {
    for a in ODD {
        for b in ODD {
            for n in EXTREMES {
                rates(StepDecay::new(a, n, b));
                rates(Exponential::new(a, b));
                for m in EXTREMES {
                    rates(Cosine { rate: a, lowest: b, warmup: n, epochs: m });
                }
                let mut plateau = Plateau::new(a, b, n);
                plateau.lowest = b;
                for loss in ODD {
                    plateau.rate(n, Some(loss));
                }
            }
        }
    }
}

/// What is no rate is refused by the step, not by the schedule.
#[test]
fn the_step_refuses_what_is_no_rate() {
    for factor in [f32::NAN, f32::INFINITY, -1.0] {
        let mut optimizer = Sgd::new(0.5);
        optimizer.set_rate(Exponential::new(0.5, factor).rate(1, None));
        assert_eq!(optimizer.check(), Err(StepError::LearningRate));
    }
}

#[test]
fn a_plateau_ignores_losses_that_are_none() {
    let mut plateau = Plateau::new(1.0_f32, 0.5, 1);
    let rates: Vec<f32> = [Some(1.0), None, Some(f32::NAN), None, None, Some(f32::INFINITY), Some(2.0), Some(0.5)]
        .iter()
        .map(|&loss| plateau.rate(0, loss))
        .collect();
    // NaN and infinity are two epochs that are no better.
    assert_eq!(rates, [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5]);
}

/// A factor above 1 would raise the rate, and does not.
#[test]
fn a_plateau_never_rises() {
    for factor in [1.0, 2.0, f32::NAN] {
        let mut plateau = Plateau::new(0.5_f32, factor, 0);
        for _ in 0..5 {
            assert_eq!(plateau.rate(0, Some(1.0)).to_bits(), 0.5_f32.to_bits());
        }
    }
}

/// A rate that started above 0 stays above 0, at `lowest` where that is set.
#[test]
fn a_rate_never_falls_to_nothing() {
    let never = |name: &str, mut schedule: Box<dyn FnMut(u32) -> f32>, first: f32, last: f32| {
        let mut smallest = first;
        for epoch in (0..3000).chain([u32::MAX]) {
            let rate = schedule(epoch);
            assert!(rate > 0.0 && rate <= smallest, "{name}: {rate} in epoch {epoch}");
            smallest = rate;
        }
        assert_eq!(smallest.to_bits(), last.to_bits(), "{name}: ends at {smallest}");
    };
    let tiny = f32::MIN_POSITIVE;
    for (lowest, last) in [(0.0, tiny), (1e-40, tiny), (1e-3, 1e-3)] {
        let mut step = StepDecay { lowest, ..StepDecay::new(0.1, 2, 0.5) };
        never("step", Box::new(move |epoch| step.rate(epoch, None)), 0.1, last);
        let mut exponential = Exponential { lowest, ..Exponential::new(0.1, 0.9) };
        never("exponential", Box::new(move |epoch| exponential.rate(epoch, None)), 0.1, last);
        let mut nothing = Exponential { lowest, ..Exponential::new(0.1, 0.0) };
        never("times 0", Box::new(move |epoch| nothing.rate(epoch, None)), 0.1, last);
        let mut cosine = Cosine { lowest, ..Cosine::new(0.1, 100) };
        never("cosine", Box::new(move |epoch| cosine.rate(epoch, None)), 0.1, last);
        let mut plateau = Plateau::new(0.1, 0.1, 0);
        plateau.lowest = lowest;
        never("plateau", Box::new(move |epoch| plateau.rate(epoch, Some(1.0))), 0.1, last);
    }
    // In f64 as well, where the smallest rate is the same number.
    let rate = Exponential::new(0.1_f64, 0.9).rate(u32::MAX, None);
    assert_eq!(rate.to_bits(), f64::from(tiny).to_bits());
    // A warm-up may begin below the lowest rate.
    let mut warm = Cosine { lowest: 0.1, warmup: 9, ..Cosine::new(0.5_f32, 20) };
    assert_eq!(warm.rate(0, None).to_bits(), (0.5_f32 / 10.0).to_bits());
}

/// What never was a rate is not made one.
#[test]
fn a_mistake_is_not_a_smallest_rate() {
    let is_rate = |rate: f32| rate > 0.0;
    for rate in [0.0, -0.0, -1.0, f32::NAN] {
        assert!(!is_rate(StepDecay::new(rate, 1, 0.5).rate(3, None)), "{rate}");
        assert!(!is_rate(Exponential::new(rate, 0.5).rate(3, None)), "{rate}");
        assert!(!is_rate(Cosine::new(rate, 10).rate(3, None)), "{rate}");
        assert!(!is_rate(Cosine::new(rate, 10).rate(10, None)), "{rate}");
    }
    let mut plateau = Plateau::new(1.0_f32, -0.5, 0);
    plateau.rate(0, Some(1.0));
    assert!(plateau.rate(1, Some(1.0)) < 0.0);
}

/// A threshold that is relative to a negative loss has the magnitude of the loss.
#[test]
fn a_plateau_of_negative_losses() {
    let mut plateau = Plateau::new(1.0_f32, 0.1, 2);
    let rates: Vec<f32> = (0..7).map(|_| plateau.rate(0, Some(-1.0))).collect();
    assert_eq!(rates, [1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1 * 0.1]);
    // Falls by less than 1e-4 of the best do not count, falls by more do.
    let rates = |fall: f32| {
        let mut plateau = Plateau::new(1.0_f32, 0.5, 0);
        let mut loss = -1000.0;
        (0..4).map(|_| (plateau.rate(0, Some(loss)), loss *= 1.0 + fall).0).collect::<Vec<f32>>()
    };
    assert_eq!(rates(0.00025), [1.0; 4]);
    // Two falls of 4e-5 are not enough, three are.
    assert_eq!(rates(0.00004), [1.0, 0.5, 0.25, 0.25]);
    // From below 0 on, and from 0.
    let mut plateau = Plateau::new(1.0_f32, 0.5, 0);
    let seen: Vec<f32> = [1.0, 0.0, -1e-6, -1.0, -1.00005, -1.001].map(|loss| plateau.rate(0, Some(loss))).into();
    assert_eq!(seen, [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]);
}

/// A loss that is better by exactly the 10,000th part is no better.
#[test]
fn plateau_at_its_threshold() {
    let threshold = 1.0 - 1.0_f32 / 10_000.0;
    for (loss, rate) in [(threshold, 0.5), (threshold.next_down(), 1.0)] {
        let mut plateau = Plateau::new(1.0, 0.5, 0);
        plateau.rate(0, None);
        plateau.rate(1, Some(1.0));
        assert_eq!(plateau.rate(2, Some(loss)).to_bits(), f32::to_bits(rate), "{loss}");
    }
}
