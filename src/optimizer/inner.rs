//! What an optimiser passes on to the one that it wraps, its field `inner`.

/// Slots and learning rate.
macro_rules! rate_of_inner {
    ($T:ident, $P:ident) => {
        type Slot = $P::Slot;

        fn is_finite(slot: &$P::Slot) -> bool {
            $P::is_finite(slot)
        }

        fn set_rate(&mut self, rate: $T) {
            self.inner.set_rate(rate);
        }

        fn rate(&self) -> Option<$T> {
            self.inner.rate()
        }

        fn scaled(&self, factor: $T) -> Self {
            Self { inner: self.inner.scaled(factor), ..*self }
        }
    };
}

/// The update itself.
macro_rules! update_by_inner {
    ($T:ident, $P:ident) => {
        #[cfg_attr(not(unoptimized), inline(always))]
        fn weight(&self, weight: &mut $T, slot: &mut $P::Slot, gradient: $T) {
            self.inner.weight(weight, slot, gradient);
        }

        #[cfg_attr(not(unoptimized), inline(always))]
        fn bias(&self, bias: &mut $T, slot: &mut $P::Slot, gradient: $T) {
            self.inner.bias(bias, slot, gradient);
        }

        #[cfg_attr(not(unoptimized), inline(always))]
        fn update(&self, layer: Parameters<$T, $P::Slot>, gradient: Gradient<$T>) {
            self.inner.update(layer, gradient);
        }

        #[cfg_attr(not(unoptimized), inline(always))]
        fn update_batch(&self, layer: Parameters<$T, $P::Slot>, pairs: Pairs<$T>, scale: $T) {
            self.inner.update_batch(layer, pairs, scale);
        }
    };
}

pub(super) use {rate_of_inner, update_by_inner};
