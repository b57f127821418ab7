//! Losses against references in another arithmetic.

use downhill::init::{Generator, Random};
use downhill::loss::Loss;
use downhill::{BinaryCrossEntropy, CrossEntropy};

fn assert_close(value: f64, exact: f64, tolerance: f64, context: &str) {
    let error = (value - exact).abs();
    assert!(error <= tolerance * exact.abs(), "{context}: {value:e}, exact {exact:e}");
}

/// A loss near 0 keeps its digits. `f32` gave 0 for the first, 2.0982896e-5 for the last.
#[test]
#[allow(clippy::excessive_precision, clippy::unreadable_literal)]
fn small_losses() {
    // -ln(1 / (1 + e^-20)), -ln(1 / (1 + e^-40)), and with two and nine others.
    let cross = |z: &[f32], t: &[f32]| f64::from(CrossEntropy::linked_value(z, t));
    assert_close(cross(&[20.0, 0.0], &[1.0, 0.0]), 2.0611536181902037e-9, 2e-7, "20, 0");
    assert_close(cross(&[0.0, 20.0], &[0.0, 1.0]), 2.0611536181902037e-9, 2e-7, "0, 20");
    assert_close(cross(&[0.0, 20.0, 0.0], &[0.0, 1.0, 0.0]), 4.1223072278769e-9, 2e-7, "0, 20, 0");
    assert_close(cross(&[80.0, 0.0], &[1.0, 0.0]), 1.8048513878454153e-35, 2e-7, "80, 0");
    assert_close(CrossEntropy::linked_value(&[40.0, 0.0], &[1.0, 0.0]), 4.248354255291589e-18, 1e-15, "f64: 40, 0");
    assert_close(CrossEntropy::linked_value(&[700.0, 0.0], &[1.0, 0.0]), 9.859676543759770e-305, 1e-15, "f64: 700, 0");
    // Two that are the largest: ln 2, and ln 2 + e^-20 / 2.
    assert_close(cross(&[20.0, 20.0], &[1.0, 0.0]), core::f64::consts::LN_2, 1e-7, "20, 20");
    assert_close(cross(&[3.0, 3.0, 3.0], &[0.5, 0.25, 0.25]), 1.0986122886681098, 1e-7, "3, 3, 3");

    let binary = |z: f32, t: f32| f64::from(BinaryCrossEntropy::linked_value(&[z], &[t]));
    assert_close(binary(20.0, 1.0), 2.0611536181902037e-9, 2e-7, "1, 20");
    assert_close(binary(-20.0, 0.0), 2.0611536181902037e-9, 2e-7, "0, -20");
    assert_close(binary(20.0, 0.999_999), 2.0267640377253128e-5, 2e-7, "0.999999, 20");
}

/// The largest finite logits have a loss where it is finite; `f32` gave NaN.
#[test]
fn large_logits() {
    let certain = CrossEntropy::linked_value(&[3e38_f32, -3e38, 0.0], &[1.0, 0.0, 0.0]);
    assert_eq!(certain.to_bits(), 0.0_f32.to_bits());
    assert!(CrossEntropy::linked_value(&[3e38_f32, -3e38], &[0.0, 1.0]).is_infinite());
    assert!(CrossEntropy::linked_value(&[f32::NAN, 0.0], &[0.0, 1.0]).is_nan());
    assert!(CrossEntropy::linked_value(&[0.0, f32::NAN], &[1.0, 0.0]).is_nan());
    assert_eq!(BinaryCrossEntropy::linked_value(&[3e38_f32, -3e38], &[1.0, 0.0]).to_bits(), 0.0_f32.to_bits());
    assert!(BinaryCrossEntropy::linked_value(&[f32::NAN], &[1.0]).is_nan());
}

/// Against the formulas in `f64` with the functions of the standard library. The differences of logits up to 60 are
/// rounded by 2^-24 of 60, and the exponential is wrong by as much: 4e-6.
#[test]
fn losses_of_all_sizes() {
    fn exact_cross(z: &[f64], t: &[f64]) -> f64 {
        let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let at = z.iter().position(|&z| z >= top).unwrap();
        let others: f64 = z.iter().enumerate().filter(|&(o, _)| o != at).map(|(_, z)| (z - top).exp()).sum();
        z.iter().zip(t).map(|(z, t)| t * (others.ln_1p() + (top - z))).sum()
    }
    let exact_binary = |z: f64, t: f64| t * (-z).exp().ln_1p() + (1.0 - t) * z.exp().ln_1p();

    let mut random = Generator::new(1);
    let mut worst: [f64; 2] = [0.0; 2];
    for (round, classes) in (0..20_000).zip([2, 3, 10, 16, 17, 40].into_iter().cycle()) {
        let size = [0.1, 1.0, 10.0, 30.0][round % 4];
        let z: Vec<f32> = (0..classes).map(|_| size * random.signed_unit()).collect();
        let mut t = vec![0.0_f32; classes];
        match round % 3 {
            0 => t[round % classes] = 1.0,
            // All of it: a third of the rounds is right, and nearly certain.
            1 => t[z.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0] = 1.0,
            _ => t.fill_with(|| random.signed_unit().abs()),
        }
        let (z64, t64): (Vec<f64>, Vec<f64>) =
            (z.iter().map(|&z| z.into()).collect(), t.iter().map(|&t| t.into()).collect());
        let exact = exact_cross(&z64, &t64);
        worst[0] = worst[0].max((f64::from(CrossEntropy::linked_value(&z, &t)) - exact).abs() / exact);
        assert_close(CrossEntropy::linked_value(&z64, &t64), exact, 1e-14, "f64");
        for (&z, &t) in z.iter().zip(&t) {
            let exact = exact_binary(z.into(), t.into());
            worst[1] = worst[1].max((f64::from(BinaryCrossEntropy::linked_value(&[z], &[t])) - exact).abs() / exact);
        }
    }
    println!("worst relative error: cross-entropy {:.1e}, binary {:.1e}", worst[0], worst[1]);
    assert!(worst[0] < 4e-6 && worst[1] < 4e-7, "{worst:?}");
}
