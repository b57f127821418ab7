//! Networks that make no sense do not compile, and the message says why.

use std::env;
use std::process::Command;

/// Whose messages `*.stderr` are. Another compiler's have other words around ours, so it is not held to them.
const COMPILER: &str = "rustc 1.95.0";

#[test]
fn messages() {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().unwrap().stdout;
    if version.starts_with(COMPILER.as_bytes()) {
        trybuild::TestCases::new().compile_fail("*.rs");
    } else {
        println!("not checked: the messages of networks that do not compile, which are those of {COMPILER}");
    }
}
