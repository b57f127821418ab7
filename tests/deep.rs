//! Deep networks learn real digits with every optimiser at the settings of docs/optimizers.md, and don't explode.

mod common;

use downhill::fit::{evaluate, shuffled_epoch};
use downhill::init::{Generator, Xavier};
use downhill::loss::Loss;
use downhill::metrics::Argmax;
use downhill::optimizer::Optimizer;
use downhill::{
    Adam, AdamW, Batch, ClipNorm, CrossEntropy, Dense, Layer, Momentum, Nesterov, RmsProp, Rprop, Sgd, Softmax,
    SquaredError, Tanh, Trainer, WeightDecay, Zero, encode,
};

type Classifier = (Dense<784, 50, Tanh>, Dense<50, 50, Tanh>, Dense<50, 10, Softmax>);
type Autoencoder = (Dense<128, 32, Tanh>, Dense<32, 8, Tanh>, Dense<8, 32, Tanh>, Dense<32, 128>);

fn images() -> Vec<([f32; 64], usize)> {
    let scale = |(pixels, class): ([u8; 64], usize)| (pixels.map(|pixel| encode::scaled(pixel.into(), 16.0)), class);
    common::samples("digits/train.csv").into_iter().map(scale).take(80).collect()
}

/// 28 by 28 pixels, of which each takes the value of the pixel of the 8 by 8 under it.
fn enlarged() -> Vec<([f32; 784], [f32; 10])> {
    let enlarge = |pixels: [f32; 64]| core::array::from_fn(|at| pixels[at / 28 * 8 / 28 * 8 + at % 28 * 8 / 28]);
    images().into_iter().map(|(pixels, class)| (enlarge(pixels), encode::one_hot(class).unwrap())).collect()
}

/// Two digits side by side, to be found again behind eight numbers.
fn pairs() -> Vec<([f32; 128], [f32; 128])> {
    let pair = |pair: &[([f32; 64], usize)]| core::array::from_fn(|at| pair[at / 64].0[at % 64]);
    images().windows(2).map(pair).map(|pixels| (pixels, pixels)).collect()
}

/// Trains for some epochs: none is refused, and the loss at the end is at most half of that at the beginning.
fn learns<N, L, P>(name: &str, optimizer: P, samples: &[(N::Input, N::Output)], epochs: u32)
where
    N: Layer<Scalar = f32> + Zero,
    L: Loss,
    P: Optimizer<f32> + Zero,
{
    let mut trainer = Box::new(Trainer::<N, L, P>::new());
    trainer.start(optimizer, &mut Xavier(Generator::new(1)));
    let mean = |trainer: &mut Trainer<N, L, P>| evaluate(trainer, samples, Argmax).unwrap().unwrap().loss;
    let first = mean(&mut trainer);
    for seed in 0..epochs {
        let loss = shuffled_epoch(&mut *trainer, samples, seed).unwrap();
        assert!(loss < 2.0 * first, "{name} explodes: {first} becomes {loss}");
    }
    let last = mean(&mut trainer);
    let mut largest: f32 = 0.0;
    trainer.network.tensors(&mut |tensor| largest = tensor.data.iter().fold(largest, |most, p| most.max(p.abs())));
    println!("{name}: loss {first} becomes {last}, largest parameter {largest}");
    assert!(last < 0.5 * first, "{name} does not learn: {first} becomes {last}");
    assert!(largest < 100.0, "{name} explodes: a parameter is {largest}");
}

/// With the optimisers of one rate, and batches around them.
fn descent<N: Layer<Scalar = f32> + Zero, L: Loss>(samples: &[(N::Input, N::Output)], sgd: f32) {
    learns::<N, L, _>("Sgd", Sgd::new(sgd), samples, 4);
    learns::<N, L, _>("Momentum", Momentum::new(sgd / 10.0, 0.9), samples, 4);
    learns::<N, L, _>("Nesterov", Nesterov::new(sgd / 10.0, 0.9), samples, 4);
    learns::<N, L, _>("Batch<Sgd>", Batch::new(8, Sgd::new(2.0 * sgd)), samples, 4);
}

/// With the optimisers of a rate for each parameter, and batches and clipping around them.
fn adaptive<N: Layer<Scalar = f32> + Zero, L: Loss>(samples: &[(N::Input, N::Output)]) {
    learns::<N, L, _>("RmsProp", RmsProp::new(0.001), samples, 4);
    learns::<N, L, _>("Adam", Adam::new(0.001), samples, 4);
    learns::<N, L, _>("AdamW", AdamW::new(0.001, 0.01), samples, 4);
    learns::<N, L, _>("Rprop", Batch::new(usize::MAX, WeightDecay::new(1e-4, Rprop::new())), samples, 12);
    learns::<N, L, _>("Batch<ClipNorm<Adam>>", Batch::new(8, ClipNorm::new(1.0, Adam::new(0.003))), samples, 4);
}

#[test]
fn classifier_descent() {
    descent::<Classifier, CrossEntropy>(&enlarged(), 0.05);
}

#[test]
fn classifier_adaptive() {
    adaptive::<Classifier, CrossEntropy>(&enlarged());
}

#[test]
fn autoencoder() {
    descent::<Autoencoder, SquaredError>(&pairs(), 0.05);
    adaptive::<Autoencoder, SquaredError>(&pairs());
}
