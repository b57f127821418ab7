//! The trainings of `data/reference/optimizers.py`: every optimiser, modifier and kind of batch against `torch.optim`,
//! after 1, 10 and 100 updates.

#[path = "gradients/probe.rs"]
#[allow(dead_code)]
mod probe;
#[path = "reference/rows.rs"]
mod rows;

use std::ops::Range;

use downhill::init::{Generator, Uniform};
use downhill::loss::Loss;
use downhill::optimizer::{Collected, Optimizer, Parameters};
use downhill::{
    Adam, AdamW, Batch, BiasOnly, Biased, BinaryCrossEntropy, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense,
    Frozen, Identity, Infer, Layer, LeakyRelu, Momentum, Nesterov, RmsProp, Rprop, Scalar, Sgd, Sigmoid, Softmax,
    SquaredError, Tanh, Trainer, Unbiased, WeightDecay, Zero, digest, encode,
};
use probe::{Real, array, network, parameters};
use rows::Rows;

const SAMPLES: usize = 7;

/// Largest error of any weight or loss in `f64`, up to 100 updates. That in `f32` is given with each network: about
/// twice what was measured, which is rounding by 6e-8 in each update, and more where the root of a small square
/// divides.
const DOUBLE: f64 = 1e-12;

/// The inputs and the targets of the samples.
type Samples<N> = (Vec<<N as Infer>::Input>, Vec<<N as Infer>::Output>);

fn samples<T: Real, N: Layer<Scalar = T, Input: Zero, Output: Zero>>(rows: &Rows) -> Samples<N> {
    let row = |kind, n| rows.get(&format!("{kind} {n}"));
    (0..SAMPLES).map(|n| (array::<N::Input>(row("input", n)), array::<N::Output>(row("target", n)))).unzip()
}

/// The samples of each update: so many, and as many as are left at the end of a round.
fn batches(size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..SAMPLES).step_by(size).cycle().map(move |start| start..SAMPLES.min(start + size))
}

/// How one number type trains: how many samples for an update, the hyperparameters, and the largest error.
struct Training<'a, T> {
    rows: &'a Rows,
    name: &'a str,
    size: usize,
    hyperparameters: Vec<T>,
    tolerance: f64,
}

impl<'a, T: Real> Training<'a, T> {
    fn new(rows: &'a Rows, name: &'a str, tolerance: f64) -> Self {
        let (size, hyperparameters) = rows.get(name).split_first().unwrap();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let size = *size as usize;
        Self { rows, name, size, hyperparameters: hyperparameters.iter().map(|&h| T::nearest(h)).collect(), tolerance }
    }

    /// Makes 100 updates and compares. `update` takes the samples of a range, and returns their mean loss.
    fn follow<N, L, P, const B: usize>(
        &self,
        mut trainer: Trainer<N, L, P, B>,
        mut update: impl FnMut(&mut Trainer<N, L, P, B>, Range<usize>) -> T,
    ) where
        N: Layer<Scalar = T>,
        L: Loss,
        P: Optimizer<T>,
    {
        let Self { rows, name, tolerance, .. } = self;
        let (mut worst, mut losses): (f64, Vec<f64>) = (0.0, vec![]);
        for (number, batch) in (1..=100).zip(batches(self.size)) {
            let loss = update(&mut trainer, batch);
            if [1, 10, 100].contains(&number) {
                losses.push(loss.into());
                let weights = parameters(&trainer.network);
                worst = worst.max(rows.error(&format!("{name} after {number}"), &weights, *tolerance));
            }
        }
        worst = worst.max(rows.error(&format!("{name} losses"), &losses, *tolerance));
        let number = std::any::type_name::<T>();
        println!("{}: {name} in {number}, room for {B}: worst error {worst:.1e}", rows.file);
    }

    /// Trains in every way there is: by steps, by steps that are collected, and by slices of samples.
    fn check<N, L, P, C>(
        &self,
        network: impl Fn() -> N,
        (x, targets): &Samples<N>,
        make: impl Fn(&[T]) -> P,
        collect: impl Fn(usize, P) -> C,
    ) where
        N: Layer<Scalar = T>,
        L: Loss,
        P: Optimizer<T>,
        C: Optimizer<T>,
    {
        let make = || make(&self.hyperparameters);
        if self.size == 1 {
            self.follow(Trainer::<N, L, P>::with_network(network(), make()), |trainer, batch| {
                trainer.step(&x[batch.start], &targets[batch.start]).unwrap()
            });
        }
        self.follow(Trainer::<N, L, C>::with_network(network(), collect(self.size, make())), |trainer, batch| {
            collected(trainer, batch, |trainer, n| trainer.step(&x[n], &targets[n]).unwrap())
        });
        self.follow(Trainer::<N, L, P, SAMPLES>::with_network(network(), make()), |trainer, batch| {
            trainer.step_batch(&x[batch.clone()], &targets[batch]).unwrap()
        });
    }
}

