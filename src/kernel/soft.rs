//! The loops for chips without floating point, in the arithmetic of [`soft`](crate::soft).

use super::plain::outputs;
use crate::hint::keep_rolled;
use crate::soft::{add, add_product as with_product, add_products};
#[cfg(soft_single)]
pub(super) use crate::soft::{add as sum, add_product, gradient, multiply as product};

/// Each input is taken apart once, for all weights of its row.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward(weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32]) {
    for (z, &b) in z.iter_mut().zip(biases) {
        *z = b;
        keep_rolled();
    }
    for (row, &x) in weights.chunks_exact(outputs(z)).zip(x) {
        add_products(z, 1, x, row);
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn forward_samples(weights: &[f32], biases: &[f32], x: &[f32], z: &mut [f32], size: (usize, usize)) {
    for (x, z) in x.chunks_exact(size.0.max(1)).zip(z.chunks_exact_mut(size.1.max(1))) {
        forward(weights, biases, x, z);
    }
}

/// One lane after the other, in the order of the tree: so at most three sums are kept.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn send_back(weights: &[f32], delta: &[f32], back: &mut [f32]) {
    for (row, back) in weights.chunks_exact(outputs(delta)).zip(back) {
        *back = dot(row, delta);
    }
}

fn dot(row: &[f32], delta: &[f32]) -> f32 {
    let outputs = delta.len();
    let [mut one, mut two, mut four] = [0.0; 3];
    let mut o = 0;
    loop {
        let mut sum = -0.0;
        while let (Some(&w), Some(&d)) = (row.get(o), delta.get(o)) {
            sum = with_product(sum, d, w);
            o += 8;
            keep_rolled();
        }
        let lane = o % 8;
        if lane & 4 == 0 {
            one = sum;
            o = lane + 4;
            continue;
        }
        if lane < outputs {
            sum = add(one, sum);
        } else {
            sum = one;
        }
        if lane & 2 == 0 {
            two = sum;
            o = lane - 2;
            continue;
        }
        if lane - 4 < outputs {
            sum = add(two, sum);
        } else {
            sum = two;
        }
        if lane & 1 == 0 {
            four = sum;
            o = lane - 5;
            continue;
        }
        return if outputs > 1 { add(four, sum) } else { four };
    }
}

/// Column by column: what is subtracted from a weight is computed with the delta of its output as the factor that stays
/// the same.
#[cfg_attr(not(unoptimized), inline(always))]
pub(super) fn descend(weights: &mut [f32], biases: &mut [f32], x: &[f32], delta: &[f32], rate: f32) {
    let outputs = outputs(delta);
    for (o, &d) in delta.iter().enumerate() {
        let step = -(rate * d);
        if let Some(b) = biases.get_mut(o) {
            *b = add(*b, step);
        }
        let column = weights.get_mut(o..).unwrap_or_default();
        add_products(column, outputs, step, x);
    }
}
