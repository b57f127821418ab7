//! The same training gives the same bits: on this machine in every build, and on every chip (`examples/firmware`).

mod common;
#[path = "digests/workloads.rs"]
mod workloads;

#[path = "digests/integers.rs"]
mod integers;
#[path = "digests/toolbox.rs"]
mod toolbox;

#[cfg(feature = "heapless")]
#[path = "digests/counters.rs"]
mod counters;
#[cfg(feature = "heapless")]
#[path = "digests/field.rs"]
mod field;

use workloads::{Digit, Flower, Workload};

fn check<T, D: ?Sized>(workload: &Workload<T, D>, mut trainer: T, data: &D) {
    let digest = (workload.train)(&mut trainer, data).expect("the training succeeds");
    println!("host {} digest {digest:016x}", workload.name);
    assert_eq!(digest, workload.golden, "{}: expected {:016x}, got {digest:016x}", workload.name, workload.golden);
}

fn flowers() -> Vec<Flower> {
    common::samples("iris/train.csv")
}

fn digits() -> Vec<Digit> {
    common::samples("digits/train.csv")
}

#[test]
fn xor() {
    check(&workloads::XOR, workloads::Xor::new(), &());
}

#[cfg(feature = "heapless")]
#[test]
fn counters() {
    check(&counters::COUNTERS, (), &());
}

#[test]
fn iris() {
    check(&workloads::IRIS, workloads::Iris::new(), &flowers());
}

#[test]
fn iris_momentum() {
    check(&workloads::IRIS_MOMENTUM, workloads::IrisMomentum::new(), &flowers());
}

#[test]
fn iris_raw_error() {
    check(&workloads::IRIS_RAW_ERROR, workloads::IrisRawError::new(), &flowers());
}

#[test]
fn iris_error_share() {
    check(&workloads::IRIS_ERROR_SHARE, workloads::IrisErrorShare::new(), &flowers());
}

#[test]
fn iris_deep() {
    check(&workloads::IRIS_DEEP, workloads::IrisDeep::new(), &flowers());
}

#[test]
fn iris_fast() {
    check(&workloads::IRIS_FAST, workloads::IrisBackend::new(), &flowers());
}

#[cfg(feature = "micromath")]
#[test]
fn iris_micromath() {
    check(&workloads::IRIS_MICROMATH, workloads::IrisBackend::new(), &flowers());
}

#[test]
fn digits_one_epoch() {
    check(&workloads::DIGITS, workloads::Digits::new(), &digits());
}

#[test]
fn digits_momentum() {
    check(&workloads::DIGITS_MOMENTUM, workloads::DigitsMomentum::new(), &digits());
}

/// A training that starts from all bits zero.
macro_rules! flowers {
    ($($test:ident $workload:ident $trainer:ident),+) => {
        $(
            #[test]
            fn $test() {
                check(&toolbox::$workload, toolbox::$trainer::new(), &flowers());
            }
        )+
    };
}
flowers!(
    nesterov NESTEROV With,
    rmsprop RMSPROP With,
    adam ADAM With,
    adamw ADAMW With,
    rprop RPROP With,
    batch BATCH With,
    modified MODIFIED With,
    slices SLICES Slices,
    huber HUBER Robust,
    regularized REGULARIZED Regularized,
    fit FIT Fitted,
    schedules SCHEDULES With,
    binary BINARY Binary,
    pieces PIECES Pieces
);

#[test]
fn frozen() {
    check(&toolbox::FROZEN, toolbox::Frozen::new(), &flowers());
}

mod without_floating_point {
    use downhill::Zero;

    use super::{check, flowers, integers};

    #[test]
    fn xor() {
        check(&integers::XOR, integers::Xor::new(), &());
    }

    #[test]
    fn iris() {
        check(&integers::IRIS, integers::Iris::new(), &flowers()[..]);
    }

    #[test]
    fn iris_bytes() {
        check(&integers::IRIS_BYTES, integers::IrisBytes::new(), &flowers()[..]);
    }

    #[test]
    fn digits() {
        check(&integers::DIGITS, integers::Digits::new(), &super::digits()[..]);
    }

    #[test]
    fn int8() {
        check(&integers::INT8, integers::NETWORK, &flowers()[..]);
    }

    #[test]
    fn quantised_single() {
        check(&integers::QUANTISED_SINGLE, integers::QuantisedSingle::ZERO, &flowers()[..]);
    }

    #[test]
    fn quantised_double() {
        check(&integers::QUANTISED_DOUBLE, integers::QuantisedDouble::ZERO, &flowers()[..]);
    }
}

#[cfg(feature = "heapless")]
mod learning_in_the_field {
    use downhill::Zero;

    use super::{check, common, digits, field};

    #[test]
    fn stream() {
        check(&field::STREAM, field::Stream::ZERO, &common::samples::<f32, usize, 9>("phishing/stream.csv")[..]);
    }

    #[test]
    fn forgetting() {
        check(&field::FORGETTING, field::Forgetting::ZERO, &digits()[..]);
    }

    #[test]
    fn guard() {
        check(&field::GUARD, field::Guarded::ZERO, &common::samples::<f32, usize, 9>("phishing/stream.csv")[..]);
    }
}
