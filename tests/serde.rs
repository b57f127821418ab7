//! With the feature `serde`: what is written as postcard or JSON is read back bit by bit, and trainings go on with the same bits.

use std::fmt::Debug;

use downhill::anomaly::{self, AnomalyDetector};
use downhill::drift::{Adwin, AdwinReal, Ddm, Detector, PageHinkley};
use downhill::dropout::Ratio;
use downhill::fit::{Data, Epoch, Score};
use downhill::init::{Generator, He, Random, TruncatedNormal, Uniform, Xavier};
use downhill::optimizer::Optimizer;
use downhill::schedule::{Constant, Cosine, Exponential, OwnRate, Plateau, Schedule, StepDecay};
use downhill::{
    Adam, AdamW, Batch, Best, BiasOnly, Biased, Checkpoint, ClipNorm, ClipSample, ClipValue, CrossEntropy, Dense,
    Dropout, Fit, Frozen, Identity, Momentum, Nesterov, Owned, Predictor, RmsProp, Rprop, ScaledRate, Sgd, Softmax,
    SquaredError, Trainer, Unbiased, WeightDecay, digest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use workloads::Flower;

mod common;
#[path = "digests/toolbox.rs"]
#[allow(dead_code)]
mod toolbox;
#[path = "resume/trainings.rs"]
mod trainings;
#[path = "digests/workloads.rs"]
#[allow(dead_code)]
mod workloads;

use trainings::{Training, Visit, all};

fn flowers() -> Vec<Flower> {
    common::samples("iris/train.csv")
}

fn image<C: Checkpoint>(saved: &C) -> Vec<u8> {
    let mut image = vec![0; C::IMAGE];
    saved.save(&mut image).unwrap();
    image
}

fn to_postcard(value: &impl Serialize) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 16];
    postcard::to_slice(value, &mut buffer).unwrap().to_vec()
}

/// Reads all of the bytes.
fn from_postcard<T: DeserializeOwned>(bytes: &[u8]) -> T {
    let (value, rest) = postcard::take_from_bytes(bytes).unwrap();
    assert!(rest.is_empty(), "{} bytes are left", rest.len());
    value
}

fn through_postcard<T: Serialize + DeserializeOwned>(value: &T) -> T {
    from_postcard(&to_postcard(value))
}

fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

/// Every training, interrupted and taken through a format, ends with the bits of one that is not.
enum Through {
    Postcard,
    Json,
}

impl Visit for Through {
    fn visit<T: Training>(&mut self) {
        let mut whole = T::empty();
        T::start(&mut whole);
        assert!(T::steps(&mut whole, 0, T::STEPS.0, &flowers()), "{}", T::NAME);
        let mut restored = match self {
            Self::Postcard => through_postcard(&whole),
            Self::Json => through_json(&whole),
        };
        assert_eq!(image(&restored), image(&whole), "{}: every byte that is kept", T::NAME);
        assert_eq!(to_postcard(&restored), to_postcard(&whole), "{}: and that is written", T::NAME);
        assert!(T::steps(&mut whole, T::STEPS.0, T::STEPS.1, &flowers()), "{}", T::NAME);
        assert!(T::steps(&mut restored, T::STEPS.0, T::STEPS.1, &flowers()), "{}", T::NAME);
        assert_eq!(image(&restored), image(&whole), "{}: every byte at the end", T::NAME);
        assert_eq!(T::digest(&restored), T::GOLDEN, "{}", T::NAME);
    }
}

#[test]
fn trainings_go_on_from_postcard() {
    all(&mut Through::Postcard);
}

#[test]
fn trainings_go_on_from_json() {
    all(&mut Through::Json);
}

/// A value is the same after both formats.
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(&through_postcard(value), value);
    assert_eq!(&through_json(value), value);
}

