//! The dense layer: every input is joined to every output.

use core::fmt::{self, Debug};
use core::hint::black_box;
use core::marker::PhantomData;

use crate::activation::{self, Activation, Link, Sigmoid};
use crate::architecture::Architecture;
use crate::error::StepError;
use crate::frozen::{BiasOnly, OtherBiases};
use crate::hint::through_memory;
use crate::import::constant::{self, Import, Of, Source, Tensors};
use crate::kernel::{self, Finite, Magnitude, SEAL};
use crate::layer::{Infer, Layer, Mode, Pairs, Trace};
use crate::optimizer::{self, Collected, Gradient, Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::{Scalar, Zero};
use crate::slots::Slots;
use crate::tensor::{Role, Tensor};
use crate::work::{ACTIVATION, Budget, DERIVATIVE, SHARE, Sizes};

/// A fully connected layer with `I` inputs, `O` outputs, activation `A`, biases unless `K` is [`Unbiased`], and
/// number type `T`: `y = A(b + x W)`.
///
/// A layer without inputs or outputs does not compile, nor does a [`Softmax`](crate::Softmax) of one output.
pub struct Dense<const I: usize, const O: usize, A = Sigmoid, K: Bias = Biased, T: Scalar = f32> {
    /// `weights[i][o]` joins input `i` to output `o`.
    pub weights: [[T; O]; I],
    /// One bias per output, or none.
    pub biases: K::Array<T, O>,
    activation: PhantomData<A>,
}

impl<const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> Dense<I, O, A, K, T> {
    /// A layer with these parameters, for example a network that was trained elsewhere.
    pub const fn new(weights: [[T; O]; I], biases: K::Array<T, O>) -> Self {
        const { assert!(I > 0 && O > 0, "a dense layer needs at least one input and one output") };
        const { enough(O, A::LEAST_OUTPUTS) };
        Self { weights, biases, activation: PhantomData }
    }
}

// Derived, these would ask the same of the activation, of which the layer has no value.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<const I: usize, const O: usize, A, K: Bias<Array<T, O>: Copy>, T: Scalar> Clone for Dense<I, O, A, K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const I: usize, const O: usize, A, K: Bias<Array<T, O>: Copy>, T: Scalar> Copy for Dense<I, O, A, K, T> {}

impl<const I: usize, const O: usize, A, K: Bias, T: Scalar> PartialEq for Dense<I, O, A, K, T> {
    fn eq(&self, other: &Self) -> bool {
        self.weights == other.weights && self.biases.as_ref() == other.biases.as_ref()
    }
}

/// The shape, not the weights.
impl<const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> Debug for Dense<I, O, A, K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dense({I} to {O}, {})", A::NAME)
    }
}

#[cfg(feature = "defmt")]
impl<const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> defmt::Format for Dense<I, O, A, K, T> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "Dense({} to {}, {})", I, O, A::NAME);
    }
}

const fn enough(outputs: usize, least: usize) {
    assert!(
        outputs >= least,
        "the activation needs more outputs: Softmax of one output is always 1. Use two outputs, or Sigmoid"
    );
}

impl<const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> Zero for Dense<I, O, A, K, T> {
    const ZERO: Self = Self::new(Zero::ZERO, Zero::ZERO);
}

impl<const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> Infer for Dense<I, O, A, K, T> {
    type Scalar = T;
    type Input = [T; I];
    type Output = [T; O];
    type Tape<const B: usize> = ();
    type State = ();

    const PARAMETERS: usize = I * O + <K::Array<T, O> as Slots<T>>::COUNT;
    const ARCHITECTURE: Architecture =
        Architecture::layer(&["dense", A::NAME, T::NAME], &[I, O, Self::PARAMETERS - I * O]);
    const LINK: Link = A::LINK;
    const BOUNDED: bool = A::BOUNDED;
    const SIZES: Sizes =
        Sizes { row: O, learns: O, weights: I * O, whole: if A::BY_ELEMENT { 0 } else { O }, vectors: I + O, pairs: 1 };