/// Takes a step with each sample, and ends the batch if it is not full. Returns the mean loss.
fn collected<T: Real, N: Layer<Scalar = T>, L: Loss, C: Optimizer<T>>(
    trainer: &mut Trainer<N, L, C>,
    batch: Range<usize>,
    step: impl Fn(&mut Trainer<N, L, C>, usize) -> T,
) -> T {
    let count = T::nearest(u8::try_from(batch.len()).unwrap().into());
    let sum = batch.fold(T::ZERO, |sum, n| sum + step(trainer, n));
    trainer.flush().unwrap();
    sum / count
}

/// Limits samples around the batch, where single samples still exist.
fn around<T: Real, P: Optimizer<T>>(size: usize, limited: ClipSample<P, T>) -> ClipSample<Batch<P, T>, T> {
    ClipSample::new(limited.limit, Batch::new(size, limited.inner))
}

/// Trainings of one network, with the largest error in `f32`: the name of each, how it collects, and the optimiser from
/// its hyperparameters `h`.
macro_rules! trainings {
    ($test:ident $file:literal $single:literal $loss:ident ($($i:literal $o:literal $a:ident $b:ident),+)
        $($name:literal $collect:path, $make:expr;)+) => {
        #[test]
        fn $test() {
            type Net<T> = ($(Dense<$i, $o, $a, $b, T>,)+);
            let rows = Rows::read($file);
            let (double, single) = (samples::<f64, Net<f64>>(&rows), samples::<f32, Net<f32>>(&rows));
            let first = rows.get("parameters");
            $(
                let training = Training::<f64>::new(&rows, $name, DOUBLE);
                training.check::<_, $loss, _, _>(|| network::<_, Net<f64>>(first), &double, $make, $collect);
                let training = Training::<f32>::new(&rows, $name, $single);
                training.check::<_, $loss, _, _>(|| network::<_, Net<f32>>(first), &single, $make, $collect);
            )+
        }
    };
}

fn adam<T: Real>(h: &[T]) -> Adam<T> {
    let mut adam = Adam::new(h[0]);
    [adam.mean_decay, adam.square_decay, adam.epsilon] = [h[1], h[2], h[3]];
    adam
}

fn adamw<T: Real>(h: &[T]) -> AdamW<T> {
    AdamW { adam: adam(&h[1..]), weight_decay: h[0] }
}

fn rprop<T: Real>(h: &[T]) -> Rprop<T> {
    Rprop { first: h[0], shrink: h[1], grow: h[2], range: [h[3], h[4]] }
}

trainings!(descent "descent.txt" 2e-5 SquaredError (3 3 Tanh Biased, 3 2 Identity Biased)
    "sgd by 1" Batch::new, |h| Sgd::new(h[0]);
    "sgd by 3" Batch::new, |h| Sgd::new(h[0]);
    "sgd by 5" Batch::new, |h| Sgd::new(h[0]);
    "momentum by 1" Batch::new, |h| Momentum::new(h[0], h[1]);
    "momentum by 3" Batch::new, |h| Momentum::new(h[0], h[1]);
    "momentum by 5" Batch::new, |h| Momentum::new(h[0], h[1]);
    "nesterov by 1" Batch::new, |h| Nesterov::new(h[0], h[1]);
    "nesterov by 5" Batch::new, |h| Nesterov::new(h[0], h[1]);
    "decay sgd by 1" Batch::new, |h| WeightDecay::new(h[0], Sgd::new(h[1]));
    "decay sgd by 3" Batch::new, |h| WeightDecay::new(h[0], Sgd::new(h[1]));
    "decay momentum by 1" Batch::new, |h| WeightDecay::new(h[0], Momentum::new(h[1], h[2]));
    "decay momentum by 3" Batch::new, |h| WeightDecay::new(h[0], Momentum::new(h[1], h[2]));
);

