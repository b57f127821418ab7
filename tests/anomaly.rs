//! A detector finds what is unlike what it has learnt, and what persists is not learnt away.

#[path = "common/signal.rs"]
mod signal;

use std::sync::OnceLock;

use downhill::anomaly::{AnomalyDetector, AnomalyError, State, Verdict};
use downhill::init::{Generator, Random, Xavier};
use downhill::{
    Checkpoint, Dense, Evaluate, Identity, Predictor, Sgd, SquaredError, StepError, Storable, Tanh, Trainer, Zero,
    digest,
};
use signal::{Signal, WINDOW, auc, faded, kurtosis, mean, rms};

type Net = (Dense<WINDOW, 8, Tanh>, Dense<8, WINDOW, Identity>);
type Autoencoder = Trainer<Net, SquaredError, Sgd>;

/// The defaults, but for shorter times.
const DETECTOR: AnomalyDetector =
    AnomalyDetector { warm_up: 2000, block: 1000, patience: 1500, ..AnomalyDetector::new() };

#[derive(Clone)]
struct Machine {
    signal: Signal,
    trainer: Autoencoder,
    state: State,
}

impl Machine {
    fn new(seed: u32) -> Self {
        let mut trainer = Trainer::new();
        trainer.start(Sgd::new(0.003), &mut Xavier(Generator::new(seed)));
        Self { signal: Signal::new(seed), trainer, state: State::new() }
    }

    /// One that has learnt. The test that needs it first waits for it.
    fn learnt() -> Self {
        static MACHINE: OnceLock<Machine> = OnceLock::new();
        let learn = || {
            let mut machine = Self::new(41);
            machine.run(&DETECTOR, 14_000);
            machine
        };
        MACHINE.get_or_init(learn).clone()
    }

    fn observe(&mut self, detector: &AnomalyDetector) -> Verdict {
        detector.step(&mut self.trainer, &mut self.state, &self.signal.window()).unwrap()
    }

    fn run(&mut self, detector: &AnomalyDetector, windows: usize) -> Vec<Verdict> {
        (0..windows).map(|_| self.observe(detector)).collect()
    }

    fn scores(&self) -> [Vec<f32>; 3] {
        let Self { mut signal, mut trainer, .. } = self.clone();
        let windows: Vec<_> = (0..2500).map(|_| signal.window()).collect();
        let mut state = State::new();
        let network = windows.iter().map(|x| DETECTOR.watch(&mut trainer, &mut state, x).unwrap().score).collect();
        [network, faded(&windows, rms), faded(&windows, kurtosis)]
    }
}

/// How many of a hundred verdicts are alarms.
fn alarms(verdicts: &[Verdict]) -> f64 {
    100.0 * mean(verdicts.iter().map(|verdict| f64::from(u8::from(verdict.alarm))))
}

fn bytes(state: &State) -> Vec<u8> {
    let mut bytes = vec![0; State::<f32>::SIZE];
    state.to_bytes(&mut bytes).unwrap();
    bytes
}

/// `examples/anomaly.rs` has the figures of five seeds.
#[test]
fn finds_impulses_in_a_signal() {
    let machine = Machine::learnt();
    let normal = machine.scores();
    for (fault, least) in [(1.0, 94.0), (1.5, 99.5)] {
        let mut faulty = machine.clone();
        faulty.signal.fault = fault;
        let found = faulty.scores();
        let [network, rms, kurtosis] = std::array::from_fn(|i| auc(&normal[i], &found[i]));
        println!("impulse {fault}: auc {network:.2}, rms {rms:.2}, kurtosis {kurtosis:.2}");
        assert!(network >= least && network > rms + 5.0 && network > kurtosis + 5.0);
        let first = faulty.run(&DETECTOR, 200).iter().position(|verdict| verdict.alarm);
        assert!(first.is_some_and(|first| first < 20), "{first:?}");
    }
    let false_alarms = alarms(&machine.clone().run(&DETECTOR, 4000));
    println!("false alarms {false_alarms:.2} %");
    assert!((0.2..=1.5).contains(&false_alarms));
}

