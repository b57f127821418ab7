//! Measures a step over a batch of 32 samples of W4, per sample, through the kernels themselves.

use benches::{BUILD, measure, with_stack};
use downhill::activation::Activation;
use downhill::init::{Generator, Random};
use downhill::math::Fast;
use downhill::rule::Rule;
use downhill::{ChainRule, Sigmoid, descend_samples, forward_samples};

const SAMPLES: usize = 32;

#[repr(align(64))]
struct Aligned<T>(T);

struct Batch {
    first: Aligned<[[f32; 100]; 784]>,
    first_biases: Aligned<[f32; 100]>,
    second: Aligned<[[f32; 10]; 100]>,
    second_biases: Aligned<[f32; 10]>,
    x: Aligned<[[f32; 784]; SAMPLES]>,
    targets: Aligned<[[f32; 10]; SAMPLES]>,
    hidden: Aligned<[[f32; 100]; SAMPLES]>,
    outputs: Aligned<[[f32; 10]; SAMPLES]>,
    hidden_deltas: Aligned<[[f32; 100]; SAMPLES]>,
    output_deltas: Aligned<[[f32; 10]; SAMPLES]>,
}

impl Batch {
    #[allow(clippy::large_stack_arrays)] // `with_stack`
    fn new() -> Box<Self> {
        let mut random = Generator::new(1);
        let mut unit = || random.signed_unit();
        let mut batch = Box::new(Self {
            first: Aligned([[0.0; 100]; 784]),
            first_biases: Aligned([0.0; 100]),
            second: Aligned([[0.0; 10]; 100]),
            second_biases: Aligned([0.0; 10]),
            x: Aligned([[0.0; 784]; SAMPLES]),
            targets: Aligned([[0.0; 10]; SAMPLES]),
            hidden: Aligned([[0.0; 100]; SAMPLES]),
            outputs: Aligned([[0.0; 10]; SAMPLES]),
            hidden_deltas: Aligned([[0.0; 100]; SAMPLES]),
            output_deltas: Aligned([[0.0; 10]; SAMPLES]),
        });
        batch.first.0.as_flattened_mut().fill_with(|| 0.05 * unit());
        batch.second.0.as_flattened_mut().fill_with(|| 0.5 * unit());
        batch.x.0.as_flattened_mut().fill_with(|| 0.5 * (unit() + 1.0));
        batch.targets.0.as_flattened_mut().fill_with(|| 0.5 + 0.4 * unit());
        batch
    }

    #[inline(never)]
    fn forward(&mut self) {
        forward_samples(&self.first.0, &self.first_biases.0, &self.x.0, &mut self.hidden.0);
        for z in &mut self.hidden.0 {
            Sigmoid::<Fast>::activate(z);
        }
    }

    #[inline(never)]
    fn between(&mut self) {
        forward_samples(&self.second.0, &self.second_biases.0, &self.hidden.0, &mut self.outputs.0);
        for z in &mut self.outputs.0 {
            Sigmoid::<Fast>::activate(z);
        }
        let outputs = self.outputs.0.iter().zip(&self.targets.0).zip(&mut self.output_deltas.0);
        for (((y, target), deltas), (hidden, hidden_deltas)) in
            outputs.zip(self.hidden.0.iter().zip(&mut self.hidden_deltas.0))
        {
            for ((d, y), t) in deltas.iter_mut().zip(y).zip(target) {
                *d = y - t;
            }
            assert!(Sigmoid::<Fast>::derivative(y, deltas));
            ChainRule::send_back(self.second.0.as_flattened(), deltas, hidden_deltas).expect("no shares");
            assert!(Sigmoid::<Fast>::derivative(hidden, hidden_deltas));
        }
    }

    #[inline(never)]
    fn update(&mut self) {
        let rate = 0.05 / 32.0;
        descend_samples(&mut self.first.0, &mut self.first_biases.0, &self.x.0, &self.hidden_deltas.0, rate);
        descend_samples(&mut self.second.0, &mut self.second_biases.0, &self.hidden.0, &self.output_deltas.0, rate);
    }
}

fn main() {
    with_stack(|| {
        let mut batch = Batch::new();
        let whole = measure(|_| {
            batch.forward();
            batch.between();
            batch.update();
        });
        println!("downhill-fast,{BUILD},W4b32,step,{:.2},{:.2}", whole.median / 32.0, whole.min / 32.0);
        let forward = measure(|_| batch.forward());
        let between = measure(|_| batch.between());
        let update = measure(|_| batch.update());
        for (name, time) in [("forward", forward), ("between", between), ("update", update)] {
            println!("# {name} {:.2} {:.2}", time.median / 32.0, time.min / 32.0);
        }
    });
}