// The largest error is that of RMSprop.
trainings!(adaptive "adaptive.txt" 3e-4 CrossEntropy (2 4 LeakyRelu Biased, 4 3 Softmax Biased)
    "rmsprop by 1" Batch::new, |h| RmsProp { rate: h[0], decay: h[1], epsilon: h[2] };
    "rmsprop by 3" Batch::new, |h| RmsProp { rate: h[0], decay: h[1], epsilon: h[2] };
    "adam by 1" Batch::new, adam;
    "adam by 3" Batch::new, adam;
    "adam by 5" Batch::new, adam;
    "adam of others by 1" Batch::new, adam;
    "adamw by 1" Batch::new, adamw;
    "adamw of others by 5" Batch::new, adamw;
    "decay adam by 1" Batch::new, |h| WeightDecay::new(h[0], adam(&h[1..]));
);

trainings!(resilient "resilient.txt" 3e-5 SquaredError (2 3 Sigmoid Biased, 3 2 Tanh Unbiased, 2 2 Sigmoid Biased)
    "rprop by 7" Batch::new, rprop;
    "rprop of others by 7" Batch::new, rprop;
);

trainings!(limited "limited.txt" 1e-5 BinaryCrossEntropy (2 3 Tanh Unbiased, 3 2 Sigmoid Biased, 2 2 Sigmoid Biased)
    "value sgd by 1" Batch::new, |h| ClipValue::new(h[0], Sgd::new(h[1]));
    "value momentum by 3" Batch::new, |h| ClipValue::new(h[0], Momentum::new(h[1], h[2]));
    "norm sgd by 1" Batch::new, |h| ClipNorm::new(h[0], Sgd::new(h[1]));
    "norm sgd by 3" Batch::new, |h| ClipNorm::new(h[0], Sgd::new(h[1]));
    "norm decay adam by 5" Batch::new, |h| ClipNorm::new(h[0], WeightDecay::new(h[1], adam(&h[2..])));
    "sample sgd by 1" around, |h| ClipSample::new(h[0], Sgd::new(h[1]));
    "sample sgd by 5" around, |h| ClipSample::new(h[0], Sgd::new(h[1]));
    "sample norm momentum by 3" around,
        |h| ClipSample::new(h[0], ClipNorm::new(h[1], Momentum::new(h[2], h[3])));
);

/// Layers that don't learn are leaked: they live as long as those in flash.
#[test]
fn frozen() {
    type Lower<T> = Dense<3, 3, Sigmoid, Biased, T>;
    type Upper<T> = Dense<3, 2, Sigmoid, Biased, T>;

    fn check<T: Real>(tolerance: f64) {
        let rows = Rows::read("frozen.txt");
        let samples = samples::<T, (Lower<T>, Upper<T>)>(&rows);
        let whole: &'static (Lower<T>, Upper<T>) = Box::leak(Box::new(network(rows.get("parameters"))));
        let (lower, upper) = whole;
        let training = |name| Training::<T>::new(&rows, name, tolerance);
        let norm = |h: &[T]| ClipNorm::new(h[0], adam(&h[1..]));
        training("upper by 1").check::<_, SquaredError, _, _>(|| (Frozen(lower), *upper), &samples, adam, Batch::new);
        training("upper norm by 3").check::<_, SquaredError, _, _>(
            || (Frozen(lower), *upper),
            &samples,
            norm,
            Batch::new,
        );
        training("lower by 1").check::<_, SquaredError, _, _>(|| (*lower, Frozen(upper)), &samples, adam, Batch::new);
        let biases = || (Frozen(lower), BiasOnly::new(upper));
        training("biases by 1").check::<_, SquaredError, _, _>(biases, &samples, adam, Batch::new);
        let biases = || (BiasOnly::new(lower), BiasOnly::new(upper));
        training("all biases norm by 3").check::<_, SquaredError, _, _>(biases, &samples, norm, Batch::new);
    }
    check::<f64>(DOUBLE);
    check::<f32>(5e-6);
}

