//! The norm to which a gradient is clipped, of slices and of batches; and what becomes of a batch whose optimiser changes.

// What is compared are bits.
#![allow(clippy::float_cmp)]

use downhill::init::{Generator, Random, Uniform};
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::{
    Adam, Batch, ClipNorm, Dense, Identity, Momentum, Sgd, SquaredError, StepError, Tanh, Trainer, Unbiased, Zero,
    digest,
};

type One = Dense<1, 1, Identity, Unbiased, f32>;

/// By how much a weight of 0 moves, with a rate of 1.
fn moved(samples: &[[f32; 2]], limit: f32) -> [f32; 2] {
    let (x, targets): (Vec<_>, Vec<_>) = samples.iter().map(|&[x, target]| ([x], [target])).unzip();
    let norm = ClipNorm::new(limit, Sgd::new(1.0));
    let mut slice = Trainer::<One, SquaredError, _, 8>::with_network(Zero::ZERO, norm);
    slice.step_batch(&x, &targets).unwrap();
    let mut batch = Trainer::<One, SquaredError, _>::with_network(Zero::ZERO, Batch::new(samples.len(), norm));
    for (x, target) in x.iter().zip(&targets) {
        batch.step(x, target).unwrap();
    }
    [slice.network.weights[0][0].abs(), batch.network.weights[0][0].abs()]
}

/// The gradients of both samples are 1e4 and nearly cancel: the products of pairs, too, and their sum was anything. The
/// weight moved by .4009.
#[test]
fn gradients_that_cancel() {
    for moved in moved(&[[100.0, -100.0], [-99.0, -101.002]], 0.01) {
        assert!((moved / 0.01 - 1.0).abs() < 1e-5, "{moved}");
    }
}

/// Inputs of up to 1000 in batches of 8: 6 % of the steps passed the limit by a tenth, the worst 30 times. None passes it
/// by more than roundings, and none that is long enough stays below it.
#[test]
fn a_stream_of_raw_inputs() {
    let mut random = Generator::new(1);
    let mut clipped = 0;
    for _ in 0..2000 {
        let samples = [(); 8].map(|()| [1000.0 * random.signed_unit(), 1000.0 * random.signed_unit()]);
        let exact = samples.iter().map(|&[x, target]| f64::from(x) * -f64::from(target)).sum::<f64>() / 8.0;
        for moved in moved(&samples, 1.0) {
            let expected = exact.abs().min(1.0);
            let error = (f64::from(moved) - expected).abs();
            assert!(error < 1e-5 || exact.abs() < 100.0 && error < 0.01, "{moved}, {expected}");
            clipped += u32::from(exact.abs() > 1.0);
        }
    }
    assert!(clipped > 3000, "{clipped}");
}

/// A slice has the bits of a batch, with a limited norm as without.
#[test]
fn slices_have_the_bits_of_batches() {
    type Net = (Dense<3, 5, Tanh>, Dense<5, 2>);
    fn check<P: Optimizer<f32> + Copy + Zero>(optimizer: P) {
        let mut random = Generator::new(2);
        let mut slice = Trainer::<Net, SquaredError, P, 8>::new();
        let mut batch = Trainer::<Net, SquaredError, Batch<P>>::new();
        slice.start(optimizer, &mut Uniform(Generator::new(3)));
        batch.start(Batch::new(usize::MAX, optimizer), &mut Uniform(Generator::new(3)));
        for step in 0..40 {
            let x = [(); 8].map(|()| [(); 3].map(|()| random.signed_unit()));
            let targets = [(); 8].map(|()| [(); 2].map(|()| random.signed_unit()));
            let samples = 2 + step % 7;
            slice.step_batch(&x[..samples], &targets[..samples]).unwrap();
            for (x, target) in x.iter().zip(&targets).take(samples) {
                batch.step(x, target).unwrap();
            }
            batch.flush().unwrap();
            assert_eq!(digest(&slice.network), digest(&batch.network), "step {step}");
        }
    }
    check(ClipNorm::new(0.05, Sgd::new(0.5)));
    check(ClipNorm::new(0.05, Momentum::new(0.1, 0.9)));
    check(ClipNorm::new(100.0, Adam::new(0.01)));
}

/// A gradient whose square overflows is clipped like any other, and one whose square underflows is left as it is.
#[test]
fn norms_of_any_size() {
    for size in [1e-18, 1e-12, 1.0, 1e12, 9e14_f32] {
        for (samples, number) in [(&[[size, -size]][..], 1.0), (&[[size, -size], [0.0, 0.0]], 2.0)] {
            for moved in moved(samples, 1e-3) {
                let length = f64::from(size) * f64::from(size) / number;
                assert!((f64::from(moved) / length.min(1e-3) - 1.0).abs() < 1e-5, "{size}: {moved}");
            }
        }
    }
}

