//! Drift detectors alarm where those of river do, on the streams of `data/drift/generate.py`.

use std::collections::BTreeMap;
use std::path::Path;

use downhill::drift::{
    Adwin, AdwinReal, AdwinSettings, Ddm, DdmSettings, Detector, PageHinkley, PageHinkleySettings, State,
};
use downhill::init::{Generator, Random};
use downhill::{Storable, Zero};

const _: () = assert!(size_of::<PageHinkley>() == 24);
const _: () = assert!(size_of::<Ddm>() == 16);
const _: () = assert!(size_of::<Adwin>() == 184);
const _: () = assert!(size_of::<AdwinReal>() == 360);

/// Settings that alarm often, and none of them the usual one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mine;

impl PageHinkleySettings for Mine {
    const LEAST: u32 = 100;
    const TOLERANCE: f32 = 0.02;
    const THRESHOLD: f32 = 10.0;
    const FORGETTING: f32 = 1e-3;
}

impl DdmSettings for Mine {
    const LEAST: u32 = 100;
    const WARNING: f32 = 1.5;
    const DRIFT: f32 = 2.5;
}

impl AdwinSettings for Mine {
    const DELTA: f64 = 0.1;
    const CLOCK: u32 = 1;
    const LEAST_PART: u32 = 20;
    const LEAST: u32 = 100;
}

/// Where each stream changes.
const DRIFT: usize = 5_000;

/// Errors of 0 and 1, with a probability in thousandths.
fn bits(seed: u32, length: usize, before: u64, after: u64) -> Vec<bool> {
    let mut generator = Generator::new(seed);
    let mut bit = |rate| u64::from(generator.next_u32()) * 1000 < rate << 32;
    (0..length).map(|i| bit(if i < DRIFT { before } else { after })).collect()
}

/// The stream of a line of the reference.
fn bits_of(kind: &str, seed: u32) -> Option<Vec<bool>> {
    let (length, before, after) = match kind {
        "rise-100-300" => (10_000, 100, 300),
        "rise-100-200" => (10_000, 100, 200),
        "rise-50-100" => (10_000, 50, 100),
        "rise-200-500" => (10_000, 200, 500),
        "still-100" => (100_000, 100, 100),
        "still-300" => (100_000, 300, 300),
        _ => return None,
    };
    Some(bits(seed, length, before, after))
}

/// A loss from 32 random bits and a factor that changes with the drift. All are integers divided by powers of two, exact.
#[allow(clippy::cast_precision_loss)]
fn loss(kind: &str, number: u32, factor: i32) -> f32 {
    let divided = |number: i32, exponent: i32| number as f32 / 2_f32.powi(exponent);
    let ten_bits = i32::try_from(number >> 22).unwrap();
    match kind {
        "uniform" => divided((factor * ten_bits).pow(2), 20),
        "bell" | "falling" | "still" => {
            let sum: i32 = number.to_le_bytes().into_iter().map(i32::from).sum();
            divided((factor * (sum - 510)).pow(2), 18)
        }
        "tail" => divided(factor * (ten_bits >> 4).pow(4), 20),
        "offset" => 100.0 + divided(factor, 2) + divided(ten_bits, 10),
        "negative" => -100.0 + divided(factor, 2) + divided(ten_bits, 10),
        "spread" => 0.5 + divided(factor * (2 * ten_bits - 1023), 13),
        _ => panic!("{kind}"),
    }
}

fn losses_of(kind: &str, seed: u32) -> Vec<f32> {
    let (before, after) = match kind {
        "uniform" | "bell" => (2, 3),
        "falling" => (3, 2),
        "tail" => (1, 2),
        "offset" | "negative" => (0, 1),
        "spread" => (4, 1),
        _ => (2, 2),
    };
    let mut generator = Generator::new(seed);
    let length = if kind == "still" { 50_000 } else { 10_000 };
    (0..length).map(|i| loss(kind, generator.next_u32(), if i < DRIFT { before } else { after })).collect()
}

/// The positions of alarms, and the number of warnings.
fn alarms<E: Copy>(mut detector: impl Detector<E>, stream: &[E]) -> (Vec<usize>, usize) {
    let states: Vec<State> = stream.iter().map(|&error| detector.record(error)).collect();
    let alarms = (0..states.len()).filter(|&i| states[i] == State::Drift).collect();
    (alarms, states.iter().filter(|&&state| state == State::Warning).count())
}

/// A line of the reference: the stream, and the alarms and warnings of each detector.
struct Line {
    kind: String,
    seed: u32,
    detectors: Vec<(String, Vec<usize>, usize)>,
}

fn reference() -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/drift/river.txt");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(line).collect()
}

