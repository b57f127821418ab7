//! What learns from a stream in the field, chosen by a feature: `stream` and `one`, the learners of the example `stream`, or
//! `guard`. Samples are as those of its data set phishing: nine inputs of three values, two classes.

#[path = "../../../common/streams.rs"]
#[allow(dead_code)] // the learner that is not chosen
mod streams;

use downhill::Zero;
use downhill::guard::Settings;

pub type Input = [f32; 9];
pub type Output = [f32; 2];
pub type Sample = (Input, Output);
/// The guard's samples from the factory.
pub type Factory = Settings<&'static [Sample], &'static [Sample]>;

pub use chosen::Learner;

#[cfg(not(feature = "guard"))]
mod chosen {
    use downhill::Learner as _;
    use downhill::replay::Memory;

    use super::{Factory, Input, Output, STREAM, streams};

    #[cfg(not(feature = "one"))]
    pub type Learner = streams::Many<9, 2>;
    #[cfg(feature = "one")]
    pub type Learner = streams::One<9, 2>;

    /// With a full buffer.
    pub(super) fn start(learner: &mut Learner, _: &Factory) {
        streams::start(learner, 1);
        for (x, target) in STREAM.iter().cycle().take(480) {
            learner.memory.insert(x, target);
        }
    }

    #[inline(always)]
    pub(super) fn predict(learner: &mut Learner, x: &Input) -> Output {
        learner.observe(x);
        learner.predict(x)
    }

    #[inline(always)]
    pub(super) fn learn(learner: &mut Learner, x: &Input, target: &Output, _: &Factory) -> bool {
        learner.learn(x, target, None).is_ok()
    }
}

#[cfg(feature = "guard")]
mod chosen {
    use downhill::guard::{Event, Guard};
    use downhill::init::{Generator, Xavier};
    use downhill::scaler::{Scaling, Standardizer};
    use downhill::{CrossEntropy, Dense, Learner as _, Sgd, Softmax, Tanh, Trainer};

    use super::{Factory, Input, Output};

    type Net = (Dense<9, 8, Tanh>, Dense<8, 2, Softmax>);
    pub type Learner = Guard<Scaling<Trainer<Net, CrossEntropy, Sgd>, Standardizer<9>>, 9>;

    /// With the network of a factory.
    pub(super) fn start(guard: &mut Learner, factory: &Factory) {
        guard.live.scaler = Standardizer::new(1000);
        guard.live.learner.start(Sgd::new(0.01), &mut Xavier(Generator::new(1)));
        for (x, target) in factory.rehearsed {
            let _ = guard.live.step(x, target, None);
        }
        guard.start(factory);
    }

    #[inline(always)]
    pub(super) fn predict(guard: &mut Learner, x: &Input) -> Output {
        guard.predict(x)
    }

    #[inline(always)]
    pub(super) fn learn(guard: &mut Learner, x: &Input, target: &Output, factory: &Factory) -> bool {
        !matches!(guard.step(x, target, factory), Event::Rejected(_) | Event::Refused(_))
    }
}

/// As many as the guard learns from between two checks.
pub static STREAM: [Sample; 50] = samples(1);
pub static ANCHORS: [Sample; 200] = samples(2);
pub static REHEARSED: [Sample; 100] = samples(3);

const fn samples<const N: usize>(seed: u32) -> [Sample; N] {
    let mut samples = [(Input::ZERO, Output::ZERO); N];
    let (mut random, mut sample) = (seed, 0);
    while sample < N {
        let (x, target) = &mut samples[sample];
        let (mut input, mut sum) = (0, 0);
        while input < x.len() {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = (random >> 16) % 3;
            x[input] = [0.0, 0.5, 1.0][value as usize];
            sum += value;
            input += 1;
        }
        target[(sum > 9) as usize] = 1.0;
        sample += 1;
    }
    samples
}

pub fn start(learner: &mut Learner, factory: &Factory) {
    chosen::start(learner, factory);
}

/// What is done when a sample arrives. Calls that are the same wherever they stand in a program.
#[inline(never)]
pub fn predict(learner: &mut Learner, x: &Input, y: &mut Output) {
    *y = chosen::predict(learner, x);
}

/// What is done when its class is known. Returns whether it was learnt from.
#[inline(never)]
pub fn learn(learner: &mut Learner, x: &Input, target: &Output, factory: &Factory) -> bool {
    chosen::learn(learner, x, target, factory)
}
