//! What is the same for tuples of one to eight layers of any kind.

/// Calls `$make` for every tuple of one to eight layers. It walks along the neighbours, `L0 0 L1 1` then `L1 1 L2 2`, and
/// hands on the first layer, the pairs that it has passed in order for the way up and in reverse for the way back, and
/// the last layer.
macro_rules! tuples {
    (@walk $make:ident $first:tt $up:tt $down:tt $last:tt) => {
        $make!($first $up $down $last);
    };
    (@walk $make:ident $first:tt [$($up:tt)*] [$($down:tt)*] ($L:ident $l:tt) ($U:ident $u:tt) $($rest:tt)*) => {
        $make!($first [$($up)*] [$($down)*] ($L $l));
        tuples!(@walk $make $first [$($up)* ($L $l $U $u)] [($L $l $U $u) $($down)*] ($U $u) $($rest)*);
    };
    ($make:ident) => {
        tuples!(@walk $make (L0 0) [] [] (L0 0) (L1 1) (L2 2) (L3 3) (L4 4) (L5 5) (L6 6) (L7 7));
    };
}

pub(crate) use tuples;
