//! Uses every part of the library, and links only if none of it can panic. The feature `on-purpose` adds an index that
//! can.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::ops::ControlFlow;

use downhill::checkpoint::{self, Network, Seekable, receive};
use downhill::fit::{Data, Epoch, Score, epoch, evaluate};
use downhill::import::{Extra, load, load_tensor, replay, save};
use downhill::init::{Generator, He, Init, Random, TruncatedNormal, Uniform, Xavier};
use downhill::loss::Loss;
use downhill::math::{Fast, Libm, Micromath};
use downhill::metrics::{Argmax, ConfusionMatrix, MeanAbsoluteError, Metric, R2, Sign, Threshold};
use downhill::optimizer::Optimizer;
use downhill::pieces::Progress;
use downhill::predictor::Workspace;
use downhill::rule::Rule;
use downhill::schedule::{Constant, Cosine, Exponential, Plateau, Schedule, StepDecay};
use downhill::{
    Adam, AdamW, Batch, Best, BiasOnly, Biased, BinaryCrossEntropy, ChainRule, Checkpoint, ClipNorm, ClipSample,
    ClipValue, CrossEntropy, Dense, Dropout, ErrorShare, Evaluate, Fit, Frozen, Huber, Identity, Layer, LeakyRelu,
    Momentum, Nesterov, Predictor, Ratio, RawError, Relu, RmsProp, Rprop, Samples, ScaledRate, Sgd, Shape, Softmax,
    SquaredError, Storable, Tanh, Trainer, Unbiased, WeightDecay, Zero, digest, encode,
};
use embedded_io::{ErrorKind, ErrorType, Read, Seek, SeekFrom, Write};
use figures::entry;
use figures::flash::Flash;
use figures::workload::Net;
use panic_never as _;

#[path = "../../../src/device.rs"]
mod device;
#[path = "no-panic/field.rs"]
mod field;
#[path = "no-panic/integers.rs"]
mod integers;

type Deep<M> =
    (Dense<6, 12, Tanh<M>>, Dense<12, 9, Relu>, Dense<9, 7, LeakyRelu, Unbiased, f32>, Dense<7, 5, Softmax<M>>);
