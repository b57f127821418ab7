//! Uses every part of the library, and links only if none of it can panic. The feature `on-purpose` adds an index that can.

#![no_std]
#![no_main]

use core::hint::black_box;

use downhill::init::{Generator, He, Init, Random, TruncatedNormal, Uniform, Xavier};
use downhill::loss::Loss;
use downhill::math::{Fast, Libm, Micromath};
use downhill::metrics::ConfusionMatrix;
use downhill::optimizer::Optimizer;
use downhill::pieces::{Pieces, Progress};
use downhill::rule::Rule;
use downhill::{
    Batch, BinaryCrossEntropy, ChainRule, ClipNorm, CrossEntropy, Dense, Dropout, ErrorShare, Identity, LeakyRelu,
    Momentum, RawError, Relu, Sgd, Softmax, SquaredError, Tanh, Trainer, Unbiased, Zero, digest, encode,
};
use figures::entry;
use figures::workload::Net;
use panic_never as _;

type Deep<M> =
    (Dense<6, 12, Tanh<M>>, Dense<12, 9, Relu>, Dense<9, 7, LeakyRelu, f32, Unbiased>, Dense<7, 5, Softmax<M>>);
type Shallow = (Dense<4, 3, Identity>, Dense<3, 2>);
type Forgetful = (Dropout<4>, Dense<4, 9, Relu>, Dropout<9>, Dense<9, 2, Softmax>);
type Double = (Dense<3, 20, Tanh, f64>, Dense<20, 2, Softmax, f64>);

#[entry]
fn main() -> ! {
    let seed = black_box(Generator::new(1));
    loop {
        learn::<Net, SquaredError, _, ChainRule, _>(Sgd::new(0.05), Uniform(seed));
        learn::<Deep<Libm>, CrossEntropy, _, ChainRule, _>(Momentum::new(0.05, 0.9), Xavier(seed));
        learn::<Deep<Fast>, SquaredError, _, RawError, _>(Sgd::new(0.05), He(seed));
        learn::<Deep<Micromath>, CrossEntropy, _, RawError, _>(Sgd::new(0.05), He(seed));
        learn::<Shallow, BinaryCrossEntropy, _, ErrorShare, _>(Momentum::new(0.05, 0.9), TruncatedNormal(seed));
        learn::<Double, CrossEntropy, _, ChainRule, _>(Momentum::new(0.05, 0.9), Xavier(seed));
        let optimizer = Batch::new(3, ClipNorm::new(1.0, Sgd::new(0.05)));
        learn::<Forgetful, CrossEntropy, _, ChainRule, _>(optimizer, He(seed));

        let mut order = black_box([0, 1, 2, 3, 4, 5, 6, 7]);
        { seed }.shuffle(&mut order);
        let mut matrix = ConfusionMatrix::<5>::new();
        for class in black_box(order) {
            black_box(encode::scaled(black_box(3.0), black_box(16.0)));
            let targets: Option<[f32; 5]> = encode::targets(class);
            let certain: Option<[f32; 5]> = encode::one_hot(class);
            for outputs in targets.iter().chain(&certain) {
                matrix.record(class, encode::class(outputs));
            }
            black_box((matrix.accuracy(), matrix.precision(class), matrix.recall(class), matrix.total()));
        }
        #[cfg(feature = "on-purpose")]
        black_box(order[black_box(8)]);
    }
}

/// Everything that a trainer can do. Nothing runs this program, so that a trainer may well lie on the stack.
fn learn<N, L, P, R, I>(optimizer: P, mut init: I)
where
    N: Pieces<Input: Zero, Output: Zero> + Zero,
    L: Loss,
    P: Optimizer<N::Scalar> + Zero,
    R: Rule,
    I: Init,
{
    let mut trainer = Trainer::<N, L, P, R>::ZERO;
    let trainer = black_box(&mut trainer);
    trainer.start(optimizer, &mut init);
    let (mut x, mut target) = (N::Input::ZERO, N::Output::ZERO);
    let (x, target) = black_box((&mut x, &mut target));
    if let Err(error) = trainer.step(x, target) {
        black_box(error);
    }
    black_box(encode::class(trainer.predict(x).as_ref()));
    let mut step = trainer.step_in_pieces(x, target);
    while let Ok(Progress::More) = step.run(black_box(100)) {}
    drop(step);
    let mut prediction = trainer.predict_in_pieces(x);
    while let Progress::More = prediction.run(black_box(100)) {}
    black_box(digest(&trainer.network));
}
