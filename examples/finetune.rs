//! A network from Python learns on, through a power cut, and goes back: `cargo run --release --example finetune`.
//!
//! scikit-learn has learnt the digits 0 to 4 (`python/fixtures.py`). The device gets the digits 5 to 9 one by one, as they come, and
//! rehearses a few stored samples of the others, lest it forgets them. It saves itself into flash now and then; in the midst of a
//! save the power fails. What it has learnt in the end goes back to scikit-learn, whose predictions are compared with the device's.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[path = "../tests/common/mod.rs"]
mod data;
#[path = "common/flash.rs"]
mod flash;
#[path = "common/python.rs"]
mod python;

use std::error::Error;
use std::process::ExitCode;

use downhill::store::{Policy, Store};
use downhill::{Checkpoint, CrossEntropy, Dense, Predictor, Relu, Sgd, Softmax, Trainer, encode, import};
use flash::Flash;

/// As Python has printed it.
type Network = (Dense<64, 32, Relu>, Dense<32, 10, Softmax>);
type Device = Trainer<Network, CrossEntropy, Sgd>;
/// What outlives a reset: the trainer, and how many samples it has seen.
type Kept<'a> = (&'a mut Device, &'a mut u64);

/// In flash, checked while compiling.
static NETWORK: Network = import!("../tests/data/exchange/digits.safetensors");
const FILE: &[u8] = include_bytes!("../tests/data/exchange/digits.safetensors");

type Sample = ([f32; 64], usize);

/// How many samples of each of the digits 0 to 4 are stored, and how many of all stored ones are rehearsed for each that arrives.
const STORED: usize = 10;
const REHEARSED: usize = 2;
const RATE: f32 = 0.02;
const PAGES: usize = 12;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("finetune: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let worst = import::replay(&mut Predictor::new(&NETWORK), FILE)?;
    println!("imported: the reference outputs of scikit-learn are met, but for {worst:.1e}");
    let (train, test) = (samples("digits/train.csv"), samples("digits/test.csv"));
    let stored: Vec<&Sample> =
        (0..5).flat_map(|digit| train.iter().filter(move |(_, class)| *class == digit).take(STORED)).collect();
    let arriving: Vec<&Sample> = train.iter().filter(|(_, class)| *class >= 5).collect();

    let mut device = Device::new();
    device.start_from(&NETWORK, Sgd::new(RATE));
    tell("as imported", &mut device, &test);

    // The first life ends in the midst of a save, after a third of the samples.
    let mut flash = Flash::new(PAGES);
    let seen = live(&mut flash, &mut device, &arriving, &stored, Some(arriving.len() / 3));
    println!("the power fails while sample {} is saved: {}", arriving.len() / 3, seen.expect_err("the power fails"));
    tell("before the cut", &mut device, &test);

    // Nothing is left of it but the flash.
    let mut device = Device::new();
    flash.restart();
    let seen = live(&mut flash, &mut device, &arriving, &stored, None)?;
    println!("restored at sample {seen}, and went on to the end");
    let accuracy = tell("in the end", &mut device, &test);
    if accuracy < 85.0 {
        return Err("it has learnt too little".into());
    }

    // The device without any cut has the same bits.
    let mut undisturbed = Device::new();
    live(&mut Flash::new(PAGES), &mut undisturbed, &arriving, &stored, None)?;
    let (mut one, mut other) = (vec![0; Device::IMAGE], vec![0; Device::IMAGE]);
    device.save(&mut one)?;
    undisturbed.save(&mut other)?;
    if one != other {
        return Err("a device that was left alone has learnt something else".into());
    }

    let outputs: Vec<[f32; 10]> = test.iter().map(|(x, _)| device.predict(x)).collect();
    let of_python = python::predictions(&one)?;
    if of_python.len() != outputs.len() {
        return Err(format!("{} predictions from Python, {} here", of_python.len(), outputs.len()).into());
    }
    let differences = outputs.iter().flatten().zip(of_python.iter().flatten()).map(|(a, b)| (f64::from(*a) - b).abs());
    let worst = differences.fold(0.0, f64::max);
    println!("python and downhill agree: max difference {worst:.1e}");
    if worst <= 1e-5 { Ok(()) } else { Err("they do not agree".into()) }
}

/// A life of the device: it restores itself, or begins with the imported network, and learns what arrives. Returns where it began. In
/// the save after sample number `cut`, the power fails.
fn live(
    flash: &mut Flash,
    device: &mut Device,
    arriving: &[&Sample],
    stored: &[&Sample],
    cut: Option<usize>,
) -> Result<u64, Box<dyn Error>> {
    let range = 0..flash.end();
    let mut seen = 0;
    let _ = Store::<_>::new(&mut *flash, range.clone(), Kept::IMAGE)?.load_or(
        &mut (&mut *device, &mut seen),
        |(device, seen)| {
            device.start_from(&NETWORK, Sgd::new(RATE));
            **seen = 0;
        },
    );
    let begun = seen;
    let mut policy = Policy::new().every(100).on_signal();
    policy.saved(seen, None);
    while let Some(sample) = usize::try_from(seen).ok().and_then(|seen| arriving.get(seen)) {
        learn(device, sample)?;
        let first = usize::try_from(seen)? * REHEARSED;
        for rehearsed in stored.iter().cycle().skip(first % stored.len()).take(REHEARSED) {
            learn(device, rehearsed)?;
        }
        seen += 1;
        let fails = cut.is_some_and(|cut| seen == cut as u64);
        // The brown-out detector says so, but this time the power does not last.
        if policy.due(seen, None, fails) {
            if fails {
                flash.cut_after(2000);
            }
            Store::<_>::new(&mut *flash, range.clone(), Kept::IMAGE)?.save(&(&mut *device, &mut seen))?;
            policy.saved(seen, None);
        }
    }
    Ok(begun)
}

fn learn(device: &mut Device, (x, class): &Sample) -> Result<(), Box<dyn Error>> {
    device.step(x, &encode::one_hot(*class).ok_or("no such digit")?)?;
    Ok(())
}

/// Pixels from 0 to 1, as scikit-learn had them.
fn samples(file: &str) -> Vec<Sample> {
    data::samples::<f32, usize, 64>(file).into_iter().map(|(x, class)| (x.map(|pixel| pixel / 16.0), class)).collect()
}

/// Prints how many digits of the test set are known, and returns the percentage of all.
fn tell(when: &str, device: &mut Device, test: &[Sample]) -> f64 {
    let mut known = |wanted: &dyn Fn(usize) -> bool| {
        let of: Vec<_> = test.iter().filter(|(_, class)| wanted(*class)).collect();
        let right = of.iter().filter(|(x, class)| encode::class(&device.predict(x)) == Some(*class)).count();
        #[allow(clippy::cast_precision_loss)] // there are some hundred
        let percentage = 100.0 * right as f64 / of.len() as f64;
        percentage
    };
    let (old, new, all) = (known(&|class| class < 5), known(&|class| class >= 5), known(&|_| true));
    println!("{when}: of the digits 0 to 4 it knows {old:.1} %, of 5 to 9 {new:.1} %, of all {all:.1} %");
    all
}
