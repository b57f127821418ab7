//! Networks from `.safetensors` files, while compiling and at run time; every file with a fault is refused, and named.

// What is compared are bits.
#![allow(clippy::float_cmp)]

use std::path::Path;

use downhill::import::{Extra, ImportError, load, load_tensor, replay, save};
use downhill::init::{Generator, Xavier};
use downhill::{
    BiasOnly, Biased, Dense, Dropout, Frozen, Identity, Layer, LeakyRelu, Owned, Predictor, Ratio, Relu, ScaledRate,
    Sgd, Sigmoid, Softmax, SquaredError, Tanh, Trainer, Unbiased, Zero, digest, import,
};

type Net = (Dense<4, 3, Tanh>, Dropout<3, Ratio<1, 4>>, Dense<3, 2, Softmax>);
type Last = (Frozen<&'static Dense<4, 3, Tanh>>, BiasOnly<&'static Dense<3, 2, Softmax>>);
type Double = (Dense<4, 3, Tanh, Biased, f64>, Dense<3, 2, Softmax, Biased, f64>);
type Biasless = (Dense<4, 3, Tanh>, Dropout<3>, Dense<3, 2, Softmax, Unbiased>);
type Nested = ((Dense<2, 3, Relu, Biased, f64>, Dropout<3, f64>), (Dense<3, 1, Identity, Unbiased, f64>,));

// tests/shapes uses these files, too; generate.py beside them writes them.
static NET: Net = import!("data/import/right.safetensors");
static NESTED: Nested = import!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/import/nested.safetensors"));
static MEAN: [f32; 4] = import!("data/import/right.safetensors", "standardizer.mean");
const LAST: [[f64; 1]; 3] = import!("data/import/nested.safetensors", "1.0.weight",);
const RIGHT: &[u8] = include_bytes!("data/import/right.safetensors");

fn exchange(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/import").join(name);
    std::fs::read(path.with_extension("safetensors")).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file with this header, byte by byte, and data.
fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// The header of a file.
fn header(file: &[u8]) -> &str {
    let (length, rest) = file.split_first_chunk().unwrap();
    str::from_utf8(&rest[..usize::try_from(u64::from_le_bytes(*length)).unwrap()]).unwrap()
}

/// The file with its header changed, which must contain `from`.
fn edited(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let header = header(file);
    assert!(header.contains(from), "{header}");
    with_header(&header.replacen(from, to, 1), &file[8 + header.len()..])
}

fn saved<N: Layer>(network: &N) -> Vec<u8> {
    let mut file = Vec::new();
    save(network, Extra::NONE, &mut |bytes| file.extend(bytes)).unwrap();
    file
}

/// What a refused file says. The network is as before.
fn refused<N: Layer + Zero>(file: &[u8]) -> String {
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(1)));
    let before = digest(&network);
    let error = load(&mut network, file).unwrap_err();
    assert_eq!(digest(&network), before, "{error}");
    error.to_string()
}

#[test]
fn the_compiler_and_the_program_read_the_same() {
    let mut network = Net::ZERO;
    load(&mut network, RIGHT).unwrap();
    assert_eq!(network, NET);
    assert_eq!(NET.0.weights[3], [-0.046_875, -0.734_375, -1.1875]);
    assert_eq!(NET.0.biases, [0.375, -1.453_125, -0.015_625]);
    assert_eq!(NET.2.weights[0], [0.156_25, 0.859_375]);
    assert_eq!(NET.2.biases, [-1.031_25, 0.703_125]);
    let mut nested = Nested::ZERO;
    load(&mut nested, &exchange("nested")).unwrap();
    assert_eq!(nested, NESTED);
    assert_eq!(NESTED.1.0.weights, [[0.1], [0.2], [0.3]]);
    assert_eq!(LAST, NESTED.1.0.weights);
    let mut mean = [0.0; 4];
    load_tensor(&mut mean, "standardizer.mean", &[4], RIGHT).unwrap();
    assert_eq!(mean, MEAN);
}

