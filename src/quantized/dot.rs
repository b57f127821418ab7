//! The kernel: products of weights with the inputs, for four outputs at once, so that an input is loaded once for all of them.

use crate::hint::{in_register, keep_rolled};
use crate::target::{FEW_REGISTERS, LONG_PRODUCTS};

/// How many outputs at once.
pub(super) const OUTPUTS: usize = 4;

/// What is added to a weight, so that it is not negative: a Cortex-M0 loads bytes with a sign from fewer addresses.
pub(super) const BIAS: u8 = 128;

/// The sums of `weights[i][o] x[i]` for each `o`, less the [`excess`], from which they start. There are fewer than 2^16
/// inputs: after some of them, a sum is what the true weights give for these, less 128 times each other input, so below 2^30.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn four(weights: &[[u8; OUTPUTS]], x: &[i8], excess: i32) -> [i32; OUTPUTS] {
    if LONG_PRODUCTS {
        packed(weights, x, excess)
    } else if FEW_REGISTERS {
        by_fours(weights, x, excess)
    } else {
        plain(weights, x, excess)
    }
}

#[cfg_attr(target_os = "none", inline(never))]
fn plain(weights: &[[u8; OUTPUTS]], x: &[i8], excess: i32) -> [i32; OUTPUTS] {
    // As an array, the sums would be in memory.
    let [mut sum0, mut sum1, mut sum2, mut sum3] = [-excess; OUTPUTS];
    for (&[a, b, c, d], &x) in weights.iter().zip(x) {
        let x = i32::from(x);
        sum0 += i32::from(a) * x;
        sum1 += i32::from(b) * x;
        sum2 += i32::from(c) * x;
        sum3 += i32::from(d) * x;
        keep_rolled();
    }
    [sum0, sum1, sum2, sum3]
}

/// [`plain`], four inputs at a time: a Cortex-M0 then adds to one sum after the other, while the others are on the stack.
#[cfg_attr(not(any(test, unoptimized)), inline(always))]
fn by_fours(weights: &[[u8; OUTPUTS]], x: &[i8], excess: i32) -> [i32; OUTPUTS] {
    let ((blocks, rest), (x_blocks, x_rest)) = (weights.as_chunks(), x.as_chunks());
    let mut sums = fours(blocks, x_blocks, excess);
    if !rest.is_empty() {
        for (sum, part) in sums.iter_mut().zip(plain(rest, x_rest, 0)) {
            *sum += part;
        }
    }
    sums
}

#[cfg_attr(target_os = "none", inline(never))]
fn fours(blocks: &[[[u8; OUTPUTS]; 4]], x: &[[i8; 4]], excess: i32) -> [i32; OUTPUTS] {
    let [mut sum0, mut sum1, mut sum2, mut sum3] = [-excess; OUTPUTS];
    for (&[a, b, c, d], &[p, q, r, s]) in blocks.iter().zip(x) {
        let x = [p.into(), q.into(), r.into(), s.into()];
        sum0 = plus(sum0, [a[0], b[0], c[0], d[0]], x);
        sum1 = plus(sum1, [a[1], b[1], c[1], d[1]], x);
        sum2 = plus(sum2, [a[2], b[2], c[2], d[2]], x);
        sum3 = plus(sum3, [a[3], b[3], c[3], d[3]], x);
        keep_rolled();
    }
    [sum0, sum1, sum2, sum3]
}

#[cfg_attr(not(unoptimized), inline(always))]
fn plus(sum: i32, weights: [u8; 4], x: [i32; 4]) -> i32 {
    let w: [i32; 4] = [weights[0].into(), weights[1].into(), weights[2].into(), weights[3].into()];
    sum + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3]
}

/// [`plain`] by products of 64 bits, each of which is two: of the weights of two outputs, 24 bits apart, and an input.
#[cfg_attr(not(any(test, unoptimized)), inline(always))]
fn packed(weights: &[[u8; OUTPUTS]], x: &[i8], excess: i32) -> [i32; OUTPUTS] {
    let mut chunks = weights.chunks(PACKED).zip(x.chunks(PACKED));
    let mut sums = chunks.next().map_or([0; OUTPUTS], |(weights, x)| packed_chunk(weights, x, excess));
    for (weights, x) in chunks {
        for (sum, part) in sums.iter_mut().zip(packed_chunk(weights, x, 0)) {
            *sum += part;
        }
    }
    sums
}

/// For how many inputs the sum in the lower 24 bits fits: it is at most 255 times 128 for each, which is below 2^23.
const PACKED: usize = 256;

/// The weights of the outputs 0 and 2, or 1 and 3, in two that are packed.
const TWO: u32 = 0xFF00_00FF;

#[cfg_attr(target_os = "none", inline(never))]
#[allow(clippy::cast_possible_truncation)]
fn packed_chunk(weights: &[[u8; OUTPUTS]], x: &[i8], excess: i32) -> [i32; OUTPUTS] {
    let mask = in_register(TWO);
    let (mut outer, mut inner) = (0, 0);
    let ((blocks, rest), (x_blocks, x_rest)) = (weights.as_chunks(), x.as_chunks());
    for (&[a, b], &[p, q]) in blocks.iter().zip(x_blocks) {
        add_packed(a, p, mask, (&mut outer, &mut inner));
        add_packed(b, q, mask, (&mut outer, &mut inner));
        keep_rolled();
    }
    if let (&[a], &[p]) = (rest, x_rest) {
        add_packed(a, p, TWO, (&mut outer, &mut inner));
    }
    let lower = |sums: i64| ((sums as i32) << 8 >> 8) - excess;
    let upper = |sums: i64| ((sums + (1 << 23)) >> 24) as i32;
    [lower(outer), upper(inner), lower(inner), upper(outer)]
}