type Shallow = (Dense<4, 3, Identity>, Dense<3, 2>);
type Forgetful = (Dropout<4>, Dense<4, 9, Relu>, Dropout<9>, Dense<9, 2, Softmax>);
type TwoRates = (ScaledRate<(Dense<4, 5, Tanh>, Dropout<5>)>, ScaledRate<Dense<5, 2, Softmax>, Ratio<1, 3>>);
type Double = (Dense<3, 20, Tanh, Biased, f64>, Dense<20, 2, Softmax, Biased, f64>);

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

        learn::<Net, SquaredError, _, ChainRule, _>(Nesterov::new(0.05, 0.9), He(seed));
        learn::<Net, Huber, _, ChainRule, _>(Batch::new(3, ClipValue::new(0.5, RmsProp::new(0.01))), He(seed));
        learn::<Net, Huber<1, 4>, _, ChainRule, _>(ClipSample::new(1.0, Adam::new(0.01)), He(seed));
        let optimizer = Batch::new(3, WeightDecay::new(1e-4, AdamW::new(0.01, 0.01)));
        learn::<TwoRates, CrossEntropy, _, ChainRule, _>(optimizer, He(seed));
        learn::<Net, SquaredError, _, ChainRule, _>(Batch::new(usize::MAX, Rprop::new()), He(seed));
        slices(ClipNorm::new(1.0, Sgd::new(0.05)));
        slices(ClipSample::new(1.0, Batch::new(6, Adam::new(0.05))));
        learn::<TwoRates, CrossEntropy, _, ChainRule, _>(ClipNorm::new(1.0, Rprop::new()), He(seed));
        frozen();
        // The device whose power is cut.
        black_box(device::live(Flash, &mut device::Learner::new(), |now| _ = black_box(now as u32)).is_ok());

        fit(Constant(0.1), Argmax);
        fit(StepDecay::new(0.1, black_box(3), 0.5), Threshold);
        fit(Exponential::new(0.1, 0.9), Sign);
        fit(Cosine { warmup: black_box(2), ..Cosine::new(0.1, black_box(9)) }, R2);
        fit(Plateau::new(0.1, 0.5, black_box(2)), MeanAbsoluteError);
        field::all();
        integers::all();

        let mut order = black_box([0, 1, 2, 3, 4, 5, 6, 7]);
        { seed }.shuffle(&mut order);
        let mut matrix = ConfusionMatrix::<5>::new();
        for class in black_box(order) {
            black_box(encode::scaled(black_box(3.0), black_box(16.0)));
            let targets: Option<[f32; 5]> = encode::targets(class);
            let certain: Option<[f32; 5]> = encode::one_hot(class);
            let smoothed: Option<[f32; 5]> = encode::smoothed(class, 0.1);
            black_box(encode::balanced::<f32, 5>(&[class, 1, 2, 3, 4]));
            for outputs in targets.iter().chain(&certain).chain(&smoothed) {
                matrix.record(class, encode::class(outputs));
                matrix.record_by(Argmax, outputs, black_box(outputs));
                matrix.record_by(Threshold, outputs.get(..class).unwrap_or_default(), outputs);
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
    N: Layer<Input: Zero, Output: Zero> + Zero,
    L: Loss,
    P: Optimizer<N::Scalar, Slot: Storable> + Storable + Zero,
    R: Rule,
    I: Init,
{
    let mut trainer = Trainer::<N, L, P, 1, R>::new();
    let trainer = black_box(&mut trainer);
    trainer.start(optimizer, &mut init);
    let (mut x, mut target) = (N::Input::ZERO, N::Output::ZERO);
    let (x, target) = black_box((&mut x, &mut target));
    if let Err(error) = trainer.step(x, target) {
        black_box(error);
    }
    black_box(encode::class(trainer.predict(x).flat()));
    let mut step = trainer.step_in_pieces(x, target);
    while let Ok(Progress::More) = step.run(black_box(100)) {}
    drop(step);
    let mut prediction = trainer.predict_in_pieces(x);
    while let Progress::More = prediction.run(black_box(100)) {}
    black_box(digest(&trainer.network));
    keep(trainer);
    checkpoint(trainer);
    exchange(&mut trainer.network);
    trainer.tensors(&mut |tensor, slots| {
        black_box((tensor.data, slots.len()));
    });
}

/// To bytes and back.
fn keep(value: &mut impl Storable) {
    value.store(&mut |bytes| {
        black_box(bytes);
    });
    value.load(&mut |bytes| bytes.fill(black_box(1)));
    let mut bytes = black_box([1; 64]);
    let bytes = bytes.get_mut(..black_box(32)).unwrap_or_default();
    black_box((value.to_bytes(bytes).is_ok(), value.from_bytes(bytes).is_ok()));
}

/// To an image and back, by every way.
fn checkpoint(learner: &mut impl Checkpoint) {
    let mut bytes = black_box([1; 64]);
    let image = bytes.get_mut(..black_box(32)).unwrap_or_default();
    black_box((learner.save(image).is_ok(), learner.restore(image).is_ok()));
    let mut wire = black_box(Wire);
    black_box((learner.save_to(&mut wire).is_ok(), receive(&mut wire, image).is_ok()));
    black_box(Seekable::new(wire).is_ok_and(|mut file| learner.restore_from(&mut file).is_ok()));
    learner.part(black_box(5), image);
    if let Ok(places) = checkpoint::check::<Network<Net>, _>(&mut &*image) {
        Network(&mut Net::ZERO).load_part(&places, black_box(7), image);
    }
}

/// A stream that gives and takes anything.
struct Wire;

impl ErrorType for Wire {
    type Error = ErrorKind;
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        bytes.fill(black_box(1));
        if black_box(true) { Ok(bytes.len().min(black_box(9))) } else { Err(ErrorKind::Other) }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Ok(bytes.len().min(1 + black_box(9) % 2))
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl Seek for Wire {
    fn seek(&mut self, _: SeekFrom) -> Result<u64, ErrorKind> {
        Ok(black_box(100))
    }
}

/// To a `.safetensors` file and back.
fn exchange<N: Layer>(network: &mut N) {
    let file = black_box([1; 64]);
    let file = file.get(..black_box(32)).unwrap_or_default();
    black_box((load(network, file).is_ok(), load_tensor::<N::Scalar>(&mut [], "x", &[black_box(3)], file).is_ok()));
    black_box(replay(&mut Predictor::new(&*network), file).is_ok());
    let tensors: [(&str, &[usize], &[N::Scalar]); 1] = [("x", &[black_box(1)], &[Zero::ZERO])];
    let extra = Extra { network: Some("a network"), tensors: &tensors };
    let saved = save(network, extra, &mut |bytes| {
        black_box(bytes);
    });
    if let Err(error) = saved {
        black_box(error);
    }
}

/// Slices of samples.
fn slices<P: Optimizer<f32> + Zero>(optimizer: P) {
    let mut trainer = Trainer::<Net, SquaredError, P, 5>::new();
    let trainer = black_box(&mut trainer);
    trainer.optimizer = optimizer;
    let (x, targets) = ([Zero::ZERO; 5], [Zero::ZERO; 5]);
    let (x, targets) = black_box((&x, &targets));
    let samples = black_box(4).min(5);
    black_box(trainer.step_batch(x.get(..samples).unwrap_or_default(), targets).is_ok());
    black_box(trainer.flush().is_ok());
    trainer.discard();
    trainer.clear();
    black_box(trainer.optimizer.rate());
    for (x, target) in x.iter().zip(targets) {
        black_box(trainer.step_weighted(x, target, black_box(0.5)).is_ok());
    }
    black_box((&x, targets).with(samples, |x, target| x[0] + target[0]));
}

/// Layers that don't learn, or only in part.
fn frozen() {
    static LOWER: Dense<4, 3> = Dense::ZERO;
    static UPPER: Dense<3, 2> = Dense::ZERO;
    let network = (Dense::<4, 4>::ZERO, Frozen(&LOWER), BiasOnly::new(&UPPER));
    let mut trainer = Trainer::<_, SquaredError, _>::with_network(network, Momentum::new(0.1, 0.9));
    let trainer = black_box(&mut trainer);
    trainer.start_from(black_box(&network), Momentum::new(0.1, 0.9));
    let (x, target) = black_box((&[0.1; 4], &[0.2; 2]));
    black_box(trainer.step(x, target).is_ok());
    keep(trainer);
    let mut predictor = Predictor::new(&trainer.network).with_loss::<SquaredError>();
    black_box((predictor.evaluate(x, target).is_ok(), predictor.try_predict(x).is_ok()));
    let mut workspace = Workspace::new();
    let mut step = trainer.step_in_pieces(x, target);
    while let Ok(Progress::More) = step.run(black_box(100)) {
        black_box(workspace.predict(step.network(), x));
    }
}

/// Everything that a fit can do.
fn fit(schedule: impl Schedule<f32> + Storable + Clone, metric: impl Metric<f32, [f32; 2]> + Copy) {
    type Trained = Trainer<Shallow, SquaredError, Batch<Sgd>>;
    let mut trainer = Trained::new();
    let trainer = black_box(&mut trainer);
    let mut best = Best::new();
    let best = black_box(&mut best);
    let start =
        |trainer: &mut Trained, seed| trainer.start(Batch::new(4, Sgd::new(0.1)), &mut He(Generator::new(seed)));
    let on_epoch = |_: &mut Trained, epoch: &Epoch<f32, Score>| {
        if black_box(epoch.decisive()) < 0.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let stored = black_box([([1_u8; 4], 1); 9]);
    let samples = stored.mapped(|bytes, &class| Some((bytes.map(f32::from), encode::targets(class)?)));
    let samples = black_box(&samples);
    let mut calls = black_box(0_u32);
    let samples = samples.every(black_box(4), || calls = calls.wrapping_add(1));
    let samples = samples.weighted(|index, _, target| if black_box(index) > 2 { target[0] } else { 1.0 });
    let (train, validation) = samples.hold_out(black_box(3), black_box(1));
    let fit = black_box(Fit { patience: black_box(Some(3)), ..Fit::new(black_box(9), schedule).measured_by(metric) });

    black_box(fit.run(trainer, Data::new(&train).validated_on(&validation).keeping(best), on_epoch).is_ok());
    black_box(
        fit.restarts(3, trainer, start, Data::new(&train).validated_on(&validation).keeping(best), on_epoch).is_ok(),
    );
    let stream = black_box([([0.5; 4], [0.5; 2]); 3]);
    black_box(fit.run(trainer, Data::stream(|_| &stream).validated_on(&validation), on_epoch).is_ok());
    let mut state = fit.state();
    let data = Data::new(&train).validated_on(&validation);
    black_box(fit.epoch(&mut state, trainer, data.keeping(best)).is_ok());
    keep(&mut state);
    keep(best);
    checkpoint(&mut (&mut *trainer, (&mut *best, &mut state)));
    black_box(fit.end(&mut state, trainer, &mut *best));
    black_box(epoch(trainer, stream).is_ok());
    black_box(epoch(trainer, stream.map(|(x, target)| (x, target, 0.5))).is_ok());
    black_box(evaluate(trainer, &validation, metric).is_ok());
    keep(&mut fit.schedule.clone());
    black_box((train.index(black_box(2)), best.get().is_some()));
}
