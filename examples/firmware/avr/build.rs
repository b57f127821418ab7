//! Writes the flowers for the chip's flash: lengths in tenths of centimetres and the class, one byte each.

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
    let path = Path::new("../../../tests/data/iris/train.csv");
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let flower = |line: &str| {
        let numbers: Vec<f32> = line.split(',').map(|number| number.parse().expect("a number")).collect();
        let (class, lengths) = numbers.split_last().expect("a class");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths are below 8 centimetres")]
        let tenths: Vec<u8> = lengths.iter().map(|length| (length * 10.0).round() as u8).collect();
        assert!(lengths.iter().zip(&tenths).all(|(&length, &tenths)| f32::from(tenths) / 10.0 == length), "{line}");
        let [a, b, c, d] = tenths[..] else { panic!("four lengths: {line}") };
        format!("    [{a}, {b}, {c}, {d}, {class}],\n")
    };
    let flowers: String = text.lines().map(flower).collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let data = format!("flash! {{ pub FLOWERS: [[u8; 5]; {}] = [\n{flowers}]; }}\n", text.lines().count());
    fs::write(out.join("data.rs"), data).expect("the folder is there to be written to");
}
