//! The dense layer in integers.

use core::fmt::{self, Debug};
use core::iter::repeat;
use core::marker::PhantomData;

use super::dot;
use super::fixed::{Multiplier, Rounding, Single};
use super::layer::Layer;
use super::values::{Quantization, rounded};
use crate::architecture::Architecture;
use crate::hint::keep_rolled;
use crate::storable::{Storable, layout, storable};
use crate::zero::Zero;

/// A fully connected layer of integers, with `I` inputs and `O` outputs: `y = clamp(zero_point + M (b + W (x - x0)))`, where `x0` is
/// the zero point of the inputs and `M` a [`Multiplier`] for each output ([`PerChannel`]) or for all ([`PerTensor`]), rounded as `R`
/// says.
///
/// It takes `I O` bytes for the weights, 4 for each bias and 5 for each multiplier.
///
/// Ranges: weights are kept as bytes from 0 to 255, 128 above their values. A product of such a byte and an input is at most 255 times
/// 128, so that the sum of fewer than 2^16 of them is below 2^31; more inputs do not compile. What it has too much, 128 times the sum of
/// the inputs, is below 2^30, and so is what is left. What is added to that, `b - x0 W`, is computed once. This and its sum with the
/// products are exact as long as they have 32 bits, which biases below 2^30 and up to 2^15 inputs always have, and saturate otherwise.
///
/// ```compile_fail
/// # use downhill::{Zero, quantized::Dense};
/// static TOO_WIDE: Dense<65536, 1> = Zero::ZERO; // 65535 compile
/// # let _ = &TOO_WIDE;
/// ```
pub struct Dense<const I: usize, const O: usize, S: Scales = PerChannel, R = Single> {
    /// In the [order](dot::ordered) of the kernel.
    weights: [[u8; I]; O],
    /// b - x0 W.
    offsets: [i32; O],
    mantissas: S::Array<i32, O>,
    shifts: S::Array<i8, O>,
    zero_point: i8,
    range: [i8; 2],
    rounding: PhantomData<R>,
}

/// How many scales the weights of a layer have: [`PerChannel`] or [`PerTensor`].
pub trait Scales: 'static {
    /// One for each scale.
    type Array<S: Zero + Storable + Copy + PartialEq, const O: usize>: Zero
        + Storable
        + Copy
        + PartialEq
        + AsRef<[S]>
        + AsMut<[S]>;

    /// That of an output.
    fn at<S: Zero + Copy>(scales: &[S], output: usize) -> S;
}

/// A scale for each output: as exact as 8 bits are, also if the weights of some outputs are much smaller than of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PerChannel;

impl Scales for PerChannel {
    type Array<S: Zero + Storable + Copy + PartialEq, const O: usize> = [S; O];

    #[cfg_attr(not(unoptimized), inline(always))]
    fn at<S: Zero + Copy>(scales: &[S], output: usize) -> S {
        scales.get(output).copied().unwrap_or(S::ZERO)
    }
}

/// One scale for all weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PerTensor;

impl Scales for PerTensor {
    type Array<S: Zero + Storable + Copy + PartialEq, const O: usize> = [S; 1];

    #[cfg_attr(not(unoptimized), inline(always))]
    fn at<S: Zero + Copy>(scales: &[S], _: usize) -> S {
        scales.first().copied().unwrap_or(S::ZERO)
    }
}

/// The range that a layer cuts its outputs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Clamp {
    /// All integers.
    None,
    /// From 0 on.
    Relu,
    /// From 0 to 6.
    Relu6,
    /// From -1 to 1.
    Unit,
}

impl Clamp {
    /// That of a number in a file.
    pub(super) const fn of_number(number: i8) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::Relu),
            2 => Some(Self::Relu6),
            3 => Some(Self::Unit),
            _ => None,
        }
    }

    /// The integers at the ends, for outputs quantised so.
    const fn range(self, y: Quantization) -> [i8; 2] {
        match self {
            Self::None => [i8::MIN, i8::MAX],
            Self::Relu => [y.zero_point(), i8::MAX],
            Self::Relu6 => [y.zero_point(), Self::end(6.0, y)],
            Self::Unit => [Self::end(-1.0, y), Self::end(1.0, y)],
        }
    }

    /// The integer nearest to `real`, from a quotient in `f32` as in the reference kernels.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    const fn end(real: f32, y: Quantization) -> i8 {
        let steps = real / y.scale();
        let whole = steps as i32;
        let rest = steps - whole as f32;
        let whole = whole.saturating_add((rest >= 0.5) as i32 - (rest <= -0.5) as i32);
        let q = whole.saturating_add(y.zero_point() as i32);
        if q < i8::MIN as i32 {
            i8::MIN
        } else if q > i8::MAX as i32 {
            i8::MAX
        } else {
            q as i8
        }
    }
}

