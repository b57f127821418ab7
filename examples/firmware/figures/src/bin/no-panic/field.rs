//! What learns in the field: scalers, memories, averaged weights, committees, guards, detectors, and metrics of streams.

use core::hint::black_box;

use downhill::anomaly::{self, AnomalyDetector};
use downhill::averaged::Averaged;
use downhill::checkpoint::Value;
use downhill::committee::{Committee, Mean, Vote};
use downhill::drift::{Adwin, AdwinReal, Ddm, Detector, PageHinkley};
use downhill::guard::{Filter, Guard, Settings};
use downhill::init::{Generator, Xavier};
use downhill::metrics::{
    Argmax, BinaryF1, ConfusionMatrix, Decision, Fading, Kappa, LabelMacroF1, LabelMicroF1, LogLoss, MacroF1,
    MeanAbsoluteError, MeanSquaredError, Metric, Overall, R2, RootMeanSquaredError, Sign, Streaming, SubsetAccuracy,
    Threshold, Windowed,
};
use downhill::quantile::Quantile;
use downhill::replay::{
    Balanced, Buffer, Class, Codec, Codes, Fifo, HistoryBuf, Label, Memory, Policy, Raw, Rehearsal, Reservoir, window,
};
use downhill::scaler::{MinMax, Scaled, Scaler, Scaling, Standardizer};
use downhill::{
    BinaryCrossEntropy, CrossEntropy, Dense, Huber, Layer, Learner, Loss, Masked, Momentum, Predictor, Sgd, Sigmoid,
    Softmax, SquaredError, Storable, Tanh, Trainer, Zero, encode,
};

use super::{checkpoint, keep};

type Inputs = [f32; 4];
type Targets = [f32; 3];
type Net = (Dense<4, 6, Tanh>, Dense<6, 3, Softmax>);
type Plain = Trainer<Net, CrossEntropy, Sgd>;
type Autoencoder = (Dense<4, 2, Tanh>, Dense<2, 4>);

/// All of it.
pub fn all() {
    scalers();
    learners();
    memories();
    guarded();
    detectors();
    anomalies();
    metrics();
}

fn scalers() {
    let mut standardizer = scaler(Standardizer::<4>::new(black_box(9)));
    scaler(Standardizer::<1>::new(0));
    scaler(MinMax::<2>::new());
    scaler(());
    let mut layer = black_box(Dense::<4, 6, Tanh>::ZERO);
    black_box((standardizer.fold(&mut layer), layer));
    keep(&mut standardizer);
}

fn scaler<S: Scaler<Inputs>>(scaler: S) -> S {
    let mut scaler = black_box(scaler);
    let x = black_box([1.0; 4]);
    black_box((scaler.observe(&x), scaler.scaled(&x)));
    keep(&mut scaler);
    let mut predictor = Predictor::new(Scaled { network: black_box(Net::ZERO), scaler: scaler.clone() });
    black_box(predictor.predict(&x));
    scaler
}

/// Learners around learners, and the masked losses.
fn learners() {
    type Codes8 = Codes<Inputs, 8, 4, 4>;
    type Common<V> = Committee<Averaged<Plain>, 3, V>;
    rehearsal::<Scaling<Common<Mean>, Standardizer<4>>, Buffer<Codes8, Class, Fifo, 9>>();
    rehearsal::<Scaling<Common<Vote>, MinMax<2>>, Buffer<Raw<Inputs>, Targets, Reservoir, 9>>();

    type Softly = Trainer<Net, Masked<CrossEntropy>, Momentum>;
    rehearsal::<Scaling<Averaged<Softly>, ()>, Buffer<Codes<Inputs, 2, 1>, Targets, Balanced<3>, 9>>();
    learner::<Scaling<Rehearsal<Plain, ()>, Standardizer<1>>>();
    trainer::<Net, Masked<CrossEntropy>>();
    trainer::<(Dense<4, 3, Sigmoid>,), Masked<BinaryCrossEntropy>>();
    trainer::<(Dense<4, 3>,), Masked<SquaredError>>();
    trainer::<(Dense<4, 3>,), Masked<Huber>>();
}

