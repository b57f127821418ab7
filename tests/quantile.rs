//! Estimates of quantiles lie where they should, whatever the numbers are.

use downhill::init::{Generator, Random};
use downhill::quantile::Quantile;
use downhill::{Scalar, Storable, Zero};

const PROBABILITIES: [f32; 7] = [0.0, 0.05, 0.25, 0.5, 0.9, 0.99, 1.0];

fn recorded<T: Scalar>(probability: T, numbers: &[T]) -> Quantile<T> {
    let mut quantile = Quantile::new(probability);
    for x in numbers {
        quantile.record(*x);
    }
    quantile
}

/// A uniform number above 0 and below 1.
fn unit(generator: &mut Generator) -> f32 {
    (generator.signed_unit() + 1.0) * 0.499_999 + 1e-6
}

/// The algorithm as it stands in the paper of Jain and Chlamtac.
struct Paper {
    p: f64,
    q: Vec<f64>,
    n: [f64; 5],
}

impl Paper {
    fn value(p: f64, numbers: &[f64]) -> f64 {
        let mut paper = Self { p, q: Vec::new(), n: [1.0, 2.0, 3.0, 4.0, 5.0] };
        for x in numbers {
            paper.record(*x);
        }
        paper.q[2]
    }

    fn record(&mut self, x: f64) {
        let Self { p, q, n } = self;
        if q.len() < 5 {
            q.push(x);
            q.sort_by(f64::total_cmp);
            return;
        }
        q[0] = q[0].min(x);
        q[4] = q[4].max(x);
        let cell = (0..4).rfind(|i| q[*i] <= x).unwrap();
        for rank in &mut n[cell + 1..] {
            *rank += 1.0;
        }
        let wanted = [*p / 2.0, *p, p.midpoint(1.0)].map(|p| 1.0 + (n[4] - 1.0) * p);
        for i in 1..4 {
            let off = wanted[i - 1] - n[i];
            if (off >= 1.0 && n[i + 1] - n[i] > 1.0) || (off <= -1.0 && n[i - 1] - n[i] < -1.0) {
                let d = off.signum();
                let parabola = q[i]
                    + d / (n[i + 1] - n[i - 1])
                        * ((n[i] - n[i - 1] + d) * (q[i + 1] - q[i]) / (n[i + 1] - n[i])
                            + (n[i + 1] - n[i] - d) * (q[i] - q[i - 1]) / (n[i] - n[i - 1]));
                let next = if d > 0.0 { i + 1 } else { i - 1 };
                q[i] = if q[i - 1] < parabola && parabola < q[i + 1] {
                    parabola
                } else {
                    q[i] + d * (q[next] - q[i]) / (n[next] - n[i])
                };
                n[i] += d;
            }
        }
    }
}

/// The observations and the result of the paper's worked example.
#[test]
fn the_reference_is_that_of_the_paper() {
    const NUMBERS: [f64; 20] = [
        0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,
        0.42, 0.09, 11.37,
    ];
    let value = Paper::value(0.5, &NUMBERS);
    assert!((value - 4.44).abs() < 0.005, "{value}");
}

/// Where no number is far outside, the estimate is that of the paper.
#[test]
fn as_in_the_paper() {
    let mut generator = Generator::new(6);
    for round in 0..50_u8 {
        let steps = if round % 2 == 0 { 1e6 } else { 8.0 };
        let mut numbers = vec![0.0, 1.0];
        numbers.extend((0..1000).map(|_| (f64::from(unit(&mut generator)).powi(3) * steps).round() / steps));
        for p in PROBABILITIES.map(f64::from) {
            let (found, expected) = (recorded(p, &numbers).value().unwrap(), Paper::value(p, &numbers));
            assert!((found - expected).abs() < 1e-9, "{p}: {found}, {expected}");
        }
    }
}

#[test]
fn the_first_five_are_exact() {
    let mut generator = Generator::new(1);
    for _ in 0..200 {
        let numbers: [f32; 5] = std::array::from_fn(|_| (generator.signed_unit() * 4.0).round());
        for n in 1..=5 {
            let mut sorted = numbers[..n].to_vec();
            sorted.sort_by(f32::total_cmp);
            for (probability, ranks) in [
                (0.0, [1; 5]),
                (0.25, [1, 1, 1, 1, 2]),
                (0.5, [1, 1, 2, 2, 3]),
                (0.75, [1, 2, 3, 3, 4]),
                (0.99, [1, 2, 3, 4, 5]),
                (1.0, [1, 2, 3, 4, 5]),
            ] {
                let value = recorded(probability, &numbers[..n]).value();
                assert_eq!(value, Some(sorted[ranks[n - 1] - 1]), "{probability} of {sorted:?}");
            }
        }
    }
    assert_eq!(Quantile::new(0.5_f32).value(), None);
}

/// The fraction of all numbers below the estimate differs from the probability by little.
#[test]
fn near_the_exact_quantile() {
    let mut generator = Generator::new(2);
    let mut draw = |distribution: &str| -> Vec<f32> {
        let mut number = || {
            let u = unit(&mut generator);
            match distribution {
                "uniform" => u,
                "normal" => (0..12).map(|_| generator.signed_unit()).sum(),
                "exponential" => -u.ln(),
                "heavy tail" => 1.0 / (1.0 - u),
                "two humps" => generator.signed_unit() + if u < 0.3 { 10.0 } else { 0.0 },
                _ => (u * 6.0).floor(),
            }
        };
        (0..20_000).map(|_| number()).collect()
    };
    for distribution in ["uniform", "normal", "exponential", "heavy tail", "two humps", "dice"] {
        let numbers = draw(distribution);
        for probability in &PROBABILITIES[1..6] {
            let value = recorded(*probability, &numbers).value().unwrap();
            // Of equal numbers, half count as below. A die's numbers are each a sixth of all; the estimate may lie between two.
            let below =
                numbers.iter().filter(|x| **x < value).count() + numbers.iter().filter(|x| **x <= value).count();
            #[allow(clippy::cast_precision_loss)]
            let fraction = below as f32 / 2.0 / numbers.len() as f32;
            let tolerance =
                if distribution == "dice" { 0.17 } else { (probability * (1.0 - probability)).sqrt() * 0.03 };
            assert!((fraction - probability).abs() <= tolerance + 1e-4, "{distribution} {probability}: {fraction}");
        }
    }
}