#[test]
fn optimizers() {
    fn begun<P: Optimizer<f32> + Serialize + DeserializeOwned + PartialEq + Debug>(mut optimizer: P) {
        same(&optimizer);
        optimizer.begin(3, || 0.7);
        same(&optimizer);
    }
    begun(Sgd::new(0.1));
    begun(Momentum::new(0.1, 0.9));
    begun(Nesterov::new(0.1, 0.9));
    begun(RmsProp::new(0.1));
    begun(Adam::new(0.1));
    begun(AdamW::new(0.1, 0.01));
    begun(Rprop::new());
    begun(WeightDecay::new(0.1, Sgd::new(0.1)));
    begun(ClipValue::new(0.1, Sgd::new(0.1)));
    begun(ClipNorm::new(0.1, Adam::new(0.1)));
    begun(ClipSample::new(0.1, Batch::new(4, Sgd::new(0.1))));
    begun(Batch::new(usize::MAX, Rprop::new()));
}

#[test]
fn drift_detectors() {
    fn begun<D: Detector<bool> + Serialize + DeserializeOwned + PartialEq + Debug>(mut detector: D) {
        same(&detector);
        for i in 0..100 {
            detector.record(i % 3 == 0);
            same(&detector);
        }
    }
    begun(PageHinkley::new());
    begun(Ddm::new());
    begun(Adwin::new());
    begun(AdwinReal::new());
}

#[test]
fn schedules() {
    fn begun<S: Schedule<f32> + Serialize + DeserializeOwned + PartialEq + Debug>(mut schedule: S) {
        same(&schedule);
        schedule.begin(Some(0.3));
        for epoch in 0..4 {
            schedule.rate(epoch, Some(1.0));
        }
        same(&schedule);
        let mut read = through_postcard(&schedule);
        assert_eq!(read.rate(4, Some(1.0)).to_bits(), schedule.rate(4, Some(1.0)).to_bits());
    }
    begun(Constant(0.1));
    begun(OwnRate::new());
    begun(StepDecay::new(0.1, 3, 0.5));
    begun(Exponential::new(0.1, 0.9));
    begun(Cosine { warmup: 2, lowest: 0.01, ..Cosine::new(0.1, 10) });
    begun(Plateau::new(0.1, 0.5, 1));
}

#[test]
fn generators() {
    let mut generator = Generator::new(7);
    generator.next_u32();
    let mut read = through_postcard(&generator);
    assert_eq!(read.next_u32(), generator.next_u32());
    same(&generator);
    same(&Uniform(generator));
    same(&TruncatedNormal(generator));
    same(&Xavier(generator));
    same(&He(generator));
}

#[test]
fn layers() {
    let dense = Dense::<2, 3>::new([[0.1, -0.2, 0.3], [-0.4, 0.5, -0.6]], [0.7, -0.8, 0.9]);
    same(&dense);
    same(&Dense::<2, 3, Identity, Unbiased>::new(dense.weights, []));
    same(&Dropout::<3>::new(0.2));
    same(&Dropout::<3, Ratio<1, 5>>::new(Ratio::default()));
    same(&ScaledRate::new(0.5_f32, dense));
    same(&Owned(dense));
    same(&Frozen(Owned(dense)));
    same(&(dense, (Dropout::<3>::new(0.1), dense)));
    let own = BiasOnly { frozen: Owned(dense), biases: [1.0, 2.0, 3.0] };
    for read in [through_postcard(&own), through_json(&own)] {
        assert_eq!((read.frozen, read.biases), (own.frozen, own.biases));
    }
}

#[test]
fn results_of_fits() {
    let mut best = Best::<Dense<1, 2>>::new();
    same(&best);
    assert!(best.keep(&Dense::new([[0.1, 0.2]], [0.3, 0.4]), 0.5));
    same(&best);
    let score = Score { loss: 0.1_f32, metric: Some(0.9) };
    same(&score);
    same(&Epoch { number: 3, rate: 0.1_f32, loss: 0.2, validation: score, training: None, best: true });
    same(&Epoch {
        number: 3,
        rate: 0.1_f64,
        loss: 0.2,
        validation: (),
        training: Some(Score { loss: 1.0, metric: None }),
        best: false,
    });
}