/// Of what there is to learn only what is normal is learnt, and the alarm stays until the fault is gone.
#[test]
fn what_persists_is_not_learnt_away() {
    let patient = AnomalyDetector { patience: 0, ..DETECTOR };
    let mut machine = Machine::learnt();
    machine.signal.fault = 1.5;
    machine.run(&patient, 100);
    assert!(machine.state.is_stopped());
    let (network, state) = (digest(&machine.trainer.network), machine.state);
    let verdicts = machine.run(&patient, 5000);
    assert!(alarms(&verdicts) > 98.0 && verdicts.iter().all(|verdict| !verdict.learnt), "{}", alarms(&verdicts));
    assert_eq!((digest(&machine.trainer.network), machine.state.quantile()), (network, state.quantile()));
    machine.signal.fault = 0.0;
    machine.run(&patient, 400);
    assert!(!machine.state.is_stopped());
    let after = machine.run(&patient, 1000);
    assert!(alarms(&after) < 3.0 && mean(after.iter().map(|verdict| f64::from(u8::from(verdict.learnt)))) > 0.95);
}

/// A machine that runs otherwise from now on: alarms until patience ends, then a warm-up, then none but the expected ones.
#[test]
fn a_world_that_has_changed_is_learnt_in_the_end() {
    let mut machine = Machine::learnt();
    machine.signal.amplitudes = [0.4, 0.2, 0.8, 0.7];
    // At 0.003, errors on this signal now and then jump by a quarter for some thousand windows, which is an alarm, too.
    machine.trainer.optimizer = Sgd::new(0.002);
    let before = machine.run(&DETECTOR, 1400);
    assert!(alarms(&before) > 90.0 && machine.state.restarts() == 0, "{}", alarms(&before));
    machine.run(&DETECTOR, 300);
    assert_eq!(machine.state.restarts(), 1);
    assert_eq!(machine.state.quantile(), None);
    let warm_up = machine.run(&DETECTOR, 1700);
    assert!(warm_up.iter().all(|verdict| !verdict.alarm && verdict.threshold.is_none() && verdict.learnt));
    machine.run(&DETECTOR, 300);
    assert!(machine.state.quantile().is_some());
    let after = alarms(&machine.run(&DETECTOR, 3000));
    assert!(after < 1.5, "{after}");
}

/// Whatever comes: a fault, samples like none before.
#[test]
fn no_alarm_in_a_warm_up() {
    let mut machine = Machine::new(42);
    for n in 1..=DETECTOR.warm_up {
        machine.signal.fault = if n > 1500 { 5.0 } else { 0.0 };
        let mut x = machine.signal.window();
        if n % 500 == 200 {
            x[3] = 300.0;
        }
        // Steps with such samples would make the network useless.
        let verdict = DETECTOR.watch(&mut machine.trainer, &mut machine.state, &x).unwrap();
        assert!(!verdict.alarm && verdict.threshold.is_none(), "{n}");
    }
    assert!(machine.observe(&DETECTOR).threshold.is_some());
}

