//! NaN and infinity at each place of inputs and targets: networks with one to five outputs, with each activation and each
//! rule. A last layer of up to four outputs is checked late on chips, together with the rest of the step.

use downhill::activation::Activation;
use downhill::loss::Loss;
use downhill::rule::{NoShares, Rule};
use downhill::{
    BinaryCrossEntropy, ChainRule, CrossEntropy, Dense, ErrorShare, Identity, LeakyRelu, RawError, Relu, Sgd, Sigmoid,
    Softmax, SquaredError, StepError, Tanh,
};

use super::{BAD, Cases, Twins, good, with};

pub fn all(cases: &mut Cases) {
    each_activation::<ChainRule>(cases, ["4-7-3, chain rule", "3-5-2, chain rule"]);
    each_activation::<RawError>(cases, ["4-7-3, raw error", "3-5-2, raw error"]);
    each_activation::<ErrorShare>(cases, ["4-7-3, error share", "3-5-2, error share"]);
    cases.group = "2-3-1";
    places::<Tanh, Sigmoid, BinaryCrossEntropy, ChainRule, 2, 3, 1>(cases);
    places::<Relu, Identity, SquaredError, ErrorShare, 2, 3, 1>(cases);
    cases.group = "2-3-4";
    places::<Tanh, Softmax, CrossEntropy, RawError, 2, 3, 4>(cases);
    places::<Relu, Sigmoid, SquaredError, ErrorShare, 2, 3, 4>(cases);
    cases.group = "2-3-5";
    places::<Sigmoid, Sigmoid, SquaredError, ChainRule, 2, 3, 5>(cases);
    places::<Sigmoid, Softmax, CrossEntropy, ErrorShare, 2, 3, 5>(cases);
}

fn each_activation<R: Rule>(cases: &mut Cases, [three, two]: [&'static str; 2]) {
    cases.group = three;
    places::<Sigmoid, Sigmoid, SquaredError, R, 4, 7, 3>(cases);
    places::<Tanh, Tanh, SquaredError, R, 4, 7, 3>(cases);
    places::<Relu, Relu, SquaredError, R, 4, 7, 3>(cases);
    places::<LeakyRelu, LeakyRelu, SquaredError, R, 4, 7, 3>(cases);
    places::<Sigmoid, Softmax, CrossEntropy, R, 4, 7, 3>(cases);
    places::<Identity, Identity, SquaredError, R, 4, 7, 3>(cases);
    cases.group = two;
    places::<Sigmoid, Sigmoid, SquaredError, R, 3, 5, 2>(cases);
    places::<Tanh, Tanh, SquaredError, R, 3, 5, 2>(cases);
    places::<Relu, Relu, SquaredError, R, 3, 5, 2>(cases);
    places::<LeakyRelu, LeakyRelu, SquaredError, R, 3, 5, 2>(cases);
    places::<Sigmoid, Softmax, CrossEntropy, R, 3, 5, 2>(cases);
    places::<Identity, Identity, SquaredError, R, 3, 5, 2>(cases);
}

/// Each place, first with weights that were learnt, then with weights whose columns sum to zero, which a rule may not
/// get to see before it is known that the inputs are good.
#[inline(never)]
fn places<A, Z, L, R, const I: usize, const H: usize, const O: usize>(cases: &mut Cases)
where
    A: Activation + Copy,
    Z: Activation + Copy,
    L: Loss,
    R: Rule,
{
    type Net<A, Z, const I: usize, const H: usize, const O: usize> = (Dense<I, H, A>, Dense<H, O, Z>);
    let mut twins: Twins<Net<A, Z, I, H, O>, L, Sgd, R, 1, I, O> = Twins::experienced(Sgd::new(1e-3));
    each_place(cases, &mut twins, ["an input", "a target", "an input and a target"]);
    twins.each(|trainer| trainer.network.1.weights = [[0.0; O]; H]);
    if shares::<R>() {
        let (x, target) = (twins.x, twins.target);
        twins.learn = false;
        twins.refuse(cases, "no sum", StepError::NoShares(NoShares { output: 0 }), &|trainer| {
            good(trainer, &x, &target)
        });
    }
    each_place(cases, &mut twins, ["an input, no sum", "a target, no sum", "an input and a target, no sum"]);
}

/// Whether the rule divides by sums of columns.
fn shares<R: Rule>() -> bool {
    R::send_back(&[0.0_f32], &[1.0], &mut [0.0]).is_err()
}

#[inline(never)]
fn each_place<A, Z, L, R, const I: usize, const H: usize, const O: usize>(
    cases: &mut Cases,
    twins: &mut Twins<(Dense<I, H, A>, Dense<H, O, Z>), L, Sgd, R, 1, I, O>,
    [input, output, both]: [&'static str; 3],
) where
    A: Activation + Copy,
    Z: Activation + Copy,
    L: Loss,
    R: Rule,
{
    let (x, target) = (twins.x, twins.target);
    for bad in BAD {
        for i in 0..I {
            let x = with(x, i, bad);
            twins.refuse(cases, input, StepError::Input, &|trainer| good(trainer, &x, &target));
        }
        for o in 0..O {
            let target = with(target, o, bad);
            twins.refuse(cases, output, StepError::Target, &|trainer| good(trainer, &x, &target));
        }
        let (x, target) = (with(x, I - 1, bad), with(target, O - 1, bad));
        twins.refuse(cases, both, StepError::Input, &|trainer| good(trainer, &x, &target));
    }
}
