//! Files of networks that were learnt elsewhere.

use downhill::import::{Extra, load, load_tensor, replay, save};
use downhill::init::{Generator, Xavier};
use downhill::quantized::{self, Network, PerTensor, Quantization, Table};
use downhill::{
    BiasOnly, Biased, Dense, Dropout, Frozen, Identity, Layer, Owned, Predictor, Relu, Scalar, Softmax, Tanh, Unbiased,
    Zero, digest,
};

use super::edits::{Script, edit};

type Net = (Dense<2, 3, Tanh>, Dropout<3>, Dense<3, 2, Softmax>);
/// Half of it can't be written.
type Fixed = (Frozen<Owned<Dense<2, 3, Tanh>>>, Dropout<3>, BiasOnly<Owned<Dense<3, 2, Softmax>>>);
/// In integers.
type Integers = Network<(quantized::Dense<2, 3>, Table<3>, quantized::Dense<3, 2, PerTensor>, quantized::Softmax<2>)>;
type Doubles = (Dense<2, 2, Relu, Unbiased, f64>, (Dense<2, 2, Identity, Biased, f64>,));

/// What a header is made of.
const WORDS: [&[u8]; 32] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u0030",
    b"\\\"",
    b"0",
    b"1",
    b"2",
    b"4",
    b"8",
    b"18446744073709551615",
    b" ",
    b"\n",
    b"F32",
    b"F64",
    b"dtype",
    b"shape",
    b"data_offsets",
    b"__metadata__",
    b"downhill",
    b"architecture",
    b"network",
    b"0.weight",
    b"2.bias",
    b"standardizer.mean",
    b",\"x\":\"y\"",
    b",\"x\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]}",
];

/// A file of `Integers`.
const INTEGERS: &[u8] = include_bytes!("../data/quantized/small.safetensors");

/// Refused files change nothing; accepted ones give finite parameters.
///
/// The first byte says what is loaded, and whether the rest is a file or a script that edits one.
pub fn import(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let first = script.byte();
    match first & 3 {
        0 => run::<Net, _>(first, &mut script, started()),
        1 => {
            let (first_layer, dropout, last) = started::<Net>();
            let fixed: Fixed =
                (Frozen(Owned(first_layer)), dropout, BiasOnly { frozen: Owned(last), biases: last.biases });
            run(first, &mut script, fixed);
        }
        2 if first >= 128 => integers(first, &mut script),
        _ => run::<Doubles, _>(first, &mut script, started()),
    }
}

fn started<N: Layer + Zero>() -> N {
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(1)));
    network
}

fn run<N: Layer<Input = [T; 2], Output = [T; 2], Scalar = T>, T: Scalar>(first: u8, script: &mut Script, network: N) {
    let file = if first & 4 == 0 { script.rest().to_vec() } else { edited(first, script, &network) };
    check(network, &file);
}

/// The file of a network after some edits: of all bytes, or of the header with a length that is right again and of the numbers.
fn edited<N: Layer<Scalar = T>, T: Scalar>(first: u8, script: &mut Script, network: &N) -> Vec<u8> {
    let (some, few) = ([T::ONE; 4], [T::ONE; 2]);
    let tensors: [(&str, &[usize], &[T]); 4] = [
        ("reference.inputs", &[2, 2], &some),
        ("reference.outputs", &[2, 2], &some),
        ("standardizer.mean", &[2], &few),
        ("standardizer.scale", &[2], &few),
    ];
    let network_text = (first & 16 == 0).then_some("a \"network\"");
    let extra = Extra { network: network_text, tensors: if first & 32 == 0 { &tensors } else { &[] } };
    let mut file = Vec::new();
    save(network, extra, &mut |bytes| file.extend(bytes)).unwrap();
    edit_all(first, script, file)
}

