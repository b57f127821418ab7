//! Predictions with outputs of their own, beside a trainer that is in the midst of a step.

use core::fmt;
use core::slice::from_ref;

use crate::layer::{Layer, Mode};
use crate::scalar::Zero;
use crate::work::Whole;

/// Room for the outputs of all layers of a network `N` for one input: what a prediction needs besides the network.
///
/// [`Trainer::predict`](crate::Trainer::predict) uses the outputs of the trainer. While a
/// [step in pieces](crate::pieces) is on its way these are taken; a predictor answers meanwhile:
///
/// ```
/// use downhill::pieces::Progress;
/// # use downhill::init::{Generator, TruncatedNormal};
/// use downhill::{Dense, Predictor, Sgd, SquaredError, Trainer};
///
/// type Net = (Dense<64, 32>, Dense<32, 10>);
/// let mut trainer = Trainer::<Net, SquaredError, Sgd>::ZERO;
/// # trainer.start(Sgd::new(0.3), &mut TruncatedNormal(Generator::new(1)));
/// let mut predictor = Predictor::<Net>::ZERO;
/// # let (x, target, mut answers) = ([0.5; 64], [0.01; 10], 0);
/// let mut step = trainer.step_in_pieces(&x, &target);
/// while step.run(300)? == Progress::More {
///     if !step.is_writing() {
///         let outputs = predictor.predict(step.network(), &x); // of the weights from before the step
///         # assert!(outputs[0] > 0.0);
///         # answers += 1;
///     }
/// }
/// # assert!(answers > 5);
/// # Ok::<(), downhill::StepError>(())
/// ```
pub struct Predictor<N: Layer> {
    tape: N::Tape<1>,
}

impl<N: Layer> Predictor<N> {
    /// With all bits zero, for a `static` in .bss.
    pub const ZERO: Self = Self { tape: Zero::ZERO };

    /// The outputs of `network` for the inputs `x`, bit by bit those of [`Trainer::predict`](crate::Trainer::predict).
    pub fn predict(&mut self, network: &N, x: &N::Input) -> &N::Output {
        network.forward(from_ref(x), &mut self.tape, Mode::Predict, &mut Whole);
        let [y] = N::outputs(&self.tape);
        y
    }
}

impl<N: Layer> Zero for Predictor<N> {
    const ZERO: Self = Self::ZERO;
}

impl<N: Layer> fmt::Debug for Predictor<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor").finish_non_exhaustive()
    }
}