/// A sample of the classes that are known, and the outputs of its step.
fn trainer<N, L: Loss>()
where
    N: Layer<Scalar = f32, Input = Inputs, Output = Targets> + Zero,
{
    let mut trainer = Trainer::<N, L, Sgd>::new();
    let trainer = black_box(&mut trainer);
    trainer.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
    if let Some(targets) = encode::masked(black_box(1), black_box([true, false, true])) {
        black_box((trainer.step(&black_box([1.0; 4]), &targets).is_ok(), trainer.outputs()));
    }
}

fn rehearsal<L, M>()
where
    L: Learner<Scalar = f32, Input = Inputs, Output = Targets, Network: Zero + Copy> + Storable + Zero,
    M: Memory<Inputs, Targets>,
{
    learner::<Rehearsal<L, M>>();
    let mut learner = Rehearsal::<L, M>::new(black_box(4));
    let learner = black_box(&mut learner);
    for drawn in [true, false] {
        learner.drawn = drawn;
        black_box((learner.replay(), learner.replay_all(black_box(2))));
    }
}

/// Everything that a learner can do.
fn learner<L>()
where
    L: Learner<Scalar = f32, Input = Inputs, Output = Targets, Network: Zero + Copy> + Storable + Zero,
{
    let mut learner = L::ZERO;
    let learner = black_box(&mut learner);
    let (x, target) = black_box(([1.0; 4], [0.0; 3]));
    learner.seed(black_box(1));
    black_box((learner.observe(&x), learner.learn(&x, &target, None).is_ok()));
    black_box((learner.step(&x, &target, black_box(Some(0.5))).is_ok(), learner.rehearse(&x, &target, None).is_ok()));
    black_box((learner.flush().is_ok(), learner.predict(&x), learner.evaluate(&x, &target).is_ok()));
    let mut network = L::Network::ZERO;
    let network = black_box(&mut network);
    learner.copy_network(network);
    learner.blend_network(network, black_box(0.5));
    black_box((learner.predict_with(network, &x), learner.evaluate_with(network, &x, &target).is_ok()));
    black_box(Predictor::new(&*network).try_predict(&x).is_ok());
    learner.set_network(network);
    learner.discard();
    learner.clear();
    learner.set_rate(black_box(0.1));
    black_box(learner.rate());
    keep(learner);
    checkpoint(&mut Value(learner));
}

/// Each policy with each row, and a window of a signal.
fn memories() {
    kept::<Raw<Inputs>>();
    kept::<Codes<Inputs, 8, 4>>();
    kept::<Codes<Inputs, 4, 2, 2>>();
    kept::<Codes<Inputs, 2, 1, 4>>();
    kept::<Codes<Inputs, 1, 1>>();
    // Any state of the buffer. Its own `write` has a check of bounds that stays, although it never fails.
    let _: Option<[f32; 6]> = black_box(window(&black_box(HistoryBuf::<[f32; 2], 3>::new())));
}

fn kept<C: Codec<Input = Inputs>>() {
    memory::<C, Class, Fifo>();
    memory::<C, Targets, Reservoir>();
    memory::<C, Class, Balanced<3>>();
}

fn memory<C: Codec<Input = Inputs>, K: Label<Targets>, P: Policy>() {
    let mut buffer = Buffer::<C, K, P, 9>::new();
    let buffer = black_box(&mut buffer);
    buffer.seed(black_box(1));
    // Its fields may have any values.
    keep(buffer);
    black_box(buffer.insert(&black_box([1.0; 4]), &black_box([0.0; 3])));
    let sample: Option<(Inputs, Targets)> = buffer.get(black_box(3));
    black_box((sample, buffer.len(), buffer.labels().last()));
    buffer.clear();
}

fn guarded() {
    guard::<Net, CrossEntropy, _, 3>(Argmax);
    guard::<(Dense<4, 1, Sigmoid>,), BinaryCrossEntropy, _, 1>(Threshold);

    let mut filter = black_box(Filter::<4>::new());
    filter.prepare(&black_box([1.0; 4]));
    black_box((filter.admit(&black_box([1.0; 4])).is_ok(), filter.rejections().all()));
    keep(&mut filter);
}

