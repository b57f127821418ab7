//! Writes the chip's memory map for the linker.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let target = env::var("TARGET").expect("cargo sets it");
    let memory = match target.as_str() {
        "thumbv7em-none-eabihf" => MPS2_AN386,
        "thumbv6m-none-eabi" => MICROBIT,
        "riscv32imc-unknown-none-elf" => VIRT,
        _ => {
            println!(
                "cargo::error=these programs are measured on emulated chips, and {target} is none of them. \
                 `examples/firmware/measure` installs what they need, builds them and counts"
            );
            return;
        }
    };
    fs::write(out.join("memory.x"), memory).expect("the folder is there to be written to");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}

const MPS2_AN386: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 4M
    RAM : ORIGIN = 0x20000000, LENGTH = 512K
}";

/// The chip has 256 KB of flash. `no-panic`, which is linked and never run, takes more; the ceilings bound all others.
const MICROBIT: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 1M
    RAM : ORIGIN = 0x20000000, LENGTH = 16K
}";

/// The machine has no flash to start from, so a part of its memory plays that role.
const VIRT: &str = "MEMORY {
    FLASH : ORIGIN = 0x80000000, LENGTH = 1M
    RAM : ORIGIN = 0x80100000, LENGTH = 512K
}
REGION_ALIAS(\"REGION_TEXT\", FLASH);
REGION_ALIAS(\"REGION_RODATA\", FLASH);
REGION_ALIAS(\"REGION_DATA\", RAM);
REGION_ALIAS(\"REGION_BSS\", RAM);
REGION_ALIAS(\"REGION_HEAP\", RAM);
REGION_ALIAS(\"REGION_STACK\", RAM);";
