//! The networks of the figures, and random samples for them. One network is chosen by the features `w1` to `w4` or
//! `sizes`, and the backend of its sigmoids by another.

use downhill::init::Random;
use downhill::{Dense, Infer, Sigmoid};

#[cfg(feature = "fast")]
use downhill::math::Fast as Backend;
#[cfg(feature = "libm")]
use downhill::math::Libm as Backend;
#[cfg(feature = "micromath")]
use downhill::math::Micromath as Backend;

pub type Activation = Sigmoid<Backend>;

pub type W1 = (Dense<2, 3, Activation>, Dense<3, 1, Activation>);
pub type W2 = (Dense<64, 32, Activation>, Dense<32, 10, Activation>);
pub type W3 =
    (Dense<128, 32, Activation>, Dense<32, 8, Activation>, Dense<8, 32, Activation>, Dense<32, 128, Activation>);
pub type W4 = (Dense<784, 100, Activation>, Dense<100, 10, Activation>);

#[cfg(feature = "w1")]
pub type Net = W1;
#[cfg(feature = "w2")]
pub type Net = W2;
#[cfg(feature = "w3")]
pub type Net = W3;
#[cfg(feature = "w4")]
pub type Net = W4;
#[cfg(feature = "sizes")]
pub type Net = (Dense<{ SIZES[0] }, { SIZES[1] }, Activation>, Dense<{ SIZES[1] }, { SIZES[2] }, Activation>);
#[cfg(feature = "sizes")]
const SIZES: [usize; 3] = {
    let Some(text) = option_env!("NETWORK") else { panic!("NETWORK names no sizes") };
    let (mut sizes, mut layer, mut at) = ([0; 3], 0, 0);
    while at < text.len() {
        match text.as_bytes()[at] {
            b'-' => layer += 1,
            digit => sizes[layer] = sizes[layer] * 10 + (digit - b'0') as usize,
        }
        at += 1;
    }
    sizes
};

pub type Input = <Net as Infer>::Input;
pub type Output = <Net as Infer>::Output;

/// Draws inputs from [0, 1) and targets from [0.1, 0.9).
pub fn draw(random: &mut impl Random, x: &mut [f32], target: &mut [f32]) {
    let mut unit = || (random.signed_unit() + 1.0) * 0.5;
    x.fill_with(&mut unit);
    target.fill_with(|| 0.1 + 0.8 * unit());
}
