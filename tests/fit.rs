//! The fit loop on real data: what it learns, in which order, what it keeps, and where it ends.

#[path = "fit/watch.rs"]
mod watch;

use std::cell::Cell;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Mutex;

use downhill::fit::{Data, End, Epoch, FitError, Outcome, evaluate};
use downhill::init::{Generator, He, Random, Xavier};
use downhill::loss::Loss;
use downhill::metrics::Argmax;
use downhill::optimizer::Optimizer;
use downhill::permutation::Permutation;
use downhill::schedule::{Constant, Exponential, Plateau, Schedule};
use downhill::{
    Adam, Batch, Best, Dense, Fit, Frozen, Momentum, Samples, Sgd, SquaredError, StepError, Trainer, Zero, digest,
    encode,
};
use watch::{Iris, NONE, Net, Told, data, forgetful, iris, on, plain, room, train, trainer, watch};

#[test]
fn same_bits_as_a_loop_by_hand() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    let make = || trainer::<Net, SquaredError, Batch<Momentum>>(Batch::new(8, Momentum::new(0.5, 0.9)), 1);
    let schedule = Exponential::new(0.5, 0.9);
    let fit = Fit { seed: 5, ..Fit::new(6, schedule) };
    let seen = watch(&fit, &mut make(), &train, &validation, None);

    let mut by_hand = make();
    let mut seeds = Generator::new(5);
    for number in 0..6 {
        by_hand.optimizer.set_rate({ schedule }.rate(number, None));
        let order = Permutation::new(train.len(), seeds.next_u32());
        let mut loss = 0.0;
        for position in 0..train.len() {
            let (x, target) = &train[order.get(position).unwrap()];
            loss += f64::from(by_hand.step(x, target).unwrap());
        }
        // 105 samples: the last batch of eight has one.
        assert_eq!(by_hand.optimizer.waiting(), 1);
        by_hand.flush().unwrap();
        let epoch = seen.epochs[number as usize];
        assert!((f64::from(epoch.loss) / (loss / 105.0) - 1.0).abs() < 2e-7);
        assert_eq!(seen.digests[number as usize], digest(&by_hand.network));

        let mut loss = 0.0;
        let mut correct = 0;
        for (x, target) in &validation {
            let y = by_hand.predict(x);
            loss += f64::from(SquaredError::value(&y, target));
            correct += usize::from(encode::class(&y) == encode::class(target));
        }
        let score = epoch.validation.0.unwrap();
        assert!((f64::from(score.loss) / (loss / 45.0) - 1.0).abs() < 2e-7);
        #[allow(clippy::cast_precision_loss)]
        let accuracy = correct as f32 / 45.0;
        assert_eq!(score.metric.map(f32::to_bits), Some(accuracy.to_bits()));
    }
    assert_eq!(seen.last, digest(&by_hand.network));
    assert_eq!(seen.outcome.end, End::Completed);
    assert_eq!(seen.outcome.epochs, 6);
}

#[test]
fn epochs_and_seeds_have_orders_of_their_own() {
    /// Writes down who is asked for.
    struct Recorded<'a>(&'a [Iris], Cell<Vec<usize>>);
    impl Samples for Recorded<'_> {
        type Input = [f32; 4];
        type Target = [f32; 3];
        fn len(&self) -> usize {
            self.0.len()
        }
        fn with<R>(&self, index: usize, then: impl FnOnce(&[f32; 4], &[f32; 3]) -> R) -> Option<R> {
            let mut asked = self.1.take();
            asked.push(index);
            self.1.set(asked);
            self.0.with(index, then)
        }
    }
    let train = train();
    let asked = |seed| {
        let samples = Recorded(&train, Cell::default());
        let fit = Fit { seed, ..Fit::new(3, Constant(0.1)) };
        fit.run(&mut plain(1), Data::new(&samples), on).unwrap();
        samples.1.take()
    };
    let (one, two) = (asked(1), asked(2));
    assert_eq!(one, asked(1));
    let mut orders: Vec<&[usize]> = one.chunks(105).chain(two.chunks(105)).collect();
    for order in &orders {
        let mut order = order.to_vec();
        order.sort_unstable();
        assert!(order.into_iter().eq(0..105));
    }
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders.len(), 6);
}

