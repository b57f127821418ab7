//! A fit keeps what was good: the network that enters, the weights whose loss is reported, the learning rate; and it
//! leaves nothing of what failed.

use std::ops::ControlFlow::{Break, Continue};

use downhill::fit::{self, Data, End, Epoch, FitError, Validate};
use downhill::metrics::Argmax;
use downhill::optimizer::Optimizer;
use downhill::schedule::{Constant, Cosine, Exponential, OwnRate, Plateau, StepDecay};
use downhill::{
    Adam, Batch, Best, Dense, Fit, Huber, Identity, Momentum, Rprop, Samples, Sgd, SquaredError, StepError, Trainer,
    Zero, digest,
};

type Line = Dense<1, 1, Identity>;
type Learner<P> = Trainer<Line, SquaredError, P>;
type Point = ([f32; 1], [f32; 1]);

const NONE: &[Point] = &[];

/// On the line 2 x + 0.5, x from -1 to 0.95.
fn points() -> Vec<Point> {
    (0_u8..40).map(|i| f32::from(i) / 20.0 - 1.0).map(|x| ([x], [2.0 * x + 0.5])).collect()
}

fn learner<P: Optimizer<f32>>(weight: f32, bias: f32, optimizer: P) -> Learner<P> {
    Trainer::with_network(Dense::new([[weight]], [bias]), optimizer)
}

/// As it was delivered: its loss is 3.2e-5.
fn delivered<P: Optimizer<f32>>(optimizer: P) -> Learner<P> {
    learner(2.0, 0.492, optimizer)
}

fn loss<P: Optimizer<f32>>(trainer: &mut Learner<P>, points: &[Point]) -> f32 {
    fit::evaluate(trainer, points, Argmax).unwrap().unwrap().loss
}

fn on<T, E>(_: &mut T, _: &E) -> std::ops::ControlFlow<()> {
    Continue(())
}

fn room() -> Best<Line> {
    Best::new()
}

/// `decisive` is what the network is measured on.
fn the_network_enters<V: Validate<Learner<Momentum>> + Copy>(data: Data<&[Point], V>, decisive: &[Point]) {
    let points = points();
    let mut trainer = delivered(Momentum::new(0.1, 0.9));
    let (before, loss_before) = (digest(&trainer.network), loss(&mut trainer, decisive));
    let mut best = Best::new();
    let fit = Fit::new(5, Constant(1.1));
    let outcome = fit.run(&mut trainer, data.keeping(&mut best), on).unwrap();
    assert_eq!(digest(&trainer.network), before);
    assert!(outcome.best.is_none());
    assert_eq!(outcome.entering, Some(loss_before));
    assert_eq!(best.get().map(|(network, loss)| (digest(network), loss)), Some((before, loss_before)));
    // And nothing is left of the velocity that led away from it.
    trainer.step(&[0.5], &[1.5]).unwrap();
    assert!(loss(&mut trainer, &points) < 1e-4, "{:?}", trainer.network);

    // Left out, the best epoch is what remains.
    let mut trainer = delivered(Momentum::new(0.1, 0.9));
    let fit = Fit { entering: false, ..fit };
    let outcome = fit.run(&mut trainer, data.keeping(&mut best), on).unwrap();
    assert!(loss(&mut trainer, decisive) > 10.0 * loss_before);
    assert_eq!((outcome.best.map(|epoch| epoch.best), outcome.entering), (Some(true), None));
}

#[test]
fn the_network_that_enters_is_a_candidate() {
    let points = points();
    the_network_enters(Data::new(&points[..]).validated_on(&points[..20]), &points[..20]);
    the_network_enters(Data::new(&points[..]), &points);
}

