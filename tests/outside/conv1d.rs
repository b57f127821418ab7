//! A convolution over time with the activation tanh.

use downhill::import::{Bias, Import, Of, Source, Tensors, Weight};
use downhill::layer::{ACTIVATION, Budget, Collected, DERIVATIVE, Mode, Pairs, Parameters, Role, Sizes, Trace};
use downhill::{Activation, Architecture, Infer, Layer, Rule, Scalar, Shape, StepError, Tanh, Tensor, Zero, kernel};

/// `O` filters over `K` steps of a signal of `L` steps of `C` channels, at each of its `M` = L - K + 1 windows.
#[derive(Clone, Copy)]
pub struct Conv1d<const C: usize, const L: usize, const O: usize, const K: usize, const M: usize, T> {
    pub weights: [[[T; O]; C]; K],
    pub biases: [T; O],
}

impl<const C: usize, const L: usize, const O: usize, const K: usize, const M: usize, T: Scalar> Zero
    for Conv1d<C, L, O, K, M, T>
{
    const ZERO: Self = {
        assert!(M + K == L + 1, "a signal of L steps has L - K + 1 windows");
        Self { weights: Zero::ZERO, biases: Zero::ZERO }
    };
}

impl<const C: usize, const L: usize, const O: usize, const K: usize, const M: usize, T: Scalar> Infer
    for Conv1d<C, L, O, K, M, T>
{
    type Scalar = T;
    type Input = [[T; C]; L];
    type Output = [[T; O]; M];
    type Tape<const B: usize> = ();
    type State = ();
    const PARAMETERS: usize = K * C * O + O;
    const ARCHITECTURE: Architecture = Architecture::layer(&["conv1d", T::NAME], &[C, L, O, K]);
    const BOUNDED: bool = true;
    const SIZES: Sizes = Sizes::of_pairs(K * C, O, M);

    // z[m][o] = b[o] + sum over k, c of x[m + k][c] w[k][c][o]
    #[rustfmt::skip]
    fn forward<W: Budget, const B: usize>(
        &self, x: &[Self::Input], z: &mut [Self::Output], (): &mut (), (): &mut (), _: Mode, work: &mut W,
    ) -> T {
        for (x, z) in x.iter().zip(z) {
            for m in work.take(M, K * C * O).into_iter().flatten() {
                kernel::forward(Shape::flat(&self.weights), &self.biases, x[m..m + K].as_flattened(), &mut z[m]);
            }
        }
        -T::ZERO
    }

    fn activate<W: Budget>(z: &mut [Self::Output], work: &mut W) -> T {
        let z = Shape::numbers_mut(z);
        work.take(z.len(), ACTIVATION).map_or(-T::ZERO, |range| <Tanh>::activate(W::part_mut(z, range)))
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[T]>)) {
        visit(Tensor::new("weight", &[K, C, O], Role::weight(K * C, O), self.weights.flat()));
        visit(Tensor::new("bias", &[O], Role::Bias, &self.biases));
    }
}

impl<const C: usize, const L: usize, const O: usize, const K: usize, const M: usize, T: Scalar> Layer
    for Conv1d<C, L, O, K, M, T>
{
    type Deltas<const B: usize> = ();
    type Slots<S: Zero> = ([[[S; O]; C]; K], [S; O]);

    fn derive<W: Budget>(y: &[Self::Output], errors: &mut [Self::Output], work: &mut W) -> T {
        let (y, errors) = (Shape::numbers(y), Shape::numbers_mut(errors));
        let Some(range) = work.take(y.len(), DERIVATIVE) else { return -T::ZERO };
        <Tanh>::derivative(W::part(y, range.clone()), W::part_mut(errors, range))
    }

    // below[m + k][c] = sum over m, o of delta[m][o] w[k][c][o]
    #[rustfmt::skip]
    fn back<R: Rule, W: Budget, const B: usize>(
        &self, trace: Trace<'_, Self, B>, (): &mut (), below: Option<&mut [Self::Input]>, work: &mut W,
    ) -> Result<T, StepError> {
        for (deltas, below) in trace.errors.iter().zip(below.into_iter().flatten()) {
            for m in work.take(M, K * C * O).into_iter().flatten() {
                // Each window reaches one step further than the one before.
                below[if m == 0 { 0 } else { m + K - 1 }..m + K].fill([T::ZERO; C]);
                let mut window = [[T::ZERO; C]; K];
                R::send_back(self.weights.flat(), &deltas[m], window.as_flattened_mut())?;
                for (below, &window) in below[m..m + K].as_flattened_mut().iter_mut().zip(window.as_flattened()) {
                    *below += window;
                }
            }
        }
        Ok(-T::ZERO)
    }

    // dE/dw[k][c][o] = sum over m of x[m + k][c] delta[m][o]
    fn gradient<const B: usize>(trace: Trace<'_, Self, B>, (): &(), bounded: bool, visit: &mut impl FnMut(Pairs<T>)) {
        let (x, deltas) = (Shape::numbers(trace.x), Shape::numbers(trace.errors));
        visit(Pairs::new(x, deltas, (K * C, O), true).windows(M, C, L * C).bounded(bounded));
    }

    #[rustfmt::skip]
    fn parameters<S: Zero, Z: Zero>(
        &mut self, slots: &mut Self::Slots<S>, sums: &mut Self::Slots<Z>,
        visit: &mut impl FnMut(Parameters<T, S>, Collected<Z>),
    ) {
        let (weight_slots, weight_sums) = (slots.0.as_flattened_mut(), sums.0.as_flattened_mut());
        let weights = (self.weights.flat_mut(), weight_slots.as_flattened_mut());
        visit(Parameters::new(weights, (&mut self.biases, &mut slots.1)), Collected::new(weight_sums.as_flattened_mut(), &mut sums.1));
    }

    fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [T]>)) {
        visit(Tensor::new("weight", &[K, C, O], Role::weight(K * C, O), self.weights.flat_mut()));
        visit(Tensor::new("bias", &[O], Role::Bias, &mut self.biases));
    }
}

impl<S: Source, const C: usize, const L: usize, const O: usize, const K: usize, const M: usize, T> Import<S>
    for Conv1d<C, L, O, K, M, T>
where
    [[[T; O]; C]; K]: Import<Of<S, Weight>>,
    [T; O]: Import<Of<S, Bias>>,
{
    const TENSORS: Tensors = Tensors::all(&[<[[[T; O]; C]; K]>::TENSORS, <[T; O]>::TENSORS]);
    const VALUE: Self = Self { weights: Import::VALUE, biases: Import::VALUE };
}