impl<const I: usize, const O: usize, S: Scales, R> Dense<I, O, S, R> {
    /// The memory in bytes, in RAM or in flash.
    pub const BYTES: usize = size_of::<Self>();

    /// Sizes with which no sum overflows. Every layer begins with [`with`](Self::with) or [`Zero`], which check it.
    const SIZES: () = {
        assert!(I > 0 && O > 0, "a dense layer needs at least one input and one output");
        assert!((I as u64) < 1 << 16, "the sum of 2^16 products or more does not fit into 32 bits");
    };

    /// The weight of an output and an input, if there are both.
    pub fn weight(&self, output: usize, input: usize) -> Option<i8> {
        let place = (output < O && input < I).then(|| dot::place::<I, O>(output, input))?;
        self.weights.as_flattened().get(place).map(|&weight| (weight ^ dot::BIAS).cast_signed())
    }

    const fn with(
        weights: [[i8; I]; O],
        offsets: [i32; O],
        mantissas: S::Array<i32, O>,
        shifts: S::Array<i8, O>,
        y: Quantization,
        clamp: Clamp,
    ) -> Self {
        const { Self::SIZES };
        let (zero_point, range) = (y.zero_point(), clamp.range(y));
        let weights = dot::ordered(&weights);
        Self { weights, offsets, mantissas, shifts, zero_point, range, rounding: PhantomData }
    }
}

impl<const I: usize, const O: usize, R> Dense<I, O, PerChannel, R> {
    /// From weights, biases in steps of the scales of inputs and weights, and scales of the weights of each output; `x` and `y` are how
    /// inputs and outputs are quantised. All as in a `TFLite` file.
    pub const fn per_channel(
        weights: [[i8; I]; O],
        biases: [i32; O],
        scales: [f32; O],
        (x, y): (Quantization, Quantization),
        clamp: Clamp,
    ) -> Self {
        let offsets = folded(&weights, biases, x);
        let (mut mantissas, mut shifts) = ([0; O], [0; O]);
        let (mut scales, mut left) = (scales.as_slice(), (mantissas.as_mut_slice(), shifts.as_mut_slice()));
        while let ([scale, others @ ..], ([mantissa, mantissas @ ..], [shift, shifts @ ..])) = (scales, left) {
            Multiplier { mantissa: *mantissa, shift: *shift } = multiplier(x, *scale, y);
            (scales, left) = (others, (mantissas, shifts));
        }
        Self::with(weights, offsets, mantissas, shifts, y, clamp)
    }
}

impl<const I: usize, const O: usize, R> Dense<I, O, PerChannel, R> {
    /// From weights and biases of real numbers, `weights[i][o]`, in place.
    ///
    /// The largest weight of an output, or what is nearest to it, becomes 127. If a bias is so large beside the weights that it had more
    /// than 29 bits, the scale is larger: the bias decides then, not the weights.
    pub(super) fn quantize(
        &mut self,
        (weights, biases): (&[[f32; O]; I], &[f32]),
        (x, y): (Quantization, Quantization),
        clamp: Clamp,
    ) {
        const MOST: f64 = 536_870_912.0;
        let biases = biases.iter().copied().chain(repeat(0.0));
        let multipliers = self.mantissas.iter_mut().zip(&mut self.shifts);
        for (o, ((offset, bias), (mantissa, shift))) in self.offsets.iter_mut().zip(biases).zip(multipliers).enumerate()
        {
            let row = || weights.iter().map(|row| row.get(o).copied().unwrap_or_default());
            let largest = row().fold(0.0_f32, |largest, w| if w.abs() > largest { w.abs() } else { largest });
            let x_scale = f64::from(x.scale());
            let needed = f64::from(bias.abs()) / (x_scale * MOST);
            let scale = f64::from(largest) / 127.0;
            let scale = if scale > needed { scale } else { needed };
            // An output without weights and bias.
            let scale = if scale > 0.0 { scale } else { 1.0 };
            let mut sum = 0;
            for (i, w) in row().enumerate() {
                let w = rounded(f64::from(w) / scale).clamp(-127, 127);
                // At most 127 times 128 for each of fewer than 2^16 inputs.
                sum += w * i32::from(x.zero_point());
                #[allow(clippy::cast_possible_truncation)]
                if let Some(place) = self.weights.as_flattened_mut().get_mut(dot::place::<I, O>(o, i)) {
                    *place = dot::biased(w as i8);
                }
            }
            *offset = rounded(f64::from(bias) / (x_scale * scale)).saturating_sub(sum);
            Multiplier { mantissa: *mantissa, shift: *shift } = Multiplier::new(x_scale * scale / f64::from(y.scale()));
        }
        (self.zero_point, self.range) = (y.zero_point(), clamp.range(y));
    }
}

