//! What learns is written to bytes, and what reads them goes on with the same bits.

use core::ops::ControlFlow::Continue;

use downhill::dropout::Ratio;
use downhill::fit::{Data, FitError, State};
use downhill::init::{Generator, He};
use downhill::optimizer::Optimizer;
use downhill::schedule::{Constant, Cosine, Exponential, OwnRate, Plateau, Schedule, StepDecay};
use downhill::storable::{self, WrongSize};
use downhill::{
    Adam, AdamW, Batch, Best, BiasOnly, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense, Dropout, Fit, Frozen,
    Identity, Layer, Loss, Momentum, Nesterov, Relu, RmsProp, Rprop, ScaledRate, Sgd, Softmax, SquaredError, StepError,
    Storable, Trainer, WeightDecay, Zero, digest,
};

#[path = "common/mod.rs"]
mod data;

type Net = (Dense<4, 9, Relu>, Dropout<9, Ratio<1, 4>>, Dense<9, 3, Softmax>);
type Sample = ([f32; 4], [f32; 3]);

/// Iris, without the last flowers, so that batches and epochs end at different places.
fn flowers() -> Vec<Sample> {
    let samples = data::samples::<f32, usize, 4>("iris/train.csv");
    (samples.into_iter().take(50))
        .map(|(x, class)| (x.map(|x| x / 8.0), downhill::encode::one_hot(class).unwrap()))
        .collect()
}

fn bytes<S: Storable>(value: &S) -> Vec<u8> {
    let mut bytes = vec![0; S::SIZE];
    value.to_bytes(&mut bytes).unwrap();
    bytes
}

fn read<S: Storable>(mut into: S, bytes: &[u8]) -> S {
    into.from_bytes(bytes).unwrap();
    into
}

/// After every step, a trainer of its own reads the bytes and does the next: in the end both are the same, bit by bit.
fn resumes<N, L, P>(start: impl Fn(&mut Trainer<N, L, P>), fresh: impl Fn() -> Trainer<N, L, P>)
where
    N: Layer<Scalar = f32, Input = [f32; 4], Output = [f32; 3]>,
    L: Loss,
    P: Optimizer<f32, Slot: Storable> + Storable,
{
    let name = core::any::type_name::<P>();
    let mut whole = fresh();
    start(&mut whole);
    let mut kept = bytes(&whole);
    let first = digest(&whole.network);
    for (x, target) in flowers() {
        let mut resumed = read(fresh(), &kept);
        let losses = (resumed.step(&x, &target).unwrap(), whole.step(&x, &target).unwrap());
        assert_eq!(losses.0.to_bits(), losses.1.to_bits(), "{name}");
        kept = bytes(&resumed);
        assert_eq!(kept, bytes(&whole), "{name}");
        assert_eq!(digest(&resumed.network), digest(&whole.network));
    }
    assert_ne!(digest(&whole.network), first, "{name} learnt nothing");
}

fn dropping<P: Optimizer<f32, Slot: Storable> + Storable + Zero + Copy>(optimizer: P) {
    let start = |trainer: &mut Trainer<Net, CrossEntropy, P>| trainer.start(optimizer, &mut He(Generator::new(3)));
    resumes(start, Trainer::new);
    // One that was in use.
    let used = || {
        let mut used = Trainer::new();
        used.start(optimizer, &mut He(Generator::new(8)));
        for (x, target) in flowers().iter().take(7) {
            used.step(x, target).unwrap();
        }
        used
    };
    resumes(start, used);
}

#[test]
fn every_optimizer_resumes() {
    dropping(Sgd::new(0.1));
    dropping(Momentum::new(0.1, 0.9));
    dropping(Nesterov::new(0.1, 0.9));
    dropping(RmsProp::new(0.01));
    dropping(Adam::new(0.01));
    dropping(AdamW::new(0.01, 0.01));
    dropping(Batch::new(50, Rprop::new()));
    dropping(Batch::new(7, Sgd::new(0.1)));
    dropping(Batch::new(7, Adam::new(0.01)));
    dropping(ClipNorm::new(0.1, Momentum::new(0.1, 0.9)));
    dropping(ClipValue::new(0.01, Adam::new(0.01)));
    dropping(ClipSample::new(0.1, Batch::new(4, WeightDecay::new(0.01, Momentum::new(0.1, 0.9)))));
}