fn guard<N, L: Loss, D: Decision<f32>, const O: usize>(decision: D)
where
    N: Layer<Scalar = f32, Input = Inputs, Output = [f32; O]> + Zero + Copy,
{
    let samples = black_box([([1.0; 4], [0.0; O]); 9]);
    let samples = black_box(&samples[..]);
    let settings = Settings { period: black_box(0), tolerance: black_box(5), ..Settings::new(samples, samples) };
    let settings = settings.decided_by(decision);
    let mut guard = Guard::<Scaling<Trainer<N, L, Sgd>, Standardizer<4>>, 4>::new();
    let guard = black_box(&mut guard);
    guard.start(&settings);
    let (x, target) = black_box(([1.0; 4], [0.0; O]));
    black_box((guard.step(&x, &target, &settings), guard.predict(&x)));
    let good = *guard.good();
    guard.serve(&good);
    black_box(guard.counts());
    keep(guard);
    checkpoint(guard);
}

fn detectors() {
    drift::<_, bool>(PageHinkley::new(), false);
    drift(PageHinkley::new(), 0.5);
    drift(Ddm::new(), false);
    drift(Adwin::new(), false);
    drift::<_, bool>(AdwinReal::new(), false);
    drift(AdwinReal::new(), 0.5);
    black_box((black_box(Adwin::new()).mean(), black_box(AdwinReal::new()).mean()));
}

/// A detector whose fields may have any values.
fn drift<D: Detector<E> + Storable, E>(detector: D, error: E) {
    let mut detector = black_box(detector);
    keep(&mut detector);
    black_box(detector.record(black_box(error)));
    keep(&mut detector);
}

fn anomalies() {
    let mut trainer = Trainer::<Autoencoder, SquaredError, Sgd>::new();
    let trainer = black_box(&mut trainer);
    let mut state = black_box(anomaly::State::new());
    let detector = black_box(AnomalyDetector::new());
    let x = black_box([1.0; 4]);
    keep(&mut state);
    black_box(detector.step(trainer, &mut state, &x).is_ok());
    let mut predictor = Predictor::new(trainer.network).with_loss::<SquaredError>();
    black_box(detector.watch(&mut predictor, &mut state, &x).is_ok());
    black_box((state.quantile(), state.is_stopped(), state.restarts()));
    checkpoint(&mut (&mut *trainer, &mut state));

    let mut quantile = black_box(Quantile::new(black_box(0.9)));
    keep(&mut quantile);
    quantile.record(black_box(1.0));
    black_box(quantile.value());
}

/// Without the table of a [`ConfusionMatrix`]: core's formatting of floats has checks that stay.
fn metrics() {
    stream::<_, 5>(Argmax);
    stream::<_, 5>(Sign);
    stream::<_, 5>(MacroF1::<5>(Argmax));
    stream::<_, 5>(Kappa::<5>(Argmax));
    stream::<_, 1>(BinaryF1(Threshold));
    stream::<_, 5>(SubsetAccuracy(Threshold));
    stream::<_, 5>(LabelMacroF1(Threshold));
    stream::<_, 5>(LabelMicroF1(Sign));
    stream::<_, 5>(LogLoss);
    stream::<_, 5>(MeanAbsoluteError);
    stream::<_, 5>(MeanSquaredError);
    stream::<_, 5>(RootMeanSquaredError);
    stream::<_, 5>(R2);

    let mut matrix = black_box(ConfusionMatrix::<5>::new());
    keep(&mut matrix);
    let class = black_box(3);
    black_box((matrix.record_undecided(class), matrix.undecided(class)));
    black_box((matrix.f1(class), matrix.macro_f1(), matrix.kappa()));
}

/// A metric over all samples, in a window, and fading; what they have counted may be any numbers.
fn stream<M, const O: usize>(metric: M)
where
    M: Streaming<[f32; O], Entry: Storable, Faded: Storable> + Metric<f32, [f32; O], State: Storable> + Storable + Copy,
{
    let (target, outputs) = black_box(([0.0; O], [0.0; O]));
    let mut all = black_box(Overall::new(metric));
    let mut last = black_box(Windowed::<M, [f32; O], 9>::new(metric));
    let mut fading = black_box(Fading::new(black_box(0.9), metric));
    keep(&mut all);
    keep(&mut last);
    keep(&mut fading);
    black_box((all.record(&target, &outputs), last.record(&target, &outputs), fading.record(&target, &outputs)));
    black_box((all.value(), last.value(), fading.value(), last.len()));
}
