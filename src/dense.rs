//! The dense layer: every input is joined to every output.

use core::fmt::Debug;
use core::hint::black_box;
use core::marker::PhantomData;

use crate::activation::{self, Activation, Link, Sigmoid};
use crate::architecture::Architecture;
use crate::error::StepError;
use crate::hint::through_memory;
use crate::init::Init;
use crate::kernel::{self, Finite, Magnitude};
use crate::layer::{Factors, Layer, Mode, first, first_mut};
use crate::optimizer::{self, Collected, Gradient, Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::work::{ACTIVATION, Budget, DERIVATIVE, SHARE, Sizes};

/// A fully connected layer with `I` inputs, `O` outputs, activation `A`, number type `T`, and biases unless `B` is
/// [`Unbiased`]: `y = A(b + x W)`.
///
/// A layer without inputs or outputs does not compile, nor does a [`Softmax`](crate::Softmax) of one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dense<const I: usize, const O: usize, A = Sigmoid, T: Scalar = f32, B: Bias = Biased> {
    /// `weights[i][o]` joins input `i` to output `o`.
    pub weights: [[T; O]; I],
    /// One bias per output, or none.
    pub biases: B::Array<T, O>,
    activation: PhantomData<A>,
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, B: Bias> Dense<I, O, A, T, B> {
    /// A layer with these parameters, for example a network that was trained elsewhere.
    pub const fn new(weights: [[T; O]; I], biases: B::Array<T, O>) -> Self {
        const { assert!(I > 0 && O > 0, "a dense layer needs at least one input and one output") };
        const { enough(O, A::LEAST_OUTPUTS) };
        Self { weights, biases, activation: PhantomData }
    }
}

const fn enough(outputs: usize, least: usize) {
    assert!(
        outputs >= least,
        "the activation needs more outputs: Softmax of one output is always 1. Use two outputs, or Sigmoid"
    );
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, B: Bias> Zero for Dense<I, O, A, T, B> {
    const ZERO: Self = Self::new(Zero::ZERO, Zero::ZERO);
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, B: Bias> Layer for Dense<I, O, A, T, B> {
    type Scalar = T;
    type Input = [T; I];
    type Output = [T; O];
    type Tape<const N: usize> = [[T; O]; N];
    type Deltas<const N: usize> = [[T; O]; N];
    type Slots<S: Zero> = Slots<S, I, O, B>;

    const PARAMETERS: usize = I * O + size_of::<B::Array<T, O>>() / size_of::<T>();
    const LEARNS: bool = true;
    const LINK: Link = A::LINK;
    const SIZES: Sizes =
        Sizes { row: O, learns: O, weights: I * O, whole: if A::BY_ELEMENT { 0 } else { O }, vectors: I + O };
    const BOUNDED: bool = A::BOUNDED;
    const ARCHITECTURE: Architecture =
        Architecture::layer(&["dense", A::NAME, T::NAME], &[I, O, Self::PARAMETERS - I * O]);

    // z[o] = b[o] + sum over i of x[i] w[i][o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear<W: Budget, const N: usize>(&self, x: &[[T; I]], z: &mut [[T; O]; N], mode: Mode, work: &mut W) -> T {
        forward(&self.weights, self.biases.as_ref(), x, z, work);
        // A prediction is faster with its sums in registers.
        if W::WHOLE && mode == Mode::Train {
            through_memory(O);
        }
        -T::ZERO
    }

    // On the host, three outputs are predicted with a fourth that is not used, so that they fill a vector. In a step this
    // would be slower: each step waits for the one before, and the outputs are ready sooner without the fourth.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward<W: Budget, const N: usize>(&self, x: &[[T; I]], y: &mut [[T; O]; N], mode: Mode, work: &mut W) -> T {
        let vector = W::WHOLE && A::VECTOR && size_of::<T>() == size_of::<f32>();
        if let (true, Mode::Predict, [x], Some(y)) = (vector, mode, x, y.first_mut()) {
            if let Some(mut four) = kernel::forward_four(self.weights.as_flattened(), self.biases.as_ref(), x) {
                let mut finite = Finite::new();
                for &z in four.iter().take(O) {
                    finite.see(z);
                }
                let _ = activation::activate::<A, T>(&mut four);
                // Without a use of the fourth, the compiler would leave it out again.
                black_box(four);
                for (y, four) in y.iter_mut().zip(four) {
                    *y = four;
                }
                return finite.number();
            }
        }
        self.linear(x, y, mode, work) + Self::activate(y, x.len(), work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<W: Budget, const N: usize>(z: &mut [[T; O]; N], samples: usize, work: &mut W) -> T {
        activate::<A, _, _, _, N>(z, samples, work)
    }

    fn outputs<const N: usize>(y: &[[T; O]; N]) -> &[[T; O]; N] {
        y
    }

    fn errors<const N: usize>(deltas: &mut [[T; O]; N]) -> &mut [[T; O]; N] {
        deltas
    }

    // delta[o] = error[o] A'(z[o]);  below[i] = sum over o of delta[o] w[i][o], or as the rule has it
    #[cfg_attr(not(unoptimized), inline(always))]
    fn back<R: Rule, W: Budget, const N: usize>(
        &self,
        y: &[[T; O]; N],
        errors: &mut [[T; O]; N],
        samples: usize,
        settled: bool,
        below: Option<&mut [[T; I]; N]>,
        work: &mut W,
    ) -> Result<T, StepError> {
        back::<R, A, _, _, _, _>(
            &self.weights,
            first(y, samples),
            first_mut(errors, samples),
            settled,
            below.map(|below| &mut below[..]),
            work,
        )
    }

    // dE/dw[i][o] = x[i] delta[o];  dE/db[o] = delta[o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update<P: Optimizer<T>, W: Budget, const N: usize>(
        &mut self,
        x: &[[T; I]],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        slots: &mut Slots<P::Slot, I, O, B>,
        optimizer: &P,
        scale: T,
        work: &mut W,
    ) {
        let deltas = first(deltas, x.len());
        if let ([x], [delta]) = (x, deltas) {
            // The biases are one more row, of an input that is always 1.
            let Some(rows) = work.take(I + usize::from(Self::PARAMETERS > I * O), O * P::MACS) else { return };
            if W::WHOLE {
                kernel::apart(I * O, x, delta, self, |x, delta, layer| {
                    let gradient = Gradient { x, deltas: delta, scale };
                    optimizer.update(layer.parameters(slots), gradient);
                });
            } else {
                let weights = rows.start.min(I)..rows.end.min(I);
                let gradient = Gradient { x: W::part(x, weights.clone()), deltas: delta, scale };
                optimizer.update(self.parameters(slots).rows(weights, O, rows.end > I), gradient);
            }
        } else if W::WHOLE && N > 1 {
            kernel::apart(I * O, x, deltas, self, |x, deltas, layer| {
                let (x, deltas) = (x.as_flattened(), deltas.as_flattened());
                optimizer.update_batch(layer.parameters(slots), Gradient { x, deltas, scale }, (I, O));
            });
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn apply<P: Optimizer<T>, W: Budget>(
        &mut self,
        slots: &mut Slots<P::Slot, I, O, B>,
        sums: &mut Slots<P::Sum, I, O, B>,
        optimizer: &P,
        work: &mut W,
    ) {
        optimizer::apply(optimizer, self.parameters(slots), sums.collected(), work);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn gradient<const N: usize>(
        x: &[[T; I]],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        bounded: bool,
        visit: &mut impl FnMut(Factors<T>),
    ) {
        let deltas = first(deltas, x.len()).as_flattened();
        let biases = size_of::<B::Array<T, O>>() > 0;
        visit(Factors { x: x.as_flattened(), deltas, outputs: O, biases, bounded });
    }

    fn scale<const N: usize>(deltas: &mut [[T; O]; N], sample: usize, factor: T) {
        scale(deltas, sample, factor);
    }

    fn initialize(&mut self, init: &mut impl Init) {
        for weight in self.weights.as_flattened_mut() {
            *weight = init.weight(I, O);
        }
        self.biases.as_mut().fill(T::ZERO);
    }

    fn seed<const N: usize>(_: &mut [[T; O]; N], _: &mut impl FnMut() -> u32) {}

    fn visit(&self, visit: &mut impl FnMut(&[T])) {
        visit(self.weights.as_flattened());
        visit(self.biases.as_ref());
    }

    fn visit_mut<S: Zero>(&mut self, slots: &mut Slots<S, I, O, B>, visit: &mut impl FnMut(Parameters<T, S>)) {
        visit(self.parameters(slots));
    }
}

impl<const I: usize, const O: usize, A, T: Scalar, B: Bias> Dense<I, O, A, T, B> {
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn parameters<'a, S: Zero>(&'a mut self, slots: &'a mut Slots<S, I, O, B>) -> Parameters<'a, T, S> {
        Parameters {
            weights: self.weights.as_flattened_mut(),
            weight_slots: slots.weights.as_flattened_mut(),
            biases: self.biases.as_mut(),
            bias_slots: slots.biases.as_mut(),
        }
    }
}

/// [`Layer::linear`] of a layer with these parameters.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn forward<const I: usize, const O: usize, const N: usize, T: Scalar, W: Budget>(
    weights: &[[T; O]; I],
    biases: &[T],
    x: &[[T; I]],
    z: &mut [[T; O]; N],
    work: &mut W,
) {
    let z = first_mut(z, x.len());
    if let ([x], [z]) = (x, &mut *z) {
        let Some(rows) = work.take(I, O) else { return };
        if biases.is_empty() && rows.start == 0 {
            z.fill(T::ZERO);
        }
        if W::WHOLE {
            kernel::forward(weights.as_flattened(), biases, x, z);
        } else {
            let biases = if rows.start == 0 { biases } else { &[] };
            // The loops that all layers share.
            T::forward(W::part(weights, rows.clone()).as_flattened(), biases, W::part(x, rows), z);
        }
    } else if W::WHOLE && N > 1 {
        if biases.is_empty() {
            z.as_flattened_mut().fill(T::ZERO);
        }
        kernel::apart(I * O, weights, x, z, |weights, x, z| {
            let (x, z) = (x.as_flattened(), z.as_flattened_mut());
            kernel::forward_samples(weights.as_flattened(), biases, x, z, (I, O));
        });
    }
}

/// [`Layer::activate`] of a layer with the activation `A`.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn activate<A: Activation, T: Scalar, W: Budget, const O: usize, const N: usize>(
    z: &mut [[T; O]; N],
    samples: usize,
    work: &mut W,
) -> T {
    let z = first_mut(z, samples);
    // -0 is the number that changes nothing when it is added.
    let mut finite = -T::ZERO;
    if let [z] = z {
        if let Some(elements) = work.elements(A::BY_ELEMENT, O, ACTIVATION) {
            finite = activation::activate::<A, T>(W::part_mut(z, elements));
        }
    } else if W::WHOLE && N > 1 && A::BY_ELEMENT {
        finite = activation::activate::<A, T>(z.as_flattened_mut());
    } else if W::WHOLE && N > 1 {
        for z in z {
            finite += activation::activate::<A, T>(z);
        }
    }
    finite
}

/// [`Layer::back`] of a layer with these weights and the activation `A`.
#[cfg_attr(not(unoptimized), inline(always))]
pub(crate) fn back<R: Rule, A: Activation, T: Scalar, W: Budget, const I: usize, const O: usize>(
    weights: &[[T; O]; I],
    y: &[[T; O]],
    errors: &mut [[T; O]],
    settled: bool,
    mut below: Option<&mut [[T; I]]>,
    work: &mut W,
) -> Result<T, StepError> {
    let mut magnitude = Magnitude::none();
    for (sample, (y, error)) in y.iter().zip(errors).enumerate() {
        let mut derive = |error: &mut [T; O], work: &mut W| {
            if let Some(elements) = work.elements(A::BY_ELEMENT || settled, O, DERIVATIVE) {
                let (y, error) = (W::part(y, elements.clone()), W::part_mut(error, elements));
                magnitude.join(if settled {
                    kernel::magnitude(error)
                } else {
                    activation::derivative::<A, T>(y, error)
                });
            }
        };
        if !R::RAW {
            derive(error, work);
        }
        if let Some(below) = below.as_deref_mut().and_then(|below| below.get_mut(sample)) {
            if W::WHOLE {
                kernel::apart(I * O, weights, error, below, |weights, error, below| {
                    R::send_back(weights.as_flattened(), error, below)
                })?;
            } else if R::BY_ROW {
                if let Some(rows) = work.take(I, O) {
                    R::send_rows(W::part(weights, rows.clone()).as_flattened(), error, W::part_mut(below, rows))?;
                }
            } else if work.one(I * O * SHARE) {
                R::send_back(weights.as_flattened(), error, below)?;
            }
        }
        if R::RAW {
            derive(error, work);
        }
    }
    Ok(magnitude.number())
}

/// [`Layer::scale`].
pub(crate) fn scale<T: Scalar, const O: usize>(deltas: &mut [[T; O]], sample: usize, factor: T) {
    for delta in deltas.get_mut(sample).into_iter().flatten() {
        *delta *= factor;
    }
}

#[cfg(feature = "defmt")]
impl<const I: usize, const O: usize, A, T: Scalar + defmt::Format, B: Bias> defmt::Format for Dense<I, O, A, T, B> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Dense {{ weights: {}, biases: {} }}", self.weights.as_flattened(), self.biases.as_ref());
    }
}

/// What an optimiser keeps for a dense layer: an `S` for each weight and each bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slots<S: Zero, const I: usize, const O: usize, B: Bias> {
    weights: [[S; O]; I],
    biases: B::Array<S, O>,
}

impl<S: Zero, const I: usize, const O: usize, B: Bias> Slots<S, I, O, B> {
    pub(crate) fn collected(&mut self) -> Collected<'_, S> {
        Collected { weights: self.weights.as_flattened_mut(), biases: self.biases.as_mut() }
    }
}

impl<S: Zero, const I: usize, const O: usize, B: Bias> Zero for Slots<S, I, O, B> {
    const ZERO: Self = Self { weights: Zero::ZERO, biases: Zero::ZERO };
}

/// Whether a layer has biases: [`Biased`] or [`Unbiased`].
pub trait Bias {
    /// One `S` per output, or nothing.
    type Array<S: Zero, const O: usize>: AsRef<[S]> + AsMut<[S]> + Zero;
}

/// A layer with one bias per output.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Biased;

impl Bias for Biased {
    type Array<S: Zero, const O: usize> = [S; O];
}

/// A layer without biases.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unbiased;

impl Bias for Unbiased {
    type Array<S: Zero, const O: usize> = [S; 0];
}
