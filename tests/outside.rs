//! Layers as a user would write them, a convolution and a recurrent one, against the public interface alone: the crate derives
//! the rest.

// What is compared are bits.
#![allow(clippy::float_cmp, clippy::many_single_char_names)]

#[path = "outside/conv1d.rs"]
mod conv1d;
#[path = "outside/gru.rs"]
mod gru;
#[path = "gradients/probe.rs"]
mod probe;

use conv1d::Conv1d;
use downhill::init::{Generator, Random, Xavier};
use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::pieces::{ACTIVATION, DERIVATIVE, Progress};
use downhill::{
    Adam, Batch, Biased, ChainRule, ClipNorm, ClipSample, CrossEntropy, Dense, Frozen, Identity, Infer, Layer,
    Momentum, Owned, Predictor, RmsProp, Sgd, Shape, Softmax, SquaredError, StepError, Storable, Tanh, Trainer, Zero,
    digest, import,
};
use gru::Gru;
use probe::{Probe, parameters, step};

type Filters = Conv1d<2, 7, 3, 3, 5, f64>;
type Signal = (Filters, Dense<15, 2, Identity, Biased, f64>);
type Deep = (Conv1d<2, 9, 3, 3, 7, f64>, Conv1d<3, 7, 2, 4, 4, f64>, Dense<8, 3, Softmax, Biased, f64>);
type Recurrent = (Gru<2, 6, 4, f64>, Dense<24, 2, Tanh, Biased, f64>);
type Imported = (Conv1d<1, 3, 2, 2, 2, f64>, Dense<4, 1, Identity, Biased, f64>);
type Both = (Conv1d<1, 6, 2, 2, 5, f64>, Gru<2, 5, 3, f64>, Dense<15, 2, Identity, Biased, f64>);

/// Numbers between -1 and 1.
fn numbers<S: Shape>(random: &mut Generator) -> S {
    let mut numbers = S::ZERO;
    numbers.flat_mut().fill_with(|| downhill::Scalar::from_f32(random.signed_unit()));
    numbers
}

fn samples<N: Layer>(n: usize) -> Vec<(N::Input, N::Output)> {
    let mut random = Generator::new(3);
    (0..n).map(|_| (numbers(&mut random), numbers(&mut random))).collect()
}

fn drawn<N: Layer<Scalar = f64> + Zero>() -> N {
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(1)));
    let mut random = Generator::new(2);
    // Biases of 0 would hide what they do.
    network.tensors_mut(&mut |tensor| tensor.data.iter_mut().for_each(|p| *p += 0.1 * f64::from(random.signed_unit())));
    network
}

/// The gradient of every parameter against central differences.
fn gradients<N: Layer<Scalar = f64> + Zero, L: Loss>() {
    let values = parameters(&drawn::<N>());
    let mut worst: f64 = 0.0;
    for (x, target) in samples::<N>(3) {
        // A target that every loss takes.
        let target: Vec<f64> = target.flat().iter().map(|t| t.abs()).collect();
        let loss =
            |values: &[f64]| step::<f64, N, L, ChainRule>(values, x.flat(), &target).map(|(loss, _)| loss).unwrap();
        let (_, gradient) = step::<f64, N, L, ChainRule>(&values, x.flat(), &target).unwrap();
        for (at, gradient) in gradient.iter().enumerate() {
            let (mut below, mut above) = (values.clone(), values.clone());
            below[at] -= 1e-5;
            above[at] += 1e-5;
            worst = worst.max(((loss(&above) - loss(&below)) / 2e-5 - gradient).abs());
        }
    }
    println!("{}: worst error of {} gradients {worst:.1e}", core::any::type_name::<N>(), values.len());
    assert!(worst < 1e-7);
}

#[test]
fn gradients_are_exact() {
    gradients::<Signal, SquaredError>();
    gradients::<Deep, CrossEntropy>();
    gradients::<Recurrent, SquaredError>();
    gradients::<Both, SquaredError>();
    // Where the loss meets them directly.
    gradients::<Filters, SquaredError>();
    gradients::<Gru<2, 4, 3, f64>, SquaredError>();
}

