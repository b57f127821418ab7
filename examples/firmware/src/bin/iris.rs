//! Iris flowers, learnt with each rule and optimiser by a 4-7-3 network, by a deeper one, and with each math backend.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use defmt::info;
use downhill::Trainer;
use downhill::layer::Layer;
use downhill::loss::Loss;
use downhill::math::{Fast, Micromath};
use downhill::metrics::ConfusionMatrix;
use downhill::optimizer::Optimizer;
use downhill::rule::Rule;
use firmware::workloads::{self, Flower, Workload};
use firmware::{data, entry, exit};
use static_cell::ConstStaticCell;

static SGD: ConstStaticCell<workloads::Iris> = ConstStaticCell::new(workloads::Iris::ZERO);
static MOMENTUM: ConstStaticCell<workloads::IrisMomentum> = ConstStaticCell::new(workloads::IrisMomentum::ZERO);
static RAW_ERROR: ConstStaticCell<workloads::IrisRawError> = ConstStaticCell::new(workloads::IrisRawError::ZERO);
static ERROR_SHARE: ConstStaticCell<workloads::IrisErrorShare> = ConstStaticCell::new(workloads::IrisErrorShare::ZERO);
static FAST: ConstStaticCell<workloads::IrisBackend<Fast>> = ConstStaticCell::new(workloads::IrisBackend::ZERO);
static MICROMATH: ConstStaticCell<workloads::IrisBackend<Micromath>> =
    ConstStaticCell::new(workloads::IrisBackend::ZERO);
static DEEP: ConstStaticCell<workloads::IrisDeep> = ConstStaticCell::new(workloads::IrisDeep::ZERO);

#[entry]
fn main() -> ! {
    learn(&workloads::IRIS, SGD.take(), 44);
    learn(&workloads::IRIS_MOMENTUM, MOMENTUM.take(), 44);
    learn(&workloads::IRIS_RAW_ERROR, RAW_ERROR.take(), 44);
    // The proportional share is no gradient, and finds two of the three kinds.
    learn(&workloads::IRIS_ERROR_SHARE, ERROR_SHARE.take(), 30);
    learn(&workloads::IRIS_DEEP, DEEP.take(), 44);
    learn(&workloads::IRIS_FAST, FAST.take(), 44);
    learn(&workloads::IRIS_MICROMATH, MICROMATH.take(), 44);
    exit()
}

/// Trains, then tests on flowers that were not trained with: at least so many of the 45 must be known.
fn learn<N, L, P, R>(workload: &Workload<Trainer<N, L, P, R>, [Flower]>, trainer: &mut Trainer<N, L, P, R>, least: u32)
where
    N: Layer<Scalar = f32, Input = [f32; 4], Output = [f32; 3]>,
    L: Loss,
    P: Optimizer<f32> + defmt::Format,
    R: Rule,
{
    firmware::train(workload, trainer, &data::IRIS_TRAIN);
    let matrix: ConfusionMatrix<3> = firmware::test(trainer, &data::IRIS_TEST, workloads::flower);
    info!("{} knows {} of {} flowers: {}", workload.name, matrix.correct(), matrix.total(), trainer.optimizer);
    assert!(matrix.correct() >= least, "{}: learning has failed", workload.name);
}
