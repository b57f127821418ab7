//! Writes the chip's memory map for the linker; on a host there is none to write.

use std::env;
use std::path::PathBuf;

#[path = "../../examples/firmware/chips.rs"]
mod chips;

use chips::Memory;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let chip = || Memory { flash: 1024, ram: 256 };
    chips::link(&out, chip(), chip(), chip()).ok();
}
