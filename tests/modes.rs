//! A forward pass computes the same bits, whether to predict or to train.

use core::fmt::Debug;
use core::slice::from_ref;

use downhill::activation::Activation;
use downhill::init::{Generator, Random, Uniform};
use downhill::layer::Mode;
use downhill::math::{Fast, Libm};
use downhill::tensor::Role;
use downhill::work::Whole;
use downhill::{Biased, Dense, Layer, Scalar, Shape, Sigmoid, Softmax, Tanh, Unbiased, Zero};

fn same<L: Layer<Input: Zero, Output: Debug> + Zero>() {
    let mut layer = L::ZERO;
    layer.initialize(&mut Uniform(Generator::new(1)));
    let mut random = Generator::new(2);
    layer.tensors_mut(&mut |tensor| {
        if tensor.role == Role::Bias {
            tensor.data.fill_with(|| L::Scalar::from_f32(random.signed_unit()));
        }
    });
    let outputs = |layer: &L, x: &L::Input, mode| {
        let (mut y, mut tape, mut state) = ([L::Output::ZERO], L::Tape::<1>::ZERO, L::State::ZERO);
        let finite = layer.outputs(from_ref(x), &mut y, &mut tape, &mut state, mode, &mut Whole);
        (y, finite)
    };
    for _ in 0..100 {
        let mut x = L::Input::ZERO;
        x.flat_mut().fill_with(|| L::Scalar::from_f32(4.0 * random.signed_unit()));
        let [(predicted, finite), (trained, also)] = [Mode::Predict, Mode::Train].map(|mode| outputs(&layer, &x, mode));
        assert_eq!(finite, also);
        assert_eq!(format!("{predicted:?}"), format!("{trained:?}"));
    }
    // The first layer tells of its inputs.
    for bad in [f32::NAN, f32::INFINITY] {
        let mut x = L::Input::ZERO;
        x.flat_mut()[0] = L::Scalar::from_f32(bad);
        for mode in [Mode::Predict, Mode::Train] {
            assert!(!outputs(&layer, &x, mode).1.is_finite());
        }
    }
}

fn sizes<A: Activation, T: Scalar>() {
    same::<Dense<1, 3, A, Biased, T>>();
    same::<Dense<2, 3, A, Biased, T>>();
    same::<Dense<5, 3, A, Biased, T>>();
    same::<Dense<6, 3, A, Biased, T>>();
    same::<Dense<2, 3, A, Unbiased, T>>();
    same::<Dense<2, 4, A, Biased, T>>();
    same::<Dense<3, 2, A, Biased, T>>();
    same::<(Dense<2, 3, A, Biased, T>, Dense<3, 2, A, Biased, T>)>();
    same::<(Dense<4, 5, A, Biased, T>, Dense<5, 3, A, Biased, T>, Dense<3, 3, A, Biased, T>)>();
}

#[test]
fn modes() {
    sizes::<Sigmoid<Fast>, f32>();
    sizes::<Tanh<Fast>, f32>();
    sizes::<Softmax<Fast>, f32>();
    sizes::<Sigmoid<Libm>, f32>();
    sizes::<Sigmoid<Fast>, f64>();
    sizes::<Softmax<Libm>, f64>();
}