#[test]
fn bad_input_and_settings_change_nothing() {
    let mut machine = Machine::new(43);
    machine.run(&DETECTOR, 50);
    let kept = (digest(&machine.trainer.network), bytes(&machine.state));
    let window = machine.signal.window();
    let mut refused = |detector: &AnomalyDetector, x: &[f32; WINDOW], error: AnomalyError| {
        assert_eq!(detector.step(&mut machine.trainer, &mut machine.state, x), Err(error));
        assert_eq!(detector.watch(&mut machine.trainer, &mut machine.state, x), Err(error));
        assert_eq!((digest(&machine.trainer.network), bytes(&machine.state)), kept);
        assert!(!error.to_string().is_empty());
    };
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut x = window;
        x[63] = bad;
        refused(&DETECTOR, &x, AnomalyError::Step(StepError::Input));
    }
    refused(&DETECTOR, &[1e25; WINDOW], AnomalyError::Step(StepError::Loss));
    for bad in [0.0, 1.0, -1.0, 2.0, f32::NAN] {
        refused(&AnomalyDetector { quantile: bad, ..DETECTOR }, &window, AnomalyError::Quantile);
    }
    for bad in [0.0, 1.01, f32::NAN] {
        refused(&AnomalyDetector { fade: bad, ..DETECTOR }, &window, AnomalyError::Fade);
    }
    for bad in [0.0, -1.0, f32::INFINITY, f32::NAN] {
        refused(&AnomalyDetector { tolerance: bad, ..DETECTOR }, &window, AnomalyError::Tolerance);
    }
    // A sample whose step is refused is not counted.
    let mut unstarted = Autoencoder::new();
    let mut state = State::ZERO;
    let error = DETECTOR.step(&mut unstarted, &mut state, &window).unwrap_err();
    assert_eq!((error, state), (AnomalyError::Step(StepError::LearningRate), State::new()));
}

/// Saved and restored with the network, a detector goes on with the same bits: in a warm-up, with alarms, while stopped.
#[test]
fn goes_on_after_a_reset() {
    let detector = AnomalyDetector { warm_up: 120, block: 100, patience: 60, ..DETECTOR };
    let mut whole = Machine::new(44);
    let mut image = vec![0; <(&mut Autoencoder, &mut State)>::IMAGE];
    let mut seen = [false; 3];
    for n in 0..600 {
        whole.signal.fault = if n >= 250 { 4.0 } else { 0.0 };
        (&mut whole.trainer, &mut whole.state).save(&mut image).unwrap();
        let mut resumed = Machine { signal: whole.signal.clone(), ..Machine::new(9) };
        (&mut resumed.trainer, &mut resumed.state).restore(&image).unwrap();
        assert_eq!(resumed.state, whole.state);
        assert_eq!(resumed.observe(&detector), whole.observe(&detector));
        assert_eq!(bytes(&resumed.state), bytes(&whole.state));
        assert_eq!(digest(&resumed.trainer.network), digest(&whole.trainer.network));
        let now = [whole.state.is_stopped(), whole.state.restarts() > 0, whole.state.quantile().is_some()];
        seen = std::array::from_fn(|i| seen[i] || now[i]);
    }
    assert_eq!(seen, [true; 3]);
}

/// A network in flash, which does not learn, has a threshold all the same.
#[test]
fn watches_with_a_network_that_does_not_learn() {
    let machine = Machine::learnt();
    let mut predictor = Predictor::new(&machine.trainer.network).with_loss::<SquaredError>();
    let (mut signal, mut state) = (machine.signal.clone(), State::new());
    let detector = AnomalyDetector { warm_up: 2000, ..DETECTOR };
    let mut verdict = || detector.watch(&mut predictor, &mut state, &signal.window()).unwrap();
    let verdicts: Vec<Verdict> = (0..4000).map(|_| verdict()).collect();
    assert!(verdicts.iter().all(|verdict| !verdict.learnt));
    let false_alarms = alarms(&verdicts[2000..]);
    assert!((0.1..3.0).contains(&false_alarms), "{false_alarms}");
}

/// The input is its error.
struct Given;

impl Evaluate for Given {
    type Scalar = f64;
    type Input = f64;
    type Output = f64;

    fn evaluate(&mut self, x: &f64, _: &f64) -> Result<(f64, f64), StepError> {
        Ok((*x, *x))
    }
}

const PLAIN: AnomalyDetector<f64> =
    AnomalyDetector { quantile: 0.99, fade: 1.0, tolerance: 1.0, warm_up: 4000, patience: 0, block: 2000 };

