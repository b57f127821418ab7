//! What computes in integers: networks that learn, networks that were quantised, and what quantises and reads them.

use core::hint::black_box;

use downhill::checkpoint::Value;
use downhill::init::{Generator, He};
use downhill::integer::{self, Layers, Nearest, Network, Objective, Rate, Rounding, Stochastic, Whole};
use downhill::quantized::{
    self, Calibration, Clamp, Double, Layer, MinMax, PerTensor, Quantiles, Quantization, Quantized, Range, Single,
    Table, load, quantize,
};
use downhill::{
    BinaryCrossEntropy, Checkpoint, CrossEntropy, Dense, Identity, Infer, Learner, Predictor, Relu, Shape, Sigmoid,
    Softmax, SquaredError, Storable, Tanh, Zero, digest,
};

type Words = (integer::Dense<4, 8, Relu>, integer::Dense<8, 6, Tanh>, integer::Dense<6, 3, Softmax>);
type Bytes = (integer::Dense<4, 8, Sigmoid, i8>, integer::Dense<8, 3, Sigmoid, i8>);
type Line = (integer::Dense<4, 8, Relu>, integer::Dense<8, 1, Identity>);

pub fn all() {
    learn::<Words, CrossEntropy, Nearest, i8>();
    learn::<Bytes, BinaryCrossEntropy, Stochastic, i8>();
    learn::<Line, SquaredError, Stochastic, i16>();
    let numbers: (Dense<4, 8, Relu>, Dense<8, 1, Identity>) = black_box(Zero::ZERO);
    let mut line = Network::<Line>::ZERO;
    black_box(line.take(&numbers));

    infer::<MinMax, Single>();
    infer::<Quantiles<100>, Double>();
    layers();
}

fn learn<N: Layers, L: Objective<N::Last>, R: Rounding, V: Whole>() {
    let mut trainer = integer::Trainer::<N, L, R, V>::new();
    trainer.start(Rate::new(black_box(0.1)), &mut He(Generator::new(black_box(1))));
    let (mut x, mut y) = (N::Input::ZERO, N::Output::ZERO);
    x.flat_mut().fill_with(|| black_box(0.5));
    y.flat_mut().fill_with(|| black_box(0.5));
    black_box(trainer.step(&x, &y)).ok();
    black_box(trainer.step_weighted(&x, &y, black_box(2.0))).ok();
    let integers = black_box(N::Inputs::<V>::ZERO);
    black_box(trainer.step_integers(&integers, black_box(3), black_box(1)).map(|loss| loss.get())).ok();
    black_box(trainer.class_of_integers(&integers, black_box(3)));
    black_box((trainer.predict(&x), trainer.loss(&x, &y).ok()));

    let mut network = Network::<N, V>::ZERO;
    trainer.copy_network(&mut network);
    trainer.blend_network(&mut network, black_box(0.3));
    trainer.set_network(&network);
    black_box((trainer.predict_with(&network, &x), trainer.evaluate_with(&network, &x, &y).ok()));
    trainer.set_rate(black_box(0.2));
    black_box((trainer.rate(), digest(&network)));
    black_box(Predictor::new(network).try_predict(&x)).ok();

    let mut image = black_box([0; 1000]);
    black_box(trainer.to_bytes(&mut image)).ok();
    black_box(trainer.from_bytes(&image)).ok();
    black_box(Value(&mut trainer).save(&mut image)).ok();
    black_box(Value(&mut trainer).restore(&image)).ok();
}

type Net = (Dense<6, 8, Relu>, (Dense<8, 5, Tanh>, Dense<5, 7, Sigmoid>), Dense<7, 3, Softmax>);

fn infer<C: Range, R: quantized::Rounding>() {
    let network: Net = black_box(Zero::ZERO);
    let samples: [[f32; 6]; 3] = black_box([[0.5; 6]; 3]);
    let mut calibration = Calibration::<Net, C>::new();
    for x in &samples {
        black_box(calibration.observe(&network, x)).ok();
    }
    let mut quantized = Quantized::<Net, R>::ZERO;
    black_box(calibration.quantize(&network, &mut quantized)).ok();
    black_box(quantize(&network, &samples, &mut quantized)).ok();
    let mut predictor = Predictor::new(&quantized);
    black_box(predictor.predict(&samples[0]));
    black_box(predictor.try_predict(&samples[1])).ok();
    black_box(digest(&quantized));
    let mut image = black_box([0; 2000]);
    black_box(quantized.to_bytes(&mut image)).ok();
    black_box(quantized.from_bytes(&image)).ok();
    black_box(load(&mut quantized, &image)).ok();
}

fn layers() {
    let (x, y) =
        (Quantization::new(black_box(0.1), black_box(3)), Quantization::of_range(black_box(-1.0), black_box(3.0)));
    let (weights, biases) = (black_box([[1; 7]; 9]), black_box([1; 9]));
    let tensor = quantized::Dense::<7, 9, PerTensor, Single>::per_tensor(
        weights,
        biases,
        black_box(0.1),
        (x, y),
        black_box(Clamp::Relu6),
    );
    let channel =
        quantized::Dense::<7, 9>::per_channel(weights, biases, black_box([0.1; 9]), (x, y), black_box(Clamp::Unit));
    let inputs = black_box([1; 7]);
    black_box((tensor.predict(&inputs), channel.predict(&inputs), channel.weight(black_box(1), black_box(2))));
    black_box((Table::<5>::sigmoid(x), quantized::Softmax::<5>::new(x)).predict(&black_box([1; 5])));
    black_box(Table::<5>::of_outputs(black_box([1; 256])).predict(&black_box([1; 5])));
    black_box(<Quantized<Net> as Infer>::ARCHITECTURE);
}
