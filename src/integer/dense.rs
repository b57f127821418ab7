//! The dense layer in integers.

use core::fmt::{self, Debug};
use core::marker::PhantomData;

use super::fixed::{Shift, fixed, float};
use super::function::Function;
use super::kernel::{dot, learn, learn_far, learn_within, reach, send};
use super::layers::{Layer, Tape};
use super::rate::Step;
use super::rounding::Rounding;
use super::whole::{Exponent, Whole, bits, limit, prove, sealed::Sealed};
use super::words::lower;
use crate::activation::Relu;
use crate::architecture::Architecture;
use crate::init::Init;
use crate::scalar::Zero;
use crate::storable::{Storable, layout};
use crate::tensor::{Role, Tensor};

/// A fully connected layer with `I` inputs, `O` outputs, activation `A`, and weights of type `W`, `i16` or `i8`.
///
/// A weight is a mantissa `W` divided by 2^exponent, with one exponent for the layer. When a weight leaves the range, all are halved, and
/// the exponent is one less. A bias has 8 bits more after the point.
pub struct Dense<const I: usize, const O: usize, A = Relu, W = i16> {
    /// One row per output.
    weights: [[W; I]; O],
    biases: [i32; O],
    exponent: i8,
    /// The weights may change by so much before one can leave its range. It saves looking at each of them in each step, and decides
    /// nothing; 0 if it is not known.
    room: i32,
    activation: PhantomData<fn() -> A>,
}

/// Bits that a bias has more than a weight.
const MORE: Exponent = 8;
/// The exponent at which weights are no longer halved, but stay at their limit: 32767 2^16.
const LEAST_EXPONENT: i8 = -16;
/// The largest shift of a product whose part of a unit is drawn. A product has 30 bits, so what is lost beyond is 2^-31 of a unit.
const FARTHEST: Exponent = 60;

/// How the weights of a layer change in a step.
enum Change {
    /// By products that are shifted by up to 30 places.
    Near(Exponent),
    /// By a unit, at random.
    Far(Exponent),
    /// Not at all: each product is below half a unit.
    None,
    /// Within the limit.
    Within(Shift),
}

impl<const I: usize, const O: usize, A, W: Whole> Dense<I, O, A, W> {
    /// The largest magnitude of a weight, in units of 2^-exponent: that of the type, or less in a layer so wide that sums would not fit into
    /// 32 bits, with more than 515 inputs or 516 outputs.
    pub const LIMIT: i32 = {
        assert!(I > 0 && O > 0, "a dense layer needs at least one input and one output");
        let limit = limit(W::BITS, I, O);
        prove(limit, I, O, 7);
        prove(limit, I, O, 15);
        limit
    };

    /// The weights, one row per output: `mantissa / 2^exponent`.
    pub const fn weights(&self) -> &[[W; I]; O] {
        &self.weights
    }

    /// The biases: `mantissa / 2^(exponent + 8)`.
    pub const fn biases(&self) -> &[i32; O] {
        &self.biases
    }

    /// The exponent of the weights.
    pub const fn exponent(&self) -> i32 {
        self.exponent as i32
    }

    /// With which weights below 1 have all their bits.
    #[allow(clippy::cast_possible_truncation)] // 7 or 15
    const FIRST_EXPONENT: i8 = W::BITS as i8;

    const fn places(&self) -> Exponent {
        self.exponent as Exponent
    }

    const fn largest_bias() -> i32 {
        // At most 2^23.
        Self::LIMIT << MORE
    }

    /// Halves all, which stays the same numbers, but for the rounding. Returns false at the end of the range.
    fn halve(&mut self) -> bool {
        let more = self.exponent > LEAST_EXPONENT;
        if more {
            self.exponent -= 1;
            self.room = 0;
            let half = Shift::new(1);
            for weight in self.weights.as_flattened_mut() {
                *weight = W::of(half.of((*weight).into()));
            }
            self.biases.iter_mut().for_each(|bias| *bias = half.of(*bias));
        }
        more
    }

    /// Makes room for changes of up to `delta` times an input, shifted by what `shift` returns for the exponent of the weights: halves the
    /// weights until all stay in range whatever the inputs are. Returns false if they may not. What is below half a unit changes a weight
    /// only where it is rounded at random, by 1.
    fn make_room(&mut self, delta: i32, most: u32, draws: bool, shift: impl Fn(Exponent) -> Exponent) -> bool {
        // Below 2^30.
        let product = (delta << bits(most, I)) - delta;
        loop {
            let change = match shift(self.places()) {
                shift @ 1..=30 => lower(product, shift) + 1,
                31..=FARTHEST if draws => 1,
                31.. => return true,
                // It has no room anyway, as products that are not shifted are larger than weights.
                _ => i32::MAX,
            };
            if change > self.room {
                self.room = Self::LIMIT - reach(self.weights.as_flattened());
            }
            if change <= self.room {
                self.room -= change;
                return true;
            }
            if !self.halve() {
                self.room = 0;
                return false;
            }
        }
    }

