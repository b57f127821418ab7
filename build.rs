//! Tells the crate how it is optimised. Built for size, its kernels are cut into other blocks. Not optimised at all,
//! nothing is forced to be inlined: it would be no faster, and each network would have a copy of every loop, which
//! doubled the time and the memory that the tests took to compile.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(for_size, unoptimized)");
    match std::env::var("OPT_LEVEL").as_deref() {
        Ok("s" | "z") => println!("cargo::rustc-cfg=for_size"),
        Ok("0") => println!("cargo::rustc-cfg=unoptimized"),
        _ => {}
    }
}
