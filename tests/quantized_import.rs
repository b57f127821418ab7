//! Integer networks from Python: what `downhill.convert_tflite` wrote from the files of `data/quantized` gives the bits of a `TFLite`
//! runtime, and every file with a fault is refused, and named.

// What is compared are bits.
#![allow(clippy::float_cmp)]

use downhill::import::ImportError;
use downhill::init::{Generator, Random};
use downhill::quantized::{
    Dense, Double, Layer, Loadable, Network, PerChannel, PerTensor, Quantization, Softmax, Table, load,
};
use downhill::{Predictor, Storable, Zero, import};

type Digits = (Dense<64, 32>, Dense<32, 10>, Softmax<10>);
type Deep = (Dense<20, 16>, Table<16>, Dense<16, 8>, Table<8>, Dense<8, 3>, Table<3>);
type Wide = (Dense<128, 40>, Dense<40, 12>, Dense<12, 128>);
type Mixed = (
    (
        Dense<24, 20, PerTensor>,
        Table<20>,
        Dense<20, 12>,
        Dense<12, 9, PerTensor>,
        Table<9>,
        Dense<9, 6>,
        Table<6>,
        Dense<6, 5>,
    ),
    (Softmax<5>,),
);

/// Softmax is in a tuple of its own, so that its inputs come from the last layer of another one.
type Nested = (((Dense<64, 32>,), Dense<32, 10>), Softmax<10>);

static IMPORTED: (Network<Digits>, Network<Deep>, Network<Wide>, Network<Mixed>) = (
    import!("data/quantized/digits.safetensors"),
    import!("data/quantized/deep.safetensors"),
    import!("data/quantized/wide.safetensors"),
    import!("data/quantized/mixed.safetensors"),
);

const REFERENCE: &str = include_str!("data/quantized/reference.txt");
const DIGITS: &[u8] = include_bytes!("data/quantized/digits.safetensors");
const DEEP: &[u8] = include_bytes!("data/quantized/deep.safetensors");
const WIDE: &[u8] = include_bytes!("data/quantized/wide.safetensors");
const MIXED: &[u8] = include_bytes!("data/quantized/mixed.safetensors");

fn loaded<L: Loadable + Zero>(file: &[u8]) -> Network<L> {
    let mut network = <Network<L>>::ZERO;
    load(&mut network, file).unwrap();
    network
}

fn bytes<const N: usize>(random: &mut Generator) -> [i8; N] {
    std::array::from_fn(|_| random.next_u32().to_le_bytes()[3].cast_signed())
}