/// What does not learn is not among the bytes: whoever reads has it.
#[test]
fn frozen_parts_resume() {
    static MIDDLE: Dense<9, 5, Relu> = Dense::new([[0.25; 5]; 9], [-0.5; 5]);
    static LAST: Dense<5, 3, Softmax> = Dense::new([[0.5; 3]; 5], [0.1, -0.2, 0.3]);
    type Part =
        (Dense<4, 9, Relu>, Frozen<&'static Dense<9, 5, Relu>>, Dropout<5>, BiasOnly<&'static Dense<5, 3, Softmax>>);
    let fresh = || {
        let network = (Dense::ZERO, Frozen(&MIDDLE), Dropout::new(0.3), BiasOnly::new(&LAST));
        Trainer::<Part, CrossEntropy, _>::with_network(network, Batch::new(3, Adam::new(0.01)))
    };
    resumes(|trainer| trainer.start(Batch::new(3, Adam::new(0.01)), &mut He(Generator::new(1))), fresh);
    // 45 parameters and 3 biases, each with two means and a sum; a rate and a generator; Adam with its counters, and the batch.
    assert_eq!(bytes(&fresh()).len(), (45 + 3) * 4 * 4 + 4 + 5 + 8 * 4 + (8 + 8 + 4));
}

/// The bytes are a format. In their order: weights and biases of the layer, their velocities, the rate and the momentum.
#[test]
fn little_endian_in_order() {
    let mut trainer = Trainer::<Dense<1, 2, Identity>, SquaredError, Momentum>::with_network(
        Dense::new([[1.0, -2.0]], [0.5, 0.0]),
        Momentum::new(0.25, 0.5),
    );
    // Targets that are the outputs but for 1 and 2: the gradients.
    trainer.step(&[1.0], &[0.5, -4.0]).unwrap();
    let expected: Vec<u8> =
        [0.75_f32, -2.5, 0.25, -0.5, 1.0, 2.0, 1.0, 2.0, 0.25, 0.5].iter().flat_map(|f| f.to_le_bytes()).collect();
    assert_eq!(bytes(&trainer), expected);
    assert_eq!(bytes(&Generator::new(0x0102_0304)), [4, 3, 2, 1]);
    assert_eq!((bytes(&Some(1_u32)), bytes(&None::<u32>)), (vec![1, 1, 0, 0, 0], vec![0; 5]));
    assert_eq!(bytes(&0x0102_usize), [2, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes(&usize::MAX), [255; 8]);
    assert_eq!(read(0, &[255; 8]), usize::MAX);
    assert_eq!(bytes(&-1.5_f64), (-1.5_f64).to_le_bytes());
    assert_eq!(bytes(&((7_u8, true), [1_u16, 2])), [7, 1, 1, 0, 2, 0]);
}

/// Another byte is another state: none is left out.
#[test]
fn every_byte_counts() {
    let mut trainer = Trainer::<Net, CrossEntropy, Batch<Adam>>::new();
    trainer.start(Batch::new(7, Adam::new(0.01)), &mut He(Generator::new(3)));
    for (x, target) in flowers().iter().take(10) {
        trainer.step(x, target).unwrap();
    }
    let kept = bytes(&trainer);
    for at in 0..kept.len() {
        let mut other = kept.clone();
        other[at] ^= 1;
        assert_eq!(bytes(&read(Trainer::<Net, CrossEntropy, Batch<Adam>>::new(), &other)), other, "byte {at}");
    }
}

#[test]
fn a_wrong_size_changes_nothing() {
    type Small = Trainer<Dense<2, 1>, SquaredError, Sgd>;
    let mut trainer = Small::with_network(Dense::new([[1.0], [2.0]], [3.0]), Sgd::new(0.1));
    let before = digest(&trainer.network);
    for found in [0, 15, 17] {
        let error = Err(WrongSize { found, expected: 16 });
        assert_eq!(trainer.from_bytes(&vec![7; found]), error);
        let mut room = vec![7; found];
        assert_eq!(trainer.to_bytes(&mut room), error);
        assert_eq!((digest(&trainer.network), room), (before, vec![7; found]));
    }
    assert_eq!(WrongSize { found: 15, expected: 16 }.to_string(), "15 bytes where 16 are expected");
}

/// The rate of a dropout, and the factor of a rate, come back with the weights: into an empty trainer, and from an empty best.
#[test]
fn settings_of_layers_resume() {
    type Rates = (ScaledRate<Dense<4, 9, Relu>>, Dropout<9>, Dense<9, 3, Softmax>);
    let start = |trainer: &mut Trainer<Rates, CrossEntropy, Adam>| {
        trainer.start(Adam::new(0.01), &mut He(Generator::new(3)));
        (trainer.network.0.factor, trainer.network.1.rate) = (0.5, 0.25);
    };
    resumes(start, Trainer::new);
    let mut trainer = Trainer::new();
    start(&mut trainer);
    let mut best = Best::new();
    assert!(best.keep(&trainer.network, 1.0));
    let mut other = Trainer::<Rates, CrossEntropy, Adam>::new();
    assert!(read(Best::<Rates>::new(), &bytes(&best)).restore(&mut other.network));
    assert_eq!(bytes(&best).len(), (48 + 27) * 4 + 2 * 4 + 5);
    assert_eq!((other.network.0.factor, other.network.1.rate), (0.5, 0.25));
    assert_eq!(digest(&other.network), digest(&trainer.network));
}

/// A type that writes or reads another number of bytes than it says is told so.
#[test]
fn a_size_that_lies() {
    struct Two<const N: usize>;
    impl<const N: usize> Storable for Two<N> {
        const SIZE: usize = 2;
        const LAYOUT: u64 = storable::layout("two", &[]);

        fn store(&self, write: &mut impl FnMut(&[u8])) {
            (0..N).for_each(|_| write(&[9]));
        }

        fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
            (0..N).for_each(|_| read(&mut [0]));
        }
    }
    assert_eq!((Two::<2>.to_bytes(&mut [0; 2]), Two::<2>.from_bytes(&[0; 2])), (Ok(()), Ok(())));
    for (result, found) in [
        (Two::<1>.to_bytes(&mut [0; 2]), 1),
        (Two::<1>.from_bytes(&[0; 2]), 1),
        (Two::<3>.to_bytes(&mut [0; 2]), 3),
        (Two::<3>.from_bytes(&[0; 2]), 3),
    ] {
        assert_eq!(result, Err(WrongSize { found, expected: 2 }));
    }
}