/// Label smoothing and the weights of classes.
#[test]
fn classes() {
    type Net<T> = (Dense<2, 4, Tanh, Biased, T>, Dense<4, 3, Softmax, Biased, T>);

    fn check<T: Real>(tolerance: f64) {
        let rows = Rows::read("classes.txt");
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let class = |n| rows.get(&format!("target {n}"))[0] as usize;
        let x: Vec<[T; 2]> = (0..SAMPLES).map(|n| array(rows.get(&format!("input {n}")))).collect();
        let network = || network::<T, Net<T>>(rows.get("parameters"));
        let make = |h: &[T]| Sgd::new(h[0]);

        let amount = T::nearest(rows.get("amount")[0]);
        let samples = (x.clone(), (0..SAMPLES).map(|n| encode::smoothed(class(n), amount).unwrap()).collect());
        for name in ["smoothed by 1", "smoothed by 3"] {
            let training = Training::new(&rows, name, tolerance);
            training.check::<_, CrossEntropy, _, _>(network, &samples, make, Batch::new);
        }

        let weights: [T; 3] = array(rows.get("weights"));
        for name in ["weighted by 1", "weighted by 3"] {
            let training = Training::new(&rows, name, tolerance);
            let optimizer = Batch::new(training.size, make(&training.hyperparameters));
            training.follow(Trainer::<_, CrossEntropy, _>::with_network(network(), optimizer), |trainer, batch| {
                collected(trainer, batch, |trainer, n| {
                    let target = encode::one_hot(class(n)).unwrap();
                    trainer.step_weighted(&x[n], &target, weights[class(n)]).unwrap()
                })
            });
        }
    }
    check::<f64>(DOUBLE);
    check::<f32>(3e-5);
}

/// What `new` sets is what torch sets.
#[test]
fn defaults() {
    let rows = Rows::read("adaptive.txt");
    let hyperparameters = |name| Training::<f64>::new(&rows, name, DOUBLE).hyperparameters;
    let h = hyperparameters("rmsprop by 1");
    assert_eq!(RmsProp::new(h[0]), RmsProp { rate: h[0], decay: h[1], epsilon: h[2] });
    let h = hyperparameters("adam by 1");
    assert_eq!(Adam::new(h[0]), adam(&h));
    let h = hyperparameters("adamw by 1");
    assert_eq!(AdamW::new(h[1], h[0]), adamw(&h));
    let rows = Rows::read("resilient.txt");
    assert_eq!(Rprop::new(), rprop(&Training::<f64>::new(&rows, "rprop by 7", DOUBLE).hyperparameters));
}

/// What is collected and what is formed from a slice is summed in one order. A slice of a single sample is left out: it
/// goes the way of `step`, where `Sgd` multiplies the deltas by the rate, and not their products with the inputs.
#[test]
fn batches_have_the_bits_of_slices() {
    fn check<N, P, C>(first: &N, make: impl Fn() -> P, collect: impl Fn(usize, P) -> C)
    where
        N: Layer<Scalar = f32, Input = [f32; 3], Output = [f32; 2]> + Copy,
        P: Optimizer<f32>,
        C: Optimizer<f32>,
    {
        let (x, targets) = samples::<f32, N>(&Rows::read("descent.txt"));
        for size in [2, 4, 5, 7] {
            let mut slices = Trainer::<_, SquaredError, P, SAMPLES>::with_network(*first, make());
            let mut collecting = Trainer::<_, SquaredError, C>::with_network(*first, collect(size, make()));
            let full = batches(size).filter(|batch| batch.len() > 1).take(50);
            for (update, batch) in full.enumerate() {
                slices.step_batch(&x[batch.clone()], &targets[batch.clone()]).unwrap();
                collected(&mut collecting, batch, |trainer, n| trainer.step(&x[n], &targets[n]).unwrap());
                assert_eq!(digest(&slices.network), digest(&collecting.network), "by {size}, update {update}");
            }
        }
    }
    type Net = (Dense<3, 3, Tanh>, Dense<3, 2, Identity>);
    let net: Net = network(Rows::read("descent.txt").get("parameters"));
    check(&net, || Sgd::new(0.1), Batch::new);
    check(&net, || Momentum::new(0.1, 0.9), Batch::new);
    check(&net, || Adam::new(0.01), Batch::new);
    check(&net, || WeightDecay::new(0.01, Sgd::new(0.1)), Batch::new);
    check(&net, || ClipSample::new(0.3, Sgd::new(0.1)), around);

    // Rows of so many weights are summed in pieces.
    let mut wide = <(Dense<3, 37, Tanh>, Dense<37, 2>)>::ZERO;
    wide.initialize(&mut Uniform(Generator::new(1)));
    check(&wide, || Sgd::new(0.1), Batch::new);
    check(&wide, || Adam::new(0.01), Batch::new);
}

