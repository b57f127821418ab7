//! The figures of `docs/when-it-does-not-learn.md`: each of its tables is computed here, and must stand there.
//!
//! `cargo test --test when_it_does_not_learn -- --nocapture` prints them.

mod common;

use std::ops::ControlFlow::Continue;

use downhill::activation::Activation;
use downhill::fit::{Data, epoch, evaluate, shuffled_epoch};
use downhill::init::{Generator, He, Init, Uniform, Xavier};
use downhill::loss::Loss;
use downhill::schedule::Constant;
use downhill::{
    Best, BinaryCrossEntropy, CrossEntropy, Dense, Fit, LeakyRelu, OfProbabilities, Relu, Sgd, Softmax, SquaredError,
    Tanh, Trainer, Zero, encode,
};

/// Prints the rows of a table, and requires each of them in the page.
fn in_the_page(rows: &[String]) {
    let page = include_str!("../docs/when-it-does-not-learn.md");
    for row in rows {
        println!("{row}");
    }
    for row in rows {
        assert!(page.lines().any(|line| line == row), "the page should have the row\n{row}");
    }
}

type Line<const W: usize, A> = Trainer<(Dense<1, W, A>, Dense<W, 1, downhill::Identity>), SquaredError, Sgd>;

/// y = x at 20 places from 0 to 1, with inputs from `low` to 1.
fn line(low: f32) -> [([f32; 1], [f32; 1]); 20] {
    let mut y = -0.025;
    [(); 20].map(|()| {
        y += 0.05;
        ([low + (1.0 - low) * y], [y])
    })
}

/// Whether the output is the same for all inputs: no hidden neuron passes anything on.
fn is_dead<const W: usize, A: Activation>(trainer: &mut Line<W, A>, samples: &[([f32; 1], [f32; 1])]) -> bool {
    let mut outputs = samples.iter().map(|(x, _)| trainer.predict(x)[0].to_bits());
    let first = outputs.next();
    outputs.all(|y| Some(y) == first)
}

const RATE: f32 = 0.1;
const EPOCHS: u32 = 20;

/// How many of 100 seeds are dead after these epochs. `bias` is that of the hidden neurons at the start.
fn dead<const W: usize, A: Activation, I: Init>(init: fn(Generator) -> I, low: f32, bias: f32) -> usize {
    let samples = line(low);
    let dies = |seed: &u32| {
        let mut trainer = Line::<W, A>::new();
        trainer.start(Sgd::new(RATE), &mut init(Generator::new(*seed)));
        trainer.network.0.biases = [bias; W];
        for number in 0..EPOCHS {
            shuffled_epoch(&mut trainer, &samples, number).unwrap();
        }
        is_dead(&mut trainer, &samples)
    };
    (0..100).filter(dies).count()
}

/// How many of 20 networks are dead, each of which is the best of five starts.
fn dead_after_restarts() -> usize {
    let samples = line(0.0);
    let dies = |first: &u32| {
        let (mut trainer, mut best) = (Line::<3, Relu>::new(), Best::new());
        let fit = Fit { seed: 5 * first, ..Fit::new(EPOCHS, Constant(RATE)) };
        let start = |trainer: &mut Line<3, Relu>, seed| {
            trainer.start(Sgd::new(RATE), &mut Uniform(Generator::new(seed)));
        };
        fit.restarts(5, &mut trainer, start, Data::new(&samples).keeping(&mut best), |_, _| Continue(())).unwrap();
        is_dead(&mut trainer, &samples)
    };
    (0..20).filter(dies).count()
}

#[test]
fn dead_rectifiers() {
    let row = |what: &str, dead: usize, of: u32| format!("| {what} | {dead} of {of} |");
    in_the_page(&[
        row("1-3-1 `Relu`, `Uniform`", dead::<3, Relu, _>(Uniform, 0.0, 0.0), 100),
        row("`Xavier`", dead::<3, Relu, _>(Xavier, 0.0, 0.0), 100),
        row("`He`", dead::<3, Relu, _>(He, 0.0, 0.0), 100),
        row("`Uniform`, hidden biases of 0.5", dead::<3, Relu, _>(Uniform, 0.0, 0.5), 100),
        row("`Uniform`, inputs from -1 to 1", dead::<3, Relu, _>(Uniform, -1.0, 0.0), 100),
        row("`Uniform`, 8 hidden neurons", dead::<8, Relu, _>(Uniform, 0.0, 0.0), 100),
        row("`LeakyRelu`, `Uniform`", dead::<3, LeakyRelu, _>(Uniform, 0.0, 0.0), 100),
        row("`Tanh`, `Uniform`", dead::<3, Tanh, _>(Uniform, 0.0, 0.0), 100),
        row("`Relu`, `Uniform`, the best of 5 starts (`Fit::restarts`)", dead_after_restarts(), 20),
    ]);
}

