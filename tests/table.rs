//! A confusion matrix prints as a table that can be read: aligned, rows actual, columns predicted.

use downhill::metrics::{Argmax, ConfusionMatrix, Fading, MacroF1};

#[test]
fn small() {
    let matrix = ConfusionMatrix::from([[3, 1], [0, 0]]);
    let table = "\
predicted      0      1  recall
actual 0       3      1   0.750
actual 1       0      0       -
precision  1.000  0.000
accuracy   0.750 of 4
";
    assert_eq!(matrix.to_string(), table);
    let empty = "\
predicted      0      1  recall
actual 0       0      0       -
actual 1       0      0       -
precision      -      -
accuracy       - of 0
";
    assert_eq!(ConfusionMatrix::<2>::new().to_string(), empty);
    assert_eq!(ConfusionMatrix::<0>::new().to_string(), "predicted  recall\nprecision\naccuracy       - of 0\n");
}

#[test]
fn large_counts_and_undecided_ones() {
    let mut matrix = ConfusionMatrix::from([[12_345_678, 1], [0, 9]]);
    matrix.record_undecided(1);
    let table = "\
predicted         0         1      none  recall
actual 0   12345678         1         0   1.000
actual 1          0         9         1   0.900
precision     1.000     0.900
accuracy      1.000 of 12345689
";
    assert_eq!(matrix.to_string(), table);
}

/// All lines of rows end in the same column, whatever the counts.
#[test]
fn aligned() {
    let mut matrix = ConfusionMatrix::<120>::new();
    for class in 0..120 {
        for _ in 0..class * class {
            matrix.record(class, class * 7 % 120);
        }
    }
    let table = matrix.to_string();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 123);
    assert!(lines[..121].iter().all(|line| line.len() == lines[0].len()));
    assert_eq!(lines[121].len() + "  recall".len(), lines[0].len());
    assert!(lines[120].starts_with("actual 119  "));
}

#[test]
fn faded_counts_have_a_digit_after_the_point() {
    let mut f1 = Fading::new(0.5, MacroF1::<2>(Argmax));
    for _ in 0..3 {
        f1.record(&[1.0, 0.0], &[0.9_f32, 0.1]);
    }
    f1.record(&[0.0, 1.0], &[f32::NAN, 0.1]);
    let table = "\
predicted      0      1   none  recall
actual 0     0.9    0.0    0.0   1.000
actual 1     0.0    0.0    1.0   0.000
precision  1.000      -
accuracy   0.467 of 1.9
";
    assert_eq!(f1.faded().to_string(), table);
}
