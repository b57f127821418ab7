//! Iris flowers, learnt with every optimiser and everything that goes around one.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use downhill::{Adam, AdamW, Batch, Momentum, Nesterov, RmsProp, Rprop, Sgd};
use firmware::toolbox::{self, Binary, Fitted, Frozen, Modified, Pieces, Regularized, Robust, Slices, With};
use firmware::{entry, exit, learn};
use static_cell::ConstStaticCell;

static NESTEROV: ConstStaticCell<With<Nesterov>> = ConstStaticCell::new(With::new());
static RMSPROP: ConstStaticCell<With<RmsProp>> = ConstStaticCell::new(With::new());
static ADAM: ConstStaticCell<With<Adam>> = ConstStaticCell::new(With::new());
static ADAMW: ConstStaticCell<With<AdamW>> = ConstStaticCell::new(With::new());
static RPROP: ConstStaticCell<With<Batch<Rprop>>> = ConstStaticCell::new(With::new());
static BATCH: ConstStaticCell<With<Batch<Momentum>>> = ConstStaticCell::new(With::new());
static MODIFIED: ConstStaticCell<With<Modified>> = ConstStaticCell::new(With::new());
static SLICES: ConstStaticCell<Slices> = ConstStaticCell::new(Slices::new());
static HUBER: ConstStaticCell<Robust> = ConstStaticCell::new(Robust::new());
static REGULARIZED: ConstStaticCell<Regularized> = ConstStaticCell::new(Regularized::new());
static FIT: ConstStaticCell<Fitted> = ConstStaticCell::new(Fitted::new());
static SCHEDULES: ConstStaticCell<With<Sgd>> = ConstStaticCell::new(With::new());
static BINARY: ConstStaticCell<Binary> = ConstStaticCell::new(Binary::new());
static PIECES: ConstStaticCell<Pieces> = ConstStaticCell::new(Pieces::new());
static FROZEN: ConstStaticCell<Frozen> = ConstStaticCell::new(Frozen::new());

#[entry]
fn main() -> ! {
    learn(&toolbox::NESTEROV, NESTEROV.take(), 42);
    learn(&toolbox::RMSPROP, RMSPROP.take(), 42);
    learn(&toolbox::ADAM, ADAM.take(), 42);
    learn(&toolbox::ADAMW, ADAMW.take(), 42);
    learn(&toolbox::RPROP, RPROP.take(), 42);
    learn(&toolbox::BATCH, BATCH.take(), 42);
    learn(&toolbox::MODIFIED, MODIFIED.take(), 42);
    learn(&toolbox::SLICES, SLICES.take(), 42);
    learn(&toolbox::HUBER, HUBER.take(), 42);
    learn(&toolbox::REGULARIZED, REGULARIZED.take(), 42);
    learn(&toolbox::FIT, FIT.take(), 42);
    learn(&toolbox::SCHEDULES, SCHEDULES.take(), 42);
    learn(&toolbox::BINARY, BINARY.take(), 42);
    learn(&toolbox::PIECES, PIECES.take(), 42);
    learn(&toolbox::FROZEN, FROZEN.take(), 42);
    exit()
}
