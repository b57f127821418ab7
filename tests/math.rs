//! The errors of the math backends over `f32`, against `f64`: a sample from every exponent of both signs, or all 2^32
//! numbers with `cargo test --release --features micromath --test math -- --ignored --nocapture`.

// What is compared are bits.
#![allow(clippy::float_cmp)]

/// What chips have.
#[path = "../src/math/root.rs"]
mod root;

use std::iter::successors;
use std::ops::RangeInclusive;

use downhill::Softmax;
use downhill::activation::Activation;
use downhill::init::{Generator, Random};
use downhill::math::{Backend, Fast, Libm};

/// The distance between neighbouring numbers around `exact`.
fn ulp(exact: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    let bits = (exact.abs() as f32).to_bits();
    f64::from(f32::from_bits(bits + 1)) - f64::from(f32::from_bits(bits))
}

/// How an error is measured: `(y, exact)`.
type Measure = fn(f64, f64) -> f64;
const ULP: Measure = |y, exact| (y - exact).abs() / ulp(exact);
#[cfg(feature = "micromath")]
const RELATIVE: Measure = |y, exact| (y / exact - 1.0).abs();
#[cfg(feature = "micromath")]
const ABSOLUTE: Measure = |y, exact| (y - exact).abs();

/// A function of a backend, and what is said of it.
struct Claim {
    name: String,
    range: RangeInclusive<f32>,
    f: fn(f32) -> f32,
    exact: fn(f64) -> f64,
    measure: Measure,
    /// The largest error, as the docs have it.
    bound: f64,
}

/// A greater number has a greater result, or one that is smaller by this at most, relatively: two ulp.
const DIP: f32 = 2.4e-7;

const ALL: RangeInclusive<f32> = f32::NEG_INFINITY..=f32::INFINITY;
/// What softmax takes the exponential of: differences to the largest.
const NOT_POSITIVE: RangeInclusive<f32> = f32::NEG_INFINITY..=0.0;

// The references, to at least 50 bits; short where nearly all numbers are, those near and far from zero.

/// Next to nothing: the square is below 2^-54.
fn is_near(z: f64) -> bool {
    z.abs() < 7.45e-9
}

fn sigmoid(z: f64) -> f64 {
    match z {
        _ if is_near(z) => 0.5 + z / 4.0,
        ..-110.0 => 0.0,
        40.0.. => 1.0,
        _ => 1.0 / (1.0 + (-z).exp()),
    }
}

fn tanh(z: f64) -> f64 {
    match z {
        _ if is_near(z) => z,
        ..-20.0 => -1.0,
        20.0.. => 1.0,
        _ => z.tanh(),
    }
}

fn exp(z: f64) -> f64 {
    match z {
        _ if is_near(z) => 1.0 + z,
        ..-110.0 => 0.0,
        _ => z.exp(),
    }
}

/// The claims on sigmoid, tanh and the exponential of a backend.
fn claims<M: Backend>(backend: &str, measures: [Measure; 3], bounds: [f64; 3]) -> [Claim; 3] {
    let [sigmoids, tanhs, exps] = measures;
    let claim = |name, range, f, exact, measure, bound| Claim {
        name: format!("{backend} {name}"),
        range,
        f,
        exact,
        measure,
        bound,
    };
    [
        claim("sigmoid", ALL, M::sigmoid, sigmoid, sigmoids, bounds[0]),
        claim("tanh", ALL, M::tanh, tanh, tanhs, bounds[1]),
        claim("exp", NOT_POSITIVE, M::exp, exp, exps, bounds[2]),
    ]
}

fn libm() -> [Claim; 3] {
    claims::<Libm>("Libm", [ULP; 3], [2.5, 2.2, 1.0])
}

fn fast() -> [Claim; 3] {
    claims::<Fast>("Fast", [ULP; 3], [3.5, 2.0, 3.0])
}

#[cfg(feature = "micromath")]
fn micromath() -> [Claim; 3] {
    claims::<downhill::math::Micromath>("Micromath", [RELATIVE, ABSOLUTE, RELATIVE], [8e-4, 1.1e-3, 0.0025])
}

/// Two-sided: a bound that is never nearly reached would say nothing.
fn within(error: f64, bound: f64) {
    assert!(error <= bound && error > 0.8 * bound, "{error} of {bound}");
}

/// All bits of a magnitude. This one is NaN.
const LARGEST: u32 = u32::MAX >> 1;

/// Every `step`th number, from the lowest to the highest; every `outside`th where the magnitude is below 2^-14 or above
/// 2^8, and the functions are simple.
fn upwards([step, outside]: [u32; 2]) -> impl Iterator<Item = f32> {
    let step = move |bits: u32| if (0x3880_0000..0x4380_0000).contains(&bits) { step } else { outside };
    let below = successors(Some(LARGEST), move |&bits| bits.checked_sub(step(bits)));
    let above = successors(Some(0), move |&bits: &u32| bits.checked_add(step(bits)).filter(|&bits| bits <= LARGEST));
    below.map(|bits| -f32::from_bits(bits)).chain(above.map(f32::from_bits))
}

