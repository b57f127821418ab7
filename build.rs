//! Tells the crate how it is optimised. Built for size, its kernels are cut into other blocks. Not optimised at all,
//! nothing is forced to be inlined: it would be no faster, and each network would have a copy of every loop, which
//! doubled the time and the memory that the tests took to compile. With the feature `vfp`, it tells whether the chip has it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(for_size, soft_single, unoptimized, vfp)");
    match std::env::var("OPT_LEVEL").as_deref() {
        Ok("s" | "z") => println!("cargo::rustc-cfg=for_size"),
        Ok("0") => println!("cargo::rustc-cfg=unoptimized"),
        _ => {}
    }
    if std::env::var_os("CARGO_FEATURE_VFP").is_some() && vfp() {
        println!("cargo::rustc-cfg=vfp");
    }
    if soft_single() {
        println!("cargo::rustc-cfg=soft_single");
    }
}

/// Whether `downhill-vfp` has assembly for the target: its build script has the same condition.
fn vfp() -> bool {
    let cortex_m = std::env::var("TARGET").is_ok_and(|t| t.starts_with("thumbv7em") || t.starts_with("thumbv8m"));
    cortex_m && target("OS") == "none" && target("ABI") == "eabihf"
}

/// Whether the target's functions for `f32` are slower than `src/soft.rs`, which needs a multiplication of 32 bits.
fn soft_single() -> bool {
    let feature = |name| target("FEATURE").split(',').any(|feature| feature == name);
    let soft = match target("ARCH").as_str() {
        "arm" => target("ABI") != "eabihf",
        "riscv32" => feature("m") && !feature("f"),
        _ => false,
    };
    soft && target("OS") == "none"
}

/// What cargo tells of the target.
fn target(name: &str) -> String {
    std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default()
}
