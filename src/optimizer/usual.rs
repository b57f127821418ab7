//! The usual settings of optimisers.

/// The usual settings as numbers of the type, each rounded once: `new` is then a `const fn` for every type.
pub trait Usual: Sized {
    /// [`RmsProp::decay`](crate::RmsProp::decay).
    const DECAY: Self;
    /// [`Adam::mean_decay`](crate::Adam::mean_decay).
    const MEAN_DECAY: Self;
    /// [`Adam::square_decay`](crate::Adam::square_decay).
    const SQUARE_DECAY: Self;
    /// [`RmsProp::epsilon`](crate::RmsProp::epsilon), [`Adam::epsilon`](crate::Adam::epsilon).
    const EPSILON: Self;
    /// [`Rprop::first`](crate::Rprop::first).
    const FIRST: Self;
    /// [`Rprop::shrink`](crate::Rprop::shrink).
    const SHRINK: Self;
    /// [`Rprop::grow`](crate::Rprop::grow).
    const GROW: Self;
    /// [`Rprop::range`](crate::Rprop::range).
    const RANGE: [Self; 2];
}

macro_rules! usual {
    ($t:ty) => {
        impl Usual for $t {
            const DECAY: Self = 0.99;
            const MEAN_DECAY: Self = 0.9;
            const SQUARE_DECAY: Self = 0.999;
            const EPSILON: Self = 1e-8;
            const FIRST: Self = 0.01;
            const SHRINK: Self = 0.5;
            const GROW: Self = 1.2;
            const RANGE: [Self; 2] = [1e-6, 50.0];
        }
    };
}
usual!(f32);
usual!(f64);
