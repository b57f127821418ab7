//! A network for everybody learns the handwriting of one user: `cargo run --release --example personalise`.
//!
//! At the factory, a network learns digits from all writers but one. The one is the user of the device, on which the network, or a
//! part of it, learns from the first half of the user's digits, in the order in which they were written; the second half measures
//! it. What is forgotten of the others is measured with images of theirs that no network has learnt from. Each writer is the user
//! once, with each of 5 seeds.
//!
//! Who wrote which digit is not recorded. Known is that people filled in a preprinted form, 13 of them for this data; in its original
//! order it is 14 times the same sequence of digits, and the style changes where the sequence begins anew (`tests/data/digits/order.py`
//! shows how clearly). It is an assumption that each of the 14 forms was filled in by one person. One person may have filled in two of
//! them; these two users would then be no strangers to the factory.
//!
//! The rates, of .003, .01, .03, .1 and .3, are those that were best for the users with seeds 101 to 110, of which none is reported: for
//! one step with each sample a rate for each part that learns, the same whichever user is left out; for the passes one rate for all.

#[macro_use]
#[path = "common/out.rs"]
mod out;
#[path = "../tests/common/mod.rs"]
mod data;

use std::error::Error;
use std::ops::ControlFlow;
use std::process::ExitCode;

use downhill::fit::Data;
use downhill::init::{Generator, Xavier};
use downhill::replay::{Buffer, Class, Codes, Fifo, Rehearsal};
use downhill::schedule::Constant;
use downhill::{
    BiasOnly, CrossEntropy, Dense, Fit, Frozen, Infer, Learner, Predictor, Relu, Samples, Sgd, Softmax, StepError,
    Trainer, Zero, encode,
};

type First = Dense<64, 32, Relu>;
type Second = Dense<32, 10, Softmax>;
type Network = (First, Second);

