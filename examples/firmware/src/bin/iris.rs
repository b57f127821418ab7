//! Iris flowers, learnt with each rule and optimiser by a 4-7-3 network, by a deeper one, and with each math backend.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use downhill::math::{Fast, Micromath};
use firmware::{entry, exit, learn, workloads};
use static_cell::ConstStaticCell;

static SGD: ConstStaticCell<workloads::Iris> = ConstStaticCell::new(workloads::Iris::new());
static MOMENTUM: ConstStaticCell<workloads::IrisMomentum> = ConstStaticCell::new(workloads::IrisMomentum::new());
static RAW_ERROR: ConstStaticCell<workloads::IrisRawError> = ConstStaticCell::new(workloads::IrisRawError::new());
static ERROR_SHARE: ConstStaticCell<workloads::IrisErrorShare> = ConstStaticCell::new(workloads::IrisErrorShare::new());
static FAST: ConstStaticCell<workloads::IrisBackend<Fast>> = ConstStaticCell::new(workloads::IrisBackend::new());
static MICROMATH: ConstStaticCell<workloads::IrisBackend<Micromath>> =
    ConstStaticCell::new(workloads::IrisBackend::new());
static DEEP: ConstStaticCell<workloads::IrisDeep> = ConstStaticCell::new(workloads::IrisDeep::new());

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