/// A rate so high that the loss goes up and down.
fn restless() -> (Trainer<Net, SquaredError, Momentum>, Fit<Constant>) {
    (trainer(Momentum::new(1.0, 0.9), 3), Fit::new(40, Constant(0.4)))
}

#[test]
fn the_best_epoch_is_restored() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    for validation in [&validation[..], NONE] {
        let (mut trainer, fit) = restless();
        let mut best = Best::new();
        let seen = watch(&fit, &mut trainer, &train, validation, Some(&mut best));
        let scores = |epoch: &Epoch<_, Told>| if validation.is_empty() { epoch.training } else { epoch.validation.0 };
        let losses: Vec<f32> = seen.epochs.iter().map(|epoch| scores(epoch).unwrap().loss).collect();
        let lowest = losses.iter().copied().fold(f32::MAX, f32::min);
        let at = losses.iter().position(|&loss| loss <= lowest).unwrap();
        assert!(at < losses.len() - 1, "the last epoch is the best, and shows nothing");
        assert_eq!(seen.last, seen.digests[at]);
        assert_ne!(seen.last, seen.digests[39]);
        assert_eq!(seen.outcome.best, Some(seen.epochs[at]));
        assert_eq!(best.get().map(|(network, loss)| (digest(network), loss)), Some((seen.last, lowest)));
        // Those that are called the best so far are.
        for (number, epoch) in seen.epochs.iter().enumerate() {
            assert_eq!(epoch.number as usize, number + 1);
            assert_eq!(epoch.best, losses[..number].iter().all(|&before| losses[number] < before));
        }
        // Without a place for it, the last weights stay, and the training is the same.
        let (mut trainer, fit) = restless();
        let without = watch(&fit, &mut trainer, &train, validation, None);
        assert_eq!(without.digests, seen.digests);
        assert_eq!(without.last, seen.digests[39]);
    }
}

#[test]
fn patience_is_counted() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    let (mut trainer, fit) = restless();
    let all = watch(&fit, &mut trainer, &train, &validation, None);
    let mut ends = Vec::new();
    for patience in 0..=12 {
        let mut waited = 0;
        let expected = all.epochs.iter().position(|epoch| {
            waited = if epoch.best { 0 } else { waited + 1 };
            waited > 0 && waited >= patience
        });
        let (mut trainer, fit) = restless();
        let fit = Fit { patience: Some(patience), ..fit };
        let mut best = Best::new();
        let seen = watch(&fit, &mut trainer, &train, &validation, Some(&mut best));
        assert_eq!(seen.outcome.epochs as usize, expected.map_or(40, |at| at + 1), "patience {patience}");
        assert_eq!(seen.outcome.end, if expected.is_some() { End::Patience } else { End::Completed });
        let best = seen.outcome.best.unwrap();
        assert_eq!(seen.last, all.digests[best.number as usize - 1]);
        ends.push(seen.outcome.epochs);
    }
    assert_eq!(ends[0], ends[1]);
    ends.dedup();
    assert!(ends.len() > 3, "too little happens in this training: {ends:?}");
}