/// The same bits, and the same losses, whatever the budget.
fn pieces<N: Layer<Scalar = f64> + Zero + Copy, P: Optimizer<f64> + Copy>(optimizer: P) {
    for budget in [1, 7, 100, 1000, usize::MAX] {
        let start = || Trainer::<N, SquaredError, P>::with_network(drawn(), optimizer);
        let (mut whole, mut cut) = (start(), start());
        for (x, target) in samples::<N>(7) {
            let expected = whole.step(&x, &target).unwrap();
            let mut step = cut.step_in_pieces(&x, &target);
            let loss = loop {
                let progress = step.run(budget).unwrap();
                assert!(step.spent() <= budget.max(Trainer::<N, SquaredError, P>::LARGEST_PIECE));
                if let Progress::Done(loss) = progress {
                    break loss;
                }
            };
            drop(step);
            assert_eq!(loss, expected);
            assert_eq!(digest(&whole.network), digest(&cut.network));
            let mut prediction = cut.predict_in_pieces(&x);
            let y = loop {
                if let Progress::Done(y) = prediction.run(budget) {
                    break *y;
                }
            };
            assert_eq!(y.flat(), whole.predict(&x).flat());
        }
        assert_ne!(digest(&whole.network), digest(&drawn::<N>()));
    }
}