/// Watches errors, and returns how many of a hundred are alarms.
fn given(detector: &AnomalyDetector<f64>, state: &mut State<f64>, errors: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut all) = (0.0, 0.0);
    for error in errors {
        count += f64::from(u8::from(detector.watch(&mut Given, state, &error).unwrap().alarm));
        all += 1.0;
    }
    100.0 * count / all
}

/// From 0 to 1.
fn uniform(generator: &mut Generator) -> f64 {
    f64::from(generator.signed_unit()).midpoint(1.0)
}

/// Alarms are as many as the quantile says, also after long: the threshold does not sink because it does not see what is above.
#[test]
fn the_threshold_does_not_sink() {
    let mut generator = Generator::new(1);
    for (quantile, fade, block, n) in [
        (0.99, 1.0, 2000, 300_000),
        (0.99, 0.25, 2000, 300_000),
        (0.9, 0.25, 200, 100_000),
        (0.999, 1.0, 20_000, 1_000_000),
    ] {
        let detector = AnomalyDetector { quantile, fade, block, warm_up: 2 * block, ..PLAIN };
        let mut state = State::new();
        given(&detector, &mut state, (0..n / 2).map(|_| uniform(&mut generator)));
        let found = given(&detector, &mut state, (0..n / 2).map(|_| uniform(&mut generator)));
        let expected = 100.0 * (1.0 - quantile);
        println!("quantile {quantile}, fade {fade}: {found:.3} %");
        assert!((0.7 * expected..1.5 * expected).contains(&found), "{quantile} {fade}: {found}");
        assert_eq!(state.restarts(), 0);
    }
}

/// Alarms of a half, a quarter, a fifth of all samples last; rarer ones become normal, as documented.
#[test]
fn frequent_alarms_last_and_rare_ones_do_not() {
    let mut generator = Generator::new(2);
    for (share, lasts) in [(1.0, true), (0.5, true), (0.25, true), (0.2, true), (0.05, false)] {
        let mut state = State::new();
        given(&PLAIN, &mut state, (0..20_000).map(|_| uniform(&mut generator)));
        let mut faulty = || uniform(&mut generator) + if uniform(&mut generator) < share { 2.0 } else { 0.0 };
        given(&PLAIN, &mut state, (0..20_000).map(|_| faulty()));
        let found = given(&PLAIN, &mut state, (0..20_000).map(|_| faulty()));
        assert_eq!(found > 90.0 * share, lasts, "{share}: {found}");
    }
}

/// Bursts that stop learning do not count, for the threshold or for patience, once they are over.
#[test]
fn bursts_are_found_again_and_again() {
    let mut generator = Generator::new(6);
    let detector = AnomalyDetector { patience: 500, ..PLAIN };
    let mut state = State::new();
    given(&detector, &mut state, (0..5000).map(|_| uniform(&mut generator)));
    for burst in 0..100 {
        let found = given(&detector, &mut state, (0..40).map(|_| 2.0 + uniform(&mut generator)));
        assert!(found >= 100.0 && state.restarts() == 0, "{burst}: {found}");
        given(&detector, &mut state, (0..960).map(|_| uniform(&mut generator)));
    }
}

#[test]
fn the_threshold_is_the_quantile_times_the_tolerance() {
    let mut generator = Generator::new(7);
    let detector = AnomalyDetector { tolerance: 1.25, ..PLAIN };
    let mut state = State::new();
    assert!(given(&detector, &mut state, (0..20_000).map(|_| uniform(&mut generator))) <= 0.0);
    let quantile = state.quantile().unwrap();
    assert!((quantile - 0.99).abs() < 0.01, "{quantile}");
    for (error, alarm) in [(1.24 * quantile, false), (1.26 * quantile, true)] {
        let verdict = detector.watch(&mut Given, &mut state, &error).unwrap();
        assert_eq!((verdict.threshold, verdict.alarm), (Some(1.25 * quantile), alarm));
    }
}

