//! Networks of real numbers, quantised from samples.

#[allow(dead_code)]
mod common;

use std::sync::Mutex;

use downhill::checkpoint::Value;
use downhill::init::{Generator, Random, Xavier};
use downhill::quantized::{Calibration, Double, MinMax, Quantiles, QuantizeError, Quantized, Range, quantize};
use downhill::{
    BinaryCrossEntropy, Checkpoint, CrossEntropy, Dense, Dropout, Frozen, Identity, Infer, Owned, Predictor, Ratio,
    Relu, ScaledRate, Sgd, Softmax, StepError, Storable, Tanh, Trainer, Zero,
};

type Samples = Vec<([f32; 64], [f32; 10])>;

fn digits(file: &str) -> Samples {
    let one = |(x, class): ([f32; 64], usize)| {
        (x.map(|x| x / 16.0), std::array::from_fn(|o| f32::from(u8::from(o == class))))
    };
    common::samples(file).into_iter().map(one).collect()
}

fn class(y: &[f32; 10]) -> usize {
    (0..10).reduce(|top, o| if y[o] > y[top] { o } else { top }).unwrap()
}

/// Percent.
#[allow(clippy::cast_precision_loss)]
fn accuracy<N: Infer<Scalar = f32, Input = [f32; 64], Output = [f32; 10]>>(network: N, samples: &Samples) -> f64 {
    let mut predictor = Predictor::new(network);
    let right = samples.iter().filter(|(x, target)| class(&predictor.predict(x)) == class(target)).count();
    right as f64 * 100.0 / samples.len() as f64
}

/// Trains the network with five seeds; returns what each way to quantise loses, on average, in points.
macro_rules! losses {
    ($Net:ty, $loss:ty, $rate:literal) => {{
        static QUANTIZED: Mutex<Quantized<$Net>> = Mutex::new(Zero::ZERO);
        let (train, test) = (digits("digits/train.csv"), digits("digits/test.csv"));
        let mut lost = [0.0; 3];
        for seed in 1..=5 {
            let mut trainer = Trainer::<$Net, $loss, Sgd>::new();
            trainer.start(Sgd::new($rate), &mut Xavier(Generator::new(seed)));
            let mut random = Generator::new(seed);
            for _ in 0..8 * train.len() {
                let (x, target) = &train[random.below(train.len())];
                trainer.step(x, target).unwrap();
            }
            let real = accuracy(&trainer.network, &test);
            assert!(real > 92.0, "{real}");

            let mut quantized = QUANTIZED.lock().unwrap();
            quantize(&trainer.network, train.iter().map(|(x, _)| x), &mut quantized).unwrap();
            let found = accuracy(&*quantized, &test);
            lost[0] += (real - found) / 5.0;

            let mut calibration = Calibration::<$Net, Quantiles<1000>>::new();
            for (x, _) in &train {
                calibration.observe(&trainer.network, x).unwrap();
            }
            calibration.quantize(&trainer.network, &mut quantized).unwrap();
            lost[1] += (real - accuracy(&*quantized, &test)) / 5.0;

            let mut double = Quantized::<$Net, Double>::ZERO;
            quantize(&trainer.network, train[..100].iter().map(|(x, _)| x), &mut double).unwrap();
            lost[2] += (real - accuracy(double, &test)) / 5.0;
            println!("{seed}: {real:.2} {found:.2}");
        }
        println!("lost: {lost:.3?}");
        lost
    }};
}

#[test]
fn digits_lose_at_most_a_third_of_a_point() {
    let rectified = losses!((Dense<64, 32, Relu>, Dense<32, 10, Softmax>), CrossEntropy, 0.05);
    let sigmoids = losses!((Dense<64, 32>, Dense<32, 10>), BinaryCrossEntropy, 0.3);
    let hyperbolic = losses!((Dense<64, 32, Tanh>, Dense<32, 10, Softmax>), CrossEntropy, 0.05);
    for lost in [rectified, sigmoids, hyperbolic].as_flattened() {
        assert!(*lost <= 0.3, "{lost}");
    }
}

type Net = (Dense<6, 8, Relu>, (Dense<8, 5, Tanh>, Dense<5, 7>), Dense<7, 3, Softmax>);

/// A network with random weights, and inputs from -1 to 1.
fn drawn<N: downhill::Layer<Scalar = f32, Input = [f32; I]> + Zero, const I: usize>(seed: u32) -> (N, Vec<[f32; I]>) {
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(seed)));
    let mut random = Generator::new(seed + 100);
    (network, (0..200).map(|_| std::array::from_fn(|_| random.signed_unit())).collect())
}

