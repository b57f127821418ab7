//! Bad hyperparameters of each optimiser and of what goes around one.

use downhill::optimizer::Optimizer;
use downhill::{
    Adam, AdamW, Batch, ChainRule, ClipNorm, ClipSample, ClipValue, Dense, Dropout, Momentum, Nesterov, RmsProp, Rprop,
    Sgd, Sigmoid, SquaredError, StepError, WeightDecay, Zero,
};

use super::{Cases, Twins, good};

const NAN: f32 = f32::NAN;
const INFINITY: f32 = f32::INFINITY;
const NOT_POSITIVE: &[f32] = &[NAN, INFINITY, -INFINITY, 0.0, -0.1];
/// Not from 0 to below 1.
const NO_FRACTION: &[f32] = &[NAN, INFINITY, -INFINITY, 1.0, -0.1];
const NEGATIVE: &[f32] = &[NAN, INFINITY, -INFINITY, -0.1];
/// Not positive and at most 2^26.
const NO_RATE: &[f32] = &[NAN, INFINITY, -INFINITY, 0.0, -0.1, 6.8e7];

type Net = (Dense<3, 5>, Dense<5, 2>);
type Spoiled<P> = Twins<Net, SquaredError, P, ChainRule, 1, 3, 2>;

pub fn all(cases: &mut Cases) {
    descent(cases);
    adaptive(cases);
    modifiers(cases);
    batches(cases);
    dropout(cases);
}

fn descent(cases: &mut Cases) {
    cases.group = "Sgd";
    spoil(cases, Sgd::new(0.1), &[(NO_RATE, |p| &mut p.rate, StepError::LearningRate)]);
    cases.group = "Momentum";
    spoil(
        cases,
        Momentum::new(0.2, 0.9),
        &[(NO_RATE, |p| &mut p.rate, StepError::LearningRate), (NO_FRACTION, |p| &mut p.momentum, StepError::Momentum)],
    );
    cases.group = "Nesterov";
    spoil(
        cases,
        Nesterov::new(0.2, 0.9),
        &[(NO_RATE, |p| &mut p.rate, StepError::LearningRate), (NO_FRACTION, |p| &mut p.momentum, StepError::Momentum)],
    );
}

fn adaptive(cases: &mut Cases) {
    cases.group = "RmsProp";
    spoil(
        cases,
        RmsProp::new(0.01),
        &[
            (NO_RATE, |p| &mut p.rate, StepError::LearningRate),
            (NO_FRACTION, |p| &mut p.decay, StepError::Decay),
            (NOT_POSITIVE, |p| &mut p.epsilon, StepError::Epsilon),
            // A step by it could become infinite.
            (&[f32::MIN_POSITIVE], |p| &mut p.epsilon, StepError::Epsilon),
        ],
    );
    cases.group = "Adam";
    spoil(
        cases,
        Adam::new(0.01),
        &[
            (NO_RATE, |p| &mut p.rate, StepError::LearningRate),
            (NO_FRACTION, |p| &mut p.mean_decay, StepError::Decay),
            (NO_FRACTION, |p| &mut p.square_decay, StepError::Decay),
            (NOT_POSITIVE, |p| &mut p.epsilon, StepError::Epsilon),
            (&[f32::MIN_POSITIVE], |p| &mut p.epsilon, StepError::Epsilon),
        ],
    );
    cases.group = "AdamW";
    spoil(
        cases,
        AdamW::new(0.01, 0.1),
        &[
            (NO_RATE, |p| &mut p.adam.rate, StepError::LearningRate),
            (NEGATIVE, |p| &mut p.weight_decay, StepError::WeightDecay),
            // Above 1 with the rate.
            (&[101.0], |p| &mut p.weight_decay, StepError::WeightDecay),
        ],
    );
    cases.group = "Rprop";
    spoil(
        cases,
        Rprop::new(),
        &[
            (NO_RATE, |p| &mut p.first, StepError::LearningRate),
            (&[NAN, 0.0, -0.1, 1.0], |p| &mut p.shrink, StepError::Range),
            (&[NAN, INFINITY, 0.9], |p| &mut p.grow, StepError::Range),
            (NOT_POSITIVE, |p| &mut p.range[0], StepError::Range),
            (NOT_POSITIVE, |p| &mut p.range[1], StepError::Range),
            // Above the upper end.
            (&[60.0], |p| &mut p.range[0], StepError::Range),
        ],
    );
}

