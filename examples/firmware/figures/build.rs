//! Writes the chip's memory map for the linker.

use std::env;
use std::path::PathBuf;

#[path = "../chips.rs"]
mod chips;

use chips::Memory;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let m4f = Memory { flash: 4096, ram: 512 };
    // The chips have less flash. `no-panic`, which is linked and never run, takes more; the ceilings bound all others.
    let m0 = Memory { flash: 4096, ram: 16 };
    let rv32 = Memory { flash: 4096, ram: 512 };
    if let Err(target) = chips::link(&out, m4f, m0, rv32) {
        println!(
            "cargo::error=these programs are measured on emulated chips, and {target} is none of them. \
             `examples/firmware/measure` installs what they need, builds them and counts"
        );
    }
}
