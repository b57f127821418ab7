//! What is kept of a target.

use core::fmt::Debug;

use crate::encode;
use crate::metrics::{Decision, Threshold};
use crate::scalar::{Scalar, Zero};
use crate::shape::Shape;
use crate::storable::{Storable, storable};

/// What a [`Buffer`](super::Buffer) keeps of a target: a [`Class`], one byte, or the target itself, for regression or where a
/// sample may have several labels.
pub trait Label<Y: Shape>: Zero + Storable + Clone + Debug + PartialEq {
    /// The label of a target; `None` if a number is not finite.
    fn of(target: &Y) -> Option<Self>;

    /// The target; `None` if the label has none.
    fn target(&self) -> Option<Y>;

    /// The class, for a policy that asks for it: the largest target, or whether a single one is above 1/2.
    fn class(&self) -> Option<usize>;
}

/// The number of a class. The target is 1 for this class and 0 for the others; a single output has the target 0 for class 0, and
/// 1 for class 1. So smoothed targets are replayed sharp, and masked ones as those of all classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Class(pub u8);

impl Zero for Class {
    const ZERO: Self = Self(0);
}

storable!("class": [] Class { 0: u8 });

impl<Y: Shape> Label<Y> for Class {
    fn of(target: &Y) -> Option<Self> {
        const { assert!(Y::LENGTH <= 256, "a `Class` has one byte: at most 256 outputs") };
        Some(Self(u8::try_from(class(target)?).ok()?))
    }

    fn target(&self) -> Option<Y> {
        let class = usize::from(self.0);
        let mut target = Y::ZERO;
        match target.flat_mut() {
            [target] => *target = if class > 0 { Y::Scalar::ONE } else { Y::Scalar::ZERO },
            targets => *targets.get_mut(class)? = Y::Scalar::ONE,
        }
        Some(target)
    }

    fn class(&self) -> Option<usize> {
        Some(self.0.into())
    }
}

impl<Y: Shape + Storable + Debug + PartialEq> Label<Y> for Y {
    fn of(target: &Y) -> Option<Self> {
        target.flat().iter().all(|target| target.is_finite()).then_some(*target)
    }

    fn target(&self) -> Option<Y> {
        Some(*self)
    }

    fn class(&self) -> Option<usize> {
        class(self)
    }
}

/// `None` if a number is not finite, or no class of several has a target above 0.
fn class<Y: Shape>(target: &Y) -> Option<usize> {
    let targets = target.flat();
    if !targets.iter().all(|target| target.is_finite()) {
        return None;
    }
    if Y::LENGTH == 1 {
        return Threshold.class(targets);
    }
    // Targets without a 1 may say which class is wrong, or nothing.
    encode::class(targets).filter(|&class| targets.get(class).is_some_and(|&target| target > Y::Scalar::ZERO))
}