/// Read where they lie, or copied to be trained.
#[test]
fn imported_networks_learn() {
    let x = [0.1, 0.2, 0.3, 0.4];
    let expected = Predictor::new(&NET).predict(&x);
    let mut trainer = Trainer::<Net, SquaredError, Sgd>::new();
    trainer.start_from(&NET, Sgd::new(0.1));
    assert_eq!(trainer.predict(&x), expected);
    trainer.step(&x, &[1.0, 0.0]).unwrap();
    assert_ne!(trainer.predict(&x), expected);
    let network = (Frozen(&NET.0), BiasOnly::new(&NET.2));
    let mut trainer = Trainer::<Last, SquaredError, Sgd>::with_network(network, Sgd::new(0.1));
    assert_eq!(trainer.predict(&x), expected);
    trainer.step(&x, &[1.0, 0.0]).unwrap();
    assert_ne!(trainer.predict(&x), expected);
}

#[test]
fn the_reference_is_replayed() {
    let worst = replay(&mut Predictor::new(&NET), RIGHT).unwrap();
    println!("largest difference to the reference: {worst:.1e}");
    assert!(worst < 1e-6);
    let mut other = NET;
    other.2.biases[0] += 0.5;
    assert!(replay(&mut Predictor::new(other), RIGHT).unwrap() > 0.01);

    let replayed = |file: &[u8]| replay(&mut Predictor::new(&NET), file).unwrap_err();
    assert_eq!(replayed(&saved(&NET)), ImportError::NoReference);
    let file = edited(RIGHT, "reference.outputs", "reference.answers");
    assert_eq!(
        replayed(&file).to_string(),
        "tensor `reference.outputs`: the file does not have it, the network has [5, 2]"
    );
    let file = edited(RIGHT, "standardizer.scale", "standardizer.width");
    assert_eq!(
        replayed(&file).to_string(),
        "tensor `standardizer.scale`: the file does not have it, the network has [4]"
    );
    let file = edited(RIGHT, "[5,4]", "[4,5]");
    assert!(replayed(&file).to_string().ends_with("the file has F32 [4, 5], the network f32 [4, 4]"));
    assert!(
        replay(&mut Predictor::new(Nested::ZERO), RIGHT).unwrap_err().to_string().starts_with("the file has another")
    );

    // Inputs of the network: those of the file, without the standardizer, are others.
    let file =
        edited(&edited(RIGHT, "standardizer.scale", "standardizer.width"), "standardizer.mean", "standardizer.middle");
    assert!(replay(&mut Predictor::new(&NET), &file).unwrap() > 0.01);

    let mut file = Vec::new();
    let (x, y, zeros): (&[f32], &[f32], &[f32]) = (&[1.0; 4], &[0.5; 2], &[0.0; 4]);
    let tensors: [(&str, &[usize], &[f32]); 4] = [
        ("reference.inputs", &[1, 4], x),
        ("reference.outputs", &[1, 2], y),
        ("standardizer.mean", &[4], zeros),
        ("standardizer.scale", &[4], zeros),
    ];
    save(&NET, Extra { tensors: &tensors, ..Extra::NONE }, &mut |bytes| file.extend(bytes)).unwrap();
    assert_eq!(replayed(&file).to_string(), "the network refuses a reference input: an input is NaN or infinite");
}

