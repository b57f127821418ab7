//! The kernel: products of weights with the inputs, for four outputs at once, so that an input is loaded once for all of them.

use crate::hint::keep_rolled;

/// How many outputs at once. On a Cortex-M0, their sums and two addresses fill the registers.
pub(super) const OUTPUTS: usize = 4;

/// What is added to a weight, so that it is not negative: a Cortex-M0 loads bytes with a sign from fewer addresses.
pub(super) const BIAS: u8 = 128;

/// The sums of `weights[i][o] x[i]` for each `o`. There are fewer than 2^16 inputs: then a sum is below 2^31.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn four(weights: &[[u8; OUTPUTS]], x: &[i8], result: &mut [i32; OUTPUTS]) {
    // As an array, the sums would be in memory.
    let [mut sum0, mut sum1, mut sum2, mut sum3] = [0; OUTPUTS];
    // On a Cortex-M0, two would need more registers than there are.
    for (&[w0, w1, w2, w3], &x) in weights.iter().zip(x) {
        let x = i32::from(x);
        sum0 += i32::from(w0) * x;
        sum1 += i32::from(w1) * x;
        sum2 += i32::from(w2) * x;
        sum3 += i32::from(w3) * x;
        keep_rolled();
    }
    *result = [sum0, sum1, sum2, sum3];
}

/// The sum of `weights[i] x[i]`.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn one(weights: &[u8], x: &[i8]) -> i32 {
    let mut sum = 0;
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