/// In a stream as well, if there is a validation to tell; without one, it does not compile, and where it has no samples, that is
/// said at the beginning.
#[test]
fn streams_keep_what_a_validation_has_measured() {
    let points = points();
    let mut trainer = delivered(Sgd::new(0.1));
    let before = digest(&trainer.network);
    let fit = Fit::new(5, Constant(1.7));
    let outcome =
        fit.run(&mut trainer, Data::stream(|_| &points).validated_on(&points[..20]).keeping(&mut room()), on).unwrap();
    assert_eq!((digest(&trainer.network), outcome.best), (before, None));
    // It does not keep that of an earlier fit either.
    let (mut best, mut asked) = (room(), 0);
    best.keep(&Dense::ZERO, 0.0);
    let sensor = |_| {
        asked += 1;
        &points
    };
    let fit = Fit { entering: false, ..fit };
    let result = fit.run(&mut trainer, Data::stream(sensor).validated_on(NONE).keeping(&mut best), on);
    assert_eq!((result, asked, digest(&trainer.network)), (Err(FitError::NoValidation), 0, before));
    assert!(FitError::NoValidation.to_string().contains("validation"));
    assert_eq!(best.get(), None);
}

/// A network that has no loss is no candidate, and does not keep another from being one.
#[test]
fn a_broken_network_is_no_candidate() {
    let points = points();
    let mut trainer = learner(3e38, 3e38, Sgd::new(0.1));
    let repair = |trainer: &mut Learner<Sgd>, _: &_| {
        trainer.network = Dense::ZERO;
        Continue(())
    };
    let fit = Fit::new(2, Constant(0.1));
    let result = fit.run(&mut trainer, Data::new(&points[..]).validated_on(&points[..]).keeping(&mut room()), repair);
    assert!(matches!(result, Err(FitError::Step(_, StepError::Loss))), "{result:?}");
    let start = |trainer: &mut Learner<Sgd>, _| *trainer = learner(0.0, 0.0, Sgd::new(0.1));
    let outcome = fit
        .restarts(1, &mut trainer, start, Data::new(&points[..]).validated_on(&points[..]).keeping(&mut room()), on)
        .unwrap();
    assert!(outcome.entering.is_none() && outcome.best.is_some());
}

/// What is wrong with the samples is said before anything is learnt.
#[test]
fn bad_samples_are_found_before_the_first_epoch() {
    let points = points();
    let mut bad = points.clone();
    bad[7].1[0] = f32::NAN;
    let mut trainer = learner(0.0, 0.0, Sgd::new(0.1));
    let before = digest(&trainer.network);
    let fit = Fit::new(2, Constant(0.1));
    let result = fit.run(&mut trainer, Data::new(&points[..]).validated_on(&bad[..]), on);
    assert_eq!(result, Err(FitError::Validation(7, StepError::Target)));
    let result = fit.run(&mut trainer, Data::new(&bad[..]).keeping(&mut room()), on);
    assert_eq!(result, Err(FitError::Step(7, StepError::Target)));
    let holes = points.mapped(|x, target| (x[0] < 0.5).then_some((*x, *target)));
    let result = fit.run(&mut trainer, Data::new(&points[..]).validated_on(&holes), on);
    assert_eq!(result, Err(FitError::Unreadable(30)));
    let negative = points.weighted(|index, _, _| if index == 9 { -1.0 } else { 1.0 });
    let result = fit.run(&mut trainer, Data::new(&points[..]).validated_on(&negative), on);
    assert_eq!(result, Err(FitError::Validation(9, StepError::Weight)));
    assert_eq!(digest(&trainer.network), before);
}

