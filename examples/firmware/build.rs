//! Writes what a chip's program needs besides code: the memory map for the linker, and the data sets as statics.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let target = env::var("TARGET").expect("cargo sets it");
    let memory = match target.as_str() {
        "thumbv7em-none-eabihf" => MPS2_AN386,
        "thumbv6m-none-eabi" => MICROBIT,
        "riscv32imc-unknown-none-elf" => VIRT,
        _ => {
            println!(
                "cargo::error=these programs run on emulated chips, and {target} is none of them. `examples/firmware/run` \
                 installs what they need, builds them and runs them; to build alone: \
                 cargo build --release --target thumbv7em-none-eabihf (or thumbv6m-none-eabi, riscv32imc-unknown-none-elf)"
            );
            return;
        }
    };
    write(&out.join("memory.x"), memory);
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=-Tdefmt.x");

    let data = samples::<u8>("DIGITS_TRAIN", "Digit", "digits/train.csv")
        + &samples::<u8>("DIGITS_TEST", "Digit", "digits/test.csv")
        + &samples::<f32>("IRIS_TRAIN", "Flower", "iris/train.csv")
        + &samples::<f32>("IRIS_TEST", "Flower", "iris/test.csv");
    write(&out.join("data.rs"), &data);

    // Without a level, defmt logs nothing but errors.
    println!("cargo::rerun-if-env-changed=DEFMT_LOG");
    if env::var_os("DEFMT_LOG").is_none() {
        println!("cargo::rustc-env=DEFMT_LOG=info");
    }
}

const MPS2_AN386: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 4M
    RAM : ORIGIN = 0x20000000, LENGTH = 4M
}";

const MICROBIT: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 256K
    RAM : ORIGIN = 0x20000000, LENGTH = 16K
}";

/// The machine has no flash to start from, so a part of its memory plays that role.
const VIRT: &str = "MEMORY {
    FLASH : ORIGIN = 0x80000000, LENGTH = 256K
    RAM : ORIGIN = 0x80040000, LENGTH = 16K
}
REGION_ALIAS(\"REGION_TEXT\", FLASH);
REGION_ALIAS(\"REGION_RODATA\", FLASH);
REGION_ALIAS(\"REGION_DATA\", RAM);
REGION_ALIAS(\"REGION_BSS\", RAM);
REGION_ALIAS(\"REGION_HEAP\", RAM);
REGION_ALIAS(\"REGION_STACK\", RAM);";

/// A static array of samples, from lines of comma-separated numbers of which the last is the class.
fn samples<T: FromStr<Err: Debug> + Debug>(name: &str, kind: &str, file: &str) -> String {
    let path = Path::new("../../tests/data").join(file);
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let sample = |line: &str| {
        let (inputs, class) = line.rsplit_once(',').unwrap_or_else(|| panic!("{}: {line}", path.display()));
        let inputs: Vec<T> = inputs.split(',').map(|number| number.parse().expect("a number")).collect();
        format!("    ({inputs:?}, {class}),\n")
    };
    let samples: String = text.lines().map(sample).collect();
    format!("pub static {name}: [{kind}; {}] = [\n{samples}];\n", text.lines().count())
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
