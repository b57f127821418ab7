//! Tests that the functions keep the order of sums that the crate's documentation states, one weight at a time, and leave
//! slices alone that don't fit.

#![allow(clippy::float_cmp, clippy::many_single_char_names)]

extern crate std;

use std::vec::Vec;

use crate::LEAST_MEAN;

/// Numbers of 32 bits, from a generator of 64.
struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// From -1 to 1; a quarter of them are zeros of both signs.
    fn unit(&mut self) -> f32 {
        let unit = f32::from_bits(self.bits() >> 9 | 0x4000_0000) - 3.0;
        if self.bits() < 1 << 30 { 0.0_f32.copysign(unit) } else { unit }
    }

    fn units(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.unit()).collect()
    }
}

fn same(a: &[f32], b: &[f32]) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()), "{a:?}\n{b:?}");
}

fn sizes() -> impl Iterator<Item = (usize, usize)> {
    (1..6).flat_map(|inputs| (1..20).map(move |outputs| (inputs, outputs)))
}

#[test]
fn sums_keep_their_order() {
    let mut numbers = Numbers(1);
    for (inputs, outputs) in sizes() {
        let (w, x, d) = (numbers.units(inputs * outputs), numbers.units(inputs), numbers.units(outputs));
        for biases in [numbers.units(outputs), Vec::new()] {
            let start = numbers.units(outputs);
            let mut z = start.clone();
            crate::forward(&w, &biases, &x, &mut z);
            let expected: Vec<_> = (0..outputs)
                .map(|o| {
                    let first = *biases.get(o).unwrap_or(&start[o]);
                    (0..inputs).fold(first, |sum, i| sum + x[i] * w[i * outputs + o])
                })
                .collect();
            same(&z, &expected);
            let mut z = [start.clone(), start].concat();
            let twice = [x.clone(), x.clone()].concat();
            crate::forward_samples(&w, &biases, &twice, &mut z, (inputs, outputs));
            same(&z, &[expected.clone(), expected].concat());

            let mut learned = (w.clone(), biases.clone());
            crate::descend(&mut learned.0, &mut learned.1, &x, &d, 0.3);
            for (at, w) in w.iter().enumerate() {
                same(&[learned.0[at]], &[w - x[at / outputs] * (0.3 * d[at % outputs])]);
            }
            for (o, b) in biases.iter().enumerate() {
                same(&[learned.1[o]], &[b - 0.3 * d[o]]);
            }
        }
        same(&[crate::sum_of_squares(&x)], &[x.iter().map(|x| x * x).reduce(|a, b| a + b).expect("an input")]);
        let mut back = numbers.units(inputs);
        crate::send_back(&w, &d, &mut back);
        for (i, &back) in back.iter().enumerate() {
            let lane = |l| (l..outputs).step_by(8).map(|o| d[o] * w[i * outputs + o]).reduce(|a, b| a + b);
            let both = |a: Option<f32>, b: Option<f32>| if let (Some(a), Some(b)) = (a, b) { Some(a + b) } else { a };
            let four = |l| both(both(lane(l), lane(l + 4)), both(lane(l + 2), lane(l + 6)));
            same(&[back], &[both(four(0), four(1)).expect("a product")]);
        }
    }
}

#[test]
fn rules_follow_their_formulas() {
    let mut numbers = Numbers(2);
    let tiny = f32::from_bits(LEAST_MEAN.to_bits() - 1);
    let flush = |mean: f32| if mean.abs() < LEAST_MEAN { 0.0 } else { mean };
    for (inputs, outputs) in sizes() {
        let n = inputs * outputs;
        let (w, x, d) = (numbers.units(n), numbers.units(inputs), numbers.units(outputs));
        let mut slots: Vec<_> = numbers.units(2 * n).iter().map(|slot| slot.abs() * 0.01).collect();
        slots[0] = -tiny;
        slots[2 * n - 1] = tiny;
        let gradient = |at: usize, scale: f32| x[at / outputs] * d[at % outputs] * scale;

        for nesterov in [false, true] {
            let (mut learned, mut v) = (w.clone(), slots[..n].to_vec());
            let momentum = if nesterov { crate::momentum::<true> } else { crate::momentum::<false> };
            momentum(&mut learned, &mut v, &x, &d, &[0.3, 0.9, 0.05]);
            for at in 0..n {
                let g = gradient(at, 0.3);
                let velocity = 0.9 * slots[at] + g;
                let step = if nesterov { g + 0.9 * velocity } else { velocity };
                same(&[v[at], learned[at]], &[velocity, w[at] - 0.05 * step]);
            }
        }
        for decays in [false, true] {
            let (mut learned, mut v) = (w.clone(), slots.clone());
            let adam = if decays { crate::adam::<true> } else { crate::adam::<false> };
            adam(&mut learned, &mut v, &x, &d, &[0.3, 0.9, 0.1, 0.999, 0.001, 0.02, 1.5, 1e-8, 0.01]);
            for at in 0..n {
                let g = gradient(at, 0.3);
                let mean = flush(0.9 * slots[2 * at] + 0.1 * g);
                let square = flush(0.999 * slots[2 * at + 1] + 0.001 * (g * g));
                let w = if decays { w[at] - 0.01 * w[at] } else { w[at] };
                let w = w - 0.02 * mean / (square.sqrt() * 1.5 + 1e-8);
                same(&[v[2 * at], v[2 * at + 1], learned[at]], &[mean, square, w]);
            }
        }
        let (mut learned, mut v) = (w.clone(), slots[n..].to_vec());
        crate::rms_prop(&mut learned, &mut v, &x, &d, &[0.3, 0.99, 0.01, 0.02, 1e-8]);
        for at in 0..n {
            let g = gradient(at, 0.3);
            let square = flush(0.99 * slots[n + at] + 0.01 * (g * g));
            same(&[v[at], learned[at]], &[square, w[at] - 0.02 * g / (square.sqrt() + 1e-8)]);
        }
    }
}

