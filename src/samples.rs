//! Sources of samples: memory, flash or a file, read one sample at a time.

use core::cell::{Cell, RefCell};

use list::List;

use crate::permutation::Permutation;

/// Samples that can be read in any order; [`fit`](crate::fit) learns from them.
///
/// Slices and arrays of `(inputs, target)` are such samples, and so is a pair of slices or arrays, or a reference to
/// any of them. Samples that are stored in another form are [`mapped`](Samples::mapped). For samples in other storage,
/// implement this trait, with memory for one sample:
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
    /// The inputs of a sample, [`Layer::Input`](crate::Infer::Input) of the network that learns from it.
    type Input;
    /// The target of a sample, [`Layer::Output`](crate::Infer::Output) of this network.
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

    /// [`with`](Samples::with), where `then` also gets the weight of the sample: how many times it counts; `None`
    /// counts as 1. [`weighted`](Samples::weighted) samples have such a weight.
    fn with_weight<R>(
        &self,
        index: usize,
        then: impl FnOnce(&Self::Input, &Self::Target, Option<f32>) -> R,
    ) -> Option<R> {
        self.with(index, |x, target| then(x, target, None))
    }

    /// Divides these samples at random into those to learn from and `count` for the validation (all, if there are not
    /// as many). Each sample is in one of the two parts; `seed` decides in which. Classes are not balanced.
    fn hold_out(&self, count: usize, seed: u32) -> (Part<'_, Self>, Part<'_, Self>) {
        // Called once: an implementation may return another number next time.
        let len = self.len();
        let order = Permutation::new(len, seed);
        let learn = len.saturating_sub(count);
        let part = |first, len| Part { samples: self, order, first, len };
        (part(0, learn), part(learn, len - learn))
    }

    /// These samples in another form, computed each time a sample is read: scaled pixels from bytes, targets from a
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

    /// These samples with weights, by class or by sample: `weight` gets the index, the inputs and the target. A fit
    /// learns from them as [`Trainer::step_weighted`](crate::Trainer::step_weighted) does, and multiplies each loss
    /// that it measures by the weight. Earlier weights are replaced.
    ///
    /// ```
    /// use downhill::{Samples, encode};
    ///
    /// let samples = [([0.1], 0), ([0.2], 0), ([0.8], 1), ([0.3], 0)];
    /// let weights: [f32; 2] = encode::balanced(&[3, 1]);
    /// let weighted = samples.weighted(|_, _, &class: &usize| weights.get(class).copied().unwrap_or(1.0));
    /// let train = weighted.mapped(|x: &[f32; 1], &class| Some((*x, encode::targets::<f32, 1>(class)?)));
    /// assert_eq!(train.with_weight(2, |_, _, weight| weight), Some(Some(2.0)));
    /// ```
    fn weighted<F>(&self, weight: F) -> Weighted<'_, Self, F>
    where
        F: Fn(usize, &Self::Input, &Self::Target) -> f32,
    {
        Weighted { samples: self, weight }
    }

    /// These samples, with a call of `call` after every `period` samples that were read (0 counts as 1), to learn or to
    /// measure: for a watchdog with a timeout shorter than an epoch.
    ///
    /// ```
    /// use downhill::Samples;
    ///
    /// let (mut fed, samples) = (0, [([0.1], [0.2]); 100]);
    /// let watched = samples.every(32, || fed += 1);
    /// let (train, validation) = watched.hold_out(20, 1);
    /// # for index in 0..80 { train.with(index, |_, _| ()); }
    /// # for index in 0..20 { validation.with(index, |_, _| ()); }
    /// // Once through both parts:
    /// # drop(watched);
    /// assert_eq!(fed, 3);
    /// ```
    fn every<F: FnMut()>(&self, period: usize, call: F) -> Every<'_, Self, F> {
        Every { samples: self, period, asked: Cell::new(0), call: RefCell::new(call) }
    }
}

/// A sample of a stream: `(inputs, target)`, or `(inputs, target, weight)`, or a reference to one of them.
pub trait Sample<X, T> {
    /// Inputs, target, and the weight of the sample: how many times it counts; `None` counts as 1.
    fn parts(&self) -> (&X, &T, Option<f32>);
}

impl<X, T> Sample<X, T> for (X, T) {
    fn parts(&self) -> (&X, &T, Option<f32>) {
        (&self.0, &self.1, None)
    }
}

impl<X, T> Sample<X, T> for (X, T, f32) {
    fn parts(&self) -> (&X, &T, Option<f32>) {
        (&self.0, &self.1, Some(self.2))
    }
}

