//! Networks that make no sense do not compile, and the message says why. The messages are those of current stable Rust.

#[test]
fn shapes() {
    trybuild::TestCases::new().compile_fail("tests/shapes/*.rs");
}
