//! Writes what a chip's program needs besides code: the memory map for the linker, and the data sets as statics.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{env, fs};

mod chips;

use chips::Memory;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let m4f = Memory { flash: 4096, ram: 4096 };
    let m0 = Memory { flash: 256, ram: 16 };
    let rv32 = Memory { flash: 320, ram: 16 };
    if let Err(target) = chips::link(&out, m4f, m0, rv32) {
        println!(
            "cargo::error=these programs run on emulated chips, and {target} is none of them. `examples/firmware/run` \
             installs what they need, builds them and runs them; to build alone: \
             cargo build --release --target thumbv7em-none-eabihf (or thumbv6m-none-eabi, riscv32imc-unknown-none-elf)"
        );
        return;
    }
    println!("cargo::rustc-link-arg-bins=-Tdefmt.x");

    let data = samples::<u8>("DIGITS_TRAIN", "Digit", "digits/train.csv")
        + &samples::<u8>("DIGITS_TEST", "Digit", "digits/test.csv")
        + &samples::<f32>("IRIS_TRAIN", "Flower", "iris/train.csv")
        + &samples::<f32>("IRIS_TEST", "Flower", "iris/test.csv")
        + &samples::<f32>("PHISHING", "Site", "phishing/stream.csv")
        + &checkpoints();
    fs::write(out.join("data.rs"), data).expect("the folder is there to be written to");

    // Without a level, defmt logs nothing but errors.
    println!("cargo::rerun-if-env-changed=DEFMT_LOG");
    if env::var_os("DEFMT_LOG").is_none() {
        println!("cargo::rustc-env=DEFMT_LOG=info");
    }
}

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

/// The images that a host has written, by name.
fn checkpoints() -> String {
    let folder = fs::canonicalize("../../tests/data/checkpoint").expect("the images are there");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("it is a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let image = |file: &PathBuf| {
        let name = file.file_stem().expect("a name");
        format!("    ({name:?}, include_bytes!({file:?})),\n")
    };
    let images: String = files.iter().map(image).collect();
    format!("pub static CHECKPOINTS: &[(&str, &[u8])] = &[\n{images}];\n")
}
