//! Streams that make a device worse, if it learns from them.

use downhill::init::{Generator, Random};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// None: samples as those of the factory.
    Clean,
    RandomLabels,
    /// Each class is called the next one.
    FlippedLabels,
    /// The inputs never change; the labels do.
    StuckSensor,
    /// Twenty of a hundred samples have a NaN, and a random label.
    NanBursts,
    /// One input of every tenth sample is 1e30.
    Spikes,
    /// The upper half of the classes never comes.
    MissingClasses,
    /// Every third input never changes.
    ConstantFeatures,
    /// No attack: the sensor sends the inputs of the second half in reverse order from now on.
    Shift,
}

pub const ATTACKS: [Attack; 8] = [
    Attack::RandomLabels,
    Attack::FlippedLabels,
    Attack::StuckSensor,
    Attack::NanBursts,
    Attack::Spikes,
    Attack::MissingClasses,
    Attack::ConstantFeatures,
    Attack::Clean,
];

impl Attack {
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "none",
            Self::RandomLabels => "random-labels",
            Self::FlippedLabels => "flipped-labels",
            Self::StuckSensor => "stuck-sensor",
            Self::NanBursts => "nan-bursts",
            Self::Spikes => "spikes",
            Self::MissingClasses => "missing-classes",
            Self::ConstantFeatures => "constant-features",
            Self::Shift => "shift",
        }
    }

    /// Sample number `step` of the stream, drawn from `pool`.
    pub fn sample<const I: usize>(
        self,
        pool: &[([f32; I], usize)],
        classes: usize,
        step: usize,
        random: &mut Generator,
    ) -> ([f32; I], usize) {
        let (mut x, mut class) = pool[random.below(pool.len())];
        match self {
            Self::Clean | Self::Shift => {}
            Self::RandomLabels => class = random.below(classes),
            Self::FlippedLabels => class = (class + 1) % classes,
            Self::StuckSensor => x = pool[0].0,
            Self::NanBursts => {
                if step % 100 < 20 {
                    x[random.below(I)] = f32::NAN;
                    class = random.below(classes);
                }
            }
            Self::Spikes => {
                if step.is_multiple_of(10) {
                    x[random.below(I)] = 1e30;
                }
            }
            Self::MissingClasses => {
                while class >= classes / 2 {
                    (x, class) = pool[random.below(pool.len())];
                }
            }
            Self::ConstantFeatures => {
                for (x, first) in x.iter_mut().zip(&pool[0].0).step_by(3) {
                    *x = *first;
                }
            }
        }
        (self.seen(&x), class)
    }

    /// The inputs, as the sensor sends them when they are tested.
    pub fn seen<const I: usize>(self, x: &[f32; I]) -> [f32; I] {
        let mut seen = *x;
        if self == Self::Shift {
            seen[I / 2..].reverse();
        }
        seen
    }
}