impl<const I: usize, const O: usize, S: Scales, R> Dense<I, O, S, R> {
    /// Sets all of it in place; the weights are those of the first output, then those of the second, and so on.
    pub(super) fn set(
        &mut self,
        mut weights: impl Iterator<Item = i8>,
        biases: impl Iterator<Item = i32>,
        multipliers: impl Iterator<Item = Multiplier>,
        (x, y): (Quantization, Quantization),
        clamp: Clamp,
    ) {
        for (o, (offset, bias)) in self.offsets.iter_mut().zip(biases).enumerate() {
            let mut sum = 0;
            for (i, w) in weights.by_ref().take(I).enumerate() {
                // At most 2^14 for each of fewer than 2^16 inputs.
                sum += i32::from(w) * i32::from(x.zero_point());
                if let Some(place) = self.weights.as_flattened_mut().get_mut(dot::place::<I, O>(o, i)) {
                    *place = dot::biased(w);
                }
            }
            *offset = bias.saturating_sub(sum);
        }
        let places = self.mantissas.as_mut().iter_mut().zip(self.shifts.as_mut());
        for ((mantissa, shift), multiplier) in places.zip(multipliers) {
            Multiplier { mantissa: *mantissa, shift: *shift } = multiplier;
        }
        (self.zero_point, self.range) = (y.zero_point(), clamp.range(y));
    }
}

impl<const I: usize, const O: usize, R> Dense<I, O, PerTensor, R> {
    /// From weights, biases in steps of the scales of inputs and weights, and the scale of all weights; `x` and `y` are how inputs and
    /// outputs are quantised. All as in a `TFLite` file.
    pub const fn per_tensor(
        weights: [[i8; I]; O],
        biases: [i32; O],
        scale: f32,
        (x, y): (Quantization, Quantization),
        clamp: Clamp,
    ) -> Self {
        let Multiplier { mantissa, shift } = multiplier(x, scale, y);
        Self::with(weights, folded(&weights, biases, x), [mantissa], [shift], y, clamp)
    }
}

/// From steps of the sums to steps of the outputs.
const fn multiplier(x: Quantization, scale: f32, y: Quantization) -> Multiplier {
    Multiplier::new(factor(x, scale, y))
}

/// [`multiplier`] before it is rounded.
pub(super) const fn factor(x: Quantization, scale: f32, y: Quantization) -> f64 {
    x.scale() as f64 * scale as f64 / y.scale() as f64
}

/// `b - x0 W`.
const fn folded<const I: usize, const O: usize>(
    weights: &[[i8; I]; O],
    mut offsets: [i32; O],
    x: Quantization,
) -> [i32; O] {
    let (mut rows, mut left) = (weights.as_slice(), offsets.as_mut_slice());
    while let ([row, others @ ..], [offset, rest @ ..]) = (rows, left) {
        let (mut row, mut sum) = (row.as_slice(), 0_i32);
        while let [weight, others @ ..] = row {
            // At most 2^14 for each of fewer than 2^16 inputs.
            sum += *weight as i32 * x.zero_point() as i32;
            row = others;
        }
        *offset = offset.saturating_sub(sum);
        (rows, left) = (others, rest);
    }
    offsets
}

