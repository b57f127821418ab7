//! Measures the workloads, and prints lines `IMPL,BUILD,WORKLOAD,fwd|step,median ns,min ns`, as the yardsticks do.

use benches::{BUILD, Bench, Time, W1, W2, W3, W4, measure, with_stack};
use downhill::activation::Activation;
use downhill::math::Fast;
use downhill::optimizer::Optimizer;
use downhill::{Adam, Batch, Layer, Momentum, Sgd, Sigmoid, Zero};

fn print(backend: &str, workload: &str, kind: &str, time: Time) {
    println!("downhill-{backend},{BUILD},{workload},{kind},{:.2},{:.2}", time.median, time.min);
}

fn lines<N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero>(backend: &str, workload: &str) {
    let mut bench = Bench::<N, Sgd>::new(Sgd::new(0.05));
    let forward = measure(|turn| bench.predict(turn));
    let step = measure(|turn| bench.step(turn));
    print(backend, workload, "fwd", forward);
    print(backend, workload, "step", step);
}

/// One sample per step. With [`Batch`], the mean over full batches.
fn single<N, P>(backend: &str, workload: &str, optimizer: P)
where
    N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero,
    P: Optimizer<f32> + Zero,
{
    let mut bench = Bench::<N, P>::new(optimizer);
    print(backend, workload, "step", measure(|turn| bench.step(turn)));
}

/// Slices of 32 samples, per sample.
fn slices<N, P>(backend: &str, workload: &str, optimizer: P)
where
    N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero,
    P: Optimizer<f32> + Zero,
{
    let mut bench = Bench::<N, P, 32>::new(optimizer);
    let Time { median, min } = measure(|_| bench.step_batch());
    print(backend, workload, "step", Time { median: median / 32.0, min: min / 32.0 });
}

fn all<A: Activation>(backend: &str) {
    let (sgd, momentum, adam) = (Sgd::new(0.05), Momentum::new(0.05, 0.9), Adam::new(0.001));
    lines::<W1<A>>(backend, "W1");
    lines::<W2<A>>(backend, "W2");
    lines::<W3<A>>(backend, "W3");
    lines::<W4<A>>(backend, "W4");
    single::<W2<A>, _>(backend, "W2-adam", adam);
    single::<W4<A>, _>(backend, "W4-adam", adam);
    slices::<W4<A>, _>(backend, "W4b32", sgd);
    slices::<W4<A>, _>(backend, "W4b32-momentum", momentum);
    slices::<W4<A>, _>(backend, "W4b32-adam", adam);
    single::<W4<A>, _>(backend, "W4batch32", Batch::new(32, sgd));
    single::<W4<A>, _>(backend, "W4batch32-momentum", Batch::new(32, momentum));
    single::<W4<A>, _>(backend, "W4batch32-adam", Batch::new(32, adam));
}

fn main() {
    with_stack(|| {
        all::<Sigmoid>("libm");
        all::<Sigmoid<Fast>>("fast");
    });
}