#[test]
fn samples_are_added_in_turn() {
    let mut numbers = Numbers(3);
    for (inputs, outputs) in sizes() {
        let (w, x, d) = (numbers.units(inputs * outputs), numbers.units(3 * inputs), numbers.units(3 * outputs));
        let sum =
            |i: usize, o: usize| (0..3).fold(0.0, |sum, sample| sum + x[sample * inputs + i] * d[sample * outputs + o]);
        let mut learned = w.clone();
        crate::descend_samples(&mut learned, (&x, &d), (inputs, outputs, 3), [0.125, 0.3]);
        for (at, w) in w.iter().enumerate() {
            same(&[learned[at]], &[w - 0.3 * (sum(at / outputs, at % outputs) * 0.125)]);
        }
        let last = inputs - 1;
        if let Some(first) = outputs.checked_sub(3) {
            let sums: [f32; 3] = crate::gradient((&x, &d), (inputs, outputs, 3), (last, first));
            same(&sums, &[0, 1, 2].map(|o| sum(last, first + o)));
        }
    }
}

#[test]
fn slices_that_do_not_fit_are_left_alone() {
    let (mut a, mut b, c) = ([1.0; 6], [1.0; 12], [2.0; 7]);
    let mut check = |f: &mut dyn FnMut(&mut [f32], &mut [f32])| {
        f(&mut a, &mut b);
        assert!(a == [1.0; 6] && b == [1.0; 12]);
    };
    check(&mut |z, _| crate::forward(&c[..5], &[], &c[..2], &mut z[..3]));
    check(&mut |z, _| crate::forward(&c[..6], &c[..2], &c[..2], &mut z[..3]));
    check(&mut |z, _| crate::forward_samples(&c[..6], &[], &c[..2], z, (0, 3)));
    check(&mut |z, _| crate::forward_samples(&c[..6], &[], &c[..2], &mut z[..2], (2, 3)));
    check(&mut |back, _| crate::send_back(&c[..6], &c[..4], &mut back[..2]));
    check(&mut |w, b| crate::descend(w, b, &c[..2], &c[..3], 1.0));
    check(&mut |w, _| crate::descend(w, &mut [], &c[..2], &c[..2], 1.0));
    check(&mut |w, v| crate::momentum::<false>(w, &mut v[..5], &c[..2], &c[..3], &[1.0; 3]));
    check(&mut |w, v| crate::adam::<false>(w, &mut v[..11], &c[..2], &c[..3], &[1.0; 9]));
    check(&mut |w, v| crate::rms_prop(w, &mut v[..7], &c[..2], &c[..3], &[1.0; 5]));
    check(&mut |w, _| crate::descend_samples(w, (&c[..4], &c[..6]), (2, 3, usize::MAX), [1.0; 2]));
    check(&mut |w, _| crate::descend_samples(w, (&c[..5], &c[..6]), (2, 3, 2), [1.0; 2]));
    for (size, place) in [((2, 3, 3), (0, 0)), ((2, 3, 2), (2, 0)), ((2, 3, 2), (0, 2)), ((2, 3, usize::MAX), (0, 0))] {
        let sums: [f32; 2] = crate::gradient((&c[..4], &c[..6]), size, place);
        assert!(sums == [0.0; 2]);
    }
}

#[test]
fn roots_are_rounded_to_nearest() {
    let check = |bits: u32| {
        let (ours, exact) = (crate::sqrt(f32::from_bits(bits)), f32::from_bits(bits).sqrt());
        assert!(ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan(), "the root of {bits:08x}");
    };
    for near in 0..100_000 {
        check(near);
        check(0x7F80_0000 - near);
        check(0x3F80_0000 - 50_000 + near);
        check(0x8000_0000 + near);
    }
    let mut numbers = Numbers(4);
    (0..1_000_000).for_each(|_| check(numbers.bits()));
}
