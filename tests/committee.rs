//! Averaged weights and committees: what they predict, what they keep when a step is refused, and that a fit trains them.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, clippy::cast_possible_truncation)]

use core::ops::ControlFlow;

use downhill::averaged::Averaged;
use downhill::checkpoint::{Refused, Value};
use downhill::committee::{Committee, Members, Vote};
use downhill::fit::Data;
use downhill::init::{Generator, Xavier};
use downhill::schedule::Constant;
use downhill::{
    Best, Checkpoint, CrossEntropy, Dense, Dropout, Evaluate, Fit, Frozen, Learner, Momentum, Predictor, Sgd, Softmax,
    SquaredError, StepError, Storable, Tanh, Trainer, Zero, digest,
};

type Net = (Dense<2, 4, Tanh>, Dense<4, 2, Softmax>);
type Plain = Trainer<Net, CrossEntropy, Sgd>;

fn start(trainer: &mut Plain, seed: u32) {
    trainer.start(Sgd::new(0.3), &mut Xavier(Generator::new(seed)));
}

fn sample(step: usize) -> ([f32; 2], [f32; 2]) {
    let (a, b) = (step % 5, step % 3);
    let class = usize::from(a * 2 > b * 3);
    ([a as f32 / 5.0, b as f32 / 3.0], [1.0 - class as f32, class as f32])
}

/// The plain mean is that of the weights after each step; the exponential one follows its formula.
#[test]
fn means_of_weights() {
    for memory in [0, 7] {
        let mut learner = Averaged::<Plain>::new(memory);
        start(&mut learner.learner, 1);
        let mut alone = Plain::new();
        start(&mut alone, 1);
        assert!(learner.mean().is_none());
        let mut mean = [0.0; 2];
        for step in 0..50 {
            let (x, t) = sample(step);
            assert_eq!(learner.step(&x, &t, None), alone.step(&x, &t));
            let rate = 1.0 / if memory == 0 { step + 1 } else { (step + 1).min(7) } as f64;
            for (mean, &bias) in mean.iter_mut().zip(&alone.network.1.biases) {
                *mean += rate * (f64::from(bias) - *mean);
            }
        }
        assert_eq!(learner.learner.network, alone.network);
        let averaged = learner.mean().copied().unwrap();
        for (a, b) in averaged.1.biases.iter().zip(mean) {
            assert!((f64::from(*a) - b).abs() < 1e-6, "{a} {b}");
        }
        let (x, t) = sample(3);
        assert_eq!(learner.predict(&x), Predictor::new(averaged).predict(&x));
        let mut measured = Predictor::new(averaged).with_loss::<CrossEntropy>();
        assert_eq!(learner.evaluate(&x, &t), measured.evaluate(&x, &t));
    }
}