/// Slots lie beside the tensors that learn.
#[test]
fn slots_beside_tensors() {
    static FIRST: Dense<4, 9, Relu> = Dense::new([[0.1; 9]; 4], [0.1; 9]);
    let network = (Frozen(&FIRST), Dense::<9, 3, Softmax>::new([[0.1; 3]; 9], [0.0; 3]));
    let mut trainer = Trainer::<_, CrossEntropy, _>::with_network(network, Momentum::new(0.5, 0.9));
    let (x, target) = flowers()[0];
    let before = trainer.network.1;
    trainer.step(&x, &target).unwrap();
    let mut seen = Vec::new();
    trainer.tensors(&mut |tensor, slots| seen.push((tensor.name.to_string(), tensor.data.to_vec(), slots.to_vec())));
    let names: Vec<_> = seen.iter().map(|(name, data, slots)| (name.as_str(), data.len(), slots.len())).collect();
    assert_eq!(names, [("0.weight", 36, 0), ("0.bias", 9, 0), ("1.weight", 27, 27), ("1.bias", 3, 3)]);
    // The first velocity is the gradient, and the rate a half.
    let old = before.weights.as_flattened().iter().chain(&before.biases);
    let (new, velocities) = (seen[2].1.iter().chain(&seen[3].1), seen[2].2.iter().chain(&seen[3].2));
    for ((old, new), velocity) in old.zip(new).zip(velocities) {
        assert_eq!((old - 0.5 * velocity).to_bits(), new.to_bits());
        assert!(velocity.abs() > 0.0);
    }
}