/// Numbers that would upset it.
#[test]
fn within_the_range_of_the_numbers() {
    let mut generator = Generator::new(3);
    let streams: [(&str, Vec<f32>); 8] = [
        ("constant", vec![3.5; 3000]),
        ("rising", (0_u16..3000).map(f32::from).collect()),
        ("falling", (0_u16..3000).rev().map(f32::from).collect()),
        ("huge", (0..3000).map(|n| if n % 2 == 0 { f32::MAX } else { f32::MIN }).collect()),
        ("huge and random", (0..3000).map(|_| f32::MAX * generator.signed_unit()).collect()),
        ("subnormal", (0..3000).map(|_| f32::from_bits(generator.next_u32() >> 9)).collect()),
        ("a spike", (0_u16..3000).map(|n| if n == 7 { 1e30 } else { f32::from(n % 5) }).collect()),
        ("any bits", (0..3000).map(|_| f32::from_bits(generator.next_u32())).collect()),
    ];
    for (name, numbers) in &streams {
        let mut quantiles = PROBABILITIES.map(Quantile::new);
        let (mut lowest, mut highest) = (f32::INFINITY, f32::NEG_INFINITY);
        for x in numbers {
            if x.is_finite() {
                (lowest, highest) = (lowest.min(*x), highest.max(*x));
            }
            for quantile in &mut quantiles {
                quantile.record(*x);
                if let Some(value) = quantile.value() {
                    assert!((lowest..=highest).contains(&value), "{name}: {value} of {lowest} to {highest}");
                }
            }
        }
    }
    assert_eq!(recorded(0.99, &streams[0].1).value(), Some(3.5));
    // Sorted numbers are the worst case; the median's marker still goes with them.
    for sorted in [&streams[1], &streams[2]] {
        let value = recorded(0.5, &sorted.1).value().unwrap();
        assert!((1400.0..1600.0).contains(&value), "{}: {value}", sorted.0);
    }
    // A spike is one number of many.
    for at in [5, 7, 20, 100, 1000] {
        for sign in [1.0, -1.0] {
            for probability in [0.1, 0.5, 0.99] {
                let mut numbers: Vec<f32> = (0..10_000).map(|_| unit(&mut generator)).collect();
                numbers[at] = sign * 1e30;
                let value = recorded(probability, &numbers).value().unwrap();
                assert!((value - probability).abs() < 0.02, "{probability}, spike at {at}: {value}");
            }
        }
    }
}

#[test]
fn what_is_not_finite_changes_nothing() {
    let mut quantile = Quantile::new(0.9_f32);
    for n in 0_u16..50 {
        let before = quantile;
        for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            quantile.record(x);
            assert_eq!(quantile, before);
        }
        quantile.record(f32::from(n % 7));
        assert_eq!(quantile.count(), u32::from(n) + 1);
    }
    for (odd, even) in [(f32::NAN, 0.0_f32), (-3.0, 0.0), (f32::INFINITY, 1.0), (2.0, 1.0)] {
        assert_eq!(Quantile::new(odd).probability().to_bits(), Quantile::new(even).probability().to_bits());
    }
    assert_eq!(Quantile::<f32>::ZERO, Quantile::new(0.0));
    assert_eq!(recorded(0.0, &[3.0, 1.0, 2.0]).value(), Some(1.0));
}

/// The count is halved at 2^20, and the estimate follows what changes afterwards.
#[test]
fn goes_on_for_ever() {
    let mut generator = Generator::new(4);
    let mut quantile = Quantile::new(0.99_f32);
    for _ in 0..2_500_000 {
        quantile.record(unit(&mut generator));
        assert!(quantile.count() <= 1 << 20);
    }
    let value = quantile.value().unwrap();
    assert!((value - 0.99).abs() < 0.001, "{value}");
    for _ in 0..2_500_000 {
        quantile.record(1.0 + unit(&mut generator));
    }
    let value = quantile.value().unwrap();
    assert!((value - 1.99).abs() < 0.01, "{value}");
}

#[test]
fn goes_on_from_its_bytes() {
    const SIZE: usize = Quantile::<f32>::SIZE;
    assert_eq!(SIZE, size_of::<Quantile>());
    let mut generator = Generator::new(5);
    let mut whole = Quantile::new(0.99_f32);
    let mut bytes = [0; SIZE];
    for _ in 0..500 {
        whole.to_bytes(&mut bytes).unwrap();
        let mut resumed = Quantile::ZERO;
        resumed.from_bytes(&bytes).unwrap();
        assert_eq!(resumed, whole);
        let x = unit(&mut generator);
        resumed.record(x);
        whole.record(x);
        assert_eq!(resumed, whole);
    }
    // Bytes that were never stored do not panic.
    for _ in 0..2000 {
        bytes.fill_with(|| u8::try_from(generator.below(4) * 85).unwrap());
        let mut odd = Quantile::<f32>::ZERO;
        odd.from_bytes(&bytes).unwrap();
        for _ in 0..20 {
            odd.record(generator.signed_unit());
        }
        let _ = odd.value();
    }
}