/// Losses that fall a little at a time: patience counts anew where they have fallen by enough.
#[test]
fn patience_has_a_least_difference() {
    let train = train();
    let fit = Fit { patience: Some(4), ..Fit::new(200, Constant(0.5)) };
    let run = |min_delta: f32| {
        let fit = Fit { min_delta, ..fit };
        let mut best = Best::new();
        let seen = watch(&fit, &mut plain(1), &train, &train[..40], Some(&mut best));
        let losses: Vec<f32> = seen.epochs.iter().map(Epoch::decisive).collect();
        let (mut reference, mut waited) = (seen.outcome.entering.unwrap(), 0);
        for (number, &loss) in losses.iter().enumerate() {
            if loss < reference - min_delta {
                (reference, waited) = (loss, 0);
            } else {
                waited += 1;
            }
            assert_eq!(waited == 4, seen.outcome.end == End::Patience && number + 1 == losses.len());
        }
        // The best is the lowest, by however little.
        let lowest = losses.iter().copied().fold(f32::MAX, f32::min);
        assert_eq!(best.get().map(|(_, loss)| loss.to_bits()), Some(lowest.to_bits()));
        seen.outcome.epochs
    };
    let epochs = [0.0, 0.001, 0.01, 0.1, 1.0, f32::NAN].map(run);
    println!("{epochs:?}");
    assert!(epochs.is_sorted_by(|a, b| a >= b) && epochs[0] > epochs[2] && epochs[2] > 4 && epochs[4..] == [4, 4]);
}

/// A loss that stays the same is not better: the first of equals is the best.
#[test]
fn equal_is_not_better() {
    let train = train();
    let fit = Fit { patience: Some(3), entering: false, ..Fit::new(10, Constant(1e-30)) };
    let seen = watch(&fit, &mut plain(1), &train, &train[..20], Some(&mut room()));
    assert_eq!((seen.outcome.epochs, seen.outcome.end), (4, End::Patience));
    assert_eq!((seen.outcome.best.map(|best| best.number), seen.outcome.entering), (Some(1), None));
    // With the network that entered, of which they are all equals.
    let fit = Fit { entering: true, ..fit };
    let seen = watch(&fit, &mut plain(1), &train, &train[..20], Some(&mut room()));
    assert_eq!((seen.outcome.epochs, seen.outcome.end, seen.outcome.best), (3, End::Patience, None));
    assert_eq!(seen.outcome.entering, seen.epochs[0].validation.0.map(|score| score.loss));
}

#[test]
fn the_callback_ends_everything() {
    let train = train();
    let stop = |_: &mut Trainer<Net, SquaredError, Sgd>, epoch: &Epoch| {
        if epoch.number == 4 { Break(()) } else { Continue(()) }
    };
    let fit = Fit::new(10, Constant(0.3));
    let outcome = fit.run(&mut plain(1), Data::new(&train[..]), stop).unwrap();
    assert_eq!((outcome.epochs, outcome.end), (4, End::Stopped));
    let mut starts = 0;
    let restart = |_: &mut Trainer<_, _, _>, _| starts += 1;
    let outcome = fit.restarts(3, &mut plain(1), restart, Data::new(&train[..]).keeping(&mut room()), stop).unwrap();
    assert_eq!((outcome.epochs, outcome.end, starts), (4, End::Stopped, 1));
}

#[test]
fn no_epochs() {
    let (mut trainer, mut best) = (plain(1), Best::new());
    let before = digest(&trainer.network);
    let fit = Fit::new(0, Constant(0.3));
    let outcome = fit.run(&mut trainer, Data::new(&train()[..]).keeping(&mut best), on).unwrap();
    let entering = best.get().map(|(_, loss)| loss);
    assert!(entering.is_some());
    assert_eq!(outcome, Outcome { seed: 1, epochs: 0, entering, best: None, end: End::Completed });
    assert_eq!(digest(&trainer.network), before);
    let outcome = fit.restarts(2, &mut trainer, |_, _| (), Data::new(&train()[..]).keeping(&mut best), on);
    assert_eq!(outcome.map(|outcome| outcome.best), Ok(None));
}

