//! A gated recurrent unit with backpropagation through time: r, z = sigmoid(W x + b + U h), n = tanh(W x + b + r (U h)),
//! h' = (1 - z) n + z h. Kyunghyun Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014.

use core::array::from_fn as each;
use downhill::layer::{ACTIVATION, Budget, Collected, Mode, Pairs, Parameters, Role, Sizes, Trace, magnitude};
use downhill::{
    Activation, Architecture, Infer, Layer, Rule, Scalar, Shape, Sigmoid, StepError, Tanh, Tensor, Zero, kernel,
};

/// `H` states over `L` steps of `I` inputs. A row of weights or biases is that of r, z and n.
#[derive(Clone, Copy)]
pub struct Gru<const I: usize, const L: usize, const H: usize, T> {
    pub input: [[[T; H]; 3]; I],
    pub biases: [[T; H]; 3],
    pub hidden: [[[T; H]; 3]; H],
}

impl<const I: usize, const L: usize, const H: usize, T: Scalar> Zero for Gru<I, L, H, T> {
    const ZERO: Self = Self { input: Zero::ZERO, biases: Zero::ZERO, hidden: Zero::ZERO };
}

impl<const I: usize, const L: usize, const H: usize, T: Scalar> Infer for Gru<I, L, H, T> {
    type Scalar = T;
    type Input = [[T; I]; L];
    type Output = [[T; H]; L];
    /// Of each step: the state before, r, z, n, and U h of n.
    type Tape<const B: usize> = [[[[T; H]; 5]; L]; B];
    type State = ();
    const PARAMETERS: usize = 3 * H * (I + 1 + H);
    const ARCHITECTURE: Architecture = Architecture::layer(&["gru", T::NAME], &[I, L, H]);
    const SIZES: Sizes = Sizes { row: (3 * (I + H) + 5 * ACTIVATION) * H, ..Sizes::of_pairs(I + H, 3 * H, L) };

    #[rustfmt::skip]
    fn forward<W: Budget, const B: usize>(
        &self, x: &[Self::Input], y: &mut [Self::Output], tape: &mut Self::Tape<B>, (): &mut (), _: Mode, work: &mut W,
    ) -> T {
        for ((x, y), tape) in x.iter().zip(y).zip(tape) {
            for t in work.take(L, Self::SIZES.row).into_iter().flatten() {
                let (h, [mut sums, mut through]) = (if t == 0 { [T::ZERO; H] } else { y[t - 1] }, [[[T::ZERO; H]; 3]; 2]);
                kernel::forward(self.input.flat(), self.biases.flat(), &x[t], sums.flat_mut());
                kernel::forward(self.hidden.flat(), &[], &h, through.flat_mut());
                let mut gates = [0, 1].map(|gate| each(|o| sums[gate][o] + through[gate][o]));
                let _ = <Sigmoid>::activate(gates.flat_mut());
                let ([r, z], u) = (gates, through[2]);
                let mut n = each(|o| sums[2][o] + r[o] * u[o]);
                let _ = <Tanh>::activate(&mut n);
                y[t] = each(|o| (T::ONE - z[o]) * n[o] + z[o] * h[o]);
                tape[t] = [h, r, z, n, u];
            }
        }
        -T::ZERO
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[T]>)) {
        visit(Tensor::new("weight_ih", &[I, 3, H], Role::weight(I, 3 * H), self.input.flat()));
        visit(Tensor::new("bias", &[3, H], Role::Bias, self.biases.flat()));
        visit(Tensor::new("weight_hh", &[H, 3, H], Role::weight(H, 3 * H), self.hidden.flat()));
    }
}

impl<const I: usize, const L: usize, const H: usize, T: Scalar> Layer for Gru<I, L, H, T> {
    /// Of each step, the deltas of W x + b and those of U h; and the error that goes to the step before.
    type Deltas<const B: usize> = ([[[[T; H]; 3]; L]; B], [[[[T; H]; 3]; L]; B], [[T; H]; B]);
    type Slots<S: Zero> = ([[[S; H]; 3]; I], [[S; H]; 3], [[[S; H]; 3]; H]);