    /// Starts with the largest exponent.
    fn reset(&mut self) {
        *self = Self::ZERO;
        self.exponent = Self::FIRST_EXPONENT;
    }

    fn put(&mut self, input: usize, output: usize, value: f32) {
        while fixed(value, self.exponent.into()).unsigned_abs() > Self::LIMIT.unsigned_abs() && self.halve() {}
        let weight = fixed(value, self.exponent.into()).clamp(-Self::LIMIT, Self::LIMIT);
        if let Some(place) = self.weights.get_mut(output).and_then(|row| row.get_mut(input)) {
            *place = W::of(weight);
            self.room = 0;
        }
    }
}

// Derived, these would ask the same of the activation, of which the layer has no value.
#[allow(clippy::expl_impl_clone_on_copy)]
impl<const I: usize, const O: usize, A, W: Copy> Clone for Dense<I, O, A, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const I: usize, const O: usize, A, W: Copy> Copy for Dense<I, O, A, W> {}

impl<const I: usize, const O: usize, A, W: PartialEq> PartialEq for Dense<I, O, A, W> {
    fn eq(&self, other: &Self) -> bool {
        self.weights == other.weights && self.biases == other.biases && self.exponent == other.exponent
    }
}

/// The shape, not the weights.
impl<const I: usize, const O: usize, A: Function, W: Whole> Debug for Dense<I, O, A, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "integer::Dense({I} to {O}, {}, {})", A::NAME, W::NAME)
    }
}

#[cfg(feature = "defmt")]
impl<const I: usize, const O: usize, A: Function, W: Whole> defmt::Format for Dense<I, O, A, W> {
    fn format(&self, f: defmt::Formatter) {
        defmt::write!(f, "integer::Dense({} to {}, {}, {})", I, O, A::NAME, W::NAME);
    }
}

impl<const I: usize, const O: usize, A, W: Zero> Zero for Dense<I, O, A, W> {
    const ZERO: Self = Self { weights: Zero::ZERO, biases: Zero::ZERO, exponent: 0, room: 0, activation: PhantomData };
}

impl<const I: usize, const O: usize, A: Function, W: Whole> Storable for Dense<I, O, A, W> {
    const SIZE: usize = <[[W; I]; O]>::SIZE + <[i32; O]>::SIZE + i8::SIZE;
    const LAYOUT: u64 =
        layout("integer dense", &[layout(A::NAME, &[]), <[[W; I]; O]>::LAYOUT, <[i32; O]>::LAYOUT, i8::LAYOUT]);

    fn store(&self, write: &mut impl FnMut(&[u8])) {
        self.weights.store(write);
        self.biases.store(write);
        self.exponent.store(write);
    }

    fn load(&mut self, read: &mut impl FnMut(&mut [u8])) {
        self.weights.load(read);
        self.biases.load(read);
        self.exponent.load(read);
        self.room = 0;
        // Nothing that a layer has stored is out of range; of other bytes, sums might overflow.
        for weight in self.weights.as_flattened_mut() {
            *weight = W::of((*weight).into().clamp(-Self::LIMIT, Self::LIMIT));
        }
        let largest = Self::largest_bias();
        self.biases.iter_mut().for_each(|bias| *bias = (*bias).clamp(-largest, largest));
        self.exponent = self.exponent.clamp(LEAST_EXPONENT, Self::FIRST_EXPONENT);
    }
}

impl<const I: usize, const O: usize, A, W> Sealed for Dense<I, O, A, W> {}

impl<const I: usize, const O: usize, A: Function, W: Whole> Layer for Dense<I, O, A, W> {
    type Input = [f32; I];
    type Output = [f32; O];
    type Function = A;
    type Inputs<V: Whole> = [V; I];
    type Tape<V: Whole> = Tape<V, O>;

    const INPUTS: usize = I;
    const OUTPUTS: usize = O;
    const PARAMETERS: usize = I * O + O;
    const ARCHITECTURE: Architecture = Architecture::layer(&["integer dense", A::NAME, W::NAME], &[I, O]);

    fn sums<V: Whole>(&self, x: &[V], exponent: Exponent, sums: &mut [i32]) -> Exponent {
        // A bias is at most LIMIT 2^8; as the exponent of inputs is at most their bits, what is added is at most LIMIT 2^bits.
        let places = Shift::new(MORE - exponent);
        for ((row, bias), sum) in self.weights.iter().zip(&self.biases).zip(sums) {
            *sum = places.of(*bias) + dot(row, x);
        }
        exponent + self.places()
    }