#[test]
fn bad_samples_end_the_fit() {
    let good = train();
    for (index, error) in [(40, StepError::Input), (77, StepError::Target)] {
        let mut train = good.clone();
        if error == StepError::Input {
            train[index].0[1] = f32::NAN;
        } else {
            train[index].1[2] = f32::NAN;
        }
        let fit = Fit::new(5, Constant(0.3));
        let mut stopped = plain(1);
        let mut best = Best::new();
        let result = fit.run(&mut stopped, Data::new(&train[..]).keeping(&mut best), on);
        assert_eq!(result, Err(FitError::Step(index, error)));
        // The network that enters is measured, and nothing is learnt.
        assert_eq!((best.get(), digest(&stopped.network)), (None, digest(&plain(1).network)));
        let fit = Fit { entering: false, ..fit };
        let result = fit.run(&mut stopped, Data::new(&train[..]).keeping(&mut best), on);
        assert_eq!((result, best.get()), (Err(FitError::Step(index, error)), None));
        // All good steps before it, and nothing else.
        let mut by_hand = plain(1);
        by_hand.optimizer.set_rate(0.3);
        let order = Permutation::new(105, Generator::new(1).next_u32());
        for sample in (0..105).map(|position| order.get(position).unwrap()).take_while(|&sample| sample != index) {
            by_hand.step(&train[sample].0, &train[sample].1).unwrap();
        }
        assert_eq!(digest(&stopped.network), digest(&by_hand.network));

        // In the validation.
        let mut stopped = plain(1);
        let result = fit.run(&mut stopped, Data::new(&good[..]).validated_on(&train[..]), on);
        assert_eq!(result, Err(FitError::Validation(index, error)));
    }
    // Good at first: the best weights come back.
    let failing = |epoch| good.iter().copied().chain((epoch == 2).then_some(([f32::NAN; 4], [0.0; 3])));
    let (mut trainer, mut best, mut digests) = (plain(1), Best::new(), Vec::new());
    let fit = Fit::new(5, Constant(0.3));
    let result =
        fit.run(&mut trainer, Data::stream(failing).validated_on(&good[..]).keeping(&mut best), |trainer, _| {
            digests.push(digest(&trainer.network));
            Continue(())
        });
    assert_eq!(result, Err(FitError::Step(105, StepError::Input)));
    assert_eq!((digests.len(), digest(&trainer.network)), (2, digests[1]));
    assert_eq!(result.unwrap_err().to_string(), "sample 105: an input is NaN or infinite");
}

#[test]
fn bad_hyperparameters() {
    let train = train();
    for rate in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let mut trainer = plain(1);
        let result = Fit::new(5, Constant(rate)).run(&mut trainer, Data::new(&train[..]), on);
        assert_eq!(result, Err(FitError::Schedule(1)));
        assert_eq!(digest(&trainer.network), digest(&plain(1).network));
    }
    assert_eq!(
        FitError::Schedule(7).to_string(),
        "the schedule's learning rate of epoch 7 is not positive and at most 2^26"
    );
    // Others are the step's.
    let mut trainer = trainer::<Net, SquaredError, Momentum>(Momentum::new(0.1, 1.5), 1);
    let result = Fit::new(5, Constant(0.1)).run(&mut trainer, Data::new(&train[..]), on);
    assert!(matches!(result, Err(FitError::Step(_, StepError::Momentum))), "{result:?}");
}

#[test]
fn a_schedule_sees_the_decisive_loss() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    for validation in [&validation[..], NONE] {
        let (mut trainer, fit) = restless();
        let fit = Fit { seed: fit.seed, ..Fit::new(fit.epochs, Plateau::new(0.4_f32, 0.5, 1)) };
        let mut rates = Vec::new();
        // Twice: every run starts with the schedule as it was given.
        for _ in 0..2 {
            let seen = watch(&fit, &mut trainer, &train, validation, None);
            let (mut plateau, mut last) = (Plateau::new(0.4_f32, 0.5, 1), None);
            for (number, epoch) in (0..).zip(&seen.epochs) {
                assert_eq!(epoch.rate.to_bits(), plateau.rate(number, last).to_bits());
                last = Some(epoch.decisive());
            }
            rates = seen.epochs.iter().map(|epoch| epoch.rate).collect();
            assert_eq!(trainer.optimizer.rate.to_bits(), 1.0_f32.to_bits());
        }
        assert!(rates[39] < 0.1, "it never fell: {rates:?}");
    }
}

