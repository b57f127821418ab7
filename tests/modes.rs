//! A forward pass computes the same bits, whether to predict or to train.

use core::fmt::Debug;

use downhill::activation::Activation;
use downhill::init::{Generator, Random, Uniform};
use downhill::layer::Mode;
use downhill::math::{Fast, Libm};
use downhill::work::Whole;
use downhill::{Dense, Layer, Scalar, Sigmoid, Softmax, Tanh, Unbiased, Zero};

fn same<L: Layer<Input: Zero, Output: Debug> + Zero>() {
    let mut layer = L::ZERO;
    layer.initialize(&mut Uniform(Generator::new(1)));
    let mut random = Generator::new(2);
    let mut slots = L::Slots::<()>::ZERO;
    layer.visit_mut(&mut slots, &mut |parameters| {
        parameters.biases.fill_with(|| L::Scalar::from_f32(random.signed_unit()));
    });
    for _ in 0..100 {
        let mut x = [L::Input::ZERO];
        x[0].as_mut().fill_with(|| L::Scalar::from_f32(4.0 * random.signed_unit()));
        let (mut predicted, mut trained) = (L::Tape::<1>::ZERO, L::Tape::<1>::ZERO);
        let finite = layer.forward(&x, &mut predicted, Mode::Predict, &mut Whole);
        assert_eq!(finite, layer.forward(&x, &mut trained, Mode::Train, &mut Whole));
        assert_eq!(format!("{:?}", L::outputs(&predicted)), format!("{:?}", L::outputs(&trained)));
    }
    // The first layer tells of its inputs.
    for bad in [f32::NAN, f32::INFINITY] {
        let mut x = [L::Input::ZERO];
        x[0].as_mut()[0] = L::Scalar::from_f32(bad);
        for mode in [Mode::Predict, Mode::Train] {
            let mut tape = L::Tape::<1>::ZERO;
            assert!(!layer.forward(&x, &mut tape, mode, &mut Whole).is_finite());
        }
    }
}

fn sizes<A: Activation, T: Scalar>() {
    same::<Dense<1, 3, A, T>>();
    same::<Dense<2, 3, A, T>>();
    same::<Dense<5, 3, A, T>>();
    same::<Dense<6, 3, A, T>>();
    same::<Dense<2, 3, A, T, Unbiased>>();
    same::<Dense<2, 4, A, T>>();
    same::<Dense<3, 2, A, T>>();
    same::<(Dense<2, 3, A, T>, Dense<3, 2, A, T>)>();
    same::<(Dense<4, 5, A, T>, Dense<5, 3, A, T>, Dense<3, 3, A, T>)>();
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