/// With every field in use: no epoch is better by so much, so that all are waited for.
#[test]
fn states_of_fits() {
    let fit = Fit { min_delta: 0.5, patience: Some(9), ..Fit::new(20, Plateau::new(0.01, 0.5, 1)) };
    let (mut trainer, mut best) = (small(), Best::new());
    let samples = [([0.5, 0.25], [1.0, 0.0]), ([0.25, 1.0], [0.0, 1.0])];
    let mut state = fit.state();
    same(&state);
    for _ in 0..4 {
        let data = Data::new(&samples).validated_on(&samples).keeping(&mut best);
        assert!(matches!(fit.epoch(&mut state, &mut trainer, data), Ok(Some(_))));
        same(&state);
        same(&best);
    }
    let debug = format!("{state:?}");
    for used in ["begun: true", "waited: 4", "last: Some", "entering: Some", "lowest: Some", "reference: Some"] {
        assert!(debug.contains(used), "{used}: {debug}");
    }
}

/// In a warm-up, with alarms that wait, while learning is stopped, and after a new beginning.
#[test]
fn states_of_detectors() {
    let detector = AnomalyDetector { warm_up: 40, block: 30, patience: 20, ..AnomalyDetector::new() };
    let mut network = Predictor::new(Dense::<1, 1, Identity>::new([[0.0]], [0.0])).with_loss::<SquaredError>();
    let mut state = anomaly::State::new();
    let mut random = Generator::new(4);
    for n in 0..120 {
        let x = [random.signed_unit() + if n > 60 { 8.0 } else { 0.0 }];
        detector.watch(&mut network, &mut state, &x).unwrap();
        same(&state);
    }
    assert!(state.restarts() > 0);
}

/// Postcard keeps all bits, also of what no training writes; JSON those of finite numbers.
#[test]
fn every_bit() {
    let mut random = Generator::new(3);
    let mut layer = Dense::<40, 70, Identity>::new([[0.0; 70]; 40], [0.0; 70]);
    let special = [0x7FC0_1234, 0xFFC0_0001, 0x7F80_0000, 0xFF80_0000, 0x8000_0000, 1, 0x807F_FFFF, 0x7F7F_FFFF];
    let mut bits = special.into_iter().chain(std::iter::repeat_with(|| random.next_u32()));
    for (number, bits) in layer.weights.as_flattened_mut().iter_mut().chain(&mut layer.biases).zip(&mut bits) {
        *number = f32::from_bits(bits);
    }
    let bits_of = |layer: &Dense<40, 70, Identity>| -> Vec<u32> {
        layer.weights.as_flattened().iter().chain(&layer.biases).map(|number| number.to_bits()).collect()
    };
    assert_eq!(bits_of(&through_postcard(&layer)), bits_of(&layer));
    for number in layer.weights.as_flattened_mut().iter_mut().chain(&mut layer.biases) {
        *number = if number.is_finite() { *number } else { -0.0 };
    }
    assert_eq!(bits_of(&through_json(&layer)), bits_of(&layer));

    let double = Dense::<1, 3, Identity, Biased, f64>::new(
        [[0.1 + 0.2, f64::MIN_POSITIVE / 3.0, -0.0]],
        [f64::MAX, 1e23, 1.0 / 3.0],
    );
    let bits_of = |layer: &Dense<1, 3, Identity, Biased, f64>| {
        (layer.weights[0].map(f64::to_bits), layer.biases.map(f64::to_bits))
    };
    assert_eq!(bits_of(&through_postcard(&double)), bits_of(&double));
    assert_eq!(bits_of(&through_json(&double)), bits_of(&double));
}

type Small = Trainer<(Dense<2, 1>, Dense<1, 2, Softmax, Unbiased>), CrossEntropy, Batch<Momentum>>;

fn small() -> Small {
    let network = (Dense::new([[0.5], [-0.25]], [1.0]), Dense::new([[2.0, -2.0]], []));
    Small::with_network(network, Batch::new(4, Momentum::new(0.5, 0.75)))
}

static FLASH: Dense<1, 1> = Dense::new([[0.5]], [0.0]);

const SMALL: &str = concat!(
    r#"{"network":[{"weights":[[0.5],[-0.25]],"biases":[1.0]},{"weights":[[2.0,-2.0]],"biases":[]}],"#,
    r#""slots":[0.0,0.0,0.0,0.0,0.0],"sums":[0.0,0.0,0.0,0.0,0.0],"state":[null,null],"#,
    r#""optimizer":{"size":4,"inner":{"rate":0.5,"momentum":0.75},"samples":0,"scale":0.0}}"#
);

