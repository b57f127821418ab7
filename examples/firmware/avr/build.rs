//! Writes flowers and digits for the chip's flash: lengths in tenths of centimetres or pixels, and the class, one byte each.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("avr") {
        println!(
            "cargo::error=these programs run on an emulated ATmega328P. `examples/firmware/run avr` installs what they \
             need, builds them and runs them"
        );
        return;
    }
    let data = samples("FLOWERS", "iris", usize::MAX, 10.0) + &samples("DIGITS", "digits", DIGITS, 1.0);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("data.rs"), data).expect("the folder is there to be written to");
}

/// As in `tests/digests/integers.rs`, where a test would find another number.
const DIGITS: usize = 100;

/// The first samples of a training set: inputs, in units of `1 / unit`, and the class, one byte each.
fn samples(name: &str, set: &str, most: usize, unit: f32) -> String {
    let path = Path::new("../../../tests/data").join(set).join("train.csv");
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let sample = |line: &str| {
        let numbers: Vec<f32> = line.split(',').map(|number| number.parse().expect("a number")).collect();
        let (class, inputs) = numbers.split_last().expect("a class");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inputs are below 256 units")]
        let mut bytes: Vec<u8> = inputs.iter().map(|input| (input * unit).round() as u8).collect();
        assert!(inputs.iter().zip(&bytes).all(|(&input, &byte)| f32::from(byte) / unit == input), "{line}");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "there are few classes")]
        bytes.push(*class as u8);
        bytes
    };
    let samples: Vec<_> = text.lines().take(most).map(sample).collect();
    let (length, bytes) = (samples.len(), samples.first().map_or(0, Vec::len));
    format!("flash! {{ pub {name}: [[u8; {bytes}]; {length}] = {samples:?}; }}\n")
}