    #[rustfmt::skip]
    fn back<R: Rule, W: Budget, const B: usize>(
        &self, trace: Trace<'_, Self, B>, d: &mut Self::Deltas<B>, mut below: Option<&mut [Self::Input]>, work: &mut W,
    ) -> Result<T, StepError> {
        let mut largest = -T::ZERO;
        for (s, errors) in trace.errors.iter().enumerate() {
            for t in work.take(L, Self::SIZES.row).into_iter().flatten().map(|step| L - 1 - step) {
                let [h, r, z, n, u] = trace.tape[s][t];
                let dh: [T; H] = each(|o| if t == L - 1 { errors[t][o] } else { errors[t][o] + d.2[s][o] });
                let dn: [T; H] = each(|o| dh[o] * (T::ONE - z[o]) * (T::ONE - n[o] * n[o]));
                let dz = each(|o| dh[o] * (h[o] - n[o]) * z[o] * (T::ONE - z[o]));
                let dr = each(|o| dn[o] * u[o] * r[o] * (T::ONE - r[o]));
                (d.0[s][t], d.1[s][t]) = ([dr, dz, dn], [dr, dz, each(|o| dn[o] * r[o])]);
                R::send_back(self.hidden.flat(), d.1[s][t].flat(), &mut d.2[s])?;
                d.2[s].iter_mut().zip(dh).zip(z).for_each(|((before, dh), z)| *before += dh * z);
                if let Some(below) = &mut below {
                    R::send_back(self.input.flat(), d.0[s][t].flat(), &mut below[s][t])?;
                }
                largest += magnitude(d.0[s][t].flat()) + magnitude(&d.2[s]);
            }
        }
        Ok(largest)
    }

    #[rustfmt::skip]
    fn gradient<const B: usize>(t: Trace<Self, B>, d: &Self::Deltas<B>, bounded: bool, visit: &mut impl FnMut(Pairs<T>)) {
        let [w, u] = [&d.0, &d.1].map(|deltas| Shape::numbers(&deltas[..t.x.len()]));
        visit(Pairs::new(Shape::numbers(t.x), w, (I, 3 * H), true).windows(L, I, L * I).bounded(bounded));
        visit(Pairs::new(t.tape.flat(), u, (H, 3 * H), false).windows(L, 5 * H, L * 5 * H).bounded(true));
    }

    #[rustfmt::skip]
    fn parameters<S: Zero, Z: Zero>(
        &mut self, (ws, bs, us): &mut Self::Slots<S>, sums: &mut Self::Slots<Z>, visit: &mut impl FnMut(Parameters<T, S>, Collected<Z>),
    ) {
        let Self { input: w, biases: b, hidden: u } = self;
        let collected = Collected::new(flat(&mut sums.0), sums.1.as_flattened_mut());
        visit(Parameters::new((flat(w), flat(ws)), (b.as_flattened_mut(), bs.as_flattened_mut())), collected);
        visit(Parameters::new((flat(u), flat(us)), (&mut [], &mut [])), Collected::new(flat(&mut sums.2), &mut []));
    }

    fn scale<const B: usize>(d: &mut Self::Deltas<B>, sample: usize, factor: T) {
        d.0[sample].flat_mut().iter_mut().chain(d.1[sample].flat_mut()).for_each(|delta| *delta *= factor);
    }

    fn tensors_mut(&mut self, visit: &mut dyn FnMut(Tensor<&mut [T]>)) {
        visit(Tensor::new("weight_ih", &[I, 3, H], Role::weight(I, 3 * H), self.input.flat_mut()));
        visit(Tensor::new("bias", &[3, H], Role::Bias, self.biases.flat_mut()));
        visit(Tensor::new("weight_hh", &[H, 3, H], Role::weight(H, 3 * H), self.hidden.flat_mut()));
    }
}

fn flat<S, const N: usize, const H: usize>(rows: &mut [[[S; H]; 3]; N]) -> &mut [S] {
    rows.as_flattened_mut().as_flattened_mut()
}
