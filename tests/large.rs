//! A million parameters on the host, in debug builds, too, where values are moved over the stack.

use std::ops::ControlFlow;
use std::sync::Mutex;

use downhill::fit::Data;
use downhill::init::{Generator, Xavier};
use downhill::schedule::Constant;
use downhill::{Adam, Best, Dense, Fit, SquaredError, Trainer};

type Net = (Dense<2000, 500>, Dense<500, 10>);
type Learner = Trainer<Net, SquaredError, Adam>;

const SAMPLE: [([f32; 2000], [f32; 10]); 1] = [([0.5; 2000], [0.1; 10])];
static TRAINER: Mutex<Learner> = Mutex::new(Trainer::new());
static BEST: Mutex<Best<Net>> = Mutex::new(Best::new());

/// Statics take no room on a stack, here the 2 MB of a thread.
#[test]
fn in_statics() {
    let (trainer, best) = (&mut *TRAINER.lock().unwrap(), &mut *BEST.lock().unwrap());
    trainer.start(Adam::new(0.001), &mut Xavier(Generator::new(1)));
    let first = trainer.loss(&SAMPLE[0].0, &SAMPLE[0].1).unwrap();
    let fit = Fit::new(1, Constant(0.001));
    fit.run(trainer, Data::new(&SAMPLE).validated_on(&SAMPLE).keeping(best), |_, _| ControlFlow::Continue(())).unwrap();
    let (network, loss) = best.get().unwrap();
    assert!(loss < first);
    trainer.start_from(network, Adam::new(0.001));
    assert!(trainer.step(&SAMPLE[0].0, &SAMPLE[0].1).unwrap() <= loss);
}

/// Statics of zeros and the start of one are no bytes in the program: slots alone would be 8 MB.
#[test]
fn no_template_of_zeros() {
    let bytes = std::fs::metadata(std::env::current_exe().unwrap()).unwrap().len();
    assert!(bytes < 12 << 20, "{bytes} bytes of program");
}
