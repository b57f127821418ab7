//! Chooses between the loops in assembly and those in Rust, and tells the former whether they are built for size.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(for_size, vfp)");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    // Of the targets without an operating system, only those of Cortex-M are called thumb*m*.
    let cortex_m =
        std::env::var("TARGET").is_ok_and(|target| ["thumbv7em", "thumbv8m"].iter().any(|m| target.starts_with(m)));
    if cortex_m && is("CARGO_CFG_TARGET_OS", "none") && is("CARGO_CFG_TARGET_ABI", "eabihf") {
        println!("cargo::rustc-cfg=vfp");
    }
    if is("OPT_LEVEL", "s") || is("OPT_LEVEL", "z") {
        println!("cargo::rustc-cfg=for_size");
    }
}
