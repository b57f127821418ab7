//! A synthetic vibration signal with a fault that can be switched on, and what is measured of a detector on it.

use std::f64::consts::{PI, TAU};

use downhill::init::{Generator, Random};

/// Samples of a window.
pub const WINDOW: usize = 64;

/// Four harmonics of a shaft that turns once in 50.3 samples, and noise with a standard deviation of 0.3. The fault is an impulse
/// about every 87 samples that rings down within some 10, as that of a damaged bearing.
#[derive(Clone)]
pub struct Signal {
    pub generator: Generator,
    pub phases: [f64; 4],
    /// Samples so far.
    pub time: f64,
    /// Samples until the next impulse, and since the last one.
    pub wait: f64,
    pub since: f64,
    /// The height of the last impulse.
    pub height: f64,
    /// The height of the impulses to come; 0 without a fault.
    pub fault: f64,
    /// The amplitudes of the harmonics.
    pub amplitudes: [f64; 4],
}

impl Signal {
    pub fn new(seed: u32) -> Self {
        // Far from the numbers of the first weights, which are drawn from the seed itself.
        let mut generator = Generator::new(!seed);
        let phases = std::array::from_fn(|_| PI * f64::from(generator.signed_unit()));
        let amplitudes = [1.0, 0.5, 0.3, 0.2];
        Self { generator, phases, time: 0.0, wait: 0.0, since: 0.0, height: 0.0, fault: 0.0, amplitudes }
    }

    pub fn sample(&mut self) -> f32 {
        if self.wait <= 0.0 {
            self.wait += 87.0 + 8.7 * f64::from(self.generator.signed_unit());
            (self.since, self.height) = (0.0, self.fault);
        }
        let harmonics: f64 = (1..)
            .zip(self.amplitudes.iter().zip(self.phases))
            .map(|(k, (amplitude, phase))| amplitude * (TAU * f64::from(k) * self.time / 50.3 + phase).sin())
            .sum();
        let impulse = self.height * (-self.since / 4.0).exp() * (PI / 2.0 * self.since).cos();
        // The sum of twelve uniform numbers is nearly normal; each has the variance 1/3.
        let noise: f64 = (0..12).map(|_| f64::from(self.generator.signed_unit())).sum::<f64>() / 2.0;
        self.time += 1.0;
        self.wait -= 1.0;
        self.since += 1.0;
        #[allow(clippy::cast_possible_truncation)]
        let sample = (harmonics + impulse + 0.3 * noise) as f32;
        sample
    }

    pub fn window(&mut self) -> [f32; WINDOW] {
        std::array::from_fn(|_| self.sample())
    }
}

/// The values of windows, faded as a detector does its errors.
pub fn faded(windows: &[[f32; WINDOW]], value: impl Fn(&[f32; WINDOW]) -> f32) -> Vec<f32> {
    let mut score = None;
    let fade = |value| *score.insert(score.map_or(value, |score| score + 0.25 * (value - score)));
    windows.iter().map(value).map(fade).collect()
}

pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len();
    #[allow(clippy::cast_precision_loss)]
    let n = n as f64;
    values.sum::<f64>() / n
}

/// The mean of the `power`-th powers of the distances from `centre`.
fn moment(window: &[f32; WINDOW], centre: f64, power: i32) -> f64 {
    mean(window.iter().map(|x| (f64::from(*x) - centre).powi(power)))
}

#[allow(clippy::cast_possible_truncation)]
pub fn rms(window: &[f32; WINDOW]) -> f32 {
    moment(window, 0.0, 2).sqrt() as f32
}

#[allow(clippy::cast_possible_truncation)]
pub fn kurtosis(window: &[f32; WINDOW]) -> f32 {
    let centre = moment(window, 0.0, 1);
    (moment(window, centre, 4) / moment(window, centre, 2).powi(2)) as f32
}

/// The area under the ROC curve in percent: how often a score with the fault is above one without; equal ones count half.
#[allow(clippy::cast_precision_loss)]
pub fn auc(normal: &[f32], faulty: &[f32]) -> f64 {
    let mut normal = normal.to_vec();
    normal.sort_by(f32::total_cmp);
    let below =
        |score: &f32| normal.partition_point(|other| other < score) + normal.partition_point(|other| other <= score);
    faulty.iter().map(below).sum::<usize>() as f64 * 50.0 / normal.len() as f64 / faulty.len() as f64
}
