//! The data sets of `tests/data`, read into memory.

use std::fmt::Debug;
use std::path::Path;
use std::str::FromStr;

/// The samples of a file of comma-separated numbers, the last of which is the class.
pub fn samples<T: FromStr<Err: Debug> + Debug, C: FromStr<Err: Debug>, const I: usize>(file: &str) -> Vec<([T; I], C)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let sample = |line: &str| {
        let (inputs, class) = line.rsplit_once(',')?;
        let inputs: Vec<T> = inputs.split(',').map(|number| number.parse().unwrap()).collect();
        Some((inputs.try_into().ok()?, class.parse().ok()?))
    };
    text.lines().map(|line| sample(line).unwrap_or_else(|| panic!("{}: {line}", path.display()))).collect()
}
