//! Where samples come from: memory, flash, a file, one at a time.

use crate::permutation::Permutation;

/// Samples that can be asked for in any order; [`fit`](crate::fit) learns from them.
///
/// Slices and arrays of `(inputs, target)` are such samples, and so is a pair of slices. Samples that are stored in
/// another form are [`mapped`](Samples::mapped). Those that lie elsewhere need an implementation with room for one:
///
/// ```
/// use core::cell::RefCell;
/// use downhill::Samples;
///
/// /// 4096 samples in external flash, 20 bytes each: four inputs and a target, `f32`, lowest byte first.
/// struct Stored<F> {
///     flash: RefCell<F>,
/// }
///
/// # trait Flash { fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), ()>; }
/// impl<F: Flash> Samples for Stored<F> {
///     type Input = [f32; 4];
///     type Target = [f32; 1];
///
///     fn len(&self) -> usize {
///         4096
///     }
///
///     fn with<R>(&self, index: usize, then: impl FnOnce(&[f32; 4], &[f32; 1]) -> R) -> Option<R> {
///         let mut bytes = [0; 20];
///         let address = u32::try_from(index).ok().filter(|&index| index < 4096)? * 20;
///         self.flash.try_borrow_mut().ok()?.read(address, &mut bytes).ok()?;
///         let mut numbers = bytes.chunks_exact(4).filter_map(|four| Some(f32::from_le_bytes(*four.first_chunk()?)));
///         let x = [numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?];
///         Some(then(&x, &[numbers.next()?]))
///     }
/// }
/// ```
pub trait Samples {
    /// The inputs of a sample, [`Layer::Input`](crate::Layer::Input) of the network that learns from it.
    type Input;
    /// The target of a sample, [`Layer::Output`](crate::Layer::Output) of this network.
    type Target;

    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hands sample `index` to `then`, and returns what it returns. `None` if there is no such sample, or it can't be
    /// read.
    fn with<R>(&self, index: usize, then: impl FnOnce(&Self::Input, &Self::Target) -> R) -> Option<R>;

    /// Two parts of these samples, drawn at random: those to learn from, and `count` for the validation (all, if there
    /// are not as many). Each sample is in one of them; the seed decides in which. Classes are not balanced.
    fn hold_out(&self, count: usize, seed: u32) -> (Part<'_, Self>, Part<'_, Self>) {
        // Asked once: an implementation may give another answer next time.
        let len = self.len();
        let order = Permutation::new(len, seed);
        let learn = len.saturating_sub(count);
        let part = |first, len| Part { samples: self, order, first, len };
        (part(0, learn), part(learn, len - learn))
    }

    /// These samples in another form, computed whenever one is asked for: scaled pixels from bytes, targets from a
    /// class. `None` counts as a sample that can't be read.
    ///
    /// ```
    /// use downhill::{Samples, encode};
    ///
    /// let images: [([u8; 4], usize); 2] = [([0, 8, 16, 3], 2), ([1, 16, 9, 0], 0)];
    /// let samples = images.mapped(|pixels, &class| {
    ///     Some((pixels.map(|pixel| encode::scaled(pixel.into(), 16.0)), encode::targets::<f32, 3>(class)?))
    /// });
    /// assert_eq!(samples.with(1, |x, target| (x[1], target[0])), Some((1.0, 0.99)));
    /// ```
    fn mapped<X, T, F>(&self, map: F) -> Mapped<'_, Self, F>
    where
        F: Fn(&Self::Input, &Self::Target) -> Option<(X, T)>,
    {
        Mapped { samples: self, map }
    }
}

impl<X, T> Samples for [(X, T)] {
    type Input = X;
    type Target = T;

    fn len(&self) -> usize {
        self.len()
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&X, &T) -> R) -> Option<R> {
        let (x, target) = self.get(index)?;
        Some(then(x, target))
    }
}

impl<X, T, const N: usize> Samples for [(X, T); N] {
    type Input = X;
    type Target = T;

    fn len(&self) -> usize {
        N
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&X, &T) -> R) -> Option<R> {
        self.as_slice().with(index, then)
    }
}

/// Inputs and targets of the same length; what one has more than the other is left out.
impl<X, T> Samples for (&[X], &[T]) {
    type Input = X;
    type Target = T;

    fn len(&self) -> usize {
        self.0.len().min(self.1.len())
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&X, &T) -> R) -> Option<R> {
        Some(then(self.0.get(index)?, self.1.get(index)?))
    }
}

/// Some of the samples of `S`, of [`hold_out`](Samples::hold_out).
#[derive(Debug)]
pub struct Part<'a, S: ?Sized> {
    samples: &'a S,
    order: Permutation,
    first: usize,
    len: usize,
}

impl<S: ?Sized> Part<'_, S> {
    /// Which of the samples of `S` sample `index` of this part is.
    pub const fn index(&self, index: usize) -> Option<usize> {
        // `first + len` is at most the number of all samples: no overflow.
        if index < self.len { self.order.get(self.first + index) } else { None }
    }
}

impl<S: Samples + ?Sized> Samples for Part<'_, S> {
    type Input = S::Input;
    type Target = S::Target;

    fn len(&self) -> usize {
        self.len
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target) -> R) -> Option<R> {
        self.samples.with(self.index(index)?, then)
    }
}

/// The samples of `S` in another form, of [`mapped`](Samples::mapped).
#[derive(Debug)]
pub struct Mapped<'a, S: ?Sized, F> {
    samples: &'a S,
    map: F,
}

impl<S, F, X, T> Samples for Mapped<'_, S, F>
where
    S: Samples + ?Sized,
    F: Fn(&S::Input, &S::Target) -> Option<(X, T)>,
{
    type Input = X;
    type Target = T;

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&X, &T) -> R) -> Option<R> {
        let (x, target) = self.samples.with(index, &self.map)??;
        Some(then(&x, &target))
    }
}
