//! Orders of samples: each index once, and well mixed.

use downhill::init::{Generator, Random};
use downhill::permutation::Permutation;

fn order(len: usize, seed: u32) -> Vec<usize> {
    let order = Permutation::new(len, seed);
    assert_eq!((order.len(), order.is_empty()), (len, len == 0));
    assert_eq!(order.get(len), None);
    assert_eq!(order.get(usize::MAX), None);
    (0..len).map(|position| order.get(position).unwrap()).collect()
}

#[test]
fn every_index_once() {
    for len in (0..=300).chain([1023, 1024, 1025, 1257, 65_536, 65_537]) {
        for seed in [0, 1, 2, u32::MAX] {
            let mut indices = order(len, seed);
            indices.sort_unstable();
            assert!(indices.into_iter().eq(0..len), "length {len}, seed {seed}");
        }
    }
}

/// A seed is a promise: the same orders everywhere, as long as the changelog says nothing else.
#[test]
fn the_orders_are_pinned() {
    assert_eq!(order(5, 1), [4, 3, 1, 0, 2]);
    assert_eq!(order(16, 2), [12, 2, 6, 8, 1, 3, 15, 11, 5, 14, 4, 7, 0, 10, 13, 9]);
    assert_eq!(order(20, 1), [7, 16, 3, 5, 12, 17, 15, 2, 13, 14, 9, 4, 19, 0, 8, 1, 11, 18, 10, 6]);
    assert_eq!(order(32, 3)[..5], [17, 28, 6, 14, 25]);
    assert_eq!(order(33, 3)[..5], [28, 0, 14, 13, 10]);
    assert_eq!(order(70_000, 4)[..3], [19168, 50565, 36884]);
}

/// Lengths beyond any list of indices.
#[test]
fn large_lengths() {
    for len in [usize::MAX, usize::MAX / 2 + 1, usize::MAX / 3] {
        let order = Permutation::new(len, 1);
        let mut indices: Vec<usize> = (0..1000).map(|position| order.get(position).unwrap()).collect();
        indices.push(order.get(len - 1).unwrap());
        assert!(indices.iter().all(|&index| index < len));
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), 1001);
    }
}

/// The sum of (count - expected)^2 / expected, in standard deviations from its mean, if the counts come from equal
/// chances with so many degrees of freedom.
fn deviation(counts: &[u32], degrees: f64) -> f64 {
    let cells = u32::try_from(counts.len()).unwrap();
    let expected = f64::from(counts.iter().sum::<u32>()) / f64::from(cells);
    let square: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    (square - degrees) / (2.0 * degrees).sqrt()
}

/// Seeds, of which each length takes so many.
const SEEDS: u32 = 20_000;

/// Over many seeds, every index comes to every position equally often: the statistic has the mean `(len - 1)^2` and the
/// variance twice that. Five standard deviations either way would come by chance once in millions.
#[test]
fn every_index_everywhere() {
    for len in [2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33] {
        let mut counts = vec![0; len * len];
        for seed in 0..SEEDS {
            for (position, index) in order(len, seed).into_iter().enumerate() {
                counts[position * len + index] += 1;
            }
        }
        let one = f64::from(u32::try_from(len).unwrap()) - 1.0;
        let deviation = deviation(&counts, one * one);
        println!("length {len}: {deviation:.1} standard deviations");
        assert!(deviation.abs() < 5.0, "length {len}: {deviation:.1} standard deviations");
    }
}

/// The number of an order among all of its length.
fn rank(order: &[usize]) -> usize {
    let mut rank = 0;
    for (position, index) in order.iter().enumerate() {
        let smaller = order[position + 1..].iter().filter(|later| *later < index).count();
        rank = rank * (order.len() - position) + smaller;
    }
    rank
}

/// Whether an order takes an odd number of exchanges.
fn is_odd(order: &[usize]) -> bool {
    let mut seen = vec![false; order.len()];
    let mut exchanges = 0;
    for start in 0..order.len() {
        let mut index = start;
        while !std::mem::replace(&mut seen[index], true) {
            index = order[index];
            exchanges += u32::from(index != start);
        }
    }
    exchanges % 2 == 1
}

/// Fewer where nothing is optimised.
const fn draws(release: u32) -> u32 {
    if cfg!(debug_assertions) { release / 10 } else { release }
}

