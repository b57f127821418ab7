//! A device that learns exclusive or to the end, whatever happens to its power. It knows nothing of the chip, and cannot panic.

use downhill::init::{Generator, TruncatedNormal};
use downhill::store::{Loaded, Policy, Store, StoreError};
use downhill::{Checkpoint, Dense, Sgd, SquaredError, Trainer, digest};
use embedded_storage::nor_flash::NorFlash;

/// What learns.
pub type Learner = Trainer<(Dense<2, 3>, Dense<3, 1>), SquaredError, Sgd>;
/// What outlives a reset: what learns, and how many steps it has done.
type Kept<'a> = (&'a mut Learner, &'a mut u32);

const STEPS: u32 = 20_000;

/// What the device does.
#[derive(Clone, Copy)]
pub enum Doing {
    /// It looks into its flash.
    Booting = 0,
    Training = 1,
    Saving = 2,
}

/// Goes on where the flash says, trains to the end, and returns the digest of the network. Tells what it does by `doing`.
///
/// # Errors
/// If the flash fails, or is too small.
pub fn live<F: NorFlash>(
    flash: F,
    learner: &mut Learner,
    mut doing: impl FnMut(Doing),
) -> Result<u64, StoreError<F::Error>> {
    doing(Doing::Booting);
    let pages = 0..u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
    let mut store = Store::<F>::new(flash, pages, Kept::IMAGE)?;
    let mut steps = 0;
    let found = store.load_or(&mut (&mut *learner, &mut steps), |(learner, steps)| {
        learner.start(Sgd::new(0.5), &mut TruncatedNormal(Generator::new(1)));
        **steps = 0;
    });
    if let Loaded::Factory(StoreError::Flash(error)) = found {
        return Err(StoreError::Flash(error));
    }
    let mut policy = Policy::new().every(30);
    policy.saved(steps.into(), None);

    doing(Doing::Training);
    let samples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
    while steps < STEPS {
        let (x, target) = &samples[steps as usize % 4];
        // None of these samples is refused.
        if learner.step(x, target).is_ok() {
            steps += 1;
        }
        if policy.due(steps.into(), None, false) {
            doing(Doing::Saving);
            store.save(&(&mut *learner, &mut steps))?;
            policy.saved(steps.into(), None);
            doing(Doing::Training);
        }
    }
    Ok(digest(&learner.network))
}