/// FNV-1a of the outputs for 10,000 random inputs.
fn hash<L: Layer<Input = [i8; I], Output = [i8; O]>, const I: usize, const O: usize>(
    layer: &L,
    random: &mut Generator,
) -> String {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for _ in 0..10_000 {
        for y in layer.predict(&bytes(random)) {
            hash = (hash ^ u64::from(y.cast_unsigned())).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    format!("{hash:016x}")
}

/// The generator of a network's inputs, and the hash of its outputs, from the row of this network. `drawn` numbers were drawn for the
/// network.
fn row(name: &str, drawn: usize) -> (Generator, &'static str) {
    let row = REFERENCE.lines().find(|line| line.split(' ').any(|field| field == name)).unwrap();
    let fields: Vec<_> = row.split(' ').skip_while(|field| *field != name).collect();
    assert_eq!(fields[2], "10000");
    let mut random = Generator::new(fields[1].parse().unwrap());
    (0..drawn).for_each(|_| _ = random.next_u32());
    (random, fields[fields.len() - 2])
}

/// The numbers that `generate.py` draws for dense layers with these inputs and outputs.
fn drawn(layers: &[(usize, usize)]) -> usize {
    2 + layers.iter().map(|(inputs, outputs)| inputs * outputs + 2 * outputs + 2).sum::<usize>()
}

#[test]
fn converted_networks_equal_the_reference_kernels() {
    let (mut random, expected) = row("digits", drawn(&[(64, 32), (32, 10)]));
    assert_eq!(hash(&loaded::<Digits>(DIGITS).layers, &mut random), expected);
    let (mut random, expected) = row("deep", drawn(&[(20, 16), (16, 8), (8, 3)]));
    assert_eq!(hash(&loaded::<Deep>(DEEP).layers, &mut random), expected);
    let (mut random, expected) = row("wide", drawn(&[(128, 40), (40, 12), (12, 128)]));
    assert_eq!(hash(&loaded::<Wide>(WIDE).layers, &mut random), expected);
    let (mut random, expected) = row("mixed", 0);
    assert_eq!(hash(&loaded::<Mixed>(MIXED).layers, &mut random), expected);
}

#[test]
fn the_compiler_and_the_program_read_the_same() {
    assert_eq!(IMPORTED.0, loaded(DIGITS));
    assert_eq!(IMPORTED.1, loaded(DEEP));
    assert_eq!(IMPORTED.2, loaded(WIDE));
    assert_eq!(IMPORTED.3, loaded(MIXED));
}

/// The runtime computes the sigmoid in f32; for these scales that is the nearest to the exact one, too.
#[test]
fn tables_from_python_are_those_of_the_crate() {
    let Network { input, layers: (first, sigmoid, second, tanh, third, last), output } = loaded::<Deep>(DEEP);
    assert_eq!(input, Quantization::new(0.04634, 3));
    assert_eq!(sigmoid, Table::sigmoid(Quantization::new(0.09239, -123)));
    assert_eq!(tanh, Table::tanh(Quantization::new(0.10916, -65)));
    assert_eq!(last, Table::sigmoid(Quantization::new(0.06838, 79)));
    assert_eq!(output, Quantization::UNIT);
    assert_ne!((first, second, third), Zero::ZERO);
}

/// The header and the numbers of a file.
fn parts(file: &[u8]) -> (&str, &[u8]) {
    let (length, rest) = file.split_first_chunk().unwrap();
    let (header, numbers) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
    (str::from_utf8(header).unwrap(), numbers)
}

/// The file with its header changed, which must contain `from`.
fn edited(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (header, numbers) = parts(file);
    assert!(header.contains(from), "{header}");
    let header = header.replacen(from, to, 1);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), numbers].concat()
}

/// The file with the first numbers of a tensor changed.
fn with(file: &[u8], tensor: &str, new: &[u8]) -> Vec<u8> {
    let (header, _) = parts(file);
    let (_, entry) = header.split_once(&format!("\"{tensor}\":")).unwrap();
    let (_, offset) = entry.split_once("offsets\":[").unwrap();
    let start = 8 + header.len() + offset.split(',').next().unwrap().parse::<usize>().unwrap();
    let mut file = file.to_vec();
    file[start..start + new.len()].copy_from_slice(new);
    file
}

/// What a refused file says. The network is as before.
fn refused<L: Loadable + Copy + PartialEq + std::fmt::Debug>(file: &[u8], network: &Network<L>) -> ImportError {
    let mut other = *network;
    other.input = Quantization::SIGNED_UNIT;
    let before = other;
    let error = load(&mut other, file).unwrap_err();
    assert_eq!(other, before, "{error}");
    error
}