/// All orders of three to eight are equally frequent.
fn all_equal(mut source: impl FnMut(usize, u32) -> Vec<usize>) {
    let mut orders = 2;
    for len in 3..=8_u32 {
        orders *= len;
        let mut counts = vec![0; orders as usize];
        for seed in 0..draws(100 * orders).max(20_000) {
            counts[rank(&source(len as usize, seed))] += 1;
        }
        let deviation = deviation(&counts, f64::from(orders) - 1.0);
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        println!("length {len}: {deviation:.1} standard deviations, {least} to {most}");
        assert!(deviation.abs() < 5.0, "length {len}: {deviation:.1} standard deviations");
    }
}

/// Over the seeds.
#[test]
fn every_order() {
    all_equal(order);
}

/// In the shuffles of one generator.
#[test]
fn every_shuffle() {
    let mut random = Generator::new(1);
    all_equal(|len, _| {
        let mut order: Vec<usize> = (0..len).collect();
        random.shuffle(&mut order);
        order
    });
}

/// Half of the orders are odd, whatever the length.
#[test]
fn half_are_odd() {
    let seeds = draws(20_000);
    for len in 2..=64 {
        let odd = (0..seeds).filter(|&seed| is_odd(&order(len, seed))).count();
        let deviation =
            (f64::from(u32::try_from(odd).unwrap()) * 2.0 / f64::from(seeds) - 1.0) * f64::from(seeds).sqrt();
        println!("length {len}: {odd} odd, {deviation:.1} standard deviations");
        assert!(deviation.abs() < 5.0, "length {len}: {odd} of {seeds} are odd");
    }
}

/// Any three indices come to any three positions equally often, where not all orders can be counted.
#[test]
fn every_three_everywhere() {
    for len in [9, 16, 17, 24, 32, 33] {
        for positions in [[0, 1, 2], [1, len / 2, len - 1]] {
            let mut counts = vec![0; len * (len - 1) * (len - 2)];
            for seed in 0..draws(300_000) {
                let order = Permutation::new(len, seed);
                let mut three = positions.map(|position| order.get(position).unwrap());
                for last in (1..3).rev() {
                    three[last] -= three[..last].iter().filter(|before| **before < three[last]).count();
                }
                counts[(three[0] * (len - 1) + three[1]) * (len - 2) + three[2]] += 1;
            }
            let deviation = deviation(&counts, f64::from(u32::try_from(counts.len()).unwrap()) - 1.0);
            println!("length {len}, {positions:?}: {deviation:.1} standard deviations");
            assert!(deviation.abs() < 5.0, "length {len}, {positions:?}: {deviation:.1} standard deviations");
        }
    }
}

/// Neighbours don't stay neighbours. The steps from position to position fall into eight equal classes (modulo the
/// length), in which an order of chance falls equally often; and `index + 1` follows `index` about once in an order.
#[test]
fn neighbours_part() {
    for len in [64_usize, 100, 1000, 1257] {
        let mut counts = [0; 8];
        let mut followers = 0;
        let seeds = 300;
        for seed in 0..seeds {
            for pair in order(len, seed).windows(2) {
                let step = (pair[1] + len - pair[0]) % len;
                // No step is 0; the others are shifted so that 1..len is divided evenly.
                counts[(step - 1) * 8 / (len - 1)] += 1;
                followers += u32::from(step == 1);
            }
        }
        let mean = f64::from(followers) / f64::from(seeds);
        // Poisson: the mean of 300 orders is within 1 +- 0.3 by five standard deviations.
        assert!((0.7..1.3).contains(&mean), "length {len}: {mean} followers");
        let worst =
            counts.iter().map(|&count| f64::from(count)).fold((f64::MAX, 0.0_f64), |(a, b), c| (a.min(c), b.max(c)));
        println!("length {len}: {mean:.2} followers, classes {counts:?}");
        assert!(worst.1 / worst.0 < 1.2, "length {len}: {counts:?}");
    }
}

/// Two seeds, and two epochs of a fit, have orders that agree at about one position.
#[test]
fn seeds_differ() {
    let len = 1000;
    for (a, b) in [(0, 1), (1, 2), (7, 8), (0, u32::MAX), (1, 0x8000_0001), (0, 0x9E37_79B9)] {
        let same = order(len, a).into_iter().zip(order(len, b)).filter(|(a, b)| a == b).count();
        assert!(same < 9, "seeds {a} and {b} agree at {same} positions");
        // Nor is one the other, moved along.
        let (a, b) = (order(len, a), order(len, b));
        let start = b.iter().position(|&index| index == a[0]).unwrap();
        let moved = (0..len).filter(|&i| a[i] == b[(start + i) % len]).count();
        assert!(moved < 10, "{moved} in a row");
    }
}