/// Without a validation, the loss of the best is the loss of the weights that are kept.
#[test]
fn what_is_reported_is_what_is_kept() {
    let points = points();
    for (rate, entering) in [(1.7, false), (1.7, true), (0.3, true)] {
        let mut trainer = learner(0.0, 0.0, Sgd::new(0.1));
        let mut best = Best::new();
        let fit = Fit { entering, ..Fit::new(6, Constant(rate)) };
        let outcome = fit.run(&mut trainer, Data::new(&points[..]).keeping(&mut best), on).unwrap();
        let measured = loss(&mut trainer, &points);
        assert_eq!(best.get().map(|(_, loss)| loss.to_bits()), Some(measured.to_bits()));
        let reported = outcome.best.map(|epoch| epoch.decisive()).or(outcome.entering);
        assert_eq!(reported.map(f32::to_bits), Some(measured.to_bits()));
    }
    // Without a place to keep it, there is no pass to measure it: the mean on the way is all there is.
    let mut trainer = learner(0.0, 0.0, Sgd::new(0.1));
    let asked = std::cell::Cell::new(0);
    let counted = points.every(1, || asked.set(asked.get() + 1));
    let outcome = Fit::new(2, Constant(0.3)).run(&mut trainer, Data::new(&counted), on).unwrap();
    assert_eq!((asked.get(), outcome.entering), (80, None));
    let epoch = outcome.best.unwrap();
    assert_eq!((epoch.training, epoch.decisive().to_bits()), (None, epoch.loss.to_bits()));
    // With one, a pass before the first epoch, and one after each. With a validation, none.
    asked.set(0);
    let fit = Fit::new(2, Constant(0.3));
    fit.run(&mut trainer, Data::new(&counted).keeping(&mut room()), on).unwrap();
    assert_eq!(asked.replace(0), 40 + 2 * 80);
    fit.run(&mut trainer, Data::new(&counted).validated_on(&points[..5]).keeping(&mut room()), on).unwrap();
    assert_eq!(asked.get(), 80);
}

/// Losses of which the sum is too large have no mean: such a network is no candidate, such an epoch never the best, and
/// none to wait from.
#[test]
fn a_mean_that_overflows_is_no_best() {
    let points = points();
    overflows(Data::new(&points[..]).validated_on(&points[..]));
    overflows(Data::new(&points[..]));
}

fn overflows<V: Validate<Trainer<Line, Huber, Sgd>>>(data: Data<&[Point], V>) {
    let mut trainer = Trainer::<Line, Huber, Sgd>::with_network(Dense::new([[0.0]], [1e38]), Sgd::new(0.1));
    let mut best = room();
    let fit = Fit { patience: Some(2), ..Fit::new(6, Constant(0.01)) };
    let outcome = fit.run(&mut trainer, data.keeping(&mut best), |trainer, epoch| {
        let finite = epoch.number > 1;
        assert_eq!((epoch.best, epoch.loss.is_finite(), epoch.decisive().is_finite()), (finite, finite, finite));
        if epoch.number == 1 {
            trainer.network = Dense::ZERO;
        }
        Continue(())
    });
    let outcome = outcome.unwrap();
    assert_eq!((outcome.entering, outcome.epochs, outcome.best.map(|best| best.number)), (None, 6, Some(6)));
    assert_eq!(best.get().map(|(_, loss)| loss), outcome.best.map(|best| best.decisive()));
}

/// What the optimiser keeps belongs to the weights of the last step: it goes where others are restored, and stays where
/// they are the best.
#[test]
fn the_optimizer_is_cleared_where_other_weights_come_back() {
    let points = points();
    let again = |epochs, rate| {
        let mut trainer = learner(0.0, 0.0, Momentum::new(0.1, 0.9));
        let fit = Fit::new(epochs, Constant(rate));
        let outcome =
            fit.run(&mut trainer, Data::new(&points[..]).validated_on(&points[..]).keeping(&mut room()), on).unwrap();
        let (restored, network) = (outcome.best.is_none_or(|best| best.number < epochs), trainer.network);
        trainer.step(&[0.5], &[0.0]).unwrap();
        let mut new = Learner::with_network(network, Momentum::new(0.1, 0.9));
        new.step(&[0.5], &[0.0]).unwrap();
        (restored, digest(&trainer.network) == digest(&new.network))
    };
    assert_eq!(again(3, 0.01), (false, false));
    assert_eq!(again(3, 1.1), (true, true));
    // Without an epoch, nothing is restored.
    let mut trainer = learner(0.0, 0.0, Momentum::new(0.1, 0.9));
    let mut same = learner(0.0, 0.0, Momentum::new(0.1, 0.9));
    for trainer in [&mut trainer, &mut same] {
        trainer.step(&[1.0], &[1.0]).unwrap();
    }
    let nothing = Fit::new(0, Constant(0.1));
    nothing.run(&mut trainer, Data::new(&points[..]).validated_on(&points[..]).keeping(&mut room()), on).unwrap();
    for trainer in [&mut trainer, &mut same] {
        trainer.step(&[0.5], &[0.0]).unwrap();
    }
    assert_eq!(digest(&trainer.network), digest(&same.network));
    // After an error, too.
    let mut trainer = learner(0.0, 0.0, Momentum::new(0.1, 0.9));
    let broken = |epoch| points.iter().copied().chain((epoch == 1).then_some(([f32::NAN], [0.0])));
    let fit = Fit::new(3, Constant(0.001));
    let result = fit.run(&mut trainer, Data::stream(broken).validated_on(&points[..]).keeping(&mut room()), on);
    assert_eq!(result, Err(FitError::Step(40, StepError::Input)));
    let mut new = Learner::with_network(trainer.network, Momentum::new(0.1, 0.9));
    new.step(&[0.5], &[0.0]).unwrap();
    trainer.step(&[0.5], &[0.0]).unwrap();
    assert_eq!(digest(&trainer.network), digest(&new.network));
}