type Iris = Trainer<(Dense<4, 7, Tanh>, Dense<7, 3, Softmax>), CrossEntropy, Sgd>;

/// Sixty epochs of Iris: a row with the mean loss of the last, and the accuracy on flowers that it has not seen.
fn iris(what: &str, inputs: f32, rate: f32, sorted: bool, zero: bool) -> String {
    let load = |file| {
        let mut flowers: Vec<([f32; 4], usize)> = common::samples(file);
        if sorted {
            flowers.sort_by_key(|(_, class)| *class);
        }
        let sample = |(x, class): &([f32; 4], usize)| (x.map(|x| x * inputs), encode::one_hot(*class).unwrap());
        flowers.iter().map(sample).collect::<Vec<([f32; 4], [f32; 3])>>()
    };
    let (train, test) = (load("iris/train.csv"), load("iris/test.csv"));
    let mut trainer = Iris::new();
    trainer.start(Sgd::new(rate), &mut Xavier(Generator::new(1)));
    if zero {
        trainer.network = Zero::ZERO;
    }
    let mut loss = 0.0;
    for number in 0..60 {
        loss = if sorted { epoch(&mut trainer, &train) } else { shuffled_epoch(&mut trainer, &train[..], number) }
            .unwrap();
    }
    let accuracy = evaluate(&mut trainer, &test[..], downhill::metrics::Argmax).unwrap().unwrap().metric.unwrap();
    format!("| {what} | {loss:.3} | {:.0} % |", 100.0 * accuracy)
}

#[test]
fn inputs_rates_and_orders() {
    in_the_page(&[
        iris("inputs from 0 to 1, rate 0.1, random order", 0.125, 0.1, false, false),
        iris("inputs in centimetres, up to 8", 1.0, 0.1, false, false),
        iris("inputs in millimetres, up to 80", 10.0, 0.1, false, false),
        iris("rate 0.0001", 0.125, 1e-4, false, false),
        iris("rate 10", 0.125, 10.0, false, false),
        iris("sorted by class", 0.125, 0.1, true, false),
        iris("all weights 0 at the start", 0.125, 0.1, false, true),
    ]);
}

/// How many steps a sigmoid at 0.9997 needs to come down to 0.5.
fn steps_down<L: Loss>() -> usize {
    let mut trainer = Trainer::<Dense<1, 1>, L, Sgd>::with_network(Dense::new([[0.0]], [8.0]), Sgd::new(0.5));
    (1..100_000).find(|_| trainer.step(&[1.0], &[0.0]).is_ok() && trainer.predict(&[1.0])[0] < 0.5).unwrap()
}

#[test]
fn outputs_that_are_sure_and_wrong() {
    let row = |loss, steps: usize| format!("| `Sigmoid` and `{loss}` | {steps} |");
    in_the_page(&[
        row("SquaredError", steps_down::<SquaredError>()),
        row("BinaryCrossEntropy", steps_down::<BinaryCrossEntropy>()),
    ]);
}

/// Two classes that take turns: what two sigmoids say of both after 2,000 steps, where 0.5 is right.
fn turns<L: Loss>() -> String {
    let network = Dense::<1, 2>::new([[0.5, -0.3]], [0.1, 0.0]);
    let mut trainer = Trainer::<_, L, Sgd>::with_network(network, Sgd::new(0.1));
    for target in [[1.0, 0.0], [0.0, 1.0]].iter().cycle().take(2000) {
        trainer.step(&[1.0], target).unwrap();
    }
    let [a, b] = trainer.predict(&[1.0]);
    format!("{a:.2} and {b:.2}")
}

#[test]
fn a_pair_that_does_not_fit() {
    let row = |loss, outputs: String| format!("| `Sigmoid` and `{loss}` | {outputs} |");
    in_the_page(&[
        row("OfProbabilities<CrossEntropy>", turns::<OfProbabilities<CrossEntropy>>()),
        row("BinaryCrossEntropy", turns::<BinaryCrossEntropy>()),
    ]);
}
