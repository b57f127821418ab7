//! What a layer that goes around another passes on to it. Macros, because a trait could implement [`Infer`](super::Infer) for all
//! that has an inner layer only if nothing else implemented it.

/// Types, constants and the activation of the inner layer `$L`.
macro_rules! infer_as {
    ($L:ident) => {
        type Scalar = $L::Scalar;
        type Input = $L::Input;
        type Output = $L::Output;
        type Tape<const B: usize> = $L::Tape<B>;
        type State = $L::State;

        const PARAMETERS: usize = $L::PARAMETERS;
        const ARCHITECTURE: $crate::architecture::Architecture = $L::ARCHITECTURE;
        const LINK: $crate::activation::Link = $L::LINK;
        const BOUNDED: bool = $L::BOUNDED;

        #[cfg_attr(not(unoptimized), inline(always))]
        fn activate<W: $crate::work::Budget>(y: &mut [$L::Output], work: &mut W) -> $L::Scalar {
            $L::activate(y, work)
        }
    };
}

/// The forward pass of the inner layer, `$inner` of `$this`.
macro_rules! forward_by {
    ($L:ident, $this:ident => $inner:expr) => {
        #[cfg_attr(not(unoptimized), inline(always))]
        fn forward<W: $crate::work::Budget, const B: usize>(
            &self,
            x: &[$L::Input],
            y: &mut [$L::Output],
            tape: &mut $L::Tape<B>,
            state: &mut $L::State,
            mode: $crate::layer::Mode,
            work: &mut W,
        ) -> $L::Scalar {
            let $this = self;
            $L::forward($inner, x, y, tape, state, mode, work)
        }

        #[cfg_attr(not(unoptimized), inline(always))]
        fn outputs<W: $crate::work::Budget, const B: usize>(
            &self,
            x: &[$L::Input],
            y: &mut [$L::Output],
            tape: &mut $L::Tape<B>,
            state: &mut $L::State,
            mode: $crate::layer::Mode,
            work: &mut W,
        ) -> $L::Scalar {
            let $this = self;
            $L::outputs($inner, x, y, tape, state, mode, work)
        }
    };
}

/// The way back of the inner layer, and what it does with scratch and state.
macro_rules! back_by {
    ($L:ident, $this:ident => $inner:expr) => {
        #[cfg_attr(not(unoptimized), inline(always))]
        fn derive<W: $crate::work::Budget>(y: &[$L::Output], errors: &mut [$L::Output], work: &mut W) -> $L::Scalar {
            $L::derive(y, errors, work)
        }

        #[cfg_attr(not(unoptimized), inline(always))]
        fn back<R: $crate::rule::Rule, W: $crate::work::Budget, const B: usize>(
            &self,
            trace: $crate::layer::Trace<'_, Self, B>,
            deltas: &mut $L::Deltas<B>,
            below: Option<&mut [$L::Input]>,
            work: &mut W,
        ) -> Result<$L::Scalar, $crate::error::StepError> {
            let $this = self;
            $L::back::<R, W, B>($inner, trace.of(), deltas, below, work)
        }

        fn scale<const B: usize>(deltas: &mut $L::Deltas<B>, sample: usize, factor: $L::Scalar) {
            $L::scale(deltas, sample, factor);
        }

        fn seed(state: &mut $L::State, seeds: &mut impl FnMut() -> u32) {
            $L::seed(state, seeds);
        }

        fn is_seeded(state: &$L::State) -> bool {
            $L::is_seeded(state)
        }

        fn rewind<const B: usize>(state: &mut $L::State, tape: &$L::Tape<B>) {
            $L::rewind(state, tape);
        }
    };
}

pub(crate) use {back_by, forward_by, infer_as};
