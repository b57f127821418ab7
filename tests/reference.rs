//! The networks of `data/reference`, which other libraries computed: outputs, losses, gradients and ten training steps.

#[path = "gradients/probe.rs"]
mod probe;
#[path = "reference/rows.rs"]
mod rows;

use downhill::loss::Loss;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{
    Biased, BinaryCrossEntropy, ChainRule, CrossEntropy, Dense, ErrorShare, Huber, Identity, Layer, LeakyRelu,
    Momentum, OfProbabilities, RawError, Relu, Sgd, Shape, Sigmoid, Softmax, SquaredError, Tanh, Trainer, Unbiased,
    Zero,
};
use probe::{Real, Step, array, network, parameters, step};
use rows::Rows;

/// Largest error of any number in `f64`. Both sides round, in other orders.
const DOUBLE: f64 = 1e-13;

/// The same in `f32`: ten steps of rounding by 6e-8.
const SINGLE: f64 = 5e-5;

/// An optimiser from the rows of a file.
trait FromRows {
    fn from_rows(rows: &Rows) -> Self;
}

impl<T: Real> FromRows for Sgd<T> {
    fn from_rows(rows: &Rows) -> Self {
        assert_eq!(rows.get("momentum"), [0.0]);
        Self::new(T::nearest(rows.get("rate")[0]))
    }
}

impl<T: Real> FromRows for Momentum<T> {
    fn from_rows(rows: &Rows) -> Self {
        Self::new(T::nearest(rows.get("rate")[0]), T::nearest(rows.get("momentum")[0]))
    }
}

fn check<T, N, L, P, R>(rows: &Rows, tolerance: f64)
where
    T: Real,
    N: Layer<Scalar = T, Input: Zero, Output: Zero> + Zero,
    L: Loss,
    P: Optimizer<T> + FromRows,
    R: Rule,
{
    let mut worst: f64 = 0.0;
    let mut compare = |name: &str, values: &[f64]| worst = worst.max(rows.error(name, values, tolerance));
    let first = rows.get("parameters");
    let mut trainer = Trainer::<N, L, P, 1, R>::with_network(network(first), P::from_rows(rows));
    let samples: Vec<_> = (0..4).map(|n| (rows.get(&format!("input {n}")), rows.get(&format!("target {n}")))).collect();

    let gradient: Step = step::<T, N, L, R>;
    for (n, (x, target)) in samples.iter().enumerate() {
        let output: Vec<f64> = trainer.predict(&array(x)).flat().iter().map(|&y| y.into()).collect();
        let (loss, gradient) = gradient(first, x, target).unwrap();
        compare(&format!("output {n}"), &output);
        compare(&format!("loss {n}"), &[loss]);
        compare(&format!("gradient {n}"), &gradient);
    }
    let steps = samples.iter().cycle().take(10);
    let losses: Vec<f64> = steps.map(|(x, target)| trainer.step(&array(x), &array(target)).unwrap().into()).collect();
    compare("losses", &losses);
    compare("trained", &parameters(&trainer.network));
    println!("{} in {}: worst error {worst:.1e}", rows.file, std::any::type_name::<T>());
}

macro_rules! reference {
    ($test:ident $file:literal $loss:ident $optim:ident $rule:ident $($i:literal $o:literal $a:ident $b:ident),+) => {
        #[test]
        fn $test() {
            let rows = Rows::read($file);
            check::<f64, ($(Dense<$i, $o, $a, $b, f64>,)+), $loss, $optim<f64>, $rule>(&rows, DOUBLE);
            check::<f32, ($(Dense<$i, $o, $a, $b, f32>,)+), $loss, $optim<f32>, $rule>(&rows, SINGLE);
        }
    };
}

reference!(sigmoid "sigmoid.txt" SquaredError Sgd ChainRule 3 4 Sigmoid Biased, 4 2 Sigmoid Biased);
reference!(sigmoid_unbiased "sigmoid-unbiased.txt" SquaredError Momentum ChainRule
    4 5 Sigmoid Unbiased, 5 3 Sigmoid Unbiased);
reference!(linear "linear.txt" SquaredError Sgd ChainRule 3 4 Identity Biased, 4 2 Identity Unbiased);
reference!(tanh "tanh.txt" SquaredError Momentum ChainRule
    5 6 Tanh Biased, 6 3 Tanh Unbiased, 3 2 Identity Biased);
reference!(relu_softmax "relu-softmax.txt" CrossEntropy Sgd ChainRule 4 9 Relu Biased, 9 3 Softmax Biased);
reference!(leaky_sigmoid "leaky-sigmoid.txt" BinaryCrossEntropy Momentum ChainRule
    4 8 LeakyRelu Unbiased, 8 2 Sigmoid Biased);
reference!(wide "wide.txt" CrossEntropy Momentum ChainRule 2 17 Tanh Biased, 17 9 Softmax Biased);
reference!(softmax_within "softmax-within.txt" SquaredError Sgd ChainRule 3 4 Softmax Biased, 4 3 Softmax Unbiased);
type Binary = OfProbabilities<BinaryCrossEntropy>;
reference!(softmax_binary "softmax-binary.txt" Binary Sgd ChainRule
    3 5 LeakyRelu Biased, 5 3 Softmax Biased);
type Cross = OfProbabilities<CrossEntropy>;
reference!(sigmoid_cross "sigmoid-cross.txt" Cross Momentum ChainRule 3 4 Tanh Unbiased, 4 3 Sigmoid Biased);
reference!(rectified "rectified.txt" SquaredError Sgd ChainRule
    3 6 Relu Biased, 6 4 LeakyRelu Biased, 4 3 Relu Biased);
reference!(raw_error "raw-error.txt" SquaredError Sgd RawError 3 4 Sigmoid Unbiased, 4 2 Sigmoid Unbiased);
reference!(error_share "error-share.txt" SquaredError Sgd ErrorShare
    3 4 Sigmoid Unbiased, 4 3 Sigmoid Unbiased, 3 2 Sigmoid Unbiased);
reference!(huber "huber.txt" Huber Sgd ChainRule 3 4 Tanh Biased, 4 3 Identity Biased);
type Narrow = Huber<3, 4>;
reference!(huber_narrow "huber-narrow.txt" Narrow Momentum ChainRule 3 3 Relu Biased, 3 4 Identity Unbiased);
