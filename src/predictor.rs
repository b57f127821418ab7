//! To predict without a trainer.

use core::fmt;
use core::slice::{from_mut, from_ref};

use crate::error::StepError;
use crate::kernel::{Finite, largest};
use crate::layer::{Infer, Mode};
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::work::Whole;

/// A network that predicts, and the scratch that it needs for it: no loss, no optimiser, no deltas.
///
/// The network is owned, or lies in flash: `&'static N` is a network that predicts, too.
///
/// ```
/// use downhill::{Dense, Predictor};
///
/// type Net = (Dense<64, 32>, Dense<32, 10>);
/// static NET: Net = (Dense::new([[0.01; 32]; 64], [0.0; 32]), Dense::new([[0.1; 10]; 32], [0.0; 10])); // flash
///
/// let mut predictor = Predictor::new(&NET);
/// let y = predictor.predict(&[0.5; 64]);
/// # assert!(y[0] > 0.5);
/// const _: () = assert!(Predictor::<&Net>::BYTES == 32 * 4 + size_of::<&Net>()); // the hidden outputs, and the address
/// ```
pub struct Predictor<N: Infer> {
    /// The network.
    pub network: N,
    workspace: Workspace<N>,
}

impl<N: Infer> Predictor<N> {
    /// The memory of a predictor in bytes, with the network if it is owned.
    pub const BYTES: usize = size_of::<Self>();

    /// A predictor for this network.
    pub const fn new(network: N) -> Self {
        Self { network, workspace: Workspace::NEW }
    }

    /// The outputs for the inputs `x`, bit by bit those of [`Trainer::predict`](crate::Trainer::predict). Inputs that are
    /// NaN or infinite give outputs without meaning, and no error: [`try_predict`](Predictor::try_predict) tells.
    pub fn predict(&mut self, x: &N::Input) -> N::Output {
        self.workspace.predict(&self.network, x)
    }

    /// [`predict`](Predictor::predict), with an error where the outputs would have no meaning.
    ///
    /// # Errors
    /// [`StepError::Input`] if an input is NaN or infinite, [`StepError::Sum`] if a weighted sum is.
    pub fn try_predict(&mut self, x: &N::Input) -> Result<N::Output, StepError> {
        self.workspace.try_predict(&self.network, x)
    }
}

impl<N: Infer + Zero> Zero for Predictor<N> {
    const ZERO: Self = Self::new(N::ZERO);
}

/// The scratch of a prediction by a network `N`, without the network.
///
/// [`Trainer::predict`](crate::Trainer::predict) uses that of the trainer. While a [step in pieces](crate::pieces) is on its
/// way this is taken; a workspace of its own answers meanwhile:
///
/// ```
/// use downhill::pieces::Progress;
/// use downhill::predictor::Workspace;
/// # use downhill::init::{Generator, TruncatedNormal};
/// use downhill::{Dense, Sgd, SquaredError, Trainer};
///
/// type Net = (Dense<64, 32>, Dense<32, 10>);
/// let mut trainer = Trainer::<Net, SquaredError, Sgd>::ZERO;
/// # trainer.start(Sgd::new(0.3), &mut TruncatedNormal(Generator::new(1)));
/// let mut workspace = Workspace::<Net>::NEW;
/// # let (x, target, mut answers) = ([0.5; 64], [0.01; 10], 0);
/// let mut step = trainer.step_in_pieces(&x, &target);
/// while step.run(300)? == Progress::More {
///     if !step.is_writing() {
///         let outputs = workspace.predict(step.network(), &x); // of the weights from before the step
///         # assert!(outputs[0] > 0.0);
///         # answers += 1;
///     }
/// }
/// # assert!(answers > 5);
/// # Ok::<(), downhill::StepError>(())
/// ```
pub struct Workspace<N: Infer> {
    tape: N::Tape<1>,
    state: N::State,
}

impl<N: Infer> Workspace<N> {
    /// With all bits zero, for a `static` in .bss.
    pub const NEW: Self = Self { tape: Zero::ZERO, state: Zero::ZERO };

    /// The outputs of `network` for the inputs `x`.
    pub fn predict(&mut self, network: &N, x: &N::Input) -> N::Output {
        let mut y = N::Output::ZERO;
        let Self { tape, state } = self;
        let _ = network.outputs(from_ref(x), from_mut(&mut y), tape, state, Mode::Predict, &mut Whole);
        y
    }

    /// [`predict`](Workspace::predict), with an error where the outputs would have no meaning.
    ///
    /// # Errors
    /// As [`Predictor::try_predict`].
    pub fn try_predict(&mut self, network: &N, x: &N::Input) -> Result<N::Output, StepError> {
        checked::<N, 1>(network, x, &mut self.tape, &mut self.state)
    }
}

/// The outputs, if they have a meaning.
pub(crate) fn checked<N: Infer, const B: usize>(
    network: &N,
    x: &N::Input,
    tape: &mut N::Tape<B>,
    state: &mut N::State,
) -> Result<N::Output, StepError> {
    let mut y = N::Output::ZERO;
    let mut finite = Finite::new();
    finite.join(network.outputs(from_ref(x), from_mut(&mut y), tape, state, Mode::Predict, &mut Whole));
    if finite.all() {
        Ok(y)
    } else {
        Err(if largest(x.flat()).is_finite() { StepError::Sum } else { StepError::Input })
    }
}

impl<N: Infer> Zero for Workspace<N> {
    const ZERO: Self = Self::NEW;
}

impl<N: Infer> fmt::Debug for Workspace<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").finish_non_exhaustive()
    }
}

impl<N: Infer + fmt::Debug> fmt::Debug for Predictor<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor").field("network", &self.network).finish_non_exhaustive()
    }
}