/// A fit that is interrupted after every epoch, and all of it read by values that know nothing of it. Returns whether the last
/// epoch was the best: then velocities stay, and otherwise they are cleared.
fn interrupted<S: Schedule<f32> + Storable + Clone>(fit: &Fit<S>) -> bool {
    type Fitted = Trainer<Net, CrossEntropy, Batch<Momentum>>;
    let train = flowers();
    let (train, validation) = train.split_at(35);
    let data = Data::new(train).validated_on(validation);
    let start = || {
        let mut trainer = Fitted::new();
        trainer.start(Batch::new(4, Momentum::new(0.1, 0.9)), &mut He(Generator::new(5)));
        trainer
    };
    let (mut whole, mut best) = (start(), Best::new());
    let mut epochs = Vec::new();
    let outcome = fit
        .run(&mut whole, data.keeping(&mut best), |_, epoch| {
            epochs.push(*epoch);
            Continue(())
        })
        .unwrap();

    let mut kept = [bytes(&start()), bytes(&Best::<Net>::new()), bytes(&fit.state::<f32, downhill::fit::Score>())];
    for epoch in epochs.iter().map(Some).chain([None, None]) {
        let (mut trainer, mut best) = (read(Fitted::new(), &kept[0]), read(Best::<Net>::new(), &kept[1]));
        let mut state: State<S, f32, downhill::fit::Score> = read(fit.state(), &kept[2]);
        assert_eq!(fit.epoch(&mut state, &mut trainer, data.keeping(&mut best)).unwrap().as_ref(), epoch);
        kept = [bytes(&trainer), bytes(&best), bytes(&state)];
    }
    assert_eq!(kept[..2], [bytes(&whole), bytes(&best)]);
    let (mut trainer, mut best) = (read(Fitted::new(), &kept[0]), read(Best::<Net>::new(), &kept[1]));
    assert_eq!(fit.end(&mut read(fit.state(), &kept[2]), &mut trainer, &mut best), outcome);
    outcome.best.unwrap().number == outcome.epochs
}

#[test]
fn fits_resume_between_epochs() {
    let lasts = [
        interrupted(&Fit { seed: 7, ..Fit::new(12, Constant(0.3)) }),
        interrupted(&Fit { patience: Some(3), min_delta: 0.01, ..Fit::new(40, Plateau::new(0.5, 0.5, 1)) }),
        interrupted(&Fit { entering: false, ..Fit::new(15, OwnRate::new()) }),
        interrupted(&Fit::new(9, Cosine { warmup: 2, ..Cosine::new(0.6, 9) })),
        interrupted(&Fit::new(9, Exponential::new(0.6, 0.9))),
        interrupted(&Fit::new(9, StepDecay::new(0.6, 2, 0.5))),
        interrupted(&Fit::new(4, Constant(0.02))),
    ];
    assert!(lasts.contains(&true) && lasts.contains(&false), "{lasts:?}");
}

