//! Compares the loops of `downhill-vfp` in assembly with those in Rust, for layers of all small sizes and some large ones.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use downhill::init::{Generator, Random};
use downhill_vfp::LEAST_MEAN;
use figures::{Once, entry};
use semihosting::println;
use semihosting::process::ExitCode;

#[path = "../../../../../crates/downhill-vfp/src/plain.rs"]
mod plain;

/// Inputs and outputs.
type Shape = (usize, usize);

/// The most weights, and inputs or outputs.
const MOST: usize = 9000;
const SIDE: usize = 1024;
/// The most samples.
const SAMPLES: usize = 5;

/// The same numbers twice: for the loops in assembly, and for those in Rust. What lies behind them must not change.
struct Twice<const N: usize>([[f32; N]; 2]);

impl<const N: usize> Twice<N> {
    const NEW: Self = Self([[0.0; N]; 2]);

    fn fill(&mut self, n: usize, mut draw: impl FnMut() -> f32) {
        let [ours, plain] = &mut self.0;
        ours[..n].fill_with(&mut draw);
        ours[n..].fill(7.0);
        *plain = *ours;
    }

    #[inline(never)]
    fn check(&self, what: &str, shape: Shape) {
        let [ours, plain] = &self.0;
        for (at, (ours, plain)) in ours.iter().zip(plain).enumerate() {
            assert!(ours.to_bits() == plain.to_bits(), "{what} {shape:?} at {at}: {ours:e} is not {plain:e}");
        }
    }
}

struct Numbers {
    weights: Twice<MOST>,
    slots: Twice<{ 2 * MOST }>,
    biases: Twice<SIDE>,
    z: Twice<SIDE>,
    back: Twice<SIDE>,
    x: [f32; SAMPLES * SIDE],
    deltas: [f32; SAMPLES * SIDE],
}

static NUMBERS: Once<Numbers> = Once::new(Numbers {
    weights: Twice::NEW,
    slots: Twice::NEW,
    biases: Twice::NEW,
    z: Twice::NEW,
    back: Twice::NEW,
    x: [0.0; SAMPLES * SIDE],
    deltas: [0.0; SAMPLES * SIDE],
});

/// From -1 to 1, zeros of both signs, and tiny and huge numbers, whose products are finite.
fn any(random: &mut Generator) -> f32 {
    let unit = random.signed_unit();
    match random.next_u32() % 64 {
        0..8 => 0.0_f32.copysign(unit),
        8 => unit * 1e-38,
        9 => unit * 1e17,
        _ => unit,
    }
}

/// From -1 to 1, and half of them zeros of both signs: where a sum starts shows only there.
fn half(random: &mut Generator) -> f32 {
    let unit = random.signed_unit();
    if random.next_u32().is_multiple_of(2) { 0.0_f32.copysign(unit) } else { unit }
}

/// A running mean: small, zero, or so near the least that it may fall below.
fn mean(random: &mut Generator) -> f32 {
    let unit = random.signed_unit();
    match random.next_u32() % 8 {
        0..2 => f32::from_bits(LEAST_MEAN.to_bits() + random.next_u32() % (1 << 22)).copysign(unit),
        2 => 0.0_f32.copysign(unit),
        _ => unit * 0.01,
    }
}

#[inline(never)]
fn sums(numbers: &mut Numbers, random: &mut Generator, shape: Shape) {
    let Numbers { weights, biases, z, back, x, deltas, .. } = numbers;
    let (inputs, outputs) = shape;
    let n = inputs * outputs;
    x[..inputs].fill_with(|| any(random));
    deltas[..outputs].fill_with(|| any(random));
    let (x, d) = (&x[..inputs], &deltas[..outputs]);
    let [ours, plain] = [downhill_vfp::sum_of_squares(x), plain::sum_of_squares(x)];
    assert!(ours.to_bits() == plain.to_bits(), "sum_of_squares {shape:?}: {ours:e} is not {plain:e}");
    for biased in [outputs, 0] {
        weights.fill(n, || any(random));
        biases.fill(biased, || any(random));
        z.fill(outputs, || any(random));
        back.fill(inputs, || any(random));
        let ([w, plain_w], [b, plain_b]) = (&mut weights.0, &mut biases.0);
        let ([ours, plain], [errors, plain_errors]) = (&mut z.0, &mut back.0);
        downhill_vfp::forward(&w[..n], &b[..biased], x, &mut ours[..outputs]);
        plain::forward(&plain_w[..n], &plain_b[..biased], x, &mut plain[..outputs]);
        downhill_vfp::send_back(&w[..n], d, &mut errors[..inputs]);
        plain::send_back(&plain_w[..n], d, &mut plain_errors[..inputs]);
        let rate = black_box(0.3);
        downhill_vfp::descend(&mut w[..n], &mut b[..biased], x, d, rate);
        plain::descend(&mut plain_w[..n], &mut plain_b[..biased], x, d, rate);
        z.check("forward", shape);
        back.check("send_back", shape);
        weights.check("descend", shape);
        biases.check("descend's biases", shape);
    }
}