/// Checks a claim at some numbers. Where the exact result is no normal number, the error must be below one that is.
fn check(claim: &Claim, numbers: impl Iterator<Item = f32>) {
    let mut worst = (0.0, 0.0);
    let mut deepest = (0.0, 0.0);
    let mut before = f32::NEG_INFINITY;
    for z in numbers.filter(|z| claim.range.contains(z)) {
        let y = (claim.f)(z);
        let dip = (before - y) / y.abs().max(f32::MIN_POSITIVE);
        if dip.is_nan() || dip > deepest.0 {
            deepest = (dip, z);
        }
        before = y;
        let (y, exact) = (f64::from(y), (claim.exact)(z.into()));
        if exact.abs() >= f32::MIN_POSITIVE.into() {
            let error = (claim.measure)(y, exact);
            if error.is_nan() || error > worst.0 {
                worst = (error, z);
            }
        } else {
            assert!((y - exact).abs() <= f32::MIN_POSITIVE.into(), "{}: {y:e} for {exact:e} at {z:e}", claim.name);
        }
    }
    println!("{}: error {:.5} at {:e}, dip {:e} at {:e}", claim.name, worst.0, worst.1, deepest.0, deepest.1);
    within(worst.0, claim.bound);
    assert!(deepest.0 <= DIP, "{}: falls by {:e} at {:e}", claim.name, deepest.0, deepest.1);
}

/// 8000 numbers of each exponent and sign, or 500 in debug where the functions are simple.
const SAMPLE: [u32; 2] = [1009, if cfg!(debug_assertions) { 16_381 } else { 1021 }];

/// A test over a sample, and one for each function over all numbers, which takes a minute or more.
macro_rules! sweeps {
    ($($backend:ident),+) => {
        $(
            mod $backend {
                use super::{SAMPLE, check, upwards};

                #[test]
                fn sample() {
                    for claim in super::$backend() {
                        check(&claim, upwards(SAMPLE));
                    }
                }

                #[test]
                #[ignore = "all 2^32 numbers"]
                fn all_sigmoid() {
                    check(&super::$backend()[0], upwards([1, 1]));
                }

                #[test]
                #[ignore = "all 2^32 numbers"]
                fn all_tanh() {
                    check(&super::$backend()[1], upwards([1, 1]));
                }

                #[test]
                #[ignore = "all 2^32 numbers"]
                fn all_exp() {
                    check(&super::$backend()[2], upwards([1, 1]));
                }
            }
        )+
    };
}
sweeps!(libm, fast);
#[cfg(feature = "micromath")]
sweeps!(micromath);

#[test]
fn limits() {
    fn backend<M: Backend>() {
        let same = |y: f32, exact: f32, z: f32| assert_eq!(y.to_bits(), exact.to_bits(), "{y:e} at {z:e}");
        let infinity = f32::INFINITY;
        for (z, y) in [(infinity, 1.0), (f32::MAX, 1.0), (f32::MIN, 0.0), (-infinity, 0.0), (0.0, 0.5), (-0.0, 0.5)] {
            same(M::sigmoid(z), y, z);
        }
        for (z, y) in [(infinity, 1.0), (f32::MAX, 1.0), (f32::MIN, -1.0), (-infinity, -1.0), (0.0, 0.0)] {
            same(M::tanh(z), y, z);
        }
        for (z, y) in [(f32::MIN, 0.0), (-infinity, 0.0), (0.0, 1.0), (-0.0, 1.0)] {
            same(M::exp(z), y, z);
        }
        for nan in [f32::NAN, -f32::NAN, f32::from_bits(0x7F80_0001)] {
            assert!(M::sigmoid(nan).is_nan() && M::tanh(nan).is_nan() && M::exp(nan).is_nan());
        }
    }
    backend::<Libm>();
    backend::<Fast>();
    #[cfg(feature = "micromath")]
    backend::<downhill::math::Micromath>();
}

/// A sum and a weight of nothing special made NaN of it, and a panic where overflow is checked.
#[cfg(feature = "micromath")]
#[test]
fn micromath_far_from_zero() {
    use downhill::math::Micromath;
    use downhill::{Dense, Identity, Sgd, Sigmoid, SquaredError, Tanh, Trainer};

    let layers = (
        Dense::<1, 1, Sigmoid<Micromath>>::new([[-0.1]], [0.0]),
        Dense::<1, 1, Identity>::new([[1.0]], [0.0]),
        Dense::<1, 1, Tanh<Micromath>>::new([[1.0]], [0.0]),
    );
    let mut trainer = Trainer::<_, SquaredError, Sgd>::with_network(layers, Sgd::new(0.1));
    assert_eq!(trainer.predict(&[889.0]), [0.0]);
    trainer.network.0 = Dense::new([[1000.0]], [0.0]);
    trainer.network.2.weights = [[-44.5]];
    assert_eq!(trainer.predict(&[1.0]), [-1.0]);
}

