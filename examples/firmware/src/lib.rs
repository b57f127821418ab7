//! What the programs share: the chip, the data sets in flash, and the trainings and cases that the host runs as well.

#![no_std]

#[path = "../../../tests/bad_input/cases.rs"]
pub mod bad_input;
mod chip;
pub mod device;
#[path = "../../../tests/digests/field.rs"]
pub mod field;
#[path = "../../../tests/digests/integers.rs"]
pub mod integers;
#[cfg(target_arch = "arm")]
pub mod lab;
#[path = "../../../tests/digests/toolbox.rs"]
pub mod toolbox;
#[path = "../../../tests/resume/trainings.rs"]
pub mod trainings;
#[path = "../../../tests/digests/workloads.rs"]
pub mod workloads;

pub use chip::{entry, exit, illegal_instruction};

use bad_input::Failure;
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::metrics::ConfusionMatrix;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use downhill::{Trainer, encode};
use workloads::{Flower, Workload};

/// The data sets of `tests/data` and the images that a host has written, in flash.
pub mod data {
    use crate::field::Site;
    use crate::workloads::{Digit, Flower};

    include!(concat!(env!("OUT_DIR"), "/data.rs"));
}

/// Trains, makes sure that the weights are the host's to the last bit, and logs the line that `run` requires.
///
/// # Panics
/// If they are not, or a step is refused.
pub fn train<T, D: ?Sized>(workload: &Workload<T, D>, trainer: &mut T, data: &D) {
    let Workload { name, golden, train } = *workload;
    match train(trainer, data) {
        Ok(digest) if digest == golden => defmt::info!("{=str} digest {=u64:016x}", name, digest),
        Ok(digest) => panic!("{name}: expected {golden:016x}, got {digest:016x}"),
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Runs cases of bad input, makes sure that there are as many as on the host, and logs the line that `run` requires.
///
/// # Panics
/// If there are not, or one gives another error than expected, or changes anything.
pub fn refuse(name: &str, cases: fn(&mut dyn FnMut(&Failure)) -> u32, expected: u32) {
    let number = cases(&mut |failure| panic!("bad-input {failure}"));
    assert_eq!(number, expected, "{name}: the cases of bad input");
    defmt::info!("bad-input {=str} cases {}", name, number);
}

/// Trains with flowers, then tests on those that were not trained with: at least so many of the 45 must be known.
///
/// # Panics
/// If they are not, or as [`train`].
pub fn learn<N, L, P, R, const B: usize>(
    workload: &Workload<Trainer<N, L, P, B, R>, [Flower]>,
    trainer: &mut Trainer<N, L, P, B, R>,
    least: u32,
) where
    N: Layer<Scalar = f32, Input = [f32; 4], Output = [f32; 3]>,
    L: Loss,
    P: Optimizer<f32>,
    R: Rule,
{
    train(workload, trainer, &data::IRIS_TRAIN);
    let matrix: ConfusionMatrix<3> = test(trainer, &data::IRIS_TEST, workloads::flower);
    defmt::info!("{} knows {} of {} flowers", workload.name, matrix.correct(), matrix.total());
    assert!(matrix.correct() >= least, "{}: learning has failed", workload.name);
}

/// Counts what a classifier predicts. `inputs` turns a stored sample into the network's inputs.
pub fn test<S, N, L, P, R, const B: usize, const C: usize>(
    trainer: &mut Trainer<N, L, P, B, R>,
    samples: &[(S, usize)],
    inputs: fn(&S) -> N::Input,
) -> ConfusionMatrix<C>
where
    N: Layer<Output = [f32; C]>,
    L: Loss,
    P: Optimizer<N::Scalar>,
    R: Rule,
{
    let mut matrix = ConfusionMatrix::new();
    for (sample, class) in samples {
        matrix.record(*class, encode::class(&trainer.predict(&inputs(sample))));
    }
    matrix
}