fn line(text: &str) -> Line {
    let mut words = text.split(' ');
    let kind = words.next().unwrap().to_string();
    let seed = words.next().unwrap().parse().unwrap();
    let mut detectors: Vec<(String, Vec<usize>, usize)> = Vec::new();
    let mut warnings = false;
    for word in words {
        match (word.parse(), detectors.last_mut()) {
            (Ok(number), Some(last)) if warnings => last.2 = number,
            (Ok(position), Some(last)) => last.1.push(position),
            _ if word == "warnings" => warnings = true,
            _ => {
                warnings = false;
                detectors.push((word.to_string(), Vec::new(), 0));
            }
        }
    }
    Line { kind, seed, detectors }
}

fn bit_alarms(detector: &str, stream: &[bool]) -> (Vec<usize>, usize) {
    match detector {
        "page_hinkley" => alarms(PageHinkley::new(), stream),
        "page_hinkley_mine" => alarms(PageHinkley::with_settings(Mine), stream),
        "ddm" => alarms(Ddm::new(), stream),
        "ddm_mine" => alarms(Ddm::with_settings(Mine), stream),
        "adwin" => alarms(Adwin::new(), stream),
        "adwin_mine" => alarms(Adwin::with_settings(Mine), stream),
        "adwin_real" => alarms(AdwinReal::new(), stream),
        "adwin_real_mine" => alarms(AdwinReal::with_settings(Mine), stream),
        _ => panic!("{detector}"),
    }
}

fn loss_alarms(detector: &str, stream: &[f32]) -> (Vec<usize>, usize) {
    match detector {
        "page_hinkley" => alarms(PageHinkley::new(), stream),
        "adwin" => alarms(AdwinReal::new(), stream),
        "adwin_mine" => alarms(AdwinReal::with_settings(Mine), stream),
        _ => panic!("{detector}"),
    }
}

#[derive(Default)]
struct Count {
    streams: usize,
    same: usize,
    alarms: usize,
    warnings: usize,
    /// By kind of stream: delays of the first alarm after the drift, streams without one, alarms, and length of all.
    kinds: BTreeMap<String, (Vec<usize>, usize, usize, usize)>,
}

impl Count {
    fn add(
        &mut self,
        kind: &str,
        length: usize,
        expected: (&[usize], usize),
        (alarms, warnings): &(Vec<usize>, usize),
    ) {
        self.streams += 1;
        self.same += usize::from(expected.0 == alarms);
        self.warnings += usize::from(expected.1 == *warnings);
        self.alarms += expected.0.len();
        let (delays, missed, all, samples) = self.kinds.entry(kind.to_string()).or_default();
        match alarms.iter().find(|&&position| position >= DRIFT) {
            Some(position) => delays.push(position - DRIFT),
            None => *missed += 1,
        }
        *all += alarms.len();
        *samples += length;
    }

    /// The mean delay where there is a drift.
    fn delay(&self, kind: &str) -> usize {
        let (delays, ..) = &self.kinds[kind];
        (delays.iter().sum::<usize>() + delays.len() / 2) / delays.len()
    }

    fn missed(&self) -> usize {
        self.kinds.iter().filter(|(kind, _)| kind.starts_with("rise")).map(|(_, counts)| counts.1).sum()
    }

    /// The alarms in 10^5 errors.
    #[allow(clippy::cast_precision_loss)]
    fn rate(&self, kind: &str) -> f64 {
        let (_, _, alarms, samples) = &self.kinds[kind];
        *alarms as f64 * 1e5 / *samples as f64
    }
}

/// Detectors, with the least number of streams on which the alarms must be the same.
const BITS: [(&str, usize, usize); 8] = [
    ("page_hinkley", 199, 200),
    ("page_hinkley_mine", 40, 40),
    ("ddm", 200, 200),
    ("ddm_mine", 40, 40),
    ("adwin", 200, 200),
    ("adwin_mine", 40, 40),
    ("adwin_real", 200, 200),
    ("adwin_real_mine", 40, 40),
];

