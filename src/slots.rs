//! What is kept for each parameter of a layer.

use crate::scalar::Zero;

/// An `S` for each parameter of a layer that learns: arrays, and tuples of them, in the order of the tensors.
pub trait Slots<S>: Zero {
    /// How many.
    const COUNT: usize;
    /// In how many tensors.
    const PARTS: usize;

    /// Shows those of each tensor to `visit`. Of a tensor without numbers nothing is shown.
    fn parts(&self, visit: &mut impl FnMut(&[S]));

    /// [`parts`](Slots::parts), to be written.
    fn parts_mut(&mut self, visit: &mut impl FnMut(&mut [S]));
}

impl<S> Slots<S> for () {
    const COUNT: usize = 0;
    const PARTS: usize = 0;

    fn parts(&self, _: &mut impl FnMut(&[S])) {}

    fn parts_mut(&mut self, _: &mut impl FnMut(&mut [S])) {}
}

/// Arrays of up to four dimensions.
macro_rules! arrays {
    ($($type:ty, [$($N:ident),*], $flat:ident => $shared:expr, $exclusive:expr;)*) => {
        $(impl<S: Zero, $(const $N: usize),*> Slots<S> for $type {
            const COUNT: usize = 1 $(* $N)*;
            const PARTS: usize = (<Self as Slots<S>>::COUNT > 0) as usize;

            fn parts(&self, visit: &mut impl FnMut(&[S])) {
                if <Self as Slots<S>>::COUNT > 0 {
                    let $flat = self;
                    visit($shared);
                }
            }

            fn parts_mut(&mut self, visit: &mut impl FnMut(&mut [S])) {
                if <Self as Slots<S>>::COUNT > 0 {
                    let $flat = self;
                    visit($exclusive);
                }
            }
        })*
    };
}
arrays! {
    [S; A], [A], all => all, all;
    [[S; B]; A], [A, B], all => all.as_flattened(), all.as_flattened_mut();
    [[[S; C]; B]; A], [A, B, C], all => all.as_flattened().as_flattened(), all.as_flattened_mut().as_flattened_mut();
    [[[[S; D]; C]; B]; A], [A, B, C, D],
        all => all.as_flattened().as_flattened().as_flattened(),
        all.as_flattened_mut().as_flattened_mut().as_flattened_mut();
}
