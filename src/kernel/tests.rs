//! Tests that all loops keep the contract.

#![allow(clippy::many_single_char_names)]

use core::hint::black_box;

use super::{Kernel, SEAL, Scalar, blocks, plain, samples, soft, wide};
use crate::init::{Generator, Random};

type Forward<T> = fn(&[T], &[T], &[T], &mut [T]);
type SendBack<T> = fn(&[T], &[T], &mut [T]);
type Descend<T> = fn(&mut [T], &mut [T], &[T], &[T], T);
type ForwardSamples<T> = fn(&[T], &[T], &[T], &mut [T], (usize, usize));

/// Loops of one number type.
struct Own<T> {
    forward: Forward<T>,
    send_back: SendBack<T>,
    descend: Descend<T>,
    forward_samples: ForwardSamples<T>,
}

/// All loops compute the bits of the contract, for layers of all sizes up to 40 outputs.
fn compare<T: Scalar>(own: &Own<T>) {
    let mut random = Generator::new(1);
    // One number in eight is +0 or -0: only these show whether lanes start at +0.
    let mut draw = || {
        let unit = random.signed_unit();
        T::from_f32(if random.next_u32().is_multiple_of(8) { 0.0_f32.copysign(unit) } else { unit })
    };
    for (inputs, outputs) in (1..=5).flat_map(|inputs| (1..=40).map(move |outputs| (inputs, outputs))) {
        let mut numbers = |n: usize| -> [T; 200] { core::array::from_fn(|i| if i < n { draw() } else { T::ZERO }) };
        let (weights, x, delta) = (numbers(inputs * outputs), numbers(inputs), numbers(outputs));
        let (weights, x, delta) = (&weights[..inputs * outputs], &x[..inputs], &delta[..outputs]);
        let (biases, samples, deltas) = (numbers(outputs), numbers(3 * inputs), numbers(3 * outputs));
        for biases in [&biases[..outputs], &[]] {
            let (mut a, mut b) = ([T::ONE; 200], [T::ZERO; 200]);
            plain::forward(weights, biases, x, &mut a[..outputs]);
            for forward in [plain::forward, blocks::forward, blocks::forward_by_rows, wide::forward, own.forward] {
                b[..outputs].fill(T::ONE);
                forward(weights, biases, x, &mut b[..outputs]);
                same(&a[..outputs], &b[..outputs]);
                // The first rows in one call, the others in a second.
                for rows in 0..=inputs {
                    b[..outputs].fill(T::ONE);
                    forward(&weights[..rows * outputs], biases, &x[..rows], &mut b[..outputs]);
                    forward(&weights[rows * outputs..], &[], &x[rows..], &mut b[..outputs]);
                    same(&a[..outputs], &b[..outputs]);
                }
            }

            if let Some(four) = super::forward_four(weights, biases, x) {
                plain::forward(weights, biases, x, &mut a[..outputs]);
                same(&a[..outputs], &four[..3]);
            } else {
                assert!(outputs != 3 || biases.is_empty());
            }

            let samples = &samples[..3 * inputs];
            let mut z = [[T::ONE; 120]; 4];
            for (x, z) in samples.chunks_exact(inputs).zip(z[0].chunks_exact_mut(outputs)) {
                plain::forward(weights, biases, x, z);
            }
            blocks::forward_samples(weights, biases, samples, &mut z[1][..3 * outputs], (inputs, outputs));
            samples::forward_samples(weights, biases, samples, &mut z[2][..3 * outputs], (inputs, outputs));
            (own.forward_samples)(weights, biases, samples, &mut z[3][..3 * outputs], (inputs, outputs));
            for other in &z[1..] {
                same(&z[0][..3 * outputs], &other[..3 * outputs]);
            }

            plain::send_back(weights, delta, &mut a[..inputs]);
            for send_back in [blocks::send_back, wide::send_back, own.send_back] {
                send_back(weights, delta, &mut b[..inputs]);
                same(&a[..inputs], &b[..inputs]);
            }
            for (row, back) in weights.chunks_exact(outputs).zip(&mut b) {
                *back = blocks::dot_in_turn(row, delta);
            }
            same(&a[..inputs], &b[..inputs]);

            let deltas = &deltas[..3 * outputs];
            let mut sums = [[T::ONE; 200]; 3];
            let [naive, chip, host] = sums.each_mut().map(|sums| &mut sums[..inputs * outputs]);
            let mut slots = [(); 200];
            let slots = &mut slots[..inputs * outputs];
            for (at, sum) in naive.iter_mut().enumerate() {
                let product =
                    |sample| samples[sample * inputs + at / outputs] * deltas[sample * outputs + at % outputs];
                *sum = T::ZERO + product(0) + product(1) + product(2);
            }
            let set = |sum: &mut T, (): &mut (), gradient| *sum = gradient;
            blocks::gradients((chip, slots), (samples, deltas), (inputs, outputs), set);
            samples::gradients((host, slots), (samples, deltas), (inputs, outputs), set);
            same(naive, chip);
            same(naive, host);

            let rate = T::from_f32(0.3);
            let learned = |descend: Descend<T>| {
                let mut learned = [T::ZERO; 240];
                let (w, b) = learned.split_at_mut(200);
                let (w, b) = (&mut w[..weights.len()], &mut b[..biases.len()]);
                w.copy_from_slice(weights);
                b.copy_from_slice(biases);
                descend(w, b, x, delta, rate);
                learned
            };
            same(&learned(plain::descend), &learned(blocks::descend));
            same(&learned(plain::descend), &learned(wide::descend));
            same(&learned(plain::descend), &learned(own.descend));
        }
    }
}

