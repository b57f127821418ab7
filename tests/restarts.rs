//! Several starts, of which the best network is kept.

#[path = "fit/watch.rs"]
mod watch;

use std::ops::ControlFlow::Continue;

use downhill::fit::{Data, End, Epoch, FitError};
use downhill::init::{Generator, Random, Xavier};
use downhill::permutation::Permutation;
use downhill::schedule::Constant;
use downhill::{Adam, Best, CrossEntropy, Fit, Sgd, SquaredError, StepError, Trainer, digest};
use watch::{Forgetful, NONE, Net, forgetful, iris, on, plain, room, train, watch};

#[test]
fn restarts_keep_the_best() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    let fit = Fit { seed: 11, ..Fit::new(5, Constant(0.3)) };
    let singles: Vec<(f32, u64)> = (11..17)
        .map(|seed| {
            let mut best = Best::new();
            let seen = watch(&Fit { seed, ..fit }, &mut plain(seed), &train, &validation, Some(&mut best));
            (best.get().unwrap().1, seen.last)
        })
        .collect();
    let winner = (0..6).min_by(|&a, &b| singles[a].0.total_cmp(&singles[b].0)).unwrap();
    assert!((1..5).contains(&winner), "the first or the last is the best, and shows less: {singles:?}");

    let (mut trainer, mut best) = (plain(1), Best::new());
    let mut epochs = 0;
    let restart = |trainer: &mut Trainer<Net, SquaredError, Sgd>, seed| *trainer = plain(seed);
    let outcome = fit.restarts(
        6,
        &mut trainer,
        restart,
        Data::new(&train[..]).validated_on(&validation[..]).keeping(&mut best),
        |_, _| {
            epochs += 1;
            Continue(())
        },
    );
    let outcome = outcome.unwrap();
    assert_eq!(epochs, 30);
    assert_eq!(outcome.seed as usize, 11 + winner);
    assert_eq!(digest(&trainer.network), singles[winner].1);
    assert_eq!(outcome.best.unwrap().decisive().to_bits(), singles[winner].0.to_bits());
}

/// One seed decides all of a network with dropout: the winner, trained again from its seed, is the same network,
/// whatever masks the trainer had before.
#[test]
fn the_winner_again() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    let samples = (&train[..], &validation[..]);
    let fit = Fit { seed: 8, ..Fit::new(5, Constant(0.01)) };
    let start = |trainer: &mut Trainer<Forgetful, CrossEntropy, Adam>, seed| {
        trainer.start(Adam::new(0.01), &mut Xavier(Generator::new(seed)));
        trainer.network.1.rate = 0.3;
    };
    let (mut trainer, mut best) = (Trainer::new(), Best::new());
    let outcome = fit
        .restarts(4, &mut trainer, start, Data::new(samples.0).validated_on(samples.1).keeping(&mut best), |_, _| {
            Continue(())
        })
        .unwrap();
    let winner = digest(&trainer.network);
    assert_ne!(outcome.seed, 8, "the first has the masks of a new trainer, and shows nothing");

    for mut again in [trainer, Trainer::new()] {
        start(&mut again, outcome.seed);
        let fit = Fit { seed: outcome.seed, ..fit };
        fit.run(&mut again, Data::new(samples.0).validated_on(samples.1).keeping(&mut best), |_, _| Continue(()))
            .unwrap();
        assert_eq!(digest(&again.network), winner);
    }
}

/// And the seed of a fit decides its masks, without a start.
#[test]
fn fits_seed_the_masks() {
    let train = train();
    let run = |seed, before: u32| {
        let mut trainer = forgetful(1);
        trainer.seed(before);
        let samples = |_| train.iter();
        let fit = Fit { seed, ..Fit::new(2, Constant(0.01)) };
        fit.run(&mut trainer, Data::stream(samples), |_, _| Continue(())).unwrap();
        digest(&trainer.network)
    };
    assert_eq!(run(1, 5), run(1, 6));
    assert_ne!(run(1, 5), run(2, 5), "the order is that of the samples, the masks differ");
}