/// All edits of a script: of all bytes, or of header and numbers apart.
fn edit_all(first: u8, script: &mut Script, mut file: Vec<u8>) -> Vec<u8> {
    if first & 8 != 0 {
        while !script.is_done() {
            edit(&mut file, script, &WORDS);
        }
        return file;
    }
    let length = usize::try_from(u64::from_le_bytes(*file.first_chunk().unwrap())).unwrap();
    let mut numbers = file.split_off(8 + length);
    let mut header = file.split_off(8);
    let count = numbers.len();
    while !script.is_done() {
        if script.byte().is_multiple_of(4) {
            edit(&mut numbers, script, &[&[0xFF; 4], &[0; 8], &[0, 0, 0x80, 0x7F], &[0, 0, 0, 0, 0, 0, 0xF0, 0x7F]]);
        } else {
            edit(&mut header, script, &WORDS);
        }
    }
    numbers.resize(count, 0);
    [&(header.len() as u64).to_le_bytes(), &header[..], &numbers].concat()
}

/// A refused file changes nothing; an accepted one gives a network that runs.
fn integers(first: u8, script: &mut Script) {
    let file = if first & 4 == 0 { script.rest().to_vec() } else { edit_all(first, script, INTEGERS.to_vec()) };
    let mut network = Integers::ZERO;
    network.input = Quantization::SIGNED_UNIT;
    let before = network;
    if let Err(error) = quantized::load(&mut network, &file) {
        assert_eq!(network, before, "{error}: something was changed");
        assert!(!error.to_string().is_empty());
    } else {
        for x in [[0.0, 1.0], [-1e30, 1e-30]] {
            let y = Predictor::new(&network).predict(&x);
            assert!(y.iter().all(|y| (0.0..1.0).contains(y)), "{y:?}");
        }
        let again = network;
        assert!(quantized::load(&mut network, &file).is_ok() && network == again);
    }
    let _ = replay(&mut Predictor::new(&network), &file);
}

fn is_finite<N: Layer>(network: &N) -> bool {
    let mut finite = true;
    network.tensors(&mut |tensor| finite &= tensor.data.iter().all(|number| number.is_finite()));
    finite
}

/// Whether every tensor that can be read has the sizes and numbers that another reader of JSON finds in the file, if that can read it.
fn numbers_are_of<N: Layer>(network: &N, file: &[u8]) -> Option<bool> {
    let (length, rest) = file.split_first_chunk()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: serde_json::Value = serde_json::from_slice(header).ok()?;
    let size = size_of::<N::Scalar>();
    let mut all = true;
    network.tensors(&mut |tensor| {
        let Some(entry) = header.get(tensor.name.to_string()) else { return all &= !tensor.learns };
        let place = |index: usize| usize::try_from(entry["data_offsets"][index].as_u64().unwrap()).unwrap();
        let bytes = tensor.data.iter().flat_map(|number| number.bits().to_le_bytes().into_iter().take(size));
        all &= entry["shape"] == serde_json::json!(tensor.shape)
            && entry["dtype"] == if size == 4 { "F32" } else { "F64" }
            && data.get(place(0)..place(1)).is_some_and(|found| found.iter().copied().eq(bytes));
    });
    Some(all)
}

fn check<N: Layer<Input = [T; 2], Output = [T; 2], Scalar = T>, T: Scalar>(mut network: N, file: &[u8]) {
    // Other numbers than those of the file, so that what is written shows.
    network.tensors_mut(&mut |tensor| tensor.data.iter_mut().for_each(|number| *number += T::ONE));
    let before = digest(&network);
    let result = load(&mut network, file);
    let after = digest(&network);
    if let Err(error) = result {
        assert_eq!(after, before, "{error}: something was changed");
        assert!(!error.to_string().is_empty());
    } else {
        assert!(is_finite(&network), "a parameter is NaN or infinite");
        assert_ne!(numbers_are_of(&network, file), Some(false), "the numbers are not those of the file");
        let mut saved = Vec::new();
        save(&network, Extra::NONE, &mut |bytes| saved.extend(bytes)).unwrap();
        assert_eq!((load(&mut network, &saved), digest(&network)), (Ok(()), after), "what was loaded, saved again");
    }

    let mut mean = [T::ONE; 2];
    if load_tensor(&mut mean, "standardizer.mean", &[2], file).is_err() {
        assert!(mean == [T::ONE; 2], "something was changed");
    }
    assert!(mean.iter().all(|number| number.is_finite()));

    let mut predictor = Predictor::<N>::new(network);
    if let Err(error) = replay(&mut predictor, file) {
        assert!(!error.to_string().is_empty());
    }
    assert_eq!(digest(&predictor.network), after, "the replay has changed something");
}
