//! The passes of the layers, in pieces: each line that takes from the [`Work`] does what of its loop is to be done now.

use core::ops::{Deref, Range};

use super::{ACTIVATION, DERIVATIVE, DROPOUT, SHARE, Sizes, Work};
use crate::activation::{self, Activation};
use crate::dense::{Bias, Dense, Slots};
use crate::dropout::{self, Dropout, Rate};
use crate::frozen::{BiasOnly, Frozen};
use crate::kernel::{self, Kernel, Magnitude};
use crate::layer::{Layer, Mode, tuples};
use crate::optimizer::{Collected, Gradient, Optimizer, Parameters};
use crate::rule::Rule;
use crate::scalar::Scalar;
use crate::trainer::StepError;

/// A layer whose passes can be done in pieces, with one sample.
///
/// A pass is called again and again, with the same arguments, until the work is done: it goes through all of its
/// loops, and in each does the iterations that [`Work::take`] returns. So these must be as many, in the same order,
/// with every call.
pub trait Pieces: Layer {
    /// What the largest pieces are computed from.
    const SIZES: Sizes;

    /// [`Layer::linear`]. Returns whether the sums that were activated in this call are finite, in the same way.
    fn linear_in_pieces<const B: usize>(
        &self,
        x: &Self::Input,
        tape: &mut Self::Tape<B>,
        mode: Mode,
        work: &mut Work,
    ) -> Self::Scalar;

    /// [`Layer::activate`]. Returns whether the sums that were activated in this call are finite, in the same way.
    fn activate_in_pieces<const B: usize>(tape: &mut Self::Tape<B>, work: &mut Work) -> Self::Scalar;

    /// [`Layer::back`]. Returns the magnitude of the deltas that were computed in this call.
    ///
    /// # Errors
    /// As there.
    fn back_in_pieces<R: Rule, const B: usize>(
        &self,
        tape: &Self::Tape<B>,
        deltas: &mut Self::Deltas<B>,
        settled: bool,
        below: Option<&mut [Self::Input; B]>,
        work: &mut Work,
    ) -> Result<Self::Scalar, StepError>;

    /// [`Layer::update`].
    #[allow(clippy::too_many_arguments)]
    fn update_in_pieces<P: Optimizer<Self::Scalar>, const B: usize>(
        &mut self,
        x: &Self::Input,
        tape: &Self::Tape<B>,
        deltas: &Self::Deltas<B>,
        slots: &mut Self::Slots<P::Slot>,
        optimizer: &P,
        scale: Self::Scalar,
        work: &mut Work,
    );

    /// [`Layer::apply`].
    fn apply_in_pieces<P: Optimizer<Self::Scalar>>(
        &mut self,
        slots: &mut Self::Slots<P::Slot>,
        sums: &mut Self::Slots<P::Sum>,
        optimizer: &P,
        work: &mut Work,
    );
}

/// The values in the range.
pub(super) fn part<V>(values: &[V], range: Range<usize>) -> &[V] {
    values.get(range).unwrap_or_default()
}

