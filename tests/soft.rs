//! The arithmetic for chips without floating point has the bits of the host's operations, for all numbers. The long test:
//! `cargo test --release --test soft -- --ignored --nocapture`.

use std::thread;

use downhill::soft::{add, add_product, add_products, gradient, multiply};

/// Whether both are the same, or both NaN.
fn same(ours: f32, theirs: f32) -> bool {
    ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan()
}

/// Fails unless the operations on a pair, and its product added to another number, have the host's bits.
fn compare(sum: f32, a: f32, b: f32) {
    let (product, expected) = (a * b, sum + a * b);
    let mut sums = [sum];
    add_products(&mut sums, 1, a, &[b]);
    assert!(
        same(multiply(a, b), product)
            && same(add(a, b), a + b)
            && same(add(sum, product), expected)
            && same(add_product(sum, a, b), expected)
            && same(gradient(a, b, sum), product * sum)
            && same(gradient(a, b, 1.0), product)
            && same(sums[0], expected),
        "{:#x} + {:#x} * {:#x}: {:#x} and {:#x}, {:#x} and {:#x}, {:#x} and {:#x} or {:#x} or {:#x}",
        sum.to_bits(),
        a.to_bits(),
        b.to_bits(),
        multiply(a, b).to_bits(),
        product.to_bits(),
        add(a, b).to_bits(),
        (a + b).to_bits(),
        expected.to_bits(),
        add(sum, product).to_bits(),
        add_product(sum, a, b).to_bits(),
        sums[0].to_bits(),
    );
}

/// The number that is `steps` away in the order of the bits.
fn beside(number: f32, steps: i32) -> f32 {
    f32::from_bits(number.to_bits().wrapping_add_signed(steps))
}

/// All exponents, with the mantissas at the ends and in the middle, and both signs: zeros, subnormal numbers, infinities
/// and NaN are among them.
fn hard_numbers() -> Vec<f32> {
    let mantissas = [0, 1, 2, 0x3f_ffff, 0x40_0000, 0x40_0001, 0x7f_fffe, 0x7f_ffff];
    let numbers = (0..512).flat_map(|head| mantissas.map(|mantissa| f32::from_bits(head << 23 | mantissa)));
    numbers.collect()
}

/// All pairs of these, with sums that cancel the product or nearly do, that lie where it is a tie, and that have nothing to do
/// with it. Without optimisation, one pair in 31.
#[test]
fn hard_pairs() {
    let numbers = hard_numbers();
    let step = if cfg!(debug_assertions) { 31 } else { 1 };
    let mut compared = 0;
    for (n, &a) in numbers.iter().enumerate() {
        for &b in numbers.iter().skip(n % step).step_by(step) {
            let product = a * b;
            let unrelated = numbers[(n * 2_654_435 + compared * 40_503) % numbers.len()];
            for sum in
                [0.0, -0.0, -product, beside(-product, 1), beside(-product, -1), product * 16_777_216.0, unrelated]
            {
                compare(sum, a, b);
            }
            compared += 1;
        }
    }
    println!("{compared} pairs of {} hard numbers compared", numbers.len());
}

struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    /// Of up to `exponents` neighbouring exponents around 1; the mantissa ends with many zeros, or ones, more often than not.
    fn near(&mut self, exponents: u32) -> f32 {
        let (random, mut mantissa) = (self.bits(), self.bits() & 0x7f_ffff);
        let end = (1 << (random & 31)) - 1;
        match random >> 5 & 3 {
            0 => mantissa &= !end,
            1 => mantissa |= end & 0x7f_ffff,
            2 => mantissa = mantissa & !end | (end / 2 + 1) & end,
            _ => {}
        }
        f32::from_bits(random & 1 << 31 | (127 - exponents / 2 + (random >> 8 & 0xff) % exponents) << 23 | mantissa)
    }

    fn compare(&mut self) {
        let (a, b, sum) = match self.bits() & 7 {
            0 | 1 => [(); 3].map(|()| f32::from_bits(self.bits())).into(),
            // Products at the ends of the range.
            2 => {
                let [a, b] = [(); 2].map(|()| self.near(8));
                let power = f32::from_bits((1 + self.bits() % 254) << 23);
                let other = f32::from_bits((1 + self.bits() % 254) << 23);
                (a * power, b * other, self.near(8) * power * other)
            }
            // Differences that are small.
            3 => {
                let [a, b] = [(); 2].map(|()| self.near(16));
                (a, b, beside(-(a * b), (self.bits() % 64).cast_signed() - 32))
            }
            4 => (self.near(2), self.near(2), self.near(4)),
            5 => (self.near(16), self.near(16), self.near(16)),
            _ => (self.near(32), self.near(32), self.near(64)),
        };
        compare(sum, a, b);
    }
}

fn random_pairs(pairs: u64) {
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ thread << 40);
                for _ in 0..pairs.div_ceil(threads) {
                    numbers.compare();
                }
            });
        }
    });
    println!("{} random pairs compared", pairs.div_ceil(threads) * threads);
}

#[test]
fn some_random_pairs() {
    random_pairs(if cfg!(debug_assertions) { 1_000_000 } else { 20_000_000 });
}

#[test]
#[ignore = "takes a minute, with optimisation"]
fn many_random_pairs() {
    random_pairs(1_000_000_000);
}