#[test]
fn the_fields_of_a_trainer() {
    assert_eq!(serde_json::to_string(&small()).unwrap(), SMALL);
    // What keeps nothing writes nothing.
    let plain = Trainer::<Dense<1, 1>, SquaredError, Sgd>::new();
    let json =
        r#"{"network":{"weights":[[0.0]],"biases":[0.0]},"slots":[],"sums":[],"state":null,"optimizer":{"rate":0.0}}"#;
    assert_eq!(serde_json::to_string(&plain).unwrap(), json);
    assert_eq!(to_postcard(&plain).len(), 3 * size_of::<f32>());
    // A frozen layer in flash is written, to be looked at.
    assert_eq!(serde_json::to_string(&Frozen(&FLASH)).unwrap(), r#"{"weights":[[0.5]],"biases":[0.0]}"#);
    assert_eq!(
        serde_json::to_string(&BiasOnly::new(&FLASH)).unwrap(),
        r#"{"frozen":{"weights":[[0.5]],"biases":[0.0]},"biases":[0.0]}"#
    );
}

/// A length or a field that is wrong is an error of the format, which says what is expected.
#[test]
fn wrong_lengths_and_fields() {
    assert!(serde_json::from_str::<Small>(SMALL).is_ok());
    for (from, to, message) in [
        ("[[0.5],[-0.25]]", "[[0.5]]", "invalid length 1, expected 2 rows of 1 items"),
        ("[[0.5],[-0.25]]", "[[0.5],[-0.25],[1.0]]", "trailing characters"),
        ("[[0.5],[-0.25]]", "[[0.5,-0.25]]", "trailing characters"),
        ("[[2.0,-2.0]]", "[[2.0],[-2.0]]", "invalid length 1, expected 2 items"),
        (r#""biases":[]"#, r#""biases":[1.0]"#, "trailing characters"),
        (r#""slots":[0.0,"#, r#""slots":["#, "invalid length 4, expected 5 items"),
        (r#""slots":["#, r#""slots":[0.0,"#, "trailing characters"),
        (r#""sums":[0.0,0.0,"#, r#""sums":["#, "invalid length 3, expected 5 items"),
        (r#""state":[null,null]"#, r#""state":[null]"#, "invalid length 1, expected a tuple of size 2"),
        (r#""state""#, r#""condition""#, "unknown field `condition`"),
        (r#""state":[null,null],"#, "", "missing field `state`"),
        (r#","biases":[1.0]"#, "", "missing field `biases`"),
        (r#""weights""#, r#""shape":[2,1],"weights""#, "unknown field `shape`"),
        (r#""momentum""#, r#""decay""#, "unknown field `decay`"),
        (r#""rate""#, r#""nesterov":true,"rate""#, "unknown field `nesterov`"),
        ("0.75", "null", "invalid type: null, expected f32"),
    ] {
        let error = serde_json::from_str::<Small>(&SMALL.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(message), "{from} {to}: {error}");
    }
}

/// Bytes that end too early are refused, whatever follows is read without a panic, and values are not looked at.
#[test]
fn any_bytes() {
    let mut trainer = small();
    trainer.start(Batch::new(4, Momentum::new(0.5, 0.75)), &mut He(Generator::new(1)));
    trainer.step(&[0.1, 0.2], &[0.0, 1.0]).unwrap();
    let bytes = to_postcard(&trainer);
    for length in 0..bytes.len() {
        assert!(postcard::from_bytes::<Small>(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    let mut random = Generator::new(8);
    let mut read = 0;
    for _ in 0..2000 {
        let noise: Vec<u8> = bytes.iter().map(|_| random.next_u32().to_le_bytes()[3]).collect();
        if let Ok(mut other) = postcard::from_bytes::<Small>(&noise) {
            read += 1;
            let _ = other.step(&[0.1, 0.2], &[0.0, 1.0]);
        }
    }
    assert!(read > 100, "only {read} were read");
    assert_eq!(digest(&from_postcard::<Small>(&bytes).network), digest(&trainer.network));
}
