//! Tells the crate how it is optimised. Built for size, its kernels are cut into other blocks. Not optimised at all,
//! nothing is forced to be inlined: it would be no faster, and each network would have a copy of every loop, which
//! doubled the time and the memory that the tests took to compile. With the feature `vfp`, it tells whether the chip has it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(for_size, unoptimized, vfp)");
    match std::env::var("OPT_LEVEL").as_deref() {
        Ok("s" | "z") => println!("cargo::rustc-cfg=for_size"),
        Ok("0") => println!("cargo::rustc-cfg=unoptimized"),
        _ => {}
    }
    if std::env::var_os("CARGO_FEATURE_VFP").is_some() && vfp() {
        println!("cargo::rustc-cfg=vfp");
    }
}

/// Whether `downhill-vfp` has assembly for the target: its build script has the same condition.
fn vfp() -> bool {
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    let cortex_m = std::env::var("TARGET").is_ok_and(|t| t.starts_with("thumbv7em") || t.starts_with("thumbv8m"));
    cortex_m && is("CARGO_CFG_TARGET_OS", "none") && is("CARGO_CFG_TARGET_ABI", "eabihf")
}