type Base = Predictor<&'static Network>;
type Biases = Trainer<(BiasOnly<&'static First>, BiasOnly<&'static Second>), CrossEntropy, Sgd>;
type Last = Trainer<(Frozen<&'static First>, Second), CrossEntropy, Sgd>;
type All = Trainer<Network, CrossEntropy, Sgd>;

/// Half of the user's digits, 2 bits a pixel: 17 bytes each.
type Own = Buffer<Codes<[f32; 64], 2, 16>, Class, Fifo, 65>;
type Keeping<L> = Rehearsal<L, Own>;

const SEEDS: u32 = 5;
const EPOCHS: u32 = 20;
const FACTORY_RATE: f32 = 0.03;
/// How often the kept samples are repeated after the last one has arrived: while the device charges.
const PASSES: usize = 10;
const PASSES_RATE: f32 = 0.03;
/// How many samples of each digit the factory has put into flash.
const STORED: usize = 10;

/// Pixels from 0 to 1, and class.
type Sample = ([f32; 64], usize);

/// The digits of a form in their order, and whether the factory keeps them for its test.
type Form = Vec<(Sample, bool)>;

/// What is to be learnt and measured with one user.
struct Task {
    factory: Vec<Sample>,
    others: Vec<Sample>,
    /// Of the factory's samples, those in flash.
    stored: Vec<Sample>,
    /// The user's halves.
    learnt: Vec<Sample>,
    user: Vec<Sample>,
}

/// A way to learn on the device, and how it went: for each seed each user, accuracy on the user's digits and on the others'.
struct Way {
    name: String,
    parameters: usize,
    ram: usize,
    user: Vec<f64>,
    others: Vec<f64>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("personalise: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let forms = forms()?;
    let mut ways = Vec::new();
    for seed in 1..=SEEDS {
        for user in 0..forms.len() {
            measure(&mut ways, &task(&forms, user), seed)?;
        }
    }
    print(&ways, forms.len());
    Ok(())
}

fn forms() -> Result<Vec<Form>, Box<dyn Error>> {
    let scale = |(pixels, class): ([u8; 64], usize)| (pixels.map(|pixel| f32::from(pixel) / 16.0), class);
    let files: [Vec<Sample>; 2] =
        ["digits/train.csv", "digits/test.csv"].map(|file| data::samples(file).into_iter().map(scale).collect());
    let mut forms: Vec<Form> = Vec::new();
    for ([file, row], form) in data::samples::<usize, usize, 2>("digits/order.csv") {
        let sample = files.get(file).and_then(|samples| samples.get(row)).ok_or("no such sample")?;
        if form == forms.len() {
            forms.push(Form::new());
        }
        forms.get_mut(form).ok_or("a form is missing")?.push((*sample, file == 1));
    }
    Ok(forms)
}

fn task(forms: &[Form], user: usize) -> Task {
    let of_others = |wanted: bool| -> Vec<Sample> {
        let forms = forms.iter().enumerate().filter(|(form, _)| *form != user).flat_map(|(_, form)| form);
        forms.filter(|(_, test)| *test == wanted).map(|(sample, _)| *sample).collect()
    };
    let factory = of_others(false);
    // From all forms: every eleventh of each digit. Digit after digit, lest a class comes ten times in a row.
    let every = factory.len() / (10 * STORED);
    let stored = (0..STORED)
        .flat_map(|n| (0..10).map(move |class| (n, class)))
        .filter_map(|(n, class)| factory.iter().filter(|sample| sample.1 == class).nth(n * every).copied())
        .collect();
    let mut learnt: Vec<Sample> = forms[user].iter().map(|(sample, _)| *sample).collect();
    let user = learnt.split_off(learnt.len() / 2);
    Task { factory, others: of_others(true), stored, learnt, user }
}

fn measure(ways: &mut Vec<Way>, task: &Task, seed: u32) -> Result<(), Box<dyn Error>> {
    let mut factory = All::new();
    factory.start(Sgd::new(FACTORY_RATE), &mut Xavier(Generator::new(seed)));
    let samples = task.factory.mapped(|x, &class| Some((*x, encode::one_hot(class)?)));
    let fit = Fit { seed, ..Fit::new(EPOCHS, Constant(FACTORY_RATE)) };
    fit.run(&mut factory, Data::new(&samples), |_, _| ControlFlow::Continue(()))?;

    // On a chip it is a `static`.
    let flash: &'static Network = Box::leak(Box::new(factory.network));

    let mut base = Base::new(flash);
    record(ways, "base", (0, size_of::<Base>()), task, |x| base.predict(x));

    let sgd = Sgd::new(PASSES_RATE);
    let biases = (BiasOnly::new(&flash.0), BiasOnly::new(&flash.1));
    adapt(ways, "biases", 32 + 10, &Biases::with_network(biases, sgd), 0.1, task)?;
    adapt(ways, "last", Second::PARAMETERS, &Last::with_network((Frozen(&flash.0), flash.1), sgd), 0.03, task)?;
    adapt(ways, "all", Network::PARAMETERS, &All::with_network(*flash, sgd), 0.01, task)?;
    Ok(())
}

/// Learns from the user's digits in three ways: one step with each as it comes, and nothing kept; with passes over those that
/// are kept; and with a step from the factory's samples after each step of these passes.
fn adapt<L>(
    ways: &mut Vec<Way>,
    name: &str,
    parameters: usize,
    learner: &L,
    rate: f32,
    task: &Task,
) -> Result<(), Box<dyn Error>>
where
    L: Learner<Scalar = f32, Input = [f32; 64], Output = [f32; 10], Network: Copy> + Clone,
{
    let mut once = learner.clone();
    once.set_rate(rate);
    arrive(&mut once, &task.learnt)?;
    record(ways, name, (parameters, size_of::<L>()), task, |x| once.predict(x));

    for (kind, stored) in [("kept", &[][..]), ("rehearsed", &task.stored[..])] {
        let mut keeping: Keeping<L> = Rehearsal::with_learner(learner.clone(), Own::ZERO, 0);
        arrive(&mut keeping, &task.learnt)?;
        let mut of_factory = stored.iter().cycle();
        for _ in 0..PASSES * task.learnt.len() {
            keeping.replay();
            if let Some((x, class)) = of_factory.next() {
                keeping.rehearse(x, &target(*class)?, None)?;
            }
        }
        let sizes = (parameters, size_of::<Keeping<L>>());
        record(ways, &format!("{name}-{kind}"), sizes, task, |x| keeping.predict(x));
    }
    Ok(())
}

fn arrive<L>(learner: &mut L, samples: &[Sample]) -> Result<(), Box<dyn Error>>
where
    L: Learner<Scalar = f32, Input = [f32; 64], Output = [f32; 10]>,
{
    for (x, class) in samples {
        learner.step(x, &target(*class)?, None)?;
    }
    Ok(())
}

fn target(class: usize) -> Result<[f32; 10], StepError> {
    encode::one_hot(class).ok_or(StepError::Target)
}

fn record(
    ways: &mut Vec<Way>,
    name: &str,
    (parameters, ram): (usize, usize),
    task: &Task,
    mut predict: impl FnMut(&[f32; 64]) -> [f32; 10],
) {
    let mut accuracy = |samples: &[Sample]| {
        let right = samples.iter().filter(|(x, class)| encode::class(&predict(x)) == Some(*class)).count();
        #[allow(clippy::cast_precision_loss)] // there are some hundred
        let percentage = 100.0 * right as f64 / samples.len() as f64;
        percentage
    };
    let (user, others) = (accuracy(&task.user), accuracy(&task.others));
    match ways.iter_mut().find(|way| way.name == name) {
        Some(way) => {
            way.user.push(user);
            way.others.push(others);
        }
        None => ways.push(Way { name: name.into(), parameters, ram, user: vec![user], others: vec![others] }),
    }
}

/// A table, and a line for each way. The deviations are those of single users and seeds; a user who is better off is so in the
/// mean of the seeds.
fn print(ways: &[Way], users: usize) {
    let Some(base) = ways.first() else { return };
    println!("{users} users, {SEEDS} seeds; base: the factory's network, frozen in flash; the others learn from");
    println!("half of a user's digits, on top of it: its biases, its last layer, or all of it.");
    println!(
        "kept: {PASSES} passes over the user's digits; rehearsed: with {} digits of others in flash.\n",
        10 * STORED
    );
    println!("                                  user's other half                      others");
    println!("             learns     RAM    mean    sd    gain  better worse     mean   sd  forgotten");
    for Way { name, parameters, ram, user, others } in ways {
        let (gain, lost) = (mean(user) - mean(&base.user), mean(&base.others) - mean(others));
        let of_user = |values: &[f64], number| mean(&every(values, number, users));
        let gains = (0..users).map(|number| of_user(user, number) - of_user(&base.user, number));
        let (mut better, mut worse) = (0, 0);
        for gain in gains {
            better += usize::from(gain > 1e-9);
            worse += usize::from(gain < -1e-9);
        }
        println!(
            "{name:16} {parameters:4} {ram:6} B  {:.2}  {:.2}  {gain:+6.2} {better:7} {worse:5}    {:.2} {:.2}  {lost:9.2}",
            mean(user),
            deviation(user),
            mean(others),
            deviation(others)
        );
    }
    println!(
        "\nRAM: the whole trainer, on this machine, whose references to flash have {} bytes each.\n",
        size_of::<&u8>()
    );
    for Way { name, ram, user, others, .. } in ways {
        println!("personalise {name} user {:.2} others {:.2} ram {ram}", mean(user), mean(others));
    }
}

/// Every so many values, from the one with this number.
fn every(values: &[f64], number: usize, step: usize) -> Vec<f64> {
    values.iter().skip(number).step_by(step).copied().collect()
}

#[allow(clippy::cast_precision_loss)] // there are 70
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[allow(clippy::cast_precision_loss)]
fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
}