/// Large inputs with a gradient of 0 are no error.
#[test]
fn no_gradient_at_all() {
    for moved in moved(&[[1e25, 0.0]], 1.0) {
        assert_eq!(moved, 0.0);
    }
}

/// What was collected goes with the optimiser that collected it: the next batch has its own samples alone.
#[test]
fn a_batch_whose_optimizer_is_replaced() {
    let mut trainer = Trainer::<One, SquaredError, _>::with_network(Zero::ZERO, Batch::new(4, Sgd::new(0.1)));
    trainer.step(&[1.0], &[-1000.0]).unwrap();
    trainer.optimizer = Batch::new(2, Sgd::new(0.5));
    for _ in 0..2 {
        trainer.step(&[1.0], &[-1.0]).unwrap();
    }
    assert_eq!(trainer.network.weights, [[-0.5]]);

    trainer = Trainer::with_network(Zero::ZERO, Batch::new(4, Sgd::new(0.1)));
    trainer.step(&[1.0], &[-1000.0]).unwrap();
    trainer.optimizer = Batch::new(2, Sgd::new(0.5));
    for _ in 0..2 {
        while trainer.step_in_pieces(&[1.0], &[-1.0]).run(usize::MAX).unwrap() == Progress::More {}
    }
    assert_eq!(trainer.network.weights, [[-0.5]]);
}

/// A batch collects slices as it does single samples.
#[test]
fn a_batch_of_slices() {
    let mut trainer = Trainer::<One, SquaredError, _, 2>::with_network(Zero::ZERO, Batch::new(4, Sgd::new(0.5)));
    trainer.step_batch(&[[1.0], [1.0]], &[[-1.0], [-2.0]]).unwrap();
    assert_eq!((trainer.network.weights, trainer.optimizer.waiting()), ([[0.0]], 2));
    trainer.step_batch(&[[1.0], [1.0]], &[[-3.0], [-4.0]]).unwrap();
    assert_eq!((trainer.network.weights, trainer.optimizer.waiting()), ([[-1.25]], 0));
}

/// Where the square of the delta, or of the input, is nearly subnormal and the other large, the norm was a fifth too small.
#[test]
fn small_deltas_of_large_inputs() {
    for (x, delta) in [(4.597e7_f32, 4.585e-23_f32), (1e8, 2e-22), (1e6, 1e-21), (4.585e-23, 4.597e7)] {
        let limit = x * delta / 2.0;
        let mut trainer =
            Trainer::<One, SquaredError, _>::with_network(Zero::ZERO, ClipNorm::new(limit, Sgd::new(1.0)));
        trainer.step(&[x], &[delta]).unwrap();
        assert!((trainer.network.weights[0][0] / limit - 1.0).abs() < 1e-5, "{x}, {delta}");
    }
}

/// What a limit can't be reached from without loss is refused.
#[test]
fn gradients_far_above_the_limit() {
    for limit in [1e-20, 1e-16, 1e-10_f32, 1e-3, 1.0] {
        let mut trainer =
            Trainer::<One, SquaredError, _>::with_network(Zero::ZERO, ClipNorm::new(limit, Sgd::new(1.0)));
        match trainer.step(&[1e19], &[1e10]) {
            Ok(_) => assert!((trainer.network.weights[0][0] / limit - 1.0).abs() < 1e-5, "{limit}"),
            Err(error) => assert_eq!((error, limit < 1e-3), (StepError::Gradient, true), "{limit}"),
        }
    }
}

/// A sum whose norm overflows even when it is scaled once.
#[test]
fn large_sums() {
    let optimizer = Batch::new(40_000, ClipNorm::new(1.0, Sgd::new(1.0)));
    let mut trainer = Trainer::<One, SquaredError, _>::with_network(Zero::ZERO, optimizer);
    for _ in 0..40_000 {
        trainer.step(&[1e15], &[1e15]).unwrap();
    }
    assert!((trainer.network.weights[0][0] - 1.0).abs() < 1e-5, "{:?}", trainer.network.weights);
}

/// A limit inside of another gets the norm that this has left.
#[test]
fn limits_in_limits() {
    for (outer, inner) in [(1.0, 0.5), (0.5, 1.0)] {
        let optimizer = ClipNorm::new(outer, ClipNorm::new(inner, Sgd::new(1.0)));
        let mut trainer = Trainer::<One, SquaredError, _>::with_network(Zero::ZERO, optimizer);
        trainer.step(&[1.0], &[10.0]).unwrap();
        assert!((trainer.network.weights[0][0] - 0.5).abs() < 1e-6, "{outer}, {inner}");
    }
}