#[inline(never)]
fn rules(numbers: &mut Numbers, random: &mut Generator, shape: Shape) {
    let Numbers { weights, slots, x, deltas, .. } = numbers;
    let (inputs, outputs) = shape;
    let n = inputs * outputs;
    x[..inputs].fill_with(|| half(random));
    deltas[..outputs].fill_with(|| half(random));
    let (x, d) = (&x[..inputs], &deltas[..outputs]);
    macro_rules! compare {
        ($what:literal, $slots:expr, $function:ident $([$rule:literal])?, $factors:expr) => {
            weights.fill(n, || half(random));
            slots.fill($slots, || mean(random));
            let ([w, plain_w], [v, plain_v]) = (&mut weights.0, &mut slots.0);
            for scale in [1.0, 0.3] {
                let factors = black_box($factors(scale));
                downhill_vfp::$function$(::<$rule>)?(&mut w[..n], &mut v[..$slots], x, d, &factors);
                plain::$function$(::<$rule>)?(&mut plain_w[..n], &mut plain_v[..$slots], x, d, &factors);
            }
            weights.check($what, shape);
            slots.check($what, shape);
        };
    }
    let momentum = |scale| [scale, 0.9, 0.05];
    compare!("momentum", n, momentum[false], momentum);
    compare!("nesterov", n, momentum[true], momentum);
    let adam = |scale| [scale, 0.9, 0.1, 0.999, 0.001, 0.02, 1.5, 1e-8, 0.0001];
    compare!("adam", 2 * n, adam[false], adam);
    compare!("adamw", 2 * n, adam[true], adam);
    compare!("rms_prop", n, rms_prop, |scale| [scale, 0.99, 0.01, 0.02, 1e-8]);
}

#[inline(never)]
fn samples(numbers: &mut Numbers, random: &mut Generator, shape: Shape) {
    let Numbers { weights, x, deltas, .. } = numbers;
    let (inputs, outputs) = shape;
    let n = inputs * outputs;
    for samples in [1, 2, SAMPLES] {
        let size = (inputs, outputs, samples);
        let (x, deltas) = (&mut x[..samples * inputs], &mut deltas[..samples * outputs]);
        x.fill_with(|| half(random));
        deltas.fill_with(|| half(random));
        let pair: (&[f32], &[f32]) = (x, deltas);
        weights.fill(n, || half(random));
        let [w, plain_w] = &mut weights.0;
        let factors = black_box([0.125, 0.3]);
        downhill_vfp::descend_samples(&mut w[..n], pair, size, factors);
        plain::descend_samples(&mut plain_w[..n], pair, size, factors);
        weights.check("descend_samples", shape);
        for input in [0, inputs / 2, inputs - 1] {
            macro_rules! blocks {
                ($($n:literal)*) => {
                    $(for at in [Some(0), outputs.checked_sub($n)].into_iter().flatten().filter(|at| at + $n <= outputs) {
                        let ours: [f32; $n] = downhill_vfp::gradient(pair, size, (input, at));
                        let plain: [f32; $n] = plain::gradient(pair, size, (input, at));
                        assert!(ours.map(f32::to_bits) == plain.map(f32::to_bits), "gradient {shape:?} at {input}, {at}");
                    })*
                };
            }
            blocks!(1 2 3 4 8 13 15 16);
        }
    }
}

