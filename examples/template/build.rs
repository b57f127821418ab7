//! Gives the linker the memory map of the chip that is built for, and the scripts of the runtime and of defmt.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let target = env::var("TARGET").expect("cargo sets it");
    println!("cargo::rerun-if-changed=memory");
    match fs::read(format!("memory/{target}.x")) {
        Ok(map) => {
            fs::write(out.join("memory.x"), map).expect("cargo made the folder");
            println!("cargo::rustc-link-search={}", out.display());
            println!("cargo::rustc-link-arg-bins=-Tlink.x");
            println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
        }
        // A computer, which runs the tests, needs none.
        Err(_) if env::var_os("CARGO_FEATURE_CHIP").is_none() => {}
        Err(_) => println!("cargo::error=for firmware, memory/{target}.x must tell where flash and RAM are"),
    }
}