#[test]
fn every_fault_is_named() {
    let digits = loaded::<Digits>(DIGITS);
    let says = |file: &[u8], message: &str| assert_eq!(refused(file, &digits).to_string(), message);
    let edit = |from, to, message: &str| says(&edited(DIGITS, from, to), message);
    edit("\"0.weight\"", "\"1.wait\"", "tensor `0.weight`: the file does not have it, the network has [32, 64]");
    edit("[32,64]", "[64,32]", "tensor `0.weight`: the file has I8 [64, 32], the network i8 [32, 64]");
    edit("\"I32\"", "\"F32\"", "tensor `0.bias`: the file has F32 [32], the network i32 [32]");
    edit("\"I8\"", "\"U8\"", "tensor `input.zero_point`: the file has U8 [1], the network i8 [1]");
    edit("\"0.scale\"", "\"0.skale\"", "tensor `0.scale`: the file does not have it, the network has [32]");
    edit("\"input.scale\"", "\"scale\"", "tensor `input.scale`: the file does not have it, the network has [1]");
    edit("\"1.output.scale\"", "\"x\"", "tensor `1.output.scale`: the file does not have it, the network has [1]");
    edit("\"0.clamp\"", "\"0.bias\"", "the file has `0.bias` more than once");
    edit(
        "{\"__",
        "{\"2.x\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]},\"__",
        "tensor `2.x`: the file has it, the network does not",
    );
    edit(
        "\"downhill\":\"1\"",
        "\"downhill\":\"2\"",
        "the file has version `2` of the conventions, and this crate knows version 1 alone",
    );

    let number = |tensor: &str, scale: f32, message: &str| says(&with(DIGITS, tensor, &scale.to_le_bytes()), message);
    let no_scale = "a scale is not positive, or one of values is outside of 2^-29 to 2^31";
    for tensor in ["input.scale", "0.output.scale", "1.output.scale", "0.scale", "1.scale"] {
        for scale in [0.0, -0.0, -1.0, -f32::MIN_POSITIVE] {
            number(tensor, scale, &format!("tensor `{tensor}`: {no_scale}"));
        }
        for scale in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            number(tensor, scale, &format!("tensor `{tensor}`: a number is NaN or infinite"));
        }
    }
    for tensor in ["input.scale", "0.output.scale", "1.output.scale"] {
        for scale in [1.8e-9, 2.2e9, f32::MIN_POSITIVE, f32::MAX] {
            number(tensor, scale, &format!("tensor `{tensor}`: {no_scale}"));
        }
    }
    // 0.00939 scale / 0.0876 = 2^30
    number("0.scale", 1.1e10, "tensor `0.scale`: the factor from sums to outputs is 2^30 or more");
    number("1.scale", f32::MAX, "tensor `1.scale`: the factor from sums to outputs is 2^30 or more");
    for clamp in [4, 127, 128, 255] {
        says(&with(DIGITS, "1.clamp", &[clamp]), "tensor `1.clamp`: no clamp has this number");
    }

    // Other networks.
    let ends = |error: ImportError, end: &str| assert!(error.to_string().ends_with(end), "{error}");
    let network = <Network<(Dense<64, 32, PerTensor>, Dense<32, 10>, Softmax<10>)>>::ZERO;
    ends(refused(DIGITS, &network), "tensor `0.scale`: the file has F32 [32], the network f32 [1]");
    let network = <Network<(Dense<64, 32>, Dense<32, 10>)>>::ZERO;
    ends(refused(DIGITS, &network), "Softmax<10>)>; the fingerprint of this one is 1e2d977de031b160");
    let network = <Network<(Dense<64, 32>,)>>::ZERO;
    ends(refused(DIGITS, &network), "tensor `1.bias`: the file has it, the network does not");
    let network = <Network<(Dense<64, 32, PerChannel, Double>, Dense<32, 10>, Softmax<10>)>>::ZERO;
    assert!(matches!(refused(DIGITS, &network), ImportError::Architecture { .. }));
    let network = <Network<(Dense<64, 32>, Table<32>, Dense<32, 10>, Softmax<10>)>>::ZERO;
    ends(refused(DIGITS, &network), "tensor `1.table`: the file does not have it, the network has [256]");
    // Numbers of real networks.
    let real = include_bytes!("data/import/right.safetensors");
    ends(refused(real, &digits), "tensor `input.scale`: the file does not have it, the network has [1]");
}

