//! Predictions beside a trainer.

// What is compared are bits.
#![allow(clippy::float_cmp)]

use downhill::init::{Generator, Xavier};
use downhill::pieces::Progress;
use downhill::predictor::Workspace;
use downhill::{Adam, CrossEntropy, Dense, Dropout, Softmax, Tanh, Trainer, digest};

type Net = (Dense<4, 6, Tanh>, Dropout<6>, Dense<6, 3, Softmax>);
type Learner = Trainer<Net, CrossEntropy, Adam>;

fn started() -> Learner {
    let mut trainer = Learner::new();
    trainer.start(Adam::new(0.01), &mut Xavier(Generator::new(1)));
    trainer.network.1.rate = 0.5;
    trainer.seed(1);
    trainer
}

/// Between the pieces of a step a predictor gives the outputs of the old network, then of a mixture, then of the new
/// one, and the step ends as if nobody had asked.
#[test]
fn beside_a_step() {
    let (x, target, other) = ([0.1, -0.2, 0.3, 0.9], [0.0, 1.0, 0.0], [0.7, 0.1, -0.4, 0.2]);
    let (mut alone, mut asked, mut workspace) = (started(), started(), Workspace::<Net>::new());
    for _ in 0..3 {
        let old = asked.predict(&other);
        assert_eq!(workspace.predict(&asked.network, &other), old);
        alone.step(&x, &target).unwrap();
        let new = alone.predict(&other);
        assert_ne!(new, old);

        let mut step = asked.step_in_pieces(&x, &target);
        let (mut before, mut during) = (0, 0);
        while step.run(1).unwrap() == Progress::More {
            let outputs = workspace.predict(step.network(), &other);
            if !step.is_writing() {
                assert_eq!(outputs, old);
                before += 1;
            } else if outputs != old && outputs != new {
                during += 1;
            }
        }
        assert!(before > 10 && during > 1, "{before} {during}");
        assert_eq!(workspace.predict(step.network(), &other), new);
        drop(step);
        assert_eq!(digest(&asked.network), digest(&alone.network));
    }
}
