//! All bits zero.

/// A value whose bits are all zero, known when the program compiles.
///
/// Everything a [`Trainer`](crate::Trainer) holds has one, so a `static` trainer lies in `.bss` and costs no flash.
pub trait Zero {
    /// The value.
    const ZERO: Self;
}

impl<Z: Zero, const N: usize> Zero for [Z; N] {
    const ZERO: Self = [Z::ZERO; N];
}

impl Zero for () {
    const ZERO: Self = ();
}

impl Zero for bool {
    const ZERO: Self = false;
}

/// Counters among what a layer or an optimiser keeps.
macro_rules! integers {
    ($($t:ty),*) => {
        $(impl Zero for $t {
            const ZERO: Self = 0;
        })*
    };
}
integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64);
