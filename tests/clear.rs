//! What `Trainer::clear` and `Trainer::discard` leave: nothing of the past, or all but the batch that waits.

use downhill::init::{Generator, Xavier};
use downhill::optimizer::Optimizer;
use downhill::{
    Adam, AdamW, Batch, ClipNorm, ClipSample, ClipValue, Dense, Identity, Momentum, Nesterov, RmsProp, Rprop, Sgd,
    SquaredError, StepError, Trainer, WeightDecay, Zero, digest,
};

type Net = (Dense<2, 3>, Dense<3, 1>);

const SAMPLES: [([f32; 2], [f32; 1]); 5] =
    [([0.1, 0.9], [0.8]), ([0.7, 0.2], [0.3]), ([-0.4, 0.5], [0.6]), ([0.9, -0.8], [0.1]), ([0.3, 0.3], [0.5])];

fn learn<P: Optimizer<f32>>(trainer: &mut Trainer<Net, SquaredError, P>, samples: usize) {
    for (x, target) in SAMPLES.iter().cycle().take(samples) {
        trainer.step(x, target).unwrap();
    }
}

fn started<P: Optimizer<f32> + Zero>(optimizer: P) -> Trainer<Net, SquaredError, P> {
    let mut trainer = Trainer::new();
    trainer.start(optimizer, &mut Xavier(Generator::new(1)));
    trainer
}

/// After `clear`, an optimiser goes on from its weights as one that never took a step.
fn cleared<P: Optimizer<f32> + Zero + Copy>(optimizer: P) {
    let mut used = started(optimizer);
    learn(&mut used, 11);
    used.clear();
    let mut new = Trainer::<Net, SquaredError, P>::with_network(used.network, optimizer);
    learn(&mut new, 11);
    learn(&mut used, 11);
    assert_eq!(digest(&used.network), digest(&new.network));
    assert_eq!(used.optimizer.rate(), optimizer.rate());
}

#[test]
fn clear_leaves_nothing_of_the_past() {
    cleared(Sgd::new(0.1));
    cleared(Momentum::new(0.1, 0.9));
    cleared(Nesterov::new(0.1, 0.9));
    cleared(RmsProp::new(0.01));
    cleared(Adam::new(0.01));
    cleared(AdamW::new(0.01, 0.1));
    cleared(Rprop::new());
    cleared(WeightDecay::new(0.1, Adam::new(0.01)));
    cleared(ClipValue::new(0.1, Adam::new(0.01)));
    cleared(ClipNorm::new(0.1, Adam::new(0.01)));
    // Eleven samples: three of them wait.
    cleared(Batch::new(4, Adam::new(0.01)));
    cleared(ClipSample::new(0.1, Batch::new(4, Adam::new(0.01))));
}

/// After `discard`, a batch begins with the next sample, and what the optimiser kept before is there.
fn discarded<P: Optimizer<f32> + Zero>(optimizer: impl Fn() -> P, waiting: impl Fn(&P) -> usize) {
    let (mut trainer, mut expected) = (started(optimizer()), started(optimizer()));
    learn(&mut trainer, 4);
    learn(&mut expected, 4);
    for (x, target) in [([100.0, -90.0], [7.0]), ([3.0, 4.0], [0.0])] {
        trainer.step(&x, &target).unwrap();
    }
    assert_eq!(waiting(&trainer.optimizer), 2);
    trainer.discard();
    assert_eq!(waiting(&trainer.optimizer), 0);
    assert_eq!(digest(&trainer.network), digest(&expected.network));
    learn(&mut trainer, 8);
    learn(&mut expected, 8);
    assert_eq!(digest(&trainer.network), digest(&expected.network));
}

#[test]
fn discard_drops_what_waits_alone() {
    discarded(|| Batch::new(4, Momentum::new(0.1, 0.9)), Batch::waiting);
    discarded(|| Batch::new(4, Adam::new(0.01)), Batch::waiting);
    discarded(|| Batch::new(4, ClipNorm::new(0.1, Adam::new(0.01))), Batch::waiting);
    discarded(|| ClipSample::new(10.0, Batch::new(4, Momentum::new(0.1, 0.9))), |optimizer| optimizer.inner.waiting());
    // Nothing waits.
    let mut trainer = started(Momentum::new(0.1, 0.9));
    let mut expected = started(Momentum::new(0.1, 0.9));
    learn(&mut trainer, 4);
    trainer.discard();
    learn(&mut trainer, 4);
    learn(&mut expected, 4);
    learn(&mut expected, 4);
    assert_eq!(digest(&trainer.network), digest(&expected.network));
}

/// Through everything that goes around; `Rprop` has no rate.
#[test]
fn the_rate_is_the_one_that_was_set() {
    fn read<P: Optimizer<f32>>(mut optimizer: P) {
        optimizer.set_rate(0.375);
        assert_eq!(optimizer.rate(), Some(0.375));
    }
    read(Sgd::new(0.1));
    read(Momentum::new(0.1, 0.9));
    read(Nesterov::new(0.1, 0.9));
    read(RmsProp::new(0.01));
    read(Adam::new(0.01));
    read(AdamW::new(0.01, 0.1));
    read(ClipSample::new(
        1.0,
        Batch::new(4, ClipNorm::new(1.0, WeightDecay::new(0.1, ClipValue::new(1.0, Sgd::new(0.1))))),
    ));
    let mut none = Batch::<_, f32>::new(4, Rprop::new());
    none.set_rate(0.375);
    assert_eq!(none.rate(), None);
}

/// An optimiser of one's own that only collects, whatever the size of a gradient.
#[derive(Clone, Copy)]
struct Collecting;

impl Optimizer<f32> for Collecting {
    type Slot = ();
    type Sum = f32;

    fn check(&self) -> Result<(), StepError> {
        Ok(())
    }

    fn set_rate(&mut self, _: f32) {}

    fn rate(&self) -> Option<f32> {
        None
    }

    fn scaled(&self, _: f32) -> Self {
        Self
    }

    fn gradient_limit(&self) -> f32 {
        f32::MAX
    }

    fn weight(&self, _: &mut f32, (): &mut (), _: f32) {}
}

/// A sum that has overflowed is found by `is_finite`, and `clear` drops it, for optimisers other than `Batch`, too.
#[test]
fn sums_are_looked_at_and_cleared() {
    let mut trainer = Trainer::<Dense<1, 1, Identity>, SquaredError, _>::with_network(Zero::ZERO, Collecting);
    for _ in 0..2 {
        trainer.step(&[1.5e19], &[-1e19]).unwrap();
    }
    assert!(trainer.is_finite());
    trainer.step(&[1.5e19], &[-1e19]).unwrap();
    assert!(trainer.network == Zero::ZERO && !trainer.is_finite());
    trainer.clear();
    assert!(trainer.is_finite());
}
