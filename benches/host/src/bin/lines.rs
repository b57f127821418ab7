//! Measures the workloads, and prints lines `IMPL,BUILD,WORKLOAD,fwd|step,median ns,min ns`, as the yardsticks do.

use benches::{BUILD, Bench, Time, W1, W2, W3, W4, measure, with_stack};
use downhill::math::Fast;
use downhill::{Layer, Sgd, Sigmoid, Zero};

fn lines<N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero>(backend: &str, workload: &str) {
    let mut bench = Bench::<N, Sgd>::new(Sgd::new(0.05));
    let forward = measure(|turn| bench.predict(turn));
    let step = measure(|turn| bench.step(turn));
    for (kind, time) in [("fwd", forward), ("step", step)] {
        println!("downhill-{backend},{BUILD},{workload},{kind},{:.2},{:.2}", time.median, time.min);
    }
}

/// Batches of 32, per sample.
fn batches<N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero>(backend: &str, workload: &str) {
    let mut bench = Bench::<N, Sgd, 32>::new(Sgd::new(0.05));
    let Time { median, min } = measure(|_| bench.step_batch());
    println!("downhill-{backend},{BUILD},{workload}b32,step,{:.2},{:.2}", median / 32.0, min / 32.0);
}

fn main() {
    with_stack(|| {
        lines::<W1<Sigmoid>>("libm", "W1");
        lines::<W2<Sigmoid>>("libm", "W2");
        lines::<W3<Sigmoid>>("libm", "W3");
        lines::<W4<Sigmoid>>("libm", "W4");
        batches::<W4<Sigmoid>>("libm", "W4");
        lines::<W1<Sigmoid<Fast>>>("fast", "W1");
        lines::<W2<Sigmoid<Fast>>>("fast", "W2");
        lines::<W3<Sigmoid<Fast>>>("fast", "W3");
        lines::<W4<Sigmoid<Fast>>>("fast", "W4");
        batches::<W4<Sigmoid<Fast>>>("fast", "W4");
    });
}