impl<const I: usize, const O: usize, S: Scales, R: Rounding> Layer for Dense<I, O, S, R> {
    type Input = [i8; I];
    type Output = [i8; O];
    type Tape = ();

    const PARAMETERS: usize = I * O + O;
    const ARCHITECTURE: Architecture = Architecture::layer(&["quantized dense", R::NAME], &[I, O]);

    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward(&self, x: &[i8; I], y: &mut [i8; O], (): &mut ()) {
        let excess = dot::excess(x);
        let zero_point = i32::from(self.zero_point);
        let [low, high] = self.range.map(|end| i32::from(end) - zero_point);
        let finish = |first: usize, sums: &[i32], offsets: &[i32], y: &mut [i8]| {
            for (((sum, offset), y), index) in sums.iter().zip(offsets).zip(y).zip(first..) {
                let mantissa = S::at(self.mantissas.as_ref(), index);
                let shift = S::at(self.shifts.as_ref(), index);
                let steps = R::multiply(offset.saturating_add(*sum), Multiplier { mantissa, shift });
                // Within the range, less the zero point: the sum is the output.
                #[allow(clippy::cast_possible_truncation)]
                let output = (steps.max(low).min(high) + zero_point) as i8;
                *y = output;
                keep_rolled();
            }
        };
        let (blocks, rows) = self.weights.as_chunks::<{ dot::OUTPUTS }>();
        let (offsets, last_offsets) = self.offsets.as_chunks::<{ dot::OUTPUTS }>();
        let (y, last_y) = y.as_chunks_mut::<{ dot::OUTPUTS }>();
        for (((block, offsets), y), n) in blocks.iter().zip(offsets).zip(y).zip(0..) {
            let sums = dot::four(block.as_flattened().as_chunks().0, x, excess);
            finish(n * dot::OUTPUTS, &sums, offsets, y);
        }
        let mut sums = [0; dot::OUTPUTS];
        for (row, sum) in rows.iter().zip(&mut sums) {
            *sum = dot::one(row, x, excess);
        }
        finish(O - O % dot::OUTPUTS, &sums, last_offsets, last_y);
    }
}

impl<const I: usize, const O: usize, S: Scales, R> Zero for Dense<I, O, S, R> {
    const ZERO: Self = {
        const { Self::SIZES };
        let (mantissas, shifts) = (Zero::ZERO, Zero::ZERO);
        let (weights, offsets, zero_point, range) = ([[0; I]; O], [0; O], 0, [0; 2]);
        Self { weights, offsets, mantissas, shifts, zero_point, range, rounding: PhantomData }
    };
}

storable!("quantized dense": [const I: usize, const O: usize, S: Scales, R: Rounding] Dense<I, O, S, R> {
    weights: [[u8; I]; O], offsets: [i32; O], mantissas: S::Array<i32, O>, shifts: S::Array<i8, O>, zero_point: i8, range: [i8; 2],
    rounding: PhantomData<R>,
});

/// No bytes: another rounding is another layout, as it gives other bits.
impl<R: Rounding> Storable for PhantomData<R> {
    const SIZE: usize = 0;
    const LAYOUT: u64 = layout(R::NAME, &[]);

    fn store(&self, _: &mut impl FnMut(&[u8])) {}

    fn load(&mut self, _: &mut impl FnMut(&mut [u8])) {}
}

// Derived, these would ask the same of the types without values.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<const I: usize, const O: usize, S: Scales, R> Clone for Dense<I, O, S, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const I: usize, const O: usize, S: Scales, R> Copy for Dense<I, O, S, R> {}

impl<const I: usize, const O: usize, S: Scales, R> PartialEq for Dense<I, O, S, R> {
    fn eq(&self, other: &Self) -> bool {
        self.weights == other.weights
            && self.offsets == other.offsets
            && self.mantissas == other.mantissas
            && self.shifts == other.shifts
            && (self.zero_point, self.range) == (other.zero_point, other.range)
    }
}

/// The shape, not the weights.
impl<const I: usize, const O: usize, S: Scales, R> Debug for Dense<I, O, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "quantized Dense({I} to {O})")
    }
}

#[cfg(feature = "defmt")]
impl<const I: usize, const O: usize, S: Scales, R> defmt::Format for Dense<I, O, S, R> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "quantized Dense({} to {})", I, O);
    }
}