#[test]
fn errors_of_0_and_1_alarm_where_river_does() {
    let mut counts = BTreeMap::<String, Count>::new();
    for line in reference() {
        let Some(stream) = bits_of(&line.kind, line.seed) else { continue };
        for (name, positions, warnings) in &line.detectors {
            let mut count = |name: String| {
                let found = bit_alarms(&name, &stream);
                counts.entry(name).or_default().add(&line.kind, stream.len(), (positions, *warnings), &found);
            };
            count(name.clone());
            if name.starts_with("adwin") {
                count(name.replace("adwin", "adwin_real"));
            }
        }
    }
    for (name, ..) in BITS {
        let count = &counts[name];
        print!("drift {name} same alarms {} of {} ({} alarms)", count.same, count.streams, count.alarms);
        if name.starts_with("ddm") {
            print!(" same warnings {}", count.warnings);
        }
        if !name.ends_with("mine") {
            let delays = ["rise-100-300", "rise-100-200", "rise-50-100", "rise-200-500"].map(|kind| count.delay(kind));
            print!(" delay {} missed {}", delays.map(|delay| delay.to_string()).join("/"), count.missed());
            print!(" false {:.1}/{:.1}", count.rate("still-100"), count.rate("still-300"));
        }
        println!();
    }
    for (name, least, of) in BITS {
        let count = &counts[name];
        assert!(count.same >= least && count.streams == of, "{name}: {} of {}", count.same, count.streams);
        // In f32, one sample of 5,600,000 warns or does not at a limit that only f64 can tell.
        assert!(!name.starts_with("ddm") || count.warnings + 1 >= of, "{name}: {} warnings", count.warnings);
    }
}

#[test]
fn losses_alarm_where_river_does() {
    let mut counts = BTreeMap::<String, Count>::new();
    for line in reference() {
        if bits_of(&line.kind, line.seed).is_some() {
            continue;
        }
        let stream = losses_of(&line.kind, line.seed);
        for (name, positions, warnings) in &line.detectors {
            let found = loss_alarms(name, &stream);
            counts.entry(name.clone()).or_default().add(&line.kind, stream.len(), (positions, *warnings), &found);
            let near =
                positions.len() == found.0.len() && positions.iter().zip(&found.0).all(|(a, b)| a.abs_diff(*b) <= 5);
            assert!(near, "{} {} {name}: {:?}, not {positions:?}", line.kind, line.seed, found.0);
        }
    }
    for (name, count) in &counts {
        println!("drift losses {name} same alarms {} of {} ({} alarms)", count.same, count.streams, count.alarms);
    }
    // Page-Hinkley in f32 is a few samples early or late on a few streams, most of which lie around 100 or -100.
    for (name, least, of) in [("page_hinkley", 115, 120), ("adwin", 120, 120), ("adwin_mine", 15, 15)] {
        let count = &counts[name];
        assert!(count.same >= least && count.streams == of, "{name}: {} of {}", count.same, count.streams);
    }
}

#[test]
fn new_is_zero() {
    assert_eq!(bytes(&PageHinkley::new()), [0; 24]);
    assert_eq!(bytes(&Ddm::new()), [0; 16]);
    assert_eq!(bytes(&Adwin::new()), [0; 184]);
    assert_eq!(bytes(&AdwinReal::new()), [0; 360]);
}

fn bytes<S: Storable>(detector: &S) -> Vec<u8> {
    let mut bytes = vec![0; S::SIZE];
    detector.to_bytes(&mut bytes).unwrap();
    bytes
}

/// Stored and read by another detector before errors in steps of 97, a stream has the same states.
fn resumes<E: Copy, D: Detector<E> + Storable + Zero>(stream: &[E]) {
    let name = core::any::type_name::<D>();
    let (mut whole, mut resumed) = (D::ZERO, D::ZERO);
    let mut drifts = 0;
    for (i, &error) in stream.iter().enumerate() {
        if i % 97 == 0 {
            let stored = bytes(&resumed);
            resumed = D::ZERO;
            resumed.from_bytes(&stored).unwrap();
        }
        let state = whole.record(error);
        assert_eq!(resumed.record(error), state, "{name}: error {i}");
        assert_eq!(bytes(&resumed), bytes(&whole), "{name}: error {i}");
        drifts += usize::from(state == State::Drift);
    }
    assert!(drifts > 0, "{name}");
}

#[test]
fn goes_on_after_it_was_stored() {
    let stream = bits_of("rise-200-500", 300).unwrap();
    resumes::<_, PageHinkley>(&stream);
    resumes::<_, Ddm>(&stream);
    resumes::<_, Adwin>(&stream);
    resumes::<_, AdwinReal>(&stream);
    let stream = losses_of("bell", 1100);
    resumes::<_, PageHinkley>(&stream);
    resumes::<_, PageHinkley<Mine>>(&stream);
    resumes::<_, AdwinReal>(&stream);
    resumes::<_, AdwinReal<Mine>>(&stream);
}

/// The stream with NaN and infinities before every error has the same states, and theirs are stable.
fn ignores<D: Detector<f32> + Storable + Zero>() {
    let (mut clean, mut disturbed) = (D::ZERO, D::ZERO);
    for error in losses_of("bell", 1100) {
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(disturbed.record(wrong), State::Stable);
        }
        assert_eq!(disturbed.record(error), clean.record(error));
        assert_eq!(bytes(&disturbed), bytes(&clean));
    }
}