#[cfg_attr(not(unoptimized), inline(always))]
fn add_packed(weights: [u8; OUTPUTS], x: i8, mask: u32, (outer, inner): (&mut i64, &mut i64)) {
    // The two weights in the upper bits have a sign, and so not the bias.
    let four = u32::from_le_bytes(weights) ^ 0x8000_8000;
    *outer += i64::from((four & mask).cast_signed()) * i64::from(x);
    *inner += i64::from((four.rotate_right(16) & mask).cast_signed()) * i64::from(x);
}

/// The sum of `weights[i] x[i]`, less the [`excess`].
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn one(weights: &[u8], x: &[i8], excess: i32) -> i32 {
    let mut sum = -excess;
    for (&weight, &x) in weights.iter().zip(x) {
        sum += i32::from(weight) * i32::from(x);
        keep_rolled();
    }
    sum
}

/// What [`four`] and [`one`] give too much, as [`BIAS`] was added to each weight.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn excess(x: &[i8]) -> i32 {
    let fours = x.chunks_exact(4);
    let mut sum: i32 = fours.remainder().iter().map(|&x| i32::from(x)).sum();
    for x in fours {
        sum += x.iter().map(|&x| i32::from(x)).sum::<i32>();
        keep_rolled();
    }
    sum * i32::from(BIAS)
}

/// Rows of weights, output by output, in the order in which the kernel reads them: of four rows, the weights of the first input, then
/// those of the second, and so on. The last rows, fewer than four, stay as they are.
pub(super) const fn ordered<const I: usize, const O: usize>(rows: &[[i8; I]; O]) -> [[u8; I]; O] {
    let mut ordered = [[0; I]; O];
    let (mut from, mut to) = (rows.as_flattened(), ordered.as_flattened_mut());
    while let ([weight, others @ ..], [place, places @ ..]) = (from, to) {
        *place = biased(*weight);
        (from, to) = (others, places);
    }
    let (mut rows, (mut blocks, _)) = (rows.as_slice(), ordered.as_chunks_mut::<OUTPUTS>());
    while let ([a, b, c, d, others @ ..], [block, rest @ ..]) = (rows, blocks) {
        let (mut a, mut b, mut c, mut d) = (a.as_slice(), b.as_slice(), c.as_slice(), d.as_slice());
        let (mut block, _) = block.as_flattened_mut().as_chunks_mut::<OUTPUTS>();
        while let ([p, a1 @ ..], [q, b1 @ ..], [r, c1 @ ..], [s, d1 @ ..], [four, more @ ..]) = (a, b, c, d, block) {
            *four = [biased(*p), biased(*q), biased(*r), biased(*s)];
            (a, b, c, d, block) = (a1, b1, c1, d1, more);
        }
        (rows, blocks) = (others, rest);
    }
    ordered
}

pub(super) const fn biased(weight: i8) -> u8 {
    weight.cast_unsigned() ^ BIAS
}

/// Where in memory [`ordered`] puts the weight of an output and an input.
pub(super) const fn place<const I: usize, const O: usize>(output: usize, input: usize) -> usize {
    let first = output - output % OUTPUTS;
    if first + OUTPUTS <= O { first * I + input * OUTPUTS + output % OUTPUTS } else { output * I + input }
}

#[cfg(test)]
mod tests {
    use super::{OUTPUTS, by_fours, excess, packed, plain};
    use crate::init::{Generator, Random};

    const MOST: usize = 1000;

    /// A host has only one of them.
    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn all_kernels_have_the_same_sums() {
        let mut random = Generator::new(6);
        for inputs in (0..40).chain([255, 256, 257, 511, 513, MOST]) {
            for extreme in [None, Some((255, -128)), Some((255, 127)), Some((0, -128)), Some((0, 127))] {
                let mut weight = || extreme.map_or_else(|| random.next_u32() as u8, |(weight, _)| weight);
                let weights: [[u8; OUTPUTS]; MOST] = core::array::from_fn(|_| core::array::from_fn(|_| weight()));
                let weights = &weights[..inputs];
                let mut x = || extreme.map_or_else(|| random.next_u32() as i8, |(_, x)| x);
                let x: [i8; MOST] = core::array::from_fn(|_| x());
                let x = &x[..inputs];
                let excess = excess(x);
                let sums: [i64; OUTPUTS] = core::array::from_fn(|o| {
                    weights.iter().zip(x).map(|(weights, &x)| (i64::from(weights[o]) - 128) * i64::from(x)).sum()
                });
                for kernel in [plain, by_fours, packed] {
                    assert_eq!(kernel(weights, x, excess).map(i64::from), sums, "{inputs} {extreme:?}");
                }
            }
        }
    }
}