/// The same with constant lengths, as every layer on the host has them.
fn compare_known<const I: usize, const O: usize>() {
    let mut random = Generator::new(2);
    let weights: [[f32; O]; I] = core::array::from_fn(|_| core::array::from_fn(|_| random.signed_unit()));
    let x: [f32; I] = core::array::from_fn(|_| random.signed_unit());
    let biases: [f32; O] = core::array::from_fn(|_| random.signed_unit());
    let delta: [f32; O] = core::array::from_fn(|_| random.signed_unit());
    let hidden = black_box::<&[f32]>(weights.as_flattened());

    let (mut a, mut b) = ([0.0; O], [0.0; O]);
    super::forward(weights.as_flattened(), &biases, &x, &mut a);
    plain::forward(hidden, &biases, &x, &mut b);
    same(&a, &b);

    let (mut a, mut b) = ([0.0; I], [0.0; I]);
    super::send_back(weights.as_flattened(), &delta, &mut a);
    plain::send_back(hidden, &delta, &mut b);
    same(&a, &b);

    let (mut a, mut b) = (weights, weights);
    let (mut c, mut d) = (biases, biases);
    super::descend(a.as_flattened_mut(), &mut c, &x, &delta, 0.3);
    plain::descend(black_box::<&mut [f32]>(b.as_flattened_mut()), &mut d, &x, &delta, 0.3);
    same(a.as_flattened(), b.as_flattened());
    same(&c, &d);
}

fn same<T: Scalar>(a: &[T], b: &[T]) {
    assert!(a.iter().zip(b).all(|(a, b)| a.bits() == b.bits()), "{a:?}\n{b:?}");
}

#[test]
fn all_loops_keep_the_order() {
    compare::<f32>(&Own {
        forward: soft::forward,
        send_back: soft::send_back,
        descend: soft::descend,
        forward_samples: soft::forward_samples,
    });
    compare::<f64>(&Own {
        forward: plain::forward,
        send_back: plain::send_back,
        descend: plain::descend,
        forward_samples: blocks::forward_samples,
    });
}

#[test]
fn known_lengths_keep_the_order() {
    compare_known::<1, 1>();
    compare_known::<4, 4>();
    compare_known::<7, 3>();
    compare_known::<3, 7>();
    compare_known::<9, 8>();
    compare_known::<17, 10>();
    compare_known::<8, 15>();
    compare_known::<5, 16>();
    compare_known::<12, 17>();
    compare_known::<33, 31>();
    compare_known::<16, 33>();
    compare_known::<20, 100>();
    compare_known::<77, 34>();
}

#[test]
fn finite_sees_every_place() {
    for (n, bad) in (1..20).flat_map(|n| [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].map(|bad| (n, bad))) {
        let mut values = [f32::MAX; 20];
        assert!(Kernel::finite(SEAL, &values[..n]) == 0.0);
        values[n - 1] = bad;
        assert!(!Scalar::is_finite(Kernel::finite(SEAL, &values[..n])));
        assert!(!Scalar::is_finite(Kernel::magnitude(SEAL, &values[..n])));
        assert!(!Scalar::is_finite(blocks::magnitude(&values[..n])));
    }
}

/// On the host, the magnitude of values is the largest of their magnitudes; the loops for chips skip no value.
#[test]
fn magnitudes_see_every_place() {
    for n in 1..40 {
        let mut values = [0.5_f32; 40];
        for place in 0..n {
            values[place] = -7.0;
            let values = &values[..n];
            let expected = 7.0_f32.to_bits();
            assert_eq!(Kernel::magnitude(SEAL, values).to_bits(), expected);
            assert_eq!(blocks::magnitude(values).to_bits(), expected);
            assert_eq!(super::largest(values).to_bits(), expected);
        }
    }
}