    fn learn<V: Whole, R: Rounding>(
        &mut self,
        (x, exponent): (&[V], Exponent),
        (deltas, own): (&[V], Exponent),
        below: Option<&mut [i32]>,
        delta_bits: Exponent,
        step: Step,
        rounding: &mut R,
    ) -> Exponent {
        let weights = self.places();
        if let Some(errors) = below {
            errors.fill(0);
            for (row, &delta) in self.weights.iter().zip(deltas) {
                if delta.into() != 0 {
                    send(row, delta, errors);
                }
            }
        }
        // A delta times the factor of the rate has 8 bits more; it gets 15.
        let extra = (delta_bits - 7).max(0);
        let places = Shift::new(extra);
        let scaled = |delta: V| places.of(step.scale(delta));
        let top = scaled(V::of(reach(deltas)));
        let own_step = |exponent: Exponent| own + step.shift - extra - exponent;
        let fits = top == 0 || self.make_room(top, V::BITS, R::DRAWS, |weights| own_step(weights) + exponent);
        let own_step = own_step(self.places());
        let of_bias = Shift::new(own_step - MORE);
        let change = match own_step + exponent {
            shift @ 1..=30 if fits => Change::Near(shift),
            shift @ 31..=FARTHEST if fits && R::DRAWS => Change::Far(shift),
            31.. => Change::None,
            shift => Change::Within(Shift::new(shift)),
        };
        let (mut left, largest, mut phase) = (false, Self::largest_bias(), rounding.layer());
        for ((row, bias), &delta) in self.weights.iter_mut().zip(&mut self.biases).zip(deltas) {
            let delta = scaled(delta);
            if delta != 0 {
                match change {
                    Change::Near(shift) => phase = learn::<_, _, R>(row, delta, x, shift, phase),
                    Change::Far(shift) => phase = learn_far::<_, _, R>(row, delta, x, shift, rounding.layer(), phase),
                    Change::None => (),
                    Change::Within(shift) => learn_within(row, delta, x, shift, Self::LIMIT),
                }
                let new = bias.saturating_sub(of_bias.of(delta));
                *bias = new.clamp(-largest, largest);
                left |= *bias != new;
            }
        }
        if left {
            self.halve();
        }
        own + weights
    }

    fn initialize(&mut self, init: &mut impl Init) {
        self.reset();
        for input in 0..I {
            for output in 0..O {
                self.put(input, output, init.weight(I, O));
            }
        }
    }

    fn take(&mut self, role: Role, shape: &[usize], data: &[f32]) -> bool {
        match (role, shape) {
            (Role::Weight { .. }, &[i, o]) if i == I && o == O => {
                self.reset();
                let (rows, _) = data.as_chunks::<O>();
                for (input, row) in rows.iter().enumerate() {
                    for (output, &weight) in row.iter().enumerate() {
                        self.put(input, output, weight);
                    }
                }
                true
            }
            (Role::Bias, &[o]) if o == O => {
                let largest = Self::largest_bias().unsigned_abs();
                let place = |exponent: i8| Exponent::from(exponent) + MORE;
                let fits = |exponent| data.iter().all(|&b| fixed(b, place(exponent)).unsigned_abs() <= largest);
                while !fits(self.exponent) && self.halve() {}
                for (bias, &value) in self.biases.iter_mut().zip(data) {
                    *bias = fixed(value, place(self.exponent)).clamp(-Self::largest_bias(), Self::largest_bias());
                }
                true
            }
            _ => false,
        }
    }

    fn blend(&self, to: &mut Self, rate: i32) {
        while to.exponent > self.exponent && to.halve() {}
        to.room = 0;
        let places = Shift::new(self.places() - to.places());
        // Within 16 and 24 bits before, and so in between.
        #[allow(clippy::cast_possible_truncation)]
        let blended = |to: i32, from: i32| {
            let distance = i64::from(places.of(from)) - i64::from(to);
            (i64::from(to) + ((distance * i64::from(rate) + (1 << 14)) >> 15)) as i32
        };
        for (to, &from) in to.weights.as_flattened_mut().iter_mut().zip(self.weights.as_flattened()) {
            *to = W::of(blended((*to).into(), from.into()));
        }
        for (to, &from) in to.biases.iter_mut().zip(&self.biases) {
            *to = blended(*to, from);
        }
    }

    fn tensors(&self, visit: &mut dyn FnMut(Tensor<&[f32]>)) {
        let mut weights = [[0.0; O]; I];
        for (output, row) in self.weights.iter().enumerate() {
            for (place, &weight) in weights.iter_mut().zip(row) {
                if let Some(place) = place.get_mut(output) {
                    *place = float(weight.into(), self.places());
                }
            }
        }
        visit(Tensor::new("weight", &[I, O], Role::weight(I, O), weights.as_flattened()));
        let biases = self.biases.map(|bias| float(bias, self.places() + MORE));
        visit(Tensor::new("bias", &[O], Role::Bias, &biases));
    }
}
