//! A guard under attack: what is served at the end is not worse than the factory network, and a true change is learnt.
//!
//! `cargo test --release --test guard -- --nocapture` prints a line for each attack, and what the guard did.

#[path = "guard/attacks.rs"]
mod attacks;
#[path = "common/mod.rs"]
mod common;
#[path = "guard/device.rs"]
mod device;
#[path = "guard/filter.rs"]
mod filter;
#[path = "../examples/common/flash.rs"]
mod flash;
#[path = "guard/properties.rs"]
mod properties;
#[path = "guard/step.rs"]
mod step;
#[path = "guard/stored.rs"]
mod stored;

use std::fmt::Write;
use std::sync::LazyLock;

use attacks::{ATTACKS, Attack};
use device::{Device, Run, Sizes};

const DEBUG: bool = cfg!(debug_assertions);
const SEEDS: u32 = if DEBUG { 5 } else { 10 };
/// Of a stream.
const SAMPLES: usize = if DEBUG { 400 } else { 2000 };

/// End accuracies minus that of the factory, in points.
struct Ends(Vec<f64>);

impl Ends {
    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / f64::from(SEEDS)
    }

    fn worst(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// One attack on all devices: guarded, and not.
fn attacked<const I: usize, const H: usize, const O: usize>(
    devices: &[Device<I, H, O>],
    attack: Attack,
    tolerance: u32,
) -> (Ends, Ends, Run) {
    let runs: Vec<Run> = devices.iter().map(|device| device.run(attack, tolerance, SAMPLES)).collect();
    let ends = |end: fn(&Run) -> f64| Ends(runs.iter().map(end).collect());
    (ends(|run| run.guarded), ends(|run| run.unguarded), runs.iter().fold(Run::default(), Run::and))
}

fn devices<const I: usize, const H: usize, const O: usize>(
    samples: &[([f32; I], usize)],
    sizes: Sizes,
) -> Vec<Device<I, H, O>> {
    (0..SEEDS).map(|seed| Device::new(samples, sizes, seed)).collect()
}

/// Returns the worst seed of all attacks, and what the worst one is without the guard.
fn withstands<const I: usize, const H: usize, const O: usize>(data: &str, devices: &[Device<I, H, O>]) -> (f64, f64) {
    let (mut lines, mut table) = (String::new(), String::new());
    let (mut worst, mut unguarded) = (f64::INFINITY, f64::INFINITY);
    let mut means = Vec::new();
    for attack in ATTACKS {
        let (with, without, run) = attacked(devices, attack, 0);
        let (name, mean) = (attack.name(), with.mean());
        writeln!(lines, "attack {name} on {data} mean {mean:.2} worst {:.2}", with.worst()).unwrap();
        let (not_finite, outside, stuck) = run.rejected;
        writeln!(
            table,
            "| {name} | {:.2}, {:.2} | {not_finite} + {outside} + {stuck} | {} | {} | {} | {} + {} |",
            without.mean(),
            without.worst(),
            run.counts.refused,
            run.counts.accepted,
            run.counts.promoted,
            run.counts.lost_anchors,
            run.counts.lost_stream,
        )
        .unwrap();
        (worst, unguarded) = (worst.min(with.worst()), unguarded.min(without.mean()));
        means.push((attack, mean));
    }
    println!(
        "{lines}\n{data}, all {SEEDS} seeds of {SAMPLES} samples:\n\
         | attack | unguarded: mean, worst | rejected: not finite + outside + stuck | refused | accepted | promoted | \
         rolled back: anchors + stream |\n|---|---|---|---|---|---|---|\n{table}"
    );
    for (attack, mean) in means {
        assert!(mean >= -1.0, "{attack:?} on {data}: {mean:.2}");
    }
    (worst, unguarded)
}

/// Trained once for both tests.
fn digits() -> &'static [Device<64, 32, 10>] {
    static DEVICES: LazyLock<Vec<Device<64, 32, 10>>> = LazyLock::new(|| {
        let mut samples = common::samples("digits/train.csv");
        samples.extend(common::samples("digits/test.csv"));
        devices(&samples, Sizes { test: 800, anchors: 200, factory: 400 })
    });
    &DEVICES
}

#[test]
fn digits_withstand() {
    let (worst, unguarded) = withstands("digits", digits());
    assert!(worst >= -1.0, "{worst:.2}");
    assert!(unguarded < -80.0, "the attacks do no harm: {unguarded:.2}");
}

#[test]
fn phishing_withstands() {
    let samples = common::samples("phishing/stream.csv");
    let (_, unguarded) =
        withstands("phishing", &devices::<9, 16, 2>(&samples, Sizes { test: 400, anchors: 200, factory: 400 }));
    assert!(unguarded < -60.0, "the attacks do no harm: {unguarded:.2}");
}

#[test]
fn a_true_shift_is_learnt() {
    let devices = digits();
    let (strict, unguarded, _) = attacked(devices, Attack::Shift, 0);
    let (tolerant, ..) = attacked(devices, Attack::Shift, 4);
    let (strict, tolerant, unguarded) = (strict.mean(), tolerant.mean(), unguarded.mean());
    println!("shift on digits unguarded {unguarded:.2} tolerance 0: {strict:.2} tolerance 4 of 200: {tolerant:.2}");
    let floor = if DEBUG { 15.0 } else { 28.0 };
    assert!(strict >= floor && tolerant > strict, "of {unguarded:.2} points {strict:.2} and {tolerant:.2}");
}