#[test]
fn every_fault_is_named() {
    let says = |name: &str, message: &str| assert_eq!(refused::<Net>(&exchange(name)), message, "{name}");
    says("missing", "tensor `0.bias`: the file does not have it, the network has [3]");
    says("transposed", "tensor `0.weight`: the file has F32 [3, 4], the network f32 [4, 3]");
    says("f16", "tensor `0.weight`: the file has F16 [4, 3], the network f32 [4, 3]");
    says("not_finite", "tensor `2.weight`: a number is NaN or infinite");
    says("another_layer", "tensor `3.weight`: the file has it, the network does not");
    says("newer", "the file has version `2` of the conventions, and this crate knows version 1 alone");
    says("malformed", "the header is not that of a .safetensors file: byte 208 can't be read");
    says(
        "truncated_header",
        "the file has 100 bytes, and by its header it would have 696: it is truncated, damaged or another kind of file",
    );
    says(
        "truncated",
        "the file has 936 bytes, and by its header it would have 940: it is truncated, damaged or another kind of file",
    );
    says(
        "another_network",
        "the file has another network: (Dense<4, 3>, Dense<3, 2, Softmax>); the fingerprint of this one is fc4c02446dce7d76",
    );
    let starts = |file: &[u8], message: &str| {
        let said = refused::<Net>(file);
        assert!(said.starts_with(message), "{said}");
    };
    starts(&exchange("nested"), "tensor `0.weight`: the file does not have it, the network has [4, 3]");
    starts(&[], "the file has 0 bytes, and by its header it would have 8");
    starts(&[RIGHT, &[0]].concat(), "the file has 941 bytes, and by its header it would have 940");
    starts(&[255; 20], "the file has 20 bytes, and by its header it would have 18446744073709551615");
    starts(&edited(RIGHT, r#""downhill":"1""#, r#""downhill":"""#), "the file has version ``");
    starts(
        &edited(RIGHT, "fc4c02446dce7d76", "c4c02446dce7d76"),
        "the file has another network: (Dense<4, 3, Tanh>, Drop",
    );
    starts(
        &edited(RIGHT, r#""shape":[2]"#, r#""shape":[2,1]"#),
        "tensor `2.bias`: the file has F32 [2, 1], the network f32 [2]",
    );
    starts(
        &edited(RIGHT, r#""shape":[2]"#, r#""shape":[2,1,1,1,1]"#),
        "tensor `2.bias`: the file has F32 [2, 1, 1, 1, ..], the",
    );
    starts(
        &edited(RIGHT, r#""shape":[2]"#, r#""shape":[]"#),
        "tensor `2.bias`: the file has F32 [], the network f32 [2]",
    );
    let twice = |from, to, other, changed| edited(&edited(RIGHT, from, to), other, changed);
    starts(
        &twice("[0,8]", "[0,12]", "[8,56]", "[12,56]"),
        "tensor `0.weight`: the header gives it another number of bytes",
    );
    starts(&twice("[0,8]", "[8,0]", "[92,108]", "[84,108]"), "the tensors of the file overlap");
    starts(&twice("[0,8]", "[0,4]", "[92,108]", "[88,108]"), "the tensors of the file overlap");
    starts(&edited(RIGHT, "[0,8]", "[56,64]"), "the tensors of the file overlap");
    starts(&edited(RIGHT, "[0,8]", "[940,948]"), "the tensors of the file overlap");
    starts(&edited(RIGHT, r#""downhill":"1","#, ""), "the metadata has no `downhill`");
    starts(&edited(RIGHT, "__metadata__", "__metadate__"), "the header is not");
    starts(&edited(RIGHT, "fc4c02446dce7d76", "0fc4c02446dce7d76"), "the file has another network");
    // f32 in the file, f64 in the network.
    assert_eq!(refused::<Double>(RIGHT), "tensor `0.weight`: the file has F32 [4, 3], the network f64 [4, 3]");
    assert_eq!(refused::<Biasless>(RIGHT), "tensor `2.bias`: the file has it, the network does not");
    assert!(std::error::Error::source(&ImportError::NoReference).is_none());
}

/// Values in the header are what they mean, whatever their order, their spaces and their escapes.
#[test]
fn headers_that_other_programs_write() {
    let accepted = |file: &[u8]| {
        let mut network = Net::ZERO;
        load(&mut network, file).unwrap_or_else(|error| panic!("{error}: {}", header(file)));
        assert_eq!(network, NET);
    };
    let spaced = header(RIGHT).replace(',', " , ").replace(':', " :\n ").replace('[', "[\t").replace(']', "\r]");
    accepted(&with_header(&spaced, &RIGHT[8 + header(RIGHT).len()..]));
    accepted(&edited(RIGHT, "{", " \n{\t\r"));
    accepted(&edited(RIGHT, r#""dtype":"F32","shape":[2]"#, r#" "shape" : [ 2 ] , "dtype" : "F32" "#));
    accepted(&edited(RIGHT, "2.bias", r"\u0032\u002Ebia\u0073"));
    accepted(&edited(RIGHT, "Dropout", r#"\" \\ \/ \b\f\n\r\t \u00fc \ud83d\ude00 ü"#));
    accepted(&edited(RIGHT, r#""architecture":"fc4c02446dce7d76""#, r#""x":"y""#));
    accepted(&edited(RIGHT, "fc4c02446dce7d76", "FC4C02446DCE7D76"));
    for name in ["somebody's 0.weight", ".weight", "9", "-9.weight", "9_.weight", ""] {
        accepted(&edited(RIGHT, "standardizer.mean", name));
    }
}

#[test]
fn headers_that_are_no_header() {
    let end = "\"data_offsets\":[0,8]}";
    let refused = |file: Vec<u8>| println!("{}", self::refused::<Net>(&file));
    for (from, to) in [
        ("[0,8]", "[0,8"),
        ("[0,8]", "[0,8,]"),
        ("[0,8]", "[,0,8]"),
        ("[0,8]", "[0 8]"),
        ("[0,8]", "[0,8,8]"),
        ("[0,8]", "[0]"),
        ("[0,8]", "[-0,8]"),
        ("[0,8]", "[0,8.0]"),
        ("[0,8]", "[0,8e0]"),
        ("[0,8]", "[00,8]"),
        ("[0,8]", "[0,08]"),
        ("[0,8]", "[0,18446744073709551616]"),
        ("[0,8]", "[0,99999999999999999999999999999999999999]"),
        ("[0,8]", "\"0,8\""),
        ("[0,8]", "null"),
        ("[0,8]", "[[0,8]]"),
        ("[2]", "[2,]"),
        ("[2]", "[18446744073709551615,18446744073709551615]"),
        ("[2]", "[4294967296,4294967296]"),
        ("[2]", "2"),
        (end, "\"data_offsets\":[0,8]"),
        (end, "\"data_offsets\":[0,8],}"),
        (end, "\"data_offsets\":[0,8],\"data_offsets\":[0,8]}"),
        (end, "\"data_offsets\":[0,8],\"more\":1}"),
        (end, "\"offsets\":[0,8]}"),
        ("\"dtype\":\"F32\",", ""),
        ("\"dtype\":\"F32\"", "\"dtype\":\"F32\",\"dtype\":\"F32\""),
        ("\"shape\":[2]", "\"shape\":[2],\"shape\":[2]"),
        ("\"dtype\":\"F32\"", "\"dtype\":32"),
        ("\"dtype\":\"F32\"", "\"dtype\":,\"dtype\":\"F32\""),
        ("\"dtype\"", "\"dtype"),
        ("\"dtype\":", "\"dtype\""),
        ("\"2.bias\"", "2.bias"),
        ("\"downhill\":\"1\"", "\"downhill\":1"),
        ("\"downhill\":\"1\"", "\"downhill\":{\"is\":\"1\"}"),
        ("\"downhill\":\"1\"", "\"downhill\":\"1\","),
        ("Dropout", "\\"),
        ("Dropout", "\\x"),
        ("Dropout", "\\u12"),
        ("Dropout", "\\u12g4"),
        ("Dropout", "\n"),
        ("{", "["),
        ("{", "{{"),
        ("{", "{,"),
        ("{", ""),
    ] {
        refused(edited(RIGHT, from, to));
    }
    let data = &RIGHT[8 + header(RIGHT).len()..];
    for text in ["", " ", "{", "}", "[]", "{}", "null", "{}}", "{\"\":0}"] {
        refused(with_header(text, data));
    }
    refused(with_header(&format!("{} x", header(RIGHT)), data));
    refused(with_header(&format!("{}{}", header(RIGHT).trim_end(), header(RIGHT)), data));
    // Deep nesting: no recursion, no stack.
    for open in ["[", "{\"a\":", "{\"__metadata__\":", "[{"] {
        refused(with_header(&open.repeat(1_000_000), data));
    }
    // Not UTF-8.
    let mut file = RIGHT.to_vec();
    file[8 + header(RIGHT).find("Drop").unwrap()] = 0xFF;
    assert!(self::refused::<Net>(&file).starts_with("the header is not that of a .safetensors file: byte"));
}

#[test]
fn names_stand_once() {
    let file = edited(RIGHT, "standardizer.mean", r"\u0030.bias");
    assert_eq!(refused::<Net>(&file), "the file has `0.bias` more than once");
    let file = edited(RIGHT, r#""network":"#, r#""downhill":"1","network":"#);
    assert_eq!(refused::<Net>(&file), "the file has `downhill` more than once");
    let file = edited(RIGHT, "{", r#"{"__metadata__":{"architecture":""},"#);
    assert_eq!(refused::<Net>(&file), "the file has `architecture` more than once");
}

/// Every truncation is refused. Every other bit of the header is refused, or was one that nothing depends on.
#[test]
fn damaged_files() {
    for length in 0..RIGHT.len() {
        refused::<Net>(&RIGHT[..length]);
    }
    let (mut file, mut harmless) = (RIGHT.to_vec(), 0);
    for bit in 0..8 * (8 + header(RIGHT).len()) {
        file[bit / 8] ^= 1 << (bit % 8);
        let mut network = Net::ZERO;
        match load(&mut network, &file) {
            Ok(()) => {
                assert_eq!(network, NET, "bit {bit}");
                harmless += 1;
            }
            Err(error) => {
                assert_eq!(network, Net::ZERO, "bit {bit}: {error}");
                assert!(error.to_string().len() > 20);
            }
        }
        let _ = replay(&mut Predictor::new(&NET), &file);
        file[bit / 8] ^= 1 << (bit % 8);
    }
    println!("harmless: {harmless} of {} bits", 8 * (8 + header(RIGHT).len()));
    // Those of names and texts that nothing reads.
    assert!(harmless < 8 * 200);
}

fn round<N: Layer + Zero + PartialEq>() {
    let mut network = N::ZERO;
    network.initialize(&mut Xavier(Generator::new(1)));
    let file = saved(&network);
    assert_eq!((8 + header(&file).len()) % 8, 0, "{}", header(&file));
    let mut other = N::ZERO;
    load(&mut other, &file).unwrap();
    assert!(digest(&other) == digest(&network) && other == network);
    // Another network's file, and one with a tensor less.
    let mut unlike = <(Dense<9, 9>, Dense<9, 9>)>::ZERO;
    assert!(load(&mut unlike, &file).is_err());
}

#[test]
fn what_is_saved_is_loaded() {
    round::<Net>();
    round::<Nested>();
    round::<(Dense<1, 1>,)>();
    round::<Dense<3, 5, Relu>>();
    round::<(ScaledRate<(Dense<2, 3>, Dense<3, 2, Tanh, Unbiased>), Ratio<1, 10>>, Dense<2, 2>)>();
    round::<((Dense<2, 2>, Dense<2, 2>), ((Dense<2, 2>, Dense<2, 2>), Dense<2, 2>))>();
    // The file of a network that is frozen, or has no dropout, is the same but for places.
    assert_eq!(saved(&(NET.0, NET.2)).len(), saved(&(Frozen(&NET.0), NET.2)).len());
}

#[test]
fn what_is_saved_besides() {
    let mut file = Vec::new();
    let tensors: [(&str, &[usize], &[f32]); 2] = [("standardizer.mean", &[4], &MEAN), ("a \"\\ b", &[], &[1.0])];
    let extra = Extra { network: Some("\"Net\"\n"), tensors: &tensors };
    save(&NET, extra, &mut |bytes| file.extend(bytes)).unwrap();
    let expected = concat!(
        r#"{"__metadata__":{"downhill":"1","architecture":"fc4c02446dce7d76","network":"\"Net\"?"},"#,
        r#""0.weight":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},"#,
        r#""0.bias":{"dtype":"F32","shape":[3],"data_offsets":[48,60]},"#,
        r#""2.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[60,84]},"#,
        r#""2.bias":{"dtype":"F32","shape":[2],"data_offsets":[84,92]},"#,
        r#""standardizer.mean":{"dtype":"F32","shape":[4],"data_offsets":[92,108]},"#,
        r#""a \"\\ b":{"dtype":"F32","shape":[],"data_offsets":[108,112]}}"#
    );
    assert_eq!(header(&file).trim_end(), expected);
    let (mut mean, mut one) = ([0.0; 4], [0.0_f32]);
    load_tensor(&mut mean, "standardizer.mean", &[4], &file).unwrap();
    load_tensor(&mut one, "a \"\\ b", &[], &file).unwrap();
    assert_eq!((mean, one), (MEAN, [1.0]));

    // Nothing is written of what can't be loaded.
    let refused = |network: &Net, tensors: &[(&str, &[usize], &[f32])]| {
        let extra = Extra { tensors, ..Extra::NONE };
        save(network, extra, &mut |bytes| panic!("{} bytes", bytes.len())).unwrap_err().to_string()
    };
    let mut network = NET;
    network.2.weights[1][1] = f32::NAN;
    assert_eq!(refused(&network, &[]), "tensor `2.weight`: a number is NaN or infinite");
    assert_eq!(refused(&NET, &[("x", &[2, 3], &[0.0; 5])]), "tensor `x`: the file has f32 [2, 3], the network f32 [5]");
    let long = "x".repeat(40);
    assert_eq!(refused(&NET, &[(&long, &[1], &[0.0])]), format!("tensor `{long}`: the name is longer than 39 bytes"));
}

/// Frozen layers are not written: the file has to have the same, or nothing.
#[test]
fn frozen_layers() {
    type Part = (Frozen<Owned<Dense<4, 3, Tanh>>>, Dropout<3>, Dense<3, 2, Softmax>);
    let mut part: Part = (Frozen(Owned(NET.0)), Dropout::new(0.0), Dense::ZERO);
    load(&mut part, RIGHT).unwrap();
    assert_eq!(part.2, NET.2);
    part.2 = Dense::ZERO;
    load(&mut part, &edited(&edited(RIGHT, "0.weight", "weights"), "0.bias", "biases")).unwrap();
    assert_eq!(part.2, NET.2);
    part.0.0.0.biases[2] += 1.0;
    part.2 = Dense::ZERO;
    assert_eq!(
        load(&mut part, RIGHT).unwrap_err().to_string(),
        "tensor `0.bias`: it is frozen, and the file has other numbers"
    );
    assert_eq!(part.2, Dense::ZERO);
}

/// Files that the Python package has written.
#[test]
fn files_from_python() {
    type Keras = (Dense<6, 12, Relu>, Dropout<12, Ratio<1, 10>>, Dense<12, 5, Tanh>, Dense<5, 3, Softmax>);
    type Regression = (Dense<2, 6, Tanh, Biased, f64>, Dense<6, 2, Identity, Biased, f64>);
    type Torch = (Dense<5, 8, LeakyRelu>, Dropout<8, Ratio<1, 4>>, Dense<8, 3, Sigmoid, Unbiased>);
    type Small = (Dense<3, 4, Tanh>, Dense<4, 2, Identity>);
    fn replayed<N: Layer + Zero>(file: &[u8]) -> N::Scalar {
        let mut network = N::ZERO;
        load(&mut network, file).unwrap();
        replay(&mut Predictor::new(network), file).unwrap()
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exchange");
    if !folder.is_dir() {
        return println!("{} is not there", folder.display());
    }
    let read = |name: &str| std::fs::read(folder.join(name).with_extension("safetensors")).unwrap();
    for (name, worst) in [
        ("iris", replayed::<(Dense<4, 7, Tanh>, Dense<7, 3, Softmax>)>(&read("iris"))),
        ("digits", replayed::<(Dense<64, 32, Relu>, Dense<32, 10, Softmax>)>(&read("digits"))),
        ("keras", replayed::<Keras>(&read("keras"))),
        ("torch", replayed::<Torch>(&read("torch"))),
        ("right", replayed::<Small>(&read("wrong/right"))),
    ] {
        println!("{name}: largest difference {worst:.1e}");
        assert!(worst < 1e-5, "{name}");
    }
    let worst = replayed::<Regression>(&read("regression"));
    println!("regression: largest difference {worst:.1e}");
    assert!(worst < 1e-12);
    for (name, message) in [
        ("extra_tensor", "tensor `2.weight`: the file has it, the network does not"),
        ("f16", "tensor `0.weight`: the file has F16 [3, 4], the network f32 [3, 4]"),
        ("header_length", "the file has 712 bytes, and by its header it would have 720"),
        ("missing_tensor", "tensor `1.bias`: the file does not have it, the network has [2]"),
        ("nan_weight", "tensor `0.weight`: a number is NaN or infinite"),
        ("newer_version", "the file has version `2` of the conventions"),
        ("no_metadata", "the metadata has no `downhill`"),
        ("other_architecture", "the file has another network: (Dense<3, 4, Relu>, Dense<4, 2, Identity>)"),
        ("overlapping", "the tensors of the file overlap"),
        ("transposed", "tensor `0.weight`: the file has F32 [4, 3], the network f32 [3, 4]"),
        ("truncated_data", "the file has 672 bytes, and by its header it would have 712"),
        ("truncated_header", "the file has 268 bytes, and by its header it would have "),
    ] {
        let said = refused::<Small>(&read(&format!("wrong/{name}")));
        assert!(said.starts_with(message), "{name}: {said}");
    }
}

/// NaN and infinities of both signs, wherever they are, in both number types.
#[test]
fn numbers_that_are_not_finite() {
    fn tried<N: Layer + Zero>(file: &[u8], numbers: &[([u8; 8], bool)]) {
        let size = size_of::<N::Scalar>();
        let mut network = N::ZERO;
        network.initialize(&mut Xavier(Generator::new(1)));
        let start = 8 + header(file).len();
        for at in (start..file.len()).step_by(size) {
            for (number, finite) in numbers {
                let mut file = file.to_vec();
                file[at..at + size].copy_from_slice(&number[..size]);
                let result = load(&mut network, &file);
                assert_eq!(result.is_ok(), *finite, "{number:x?} at {at}");
                assert_eq!(matches!(result, Err(ImportError::NotFinite(_))), !finite);
            }
        }
    }
    let bytes = |number: f32| (u64::from(number.to_bits()).to_le_bytes(), number.is_finite());
    let negative_nan = f32::from_bits(0xFF80_0001);
    tried::<Net>(
        &saved(&NET),
        &[f32::NAN, f32::INFINITY, -f32::INFINITY, negative_nan, f32::MAX, f32::MIN, -0.0].map(bytes),
    );
    let bytes = |number: f64| (number.to_bits().to_le_bytes(), number.is_finite());
    let negative_nan = f64::from_bits(0xFFF0_0000_0000_0001);
    tried::<Nested>(
        &saved(&NESTED),
        &[f64::NAN, f64::INFINITY, -f64::INFINITY, negative_nan, f64::MAX, f64::MIN, -0.0].map(bytes),
    );
}

#[test]
fn as_many_values_as_the_shape_has() {
    let mut values = [9.0_f32; 6];
    for length in [2, 6] {
        let said = load_tensor(&mut values[..length], "standardizer.mean", &[4], RIGHT).unwrap_err().to_string();
        assert_eq!(said, format!("tensor `standardizer.mean`: the file has f32 [4], the network f32 [{length}]"));
    }
    assert_eq!(values.map(f32::to_bits), [9.0_f32.to_bits(); 6]);
    load_tensor(&mut values[..4], "standardizer.mean", &[4], RIGHT).unwrap();
}

/// Places whose numbers cancel out in sums of powers, although they overlap and leave gaps.
#[test]
fn tensors_that_overlap() {
    let header = r#"{"__metadata__":{"downhill":"1"},"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"c":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#;
    let file = with_header(header, &[0; 16]);
    assert_eq!(load_tensor(&mut [0.0_f32], "b", &[1], &file), Err(ImportError::Overlap));
}

#[test]
fn names_of_extra_tensors() {
    let number = [1.0_f32];
    let name = |names: &[&str]| {
        let tensors: Vec<(&str, &[usize], &[f32])> = names.iter().map(|name| (*name, &[1][..], &number[..])).collect();
        let mut bytes = 0;
        let result = save(&Net::ZERO, Extra { network: None, tensors: &tensors }, &mut |now| bytes += now.len());
        assert_eq!(result.is_ok(), bytes > 0);
        result
    };
    assert_eq!(name(&["standardizer.mean", "a", "b 1"]), Ok(()));
    for names in [&["__metadata__"][..], &["0.weight"], &["5.weight"], &["same", "other", "same"], &["a\nb"], &[""]] {
        assert!(matches!(name(names), Err(ImportError::Name(_))), "{names:?}");
    }
    let tensors: [(&str, &[usize], &[f32]); 1] = [("a", &[1; 5], &number)];
    let result = save(&Net::ZERO, Extra { network: None, tensors: &tensors }, &mut |_| panic!("nothing is written"));
    assert!(matches!(result, Err(ImportError::Rank(_))));
}
