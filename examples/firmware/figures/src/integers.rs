//! The network 64-32-10 of [`workload`](crate::workload) in integers, chosen by a feature: `integer`, which learns,
//! `integer8`, which does so with weights of 8 bits, or `int8`, which predicts. Samples are integers, as those of a converter: nothing here needs floating point but the start.

pub use chosen::{Learner, learn, predict, start};

pub const INPUTS: usize = 64;
const HIDDEN: usize = 32;
pub const OUTPUTS: usize = 10;

/// Of a sample, `x / 128`, and its class.
pub type Sample = ([i8; INPUTS], usize);

/// An output of a prediction.
pub type Output = [i8; OUTPUTS];

#[cfg(not(feature = "int8"))]
mod chosen {
    use downhill::init::{Generator, Uniform};
    #[cfg(not(feature = "integer8"))]
    use downhill::integer::Nearest;
    #[cfg(feature = "integer8")]
    use downhill::integer::Stochastic;
    use downhill::integer::{Dense, Rate, Trainer};
    use downhill::{Sigmoid, SquaredError};

    use super::{HIDDEN, INPUTS, OUTPUTS, Output, Sample};

    type Net<W> = (Dense<INPUTS, HIDDEN, Sigmoid, W>, Dense<HIDDEN, OUTPUTS, Sigmoid, W>);
    #[cfg(not(feature = "integer8"))]
    pub type Learner = Trainer<Net<i16>, SquaredError, Nearest>;
    #[cfg(feature = "integer8")]
    pub type Learner = Trainer<Net<i8>, SquaredError, Stochastic>;

    pub fn start(learner: &mut Learner) {
        learner.start(Rate::power(5), &mut Uniform(Generator::new(1)));
    }

    /// The class; calls that are the same wherever they stand in a program.
    #[inline(never)]
    pub fn predict(learner: &mut Learner, (x, _): &Sample, y: &mut Output) {
        let class = learner.class_of_integers(x, 7).unwrap_or(0);
        y[0] = i8::try_from(class).unwrap_or(0);
    }

    #[inline(never)]
    pub fn learn(learner: &mut Learner, (x, class): &Sample) -> bool {
        learner.step_integers(x, 7, *class).is_ok()
    }
}

#[cfg(feature = "int8")]
mod chosen {
    use downhill::Zero;
    use downhill::init::{Generator, Uniform};
    use downhill::quantized::{Layer, Quantized, Single, quantize};
    use downhill::{Dense, Sigmoid};

    use super::{HIDDEN, INPUTS, OUTPUTS, Output, Sample};

    type Net = (Dense<INPUTS, HIDDEN, Sigmoid>, Dense<HIDDEN, OUTPUTS, Sigmoid>);
    pub type Learner = Quantized<Net, Single>;

    pub fn start(learner: &mut Learner) {
        use downhill::layer::Layer as _;
        let mut network = Net::ZERO;
        network.initialize(&mut Uniform(Generator::new(1)));
        assert!(quantize(&network, &[[0.0; INPUTS], [1.0; INPUTS], [0.5; INPUTS]], learner).is_ok());
    }

    /// All outputs; calls that are the same wherever they stand in a program.
    #[inline(never)]
    pub fn predict(learner: &mut Learner, (x, _): &Sample, y: &mut Output) {
        *y = learner.layers.predict(x);
    }

    pub fn learn(_: &mut Learner, _: &Sample) -> bool {
        true
    }
}