const ZEROS: [Point; 4] = [([1.0], [0.0]); 4];

#[test]
fn a_failure_leaves_no_half_batch() {
    let new = || learner(0.0, 0.0, Batch::new(4, Sgd::new(0.1)));
    let zero = digest(&new().network);
    let bad = [([1.0], [100.0]), ([1.0], [1.0]), ([f32::NAN], [0.0])];
    let fit = Fit::new(1, Constant(0.1));

    let mut trainer = new();
    let result = fit.run(&mut trainer, Data::stream(|_| bad), on);
    assert_eq!((result, trainer.optimizer.waiting()), (Err(FitError::Step(2, StepError::Input)), 0));
    fit.run(&mut trainer, Data::stream(|_| ZEROS), on).unwrap();
    assert_eq!(digest(&trainer.network), zero);

    // In random order, and with a sample that can't be read.
    let mut trainer = new();
    let holes = bad.mapped(|x, target| x[0].is_finite().then_some((*x, *target)));
    for seed in 0..8 {
        let result = fit::shuffled_epoch(&mut trainer, &holes, seed);
        assert_eq!((result, trainer.optimizer.waiting()), (Err(FitError::Unreadable(2)), 0));
        let result = fit::shuffled_epoch(&mut trainer, &bad, seed);
        assert_eq!((result, trainer.optimizer.waiting()), (Err(FitError::Step(2, StepError::Input)), 0));
    }
    fit::epoch(&mut trainer, ZEROS).unwrap();
    assert_eq!(digest(&trainer.network), zero);
}

#[test]
fn an_epoch_without_samples_changes_nothing() {
    let mut trainer = learner(0.0, 0.0, Batch::new(4, Sgd::new(0.1)));
    trainer.step(&[1.0], &[1.0]).unwrap();
    let before = digest(&trainer.network);
    assert_eq!(fit::epoch(&mut trainer, NONE), Err(FitError::NoSamples));
    assert_eq!(fit::shuffled_epoch(&mut trainer, NONE, 1), Err(FitError::NoSamples));
    assert_eq!((digest(&trainer.network), trainer.optimizer.waiting()), (before, 1));
    // It counts in the batch that it began.
    fit::epoch(&mut trainer, ZEROS.iter().take(3)).unwrap();
    assert_eq!(trainer.network.weights[0][0].to_bits(), (0.25_f32 * 0.1).to_bits());
}