/// [`part`], to be written.
pub(super) fn part_mut<V>(values: &mut [V], range: Range<usize>) -> &mut [V] {
    values.get_mut(range).unwrap_or_default()
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, B: Bias> Pieces for Dense<I, O, A, T, B> {
    const SIZES: Sizes =
        Sizes { row: O, learns: O, weights: I * O, whole: if A::BY_ELEMENT { 0 } else { O }, vectors: I + O };

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear_in_pieces<const N: usize>(&self, x: &[T; I], z: &mut [[T; O]; N], _: Mode, work: &mut Work) -> T {
        linear(&self.weights, self.biases.as_ref(), x, z, work);
        -T::ZERO
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate_in_pieces<const N: usize>(z: &mut [[T; O]; N], work: &mut Work) -> T {
        activate::<A, T, O, N>(z, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back_in_pieces<R: Rule, const N: usize>(
        &self,
        y: &[[T; O]; N],
        errors: &mut [[T; O]; N],
        settled: bool,
        below: Option<&mut [[T; I]; N]>,
        work: &mut Work,
    ) -> Result<T, StepError> {
        back::<R, A, T, I, O, N>(&self.weights, y, errors, settled, below, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn update_in_pieces<P: Optimizer<T>, const N: usize>(
        &mut self,
        x: &[T; I],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        slots: &mut Slots<P::Slot, I, O, B>,
        optimizer: &P,
        scale: T,
        work: &mut Work,
    ) {
        update(self.parameters(slots), x, deltas, optimizer, scale, work);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn apply_in_pieces<P: Optimizer<T>>(
        &mut self,
        slots: &mut Slots<P::Slot, I, O, B>,
        sums: &mut Slots<P::Sum, I, O, B>,
        optimizer: &P,
        work: &mut Work,
    ) {
        apply(self.parameters(slots), sums.collected(), optimizer, work);
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Scalar, D: Deref<Target = Dense<I, O, A, T>>> Pieces
    for BiasOnly<D>
{
    const SIZES: Sizes = Sizes { vectors: O, ..Dense::<I, O, A, T>::SIZES };

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear_in_pieces<const N: usize>(&self, x: &[T; I], z: &mut [[T; O]; N], _: Mode, work: &mut Work) -> T {
        linear(&self.frozen.weights, &self.biases, x, z, work);
        -T::ZERO
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate_in_pieces<const N: usize>(z: &mut [[T; O]; N], work: &mut Work) -> T {
        activate::<A, T, O, N>(z, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back_in_pieces<R: Rule, const N: usize>(
        &self,
        y: &[[T; O]; N],
        errors: &mut [[T; O]; N],
        settled: bool,
        below: Option<&mut [[T; I]; N]>,
        work: &mut Work,
    ) -> Result<T, StepError> {
        back::<R, A, T, I, O, N>(&self.frozen.weights, y, errors, settled, below, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn update_in_pieces<P: Optimizer<T>, const N: usize>(
        &mut self,
        _: &[T; I],
        _: &[[T; O]; N],
        deltas: &[[T; O]; N],
        slots: &mut [P::Slot; O],
        optimizer: &P,
        scale: T,
        work: &mut Work,
    ) {
        update(self.parameters(slots), &[], deltas, optimizer, scale, work);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn apply_in_pieces<P: Optimizer<T>>(
        &mut self,
        slots: &mut [P::Slot; O],
        sums: &mut [P::Sum; O],
        optimizer: &P,
        work: &mut Work,
    ) {
        apply(self.parameters(slots), Collected { weights: &mut [], biases: sums }, optimizer, work);
    }
}

/// The biases, then rows of rising inputs: the order of sums in one go.
#[cfg_attr(not(unoptimized), inline(always))]
fn linear<T: Scalar, const I: usize, const O: usize, const N: usize>(
    weights: &[[T; O]; I],
    biases: &[T],
    x: &[T; I],
    z: &mut [[T; O]; N],
    work: &mut Work,
) {
    let Some(z) = z.first_mut() else { return };
    if work.one(O) {
        z.fill(T::ZERO);
        for (z, &b) in z.iter_mut().zip(biases) {
            *z = b;
        }
    }
    if let Some(rows) = work.take(I, O) {
        // As in sending back, the loops that all layers share.
        Kernel::forward(part(weights, rows.clone()).as_flattened(), &[], part(x, rows), z);
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
fn activate<A: Activation, T: Scalar, const O: usize, const N: usize>(z: &mut [[T; O]; N], work: &mut Work) -> T {
    match (z.first_mut(), work.elements(A::BY_ELEMENT, O, ACTIVATION)) {
        (Some(z), Some(elements)) => activation::activate::<A, T>(part_mut(z, elements)),
        _ => -T::ZERO,
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
fn back<R: Rule, A: Activation, T: Scalar, const I: usize, const O: usize, const N: usize>(
    weights: &[[T; O]; I],
    y: &[[T; O]; N],
    errors: &mut [[T; O]; N],
    settled: bool,
    below: Option<&mut [[T; I]; N]>,
    work: &mut Work,
) -> Result<T, StepError> {
    let mut magnitude = T::ZERO;
    let (Some(y), Some(error)) = (y.first(), errors.first_mut()) else { return Ok(magnitude) };
    if !R::RAW {
        magnitude = derive::<A, T>(y, error, settled, work);
    }
    if let Some(below) = below.and_then(|below| below.first_mut()) {
        if R::BY_ROW {
            if let Some(rows) = work.take(I, O) {
                R::send_rows(part(weights, rows.clone()).as_flattened(), error, part_mut(below, rows))?;
            }
        } else if work.one(I * O * SHARE) {
            R::send_back(weights.as_flattened(), error, below)?;
        }
    }
    if R::RAW {
        magnitude = derive::<A, T>(y, error, settled, work);
    }
    Ok(magnitude)
}

/// The errors become deltas, unless they are. Returns the magnitude of those.
#[cfg_attr(not(unoptimized), inline(always))]
fn derive<A: Activation, T: Scalar>(y: &[T], error: &mut [T], settled: bool, work: &mut Work) -> T {
    let Some(elements) = work.elements(A::BY_ELEMENT || settled, y.len(), DERIVATIVE) else { return T::ZERO };
    let (y, error) = (part(y, elements.clone()), part_mut(error, elements));
    if settled { kernel::magnitude(error) } else { activation::derivative::<A, T>(y, error) }
}

/// Rows of rising inputs, then the biases.
#[cfg_attr(not(unoptimized), inline(always))]
fn update<P: Optimizer<T>, T: Scalar, const O: usize, const N: usize>(
    layer: Parameters<T, P::Slot>,
    x: &[T],
    deltas: &[[T; O]; N],
    optimizer: &P,
    scale: T,
    work: &mut Work,
) {
    let Some(deltas) = deltas.first() else { return };
    let gradient = |x| Gradient { x, deltas, scale };
    if let Some(rows) = work.take(x.len(), O * P::MACS) {
        let of = rows.start * O..rows.end * O;
        let rows = part(x, rows);
        let (weights, weight_slots) = (part_mut(layer.weights, of.clone()), part_mut(layer.weight_slots, of));
        optimizer.update(Parameters { weights, weight_slots, biases: &mut [], bias_slots: &mut [] }, gradient(rows));
    }
    if !layer.biases.is_empty() && work.one(O * P::MACS) {
        optimizer.update(Parameters { weights: &mut [], weight_slots: &mut [], ..layer }, gradient(&[]));
    }
}

/// The weights, then the biases, from what was collected.
#[allow(clippy::needless_pass_by_value)] // as `Parameters`
#[cfg_attr(not(unoptimized), inline(always))]
fn apply<P: Optimizer<T>, T: Scalar>(
    layer: Parameters<T, P::Slot>,
    collected: Collected<P::Sum>,
    optimizer: &P,
    work: &mut Work,
) {
    let Parameters { weights, weight_slots, biases, bias_slots } = layer;
    if let Some(range) = work.take(weights.len(), P::MACS) {
        let (weights, weight_slots) = (part_mut(weights, range.clone()), part_mut(weight_slots, range.clone()));
        let collected = Collected { weights: part_mut(collected.weights, range), biases: &mut [] };
        optimizer.apply(Parameters { weights, weight_slots, biases: &mut [], bias_slots: &mut [] }, collected);
    }
    if let Some(range) = work.take(biases.len(), P::MACS) {
        let (biases, bias_slots) = (part_mut(biases, range.clone()), part_mut(bias_slots, range.clone()));
        let collected = Collected { weights: &mut [], biases: part_mut(collected.biases, range) };
        optimizer.apply(Parameters { weights: &mut [], weight_slots: &mut [], biases, bias_slots }, collected);
    }
}

impl<const N: usize, T: Scalar, Q: Rate<Scalar = T>> Pieces for Dropout<N, Q> {
    const SIZES: Sizes = Sizes::NONE;

    fn linear_in_pieces<const B: usize>(
        &self,
        x: &[T; N],
        tape: &mut dropout::Tape<T, N, B>,
        mode: Mode,
        work: &mut Work,
    ) -> T {
        let (Some(y), Some(elements)) = (tape.y.first_mut(), work.take(N, DROPOUT)) else { return -T::ZERO };
        if elements.start == 0 && mode == Mode::Train {
            tape.before = tape.after;
        }
        for (y, &x) in part_mut(y, elements.clone()).iter_mut().zip(part(x, elements)) {
            *y = if mode == Mode::Train { x * self.mask(&mut tape.after) } else { x };
        }
        -T::ZERO
    }

    fn activate_in_pieces<const B: usize>(_: &mut dropout::Tape<T, N, B>, _: &mut Work) -> T {
        -T::ZERO
    }

    fn back_in_pieces<R: Rule, const B: usize>(
        &self,
        tape: &dropout::Tape<T, N, B>,
        errors: &mut [[T; N]; B],
        _: bool,
        below: Option<&mut [[T; N]; B]>,
        work: &mut Work,
    ) -> Result<T, StepError> {
        let (Some(below), Some(error)) = (below.and_then(|below| below.first_mut()), errors.first()) else {
            return Ok(T::ZERO);
        };
        if let Some(elements) = work.take(N, DROPOUT) {
            let mut random = tape.before.after(elements.start);
            for (below, &error) in part_mut(below, elements.clone()).iter_mut().zip(part(error, elements)) {
                *below = error * self.mask(&mut random);
            }
        }
        Ok(T::ZERO)
    }

    fn update_in_pieces<P: Optimizer<T>, const B: usize>(
        &mut self,
        _: &[T; N],
        _: &dropout::Tape<T, N, B>,
        _: &[[T; N]; B],
        (): &mut (),
        _: &P,
        _: T,
        _: &mut Work,
    ) {
    }

    fn apply_in_pieces<P: Optimizer<T>>(&mut self, (): &mut (), (): &mut (), _: &P, _: &mut Work) {}
}

impl<L: Pieces, D: Deref<Target = L>> Pieces for Frozen<D> {
    const SIZES: Sizes = Sizes { learns: 0, vectors: 0, ..L::SIZES };

    #[cfg_attr(not(unoptimized), inline(always))]
    fn linear_in_pieces<const N: usize>(
        &self,
        x: &L::Input,
        tape: &mut L::Tape<N>,
        mode: Mode,
        work: &mut Work,
    ) -> L::Scalar {
        L::linear_in_pieces(&self.0, x, tape, mode, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn activate_in_pieces<const N: usize>(tape: &mut L::Tape<N>, work: &mut Work) -> L::Scalar {
        L::activate_in_pieces(tape, work)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn back_in_pieces<R: Rule, const N: usize>(
        &self,
        tape: &L::Tape<N>,
        deltas: &mut L::Deltas<N>,
        settled: bool,
        below: Option<&mut [L::Input; N]>,
        work: &mut Work,
    ) -> Result<L::Scalar, StepError> {
        L::back_in_pieces::<R, N>(&self.0, tape, deltas, settled, below, work)
    }

    fn update_in_pieces<P: Optimizer<L::Scalar>, const N: usize>(
        &mut self,
        _: &L::Input,
        _: &L::Tape<N>,
        _: &L::Deltas<N>,
        (): &mut (),
        _: &P,
        _: L::Scalar,
        _: &mut Work,
    ) {
    }

    fn apply_in_pieces<P: Optimizer<L::Scalar>>(&mut self, (): &mut (), (): &mut (), _: &P, _: &mut Work) {}
}

/// Makes a tuple's passes those of its layers, one after the other.
macro_rules! pieces {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] [$(($M:ident $m:tt $V:ident $v:tt))*] ($Z:ident $z:tt)) => {
        // A single layer has no neighbours.
        #[allow(unused_variables, unused_mut)]
        impl<$A: Pieces, $($U: Pieces<Input = $L::Output, Scalar = $A::Scalar>),*> Pieces for ($A, $($U,)*) {
            const SIZES: Sizes = $A::SIZES$(.and($U::SIZES))*;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn linear_in_pieces<const N: usize>(
                &self,
                x: &Self::Input,
                tape: &mut Self::Tape<N>,
                mode: Mode,
                work: &mut Work,
            ) -> Self::Scalar {
                let mut finite = self.$a.linear_in_pieces(x, &mut tape.$a, mode, work);
                $(
                    finite += $L::activate_in_pieces(&mut tape.$l, work);
                    if let Some(x) = $L::outputs(&tape.$l).first() {
                        finite += self.$u.linear_in_pieces(x, &mut tape.$u, mode, work);
                    }
                )*
                finite
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn activate_in_pieces<const N: usize>(tape: &mut Self::Tape<N>, work: &mut Work) -> Self::Scalar {
                $Z::activate_in_pieces(&mut tape.$z, work)
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn back_in_pieces<R: Rule, const N: usize>(
                &self,
                tape: &Self::Tape<N>,
                deltas: &mut Self::Deltas<N>,
                settled: bool,
                below: Option<&mut [Self::Input; N]>,
                work: &mut Work,
            ) -> Result<Self::Scalar, StepError> {
                // As in `back`.
                let mut learns = [below.is_some() || $A::LEARNS, $($U::LEARNS),*];
                $(learns[$u] |= learns[$l];)*
                let mut magnitude = Magnitude::none();
                $(
                    if learns[$v] {
                        let errors = learns[$m].then_some($M::errors(&mut deltas.$m));
                        magnitude.join(self.$v.back_in_pieces::<R, N>(&tape.$v, &mut deltas.$v, settled, errors, work)?);
                    }
                    // Only the last layer meets the loss.
                    let settled = false;
                )*
                if learns[0] {
                    magnitude.join(self.$a.back_in_pieces::<R, N>(&tape.$a, &mut deltas.$a, settled, below, work)?);
                }
                Ok(magnitude.number())
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn update_in_pieces<P: Optimizer<Self::Scalar>, const N: usize>(
                &mut self,
                x: &Self::Input,
                tape: &Self::Tape<N>,
                deltas: &Self::Deltas<N>,
                slots: &mut Self::Slots<P::Slot>,
                optimizer: &P,
                scale: Self::Scalar,
                work: &mut Work,
            ) {
                self.$a.update_in_pieces(x, &tape.$a, &deltas.$a, &mut slots.$a, optimizer, scale, work);
                $(
                    if let Some(x) = $L::outputs(&tape.$l).first() {
                        self.$u.update_in_pieces(x, &tape.$u, &deltas.$u, &mut slots.$u, optimizer, scale, work);
                    }
                )*
            }

            #[cfg_attr(not(unoptimized), inline(always))]
            fn apply_in_pieces<P: Optimizer<Self::Scalar>>(
                &mut self,
                slots: &mut Self::Slots<P::Slot>,
                sums: &mut Self::Slots<P::Sum>,
                optimizer: &P,
                work: &mut Work,
            ) {
                self.$a.apply_in_pieces(&mut slots.$a, &mut sums.$a, optimizer, work);
                $(self.$u.apply_in_pieces(&mut slots.$u, &mut sums.$u, optimizer, work);)*
            }
        }
    };
}
tuples!(pieces);