/// The largest difference of an output, over all samples.
fn distance<N: Infer<Scalar = f32, Input = [f32; I], Output = [f32; O]>, const I: usize, const O: usize>(
    real: &N,
    found: impl Infer<Scalar = f32, Input = [f32; I], Output = [f32; O]>,
    samples: &[[f32; I]],
) -> f32 {
    let (mut real, mut found) = (Predictor::new(real), Predictor::new(found));
    let distances = samples.iter().map(|x| {
        let (y, found) = (real.predict(x), found.try_predict(x).unwrap());
        y.iter().zip(found).fold(0.0, |most: f32, (y, found)| most.max((y - found).abs()))
    });
    distances.fold(0.0, f32::max)
}

#[test]
fn outputs_are_near_those_of_real_numbers() {
    for seed in 1..20 {
        let (network, samples) = drawn::<Net, 6>(seed);
        let mut quantized = Quantized::<Net>::ZERO;
        quantize(&network, &samples, &mut quantized).unwrap();
        let distance = distance(&network, quantized, &samples);
        assert!(distance < 0.02, "{distance}");
    }
}

/// Frozen layers, those with a rate of their own, and dropout, which predicts nothing.
#[test]
fn what_is_around_layers_makes_no_difference() {
    type Plain = (Dense<6, 8, Relu>, Dense<8, 5, Tanh>, Dense<5, 3, Softmax>);
    type Around = (
        Frozen<Owned<Dense<6, 8, Relu>>>,
        Dropout<8, Ratio<1, 5>>,
        ScaledRate<(Dense<8, 5, Tanh>, Dense<5, 3, Softmax>), Ratio<1, 2>>,
    );

    let (plain, samples) = drawn::<Plain, 6>(3);
    let around: Around = (Frozen(Owned(plain.0)), Zero::ZERO, ScaledRate { layer: (plain.1, plain.2), ..Zero::ZERO });
    let (mut expected, mut found) = (Quantized::<Plain>::ZERO, Quantized::<Around>::ZERO);
    quantize(&plain, &samples, &mut expected).unwrap();
    quantize(&around, &samples, &mut found).unwrap();
    assert_eq!((found.layers.0, found.layers.2), (expected.layers.0, (expected.layers.1, expected.layers.2)));
    let (mut expected, mut found) = (Predictor::new(expected), Predictor::new(found));
    assert!(samples.iter().all(|x| found.predict(x).map(f32::to_bits) == expected.predict(x).map(f32::to_bits)));
}

#[test]
fn a_network_takes_about_a_quarter() {
    type Digits = (Dense<64, 32, Relu>, Dense<32, 10, Softmax>);
    type Large = (Dense<784, 100, Relu>, Dense<100, 10, Softmax>);
    const _: () = assert!(Quantized::<Digits>::BYTES * 100 < size_of::<Digits>() * 30);
    const _: () = assert!(Quantized::<Large>::BYTES * 100 < size_of::<Large>() * 26);
    // Four bytes of a bias and five of a multiplier for each output, and a table of 256 for each layer of sigmoids.
    const _: () = assert!(Quantized::<(Dense<64, 32>, Dense<32, 10>)>::BYTES < 2368 + 42 * 9 + 512 + 48);
    const _: () = assert!(<Calibration<Digits>>::SIZE == 3 * 9);
}

#[test]
fn what_cannot_be_quantised_is_refused() {
    let (network, samples) = drawn::<Net, 6>(1);
    let mut quantized = Quantized::<Net>::ZERO;
    let none: &[[f32; 6]] = &[];
    assert_eq!(quantize(&network, none, &mut quantized), Err(QuantizeError::Empty));
    assert_eq!(quantize(&network, &[[0.0, 0.0, f32::NAN, 0.0, 0.0, 0.0]], &mut quantized), Err(QuantizeError::Input));
    let mut broken = network;
    broken.1.1.weights[0][0] = f32::INFINITY;
    assert_eq!(quantize(&broken, &samples, &mut quantized), Err(QuantizeError::Sum));
    assert_eq!(quantized, Zero::ZERO);

    // A refused sample changes no range.
    let mut calibration = Calibration::<Net>::new();
    assert_eq!(calibration.observe(&network, &[f32::INFINITY; 6]), Err(QuantizeError::Input));
    assert_eq!(calibration.quantize(&network, &mut quantized), Err(QuantizeError::Empty));
    calibration.observe(&network, &samples[0]).unwrap();
    calibration.quantize(&network, &mut quantized).unwrap();

    let mut predictor = Predictor::new(quantized);
    assert_eq!(predictor.try_predict(&[0.0, f32::NAN, 0.0, 0.0, 0.0, 0.0]), Err(StepError::Input));
    assert!(predictor.try_predict(&[1e30; 6]).is_ok(), "what is outside of the range is cut");
}

