//! The errors of the math backends, in ulp of the exact result, over `f32`: a sample of every 1009th number, or all
//! 2^32 with `cargo test --release --test math -- --ignored`.

use downhill::math::{Backend, Fast, Libm};

/// The distance between neighbouring numbers around `exact`.
fn ulp(exact: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    let bits = (exact.abs() as f32).to_bits();
    f64::from(f32::from_bits(bits + 1)) - f64::from(f32::from_bits(bits))
}

/// The largest error in ulp. Where the exact result is no normal number, the error must be below one that is.
fn worst(step: usize, range: std::ops::RangeInclusive<f32>, f: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
    let mut worst = (0.0, 0.0);
    for z in (0..=u32::MAX).step_by(step).map(f32::from_bits).filter(|z| range.contains(z)) {
        let (y, exact) = (f64::from(f(z)), exact(z.into()));
        if exact.abs() >= f32::MIN_POSITIVE.into() {
            let error = (y - exact).abs() / ulp(exact);
            if error.is_nan() || error > worst.0 {
                worst = (error, z);
            }
        } else {
            assert!((y - exact).abs() <= f32::MIN_POSITIVE.into(), "{y:e} for {exact:e} at {z:e}");
        }
    }
    println!("{:.3} ulp at {:e}", worst.0, worst.1);
    worst.0
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

const ALL: std::ops::RangeInclusive<f32> = f32::MIN..=f32::MAX;
/// What softmax takes the exponential of: differences to the largest.
const NOT_POSITIVE: std::ops::RangeInclusive<f32> = f32::MIN..=0.0;

/// Two-sided: a bound that is never nearly reached would say nothing.
fn bounded(step: usize) {
    let within = |error: f64, bound: f64| assert!(error <= bound && error > 0.8 * bound, "{error} of {bound} ulp");
    within(worst(step, ALL, Libm::sigmoid, sigmoid), 2.5);
    within(worst(step, ALL, Libm::tanh, f64::tanh), 2.2);
    within(worst(step, NOT_POSITIVE, Libm::exp, f64::exp), 1.0);
    within(worst(step, ALL, Fast::sigmoid, sigmoid), 3.5);
    within(worst(step, ALL, Fast::tanh, f64::tanh), 2.0);
    within(worst(step, NOT_POSITIVE, Fast::exp, f64::exp), 3.0);
}

#[test]
fn errors_over_a_sample() {
    bounded(1009);
}

#[test]
#[ignore = "all 2^32 numbers take minutes"]
fn errors_over_all() {
    bounded(1);
}

#[test]
fn limits() {
    for (z, y) in [(f32::INFINITY, 1.0_f32), (f32::MAX, 1.0), (f32::MIN, 0.0), (f32::NEG_INFINITY, 0.0), (0.0, 0.5)] {
        assert_eq!(Libm::sigmoid(z).to_bits(), y.to_bits());
        assert_eq!(Fast::sigmoid(z).to_bits(), y.to_bits());
    }
    for (z, y) in [(f32::INFINITY, 1.0_f32), (f32::MAX, 1.0), (f32::MIN, -1.0), (f32::NEG_INFINITY, -1.0), (0.0, 0.0)] {
        assert_eq!(Libm::tanh(z).to_bits(), y.to_bits());
        assert_eq!(Fast::tanh(z).to_bits(), y.to_bits());
    }
    for (z, y) in [(f32::MIN, 0.0_f32), (f32::NEG_INFINITY, 0.0), (0.0, 1.0)] {
        assert_eq!(Libm::exp(z).to_bits(), y.to_bits());
        assert_eq!(Fast::exp(z).to_bits(), y.to_bits());
    }
    assert!(Fast::sigmoid(f32::NAN).is_nan() && Fast::tanh(f32::NAN).is_nan() && Fast::exp(f32::NAN).is_nan());
    assert!(Libm::sigmoid(f32::NAN).is_nan() && Libm::tanh(f32::NAN).is_nan() && Libm::exp(f32::NAN).is_nan());
}

/// Softmax divides one exponential by the sum of all. Its differences to the largest `z` are rounded before: here they
/// are exact, so that the rest is seen.
#[test]
fn softmax_over_random_sums() {
    use downhill::Softmax;
    use downhill::activation::Activation;
    use downhill::init::{Generator, Random};

    let mut random = Generator::new(1);
    let mut worst: f64 = 0.0;
    for _ in 0..100_000 {
        let z: [f32; 10] = core::array::from_fn(|_| (random.signed_unit() * 20.0 * 1024.0).trunc() / 1024.0);
        let mut y = z;
        Softmax::<Fast>::activate(&mut y);
        let exact = z.map(|z| f64::from(z).exp());
        let sum: f64 = exact.iter().sum();
        for (y, exact) in y.iter().zip(exact.map(|e| e / sum)) {
            worst = worst.max((f64::from(*y) - exact).abs() / ulp(exact));
        }
    }
    println!("softmax {worst:.3} ulp");
    assert!(worst <= 8.0 && worst > 2.0, "{worst}");
}

#[cfg(feature = "micromath")]
#[test]
fn micromath_is_within_a_quarter_percent() {
    use downhill::math::Micromath;

    let mut worst: f64 = 0.0;
    for i in 0..=u16::MAX {
        let z = -87.0 * f32::from(i) / 65535.0;
        worst = worst.max((f64::from(Micromath::exp(z)) / f64::from(z).exp() - 1.0).abs());
    }
    println!("micromath {worst}");
    assert!(worst <= 0.0025 && worst > 0.001, "{worst}");
}
