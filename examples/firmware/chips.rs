//! The memory of the emulated chips, for build scripts.

use std::path::Path;
use std::{env, fs};

/// How much flash and RAM the programs of a chip may use, in kilobytes.
pub struct Memory {
    pub flash: u32,
    pub ram: u32,
}

/// Writes the memory map of the chip that is built for, and tells the linker where it is.
///
/// # Errors
/// The target, where it is none of the chips.
pub fn link(out: &Path, m4f: Memory, m0: Memory, rv32: Memory) -> Result<(), String> {
    let target = env::var("TARGET").expect("cargo sets it");
    let (Memory { flash, ram }, start, rest, aliases) = match target.as_str() {
        "thumbv7em-none-eabihf" => (m4f, 0, 0x2000_0000, ""),
        "thumbv6m-none-eabi" => (m0, 0, 0x2000_0000, ""),
        // As it looks from the secure side, on which this chip starts.
        "thumbv8m.main-none-eabihf" => (m4f, 0x1000_0000, 0x3800_0000, ""),
        // The RISC-V machine has no flash to start from, so the first part of its memory plays that role.
        "riscv32imc-unknown-none-elf" => {
            let start = 0x8000_0000;
            let rest = start + rv32.flash * 1024;
            (rv32, start, rest, ALIASES)
        }
        _ => return Err(target),
    };
    let map = format!(
        "MEMORY {{
    FLASH : ORIGIN = {start:#010x}, LENGTH = {flash}K
    RAM : ORIGIN = {rest:#010x}, LENGTH = {ram}K
}}
{aliases}"
    );
    fs::write(out.join("memory.x"), map).expect("the folder is there to be written to");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    Ok(())
}

const ALIASES: &str = "REGION_ALIAS(\"REGION_TEXT\", FLASH);
REGION_ALIAS(\"REGION_RODATA\", FLASH);
REGION_ALIAS(\"REGION_DATA\", RAM);
REGION_ALIAS(\"REGION_BSS\", RAM);
REGION_ALIAS(\"REGION_HEAP\", RAM);
REGION_ALIAS(\"REGION_STACK\", RAM);
";