/// Slices that don't fit together are left as they are.
#[inline(never)]
fn refused(numbers: &mut Numbers) {
    let Numbers { weights, slots, x, deltas, .. } = numbers;
    weights.fill(6, || 1.0);
    slots.fill(12, || 1.0);
    let ([w, _], [v, _]) = (&mut weights.0, &mut slots.0);
    let (x, d) = (&x[..], &deltas[..]);
    downhill_vfp::forward(&x[..5], &[], &x[..2], &mut w[..3]);
    downhill_vfp::forward(&x[..6], &d[..2], &x[..2], &mut w[..3]);
    downhill_vfp::forward_samples(&x[..6], &[], &x[..2], &mut w[..6], (0, 3));
    downhill_vfp::send_back(&x[..6], &d[..4], &mut w[..2]);
    downhill_vfp::descend(&mut w[..6], &mut v[..2], &x[..2], &d[..3], 1.0);
    downhill_vfp::momentum::<false>(&mut w[..6], &mut v[..5], &x[..2], &d[..3], &[1.0; 3]);
    downhill_vfp::adam::<false>(&mut w[..6], &mut v[..11], &x[..2], &d[..3], &[1.0; 9]);
    downhill_vfp::rms_prop(&mut w[..6], &mut v[..7], &x[..2], &d[..3], &[1.0; 5]);
    downhill_vfp::descend_samples(&mut w[..6], (&x[..4], &d[..6]), (2, 3, usize::MAX), [1.0; 2]);
    downhill_vfp::descend_samples(&mut w[..6], (&x[..4], &d[..5]), (2, 3, 2), [1.0; 2]);
    weights.check("refused", (2, 3));
    slots.check("refused", (2, 3));
    for (size, place) in [((2, 3, 3), (0, 0)), ((2, 3, 2), (2, 0)), ((2, 3, 2), (0, 2)), ((2, 3, usize::MAX), (0, 0))] {
        let sums: [f32; 2] = downhill_vfp::gradient((&x[..4], &d[..6]), size, place);
        assert!(sums.map(f32::to_bits) == [0; 2], "a gradient that does not exist");
    }
}

/// `downhill` itself ignores the excess of slices that are too long.
#[inline(never)]
fn excess(random: &mut Generator) {
    let mut numbers = [0.0; 100];
    numbers.fill_with(|| random.signed_unit());
    let (weights, values) = black_box(&numbers).split_at(60);
    let [mut exact, mut longer] = [[1.0; 20]; 2];
    for (x, w) in [(6, 32), (8, 31), (7, 30)] {
        downhill::kernel::forward(&weights[..30], &values[..5], &values[..6], &mut exact[..5]);
        downhill::kernel::forward(&weights[..w], &values[..7], &values[..x], &mut longer[..5]);
        assert!(exact.map(f32::to_bits) == longer.map(f32::to_bits), "forward with excess");
        downhill::kernel::send_back(&weights[..30], &values[..5], &mut exact[..6]);
        downhill::kernel::send_back(&weights[..w], &values[..5], &mut longer[..x]);
        assert!(exact.map(f32::to_bits) == longer.map(f32::to_bits), "send_back with excess");
    }
}

/// Square roots: the ends of the range, and many numbers between. Returns how many.
#[inline(never)]
fn roots(random: &mut Generator) -> u32 {
    let mut count = 0;
    let mut check = |bits: u32| {
        count += 1;
        let x = f32::from_bits(bits);
        let (ours, exact) = (downhill_vfp::sqrt(x), libm::sqrtf(x));
        assert!(ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan(), "the root of {bits:08x}");
    };
    for near in 0..20_000 {
        check(near);
        check(0x7F80_0000 - near);
        check(0x3F80_0000 - 10_000 + near);
        check(0x8000_0000 + near);
    }
    for _ in 0..200_000 {
        check(random.next_u32());
    }
    count
}

#[entry]
fn main() -> ! {
    #[expect(unsafe_code, reason = "the static is taken once")]
    let numbers = unsafe { NUMBERS.take() };
    let mut random = Generator::new(3);
    let mut shapes = 0;
    let mut check = |shape| {
        sums(numbers, &mut random, shape);
        rules(numbers, &mut random, shape);
        samples(numbers, &mut random, shape);
        shapes += 1;
    };
    for outputs in 1..=70 {
        (1..=9).for_each(|inputs| check((inputs, outputs)));
    }
    for outputs in 1..=20 {
        (10..=34).for_each(|inputs| check((inputs, outputs)));
    }
    for shape in [(64, 32), (32, 10), (31, 128), (128, 32), (80, 100), (100, 10), (1000, 9), (9, 1000), (1, 1000)] {
        check(shape);
    }
    refused(numbers);
    excess(&mut random);
    let roots = roots(&mut random);
    println!("{shapes} shapes and {roots} square roots are the same");
    ExitCode::SUCCESS.exit_process()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("{info}");
    ExitCode::FAILURE.exit_process()
}