#[test]
fn restarts_outlive_runs_that_fail() {
    let train = train();
    let fit = Fit { seed: 0, ..Fit::new(3, Constant(0.3)) };
    let restart = |trainer: &mut Trainer<Net, SquaredError, Sgd>, seed: u32| {
        *trainer = plain(seed);
        if seed != 1 {
            trainer.network.1.biases = [f32::NAN; 3];
        }
    };
    let (mut trainer, mut best) = (plain(1), Best::new());
    let outcome = fit.restarts(3, &mut trainer, restart, Data::new(&train[..]).keeping(&mut best), on).unwrap();
    assert_eq!((outcome.seed, outcome.end), (1, End::Completed));
    let single = watch(&Fit { seed: 1, ..fit }, &mut plain(1), &train, NONE, Some(&mut room()));
    assert_eq!(digest(&trainer.network), single.last);

    // All of them fail, or there are none.
    let first = Permutation::new(105, Generator::new(10).next_u32()).get(0).unwrap();
    let fit = Fit { seed: 10, ..fit };
    let before = digest(&trainer.network);
    let result = fit.restarts(1, &mut trainer, restart, Data::new(&train[..]).keeping(&mut best), on);
    assert_eq!(result, Err(FitError::Step(first, StepError::Loss)));
    // The network that entered is left.
    assert_eq!(best.get().map(|(network, _)| digest(network)), Some(before));
    assert_eq!(digest(&trainer.network), before);
    let alone = Fit { entering: false, ..fit };
    let result = alone.restarts(1, &mut trainer, restart, Data::new(&train[..]).keeping(&mut best), on);
    assert_eq!((result, best.get()), (Err(FitError::Step(first, StepError::Loss)), None));
    let result = fit.restarts(0, &mut trainer, restart, Data::new(&train[..]).keeping(&mut best), on);
    assert_eq!(result, Err(FitError::NoSamples));

    // The winner fails after its first epoch.
    let break_it = |trainer: &mut Trainer<Net, SquaredError, Sgd>, _: &Epoch| {
        trainer.network.1.biases = [f32::NAN; 3];
        Continue(())
    };
    let restart = |trainer: &mut Trainer<Net, SquaredError, Sgd>, seed: u32| *trainer = plain(seed);
    let outcome = alone.restarts(1, &mut trainer, restart, Data::new(&train[..]).keeping(&mut best), break_it).unwrap();
    assert!(matches!(outcome.end, End::Failed(FitError::Step(_, StepError::Loss))), "{outcome:?}");
    assert_eq!(digest(&trainer.network), digest(best.get().unwrap().0));
}

/// A trained network and runs that do not come near it: it is left, and the outcome says so.
#[test]
fn the_network_that_enters_restarts_is_a_candidate() {
    let (train, validation) = (train(), iris("iris/test.csv"));
    let mut trainer = plain(1);
    Fit::new(60, Constant(0.5))
        .run(&mut trainer, Data::new(&train[..]).validated_on(&validation[..]).keeping(&mut room()), on)
        .unwrap();
    let good = digest(&trainer.network);
    let mut best = Best::new();
    let fit = Fit { seed: 3, ..Fit::new(2, Constant(1e-3)) };
    let restart = |trainer: &mut Trainer<Net, SquaredError, Sgd>, seed| *trainer = plain(seed);
    let outcome = fit
        .restarts(2, &mut trainer, restart, Data::new(&train[..]).validated_on(&validation[..]).keeping(&mut best), on)
        .unwrap();
    assert_eq!((digest(&trainer.network), outcome.seed, outcome.best), (good, 3, None));
    assert_eq!(best.get().map(|(_, loss)| loss), outcome.entering);
    // Left out, it is lost.
    let fit = Fit { entering: false, ..fit };
    let outcome = fit
        .restarts(2, &mut trainer, restart, Data::new(&train[..]).validated_on(&validation[..]).keeping(&mut best), on)
        .unwrap();
    assert_ne!(digest(&trainer.network), good);
    assert!(outcome.best.is_some() && outcome.entering.is_none());
}
