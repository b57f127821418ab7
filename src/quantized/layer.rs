//! What a quantised layer is. A tuple of one to eight is one again.

use super::values::Values;
use crate::architecture::Architecture;
use crate::tuples::tuples;
use crate::zero::Zero;

/// A layer of integers: what [`Infer`](crate::Infer) is for layers of real numbers. A tuple of one to eight layers is a layer again,
/// and so is a reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a quantised layer nor a tuple of one to eight of them",
    label = "not a quantised layer",
    note = "the outputs of a layer are the inputs of the next; tuples can be nested, as those of `Infer`"
)]
pub trait Layer {
    /// The inputs, `[i8; I]` for example.
    type Input: Values;
    /// The outputs.
    type Output: Values;
    /// Scratch: the outputs of all layers of a tuple but the last.
    type Tape: Zero;

    /// The number of weights and biases.
    const PARAMETERS: usize;

    /// What it computes from its parameters.
    const ARCHITECTURE: Architecture;

    /// Computes the outputs `y` of the inputs `x`.
    fn forward(&self, x: &Self::Input, y: &mut Self::Output, tape: &mut Self::Tape);

    /// The outputs of the inputs `x`: for who has integers, such as readings of an ADC. The scratch is on the stack.
    fn predict(&self, x: &Self::Input) -> Self::Output {
        let (mut y, mut tape) = (Self::Output::ZERO, Self::Tape::ZERO);
        self.forward(x, &mut y, &mut tape);
        y
    }
}

impl<L: Layer> Layer for &L {
    type Input = L::Input;
    type Output = L::Output;
    type Tape = L::Tape;

    const PARAMETERS: usize = L::PARAMETERS;
    const ARCHITECTURE: Architecture = L::ARCHITECTURE;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn forward(&self, x: &L::Input, y: &mut L::Output, tape: &mut L::Tape) {
        L::forward(self, x, y, tape);
    }
}

macro_rules! layer {
    (($A:ident $a:tt) [$(($L:ident $l:tt $U:ident $u:tt))*] $down:tt ($Z:ident $z:tt)) => {
        // A single layer has no neighbours.
        #[allow(unused_variables)]
        impl<$A: Layer, $($U: Layer<Input = $L::Output>),*> Layer for ($A, $($U,)*) {
            type Input = $A::Input;
            type Output = $Z::Output;
            type Tape = (($($L::Output,)*), ($A::Tape, $($U::Tape,)*));

            const PARAMETERS: usize = $A::PARAMETERS $(+ $U::PARAMETERS)*;
            const ARCHITECTURE: Architecture = $A::ARCHITECTURE $(.then($U::ARCHITECTURE))*;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn forward(&self, x: &Self::Input, y: &mut Self::Output, (between, tape): &mut Self::Tape) {
                $(
                    self.$l.forward(x, &mut between.$l, &mut tape.$l);
                    let x = &between.$l;
                )*
                self.$z.forward(x, y, &mut tape.$z);
            }
        }
    };
}
tuples!(layer);
