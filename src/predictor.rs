//! To predict without a trainer.

use core::fmt;
use core::marker::PhantomData;
use core::slice::{from_mut, from_ref};

use crate::error::StepError;
use crate::kernel::{Finite, largest};
use crate::layer::{Infer, Mode};
use crate::learner::Evaluate;
use crate::loss::{Loss, linked};
use crate::refuse::{accepts, refuse};
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
///
/// It measures a network that a trainer has, too, and takes nothing of the trainer but a shared reference; the loss `L` is part
/// of its type:
///
/// ```
/// use downhill::metrics::Argmax;
/// use downhill::{CrossEntropy, Dense, Predictor, Sgd, Softmax, Trainer, fit};
/// # use downhill::init::{Generator, Xavier};
///
/// # let mut trainer = Trainer::<Dense<2, 3, Softmax>, CrossEntropy, Sgd>::new();
/// # trainer.start(Sgd::new(0.5), &mut Xavier(Generator::new(1)));
/// # let test = [([0.1, 0.2], [0.0, 1.0, 0.0])];
/// let mut predictor = Predictor::new(&trainer.network).with_loss::<CrossEntropy>();
/// let score = fit::evaluate(&mut predictor, &test, Argmax)?;
/// # assert_eq!(score, fit::evaluate(&mut trainer, &test, Argmax)?);
/// # Ok::<(), fit::FitError>(())
/// ```
pub struct Predictor<N: Infer, L = ()> {
    /// The network.
    pub network: N,
    workspace: Workspace<N>,
    loss: PhantomData<fn() -> L>,
}

impl<N: Infer> Predictor<N> {
    /// A predictor for this network.
    pub const fn new(network: N) -> Self {
        Self { network, workspace: Workspace::new(), loss: PhantomData }
    }

    /// The same, which tells the loss of a sample besides.
    pub fn with_loss<L: Loss>(self) -> Predictor<N, L> {
        Predictor { network: self.network, workspace: self.workspace, loss: PhantomData }
    }
}

impl<N: Infer, L: Loss> Evaluate for Predictor<N, L> {
    type Scalar = N::Scalar;
    type Input = N::Input;
    type Output = N::Output;

    fn evaluate(&mut self, x: &N::Input, target: &N::Output) -> Result<(N::Scalar, N::Output), StepError> {
        let mut y = N::Output::ZERO;
        let Workspace { tape, state } = &mut self.workspace;
        let loss = evaluated::<N, L, 1>(&self.network, x, target, from_mut(&mut y), tape, state)?;
        Ok((loss, y))
    }
}

impl<N: Infer, L> Predictor<N, L> {
    /// The memory of a predictor in bytes, with the network if it is owned.
    pub const BYTES: usize = size_of::<Self>();

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
/// let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
/// # trainer.start(Sgd::new(0.3), &mut TruncatedNormal(Generator::new(1)));
/// let mut workspace = Workspace::<Net>::new();
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
    pub const fn new() -> Self {
        Self { tape: Zero::ZERO, state: Zero::ZERO }
    }

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

/// The loss of a sample, and its outputs in `y`.
pub(crate) fn evaluated<N: Infer, L: Loss, const B: usize>(
    network: &N,
    x: &N::Input,
    target: &N::Output,
    y: &mut [N::Output],
    tape: &mut N::Tape<B>,
    state: &mut N::State,
) -> Result<N::Scalar, StepError> {
    let linked = const { linked::<L>(N::LINK) };
    let mut finite = Finite::new();
    finite.join(network.forward(from_ref(x), y, tape, state, Mode::Predict, &mut Whole));
    let mut loss = N::Scalar::ZERO;
    if linked {
        loss = L::linked_value(N::Output::numbers(y), target.flat());
    }
    finite.join(N::activate(y, &mut Whole));
    if !linked {
        loss = L::value(N::Output::numbers(y), target.flat());
    }
    finite.see(loss);
    if finite.all() && accepts::<L, _>(from_ref(target)) {
        Ok(loss)
    } else {
        Err(refuse::<L, _, _>(from_ref(x), from_ref(target), loss))
    }
}

impl<N: Infer> Default for Workspace<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Infer<State: Clone>> Clone for Workspace<N>
where
    N::Tape<1>: Clone,
{
    fn clone(&self) -> Self {
        Self { tape: self.tape.clone(), state: self.state.clone() }
    }
}

impl<N: Infer<State: Clone> + Clone, L> Clone for Predictor<N, L>
where
    N::Tape<1>: Clone,
{
    fn clone(&self) -> Self {
        Self { network: self.network.clone(), workspace: self.workspace.clone(), loss: PhantomData }
    }
}

impl<N: Infer> fmt::Debug for Workspace<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").finish_non_exhaustive()
    }
}

impl<N: Infer + fmt::Debug, L> fmt::Debug for Predictor<N, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor").field("network", &self.network).finish_non_exhaustive()
    }
}
