//! Tells what a step and a prediction take.

use crate::{serial, stack, timer};

/// Calls `predict` and `step` with each sample, and writes the mean cycles, the bytes of the trainer, and the deepest stack of a step.
#[inline(never)]
pub fn count<T, S>(
    name: &str,
    trainer: &mut T,
    samples: impl Iterator<Item = S>,
    predict: fn(&mut T, &S),
    step: fn(&mut T, &S),
) {
    let (mut all, mut predicting, mut stepping, mut deepest) = (0, 0, 0, 0);
    for sample in samples {
        predicting += timer::cycles(|| predict(trainer, &sample));
        stepping += timer::cycles(|| step(trainer, &sample));
        deepest = deepest.max(stack::depth(|| step(trainer, &sample)));
        all += 1;
    }
    serial::write(&[name, " cycles predict "]);
    serial::write_number(predicting / all);
    serial::write(&[" step "]);
    serial::write_number(stepping / all);
    serial::write(&[" bytes trainer "]);
    serial::write_number(size_of_val(trainer) as u32);
    serial::write(&[" stack "]);
    serial::write_number(deepest.into());
    serial::write(&["\n"]);
}