/// The same where nothing is kept or validated, of samples, and of a stream, which is asked for each epoch once.
#[test]
fn fits_without_validation_resume() {
    type Fitted = Trainer<Net, CrossEntropy, Adam>;
    let train = flowers();
    let start = || {
        let mut trainer = Fitted::new();
        trainer.start(Adam::new(0.01), &mut He(Generator::new(5)));
        trainer
    };
    let fit = Fit::new(5, Constant(0.02));
    let (mut whole, mut streamed) = (start(), start());
    let shuffled = fit.run(&mut whole, Data::new(&train[..]), |_, _| Continue(())).unwrap();
    fit.run(&mut streamed, Data::stream(|_| &train[..]), |_, _| Continue(())).unwrap();
    assert_ne!(digest(&whole.network), digest(&streamed.network));
    let mut kept = [bytes(&start()), bytes(&fit.state::<f32, ()>())];
    let mut other = kept.clone();
    let mut numbers = Vec::new();
    for number in 1..=6 {
        let (mut trainer, mut state) = (read(Fitted::new(), &kept[0]), read(fit.state::<f32, ()>(), &kept[1]));
        let epoch = fit.epoch(&mut state, &mut trainer, Data::new(&train[..])).unwrap();
        assert_eq!(epoch.map(|epoch| epoch.number), (number < 6).then_some(number));
        kept = [bytes(&trainer), bytes(&state)];
        if number == 6 {
            assert_eq!(fit.end(&mut state, &mut trainer, ()), shuffled);
        }

        let (mut trainer, mut state) = (read(Fitted::new(), &other[0]), read(fit.state::<f32, ()>(), &other[1]));
        let sensor = |number| {
            numbers.push(number);
            &train[..]
        };
        fit.epoch(&mut state, &mut trainer, Data::stream(sensor)).unwrap();
        other = [bytes(&trainer), bytes(&state)];
    }
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    assert_eq!((&kept[0], &other[0]), (&bytes(&whole), &bytes(&streamed)));
}

/// Ended early, a fit gives back the best network and the rate.
#[test]
fn a_fit_that_is_ended() {
    let train = flowers();
    let data = Data::new(&train[..35]).validated_on(&train[35..]);
    let mut trainer = Trainer::<Net, CrossEntropy, Sgd>::new();
    trainer.start(Sgd::new(0.125), &mut He(Generator::new(5)));
    let fit = Fit::new(20, Constant(0.8));
    let (mut state, mut best, mut digests) = (fit.state(), Best::new(), Vec::new());
    for _ in 0..12 {
        fit.epoch(&mut state, &mut trainer, data.keeping(&mut best)).unwrap().unwrap();
        digests.push(digest(&trainer.network));
    }
    assert_eq!((state.epochs(), trainer.optimizer.rate), (12, 0.8));
    let number = state.best().unwrap().number;
    assert!(number < 12);
    let outcome = fit.end(&mut state, &mut trainer, &mut best);
    assert_eq!((outcome.end, outcome.epochs), (downhill::fit::End::Stopped, 12));
    assert_eq!((digest(&trainer.network), trainer.optimizer.rate), (digests[number as usize - 1], 0.125));
    // It stays at its end, whatever is learnt after it.
    trainer.step(&train[0].0, &train[0].1).unwrap();
    let after = digest(&trainer.network);
    assert_eq!(fit.end(&mut state, &mut trainer, &mut best).epochs, 12);
    assert_eq!(fit.epoch(&mut state, &mut trainer, data.keeping(&mut best)), Ok(None));
    assert_eq!((digest(&trainer.network), state.epochs()), (after, 12));
    // One that has not begun does not bring back the best network of another.
    fit.end(&mut fit.state::<f32, ()>(), &mut trainer, &mut best);
    assert_eq!(digest(&trainer.network), after);
}

/// An epoch that fails ends the fit.
#[test]
fn a_fit_that_failed() {
    let mut train = flowers();
    let mut trainer = Trainer::<Net, CrossEntropy, Sgd>::new();
    trainer.start(Sgd::new(0.125), &mut He(Generator::new(5)));
    let fit = Fit::new(20, Plateau::new(0.5, 0.5, 1));
    let mut state = fit.state();
    fit.epoch(&mut state, &mut trainer, Data::new(&train[..])).unwrap().unwrap();
    train[9].0[0] = f32::NAN;
    let failed = fit.epoch(&mut state, &mut trainer, Data::new(&train[..]));
    assert_eq!(failed, Err(FitError::Step(9, StepError::Input)));
    let before = digest(&trainer.network);
    assert_eq!(fit.epoch(&mut state, &mut trainer, Data::new(&flowers()[..])), Ok(None));
    assert_eq!((digest(&trainer.network), trainer.optimizer.rate, state.epochs()), (before, 0.125, 1));
}