/// What is frozen has no mean, and is the same in both.
#[test]
fn the_mean_of_a_part() {
    static FIRST: Dense<2, 4, Tanh> = Dense::new([[0.5, -0.5, 0.25, 1.0]; 2], [0.1; 4]);
    type Part = (Frozen<&'static Dense<2, 4, Tanh>>, Dropout<4>, Dense<4, 2, Softmax>);
    let network: Part = (Frozen(&FIRST), Dropout::new(0.2), Dense::ZERO);
    let trainer = Trainer::<_, CrossEntropy, Momentum>::with_network(network, Momentum::new(0.1, 0.9));
    let mut learner = Averaged::with_learner(trainer, network, 0);
    for step in 0..20 {
        let (x, t) = sample(step);
        learner.step(&x, &t, None).unwrap();
    }
    let mean = learner.mean().unwrap().2;
    assert_ne!(mean, Dense::ZERO);
    assert_ne!(mean, learner.learner.network.2);
}

#[test]
fn a_refused_step_changes_nothing() {
    let mut learner = Committee::<Averaged<Plain>, 2>::new();
    for (seed, member) in learner.members.iter_mut().enumerate() {
        start(&mut member.learner, seed as u32);
    }
    for step in 0..10 {
        let (x, t) = sample(step);
        learner.step(&x, &t, None).unwrap();
    }
    let bytes = |learner: &Committee<Averaged<Plain>, 2>| {
        let mut bytes = vec![0; Committee::<Averaged<Plain>, 2>::SIZE];
        learner.to_bytes(&mut bytes).unwrap();
        bytes
    };
    let before = bytes(&learner);
    assert_eq!(learner.step(&[f32::NAN, 0.0], &[0.0, 1.0], None), Err(StepError::Input));
    assert_eq!(learner.step(&[0.0, 0.0], &[0.0, f32::INFINITY], None), Err(StepError::Target));
    assert_eq!(bytes(&learner), before);

    // Read back, it goes on with the same bits.
    let mut other = Committee::<Averaged<Plain>, 2>::new();
    other.from_bytes(&before).unwrap();
    for step in 10..20 {
        let (x, t) = sample(step);
        assert_eq!(learner.step(&x, &t, None), other.step(&x, &t, None));
    }
    assert_eq!(bytes(&learner), bytes(&other));

    // As an image, which says when it is another's.
    let mut image = vec![0; Value::<Committee<Averaged<Plain>, 2>>::IMAGE];
    Value(&mut learner).save(&mut image).unwrap();
    let mut restored = Committee::<Averaged<Plain>, 2>::new();
    Value(&mut restored).restore(&image).unwrap();
    assert_eq!(bytes(&restored), bytes(&learner));
    let mut more = Committee::<Averaged<Plain>, 3>::new();
    assert_eq!(Value(&mut more).restore(&image), Err(Refused::OtherTraining));
    image[100] ^= 1;
    assert_eq!(Value(&mut restored).restore(&image), Err(Refused::Corrupt));
    assert_eq!(bytes(&restored), bytes(&learner));

    // One member whose sums overflow does not keep the other from learning.
    learner.members[0].learner.network.0.weights = [[f32::MAX; 4]; 2];
    let broken = digest(&learner.members[0].learner.network);
    let whole = digest(&learner.members[1].learner.network);
    learner.step(&[2.0, 2.0], &[0.0, 1.0], None).unwrap();
    assert_eq!(digest(&learner.members[0].learner.network), broken);
    assert_ne!(digest(&learner.members[1].learner.network), whole);
}

#[test]
fn the_mean_of_outputs_and_votes() {
    type Fixed = Dense<1, 3, Softmax>;
    let network = |winner: usize, by: f32| -> Fixed {
        Dense::new([[0.0; 3]], core::array::from_fn(|class| if class == winner { by } else { 0.0 }))
    };
    let networks = [network(2, 9.0), network(1, 0.5), network(1, 0.5)];
    let mut mean = Predictor::new(Members::<_, 3>::new(networks));
    let mut vote = Predictor::new(Members::<_, 3, Vote>::new(networks));
    let (mean, vote) = (mean.predict(&[1.0]), vote.predict(&[1.0]));
    assert!((mean.iter().sum::<f32>() - 1.0).abs() < 1e-6 && mean[2] > mean[1], "{mean:?}");
    assert_eq!(vote[0], 0.0);
    assert!((vote[1] - 2.0 / 3.0).abs() < 1e-6 && (vote[2] - 1.0 / 3.0).abs() < 1e-6, "{vote:?}");

    let trainers = networks.map(|network| Trainer::<Fixed, CrossEntropy, Sgd>::with_network(network, Sgd::new(0.1)));
    let mut learner = Committee::<_, 3, Vote>::with_members(trainers);
    assert_eq!(learner.predict(&[1.0]), vote);
    let mut copied = Members::ZERO;
    learner.copy_network(&mut copied);
    assert_eq!(copied, Members::new(networks));
    assert_eq!(learner.predict_with(&copied, &[1.0]), vote);
    let pieces = Predictor::new(copied).predict(&[1.0]);
    assert_eq!(pieces, vote);
}

/// The loss is the mean of the members' losses, in a step as in a measurement.
#[test]
fn the_loss_of_a_committee() {
    let mut committee = Committee::<Plain, 3>::new();
    for (seed, member) in (1..).zip(&mut committee.members) {
        start(member, seed);
    }
    let (x, t) = sample(4);
    let mut sum = 0.0;
    for member in &mut committee.members {
        sum += member.loss(&x, &t).unwrap();
    }
    let mean = sum / 3.0;
    assert_eq!(committee.evaluate(&x, &t).unwrap().0, mean);
    assert_eq!(committee.step(&x, &t, None), Ok(mean));
}

/// A fit keeps the best committee, whatever it is made of.
#[test]
fn a_fit_trains_a_committee() {
    type Regression = Trainer<(Dense<1, 6, Tanh>, Dense<6, 1, Tanh>), SquaredError, Sgd>;
    type Learning = Committee<Averaged<Regression>, 3>;
    let samples: Vec<([f32; 1], [f32; 1])> =
        (0..40).map(|i| [i as f32 / 20.0 - 1.0]).map(|x| (x, [x[0] * x[0]])).collect();
    let mut learner = Learning::new();
    let mut init = Xavier(Generator::new(1));
    for member in &mut learner.members {
        member.learner.start(Sgd::new(0.1), &mut init);
        member.set_memory(100);
    }
    let mut best = Best::<<Learning as Learner>::Network>::new();
    let fit = Fit::new(60, Constant(0.1)).measured_by(downhill::metrics::R2);
    let outcome =
        fit.run(&mut learner, Data::new(&samples[..]).keeping(&mut best), |_, _| ControlFlow::Continue(())).unwrap();
    let (network, loss) = best.get().unwrap();
    assert!(loss < 0.5 * outcome.entering.unwrap(), "{loss} {:?}", outcome.entering);
    let network = *network;
    for (x, _) in &samples {
        assert_eq!(learner.predict(x), Predictor::new(network).predict(x));
    }
}