/// Every optimiser can be a constant, with settings that are rounded once from their decimals.
#[test]
fn constants() {
    const SINGLE: (RmsProp, AdamW, Rprop) = (RmsProp::new(0.1), AdamW::new(0.1, 0.01), Rprop::new());
    const DOUBLE: (RmsProp<f64>, AdamW<f64>, Rprop<f64>) = (RmsProp::new(0.1), AdamW::new(0.1, 0.01), Rprop::new());
    fn check<T: Scalar>((rms_prop, AdamW { adam, .. }, rprop): (RmsProp<T>, AdamW<T>, Rprop<T>)) {
        let quotient = |number: f32, divisor: f32| T::from_f32(number) / T::from_f32(divisor);
        let [least, most] = rprop.range;
        for (setting, number, divisor) in [
            (rms_prop.decay, 99.0, 100.0),
            (rms_prop.epsilon, 1.0, 1e8),
            (adam.mean_decay, 9.0, 10.0),
            (adam.square_decay, 999.0, 1000.0),
            (adam.epsilon, 1.0, 1e8),
            (rprop.first, 1.0, 100.0),
            (rprop.shrink, 1.0, 2.0),
            (rprop.grow, 6.0, 5.0),
            (least, 1.0, 1e6),
            (most, 50.0, 1.0),
        ] {
            assert_eq!(setting.bits(), quotient(number, divisor).bits(), "{number} / {divisor}");
        }
    }
    check(SINGLE);
    check(DOUBLE);
}

/// Means of gradients that have become 0, or are next to nothing, end at 0 and not among the subnormal numbers, which a host
/// computes slowly.
#[test]
fn means_end_at_zero() {
    fn check<T: Real, P: Optimizer<T>>(mut optimizer: P, slot_of: impl Fn(&P::Slot) -> Vec<T>) {
        for gradient in [1.0, -1e-22, 1e-35] {
            let (mut weight, mut slot) = (T::ONE, P::Slot::ZERO);
            for step in 0..3000 {
                let gradient = if step == 0 { T::nearest(gradient) } else { T::ZERO };
                let factor = optimizer.begin(1, || T::ZERO);
                optimizer.weight(&mut weight, &mut slot, gradient * factor);
                for mean in slot_of(&slot) {
                    let magnitude = mean.larger(T::ZERO);
                    assert!(magnitude == T::ZERO || magnitude >= T::LEAST_MEAN, "step {step}: {mean:?}");
                }
            }
            if size_of::<T>() == size_of::<f32>() {
                assert!(slot_of(&slot).iter().all(|&mean| mean == T::ZERO), "{gradient}");
            }
        }
    }
    fn both<T: Real>() {
        let mut adam = Adam::<T>::new(T::nearest(0.001));
        adam.square_decay = T::nearest(0.97);
        check(RmsProp { decay: T::nearest(0.97), ..RmsProp::new(T::nearest(0.001)) }, |&square| vec![square]);
        check(adam, |means| means.to_vec());
        check(AdamW { adam, weight_decay: T::ZERO }, |means| means.to_vec());
    }
    both::<f32>();
    both::<f64>();
}

/// What is kept is looked at through everything that goes around an optimiser.
#[test]
fn kept_numbers_are_looked_at() {
    fn check<P: Optimizer<f32>>(mut optimizer: P) {
        for (gradient, finite) in [(1.0, true), (f32::INFINITY, false)] {
            let (mut weight, mut slot) = (1.0, P::Slot::ZERO);
            optimizer.begin(1, || 1.0);
            optimizer.weight(&mut weight, &mut slot, gradient);
            assert_eq!(P::is_finite(&slot), finite, "{gradient}");
        }
    }
    let inner = Momentum::new(0.1, 0.9);
    check(inner);
    check(WeightDecay::new(0.1, inner));
    check(ClipNorm::new(1.0, inner));
    check(ClipSample::new(1.0, inner));
    check(Batch::new(8, inner));
    // Nothing infinite passes this one.
    assert!(ClipValue::<Momentum>::is_finite(&1.0) && !ClipValue::<Momentum>::is_finite(&f32::INFINITY));
    // What a batch keeps is what the optimiser inside keeps.
    assert!(!Batch::<Adam>::is_finite(&{
        let (mut batch, weight, mut slot) = (Batch::new(1, Adam::new(0.1)), 1.0, Zero::ZERO);
        batch.begin(1, || 1.0);
        batch.finish(|| 1.0);
        let layer = Parameters {
            weights: &mut [weight],
            weight_slots: std::slice::from_mut(&mut slot),
            biases: &mut [],
            bias_slots: &mut [],
        };
        batch.apply(layer, Collected { weights: &mut [f32::MAX], biases: &mut [] });
        slot
    }));
}
