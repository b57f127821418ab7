//! The files of `data/reference`.

use std::collections::HashMap;
use std::path::Path;

/// Numbers below it are sums in which larger ones have cancelled.
const FLOOR: f64 = 1e-2;

/// The rows of a file, `name: numbers`.
pub struct Rows {
    pub file: String,
    rows: HashMap<String, Vec<f64>>,
}

impl Rows {
    pub fn read(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reference").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let numbers = |row: &str| row.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let rows = text.lines().map(|line| line.split_once(": ").unwrap());
        Self { file: file.into(), rows: rows.map(|(name, row)| (name.into(), numbers(row))).collect() }
    }

    pub fn get(&self, name: &str) -> &[f64] {
        self.rows.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.file))
    }

    /// The largest error of the row `name` against its reference, relative to that or to [`FLOOR`]: at most
    /// `tolerance`.
    pub fn error(&self, name: &str, values: &[f64], tolerance: f64) -> f64 {
        let reference = self.get(name);
        assert_eq!(values.len(), reference.len(), "{}: {name}", self.file);
        let mut worst: f64 = 0.0;
        for (index, (value, reference)) in values.iter().zip(reference).enumerate() {
            let error = (value - reference).abs() / reference.abs().max(FLOOR);
            // The other way round, a NaN would pass.
            assert!(error <= tolerance, "{}: {name}[{index}] is {value}, reference {reference}", self.file);
            worst = worst.max(error);
        }
        worst
    }
}