/// A change is taken for normal after `patience` samples for which learning was stopped, and not before.
#[test]
fn patience_ends_when_it_says() {
    let mut generator = Generator::new(3);
    for patience in [1, 100, 5000] {
        let detector = AnomalyDetector { patience, ..PLAIN };
        let mut state = State::new();
        given(&detector, &mut state, (0..20_000).map(|_| uniform(&mut generator)));
        while !state.is_stopped() && state.restarts() == 0 {
            assert!(detector.watch(&mut Given, &mut state, &3.0).unwrap().alarm);
        }
        for n in 1..patience {
            assert_eq!((state.stopped(), state.restarts()), (n, 0));
            assert!(detector.watch(&mut Given, &mut state, &3.0).unwrap().alarm);
        }
        assert_eq!((state.stopped(), state.restarts(), state.quantile()), (0, 1, None));
        assert!(given(&detector, &mut state, (0..20_000).map(|_| 3.0 + uniform(&mut generator))) < 1.5);
    }
}

/// A broken sample alarms, but not for long, and leaves no trace in the threshold: in a warm-up neither.
#[test]
fn a_spike_is_soon_forgotten() {
    let mut generator = Generator::new(4);
    let detector = AnomalyDetector { fade: 0.25, ..PLAIN };
    for at in [0, 100, 1999, 2000, 2003, 3999, 9000] {
        let mut state = State::new();
        given(&detector, &mut state, (0..at).map(|_| uniform(&mut generator)));
        let verdict = detector.watch(&mut Given, &mut state, &1e30).unwrap();
        assert_eq!((verdict.alarm, verdict.error), (at >= 4000, 1e30));
        given(&detector, &mut state, (0..12).map(|_| uniform(&mut generator)));
        if at >= 4000 {
            assert!(given(&detector, &mut state, (0..100).map(|_| uniform(&mut generator))) < 10.0);
        }
        given(&detector, &mut state, (0..12_000).map(|_| uniform(&mut generator)));
        let found = given(&detector, &mut state, (0..4000).map(|_| uniform(&mut generator)));
        assert!((0.3..2.5).contains(&found), "{at}: {found}");
        // Where the first threshold was made with the spike.
        let mut state = State::new();
        given(&detector, &mut state, (0..4000).map(|n| if n == at { 1e30 } else { uniform(&mut generator) }));
        let quantile = state.quantile().unwrap();
        assert!((0.7..1.0).contains(&quantile), "{at}: {quantile}");
    }
}

#[test]
fn errors_of_zero_and_errors_that_are_not_numbers() {
    let mut state = State::new();
    assert!(given(&PLAIN, &mut state, (0..10_000).map(|_| 0.0)) <= 0.0);
    let before = state;
    for bad in [f64::NAN, f64::INFINITY] {
        let error = PLAIN.watch(&mut Given, &mut state, &bad).unwrap_err();
        assert_eq!((error, state), (AnomalyError::Step(StepError::Loss), before));
    }
    assert!(PLAIN.watch(&mut Given, &mut state, &1e-30).unwrap().alarm);
    assert!(PLAIN.watch(&mut Given, &mut state, &f64::MAX).unwrap().alarm);
    assert!(!PLAIN.watch(&mut Given, &mut state, &0.0).unwrap().alarm);
}

/// Lengths of 0 and very long ones.
#[test]
fn odd_lengths() {
    let mut generator = Generator::new(5);
    for (warm_up, block) in [(0, 0), (0, 2000), (1, 1), (2, 3), (3, 2), (u32::MAX, u32::MAX), (10, u32::MAX)] {
        for patience in [0, 1, u32::MAX] {
            let detector = AnomalyDetector { warm_up, block, patience, ..PLAIN };
            let mut state = State::new();
            given(&detector, &mut state, (0..3000).map(|_| uniform(&mut generator)));
            assert_eq!(state.quantile().is_some(), warm_up.max(block) <= 2000 || warm_up == 10, "{warm_up} {block}");
        }
    }
    assert_eq!((size_of::<State>(), State::<f32>::SIZE), (80, 74));
}
