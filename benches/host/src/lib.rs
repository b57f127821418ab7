//! What the benchmarks have in common: networks, samples and the stopwatch.

use std::hint::black_box;
use std::time::{Duration, Instant};

use downhill::init::{Generator, Random, Uniform};
use downhill::optimizer::Optimizer;
use downhill::{Dense, Layer, Shape, SquaredError, Trainer, Zero};

pub type W1<A> = (Dense<2, 3, A>, Dense<3, 1, A>);
pub type W2<A> = (Dense<64, 32, A>, Dense<32, 10, A>);
pub type W3<A> = (Dense<128, 32, A>, Dense<32, 8, A>, Dense<8, 32, A>, Dense<32, 128, A>);
pub type W4<A> = (Dense<784, 100, A>, Dense<100, 10, A>);

const SAMPLES: usize = 32;

/// Where vectors don't cross cache lines. On the heap that would be left to chance, and so would the figures.
#[repr(align(64))]
struct Aligned<T>(T);

/// A trainer and random samples, which it is given in turn.
pub struct Bench<N: Layer, P: Optimizer<N::Scalar>, const B: usize = 1> {
    trainer: Aligned<Trainer<N, SquaredError, P, B>>,
    inputs: Box<Aligned<[N::Input; SAMPLES]>>,
    targets: Box<Aligned<[N::Output; SAMPLES]>>,
}

impl<N, P, const B: usize> Bench<N, P, B>
where
    N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero,
    P: Optimizer<f32> + Zero,
{
    /// Weights from one seed, inputs from [0, 1), targets from [0.1, 0.9).
    pub fn new(optimizer: P) -> Box<Self> {
        let mut bench = Box::new(Self {
            trainer: Aligned(Trainer::new()),
            inputs: Box::new(Aligned([N::Input::ZERO; SAMPLES])),
            targets: Box::new(Aligned([N::Output::ZERO; SAMPLES])),
        });
        bench.trainer.0.start(optimizer, &mut Uniform(Generator::new(1)));
        let mut random = Generator::new(2);
        let mut unit = || (random.signed_unit() + 1.0) * 0.5;
        for x in &mut bench.inputs.0 {
            x.flat_mut().fill_with(&mut unit);
        }
        for target in &mut bench.targets.0 {
            target.flat_mut().fill_with(|| 0.1 + 0.8 * unit());
        }
        bench
    }

    // Neither is inlined, as a loop around one network must not become part of it.
    #[inline(never)]
    pub fn predict(&mut self, turn: usize) {
        black_box(self.trainer.0.predict(&self.inputs.0[turn % SAMPLES]));
    }

    /// # Panics
    /// If the step is refused: then there would be nothing to measure.
    #[inline(never)]
    pub fn step(&mut self, turn: usize) {
        let loss = self.trainer.0.step(&self.inputs.0[turn % SAMPLES], &self.targets.0[turn % SAMPLES]);
        black_box(loss.expect("the samples are good"));
    }

    /// A step with as many of the samples as the trainer takes.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[inline(never)]
    pub fn step_batch(&mut self) {
        let loss = self.trainer.0.step_batch(&self.inputs.0[..B], &self.targets.0[..B]);
        black_box(loss.expect("the samples are good"));
    }
}

/// Nanoseconds per call.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    pub median: f64,
    pub min: f64,
}

/// Calls `run` with rising numbers, 21 times for at least 4 ms, as the yardsticks do.
#[allow(clippy::cast_precision_loss)]
pub fn measure(mut run: impl FnMut(usize)) -> Time {
    let mut repeat = |calls| {
        let start = Instant::now();
        for turn in 0..calls {
            run(turn);
        }
        start.elapsed()
    };
    let mut calls = 1;
    while repeat(calls) <= Duration::from_millis(4) {
        calls *= 2;
    }
    let mut times = [(); 21].map(|()| repeat(calls).as_nanos() as f64 / calls as f64);
    times.sort_by(f64::total_cmp);
    Time { median: times[10], min: times[0] }
}

/// Which instructions the program may use: those of every chip of its architecture, or those of this one.
pub const BUILD: &str = if cfg!(target_feature = "avx2") { "native" } else { "base" };

/// Runs with a stack on which the largest networks can be made.
///
/// # Panics
/// If `run` does.
pub fn with_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run).expect("there is memory for a stack");
    thread.join().expect("nothing panics")
}