/// Five products within the limit are refused if their sum may be past it, whole and in pieces; and no weight has changed.
#[test]
fn large_sums_are_refused() {
    // The limit of f64 is 2^400. The products of both signals are 2^399 and 2^396.
    for (exponent, expected) in [(199, Err(StepError::Gradient)), (196, Ok(()))] {
        let (x, target) = ([[2_f64.powi(200); 2]; 7], [[2_f64.powi(exponent); 3]; 5]);
        let start = || Trainer::<Filters, SquaredError, _>::with_network(Filters::ZERO, Sgd::new(1e-9));
        let (mut whole, mut cut) = (start(), start());
        assert_eq!(whole.step(&x, &target).map(|_| ()), expected);
        let mut step = cut.step_in_pieces(&x, &target);
        let result = loop {
            match step.run(50) {
                Ok(Progress::More) => {}
                Ok(Progress::Done(_)) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(step);
        assert_eq!(result, expected);
        assert_eq!(digest(&whole.network), digest(&cut.network));
        assert_eq!(digest(&whole.network) == digest(&Filters::ZERO), expected.is_err());
        assert!(whole.is_finite());
    }
}

/// The work of a step is counted as the pages of the budget say.
#[test]
fn the_work_of_a_convolution() {
    let (outputs, windows) = (3 * 5, 5);
    let forward = windows * 3 * 2 * 3 + outputs * ACTIVATION;
    let loss = 2 * outputs * SquaredError::MACS;
    let back = outputs * DERIVATIVE;
    // Settings, the norm, the gradient; the outputs, the inputs, and that they are summed.
    let checks = 3 * ACTIVATION + outputs + 7 * 2 + 1;
    // For each of six inputs and the biases: a product for each window, the first of which is the update's own.
    let update = |macs: usize| 7 * 3 * (macs + windows - 1);
    let (x, target) = samples::<Filters>(1)[0];
    let mut sgd = Trainer::<Filters, SquaredError, _>::with_network(drawn(), Sgd::new(0.1));
    let mut step = sgd.step_in_pieces(&x, &target);
    step.run(usize::MAX).unwrap();
    assert_eq!(step.spent(), forward + loss + back + checks + update(1));
    drop(step);
    let mut momentum = Trainer::<Filters, SquaredError, _>::with_network(drawn(), Momentum::new(0.1, 0.9));
    let mut step = momentum.step_in_pieces(&x, &target);
    step.run(usize::MAX).unwrap();
    assert_eq!(step.spent(), forward + loss + back + checks + update(<Momentum<f64> as Optimizer<f64>>::MACS));
}

#[test]
fn pieces_equal_the_whole() {
    fn all<N: Layer<Scalar = f64> + Zero + Copy>() {
        pieces::<N, _>(Sgd::new(0.1));
        pieces::<N, _>(Momentum::new(0.1, 0.9));
        pieces::<N, _>(ClipNorm::new(0.1, Adam::new(0.01)));
        pieces::<N, _>(Batch::new(3, Momentum::new(0.1, 0.9)));
        pieces::<N, _>(ClipSample::new(0.1, Batch::new(2, RmsProp::new(0.01))));
    }
    all::<Signal>();
    all::<Deep>();
    all::<Recurrent>();
    all::<Both>();
}

/// Samples at once, or collected one by one, give the mean of their gradients.
fn batches<N: Layer<Scalar = f64> + Zero + Copy>() {
    const B: usize = 5;
    let (x, targets): (Vec<_>, Vec<_>) = samples::<N>(B).into_iter().unzip();
    let values = parameters(&drawn::<N>());
    let length = |g: &[f64]| g.iter().map(|g| g * g).sum::<f64>().sqrt();
    let gradients: Vec<Vec<f64>> = (x.iter().zip(&targets))
        .map(|(x, t)| step::<f64, N, SquaredError, ChainRule>(&values, x.flat(), t.flat()).unwrap().1)
        .collect();
    // With each sample's gradient limited to this length.
    let mean_of_limited = |limit: f64| -> Vec<f64> {
        let factors: Vec<f64> = gradients.iter().map(|g| (limit / length(g)).min(1.0) / 5.0).collect();
        let sum = |at: usize| gradients.iter().zip(&factors).map(|(g, factor)| g[at] * factor).sum();
        (0..values.len()).map(sum).collect()
    };
    let mean = mean_of_limited(f64::INFINITY);
    let norm = length(&mean);
    let near_by = |network: &N, factor: f64, mean: &[f64]| {
        for ((new, old), g) in parameters(network).iter().zip(&values).zip(mean) {
            assert!((new - (old - factor * g)).abs() < 1e-12, "{new} {old} {g}");
        }
    };
    let near = |network: &N, factor: f64| near_by(network, factor, &mean);
    let mut slice = Trainer::<N, SquaredError, _, B>::with_network(drawn(), Sgd::new(0.5));
    slice.step_batch(&x, &targets).unwrap();
    near(&slice.network, 0.5);
    let mut clipped = Trainer::<N, SquaredError, _, B>::with_network(drawn(), ClipNorm::new(0.01, Sgd::new(0.5)));
    clipped.step_batch(&x, &targets).unwrap();
    near(&clipped.network, 0.5 * 0.01 / norm);
    let mut probe = Trainer::<N, SquaredError, _, B>::with_network(drawn(), Probe);
    probe.step_batch(&x, &targets).unwrap();
    assert!(parameters(&probe.network).iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-14));
    let mut batch =
        Trainer::<N, SquaredError, _>::with_network(drawn(), Batch::new(B, ClipNorm::new(0.01, Sgd::new(0.5))));
    for (x, target) in x.iter().zip(&targets) {
        batch.step(x, target).unwrap();
    }
    near(&batch.network, 0.5 * 0.01 / norm);
    // A limit that some samples pass and others do not.
    let mut lengths: Vec<f64> = gradients.iter().map(|g| length(g)).collect();
    lengths.sort_by(f64::total_cmp);
    let limit = lengths[1].midpoint(lengths[2]);
    let limited = mean_of_limited(limit);
    let mut one_by_one =
        Trainer::<N, SquaredError, _>::with_network(drawn(), ClipSample::new(limit, Batch::new(B, Sgd::new(0.5))));
    let mut at_once = Trainer::<N, SquaredError, _, B>::with_network(drawn(), ClipSample::new(limit, Sgd::new(0.5)));
    for (x, target) in x.iter().zip(&targets) {
        one_by_one.step(x, target).unwrap();
    }
    at_once.step_batch(&x, &targets).unwrap();
    near_by(&one_by_one.network, 0.5, &limited);
    near_by(&at_once.network, 0.5, &limited);
}

#[test]
fn batches_are_means() {
    batches::<Signal>();
    batches::<Recurrent>();
    batches::<Both>();
}

/// What a layer derives: frozen, it sends the same errors on; and it predicts without a trainer.
#[test]
fn frozen_and_predicting() {
    type Whole = (Filters, Recurrent2, Dense<10, 2, Identity, Biased, f64>);
    type Recurrent2 = Gru<3, 5, 2, f64>;
    type Part = (Filters, Frozen<Owned<Recurrent2>>, Dense<10, 2, Identity, Biased, f64>);
    let whole = drawn::<Whole>();
    let part: Part = (whole.0, Frozen(Owned(whole.1)), whole.2);
    let mut learning = Trainer::<_, SquaredError, _>::with_network(whole, Sgd::new(0.1));
    let mut adapting = Trainer::<_, SquaredError, _>::with_network(part, Sgd::new(0.1));
    let (x, target) = samples::<Whole>(1)[0];
    learning.step(&x, &target).unwrap();
    adapting.step(&x, &target).unwrap();
    assert_eq!(parameters(&learning.network.0), parameters(&adapting.network.0));
    assert_eq!(parameters(&adapting.network.1), parameters(&whole.1));
    assert_ne!(parameters(&learning.network.1), parameters(&whole.1));
    assert_eq!(Predictor::new(&learning.network).predict(&x), learning.predict(&x));
    assert_eq!(Predictor::new(learning.network).try_predict(&x), Ok(learning.predict(&x)));
}

/// A trainer that reads another's bytes goes on as that one does: in the middle of a batch, with velocities.
#[test]
fn kept_as_bytes() {
    type Kept = Trainer<Both, SquaredError, Batch<Momentum<f64>, f64>>;
    let mut kept = Kept::with_network(drawn(), Batch::new(3, Momentum::new(0.1, 0.9)));
    let mut bytes = [0; Kept::SIZE];
    assert_eq!(bytes.len(), (Both::PARAMETERS * 3 + 2 + 1) * 8 + 2 * 8);
    for (x, target) in samples::<Both>(10) {
        kept.to_bytes(&mut bytes).unwrap();
        let mut read = Kept::new();
        read.from_bytes(&bytes).unwrap();
        assert_eq!(read.step(&x, &target), kept.step(&x, &target));
        assert_eq!(digest(&read.network), digest(&kept.network));
    }
    assert_ne!(digest(&kept.network), digest(&drawn::<Both>()));
    let mut parts = Vec::new();
    kept.tensors(&mut |tensor, velocities| parts.push((tensor.data.len(), velocities.len())));
    assert_eq!(parts, [4, 2, 18, 9, 27, 30, 2].map(|n| (n, n)));
}

/// Every parameter has a name, and a copy by name is the network.
#[test]
fn tensors_have_names() {
    let network = drawn::<Both>();
    let mut all = Vec::new();
    network.tensors(&mut |t| all.push((t.name.to_string(), t.shape.to_vec(), t.data.to_vec(), t.learns)));
    let names: Vec<_> = all.iter().map(|(name, shape, ..)| format!("{name} {shape:?}")).collect();
    assert_eq!(
        names,
        [
            "0.weight [2, 1, 2]",
            "0.bias [2]",
            "1.weight_ih [2, 3, 3]",
            "1.bias [3, 3]",
            "1.weight_hh [3, 3, 3]",
            "2.weight [15, 2]",
            "2.bias [2]"
        ]
    );
    let mut copy = Both::ZERO;
    copy.tensors_mut(&mut |tensor| {
        let (.., data, _) = all.iter().find(|(name, ..)| tensor.name.is(name)).unwrap();
        tensor.data.copy_from_slice(data);
    });
    assert_eq!(digest(&copy), digest(&network));
}

/// A file with a layer of one's own, read while compiling and at run time.
#[test]
fn a_convolution_is_imported() {
    static NET: Imported = import!("outside/conv1d.safetensors");
    let file = include_bytes!("outside/conv1d.safetensors");
    let mut network = Imported::ZERO;
    import::load(&mut network, file).unwrap();
    assert_eq!(digest(&network), digest(&NET));
    let mut saved = Vec::<u8>::new();
    import::save(&NET, import::Extra::NONE, &mut |bytes| saved.extend(bytes)).unwrap();
    assert_eq!(digest(&network), digest(&drawn::<Imported>()));
    // `drawn` has made the file, and makes it again.
    assert_eq!(saved, file);
}