/// Softmax divides one exponential by the sum of all. Its differences to the largest `z` are rounded before: here they
/// are exact, so that the rest is seen.
#[test]
fn softmax_over_random_sums() {
    fn worst<M: Backend>(measure: Measure) -> f64 {
        let mut random = Generator::new(1);
        let mut worst: f64 = 0.0;
        for _ in 0..if cfg!(debug_assertions) { 100_000 } else { 1_000_000 } {
            let z: [f32; 10] = core::array::from_fn(|_| (random.signed_unit() * 20.0 * 1024.0).trunc() / 1024.0);
            let mut y = z;
            let _ = Softmax::<M>::activate(&mut y);
            let exact = z.map(|z| f64::from(z).exp());
            let sum: f64 = exact.iter().sum();
            for (y, exact) in y.iter().zip(exact.map(|e| e / sum)) {
                worst = worst.max(measure((*y).into(), exact));
            }
        }
        println!("softmax {worst:.5}");
        worst
    }
    within(worst::<Libm>(ULP), 6.0);
    within(worst::<Fast>(ULP), 8.0);
    #[cfg(feature = "micromath")]
    within(worst::<downhill::math::Micromath>(RELATIVE), 0.0025);
}

/// Whatever the sums are, as long as they are finite: probabilities that sum to 1.
#[test]
fn softmax_over_all_exponents() {
    fn probabilities<M: Backend>() {
        let mut random = Generator::new(1);
        for _ in 0..100_000 {
            let mut y: [f32; 5] = core::array::from_fn(|_| f32::from_bits(random.next_u32()));
            if y.iter().all(|z| z.is_finite()) {
                let _ = Softmax::<M>::activate(&mut y);
                assert!(y.iter().all(|y| (0.0..=1.0).contains(y)), "{y:?}");
                assert!((y.iter().sum::<f32>() - 1.0).abs() < 4e-7, "{y:?}");
            }
        }
    }
    probabilities::<Libm>();
    probabilities::<Fast>();
    #[cfg(feature = "micromath")]
    probabilities::<downhill::math::Micromath>();
}

/// In `f64`, all exponentials are those of `libm`. They are compared with those of `std`, which err as well: 128 numbers
/// of each exponent and sign, 2048 in release.
#[test]
fn double_precision() {
    fn compare<M: Backend>() -> [f64; 3] {
        let ulp = |y: f64| f64::from_bits(y.abs().to_bits() + 1) - y.abs();
        let mut worst = [0.0_f64; 3];
        // Odd, so that the low bits differ.
        let step = if cfg!(debug_assertions) { (1 << 45) + 1_640_531_527 } else { (1 << 41) + 1_640_531_527 };
        for z in (0..f64::INFINITY.to_bits()).step_by(step).map(f64::from_bits) {
            for z in [z, -z] {
                let pairs = [
                    (M::sigmoid(z), 1.0 / (1.0 + (-z).exp())),
                    (M::tanh(z), z.tanh()),
                    if z > 0.0 { (1.0, 1.0) } else { (M::exp(z), z.exp()) },
                ];
                for (worst, (y, reference)) in worst.iter_mut().zip(pairs) {
                    let error = (y - reference).abs() / ulp(reference);
                    assert!(error <= 3.0, "{y:e} for {reference:e} at {z:e}");
                    *worst = worst.max(error);
                }
            }
        }
        println!("{worst:?} ulp from std");
        worst
    }
    let libm = compare::<Libm>();
    assert_eq!(libm, compare::<Fast>());
}

/// The one of chips, and the one of the host, is the nearest number.
fn check_root(x: f32) {
    let exact = x.sqrt();
    for y in [root::sqrt(x), root::sqrt_in_double(x), downhill::math::Math::sqrt(x)] {
        assert!(y.to_bits() == exact.to_bits() || y.is_nan() && exact.is_nan(), "{y:e} for {exact:e} at {x:e}");
    }
}

/// Some of all numbers; all of those from 1 to below 4, in release, on which all others depend, by powers of 4.
#[test]
fn square_roots() {
    upwards(SAMPLE).for_each(check_root);
    let step = if cfg!(debug_assertions) { 101 } else { 1 };
    (1.0_f32.to_bits()..4.0_f32.to_bits()).step_by(step).map(f32::from_bits).for_each(check_root);
    // Squares, and what lies half-way between roots.
    for root in 4096..8192_u16 {
        let square = f32::from(root) * f32::from(root);
        [square, square.next_down(), square.next_up()].into_iter().for_each(check_root);
    }
    for x in
        [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -1.0, f32::MIN_POSITIVE, f32::from_bits(1), f32::MAX]
    {
        check_root(x);
    }
}

#[test]
#[ignore = "all 2^32 numbers"]
fn all_square_roots() {
    upwards([1, 1]).for_each(check_root);
}
