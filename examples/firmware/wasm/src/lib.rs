//! Exclusive or, learnt by a 2-3-1 network.

#![no_std]

#[allow(dead_code)]
#[path = "../../../../tests/digests/workloads.rs"]
mod workloads;

use core::panic::PanicInfo;

use workloads::{XOR, Xor};

/// The digest after training, which is the host's.
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the host calls it by its symbol")]
pub extern "C" fn xor() -> u64 {
    train(XOR.golden)
}

/// One bit off, to show that `run --self-test` refuses it.
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the host calls it by its symbol")]
pub extern "C" fn wrong() -> u64 {
    train(XOR.golden ^ 1)
}

#[inline(never)]
fn train(golden: u64) -> u64 {
    let digest = (XOR.train)(&mut Xor::new(), &());
    assert!(digest == Ok(golden));
    golden
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
