//! `cargo bench --manifest-path benches/host/Cargo.toml`

use std::time::Duration;

use benches::{Bench, W1, W2, W3, W4};
use criterion::{Criterion, criterion_group, criterion_main};
use downhill::math::Fast;
use downhill::optimizer::Optimizer;
use downhill::{Layer, Momentum, Sgd, Sigmoid, Zero};

fn step<N, P>(criterion: &mut Criterion, name: &str, optimizer: P)
where
    N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero,
    P: Optimizer<f32> + Zero,
{
    let mut bench = Bench::<N, P>::new(optimizer);
    let mut turn = 0;
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            turn += 1;
            bench.step(turn);
        });
    });
}

fn predict<N>(criterion: &mut Criterion, name: &str)
where
    N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero,
{
    let mut bench = Bench::<N, Sgd>::new(Sgd::new(0.05));
    let mut turn = 0;
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| {
            turn += 1;
            bench.predict(turn);
        });
    });
}

fn network<N>(criterion: &mut Criterion, name: &str)
where
    N: Layer<Scalar = f32, Input: Zero, Output: Zero> + Zero,
{
    predict::<N>(criterion, &format!("{name} predict"));
    step::<N, _>(criterion, &format!("{name} step"), Sgd::new(0.05));
    step::<N, _>(criterion, &format!("{name} step momentum"), Momentum::new(0.05, 0.5));
}

fn training(criterion: &mut Criterion) {
    network::<W1<Sigmoid>>(criterion, "W1 libm");
    network::<W1<Sigmoid<Fast>>>(criterion, "W1 fast");
    network::<W2<Sigmoid>>(criterion, "W2 libm");
    network::<W2<Sigmoid<Fast>>>(criterion, "W2 fast");
    network::<W3<Sigmoid>>(criterion, "W3 libm");
    network::<W3<Sigmoid<Fast>>>(criterion, "W3 fast");
    network::<W4<Sigmoid>>(criterion, "W4 libm");
    network::<W4<Sigmoid<Fast>>>(criterion, "W4 fast");
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = training
}
criterion_main!(benches);
