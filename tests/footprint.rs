//! The memory of a trainer is its type's size, and the README tells it.

#![allow(clippy::cast_precision_loss)]

use downhill::optimizer::Optimizer;
use downhill::{
    Adam, AdamW, Batch, BiasOnly, ClipNorm, ClipSample, ClipValue, Dense, Frozen, Infer, Layer, Momentum, Nesterov,
    RmsProp, Rprop, Sgd, SquaredError, Trainer, WeightDecay, Zero,
};

type Digits = (Dense<64, 32>, Dense<32, 10>);

/// Whether the memory is that of the weights, of so many `numbers` that the optimiser keeps for each, of outputs and
/// deltas of up to `B` samples, and of the optimiser itself.
const fn keeps<P: Optimizer<f32>, const B: usize>(numbers: usize) -> bool {
    let all = Digits::PARAMETERS * (1 + numbers) + 2 * (32 + 10) * B;
    let bytes = size_of::<f32>() * all + size_of::<P>();
    Trainer::<Digits, SquaredError, P, B>::BYTES == bytes.next_multiple_of(align_of::<P>())
}

const _: () = assert!(keeps::<Sgd, 1>(0));
const _: () = assert!(keeps::<Momentum, 1>(1));
const _: () = assert!(keeps::<Nesterov, 1>(1));
const _: () = assert!(keeps::<RmsProp, 1>(1));
const _: () = assert!(keeps::<Adam, 1>(2));
const _: () = assert!(keeps::<AdamW, 1>(2));
const _: () = assert!(keeps::<Rprop, 1>(2));
const _: () = assert!(keeps::<Batch<Sgd>, 1>(1));
const _: () = assert!(keeps::<Batch<Momentum>, 1>(2));
const _: () = assert!(keeps::<Batch<Adam>, 1>(3));
const _: () = assert!(keeps::<Batch<Rprop>, 1>(3));
const _: () = assert!(keeps::<ClipSample<Batch<ClipNorm<WeightDecay<Adam>>>>, 1>(3));

// Room for more samples is outputs and deltas.
const _: () = assert!(keeps::<Sgd, 32>(0));
const _: () = assert!(keeps::<Adam, 32>(2));

// What goes around an optimiser adds its one number.
const _: () = assert!(size_of::<WeightDecay<Sgd>>() == size_of::<[f32; 2]>() && keeps::<WeightDecay<Sgd>, 1>(0));
const _: () = assert!(size_of::<ClipValue<Sgd>>() == size_of::<[f32; 2]>() && keeps::<ClipValue<Sgd>, 1>(0));
const _: () = assert!(size_of::<ClipNorm<Sgd>>() == size_of::<[f32; 2]>() && keeps::<ClipNorm<Sgd>, 1>(0));
const _: () = assert!(size_of::<ClipSample<Sgd>>() == size_of::<[f32; 2]>() && keeps::<ClipSample<Sgd>, 1>(0));
const _: () = assert!(size_of::<WeightDecay<Adam>>() == size_of::<Adam>() + 4);

// What does not learn keeps nothing, and its weights are elsewhere.
type Last = (Frozen<&'static Dense<64, 32>>, Dense<32, 10>);
const _: () = assert!(Trainer::<Last, SquaredError, Momentum>::BYTES < 3000);
type Biases = (Frozen<&'static Dense<64, 32>>, BiasOnly<&'static Dense<32, 10>>);
const _: () = assert!(Trainer::<Biases, SquaredError, Momentum>::BYTES < 500);
const _: () = assert!(Trainer::<Biases, SquaredError, Batch<Adam>>::BYTES < 600);

type Large = (Dense<784, 100>, Dense<100, 10>);
const _: () = assert!(Trainer::<Large, SquaredError, Sgd, 32>::BYTES < 350_000);

fn row<N: Layer<Scalar = f32>>(name: &str) -> String {
    let sgd = size_of::<Trainer<N, SquaredError, Sgd>>();
    let momentum = size_of::<Trainer<N, SquaredError, Momentum>>();
    let adam = size_of::<Trainer<N, SquaredError, Adam>>();
    format!("| {name} | {} B | {sgd} B | {momentum} B | {adam} B |", 4 * N::PARAMETERS)
}

#[test]
fn readme_table() {
    let readme = include_str!("../README.md");
    for row in [
        row::<(Dense<2, 3>, Dense<3, 1>)>("exclusive or, 2-3-1"),
        row::<(Dense<4, 7>, Dense<7, 3>)>("Iris, 4-7-3"),
        row::<Digits>("digits, 64-32-10"),
    ] {
        assert!(readme.contains(&row), "the README should have the row\n{row}");
    }
}

/// Outputs, deltas and the learning rate: at most 5 % more than the weights alone.
#[test]
fn little_more_than_the_weights() {
    fn overhead<N: Layer<Scalar = f32>>() -> f64 {
        type Plain<N> = Trainer<N, SquaredError, Sgd>;
        assert_eq!(Plain::<N>::BYTES, size_of::<Plain<N>>());
        Plain::<N>::BYTES as f64 / (4 * N::PARAMETERS) as f64 - 1.0
    }
    assert!(overhead::<Digits>() <= 0.036);
    assert!(overhead::<(Dense<128, 32>, Dense<32, 8>, Dense<8, 32>, Dense<32, 128>)>() <= 0.046);
    assert!(overhead::<Large>() <= 0.003);
}

/// A static trainer costs no flash only as long as all its bits are zero.
#[test]
fn zero_is_all_zero_bits() {
    let trainer = Trainer::<(Dense<2, 3>, Dense<3, 1>), SquaredError, Momentum>::new();
    trainer.network.tensors(&mut |tensor| assert!(tensor.data.iter().all(|p| p.to_bits() == 0)));
    assert_eq!((trainer.optimizer.rate.to_bits(), trainer.optimizer.momentum.to_bits()), (0, 0));

    let zeros = |shown: String| shown.contains("0.0") && !shown.contains(|c| ('1'..='9').contains(&c) || c == '-');
    assert!(zeros(format!("{:?}", ClipSample::<Batch<ClipNorm<WeightDecay<AdamW>>>>::ZERO)));
    assert!(zeros(format!("{:?}", (ClipValue::<Rprop>::ZERO, RmsProp::<f32>::ZERO, Nesterov::<f32>::ZERO))));
}
