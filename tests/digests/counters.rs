//! What counts more samples than an index of 16 bits can: the same on every machine.

use downhill::metrics::{Argmax, MeanAbsoluteError, Overall};
use downhill::replay::{Balanced, Buffer, Class, Memory, Policy, Raw, Reservoir};

use crate::workloads::Workload;

/// 300,000 samples, counted by metrics and by what keeps some of them.
pub const COUNTERS: Workload<(), ()> = Workload {
    name: "counters",
    golden: 0x4e89_0b93_79ba_4001,
    train: |(), ()| {
        let mut accuracy = Overall::<_, [f32; 2]>::new(Argmax);
        let mut error = Overall::<_, [f32; 1]>::new(MeanAbsoluteError);
        let mut reservoir = Kept::<Reservoir>::new();
        let mut balanced = Kept::<Balanced<2>>::new();
        for sample in 0..300_000_u32 {
            let number = small(sample % 1000);
            let target = [[1.0, 0.0], [0.0, 1.0]][usize::from(sample % 70 == 0)];
            accuracy.record(&target, &[0.75, 0.25]);
            error.record(&[0.0], &[number]);
            let x = [small(sample / 1000), number];
            reservoir.insert(&x, &target);
            balanced.insert(&x, &target);
        }
        let bits = |value: Option<f32>| u64::from(value.unwrap_or(f32::NAN).to_bits());
        let hash = bits(accuracy.value()) << 32 | bits(error.value());
        Ok(hash ^ kept(&reservoir) ^ kept(&balanced).rotate_left(1))
    },
};

fn small(number: u32) -> f32 {
    u16::try_from(number).unwrap_or(u16::MAX).into()
}

type Kept<P> = Buffer<Raw<[f32; 2]>, Class, P, 9>;

/// A hash of the samples that are kept.
fn kept<P: Policy>(buffer: &Kept<P>) -> u64 {
    let samples = (0..buffer.len()).filter_map(|index| Memory::<_, [f32; 2]>::get(buffer, index));
    samples.flat_map(|(x, _)| x).fold(0, |hash, x| (hash ^ u64::from(x.to_bits())).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
