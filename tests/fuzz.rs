//! What the fuzzers have found so far: every input of `tests/fuzz/corpus`, run again. `fuzz/` has the fuzzers.

// What is cut off are seeds and bytes.
#![allow(clippy::cast_possible_truncation)]

use std::path::Path;

#[path = "fuzz/targets.rs"]
mod targets;

/// Runs all inputs, in the order of their names, so that a panic has the same input everywhere.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 30, "{} inputs in {}", paths.len(), folder.display());
    for path in &paths {
        let input = std::fs::read(path).unwrap();
        if let Err(panic) = std::panic::catch_unwind(|| target(&input)) {
            println!("the input was {}", path.display());
            std::panic::resume_unwind(panic);
        }
    }
    println!("{name}: {} inputs replayed", paths.len());
}

#[test]
fn load() {
    replay("load", targets::load);
}

#[test]
fn import() {
    replay("import", targets::import);
}

#[test]
fn store() {
    replay("store", targets::store);
}