    // z[o] = b[o] + sum over i of x[i] w[i][o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward<W: Budget, const B: usize>(
        &self,
        x: &[[T; I]],
        z: &mut [[T; O]],
        (): &mut (),
        (): &mut (),
        mode: Mode,
        work: &mut W,
    ) -> T {
        sums::<I, O, B, _, _>(&self.weights, self.biases.as_ref(), x, z, work);
        // A prediction is faster with its sums in registers.
        if W::WHOLE && mode == Mode::Train {
            through_memory(O);
        }
        -T::ZERO
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate<W: Budget>(z: &mut [[T; O]], work: &mut W) -> T {
        // -0 is the number that changes nothing when it is added.
        let mut finite = -T::ZERO;
        if let [z] = z {
            if let Some(elements) = work.elements(A::BY_ELEMENT, O, ACTIVATION) {
                finite = activation::activate::<A, T>(W::part_mut(z, elements));
            }
        } else if W::WHOLE && A::BY_ELEMENT {
            finite = activation::activate::<A, T>(z.as_flattened_mut());
        } else if W::WHOLE {
            for z in z {
                finite += activation::activate::<A, T>(z);
            }
        }
        finite
    }

    // On the host, three outputs are predicted with a fourth that is not used, so that they fill a vector. In a step this
    // would be slower: each step waits for the one before, and the outputs are ready sooner without the fourth.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn outputs<W: Budget, const B: usize>(
        &self,
        x: &[[T; I]],
        y: &mut [[T; O]],
        tape: &mut (),
        state: &mut (),
        mode: Mode,
        work: &mut W,
    ) -> T {
        let vector = W::WHOLE && A::VECTOR && size_of::<T>() == size_of::<f32>();
        if let (true, Mode::Predict, [x], [y]) = (vector, mode, x, &mut *y) {
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
        self.forward::<W, B>(x, y, tape, state, mode, work) + Self::activate(y, work)
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[T]>)) {
        visit(Tensor::new("weight", &[I, O], Role::weight(I, O), self.weights.as_flattened()));
        let biases = self.biases.as_ref();
        if !biases.is_empty() {
            visit(Tensor::new("bias", &[O], Role::Bias, biases));
        }
    }
}

impl<const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> Layer for Dense<I, O, A, K, T> {
    type Deltas<const B: usize> = ();
    type Slots<S: Zero> = Kept<S, I, O, K>;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn derive<W: Budget>(y: &[[T; O]], errors: &mut [[T; O]], work: &mut W) -> T {
        let mut magnitude = Magnitude::none();
        for (y, error) in y.iter().zip(errors) {
            if let Some(elements) = work.elements(A::BY_ELEMENT, O, DERIVATIVE) {
                let (y, error) = (W::part(y, elements.clone()), W::part_mut(error, elements));
                magnitude.join(activation::derivative::<A, T>(y, error));
            }
        }
        magnitude.number()
    }

    // below[i] = sum over o of delta[o] w[i][o], or as the rule has it
    #[cfg_attr(not(unoptimized), inline(always))]
    fn back<R: Rule, W: Budget, const B: usize>(
        &self,
        trace: Trace<'_, Self, B>,
        (): &mut (),
        below: Option<&mut [[T; I]]>,
        work: &mut W,
    ) -> Result<T, StepError> {
        let Some(below) = below else { return Ok(-T::ZERO) };
        for (delta, below) in trace.errors.iter().zip(below) {
            if W::WHOLE {
                kernel::apart(I * O, &self.weights, delta, below, |weights, delta, below| {
                    R::send_back(weights.as_flattened(), delta, below)
                })?;
            } else if R::BY_ROW {
                if let Some(rows) = work.take(I, O) {
                    let weights = W::part(&self.weights, rows.clone()).as_flattened();
                    R::send_rows(weights, delta, W::part_mut(below, rows))?;
                }
            } else if work.one(I * O * SHARE) {
                R::send_back(self.weights.as_flattened(), delta, below)?;
            }
        }
        Ok(-T::ZERO)
    }

    // dE/dw[i][o] = x[i] delta[o];  dE/db[o] = delta[o]
    #[cfg_attr(not(unoptimized), inline(always))]
    fn gradient<const B: usize>(trace: Trace<'_, Self, B>, (): &(), bounded: bool, visit: &mut impl FnMut(Pairs<T>)) {
        let (x, deltas) = (trace.x.as_flattened(), trace.errors.as_flattened());
        visit(Pairs::new(x, deltas, (I, O), Self::PARAMETERS > I * O).bounded(bounded));
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn parameters<S: Zero, Z: Zero>(
        &mut self,
        slots: &mut Kept<S, I, O, K>,
        sums: &mut Kept<Z, I, O, K>,
        visit: &mut impl FnMut(Parameters<T, S>, Collected<Z>),
    ) {
        visit(self.with(slots), Collected::new(sums.0.as_flattened_mut(), sums.1.as_mut()));
    }

    // On the host in a function of its own for each layer, in which the compiler knows all lengths.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn update<P: Optimizer<T>, W: Budget, const B: usize>(
        &mut self,
        trace: Trace<'_, Self, B>,
        (): &(),
        slots: &mut Kept<P::Slot, I, O, K>,
        optimizer: &P,
        scale: T,
        work: &mut W,
    ) {
        let biases = Self::PARAMETERS > I * O;
        if let (true, [x], [delta]) = (W::WHOLE, trace.x, trace.errors) {
            kernel::apart(I * O, x, delta, self, |x, deltas, layer| {
                optimizer.update(layer.with(slots), Gradient { x, deltas, scale });
            });
        } else if W::WHOLE && B > 1 {
            kernel::apart(I * O, trace.x, trace.errors, self, |x, deltas, layer| {
                let pairs = Pairs::new(x.as_flattened(), deltas.as_flattened(), (I, O), biases);
                optimizer.update_batch(layer.with(slots), pairs, scale);
            });
        } else {
            let pairs = Pairs::new(trace.x.as_flattened(), trace.errors.as_flattened(), (I, O), biases);
            optimizer::update::<_, _, _, B>(optimizer, self.with(slots), pairs, scale, work);
        }
    }

    fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [T]>)) {
        visit(Tensor::new("weight", &[I, O], Role::weight(I, O), self.weights.as_flattened_mut()));
        let biases = self.biases.as_mut();
        if !biases.is_empty() {
            visit(Tensor::new("bias", &[O], Role::Bias, biases));
        }
    }
}

impl<S: Source, const I: usize, const O: usize, A: Activation, K: Bias, T: Scalar> Import<S> for Dense<I, O, A, K, T>
where
    [[T; O]; I]: Import<Of<S, constant::Weight>>,
    K::Array<T, O>: Import<Of<S, constant::Bias>>,
{
    const TENSORS: Tensors = Tensors::all(&[<[[T; O]; I]>::TENSORS, <K::Array<T, O>>::TENSORS]);
    const VALUE: Self = Self::new(Import::VALUE, Import::VALUE);
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar> BiasOnly<&'static Dense<I, O, A, Biased, T>> {
    /// Borrows the weights of `layer`, and starts from a copy of its biases.
    pub const fn new(layer: &'static Dense<I, O, A, Biased, T>) -> Self {
        Self { frozen: layer, biases: layer.biases }
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar> OtherBiases for Dense<I, O, A, Biased, T> {
    type Biases<S: Zero> = [S; O];

    fn biases(&self) -> &[T; O] {
        &self.biases
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward_with<W: Budget, const B: usize>(
        &self,
        biases: &[T; O],
        x: &[[T; I]],
        z: &mut [[T; O]],
        (): &mut (),
        work: &mut W,
    ) -> T {
        sums::<I, O, B, _, _>(&self.weights, biases, x, z, work);
        -T::ZERO
    }
}

impl<const I: usize, const O: usize, A, K: Bias, T: Scalar> Dense<I, O, A, K, T> {
    /// The parameters with their slots.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn with<'a, S: Zero>(&'a mut self, slots: &'a mut Kept<S, I, O, K>) -> Parameters<'a, T, S> {
        Parameters {
            weights: self.weights.as_flattened_mut(),
            weight_slots: slots.0.as_flattened_mut(),
            biases: self.biases.as_mut(),
            bias_slots: slots.1.as_mut(),
        }
    }
}

/// What an optimiser keeps for a layer: an `S` for each weight and each bias.
type Kept<S, const I: usize, const O: usize, K> = ([[S; O]; I], <K as Bias>::Array<S, O>);

/// The weighted sums of some samples.
#[cfg_attr(not(unoptimized), inline(always))]
fn sums<const I: usize, const O: usize, const B: usize, T: Scalar, W: Budget>(
    weights: &[[T; O]; I],
    biases: &[T],
    x: &[[T; I]],
    z: &mut [[T; O]],
    work: &mut W,
) {
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
            T::forward(SEAL, W::part(weights, rows.clone()).as_flattened(), biases, W::part(x, rows), z);
        }
    } else if W::WHOLE && B > 1 {
        if biases.is_empty() {
            z.as_flattened_mut().fill(T::ZERO);
        }
        kernel::apart(I * O, weights, x, z, |weights, x, z| {
            let (x, z) = (x.as_flattened(), z.as_flattened_mut());
            kernel::forward_samples(weights.as_flattened(), biases, x, z, (I, O));
        });
    }
}

/// Whether a layer has biases: [`Biased`] or [`Unbiased`].
pub trait Bias {
    /// One `S` per output, or nothing.
    type Array<S: Zero, const O: usize>: AsRef<[S]> + AsMut<[S]> + Slots<S>;
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