fn modifiers(cases: &mut Cases) {
    let sgd = Sgd::new(0.1);
    cases.group = "WeightDecay<Sgd>";
    spoil(
        cases,
        WeightDecay::new(0.01, sgd),
        &[
            (NEGATIVE, |p| &mut p.decay, StepError::WeightDecay),
            (NO_RATE, |p| &mut p.inner.rate, StepError::LearningRate),
        ],
    );
    cases.group = "ClipValue<Sgd>";
    spoil(
        cases,
        ClipValue::new(0.1, sgd),
        &[
            (NOT_POSITIVE, |p| &mut p.limit, StepError::Limit),
            (NO_RATE, |p| &mut p.inner.rate, StepError::LearningRate),
        ],
    );
    cases.group = "ClipNorm<Sgd>";
    spoil(
        cases,
        ClipNorm::new(0.1, sgd),
        &[
            (NOT_POSITIVE, |p| &mut p.limit, StepError::Limit),
            (NO_RATE, |p| &mut p.inner.rate, StepError::LearningRate),
        ],
    );
    cases.group = "ClipSample<Sgd>";
    spoil(
        cases,
        ClipSample::new(0.1, sgd),
        &[
            (NOT_POSITIVE, |p| &mut p.limit, StepError::Limit),
            (NO_RATE, |p| &mut p.inner.rate, StepError::LearningRate),
        ],
    );
}

/// From no to three of four samples wait when the bad one comes.
fn batches(cases: &mut Cases) {
    cases.group = "Batch<Adam>";
    let batch = Batch::new(4, Adam::new(0.01));
    spoil(cases, batch, &[(NO_RATE, |p| &mut p.inner.rate, StepError::LearningRate)]);
    spoil(cases, batch, &[(&[0], |p| &mut p.size, StepError::Batch)]);
    cases.group = "ClipSample<Batch<ClipNorm<Momentum>>>";
    let batch = ClipSample::new(0.1, Batch::new(4, ClipNorm::new(0.1, Momentum::new(0.1, 0.9))));
    spoil(
        cases,
        batch,
        &[
            (NOT_POSITIVE, |p| &mut p.limit, StepError::Limit),
            (NOT_POSITIVE, |p| &mut p.inner.inner.limit, StepError::Limit),
            (NO_FRACTION, |p| &mut p.inner.inner.inner.momentum, StepError::Momentum),
        ],
    );
}

/// Bad values, where they belong, and the error.
type Field<P, V> = (&'static [V], fn(&mut P) -> &mut V, StepError);

/// Puts each of the bad values in turn into a field, takes a step with a good sample and one with a bad one, and puts
/// the old value back.
#[inline(never)]
fn spoil<P, V>(cases: &mut Cases, optimizer: P, fields: &[Field<P, V>])
where
    P: Optimizer<f32> + Copy + PartialEq + Zero,
    V: Copy,
{
    let mut twins = Spoiled::experienced(optimizer);
    let target = twins.target;
    for &(values, field, error) in fields {
        for &bad in values {
            for (what, x) in [("a hyperparameter", twins.x), ("a hyperparameter and an input", [f32::NAN; 3])] {
                twins.refuse(cases, what, error, &|trainer| {
                    let before = core::mem::replace(field(&mut trainer.optimizer), bad);
                    let result = good(trainer, &x, &target);
                    let flushed = trainer.flush();
                    *field(&mut trainer.optimizer) = before;
                    // Both are refused alike.
                    if flushed.err() == result.err() { result } else { Ok(0.0) }
                });
            }
        }
    }
}

fn dropout(cases: &mut Cases) {
    type Masked = (Dense<3, 5, Sigmoid>, Dropout<5>, Dense<5, 2>);
    cases.group = "Dropout";
    let mut twins: Twins<Masked, SquaredError, Sgd, ChainRule, 1, 3, 2> = Twins::experienced(Sgd::new(0.1));
    twins.each(|trainer| trainer.network.1.rate = 0.3);
    let target = twins.target;
    for &bad in NO_FRACTION {
        for x in [twins.x, [f32::NAN; 3]] {
            twins.refuse(cases, "a rate", StepError::Dropout, &|trainer| {
                let before = core::mem::replace(&mut trainer.network.1.rate, bad);
                let result = good(trainer, &x, &target);
                trainer.network.1.rate = before;
                result
            });
        }
    }
}