impl<X, T, S: Sample<X, T>> Sample<X, T> for &S {
    fn parts(&self) -> (&X, &T, Option<f32>) {
        (*self).parts()
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

/// Borrowed samples.
impl<S: Samples + ?Sized> Samples for &S {
    type Input = S::Input;
    type Target = S::Target;

    fn len(&self) -> usize {
        S::len(self)
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target) -> R) -> Option<R> {
        S::with(self, index, then)
    }

    fn with_weight<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target, Option<f32>) -> R) -> Option<R> {
        S::with_weight(self, index, then)
    }
}

/// Inputs and targets separately, each a slice, an array, or a reference to one. If one is longer than the other, the
/// excess is ignored.
impl<X: List, T: List> Samples for (X, T) {
    type Input = X::Item;
    type Target = T::Item;

    fn len(&self) -> usize {
        self.0.items().len().min(self.1.items().len())
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&X::Item, &T::Item) -> R) -> Option<R> {
        Some(then(self.0.items().get(index)?, self.1.items().get(index)?))
    }
}

/// A slice, an array, or a reference to one.
mod list {
    pub trait List {
        type Item;

        fn items(&self) -> &[Self::Item];
    }

    impl<X> List for [X] {
        type Item = X;

        fn items(&self) -> &[X] {
            self
        }
    }

    impl<X, const N: usize> List for [X; N] {
        type Item = X;

        fn items(&self) -> &[X] {
            self
        }
    }

    impl<L: List + ?Sized> List for &L {
        type Item = L::Item;

        fn items(&self) -> &[L::Item] {
            L::items(self)
        }
    }
}

/// Some of the samples of `S`, from [`hold_out`](Samples::hold_out).
#[derive(Debug)]
pub struct Part<'a, S: ?Sized> {
    samples: &'a S,
    order: Permutation,
    first: usize,
    len: usize,
}

// Derived, it would ask for samples that can be copied.
impl<S: ?Sized> Clone for Part<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ?Sized> Copy for Part<'_, S> {}

impl<S: ?Sized> Part<'_, S> {
    /// The index in `S` of sample `index` of this part; `None` if there is no such sample.
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

    fn with_weight<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target, Option<f32>) -> R) -> Option<R> {
        self.samples.with_weight(self.index(index)?, then)
    }
}

/// The samples of `S` in another form, from [`mapped`](Samples::mapped).
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

    fn with_weight<R>(&self, index: usize, then: impl FnOnce(&X, &T, Option<f32>) -> R) -> Option<R> {
        let (sample, weight) = self.samples.with_weight(index, |x, target, weight| ((self.map)(x, target), weight))?;
        let (x, target) = sample?;
        Some(then(&x, &target, weight))
    }
}

/// The samples of `S` with weights, from [`weighted`](Samples::weighted).
#[derive(Debug)]
pub struct Weighted<'a, S: ?Sized, F> {
    samples: &'a S,
    weight: F,
}

impl<S: Samples + ?Sized, F: Fn(usize, &S::Input, &S::Target) -> f32> Samples for Weighted<'_, S, F> {
    type Input = S::Input;
    type Target = S::Target;

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target) -> R) -> Option<R> {
        self.samples.with(index, then)
    }

    fn with_weight<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target, Option<f32>) -> R) -> Option<R> {
        self.samples.with(index, |x, target| then(x, target, Some((self.weight)(index, x, target))))
    }
}

/// The samples of `S` with a call after every `period` of them, from [`every`](Samples::every).
#[derive(Debug)]
pub struct Every<'a, S: ?Sized, F> {
    samples: &'a S,
    period: usize,
    asked: Cell<usize>,
    call: RefCell<F>,
}

impl<S: ?Sized, F: FnMut()> Every<'_, S, F> {
    fn count(&self) {
        let asked = self.asked.get().saturating_add(1);
        self.asked.set(if asked < self.period { asked } else { 0 });
        if asked >= self.period {
            // Already borrowed only if `call` itself reads a sample: then it is not called once more.
            if let Ok(mut call) = self.call.try_borrow_mut() {
                call();
            }
        }
    }
}

impl<S: Samples + ?Sized, F: FnMut()> Samples for Every<'_, S, F> {
    type Input = S::Input;
    type Target = S::Target;

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn with<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target) -> R) -> Option<R> {
        self.count();
        self.samples.with(index, then)
    }

    fn with_weight<R>(&self, index: usize, then: impl FnOnce(&S::Input, &S::Target, Option<f32>) -> R) -> Option<R> {
        self.count();
        self.samples.with_weight(index, then)
    }
}
