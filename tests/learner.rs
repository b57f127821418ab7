//! What goes around a trainer is trained by a fit as the trainer is; and errors say where they come from.

use core::error::Error;
use core::ops::ControlFlow;

use downhill::fit::{Data, FitError, evaluate};
use downhill::init::{Generator, Xavier};
use downhill::metrics::R2;
use downhill::schedule::Constant;
use downhill::{Best, Dense, Evaluate, Fit, Learner, Sgd, SquaredError, StepError, Trainer, digest};

type Net = (Dense<2, 4>, Dense<4, 1>);
type Plain = Trainer<Net, SquaredError, Sgd>;

/// Learns from every sample twice.
struct Twice(Plain);

impl Evaluate for Twice {
    type Scalar = f32;
    type Input = [f32; 2];
    type Output = [f32; 1];

    fn evaluate(&mut self, x: &[f32; 2], target: &[f32; 1]) -> Result<(f32, [f32; 1]), StepError> {
        self.0.evaluate(x, target)
    }
}

impl Learner for Twice {
    type Network = Net;

    fn step(&mut self, x: &[f32; 2], target: &[f32; 1], weight: Option<f32>) -> Result<f32, StepError> {
        let loss = Learner::step(&mut self.0, x, target, weight)?;
        Learner::step(&mut self.0, x, target, weight)?;
        Ok(loss)
    }

    fn flush(&mut self) -> Result<(), StepError> {
        self.0.flush()
    }

    fn discard(&mut self) {
        self.0.discard();
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn predict(&mut self, x: &[f32; 2]) -> [f32; 1] {
        self.0.predict(x)
    }

    fn seed(&mut self, seed: u32) {
        self.0.seed(seed);
    }

    fn rate(&self) -> Option<f32> {
        Learner::rate(&self.0)
    }

    fn set_rate(&mut self, rate: f32) {
        Learner::set_rate(&mut self.0, rate);
    }

    fn copy_network(&self, to: &mut Net) {
        self.0.copy_network(to);
    }

    fn blend_network(&self, to: &mut Net, rate: f32) {
        self.0.blend_network(to, rate);
    }

    fn set_network(&mut self, from: &Net) {
        self.0.set_network(from);
    }

    fn predict_with(&mut self, network: &Net, x: &[f32; 2]) -> [f32; 1] {
        self.0.predict_with(network, x)
    }

    fn evaluate_with(&mut self, network: &Net, x: &[f32; 2], t: &[f32; 1]) -> Result<(f32, [f32; 1]), StepError> {
        self.0.evaluate_with(network, x, t)
    }
}

fn started() -> Plain {
    let mut trainer = Plain::new();
    trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
    trainer
}

const XOR: [([f32; 2], [f32; 1]); 4] =
    [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];

#[test]
fn a_fit_trains_what_goes_around_a_trainer() {
    let mut twice = Twice(started());
    let mut best = Best::<Net>::new();
    let fit = Fit::new(2000, Constant(0.5)).measured_by(R2);
    let outcome = fit
        .run(&mut twice, Data::new(&XOR).validated_on(&XOR).keeping(&mut best), |_, _| ControlFlow::Continue(()))
        .unwrap();
    let epoch = outcome.best.unwrap();
    assert!(epoch.decisive() < 0.01, "{epoch:?}");
    let (network, loss) = best.get().unwrap();
    assert_eq!((digest(network), loss.to_bits()), (digest(&twice.0.network), epoch.decisive().to_bits()));
    let score = evaluate(&mut twice, &XOR, R2).unwrap().unwrap();
    assert_eq!(score.loss.to_bits(), epoch.decisive().to_bits());
    // The same samples, each twice, by hand.
    let mut by_hand = started();
    let mut around = Twice(started());
    for (x, target) in &XOR {
        around.step(x, target, None).unwrap();
        by_hand.step(x, target).unwrap();
        by_hand.step(x, target).unwrap();
    }
    assert_eq!(digest(&around.0.network), digest(&by_hand.network));
    assert_eq!(around.loss(&XOR[1].0, &XOR[1].1), by_hand.loss(&XOR[1].0, &XOR[1].1));
}

#[test]
fn errors_name_their_source() {
    let mut trainer = started();
    let samples = [([f32::NAN, 0.0], [0.0])];
    let fit = Fit { entering: false, ..Fit::new(1, Constant(0.5)) };
    let error = fit.run(&mut trainer, Data::new(&samples), |_, _| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error, FitError::Step(0, StepError::Input));
    assert_eq!(error.source().unwrap().to_string(), StepError::Input.to_string());
    assert!(StepError::Input.source().is_none());
    assert!(
        StepError::LearningRate.is_setting() && !StepError::Input.is_setting() && !StepError::Gradient.is_setting()
    );
    assert_eq!(StepError::Layer(3).to_string(), "a layer refuses the step, for its reason 3");
}