/// What is not refused: a factor too small for 31 bits is 0, as in `TFLite`, and the largest has 30 bits before the point.
#[test]
fn factors_at_the_ends() {
    let mut network = loaded::<Digits>(DIGITS);
    for (scale, expected) in [(f32::MIN_POSITIVE, -30), (1e10, 127)] {
        load(&mut network, &with(DIGITS, "0.scale", &scale.to_le_bytes())).unwrap();
        let mut hidden = [0; 32];
        network.layers.0.forward(&[-128; 64], &mut hidden, &mut ());
        assert_eq!(hidden[0], expected);
    }
}

/// What is added to the products saturates, as in a layer that the compiler makes.
#[test]
fn the_largest_biases() {
    let mut network = loaded::<Digits>(DIGITS);
    for (bias, expected) in [(i32::MAX, 127), (i32::MIN, -30)] {
        load(&mut network, &with(DIGITS, "0.bias", &[bias; 32].map(i32::to_le_bytes).concat())).unwrap();
        let mut hidden = [0; 32];
        network.layers.0.forward(&[-128; 64], &mut hidden, &mut ());
        assert_eq!(hidden, [expected; 32]);
    }
}

/// The architecture can be left out, for files that other programs write; then tuples can be nested otherwise.
#[test]
fn the_architecture_is_that_of_the_crate() {
    let file = edited(DIGITS, "e424c323c4c2b507", "e424c323c4c2b508");
    assert!(matches!(refused(&file, &loaded::<Digits>(DIGITS)), ImportError::Architecture { .. }));
    let file = edited(&edited(DIGITS, "\"architecture\"", "\"x\""), "\"0.weight\"", "\"0.0.0.weight\"");
    let mut file = file;
    for name in ["bias", "scale", "clamp", "output.scale", "output.zero_point"] {
        file = edited(&file, &format!("\"0.{name}\""), &format!("\"0.0.0.{name}\""));
    }
    for name in ["weight", "bias", "scale", "clamp", "output.scale", "output.zero_point"] {
        file = edited(&file, &format!("\"1.{name}\""), &format!("\"0.1.{name}\""));
    }
    let Network { layers: (((first,), second), softmax), .. } = loaded::<Nested>(&file);
    assert_eq!((first, second, softmax), loaded::<Digits>(DIGITS).layers);
}

/// Every truncation is refused, and every other bit of the header that is not refused is one that nothing depends on.
#[test]
fn damaged_files() {
    let network = loaded::<Digits>(DIGITS);
    for length in 0..DIGITS.len() {
        refused(&DIGITS[..length], &network);
    }
    let (mut file, mut harmless) = (DIGITS.to_vec(), 0);
    for bit in 0..8 * (8 + parts(DIGITS).0.len()) {
        file[bit / 8] ^= 1 << (bit % 8);
        let mut other = <Network<Digits>>::ZERO;
        match load(&mut other, &file) {
            Ok(()) => {
                assert_eq!(other, network, "bit {bit}");
                harmless += 1;
            }
            Err(error) => assert_eq!(other, Zero::ZERO, "bit {bit}: {error}"),
        }
        file[bit / 8] ^= 1 << (bit % 8);
    }
    println!("harmless: {harmless} of {} bits", 8 * (8 + parts(DIGITS).0.len()));
    assert!(harmless < 8 * 200);
}

/// Loaded networks run as others do, and are saved and read back as others are.
#[test]
fn a_loaded_network_among_the_others() {
    let network = loaded::<Digits>(DIGITS);
    let x: [f32; 64] = std::array::from_fn(|i| [0.0, 0.3, -0.5, 1.0][i % 4]);
    let q = x.map(|x| network.input.quantized(x));
    let y = Predictor::new(&network).predict(&x);
    assert_eq!(y, network.layers.predict(&q).map(|q| Quantization::UNIT.real(q)));
    assert_eq!(y, Predictor::new(&IMPORTED.0).predict(&x));
    let mut image = [0; <Network<Digits>>::SIZE];
    network.to_bytes(&mut image).unwrap();
    let mut other = <Network<Digits>>::ZERO;
    other.from_bytes(&image).unwrap();
    assert_eq!(other, network);
}