#[test]
fn what_is_not_finite_is_ignored() {
    ignores::<PageHinkley>();
    ignores::<AdwinReal>();
}

/// Takes errors of all bits, also after bytes from elsewhere. Returns the alarms of a good stream after the errors alone.
fn survives<E: Copy, D: Detector<E> + Storable + Zero>(errors: impl Fn(u32) -> E, good: &[E]) -> usize {
    let mut generator = Generator::new(7);
    let mut after = D::ZERO;
    for _ in 0..2_000 {
        after.record(errors(generator.next_u32()));
    }
    for _ in 0..50 {
        let mut detector = D::ZERO;
        let image: Vec<u8> = (0..D::SIZE).map(|_| generator.next_u32().to_le_bytes()[0]).collect();
        detector.from_bytes(&image).unwrap();
        for _ in 0..2_000 {
            detector.record(errors(generator.next_u32()));
        }
    }
    good.iter().filter(|&&error| after.record(error) == State::Drift).count()
}

#[test]
fn no_error_and_no_image_makes_it_panic() {
    let bits = bits_of("rise-200-500", 300).unwrap();
    let even = |number| number % 2 == 0;
    assert!(survives::<_, PageHinkley>(even, &bits) > 0);
    assert!(survives::<_, Ddm>(even, &bits) > 0);
    assert!(survives::<_, Adwin>(even, &bits) > 0);
    assert!(survives::<_, Adwin<Mine>>(even, &bits) > 0);
    let losses = losses_of("bell", 1100);
    let largest = |number| if number % 2 == 0 { f32::MAX } else { -f32::MAX };
    assert!(survives::<_, PageHinkley>(f32::from_bits, &losses) > 0);
    assert!(survives::<_, PageHinkley>(largest, &losses) > 0);
    // As long as a loss of 1e38 is in the window, all others are small.
    survives::<_, AdwinReal>(f32::from_bits, &losses);
    survives::<_, AdwinReal<Mine>>(f32::from_bits, &losses);
    survives::<_, AdwinReal>(largest, &losses);
    assert!(survives::<_, AdwinReal>(|_| f32::MAX, &losses) > 0);
}

/// Where f32 overflows, f64 decides: large losses with one mean are quiet, with another they are not.
#[test]
fn the_largest_losses_are_compared() {
    for large in [f32::MAX, 1.5e19, 1e18] {
        let mut generator = Generator::new(3);
        let mut detector = AdwinReal::new();
        let mut loss = |of| if generator.below(of) == 0 { large } else { -large };
        assert!((0..5_000).all(|_| detector.record(loss(2)) == State::Stable), "{large}");
        assert!((0..1_000).any(|_| detector.record(loss(4)) == State::Drift), "{large}");
    }
}

/// Full windows forget the oldest errors: buckets of 2^16 ones, which u16 cannot hold, do not spoil what is left.
#[test]
fn windows_of_ones_fit() {
    let (mut adwin, mut real) = (Adwin::new(), AdwinReal::new());
    let mut widest = 0;
    for _ in 0..400_000 {
        assert_eq!([adwin.record(true), real.record(true)], [State::Stable; 2]);
        widest = widest.max(adwin.width());
        assert_eq!(adwin.width(), real.width());
    }
    assert_eq!((widest, adwin.mean(), real.mean()), (327_675, Some(1.0), Some(1.0)));
    let delay = |adwin: &mut dyn Detector<bool>| (0..1000).position(|_| adwin.record(false) == State::Drift);
    let delays = [delay(&mut adwin), delay(&mut real)];
    println!("drift delay after 400,000 ones {delays:?}");
    assert!(delays[0] == delays[1] && delays[0].is_some_and(|delay| delay < 32), "{delays:?}");
    assert_eq!((adwin.width(), adwin.mean(), real.mean()), (0, None, None));
}

/// A window that has been full for long holds the mean of the errors that are left, and is quiet.
#[test]
fn full_windows_stay_right() {
    let mut generator = Generator::new(11);
    let (mut adwin, mut real) = (Adwin::new(), AdwinReal::new());
    for _ in 0..800_000 {
        let error = generator.below(10) < 3;
        assert_eq!([adwin.record(error), real.record(error)], [State::Stable; 2]);
    }
    let means = [adwin.mean().unwrap(), real.mean().unwrap()];
    assert!(means.iter().all(|mean| (mean - 0.3).abs() < 0.003), "{means:?}");
    assert!((means[0] - means[1]).abs() < 1e-6, "{means:?}");
}