/// The bill for the best weights: a copy of the network, and a loss that may be none.
#[test]
fn memory_of_the_best() {
    type Last = (Frozen<&'static Dense<64, 32>>, Dense<32, 10>);
    const { assert!(size_of::<Best<Net>>() == size_of::<Net>() + 8) };
    const { assert!(size_of::<Best<Last>>() <= (32 * 10 + 10) * 4 + size_of::<usize>() + 8) };
    const { assert!(size_of::<Fit<Constant>>() <= 28) };
}

type Large = (Dense<784, 100>, Dense<100, 10>);
static LARGE: Mutex<(Trainer<Large, SquaredError, Sgd>, Best<Large>)> = Mutex::new((Trainer::new(), Best::new()));

/// A network of 318 KB is kept and restored on a stack of 128 KB: from place to place, in debug builds, too.
#[test]
fn nothing_of_the_size_of_the_network_is_on_the_stack() {
    let fit = || {
        let (trainer, best) = &mut *LARGE.lock().unwrap();
        trainer.start(Sgd::new(0.1), &mut Xavier(Generator::new(1)));
        let samples = [([0.5; 784], [0.1; 10]), ([0.1; 784], [0.9; 10])];
        Fit::new(2, Constant(0.1))
            .run(trainer, Data::new(&samples).validated_on(&samples).keeping(best), on)
            .unwrap()
            .epochs
    };
    assert_eq!(std::thread::Builder::new().stack_size(128 << 10).spawn(fit).unwrap().join().unwrap(), 2);
}

static FEATURES: Dense<4, 16> = Dense::new([[0.5; 16]; 4], [0.1; 16]);

#[test]
fn a_network_with_frozen_layers() {
    type Last = (Frozen<&'static Dense<4, 16>>, Dense<16, 3>);
    let network: Last = (Frozen(&FEATURES), Zero::ZERO);
    let mut trainer = Trainer::<Last, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
    let mut best = Best::with_network(network);
    let seen = watch(&Fit::new(3, Constant(0.1)), &mut trainer, &train(), NONE, Some(&mut best));
    assert_eq!(seen.last, seen.digests[seen.outcome.best.unwrap().number as usize - 1]);
}

#[test]
fn learns_iris() {
    let all = train();
    let (train, validation) = all.hold_out(20, 1);
    let mut trainer = forgetful(1);
    trainer.start(Adam::new(0.01), &mut He(Generator::new(1)));
    trainer.network.1.rate = 0.1;
    let fit = Fit { patience: Some(20), ..Fit::new(200, Constant(0.01)) };
    let outcome = fit.run(&mut trainer, Data::new(&train).validated_on(&validation).keeping(&mut room()), on).unwrap();
    let score = evaluate(&mut trainer, &iris("iris/test.csv")[..], Argmax).unwrap().unwrap();
    println!("{outcome:?}\ntest {score:?}");
    assert!(score.metric > Some(0.93));
}

#[test]
fn learns_digits() {
    let raw = data::samples::<u8, usize, 64>("digits/train.csv");
    let map = |pixels: &[u8; 64], &class: &usize| {
        Some((pixels.map(|pixel| encode::scaled(pixel.into(), 16.0)), encode::targets(class)?))
    };
    let (train, validation) = raw.hold_out(250, 1);
    let (train, validation) = (train.mapped(map), validation.mapped(map));
    let mut trainer = trainer::<(Dense<64, 32>, Dense<32, 10>), SquaredError, Sgd>(Sgd::new(0.3), 1);
    let fit = Fit { patience: Some(3), ..Fit::new(15, Constant(0.3)) };
    fit.run(&mut trainer, Data::new(&train).validated_on(&validation).keeping(&mut room()), on).unwrap();
    let test = data::samples::<u8, usize, 64>("digits/test.csv");
    let score = evaluate(&mut trainer, &test.mapped(map), Argmax).unwrap().unwrap();
    println!("test {score:?}");
    assert!(score.metric > Some(0.95));
}
