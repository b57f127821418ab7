//! Layers around others, which are in integers what they are around; and dropout, which is nothing there.

use core::ops::Deref;

use super::convert::Quantize;
use super::fixed::Rounding;
use super::layer::Layer;
use super::range::Range;
use super::values::Quantization;
use crate::architecture::Architecture;
use crate::dropout::{self, Dropout};
use crate::frozen::Frozen;
use crate::layer::Layer as Learns;
use crate::scaled_rate::{Factor, ScaledRate};
use crate::storable::storable;
use crate::zero::Zero;

/// Outputs are the inputs: what a [`Dropout`] is when nothing learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Pass<const N: usize>;

impl<const N: usize> Layer for Pass<N> {
    type Input = [i8; N];
    type Output = [i8; N];
    type Tape = ();

    const PARAMETERS: usize = 0;
    const ARCHITECTURE: Architecture = Architecture::NONE;

    fn forward(&self, x: &[i8; N], y: &mut [i8; N], (): &mut ()) {
        *y = *x;
    }
}

impl<const N: usize> Zero for Pass<N> {
    const ZERO: Self = Self;
}

storable!("quantized pass": [const N: usize] Pass<N> {});

impl<const N: usize, Q: dropout::Rate<Scalar = f32>> Quantize for Dropout<N, Q> {
    type Inputs = [i8; N];
    type Outputs = [i8; N];
    type Layers<R: Rounding> = Pass<N>;
    type Ranges<C: Range> = ();

    fn observe<C: Range>(&self, x: &[[f32; N]], y: &mut [[f32; N]], _: &mut Self::Tape<1>, (): &mut ()) -> f32 {
        y.copy_from_slice(x);
        0.0
    }

    fn convert<C: Range, R: Rounding>(&self, x: Quantization, (): &(), _: &mut Pass<N>) -> Quantization {
        x
    }
}

/// Passes on to what is inside.
macro_rules! passes_on {
    ($([$($generic:tt)*] $Outer:ty, $this:ident => $inner:expr;)*) => {
        $(impl<L: Quantize + Learns, $($generic)*> Quantize for $Outer {
            type Inputs = L::Inputs;
            type Outputs = L::Outputs;
            type Layers<R: Rounding> = L::Layers<R>;
            type Ranges<C: Range> = L::Ranges<C>;

            fn observe<C: Range>(
                &self,
                x: &[L::Input],
                y: &mut [L::Output],
                tape: &mut L::Tape<1>,
                ranges: &mut L::Ranges<C>,
            ) -> f32 {
                let $this = self;
                L::observe($inner, x, y, tape, ranges)
            }

            fn convert<C: Range, R: Rounding>(
                &self,
                x: Quantization,
                ranges: &L::Ranges<C>,
                layers: &mut L::Layers<R>,
            ) -> Quantization {
                let $this = self;
                L::convert($inner, x, ranges, layers)
            }
        })*
    };
}
passes_on! {
    [D: Deref<Target = L>] Frozen<D>, this => &this.0;
    [Q: Factor<Scalar = f32>] ScaledRate<L, Q>, this => &this.layer;
}
