//! What an activation is where its formula leaves a choice.

use downhill::activation::Activation;
use downhill::{LeakyRelu, Relu};

/// At 0, the derivative is that of the negative side, as documented. The sign of a zero does not matter.
#[test]
fn the_derivative_of_a_rectifier_at_0() {
    fn derivative<A: Activation>(y: f64) -> f64 {
        let mut error = [1.0];
        assert!(A::derivative(&[y], &mut error).is_finite());
        error[0]
    }
    for zero in [0.0, -0.0] {
        assert_eq!(derivative::<Relu>(zero).to_bits(), 0.0_f64.to_bits());
        assert_eq!(derivative::<LeakyRelu>(zero).to_bits(), 0.01_f64.to_bits());
    }
    assert_eq!(derivative::<Relu>(1e-300).to_bits(), 1.0_f64.to_bits());
    assert_eq!(derivative::<LeakyRelu>(1e-300).to_bits(), 1.0_f64.to_bits());
}