#[test]
fn odd_parameters_are_quantised_as_well_as_8_bits_are() {
    // A bias beside which the weights are nothing, weights of very different sizes, and nothing at all.
    let mut network: Dense<2, 4, Identity> =
        Dense::new([[1e-12, 1e-6, 1000.0, 0.0], [0.0, -2e-6, 500.0, 0.0]], [700.0, 1e-6, -1.0, 0.0]);
    let samples = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    let mut quantized = Quantized::<Dense<2, 4, Identity>>::ZERO;
    quantize(&network, &samples, &mut quantized).unwrap();
    // Half a step of the outputs, 1499 / 255, and of the weights, 1000 / 127.
    let distance = distance(&network, quantized, &samples);
    assert!(distance < 7.0, "{distance}");
    for weight in network.weights.as_flattened_mut() {
        *weight = 0.0;
    }
    network.biases = [0.0; 4];
    quantize(&network, &samples, &mut quantized).unwrap();
    assert!(Predictor::new(quantized).predict(&[1.0, 1.0]).iter().all(|y| y.abs() < 1e-6));
    // Inputs that are always 0.
    quantize(&network, &[[0.0; 2]], &mut quantized).unwrap();
    assert!(Predictor::new(quantized).predict(&[0.0, 0.0]).iter().all(|y| y.abs() < 1e-6));
    // The largest numbers that there are.
    network.weights = [[1e38; 4]; 2];
    quantize(&network, &[[1.0, 1.0], [-1.0, -1.0]], &mut quantized).unwrap();
    assert!(Predictor::new(quantized).predict(&[1.0, 1.0])[0] > 1e9);
}

#[test]
fn one_odd_sample_does_not_widen_quantiles() {
    let mut random = Generator::new(1);
    let (mut all, mut most) = (MinMax::ZERO, Quantiles::<100>::ZERO);
    assert_eq!((all.ends(), most.ends()), (None, None));
    for n in 0..10_000 {
        let x = if n == 5000 { 1e6 } else { random.signed_unit() };
        all.see(x);
        most.see(x);
    }
    let ([low, high], [least, largest]) = (all.ends().unwrap(), most.ends().unwrap());
    assert!(low < -0.999 && high > 0.9e6);
    assert!((-1.0..-0.95).contains(&least) && (0.95..1.0).contains(&largest), "{least} {largest}");
}

#[test]
fn ranges_are_those_of_what_is_quantised() {
    let mut range = MinMax::ZERO;
    for x in [-5.0, -3.0, -4.0] {
        range.see(x);
    }
    assert_eq!(range.ends(), Some([-5.0, -3.0]));

    // Of rectified outputs, not of the sums: from 0 to 1, and not from -100.
    let network: Dense<1, 1, Relu> = Dense::new([[1.0]], [0.0]);
    let mut quantized = Quantized::<Dense<1, 1, Relu>>::ZERO;
    quantize(&network, &[[-100.0], [1.0]], &mut quantized).unwrap();
    assert!((quantized.output.scale() * 255.0 - 1.0).abs() < 1e-5);
}

#[test]
fn a_saved_network_predicts_the_same() {
    let (network, samples) = drawn::<Net, 6>(3);
    let mut quantized = Quantized::<Net>::ZERO;
    quantize(&network, &samples, &mut quantized).unwrap();
    let mut image = [0; Quantized::<Net>::SIZE];
    quantized.to_bytes(&mut image).unwrap();
    let mut other = Quantized::<Net>::ZERO;
    other.from_bytes(&image).unwrap();
    assert_eq!(other, quantized);
    assert!(distance(&quantized, other, &samples) < 1e-9);
    // Another rounding is another network, whose image is refused.
    let mut image = [0; Value::<Quantized<Net>>::IMAGE];
    Value(&mut quantized).save(&mut image).unwrap();
    let mut double = Quantized::<Net, Double>::ZERO;
    assert!(Value(&mut double).restore(&image).is_err());
    assert_ne!(Quantized::<Net>::ARCHITECTURE, Quantized::<Net, Double>::ARCHITECTURE);
}