#[test]
fn the_rate_from_before_comes_back() {
    let points = points();
    let mut trainer = learner(0.0, 0.0, Sgd::new(0.2));
    let fit = Fit::new(100, Cosine::new(0.2, 100));
    fit.run(&mut trainer, Data::new(&points[..]), on).unwrap();
    assert_eq!(trainer.optimizer.rate.to_bits(), 0.2_f32.to_bits());
    // What the device does then: the line has moved.
    for _ in 0..2000 {
        trainer.step(&[0.3], &[0.8]).unwrap();
    }
    assert!((trainer.predict(&[0.3])[0] - 0.8).abs() < 1e-6);

    // Whatever ends the fit, and through what goes around an optimiser.
    let mut trainer = learner(0.0, 0.0, Batch::new(2, Adam::new(0.2)));
    let stop = |_: &mut _, _: &_| Break(());
    let outcome = Fit::new(3, Constant(0.1)).run(&mut trainer, Data::new(&points[..]), stop).unwrap();
    assert_eq!((outcome.end, trainer.optimizer.rate()), (End::Stopped, Some(0.2)));
    let bad = [([f32::NAN], [0.0])];
    Fit::new(3, Constant(0.1)).run(&mut trainer, Data::new(&bad[..]), on).unwrap_err();
    assert_eq!(trainer.optimizer.rate(), Some(0.2));
    Fit::new(3, Constant(-1.0)).run(&mut trainer, Data::new(&points[..]), on).unwrap_err();
    assert_eq!(trainer.optimizer.rate(), Some(0.2));
    let start = |trainer: &mut Learner<Batch<Adam>>, _| trainer.optimizer.set_rate(0.3);
    let fit = Fit::new(1, Constant(0.1));
    fit.restarts(2, &mut trainer, start, Data::new(&points[..]).keeping(&mut room()), on).unwrap();
    assert_eq!(trainer.optimizer.rate(), Some(0.3));
}

/// Schedules that fell to 0 ended a fit, with an error that did not name them.
#[test]
fn a_schedule_lasts_as_long_as_the_fit() {
    let points = points();
    let short = &points[..2];
    let mut trainer = learner(2.0, 0.5, Sgd::new(0.1));
    let completed = |outcome: Result<fit::Outcome, FitError>| {
        let outcome = outcome.unwrap();
        assert_eq!((outcome.end, outcome.epochs), (End::Completed, 2000));
    };
    completed(Fit::new(2000, Plateau::new(0.1, 0.1, 0)).run(&mut trainer, Data::new(short), on));
    completed(Fit::new(2000, Exponential::new(0.1, 0.9)).run(&mut trainer, Data::new(short), on));
    completed(Fit::new(2000, StepDecay::new(0.1, 1, 0.9)).run(&mut trainer, Data::new(short), on));
    completed(Fit::new(2000, Cosine::new(0.1, 100)).run(&mut trainer, Data::new(short), on));
    // One that is a mistake is named, with the epoch.
    let rate = |epoch, _| if epoch < 2 { 0.1 } else { f32::NAN };
    let result = Fit::new(5, rate).run(&mut trainer, Data::new(short), on);
    assert_eq!(result, Err(FitError::Schedule(3)));
    // An optimiser without a rate does not care.
    let mut trainer = learner(0.0, 0.0, Batch::new(usize::MAX, Rprop::new()));
    assert!(Fit::new(5, rate).run(&mut trainer, Data::new(short), on).is_ok());
}

/// A rate that is given once, to the optimiser, is that of the fit; one without a rate is fitted as it is.
#[test]
fn the_rate_of_the_optimizer() {
    let points = points();
    let fitted = |fit: Fit<OwnRate>| {
        let mut trainer = learner(0.0, 0.0, Sgd::new(0.07));
        let mut rates = Vec::new();
        let on_epoch = |_: &mut _, epoch: &Epoch| {
            rates.push(epoch.rate.to_bits());
            Continue(())
        };
        fit.run(&mut trainer, Data::new(&points[..]), on_epoch).unwrap();
        assert_eq!(rates, [0.07_f32.to_bits(); 3]);
        digest(&trainer.network)
    };
    let mut trainer = learner(0.0, 0.0, Sgd::new(0.3));
    Fit::new(3, Constant(0.07)).run(&mut trainer, Data::new(&points[..]), on).unwrap();
    assert_eq!(fitted(Fit::new(3, OwnRate::new())), digest(&trainer.network));

    let mut trainer = learner(0.0, 0.0, Batch::new(8, Rprop::new()));
    let fit = Fit::new(30, OwnRate::new());
    fit.run(&mut trainer, Data::new(&points[..]), on).unwrap();
    assert!(loss(&mut trainer, &points) < 1e-3);
}
